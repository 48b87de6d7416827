/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's functions that wait: the table, and how stacks are read by it.
 *
 * Claims: a task that sleeps in one of these functions waits for what the table says.  How it can be
 * wrong: a function of a module may have the same name; one that is not in the table is taken for
 * the one that waits, although it may be but a wrapper; a name that a new kernel gives to a known
 * function is not known.  All of these end in a wait that is named and not understood, never in one
 * that is overlooked: only what the table calls harmless is.
 *
 * Names of v5.10 to v7.3; wait_event() and its like are inlined into whoever calls them.
 */
#include <config.h>

#include "locks/wait_function.h"

#include "kernel/kernel.h"

/* clang-format off */
#define NONE DLK_KIND_COUNT
#define WAY(pattern) { pattern, DLK_WAIT_WAY, NONE, NULL }
#define LOCK(kind, pattern) { pattern, DLK_WAIT_LOCK, DLK_KIND_##kind, NULL }
#define EVENT(kind, pattern) { pattern, DLK_WAIT_EVENT, DLK_KIND_##kind, NULL }
#define OTHER(pattern) { pattern, DLK_WAIT_EVENT, NONE, NULL }
#define HARMLESS(what, pattern) { pattern, DLK_WAIT_HARMLESS, NONE, what }
#define SPIN(kind, pattern) { pattern, DLK_WAIT_SPIN, DLK_KIND_##kind, NULL }
#define SPIN_WAY(pattern) { pattern, DLK_WAIT_SPIN_WAY, NONE, NULL }

