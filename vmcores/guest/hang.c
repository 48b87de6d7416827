// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hangs a kernel from user space, for kernels of which the lab has no headers and so no module.
 * usage: hang SCENARIO      prints how many processes it has left behind, as soon as all of these wait
 *
 * What each scenario must look like in a dump is written in ../scenario/expect/SCENARIO.json. All
 * processes are called lab-...; one that comes through says "LAB: failed" in the kernel's log.
 *
 * Ways in which a task waits for another without the kernel knowing for whom:
 *   uffd-*     write(2) from a page that a userfaultfd is to fill: the fault is taken with the file's
 *              inode locked (generic_perform_write() of mm/filemap.c)
 *   fsfreeze   writers to a file system that somebody has frozen and left (fs/super.c)
 *   freezing   who freezes it waits for a writer that waits as in uffd-*; another one waits for the freezer
 *   exec       execve(2) waits for a thread that only its tracer can reap, and the tracer for execve(2)
 *              (de_thread() of fs/exec.c, ptrace_attach() of kernel/ptrace.c)
 *   exec-slow  the tracer sleeps, again and again, and somebody else waits for execve(2)
 *   coredump   who dumps core waits for a thread that waits for a frozen file system (fs/coredump.c)
 *   container  the first process of a PID namespace ends, and waits for one that cannot be killed and for one that
 *              has exited, and whose parent, outside, does not look (zap_pid_ns_processes() of kernel/pid_namespace.c)
 * And ordinary idleness:
 *   sleeps     each in another sleep: pipe, socket, poll, futex, timer, child, signal
 *   futex-pi   who waits for a futex whose owner the kernel knows, and sleeps
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PATIENCE_MS = 30000, POLL_MS = 10 };

/* What the processes tell each other; -1 is not said yet. */
static struct {
	int uffd;   /* the writer's userfaultfd, by its number there */
	int thread; /* the thread that is to be traced */
	int is_traced;
	int is_owned;
	uint32_t futex;
} * said;

static void *page; /* that the userfaultfd is to fill; at the same address in each process */
static bool is_harmless;
static int started;

static void say_failed(const char *what, int error)
{
	char line[160];
	int log = open("/dev/kmsg", O_WRONLY);

	snprintf(line, sizeof(line), "LAB: failed: %s: %s\n", what, error ? strerror(error) : "-");
	if (log < 0 || write(log, line, strlen(line)) < 0)
		perror(line);
}

static void need(bool is_true, const char *what)
{
	if (is_true)
		return;
	say_failed(what, errno);
	exit(1);
}

/* Start a process that does @p what, which is not to end unless the scenario is harmless. */
static pid_t start(const char *comm, void (*what)(void))
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	started++;
	if (pid)
		return pid;
	prctl(PR_SET_NAME, comm);
	what();
	if (!is_harmless)
		say_failed(comm, errno);
	for (;;)
		pause();
}

static bool is_uninterruptible(pid_t pid)
{
	char path[32], stat[256];
	ssize_t length;
	char *comm_end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	need(fd >= 0, path);
	length = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	need(length > 0, path);
	stat[length] = 0;
	comm_end = strrchr(stat, ')');
	return comm_end && comm_end[1] && comm_end[2] == 'D';
}

static void await_uninterruptible(pid_t pid, const char *who)
{
	for (int ms = 0; !is_uninterruptible(pid); ms += POLL_MS) {
		need(ms < PATIENCE_MS, who);
		usleep(POLL_MS * 1000);
	}
}

/* The order in which they come is the order of the queues. */
static void start_and_await(const char *comm, void (*what)(void))
{
	await_uninterruptible(start(comm, what), comm);
}

static void await_said(const int *what)
{
	for (int ms = 0; __atomic_load_n(what, __ATOMIC_SEQ_CST) == -1; ms += POLL_MS) {
		need(ms < PATIENCE_MS, "a process that says nothing");
		usleep(POLL_MS * 1000);
	}
}

static void make_file(void)
{
	int fd = open("file", O_CREAT | O_WRONLY, 0600);

	need(fd >= 0 && write(fd, "x", 1) == 1, "file");
	close(fd);
}

