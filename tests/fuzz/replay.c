/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target over files, each within the limits of limits.h.  If the target spoils its inputs
 * itself (edges.h), some of what it makes of each file is run, too.
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

#include "edges.h"
#include "fuzz.h"
#include "limits.h"

enum { MAX_INPUT = 16 << 20, SPOILT = 16, SPOILT_MAX = 64 << 10 };

#pragma weak LLVMFuzzerCustomMutator

static uint64_t random_state;

/* What libFuzzer does, but by far not as well: a byte is replaced, put in or taken out. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	struct fuzz_bytes b = { data, size, max_size };
	uint8_t byte = (uint8_t)fuzz_next(&random_state);
	size_t at = fuzz_pick(&random_state, size + 1), how = fuzz_pick(&random_state, 3);

	fuzz_replace(&b, at, at < size && how != 1, &byte, how != 2);
	return b.size;
}

static int fail(const char *path)
{
	fprintf(stderr, "%s: cannot be read\n", path);
	return -1;
}

static void run(const uint8_t *data, size_t size)
{
	fuzz_limits_begin();
	LLVMFuzzerTestOneInput(data, size);
	fuzz_limits_end();
	fuzz_limits_check_memory();
}

/* In memory of its own size, so that a sanitizer sees what is read behind its end. */
static void run_spoilt(const uint8_t *spoilt, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);

	if (!data)
		abort();
	memcpy(data, spoilt, size);
	run(data, size);
	free(data);
}

static void spoil(const uint8_t *data, size_t size)
{
	static uint8_t spoilt[SPOILT_MAX];

	if (!LLVMFuzzerCustomMutator || size > sizeof(spoilt))
		return;
	for (unsigned seed = 0; seed < SPOILT; seed++) {
		size_t len;

		random_state = seed;
		memcpy(spoilt, data, size);
		len = LLVMFuzzerCustomMutator(spoilt, size, sizeof(spoilt), seed);
		FUZZ_CLAIM(len <= sizeof(spoilt));
		run_spoilt(spoilt, len);
	}
}

static bool replay(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");
	bool is_good = data && f && size <= MAX_INPUT && fread(data, 1, size, f) == size;

	printf("%s\n", path);
	if (is_good) {
		run(data, size);
		spoil(data, size);
	}
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
	setvbuf(stdout, NULL, _IOLBF, 0); /* whoever ends the program was the last */
	snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	count = replay_all(argc > 1 ? argv + 1 : paths);
	if (count >= 0)
		printf("%d inputs\n", count);
	return count > 0 ? 0 : 1;
}
