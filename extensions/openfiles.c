/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By /proc/self/fd.  Nothing in here calls crash, so nothing is lost by a longjmp. */
#include <config.h>

#include "openfiles.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LINK = 4096 };

typedef bool matches_fn(int dir, const char *descriptor, const void *wanted);

/* Find a regular file that is open, and put the path that leads to it into @p ret. */
static bool find(matches_fn *matches, const void *wanted, char *ret, size_t size)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	bool is_found = false;
	struct stat st;

	while (dir && !is_found && (entry = readdir(dir))) {
		is_found = !fstatat(dirfd(dir), entry->d_name, &st, 0) && S_ISREG(st.st_mode) &&
			   matches(dirfd(dir), entry->d_name, wanted);
		if (is_found)
			snprintf(ret, size, "/proc/self/fd/%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return is_found;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_name(int dir, const char *descriptor, const void *wanted)
{
	char path[MAX_LINK];
	ssize_t len = readlinkat(dir, descriptor, path, sizeof(path) - 1);

	if (len < 0)
		return false;
	path[len] = 0;
	return !strcmp(last_component(path), last_component(wanted));
}

static bool is_file(int dir, const char *descriptor, const void *wanted)
{
	const struct stat *file = wanted;
	struct stat st;

	return !fstatat(dir, descriptor, &st, 0) && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

int openfiles_reopen(const char *name)
{
	char path[MAX_LINK];

	if (!find(has_name, name, path, sizeof(path)))
		return open(name, O_RDONLY | O_CLOEXEC);
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool openfiles_has(const char *name)
{
	char path[MAX_LINK];
	struct stat st;

	return !stat(name, &st) && find(is_file, &st, path, sizeof(path));
}