static void enter(const char *device, const char *type)
{
	need(!mkdir("/lab", 0700) && !mount(device, "/lab", type, 0, NULL) && !chdir("/lab"),
	     device);
	make_file();
}

static void write_from(const void *from, size_t size)
{
	int fd = open("file", O_WRONLY);

	need(fd >= 0, "file");
	if (write(fd, from, size) != (ssize_t)size)
		say_failed("write", errno);
	close(fd);
}

/* uffd-*: the writer has the inode locked, and waits for its page. */

static void write_missing_page(void)
{
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register all = { .range = { (uintptr_t)page, PAGE },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };

	need(uffd >= 0 && !ioctl(uffd, UFFDIO_API, &api) && !ioctl(uffd, UFFDIO_REGISTER, &all),
	     "userfaultfd");
	__atomic_store_n(&said->uffd, uffd, __ATOMIC_SEQ_CST);
	write_from(page, PAGE);
}

/* Start the writer, await its fault; return its userfaultfd. */
static int start_writer(const char *device, const char *type)
{
	struct pollfd fault = { .events = POLLIN };
	pid_t writer;

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(page != MAP_FAILED, "mmap");
	enter(device, type);
	writer = start("lab-uffd-writer", write_missing_page);
	await_said(&said->uffd);
	fault.fd = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, writer, 0), said->uffd, 0);
	need(fault.fd >= 0, "pidfd_getfd");
	need(poll(&fault, 1, PATIENCE_MS) == 1 && fault.revents == POLLIN, "no fault");
	return fault.fd;
}

static int uffd_of_writer = -1;

static void answer(void)
{
	struct uffd_msg fault;
	struct uffdio_zeropage zero = { .range = { (uintptr_t)page, PAGE } };

	need(read(uffd_of_writer, &fault, sizeof(fault)) == sizeof(fault) &&
		     !ioctl(uffd_of_writer, UFFDIO_ZEROPAGE, &zero),
	     "no answer");
}

static void write_byte(void)
{
	write_from("y", 1);
}

static void truncate_file(void)
{
	need(!truncate("file", 0), "truncate");
}

static void unlink_file(void)
{
	need(!unlink("file"), "unlink");
}

static void create_other(void)
{
	need(open("other", O_CREAT | O_WRONLY, 0600) >= 0, "create");
}

static void list_folder(void)
{
	DIR *folder = opendir(".");

	need(folder && readdir(folder), "readdir");
}

/* Two wait for the inode; a third does with the folder locked, for which two more wait. */
static void hang_uffd(void)
{
	uffd_of_writer = start_writer("tmpfs", "tmpfs");
	start_and_await("lab-uffd-byte", write_byte);
	start_and_await("lab-uffd-trunc", truncate_file);
	start_and_await("lab-uffd-unlink", unlink_file);
	start_and_await("lab-uffd-create", create_other);
	start_and_await("lab-uffd-list", list_folder);
	if (is_harmless)
		answer();
}

/* It is to fill the page, and writes to the same file first. */
static void write_and_answer(void)
{
	write_byte();
	answer();
}

static void hang_uffd_cycle(void)
{
	uffd_of_writer = start_writer("tmpfs", "tmpfs");
	start_and_await("lab-uffd-filler", write_and_answer);
}

/* fsfreeze: who has frozen it is gone. */

static void make_folder(void)
{
	need(!mkdir("folder", 0700), "mkdir");
}

/* The file system stays frozen when this is closed. */
static void freeze(void)
{
	int fd = open(".", O_RDONLY);

	need(fd >= 0 && !ioctl(fd, FIFREEZE, 0), "FIFREEZE");
	close(fd);
}

static void hang_fsfreeze(void)
{
	enter("/dev/nvme0n1", "ext4");
	freeze();
	start_and_await("lab-fs-byte", write_byte);
	start_and_await("lab-fs-trunc", truncate_file);
	start_and_await("lab-fs-mkdir", make_folder);
}

/* freezing: who freezes it waits for the writer to leave, and whoever wants to write for that. */