/* The first that matches counts, so an exception stands before the rule. */
static const struct dlk_wait_function table[] = {
	/* Nobody has to do anything: kernel/time, mm/backing-dev.c, kernel/kthread.c, kernel/freezer.c. */
	HARMLESS("a timer", "msleep*"), HARMLESS("a timer", "usleep_range*"),
	HARMLESS("a timer", "schedule_timeout_uninterruptible"),
	HARMLESS("a timer", "schedule_timeout_interruptible"),
	HARMLESS("a timer", "schedule_timeout_killable"), HARMLESS("a timer", "schedule_timeout_idle"),
	HARMLESS("a timer", "io_schedule_timeout"), HARMLESS("a timer", "congestion_wait"),
	HARMLESS("a timer", "do_nanosleep"), HARMLESS("a timer", "hrtimer_nanosleep"),
	HARMLESS("its first wake-up", "kthread"), HARMLESS("being thawed", "__refrigerator"),

	/* kernel/workqueue.c, kernel/kthread.c; before schedule* */
	EVENT(WORK, "schedule_on_each_cpu"), EVENT(WORK, "flush_work"), EVENT(WORK, "__flush_work"),
	EVENT(WORK, "flush_delayed_work"), EVENT(WORK, "flush_rcu_work"), EVENT(WORK, "cancel_work*"),
	EVENT(WORK, "__cancel_work*"), EVENT(WORK, "cancel_delayed_work*"), EVENT(WORK, "work_on_cpu*"),
	EVENT(WORK, "disable_work*"), EVENT(WORK, "disable_delayed_work*"),
	EVENT(KTHREAD, "kthread_flush_work"), EVENT(KTHREAD, "kthread_cancel_*"),
	EVENT(KTHREAD, "__kthread_cancel_*"),
	EVENT(WORKQUEUE, "flush_workqueue"), EVENT(WORKQUEUE, "__flush_workqueue"),
	EVENT(WORKQUEUE, "drain_workqueue"), EVENT(WORKQUEUE, "destroy_workqueue"),
	EVENT(KTHREAD, "kthread_flush_worker"), EVENT(KTHREAD, "kthread_destroy_worker"),
	EVENT(KTHREAD, "kthread_stop*"), EVENT(KTHREAD, "kthread_park"),
	EVENT(KTHREAD, "kthread_create_on_node"), EVENT(KTHREAD, "__kthread_create_on_node"),

	/* kernel/sched, arch/x86/entry */
	WAY("__switch_to*"), WAY("__schedule"), WAY("__schedule_loop"), WAY("context_switch"), WAY("schedule*"), WAY("io_schedule*"),
	WAY("preempt_schedule*"), WAY("rt_mutex_schedule"), WAY("__cond_resched"),

	/* kernel/locking */
	LOCK(MUTEX, "__mutex_lock*"), LOCK(MUTEX, "mutex_lock*"),
	LOCK(WW_MUTEX, "__ww_mutex_lock*"), LOCK(WW_MUTEX, "ww_mutex_lock*"),
	LOCK(WW_MUTEX, "__ww_rt_mutex_lock*"),
	LOCK(RWSEM, "rwsem_down_*"), LOCK(RWSEM, "down_read*"), LOCK(RWSEM, "down_write*"),
	LOCK(RWSEM, "__down_read*"), LOCK(RWSEM, "__down_write*"),
	LOCK(RWSEM, "rwbase_*"), LOCK(RWSEM, "__rwbase_*"),
	LOCK(RT_MUTEX, "rt_mutex_*"), LOCK(RT_MUTEX, "__rt_mutex_*"),
	LOCK(SPINLOCK, "rtlock_slowlock*"), LOCK(SPINLOCK, "rt_spin_lock*"),
	LOCK(RWLOCK, "rt_read_lock*"), LOCK(RWLOCK, "rt_write_lock*"),
	LOCK(PERCPU_RWSEM, "percpu_down_*"), LOCK(PERCPU_RWSEM, "__percpu_down_*"),
	LOCK(PERCPU_RWSEM, "percpu_rwsem_*"),
	LOCK(SEMAPHORE, "down"), LOCK(SEMAPHORE, "down_interruptible"), LOCK(SEMAPHORE, "down_killable"),
	LOCK(SEMAPHORE, "down_timeout"), LOCK(SEMAPHORE, "down_common"), LOCK(SEMAPHORE, "__down"),
	LOCK(SEMAPHORE, "__down_interruptible"), LOCK(SEMAPHORE, "__down_killable"),
	LOCK(SEMAPHORE, "__down_timeout"), LOCK(SEMAPHORE, "__down_common"),
	LOCK(SEMAPHORE, "___down_common"),

	/* mm/mmap_lock.c; before v6.16 mm/memory.c */
	LOCK(VMA_LOCK, "__vma_start_write"), LOCK(VMA_LOCK, "__vma_enter_locked"),
	LOCK(VMA_LOCK, "__vma_start_exclude_readers"),
	LOCK(VMA_LOCK, "__vma_exclude_readers_for_detach"), LOCK(VMA_LOCK, "vma_mark_detached"),

	/* mm/filemap.c, mm/page-writeback.c, mm/migrate.c */
	LOCK(WRITEBACK, "folio_wait_writeback*"), LOCK(WRITEBACK, "wait_on_page_writeback*"),
	LOCK(WRITEBACK, "folio_wait_stable"), LOCK(WRITEBACK, "wait_for_stable_page"),
	LOCK(FOLIO, "folio_wait_*"), LOCK(FOLIO, "__folio_lock*"), LOCK(FOLIO, "folio_put_wait_locked"),
	LOCK(FOLIO, "__lock_page*"), LOCK(FOLIO, "wait_on_page_*"), LOCK(FOLIO, "put_and_wait_on_page_*"),
	LOCK(FOLIO, "__filemap_get_folio*"), LOCK(FOLIO, "pagecache_get_page"),
	LOCK(FOLIO, "find_lock_page*"), LOCK(FOLIO, "migration_entry_wait*"),
	LOCK(FOLIO, "__migration_entry_wait*"), LOCK(FOLIO, "softleaf_entry_wait*"),

	/* kernel/sched/wait_bit.c, fs/buffer.c */
	LOCK(BIT, "out_of_line_wait_on_*"), LOCK(BIT, "__wait_on_bit*"), LOCK(BIT, "bit_wait*"),
	LOCK(BIT, "wait_on_bit*"), LOCK(BIT, "__wait_on_buffer"), LOCK(BIT, "__lock_buffer"),

	/* kernel/sched/completion.c, wait.c, swait.c; kernel/fork.c, kernel/stop_machine.c */
	EVENT(COMPLETION, "wait_for_completion*"), EVENT(COMPLETION, "__wait_for_common*"),
	EVENT(COMPLETION, "wait_for_common*"), EVENT(COMPLETION, "do_wait_for_common*"),
	EVENT(WAITQUEUE, "wait_woken"), EVENT(WAITQUEUE, "do_wait_intr*"),
	SPIN_WAY("stop_machine_yield"), /* multi_cpu_stop() calls it in its loop */
	OTHER("wait_for_vfork_done"), OTHER("stop_one_cpu*"), OTHER("stop_machine*"),
	OTHER("stop_two_cpus"), OTHER("stop_cpus"), OTHER("__stop_cpus"),
	EVENT(INTERRUPT, "synchronize_irq"), EVENT(INTERRUPT, "__synchronize_irq"),
	EVENT(INTERRUPT, "disable_irq"),
	EVENT(USERFAULT, "handle_userfault*"), /* fs/userfaultfd.c */
	EVENT(FUTEX, "futex_wait*"), EVENT(FUTEX, "__futex_wait*"), EVENT(FUTEX, "futex_do_wait"),
	EVENT(FUTEX, "futex_lock_pi*"),

	/* kernel/rcu */
	EVENT(SRCU, "synchronize_srcu*"), EVENT(SRCU, "__synchronize_srcu*"), EVENT(SRCU, "srcu_barrier*"),
	EVENT(RCU, "synchronize_rcu*"), EVENT(RCU, "__wait_rcu_gp"), EVENT(RCU, "wait_rcu_gp"),
	EVENT(RCU, "synchronize_net"), EVENT(RCU, "rcu_barrier*"), EVENT(RCU, "rcu_sync_*"),
	EVENT(RCU, "cond_synchronize_rcu*"),

	/* kernel/locking/qspinlock.c, qrwlock.c, spinlock.c, mutex.c, rwsem.c; kernel/smp.c, kernel/time */
	SPIN(SPINLOCK, "native_queued_spin_lock_slowpath"), SPIN(SPINLOCK, "queued_spin_lock_slowpath"),
	SPIN(SPINLOCK, "__pv_queued_spin_lock_slowpath"), SPIN(SPINLOCK, "kvm_wait"),
	SPIN(SPINLOCK, "pv_wait*"), SPIN(SPINLOCK, "virt_spin_lock*"),
	SPIN(SPINLOCK, "resilient_queued_spin_lock_slowpath"), SPIN(SPINLOCK, "resilient_tas_spin_lock"),
	SPIN_WAY("check_timeout"), SPIN_WAY("check_deadlock_*"), /* kernel/bpf/rqspinlock.c, in their loops */
	SPIN(RWLOCK, "queued_read_lock_slowpath"), SPIN(RWLOCK, "queued_write_lock_slowpath"),
	SPIN(MUTEX, "mutex_spin_on_owner"), SPIN(MUTEX, "osq_lock"), SPIN(RWSEM, "rwsem_spin_on_owner"),
	SPIN_WAY("smp_call_function_single_async"), /* it sends, and waits for nobody */
	SPIN(CPU, "smp_call_function*"), SPIN(CPU, "__smp_call_function*"),
	SPIN(CPU, "csd_lock_wait*"), SPIN(CPU, "__csd_lock_wait*"),
	SPIN(INTERRUPT, "hrtimer_cancel"), SPIN_WAY("hrtimer_try_to_cancel*"), SPIN_WAY("hrtimer_active"),
	SPIN_WAY("hrtimer_cancel_wait_running"), /* of -rt: it pauses */
	SPIN(INTERRUPT, "del_timer_sync"), SPIN(INTERRUPT, "timer_delete_sync"), SPIN(INTERRUPT, "__timer_delete_sync"),
	SPIN(INTERRUPT, "timer_shutdown_sync"), SPIN_WAY("try_to_del_timer_sync"), SPIN_WAY("__try_to_del_timer_sync"),
	SPIN_WAY("timer_delete_sync_try"), SPIN_WAY("lock_timer_base"), SPIN_WAY("lock_hrtimer_base"),
	SPIN(INTERRUPT, "__synchronize_hardirq"), /* kernel/irq/manage.c */
	SPIN(CPU, "multi_cpu_stop"), /* kernel/stop_machine.c */
	SPIN_WAY("_raw_spin_unlock*"), SPIN_WAY("_raw_spin_lock*"), SPIN_WAY("__raw_spin_lock*"), SPIN_WAY("do_raw_spin_lock*"),
	SPIN_WAY("_raw_read_lock*"), SPIN_WAY("_raw_write_lock*"), SPIN_WAY("do_raw_read_lock*"),
	SPIN_WAY("do_raw_write_lock*"), SPIN_WAY("__raw_read_lock*"), SPIN_WAY("__raw_write_lock*"),
	SPIN_WAY("__raw_callee_save_*"), SPIN_WAY("on_each_cpu*"), SPIN_WAY("rwsem_optimistic_spin"),
	SPIN_WAY("mutex_optimistic_spin"),
};
/* clang-format on */

