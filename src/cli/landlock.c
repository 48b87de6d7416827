/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock: see landlock.h.  The C library has no functions for it. */
#include <config.h>

#include "cli/landlock.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SYS_landlock_create_ruleset

/* What may be done with files; from include/uapi/linux/landlock.h, LANDLOCK_ACCESS_FS_*. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_REFER = 1 << 13,    /* ABI 2 */
	FS_TRUNCATE = 1 << 14, /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15 /* ABI 5 */
};

enum {
	ABI_VERSION = 1, /* a flag */
	RULE_PATH = 1,
	NET_ALL = 3,  /* ABI 4: bind, connect */
	SCOPE_ALL = 3 /* ABI 6: abstract unix sockets, signals */
};

/* struct landlock_ruleset_attr; an older kernel takes the longer one if the rest is 0. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* All that an ABI knows of files. */
static uint64_t all_of_files(long abi)
{
	uint64_t all = FS_REFER - 1;

	if (abi >= 2)
		all |= FS_REFER;
	if (abi >= 3)
		all |= FS_TRUNCATE;
	if (abi >= 5)
		all |= FS_IOCTL_DEV;
	return all;
}

static void allow_folder(int ruleset, const char *folder, uint64_t allowed)
{
	struct path_rule rule = { .allowed = allowed, .parent = open(folder, O_PATH | O_CLOEXEC) };

	if (rule.parent < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, RULE_PATH, &rule, 0);
	close(rule.parent);
}

bool dlk_landlock_restrict(bool may_read, const char *const *folders, size_t count)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ABI_VERSION);
	uint64_t all = abi > 0 ? all_of_files(abi) : 0;
	struct ruleset r = { .fs = all,
			     .net = abi >= 4 ? NET_ALL : 0,
			     .scoped = abi >= 6 ? SCOPE_ALL : 0 };
	uint64_t in_folders = FS_WRITE_FILE | FS_REMOVE_FILE | FS_MAKE_REG | FS_REFER | FS_TRUNCATE;
	long fd, failed;

	if (abi <= 0)
		return false;
	if (may_read)
		r.fs &= ~(uint64_t)(FS_READ_FILE | FS_READ_DIR);
	fd = syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		allow_folder((int)fd, folders[i], in_folders & r.fs);
	failed = syscall(SYS_landlock_restrict_self, fd, 0);
	close((int)fd);
	return !failed;
}

#else

bool dlk_landlock_restrict(bool may_read, const char *const *folders, size_t count)
{
	(void)may_read;
	(void)folders;
	(void)count;
	return false;
}

#endif
