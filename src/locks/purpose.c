/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tasks sleep for, by the function that they sleep in: the table, and how stacks are read by it.
 *
 * Claims: a task that sleeps in one of these functions does so for what the table says.  That names a wait, and groups it
 * with others; it is no evidence of anything, and no verdict rests on it: what is unknown stays so, with a word for it.
 * IDLE are the functions in which user space waits for input, and kernel threads for work: who sleeps in one of them so that a
 * signal can wake it, or so that it is not counted (TASK_IDLE), is no part of a hang.  The same functions in state D are
 * not idle: something that must not be interrupted waits there.
 *
 * How it can be wrong: a function of a module may have the same name as one of the kernel's.  A task that waits for input may
 * be waited for by others, in user space, where this program does not look.  A name that a new kernel gives to a known
 * function is not known: then there is no word for the wait.
 *
 * Names of v5.10 to v7.3; wait_event() and its like are inlined into whoever calls them, and static functions may be.
 */
#include <config.h>

#include "locks/purpose.h"

#include "kernel/kernel.h"
#include "locks/wait_function.h"

/* clang-format off */
#define IDLE(purpose, pattern) { pattern, { DLK_PURPOSE_##purpose, true } }
#define LASTS(purpose, pattern) { pattern, { DLK_PURPOSE_##purpose, false } }