/* On and on: before it waits for the writers, who freezes waits for RCU, and keeps nobody from writing yet. */
static void make_folders(void)
{
	char name[32];

	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "folder-%u", i);
		need(!mkdir(name, 0700), "mkdir");
	}
}

static void hang_freezing(void)
{
	uffd_of_writer = start_writer("/dev/nvme0n1", "ext4");
	start_and_await("lab-fs-freezer", freeze);
	start_and_await("lab-fs-mkdir", make_folders);
}

/* exec: the thread is dead, its tracer has not noticed. */

static void *be_traced(void *unused)
{
	__atomic_store_n(&said->thread, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return unused;
}

static void exec_with_thread(void)
{
	char *arguments[] = { "true", NULL };
	pthread_t thread;

	need(!pthread_create(&thread, NULL, be_traced, NULL), "pthread_create");
	await_said(&said->is_traced);
	execv("/bin/busybox", arguments);
}

static pid_t traced;

static void trace_both(void)
{
	await_said(&said->thread);
	need(!ptrace(PTRACE_SEIZE, said->thread, NULL, NULL), "PTRACE_SEIZE");
	__atomic_store_n(&said->is_traced, 1, __ATOMIC_SEQ_CST);
	await_uninterruptible(traced, "exec");
	need(!ptrace(PTRACE_SEIZE, traced, NULL, NULL), "PTRACE_SEIZE of who is in exec");
}

static void hang_exec(void)
{
	traced = start("lab-exec", exec_with_thread);
	start("lab-exec-tracer", trace_both);
}

static void trace_and_sleep(void)
{
	await_said(&said->thread);
	need(!ptrace(PTRACE_SEIZE, said->thread, NULL, NULL), "PTRACE_SEIZE");
	__atomic_store_n(&said->is_traced, 1, __ATOMIC_SEQ_CST);
	for (;;)
		usleep(POLL_MS * 1000);
}

static void trace_in_vain(void)
{
	need(!ptrace(PTRACE_SEIZE, traced, NULL, NULL), "PTRACE_SEIZE of who is in exec");
}

static void hang_exec_slow(void)
{
	traced = start("lab-exec", exec_with_thread);
	start("lab-exec-tracer", trace_and_sleep);
	await_uninterruptible(traced, "lab-exec");
	start("lab-exec-other", trace_in_vain);
}

/* coredump: the thread that it waits for cannot be killed where it sleeps. */

static void *write_to_frozen(void *unused)
{
	prctl(PR_SET_NAME, "lab-dump-writer");
	__atomic_store_n(&said->thread, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	make_folder();
	return unused;
}

static void dump_core(void)
{
	pthread_t thread;

	need(!pthread_create(&thread, NULL, write_to_frozen, NULL), "pthread_create");
	await_said(&said->thread);
	await_uninterruptible(said->thread, "lab-dump-writer");
	abort();
}

static void hang_coredump(void)
{
	enter("/dev/nvme0n1", "ext4");
	freeze();
	start_and_await("lab-dump", dump_core);
}

static void sleep_in_nanosleep(void)
{
	const struct timespec long_time = { .tv_sec = 1000000 };

	nanosleep(&long_time, NULL);
}

/* container: all of the namespace are children of one process outside. */

static void end_when_owned(void)
{
	await_said(&said->is_owned);
	_exit(0);
}

static void end_at_once(void)
{
	prctl(PR_SET_NAME, "box-zombie");
	_exit(0);
}

/* What it starts others have to count: they are not this process's who says how many there are. */
static void keep_container(void)
{
	need(!unshare(CLONE_NEWPID), "CLONE_NEWPID");
	start("lab-box-init", end_when_owned);
	start_and_await("lab-box-task", make_folder);
	start("box-zombie", end_at_once);
	__atomic_store_n(&said->is_owned, 1, __ATOMIC_SEQ_CST);
	sleep_in_nanosleep();
}

static void hang_container(void)
{
	enter("/dev/nvme0n1", "ext4");
	freeze();
	start("lab-box-outer", keep_container);
	await_said(&said->is_owned);
	started += 2;
}

/*
 * sleeps: ordinary idleness, of each sort.  Two processes wait for one futex in memory that they share, and the two threads of a
 * third for one of their own.
 */
static uint32_t own_futex;

static void sleep_in_futex(uint32_t *futex, int operation)
{
	syscall(SYS_futex, futex, operation, 0, NULL, NULL, 0);
}

static void sleep_in_shared_futex(void)
{
	sleep_in_futex(&said->futex, FUTEX_WAIT);
}

static void *sleep_in_own_futex(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, "lab-thread-2");
	sleep_in_futex(&own_futex, FUTEX_WAIT_PRIVATE);
	return NULL;
}

static void sleep_in_threads(void)
{
	pthread_t thread;

	need(!pthread_create(&thread, NULL, sleep_in_own_futex, NULL), "pthread_create");
	sleep_in_futex(&own_futex, FUTEX_WAIT_PRIVATE);
}

static void sleep_in_pipe(void)
{
	int ends[2];
	char byte;

	need(!pipe(ends), "pipe");
	need(read(ends[0], &byte, 1) >= 0, "read");
}

static void sleep_in_socket(void)
{
	int ends[2];
	char byte;

	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	need(read(ends[0], &byte, 1) >= 0, "read");
}

static void sleep_in_poll(void)
{
	struct pollfd end = { .events = POLLIN };
	int ends[2];

	need(!pipe(ends), "pipe");
	end.fd = ends[0];
	poll(&end, 1, -1);
}

static void sleep_in_wait4(void)
{
	pid_t pid = fork();

	need(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_NAME, "child");
		for (;;)
			pause();
	}
	waitpid(pid, NULL, 0);
}

