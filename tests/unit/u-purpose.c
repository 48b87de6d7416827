/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/purpose.c: what a stack says that its task sleeps for, and whether that is idleness. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "locks/purpose.h"
#include "locks/wait_function.h"

enum { MAX_FRAMES = 16 };

/* Of functions by name, innermost first; "?" before a name: a guess; "FUNCTION MODULE" is a module's. */
static struct dlk_sleep sleep_in(const char *const *names)
{
	struct dlk_frame frames[MAX_FRAMES];
	static char functions[MAX_FRAMES][64];
	uint32_t count = 0;

	for (; names[count]; count++) {
		const char *name = names[count];
		bool is_guess = name[0] == '?';
		char *module;

		assert_true(count < MAX_FRAMES);
		strncpy(functions[count], name + is_guess, sizeof(functions[count]) - 1);
		module = strchr(functions[count], ' ');
		if (module)
			*module++ = '\0';
		frames[count] = (struct dlk_frame){
			.ip = 0xffffffff81000000 + count,
			.function = functions[count],
			.symbol = functions[count],
			.module = module,
			.is_reliable = !is_guess,
		};
	}
	return dlk_frames_sleep(frames, count);
}

#define SLEEP_IN(...) sleep_in((const char *const[]){ "__schedule", "schedule", __VA_ARGS__, NULL })

static void assert_idle(struct dlk_sleep sleep, enum dlk_purpose purpose)
{
	assert_int_equal(sleep.purpose, purpose);
	assert_true(sleep.is_idle);
}

static void assert_lasts(struct dlk_sleep sleep, enum dlk_purpose purpose)
{
	assert_int_equal(sleep.purpose, purpose);
	assert_false(sleep.is_idle);
}

/* How user space waits for input, on kernels from 5.10 on. */
static void test_purpose__user_space(void **state)
{
	(void)state;
	assert_idle(SLEEP_IN("pipe_read", "new_sync_read", "vfs_read"), DLK_PURPOSE_PIPE);
	assert_idle(SLEEP_IN("anon_pipe_read", "vfs_read"), DLK_PURPOSE_PIPE);
	assert_idle(SLEEP_IN("schedule_timeout", "unix_stream_read_generic", "unix_stream_recvmsg"),
		    DLK_PURPOSE_SOCKET);
	assert_idle(SLEEP_IN("schedule_timeout", "wait_woken", "sk_wait_data",
			     "tcp_recvmsg_locked"),
		    DLK_PURPOSE_SOCKET);
	assert_idle(SLEEP_IN("schedule_hrtimeout_range_clock", "poll_schedule_timeout.constprop.0",
			     "do_sys_poll"),
		    DLK_PURPOSE_POLL);
	assert_idle(SLEEP_IN("schedule_hrtimeout_range", "ep_poll", "do_epoll_wait"),
		    DLK_PURPOSE_POLL);
	assert_idle(SLEEP_IN("do_nanosleep", "hrtimer_nanosleep"), DLK_PURPOSE_TIMER);
	assert_idle(SLEEP_IN("sigsuspend", "__x64_sys_rt_sigsuspend"), DLK_PURPOSE_SIGNAL);
	assert_idle(SLEEP_IN("do_wait", "kernel_wait4"), DLK_PURPOSE_CHILD);
	assert_idle(SLEEP_IN("futex_wait_queue_me", "futex_wait", "do_futex"), DLK_PURPOSE_FUTEX);
	assert_idle(SLEEP_IN("futex_do_wait", "__futex_wait", "futex_wait"), DLK_PURPOSE_FUTEX);
	assert_idle(SLEEP_IN("schedule_timeout", "wait_woken", "n_tty_read", "tty_read"),
		    DLK_PURPOSE_TTY);
	assert_idle(SLEEP_IN("inotify_read", "vfs_read"), DLK_PURPOSE_EVENT);
	assert_idle(SLEEP_IN("io_cqring_wait", "__do_sys_io_uring_enter"), DLK_PURPOSE_URING);
}