static const struct {
	const char *pattern; /* as dlk_function_matches() takes it */
	struct dlk_sleep sleep;
} table[] = {
	/* kernel/time, kernel/futex, fs/timerfd.c */
	IDLE(TIMER, "do_nanosleep"), IDLE(TIMER, "hrtimer_nanosleep"), IDLE(TIMER, "msleep_interruptible"),
	IDLE(TIMER, "schedule_timeout_interruptible"), IDLE(TIMER, "schedule_timeout_idle"),
	IDLE(TIMER, "timerfd_read*"), IDLE(TIMER, "alarm_timer_nsleep"), IDLE(TIMER, "alarmtimer_do_nsleep"),
	IDLE(TIMER, "do_cpu_nanosleep"),
	IDLE(FUTEX, "futex_wait*"), IDLE(FUTEX, "__futex_wait*"), IDLE(FUTEX, "futex_sleep_multiple"),
	IDLE(FUTEX, "futex_do_wait"), LASTS(FUTEX, "futex_lock_pi*"),

	/* kernel/signal.c, kernel/exit.c, fs/signalfd.c, fs/coredump.c */
	IDLE(SIGNAL, "sigsuspend"), IDLE(SIGNAL, "do_sigtimedwait"), IDLE(SIGNAL, "*sys_pause"),
	IDLE(SIGNAL, "signalfd_*"), IDLE(CHILD, "do_wait"), IDLE(CHILD, "kernel_wait4"),
	LASTS(CORE_DUMP, "coredump_task_exit"), LASTS(CORE_DUMP, "coredump_wait"), LASTS(CORE_DUMP, "exit_mm"),

	/* fs/pipe.c, fs/splice.c, net */
	IDLE(PIPE, "pipe_read"), IDLE(PIPE, "pipe_write"), IDLE(PIPE, "anon_pipe_read"), IDLE(PIPE, "anon_pipe_write"),
	IDLE(PIPE, "fifo_pipe_read"), IDLE(PIPE, "fifo_pipe_write"), IDLE(PIPE, "pipe_wait*"), IDLE(PIPE, "wait_for_partner"),
	IDLE(PIPE, "fifo_open"), IDLE(PIPE, "wait_for_space"), IDLE(PIPE, "opipe_prep"), IDLE(PIPE, "ipipe_prep"),
	IDLE(PIPE, "splice_from_pipe_next*"),
	IDLE(SOCKET, "unix_stream_data_wait"), IDLE(SOCKET, "unix_stream_read_generic"), IDLE(SOCKET, "unix_wait_for_peer"),
	IDLE(SOCKET, "__skb_wait_for_more_packets"), IDLE(SOCKET, "__skb_recv_datagram"),
	IDLE(SOCKET, "sk_wait_data"), IDLE(SOCKET, "sk_stream_wait_*"), IDLE(SOCKET, "inet_csk_accept"),
	IDLE(SOCKET, "inet_csk_wait_for_connect"), IDLE(SOCKET, "inet_wait_for_connect"),
	IDLE(SOCKET, "__inet_stream_connect"), IDLE(SOCKET, "sock_alloc_send_pskb"), IDLE(SOCKET, "sock_wait_for_wmem"),
	IDLE(SOCKET, "vsock_connectible_wait_data"), IDLE(SOCKET, "vsock_wait_data"), IDLE(SOCKET, "vsock_accept"),
	IDLE(SOCKET, "packet_recvmsg"), IDLE(SOCKET, "netlink_recvmsg"), IDLE(SOCKET, "bt_sock_wait_*"),
	LASTS(SOCKET, "__lock_sock"), LASTS(SOCKET, "lock_sock_nested"),

	/* fs/select.c, fs/eventpoll.c, fs/eventfd.c, fs/aio.c, fs/notify, io_uring */
	IDLE(POLL, "poll_schedule_timeout*"), IDLE(POLL, "do_select"), IDLE(POLL, "do_sys_poll"), IDLE(POLL, "do_poll"),
	IDLE(POLL, "ep_poll"), IDLE(POLL, "do_epoll_wait"),
	IDLE(EVENT, "eventfd_read"), IDLE(EVENT, "eventfd_write"), IDLE(EVENT, "inotify_read"),
	IDLE(EVENT, "fanotify_read"), IDLE(EVENT, "fanotify_get_response"), IDLE(EVENT, "devkmsg_read"),
	IDLE(EVENT, "do_syslog"), IDLE(EVENT, "syslog_print"), IDLE(EVENT, "read_events"), IDLE(EVENT, "evdev_read"),
	IDLE(EVENT, "hidraw_read"), IDLE(EVENT, "userfaultfd_ctx_read"), IDLE(EVENT, "userfaultfd_read*"),
	IDLE(EVENT, "fuse_dev_do_read"), IDLE(EVENT, "dm_wait_event"), IDLE(EVENT, "random_read*"),
	IDLE(URING, "io_cqring_wait*"), IDLE(URING, "__io_cqring_wait*"), IDLE(URING, "io_cqring_schedule_timeout"),
	IDLE(URING, "io_sq_thread"), IDLE(URING, "io_wqe_worker"), IDLE(URING, "io_wq_worker"),
	IDLE(URING, "io_sqpoll_wait_sq"), LASTS(URING, "io_uring_cancel_generic"),

	/* drivers/tty, ipc */
	IDLE(TTY, "n_tty_read"), IDLE(TTY, "n_tty_write"), IDLE(TTY, "n_tty_wait_for_input"), IDLE(TTY, "tty_wait_until_sent*"),
	IDLE(TTY, "tty_port_block_til_ready"), IDLE(TTY, "vt_event_wait*"),
	IDLE(MESSAGE, "do_msgrcv"), IDLE(MESSAGE, "do_msgsnd"), IDLE(MESSAGE, "__do_semtimedop"),
	IDLE(MESSAGE, "do_semtimedop"), IDLE(MESSAGE, "wq_sleep*"),

	/* the main loops of kernel threads */
	IDLE(WORK, "worker_thread"), IDLE(WORK, "rescuer_thread"), IDLE(WORK, "kthreadd"), IDLE(WORK, "kthread_worker_fn"),
	IDLE(WORK, "smpboot_thread_fn"), IDLE(WORK, "kthread_parkme"), IDLE(WORK, "__kthread_parkme"), IDLE(WORK, "kswapd*"),
	IDLE(WORK, "kcompactd"), IDLE(WORK, "khugepaged*"), IDLE(WORK, "ksm_scan_thread"), IDLE(WORK, "oom_reaper"),
	IDLE(WORK, "rcu_gp_kthread"), IDLE(WORK, "rcu_gp_fqs_loop"), IDLE(WORK, "rcu_tasks_kthread"),
	IDLE(WORK, "rcu_tasks_one_gp"), IDLE(WORK, "rcu_nocb_gp_kthread"), IDLE(WORK, "rcu_nocb_cb_kthread"),
	IDLE(WORK, "nocb_gp_wait"),
	IDLE(WORK, "nocb_cb_wait"), IDLE(WORK, "rcu_boost_kthread"),
	IDLE(WORK, "kjournald2"), IDLE(WORK, "irq_thread"), IDLE(WORK, "irq_wait_for_interrupt"),
	IDLE(WORK, "kauditd_thread"), IDLE(WORK, "devtmpfsd"), IDLE(WORK, "devtmpfs_work_loop"),
	IDLE(WORK, "psi_rtpoll_worker"), IDLE(WORK, "psi_poll_worker"), IDLE(WORK, "hub_thread"), IDLE(WORK, "scsi_error_handler"),
	IDLE(WORK, "md_thread"), IDLE(WORK, "dmcrypt_write"), IDLE(WORK, "xfsaild"), IDLE(WORK, "loop_thread"),
	IDLE(WORK, "legacy_kthread_func"), IDLE(WORK, "nbcon_kthread_func"), IDLE(WORK, "hwrng_fillfn"),
	IDLE(WORK, "kdamond_fn"), IDLE(WORK, "watchdog"), IDLE(WORK, "kprobe_optimizer_thread"), IDLE(WORK, "fsnotify_mark_destroy*"), IDLE(WORK, "nfsd"), IDLE(WORK, "svc_recv"),
	IDLE(WORK, "svc_get_next_xprt"), IDLE(WORK, "lockd"), IDLE(WORK, "vhost_worker"), IDLE(WORK, "vhost_task_fn"),
	IDLE(WORK, "kvm_nx_huge_page_recovery_worker"), IDLE(WORK, "transaction_kthread"), IDLE(WORK, "cleaner_kthread"),

	/* fs/locks.c */
	LASTS(FILE_LOCK, "posix_lock_inode_wait"), LASTS(FILE_LOCK, "flock_lock_inode_wait"),
	LASTS(FILE_LOCK, "locks_lock_inode_wait"), LASTS(FILE_LOCK, "do_lock_file_wait"),
	LASTS(FILE_LOCK, "fcntl_setlk*"), LASTS(FILE_LOCK, "__break_lease"),

	/* block, fs/direct-io.c, fs/iomap, fs/fs-writeback.c, drivers/nvme, drivers/block */
	LASTS(IO, "blk_mq_get_tag"), LASTS(IO, "rq_qos_wait"), LASTS(IO, "wbt_wait"), LASTS(IO, "blk_queue_enter"),
	LASTS(IO, "__bio_queue_enter"), LASTS(IO, "bio_queue_enter"), LASTS(IO, "blk_mq_freeze_queue_wait*"),
	LASTS(IO, "blk_freeze_queue"), LASTS(IO, "submit_bio_wait"), LASTS(IO, "bio_await*"), LASTS(IO, "blk_execute_rq"),
	LASTS(IO, "blk_wait_io"), LASTS(IO, "__blkdev_direct_IO*"), LASTS(IO, "blkdev_direct_IO*"),
	LASTS(IO, "do_blockdev_direct_IO"), LASTS(IO, "__blockdev_direct_IO"), LASTS(IO, "dio_await_one"),
	LASTS(IO, "iomap_dio_rw"), LASTS(IO, "__iomap_dio_rw"),
	LASTS(IO, "blk_throtl_*"), LASTS(IO, "ioc_rqos_throttle"), LASTS(IO, "blkcg_iolatency_throttle"),
	LASTS(IO, "blkcg_maybe_throttle_current"), LASTS(IO, "balance_dirty_pages*"), LASTS(IO, "wb_wait_for_completion"),
	LASTS(IO, "inode_sleep_on_writeback"), LASTS(IO, "inode_wait_for_writeback"), LASTS(IO, "inode_dio_wait*"),
	LASTS(IO, "swap_read*"), LASTS(IO, "nvme_wait_*"), LASTS(IO, "virtblk_*"), LASTS(IO, "scsi_execute*"),
	LASTS(DRIVER, "nvme_*"), LASTS(DRIVER, "virtnet_*"), LASTS(DRIVER, "virtio_*"), LASTS(DRIVER, "scsi_*"),

	/* fs/jbd2 */
	LASTS(JOURNAL, "jbd2_*"), LASTS(JOURNAL, "wait_transaction_*"), LASTS(JOURNAL, "start_this_handle"),
	LASTS(JOURNAL, "journal_kill_thread"), LASTS(JOURNAL, "do_get_write_access"),
	LASTS(JOURNAL, "__jbd2_log_wait_for_space"), LASTS(JOURNAL, "add_transaction_credits"),

	/* net/sunrpc, fs/nfs, fs/fuse, drivers/md, mm */
	LASTS(RPC, "rpc_*"), LASTS(RPC, "__rpc_*"), LASTS(RPC, "nfs_*"), LASTS(RPC, "nfs4_*"), LASTS(RPC, "cifs_*"),
	LASTS(RPC, "wait_for_response"), LASTS(RPC, "smb2_*"), LASTS(RPC, "ceph_*"), LASTS(RPC, "p9_client_rpc"),
	LASTS(RPC, "p9_virtio_request"),
	LASTS(FUSE, "request_wait_answer"), LASTS(FUSE, "__fuse_request_send"), LASTS(FUSE, "__fuse_simple_request"),
	LASTS(FUSE, "fuse_get_req"), LASTS(FUSE, "fuse_*"),
	LASTS(DM, "dm_*"), LASTS(DM, "__dm_*"), LASTS(DM, "sync_io"),
	LASTS(MD, "md_*"), LASTS(MD, "mddev_*"), LASTS(MD, "raid5_*"), LASTS(MD, "raid1_*"), LASTS(MD, "raid10_*"),
	LASTS(MD, "raise_barrier"), LASTS(MD, "wait_barrier"), LASTS(MD, "_wait_barrier"), LASTS(MD, "wait_read_barrier"), LASTS(MD, "freeze_array"),
	LASTS(MD, "stop_sync_thread"),
	LASTS(MEMORY, "reclaim_throttle"), LASTS(MEMORY, "throttle_direct_reclaim"), LASTS(MEMORY, "congestion_wait"),
	LASTS(MEMORY, "wait_iff_congested"), LASTS(MEMORY, "mem_cgroup_oom_synchronize"),
	LASTS(MEMORY, "mem_cgroup_handle_over_high"), LASTS(MEMORY, "oom_killer_disable"),
};
/* clang-format on */

