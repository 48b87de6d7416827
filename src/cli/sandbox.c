/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox: see sandbox.h. */
#include <config.h>

#include "cli/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/landlock.h"
#include "target/unpack.h"

#ifdef HAVE_SECCOMP
#include <seccomp.h>

/* Always: memory, what is open, time, signals of our own, the end. */
static const int always[] = {
	SCMP_SYS(read),           SCMP_SYS(readv),        SCMP_SYS(pread64),
	SCMP_SYS(write),          SCMP_SYS(writev),       SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),          SCMP_SYS(close),        SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),     SCMP_SYS(fstatfs),      SCMP_SYS(ftruncate),
	SCMP_SYS(munmap),         SCMP_SYS(mremap),       SCMP_SYS(brk),
	SCMP_SYS(madvise),        SCMP_SYS(futex),        SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(poll),           SCMP_SYS(ppoll),        SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),        SCMP_SYS(sendmsg),      SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),     SCMP_SYS(getpeername),  SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(alarm),          SCMP_SYS(getpid),       SCMP_SYS(gettid),
	SCMP_SYS(geteuid),        SCMP_SYS(sysinfo),      SCMP_SYS(sched_yield),
	SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

/* While files are opened, and until the next step is taken. */
static const int while_opening[] = {
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(fcntl),
	SCMP_SYS(dup),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(prlimit64),
	SCMP_SYS(setrlimit),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prctl),
	SCMP_SYS(seccomp),
	SCMP_SYS(landlock_create_ruleset),
	SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self),
};

/* Until a capture has its name. */
static const int while_capturing[] = {
	SCMP_SYS(linkat),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlinkat),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int allow(scmp_filter_ctx f, const int *calls, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count && !failed; i++)
		failed = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return failed;
}

/* A call of which @p mask of an argument must be @p value. */
static int allow_if(scmp_filter_ctx f, int call, unsigned argument, uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1,
				SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value));
}

static int allow_memory(scmp_filter_ctx f)
{
	int failed = allow_if(f, SCMP_SYS(mmap), 2, PROT_EXEC, 0);

	return failed ? failed : allow_if(f, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
}

/* To read, or a new file that nobody had: of no name, or of one that was free. */
static int allow_opening(scmp_filter_ctx f)
{
	enum { TO_READ = O_ACCMODE | O_CREAT | O_TRUNC, NEW = O_CREAT | O_EXCL };
	int failed = allow_if(f, SCMP_SYS(openat), 2, TO_READ, O_RDONLY);

	if (!failed)
		failed = allow_if(f, SCMP_SYS(openat), 2, O_TMPFILE, O_TMPFILE);
	return failed ? failed : allow_if(f, SCMP_SYS(openat), 2, NEW, NEW);
}

/* Whether standard output is a terminal; the second number is glibc's from 2.42 on. */
static int allow_terminal(scmp_filter_ctx f)
{
	int failed = allow_if(f, SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS);

	return failed ? failed : allow_if(f, SCMP_SYS(ioctl), 1, UINT32_MAX, 0x802c542a);
}

/* On what is connected, and to ourselves. */
static int allow_own(scmp_filter_ctx f)
{
	int failed = allow_if(f, SCMP_SYS(sendto), 4, UINT64_MAX, 0);

	return failed ? failed : allow_if(f, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
}

static int fill(scmp_filter_ctx f, const struct dlk_sandbox *s, enum dlk_stage stage)
{
	int failed = allow(f, always, COUNT(always));

	if (!failed)
		failed = allow_memory(f);
	if (!failed)
		failed = allow_terminal(f);
	if (!failed)
		failed = allow_own(f);
	if (!failed && stage == DLK_STAGE_CONNECTED)
		failed = allow(f, while_opening, COUNT(while_opening));
	if (!failed && stage == DLK_STAGE_CONNECTED)
		failed = allow_opening(f);
	if (!failed && s->capture)
		failed = allow(f, while_capturing, COUNT(while_capturing));
	return failed;
}

static int filter_calls(const struct dlk_sandbox *s, enum dlk_stage stage)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int failed;

	if (!f)
		return -ENOMEM;
	failed = fill(f, s, stage);
	if (!failed)
		failed = seccomp_load(f);
	seccomp_release(f);
	return failed;
}

#else

static int filter_calls(const struct dlk_sandbox *s, enum dlk_stage stage)
{
	(void)s;
	(void)stage;
	return 0;
}

#endif

/* The folder that a file is in, in the arena; "." if there is no memory: then the capture fails, and says so. */
static const char *folder_of(struct dlk_ctx *ctx, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash ? dlk_format(ctx, "%.*s", (int)(slash + 1 - path), path) : NULL;

	return folder ? folder : ".";
}

static void restrict_files(struct dlk_ctx *ctx, const struct dlk_sandbox *s, enum dlk_stage stage)
{
	const char *folders[2];
	size_t count = 0;

	if (s->capture)
		folders[count++] = folder_of(ctx, s->capture);
	if (stage == DLK_STAGE_CONNECTED)
		folders[count++] = dlk_unpack_folder();
	dlk_landlock_restrict(stage == DLK_STAGE_CONNECTED, folders, count);
}

void dlk_sandbox_close(struct dlk_ctx *ctx, const struct dlk_sandbox *s, enum dlk_stage stage)
{
	int failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

	if (!failed) {
		restrict_files(ctx, s, stage);
		failed = filter_calls(s, stage);
	}
	if (failed)
		dlk_message(ctx, DLK_MSG_WARNING,
			    "no sandbox: %s; --no-sandbox does without one, and says nothing",
			    strerror(-failed));
}
