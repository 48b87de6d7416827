/*
 * Two processes that bring back the hugetlb deadlock fixed by Linux commit
 * b7880cb166ab ("migrate: correct lock ordering for hugetlb file folios").
 *
 * One huge page of a memfd is fought over:
 *
 *   puncher   fallocate(PUNCH_HOLE) on part of the page: takes i_mmap_rwsem
 *             for writing, then the folio's lock, to zero the part
 *   mover     move_pages() of the page from node to node: takes the folio's
 *             lock, then (in the old order) i_mmap_rwsem for reading
 *
 * Both stop themselves before the first round; SIGCONT starts them.  On stdout
 * comes one line, "MOVER-PID PUNCHER-PID", and the starter exits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HUGE_SIZE = 2 << 20, SMALL_SIZE = 4096 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Never begins or ends on a huge page's border: the page is zeroed, not freed. */
static void puncher(int fd)
{
	raise(SIGSTOP);
	for (;;)
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, SMALL_SIZE,
			      HUGE_SIZE - 2 * SMALL_SIZE))
			die("fallocate");
}

static void mover(int fd)
{
	char *page = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die("mmap");
	/* A shared huge page's table entry is not inherited: map it here. */
	*(volatile char *)page = 1;

	raise(SIGSTOP);
	for (int node = 1;; node = !node) {
		void *addr = page;
		int status = 0;
		if (syscall(SYS_move_pages, 0, 1UL, &addr, &node, &status, MPOL_MF_MOVE_ALL) < 0)
			die("move_pages");
		/*
		 * A page in use at this moment is tried again; any other failure is real.
		 * Older kernels leave the status alone when a page could not be moved.
		 */
		if (status < 0 && status != -EBUSY && status != -EAGAIN) {
			errno = -status;
			die("move_pages: status");
		}
	}
}

static pid_t start(const char *name, void (*run)(int), int fd)
{
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (prctl(PR_SET_NAME, name))
			die("prctl");
		run(fd);
	}
	return pid;
}

int main(void)
{
	int fd = memfd_create("huge", MFD_HUGETLB);
	if (fd < 0)
		die("memfd_create");
	if (ftruncate(fd, HUGE_SIZE))
		die("ftruncate");
	pid_t mover_pid = start("mover", mover, fd);
	pid_t puncher_pid = start("puncher", puncher, fd);
	printf("%d %d\n", (int)mover_pid, (int)puncher_pid);
	return 0;
}