static const struct dlk_sleep unknown = { DLK_PURPOSE_NONE, false };

/* It is asked of each frame of each task: most rows are ruled out by their first letter. */
static struct dlk_sleep find(const char *function)
{
	for (size_t i = 0; function && i < sizeof(table) / sizeof(table[0]); i++) {
		const char *pattern = table[i].pattern;

		if ((*pattern == *function || *pattern == '*') &&
		    dlk_function_is(function, pattern))
			return table[i].sleep;
	}
	return unknown;
}

/* Whether a module sleeps in a wait of its own making, and for no lock. */
static bool is_of_module(const struct dlk_frame *frames, uint32_t count)
{
	const struct dlk_frame *at = dlk_frames_waiting_at(frames, count);
	struct dlk_waiting w;

	dlk_frames_waiting(frames, count, &w);
	return at && at->module && (!w.how || w.how->kind == DLK_KIND_WAITQUEUE);
}

struct dlk_sleep dlk_frames_sleep(const struct dlk_frame *frames, uint32_t count)
{
	const struct dlk_frame *at = dlk_frames_waiting_at(frames, count);
	struct dlk_sleep sleep = unknown;

	for (uint32_t i = 0; i < count && frames[i].is_reliable && !sleep.purpose; i++) {
		sleep = find(frames[i].function);
		if (&frames[i] == at)
			break;
	}
	if (!sleep.purpose && is_of_module(frames, count))
		sleep.purpose = DLK_PURPOSE_MODULE;
	return sleep;
}

/* Whether what it waits for says more than a word: all but a wait queue. */
static bool is_told(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_wait *wait = dlk_model_first_wait(&f->model, context);

	return wait && dlk_model_resource(&f->model, wait->resource)->kind != DLK_KIND_WAITQUEUE;
}

void dlk_purpose_note(struct dlk_facts *f, uint32_t context, const struct dlk_frame *frames,
		      uint32_t count)
{
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_sleep sleep;

	if (!c->is_blocked || c->purpose || is_told(f, context))
		return;
	sleep = dlk_frames_sleep(frames, count);
	c->purpose = sleep.purpose;
	c->is_waiting_idly = sleep.is_idle && !c->is_uninterruptible;
}