static const struct dlk_wait_function *find(const char *function)
{
	for (size_t i = 0; function && i < sizeof(table) / sizeof(table[0]); i++)
		if (dlk_function_is(function, table[i].pattern))
			return &table[i];
	return NULL;
}

static bool is_spin(const struct dlk_wait_function *how)
{
	return how->class == DLK_WAIT_SPIN || how->class == DLK_WAIT_SPIN_WAY;
}

static const struct dlk_wait_function *find_sleep(const struct dlk_frame *frame)
{
	const struct dlk_wait_function *how = find(frame->function);

	return how && !is_spin(how) ? how : NULL;
}

static bool is_awaiting(const struct dlk_wait_function *how)
{
	return how->class == DLK_WAIT_LOCK || how->class == DLK_WAIT_EVENT;
}

/* From frame @p i on, outwards, as long as one function that waits calls the other. */
static uint32_t follow(const struct dlk_frame *frames, uint32_t count, uint32_t i,
		       struct dlk_waiting *ret)
{
	for (bool is_reliable = i < count && frames[i].is_reliable;
	     i < count && frames[i].is_reliable == is_reliable; i++) {
		const struct dlk_wait_function *how = find_sleep(&frames[i]);

		/* Who waits for somebody does so, whoever called him. */
		if (!how || (how->class == DLK_WAIT_HARMLESS && ret->how && is_awaiting(ret->how)))
			break;
		if (how->class == DLK_WAIT_WAY)
			continue;
		ret->how = how;
		ret->function = &frames[i];
	}
	return i;
}