static void sleep_in_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void hang_sleeps(void)
{
	said->futex = 0;
	start("lab-futex-1", sleep_in_shared_futex);
	start("lab-futex-2", sleep_in_shared_futex);
	start("lab-thread-1", sleep_in_threads);
	start("lab-pipe", sleep_in_pipe);
	start("lab-socket", sleep_in_socket);
	start("lab-poll", sleep_in_poll);
	start("lab-nanosleep", sleep_in_nanosleep);
	start("lab-wait4", sleep_in_wait4);
	start("lab-sigsuspend", sleep_in_sigsuspend);
}

/* futex-pi: who has a futex with priority inheritance sleeps; the kernel knows who that is. */
static void own_pi(void)
{
	need(!syscall(SYS_futex, &said->futex, FUTEX_LOCK_PI, 0, NULL, NULL, 0), "FUTEX_LOCK_PI");
	__atomic_store_n(&said->is_owned, 1, __ATOMIC_SEQ_CST);
	sleep_in_nanosleep();
}

static void wait_for_pi(void)
{
	await_said(&said->is_owned);
	syscall(SYS_futex, &said->futex, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
}

static void hang_futex_pi(void)
{
	said->futex = 0;
	start("lab-pi-owner", own_pi);
	start("lab-pi-waiter-1", wait_for_pi);
	start("lab-pi-waiter-2", wait_for_pi);
}

static const struct {
	const char *name;
	void (*hang)(void);
	bool is_harmless;
} scenarios[] = {
	{ "uffd", hang_uffd, false },
	{ "uffd-answered", hang_uffd, true },
	{ "uffd-cycle", hang_uffd_cycle, false },
	{ "fsfreeze", hang_fsfreeze, false },
	{ "freezing", hang_freezing, false },
	{ "exec", hang_exec, false },
	{ "exec-slow", hang_exec_slow, false },
	{ "coredump", hang_coredump, false },
	{ "container", hang_container, false },
	{ "sleeps", hang_sleeps, false },
	{ "futex-pi", hang_futex_pi, false },
};

int main(int argc, char **argv)
{
	said = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(said != MAP_FAILED, "mmap");
	memset(said, -1, sizeof(*said));
	for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name))
			continue;
		is_harmless = scenarios[i].is_harmless;
		scenarios[i].hang();
		printf("%d\n", started);
		return 0;
	}
	fprintf(stderr, "usage: hang SCENARIO\n");
	return 2;
}
