/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target over files.
 *
 * Usage: fuzz-NAME [FILE|FOLDER]...   without arguments: tests/fuzz/corpus/NAME, below $top_srcdir
 *                                     or here
 */
#include <config.h>

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { MAX_INPUT = 16 << 20 };

static int fail(const char *path)
{
	fprintf(stderr, "%s: cannot be read\n", path);
	return -1;
}

/* Each input in memory of its own size, so that a sanitizer sees what is read behind its end. */
static bool replay(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");
	bool is_good = data && f && size <= MAX_INPUT && fread(data, 1, size, f) == size;

	if (is_good)
		LLVMFuzzerTestOneInput(data, size);
	if (f)
		fclose(f);
	free(data);
	return is_good;
}

static int replay_entry(const FTSENT *entry, int count)
{
	switch (entry->fts_info) {
	case FTS_F:
		if (replay(entry->fts_path, (size_t)entry->fts_statp->st_size))
			return count + 1;
		return fail(entry->fts_path);
	case FTS_NS:
	case FTS_ERR:
	case FTS_DNR:
		return fail(entry->fts_path);
	default:
		return count;
	}
}

/* Returns how many files were replayed, or -1. */
static int replay_all(char **paths)
{
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int count = 0;

	while (fts && count >= 0 && (entry = fts_read(fts)))
		count = replay_entry(entry, count);
	if (fts)
		fts_close(fts);
	return count;
}

int main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = program_invocation_short_name;
	char corpus[4096];
	char *paths[] = { corpus, NULL };
	int count;

	name = strncmp(name, "fuzz-", 5) ? name : name + 5;
	snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	count = replay_all(argc > 1 ? argv + 1 : paths);
	if (count >= 0)
		printf("%d inputs\n", count);
	return count > 0 ? 0 : 1;
}