/* Among frames that may be left over, the first of a function that waits for somebody. */
static uint32_t find_guess(const struct dlk_frame *frames, uint32_t count, uint32_t from)
{
	for (; from < count; from++) {
		const struct dlk_wait_function *how = find_sleep(&frames[from]);

		if (how && is_awaiting(how))
			break;
	}
	return from;
}

void dlk_frames_waiting(const struct dlk_frame *frames, uint32_t count, struct dlk_waiting *ret)
{
	uint32_t i;

	*ret = (struct dlk_waiting){ NULL, NULL, NULL };
	i = follow(frames, count, 0, ret);
	if (!ret->how && i < count && !frames[i].is_reliable)
		i = follow(frames, count, find_guess(frames, count, i), ret);
	else if (!ret->how && i < count)
		ret->function = &frames[i++];
	if (i < count && ret->function && frames[i].is_reliable)
		ret->caller = &frames[i];
}

bool dlk_frames_spinning(const struct dlk_frame *frames, uint32_t count, uint32_t *next,
			 struct dlk_waiting *ret)
{
	struct dlk_waiting found = { NULL, NULL, NULL };
	uint32_t i = *next;

	for (; i < count && !found.how; i++) {
		const struct dlk_wait_function *how = find(frames[i].function);

		if (!frames[i].is_reliable || !how || how->class != DLK_WAIT_SPIN)
			continue;
		found.how = how;
		found.function = &frames[i];
	}
	for (; found.how && i < count && !found.caller; i++) {
		const struct dlk_wait_function *how = find(frames[i].function);

		if (!how || !is_spin(how))
			found.caller = &frames[i];
	}
	*next = i;
	if (found.how)
		*ret = found;
	return found.how;
}