/* How kernel threads wait for work. */
static void test_purpose__kernel_threads(void **state)
{
	(void)state;
	assert_idle(SLEEP_IN("worker_thread", "kthread", "ret_from_fork"), DLK_PURPOSE_WORK);
	assert_idle(SLEEP_IN("kswapd", "kthread"), DLK_PURPOSE_WORK);
	assert_idle(SLEEP_IN("smpboot_thread_fn", "kthread"), DLK_PURPOSE_WORK);
	assert_idle(SLEEP_IN("kjournald2 jbd2", "kthread"), DLK_PURPOSE_WORK);
	assert_idle(SLEEP_IN("rcu_tasks_one_gp", "rcu_tasks_kthread"), DLK_PURPOSE_WORK);
}

/* What lasts until somebody else has done something is no idleness. */
static void test_purpose__lasting(void **state)
{
	(void)state;
	assert_lasts(SLEEP_IN("io_schedule", "blk_mq_get_tag", "__blk_mq_alloc_requests"),
		     DLK_PURPOSE_IO);
	assert_lasts(SLEEP_IN("io_schedule", "rq_qos_wait", "wbt_wait"), DLK_PURPOSE_IO);
	assert_lasts(SLEEP_IN("jbd2_log_wait_commit jbd2", "ext4_sync_file"), DLK_PURPOSE_JOURNAL);
	assert_lasts(SLEEP_IN("wait_transaction_locked jbd2", "add_transaction_credits jbd2"),
		     DLK_PURPOSE_JOURNAL);
	assert_lasts(SLEEP_IN("rpc_wait_bit_killable sunrpc", "__wait_on_bit"), DLK_PURPOSE_RPC);
	assert_lasts(SLEEP_IN("request_wait_answer fuse", "__fuse_simple_request fuse"),
		     DLK_PURPOSE_FUSE);
	assert_lasts(SLEEP_IN("flock_lock_inode_wait"), DLK_PURPOSE_FILE_LOCK);
	assert_lasts(SLEEP_IN("futex_lock_pi"), DLK_PURPOSE_FUTEX);
	/* Who waits for the answer to an event is served by another than who waits for events. */
	assert_idle(SLEEP_IN("fuse_dev_do_read fuse", "fuse_dev_read fuse"), DLK_PURPOSE_EVENT);
}

/* A worker whose work waits is not idle, nor is anybody for what called it further out. */
static void test_purpose__innermost_only(void **state)
{
	(void)state;
	assert_lasts(SLEEP_IN("some_work", "process_one_work", "worker_thread", "kthread"),
		     DLK_PURPOSE_NONE);
	assert_lasts(SLEEP_IN("__mutex_lock", "pipe_release", "pipe_read"), DLK_PURPOSE_NONE);
	assert_lasts(SLEEP_IN("__mutex_lock", "do_thing zoo", "zoo_ioctl zoo"), DLK_PURPOSE_NONE);
}

/* A module that waits for something of its own; not one that waits for a lock. */
static void test_purpose__module(void **state)
{
	(void)state;
	assert_lasts(SLEEP_IN("zoo_wait zoo", "zoo_ioctl zoo"), DLK_PURPOSE_MODULE);
	assert_lasts(SLEEP_IN("schedule_timeout", "wait_woken", "zoo_read zoo"),
		     DLK_PURPOSE_MODULE);
	assert_lasts(SLEEP_IN("schedule_timeout", "wait_for_completion", "zoo_ioctl zoo"),
		     DLK_PURPOSE_NONE);
	assert_lasts(SLEEP_IN("some_wait", "zoo_ioctl zoo"), DLK_PURPOSE_NONE);
}

/* What may be left over on the stack says nothing; neither does no stack. */
static void test_purpose__guesses(void **state)
{
	(void)state;
	assert_lasts(SLEEP_IN("?pipe_read", "?vfs_read"), DLK_PURPOSE_NONE);
	assert_lasts(sleep_in((const char *const[]){ "?schedule", "?pipe_read", NULL }),
		     DLK_PURPOSE_NONE);
	assert_lasts(sleep_in((const char *const[]){ NULL }), DLK_PURPOSE_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_purpose__user_space),
		cmocka_unit_test(test_purpose__kernel_threads),
		cmocka_unit_test(test_purpose__lasting),
		cmocka_unit_test(test_purpose__innermost_only),
		cmocka_unit_test(test_purpose__module),
		cmocka_unit_test(test_purpose__guesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