/*
 * How a loop pauses: arch/x86/lib/delay.c, arch/x86/kernel/{kvm,paravirt}.c, lib/delay.c; what
 * multi_cpu_stop() calls meanwhile; by what it comes to what it calls, and back: arch/x86/lib/retpoline.S.
 */
static const char *const pauses[] = { "__delay",
				      "delay_*",
				      "__const_udelay",
				      "__udelay",
				      "*_safe_halt",
				      "native_halt",
				      "*_vcpu_is_preempted",
				      "rcu_momentary_*",
				      "*touch_nmi_watchdog",
				      "touch_softlockup_watchdog",
				      "ktime_get_mono_fast_ns",
				      "read_tsc",
				      "*_return_thunk",
				      "__x86_indirect_*",
				      NULL };

static const char *const readers[] = { "rwsem_down_read*", "down_read*", "__down_read*", NULL };

/* Who spins for a lock before it sleeps does so within the functions that sleep. */
static uint32_t find_sleepers(const struct dlk_frame *frames, uint32_t count, uint32_t i,
			      struct dlk_spinning *s)
{
	for (; i < count && frames[i].is_reliable; i++) {
		const struct dlk_wait_function *how = find_sleep(&frames[i]);

		if (!how || how->class != DLK_WAIT_LOCK)
			break;
		s->kind = how->kind;
		s->may_sleep = true;
		s->is_read |= dlk_function_matches(frames[i].function, readers);
	}
	return i;
}

bool dlk_frames_spin_now(const struct dlk_frame *frames, uint32_t count, struct dlk_spinning *ret)
{
	struct dlk_spinning found = { .how = NULL };
	uint32_t i;

	for (i = 0; i < count && frames[i].is_reliable; i++) {
		const struct dlk_wait_function *how = find(frames[i].function);

		if (how ? !is_spin(how) : !dlk_function_matches(frames[i].function, pauses))
			break;
		if (!how)
			continue;
		if (how->class == DLK_WAIT_SPIN) {
			found.how = how;
			found.function = i;
		}
		found.is_read |= dlk_function_is(frames[i].function, "*read_lock_slowpath") ||
				 dlk_function_is(frames[i].function, "_raw_read_lock*");
	}
	if (found.how) {
		found.kind = found.how->kind;
		i = find_sleepers(frames, count, i, &found);
	}
	found.caller = i < count && frames[i].is_reliable ? i : count;
	if (found.how)
		*ret = found;
	return found.how;
}

uint32_t dlk_frames_after_scheduler(const struct dlk_frame *frames, uint32_t count)
{
	uint32_t i = 0;

	for (; i < count; i++) {
		const struct dlk_wait_function *how = find_sleep(&frames[i]);

		if (!how || how->class != DLK_WAIT_WAY)
			break;
	}
	return i;
}

const struct dlk_frame *dlk_frames_waiting_at(const struct dlk_frame *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (frames[i].is_reliable && frames[i].symbol && !find_sleep(&frames[i]))
			return &frames[i];
	return NULL;
}
