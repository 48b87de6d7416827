/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/wait_function.c: what a stack says about a wait; what each of the kernel's functions means. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "locks/wait_function.h"

#define NONE DLK_KIND_COUNT

enum { MAX_FRAMES = 16 };

/* A stack: of functions by name, innermost first; "?" before a name: a guess; "" is no symbol. */
struct stack {
	struct dlk_frame frames[MAX_FRAMES];
	uint32_t count;
};

static struct stack make(const char *const *names)
{
	struct stack s = { .count = 0 };

	for (; names[s.count]; s.count++) {
		const char *name = names[s.count];
		bool is_guess = name[0] == '?';

		assert_true(s.count < MAX_FRAMES);
		name += is_guess;
		s.frames[s.count] = (struct dlk_frame){
			.ip = 0xffffffff81000000 + s.count,
			.function = *name ? name : NULL,
			.symbol = *name ? name : NULL,
			.is_reliable = !is_guess,
		};
	}
	return s;
}

#define STACK(...) make((const char *const[]){ __VA_ARGS__, NULL })

/* "" is a frame without symbol, or none: nobody can tell. */
static void assert_frame(const struct dlk_frame *frame, const char *name)
{
	const char *found = frame && frame->function ? frame->function : "";

	assert_string_equal(found, name);
}

static struct dlk_waiting assert_waits(const struct stack *s, enum dlk_kind kind,
				       const char *function, const char *caller)
{
	struct dlk_waiting w;

	dlk_frames_waiting(s->frames, s->count, &w);
	assert_non_null(w.how);
	assert_int_equal(w.how->kind, kind);
	assert_frame(w.function, function);
	assert_frame(w.caller, caller);
	return w;
}

/* No function is known to wait. */
static void assert_no_idea(const struct stack *s, const char *function, const char *caller)
{
	struct dlk_waiting w;

	dlk_frames_waiting(s->frames, s->count, &w);
	assert_null(w.how);
	assert_frame(w.function, function);
	assert_frame(w.caller, caller);
}

/* The header's example, and the same where __wait_for_common() was not inlined into its caller. */
static void test_wait_function__outermost(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "schedule_timeout", "__wait_for_common",
			       "__flush_work", "wq1", "kthread");

	(void)state;
	assert_int_equal(assert_waits(&s, DLK_KIND_WORK, "__flush_work", "wq1").how->class,
			 DLK_WAIT_EVENT);
	s = STACK("__schedule", "schedule", "schedule_timeout", "__wait_for_common",
		  "wait_for_completion", "__flush_work", "flush_work", "wq1");
	assert_waits(&s, DLK_KIND_WORK, "flush_work", "wq1");
	s = STACK("flush_work", "wq1");
	assert_waits(&s, DLK_KIND_WORK, "flush_work", "wq1");
	s = STACK("__schedule", "schedule", "rwsem_down_write_slowpath", "down_write",
		  "percpu_down_write", "cgroup_attach");
	assert_int_equal(assert_waits(&s, DLK_KIND_PERCPU_RWSEM, "percpu_down_write",
				      "cgroup_attach")
				 .how->class,
			 DLK_WAIT_LOCK);
	s = STACK("schedule", "__wait_for_common", "__wait_rcu_gp", "synchronize_rcu", "foo");
	assert_waits(&s, DLK_KIND_RCU, "synchronize_rcu", "foo");
}

/* What waits further out, with something else in between, is another matter. */
static void test_wait_function__not_in_a_row(void **state)
{
	struct stack s = STACK("schedule", "__mutex_lock", "wq_helper", "flush_work", "wq1");

	(void)state;
	assert_waits(&s, DLK_KIND_MUTEX, "__mutex_lock", "wq_helper");
}

/* wait_event() is inlined: of a function that is not known, the innermost that is not the scheduler's. */
static void test_wait_function__not_known(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "journal_wait", "flush_work", "foo");

	(void)state;
	assert_no_idea(&s, "journal_wait", "flush_work");
	s = STACK("journal_wait");
	assert_no_idea(&s, "journal_wait", "");
	s = STACK("__switch_to_asm", "__schedule", "schedule", "io_schedule", "bio_wait", "submit");
	assert_no_idea(&s, "bio_wait", "submit");
}

static void test_wait_function__nothing(void **state)
{
	struct stack s = { .count = 0 };
	struct dlk_waiting w;

	(void)state;
	dlk_frames_waiting(NULL, 0, &w);
	assert_null(w.how);
	assert_null(w.function);
	assert_null(w.caller);
	assert_no_idea(&s, "", "");
	s = STACK("__schedule", "schedule");
	assert_no_idea(&s, "", "");
	s = STACK("__schedule", "schedule", "down");
	assert_waits(&s, DLK_KIND_SEMAPHORE, "down", "");
}

/* A function without a name is not known, and neither is a caller without one. */
static void test_wait_function__no_symbol(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "", "down", "foo");

	(void)state;
	assert_no_idea(&s, "", "down");
	s = STACK("__schedule", "schedule", "down", "", "foo");
	assert_waits(&s, DLK_KIND_SEMAPHORE, "down", "");
	s = STACK("", "", "");
	assert_no_idea(&s, "", "");
}

static void test_wait_function__suffixes(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "rwsem_down_write_slowpath.constprop.0",
			       "foo.isra.0");

	(void)state;
	assert_waits(&s, DLK_KIND_RWSEM, "rwsem_down_write_slowpath.constprop.0", "foo.isra.0");
	s = STACK("schedule", "do_wait_for_common.part.0", "__flush_work.isra.0.cold", "wq1");
	assert_waits(&s, DLK_KIND_WORK, "__flush_work.isra.0.cold", "wq1");
	s = STACK("__schedule.part.3", "down.cold", "foo");
	assert_waits(&s, DLK_KIND_SEMAPHORE, "down.cold", "foo");
}

/* A name that only begins alike is another function. */
static void test_wait_function__whole_names(void **state)
{
	static const char *const names[] = { "downgrade_write",   "down_foo",
					     "flush_workers",     "kthread_data",
					     "kthread_worker_fn", "do_nanosleep2",
					     "synchronize_net2" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stack s = STACK("schedule", names[i], "foo");

		assert_no_idea(&s, names[i], "foo");
	}
}

static void assert_harmless(const struct stack *s, const char *what, const char *function)
{
	struct dlk_waiting w;

	dlk_frames_waiting(s->frames, s->count, &w);
	assert_non_null(w.how);
	assert_int_equal(w.how->class, DLK_WAIT_HARMLESS);
	assert_string_equal(w.how->what, what);
	assert_frame(w.function, function);
	assert_true(w.function->is_reliable);
}

static void test_wait_function__harmless(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "schedule_timeout", "msleep", "poller");

	(void)state;
	assert_harmless(&s, "a timer", "msleep");
	s = STACK("__schedule", "schedule", "schedule_timeout", "schedule_timeout_uninterruptible",
		  "msleep_interruptible", "poller");
	assert_harmless(&s, "a timer", "msleep_interruptible");
	s = STACK("__schedule", "schedule", "schedule_timeout", "io_schedule_timeout", "foo");
	assert_harmless(&s, "a timer", "io_schedule_timeout");
	s = STACK("__schedule", "schedule", "kthread", "ret_from_fork");
	assert_harmless(&s, "its first wake-up", "kthread");
	s = STACK("schedule", "__refrigerator", "foo");
	assert_harmless(&s, "being thawed", "__refrigerator");
}

/* A timer by itself, without a limit named, is how waits with a timeout sleep: nothing is known of them. */
static void test_wait_function__timeout(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "schedule_timeout", "foo", "bar");

	(void)state;
	assert_no_idea(&s, "foo", "bar");
	s = STACK("schedule", "schedule_hrtimeout_range", "foo");
	assert_no_idea(&s, "foo", "");
}

/* Who waits for somebody, by way of a timer, does wait for somebody: what is outermost counts. */
static void test_wait_function__harmless_inside(void **state)
{
	struct stack s = STACK("schedule", "io_schedule_timeout", "__wait_for_common",
			       "wait_for_completion_io", "submit_bio_wait");

	(void)state;
	assert_waits(&s, DLK_KIND_COMPLETION, "wait_for_completion_io", "submit_bio_wait");
	s = STACK("schedule", "msleep", "drain_workqueue", "foo");
	assert_waits(&s, DLK_KIND_WORKQUEUE, "drain_workqueue", "foo");
}

/* A task of its own that waits in its main function does not wait for its first wake-up. */
static void test_wait_function__not_the_first_wake_up(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "worker_thread", "kthread");

	(void)state;
	assert_no_idea(&s, "worker_thread", "kthread");
}

/* Guesses: what they say is as doubtful, so whoever asks must be able to tell. */
static void test_wait_function__guesses(void **state)
{
	struct stack s = STACK("?schedule", "?down", "?foo");

	(void)state;
	assert_false(assert_waits(&s, DLK_KIND_SEMAPHORE, "down", "").function->is_reliable);
	s = STACK("__schedule", "schedule", "?left_over", "?flush_work", "?foo");
	assert_false(assert_waits(&s, DLK_KIND_WORK, "flush_work", "").function->is_reliable);
	s = STACK("__schedule", "schedule", "down", "?flush_work", "?foo");
	assert_true(assert_waits(&s, DLK_KIND_SEMAPHORE, "down", "").function->is_reliable);
}

/* A harmless function that may be left over is not believed. */
static void test_wait_function__harmless_guess(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "?msleep", "?foo");
	struct dlk_waiting w;

	(void)state;
	dlk_frames_waiting(s.frames, s.count, &w);
	assert_true(!w.how || w.how->class != DLK_WAIT_HARMLESS || !w.function->is_reliable);
	/* Not if a wait for somebody may be left over as well. */
	s = STACK("__schedule", "schedule", "?msleep", "?foo", "?down", "?bar");
	assert_int_equal(assert_waits(&s, DLK_KIND_SEMAPHORE, "down", "").how->class,
			 DLK_WAIT_LOCK);
	/* And not for a reliable function that is not known. */
	s = STACK("__schedule", "schedule", "foo", "?msleep", "?kthread");
	assert_no_idea(&s, "foo", "");
}

static void assert_spin(const struct stack *s, uint32_t *next, enum dlk_kind kind,
			const char *function, const char *caller)
{
	struct dlk_waiting w = { NULL, NULL, NULL };

	assert_true(dlk_frames_spinning(s->frames, s->count, next, &w));
	assert_non_null(w.how);
	assert_int_equal(w.how->class, DLK_WAIT_SPIN);
	assert_int_equal(w.how->kind, kind);
	assert_frame(w.function, function);
	assert_frame(w.caller, caller);
	assert_true(*next <= s->count);
}

static void assert_no_spin(const struct stack *s, uint32_t next)
{
	static const struct dlk_frame frame;
	struct dlk_waiting w = { NULL, &frame, NULL };

	assert_false(dlk_frames_spinning(s->frames, s->count, &next, &w));
	assert_null(w.how);
	assert_ptr_equal(w.function, &frame);
}

static void test_wait_function__spins(void **state)
{
	struct stack s = STACK("native_queued_spin_lock_slowpath", "do_raw_spin_lock",
			       "_raw_spin_lock_irqsave", "lab_spin", "kthread");
	uint32_t next = 0;

	(void)state;
	assert_spin(&s, &next, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", "lab_spin");
	assert_no_spin(&s, next);
	s = STACK("csd_lock_wait.isra.0", "smp_call_function_many_cond", "on_each_cpu_cond_mask",
		  "flush_tlb_mm_range");
	next = 0;
	assert_spin(&s, &next, DLK_KIND_CPU, "csd_lock_wait.isra.0", "flush_tlb_mm_range");
	assert_no_spin(&s, next);
	s = STACK("generic_exec_single", "smp_call_function_single_async", "update_process_times",
		  "hrtimer_interrupt", "foo");
	assert_no_spin(&s, 0);
	s = STACK("native_queued_spin_lock_slowpath");
	next = 0;
	assert_spin(&s, &next, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", "");
	assert_no_spin(&s, next);
}

/* An interrupt came while the task spun; or came, and spins by itself, on top of a task that does not. */
static void test_wait_function__interrupt_on_top(void **state)
{
	struct stack s = STACK("handle_edge_irq", "common_interrupt", "asm_common_interrupt",
			       "native_queued_spin_lock_slowpath", "_raw_spin_lock", "foo");
	uint32_t next = 0;

	(void)state;
	assert_spin(&s, &next, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", "foo");
	assert_no_spin(&s, next);
	s = STACK("queued_write_lock_slowpath", "_raw_write_lock", "timer_fn", "sysvec_apic_timer",
		  "asm_sysvec_apic_timer", "memcpy", "foo");
	next = 0;
	assert_spin(&s, &next, DLK_KIND_RWLOCK, "queued_write_lock_slowpath", "timer_fn");
	assert_no_spin(&s, next);
}

static void test_wait_function__two_places(void **state)
{
	struct stack s = STACK("queued_read_lock_slowpath", "_raw_read_lock", "timer_fn",
			       "asm_sysvec_apic_timer", "native_queued_spin_lock_slowpath",
			       "_raw_spin_lock", "lab_spin");
	uint32_t next = 0;

	(void)state;
	assert_spin(&s, &next, DLK_KIND_RWLOCK, "queued_read_lock_slowpath", "timer_fn");
	assert_spin(&s, &next, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", "lab_spin");
	assert_no_spin(&s, next);
}

/* To take a lock is not to spin; neither is what was guessed, nor a sleep, nor nothing. */
static void test_wait_function__does_not_spin(void **state)
{
	struct stack s = STACK("_raw_spin_lock", "foo");

	(void)state;
	assert_no_spin(&s, 0);
	s = STACK("?native_queued_spin_lock_slowpath", "?_raw_spin_lock", "?foo");
	assert_no_spin(&s, 0);
	s = STACK("schedule", "down", "foo");
	assert_no_spin(&s, 0);
	s = STACK("", "foo");
	assert_no_spin(&s, 0);
	s.count = 0;
	assert_no_spin(&s, 0);
}

/* A running task that spins does not sleep there. */
static void test_wait_function__spin_is_no_sleep(void **state)
{
	struct stack s = STACK("schedule", "native_queued_spin_lock_slowpath", "down");

	(void)state;
	assert_no_idea(&s, "native_queued_spin_lock_slowpath", "down");
}

static void test_wait_function__waiting_at(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "rwsem_down_read_slowpath", "down_read",
			       "rmap_walk_file", "foo");

	(void)state;
	assert_ptr_equal(dlk_frames_waiting_at(s.frames, s.count), &s.frames[4]);
	/* Wherever a way of waiting stands. */
	s = STACK("?left_over", "schedule", "?foo", "", "down", "se1", "se2");
	assert_ptr_equal(dlk_frames_waiting_at(s.frames, s.count), &s.frames[5]);
	s = STACK("schedule", "?foo", "", "down");
	assert_null(dlk_frames_waiting_at(s.frames, s.count));
	assert_null(dlk_frames_waiting_at(NULL, 0));
	/* A function that spins is not a way of waiting: it is what a person wants to see. */
	s = STACK("mutex_spin_on_owner", "__mutex_lock", "foo");
	assert_ptr_equal(dlk_frames_waiting_at(s.frames, s.count), &s.frames[0]);
}

/* What a function must mean. */
struct meaning {
	enum dlk_wait_class class;
	enum dlk_kind kind;
	const char *names; /* separated by blanks */
};

/* clang-format off */
static const struct meaning meanings[] = {
	{ DLK_WAIT_WAY, NONE,
	  "__switch_to __switch_to_asm __schedule context_switch schedule schedule_timeout "
	  "schedule_preempt_disabled schedule_hrtimeout_range schedule_rtlock io_schedule "
	  "io_schedule_finish preempt_schedule preempt_schedule_common preempt_schedule_irq "
	  "rt_mutex_schedule __cond_resched" },
	{ DLK_WAIT_HARMLESS, NONE,
	  "msleep msleep_interruptible usleep_range usleep_range_state "
	  "schedule_timeout_uninterruptible schedule_timeout_interruptible "
	  "schedule_timeout_killable schedule_timeout_idle io_schedule_timeout congestion_wait "
	  "do_nanosleep hrtimer_nanosleep kthread __refrigerator" },
	{ DLK_WAIT_EVENT, DLK_KIND_WORK,
	  "schedule_on_each_cpu flush_work __flush_work flush_delayed_work flush_rcu_work "
	  "cancel_work_sync __cancel_work_timer __cancel_work_sync cancel_delayed_work_sync "
	  "work_on_cpu work_on_cpu_key disable_work_sync disable_delayed_work_sync" },
	{ DLK_WAIT_EVENT, DLK_KIND_WORKQUEUE,
	  "flush_workqueue __flush_workqueue drain_workqueue destroy_workqueue" },
	{ DLK_WAIT_EVENT, DLK_KIND_KTHREAD,
	  "kthread_flush_work kthread_cancel_work_sync kthread_cancel_delayed_work_sync "
	  "__kthread_cancel_work_sync kthread_flush_worker kthread_destroy_worker "
	  "kthread_stop kthread_stop_put kthread_park kthread_create_on_node "
	  "__kthread_create_on_node kthread_flush_work kthread_cancel_work_sync "
	  "kthread_cancel_delayed_work_sync __kthread_cancel_work_sync kthread_flush_worker "
	  "kthread_destroy_worker" },
	{ DLK_WAIT_LOCK, DLK_KIND_MUTEX,
	  "__mutex_lock __mutex_lock_slowpath __mutex_lock_killable_slowpath "
	  "__mutex_lock_interruptible_slowpath __mutex_lock_common mutex_lock "
	  "mutex_lock_killable mutex_lock_interruptible mutex_lock_nested mutex_lock_io" },
	{ DLK_WAIT_LOCK, DLK_KIND_WW_MUTEX,
	  "__ww_mutex_lock __ww_mutex_lock_slowpath __ww_mutex_lock_interruptible_slowpath "
	  "ww_mutex_lock ww_mutex_lock_interruptible" },
	{ DLK_WAIT_LOCK, DLK_KIND_RWSEM,
	  "rwsem_down_read_slowpath rwsem_down_write_slowpath down_read down_read_killable "
	  "down_read_interruptible down_read_nested down_write down_write_killable "
	  "down_write_nested __down_read __down_read_common __down_write __down_write_common "
	  "rwbase_write_lock rwbase_read_lock __rwbase_read_lock" },
	{ DLK_WAIT_LOCK, DLK_KIND_RT_MUTEX,
	  "rt_mutex_lock rt_mutex_slowlock rt_mutex_slowlock_block rt_mutex_lock_interruptible "
	  "__rt_mutex_lock __rt_mutex_slowlock __rt_mutex_slowlock_locked" },
	{ DLK_WAIT_LOCK, DLK_KIND_SPINLOCK,
	  "rtlock_slowlock rtlock_slowlock_locked rt_spin_lock rt_spin_lock_nested" },
	{ DLK_WAIT_LOCK, DLK_KIND_RWLOCK, "rt_read_lock rt_write_lock" },
	{ DLK_WAIT_LOCK, DLK_KIND_PERCPU_RWSEM,
	  "percpu_down_write percpu_down_read percpu_rwsem_wait __percpu_down_read" },
	{ DLK_WAIT_LOCK, DLK_KIND_SEMAPHORE,
	  "down down_interruptible down_killable down_timeout down_common __down "
	  "__down_interruptible __down_killable __down_timeout __down_common ___down_common" },
	{ DLK_WAIT_LOCK, DLK_KIND_VMA_LOCK,
	  "__vma_start_write __vma_enter_locked __vma_start_exclude_readers "
	  "__vma_exclude_readers_for_detach vma_mark_detached" },
	{ DLK_WAIT_LOCK, DLK_KIND_WRITEBACK,
	  "folio_wait_writeback folio_wait_writeback_killable wait_on_page_writeback "
	  "folio_wait_stable wait_for_stable_page" },
	{ DLK_WAIT_LOCK, DLK_KIND_FOLIO,
	  "folio_wait_bit folio_wait_bit_common folio_wait_bit_killable folio_wait_locked "
	  "folio_wait_private_2 __folio_lock __folio_lock_killable __folio_lock_or_retry "
	  "folio_put_wait_locked __lock_page __lock_page_killable wait_on_page_bit "
	  "wait_on_page_bit_common wait_on_page_locked put_and_wait_on_page_locked "
	  "__filemap_get_folio __filemap_get_folio_mpol pagecache_get_page find_lock_page "
	  "migration_entry_wait "
	  "migration_entry_wait_on_locked migration_entry_wait_huge __migration_entry_wait "
	  "__migration_entry_wait_huge softleaf_entry_wait_on_locked" },
	{ DLK_WAIT_LOCK, DLK_KIND_BIT,
	  "out_of_line_wait_on_bit out_of_line_wait_on_bit_lock __wait_on_bit "
	  "__wait_on_bit_lock bit_wait bit_wait_io bit_wait_timeout wait_on_bit "
	  "__wait_on_buffer __lock_buffer" },
	{ DLK_WAIT_EVENT, DLK_KIND_COMPLETION,
	  "wait_for_completion wait_for_completion_io wait_for_completion_timeout "
	  "wait_for_completion_interruptible wait_for_completion_killable "
	  "wait_for_completion_state __wait_for_common wait_for_common do_wait_for_common" },
	{ DLK_WAIT_EVENT, DLK_KIND_WAITQUEUE, "wait_woken do_wait_intr do_wait_intr_irq" },
	{ DLK_WAIT_EVENT, NONE,
	  "wait_for_vfork_done stop_one_cpu stop_machine stop_machine_cpuslocked stop_two_cpus "
	  "stop_cpus __stop_cpus" },
	{ DLK_WAIT_EVENT, DLK_KIND_INTERRUPT, "synchronize_irq __synchronize_irq disable_irq" },
	{ DLK_WAIT_EVENT, DLK_KIND_FUTEX,
	  "futex_wait futex_wait_queue futex_wait_queue_me futex_wait_requeue_pi __futex_wait "
	  "futex_lock_pi futex_do_wait" },
	{ DLK_WAIT_EVENT, DLK_KIND_SRCU,
	  "synchronize_srcu synchronize_srcu_expedited __synchronize_srcu srcu_barrier" },
	{ DLK_WAIT_EVENT, DLK_KIND_RCU,
	  "synchronize_rcu synchronize_rcu_expedited synchronize_rcu_tasks "
	  "synchronize_rcu_tasks_generic __wait_rcu_gp wait_rcu_gp synchronize_net rcu_barrier "
	  "rcu_barrier_tasks rcu_sync_enter cond_synchronize_rcu cond_synchronize_rcu_full" },
	{ DLK_WAIT_SPIN, DLK_KIND_SPINLOCK,
	  "native_queued_spin_lock_slowpath queued_spin_lock_slowpath "
	  "__pv_queued_spin_lock_slowpath kvm_wait pv_wait_head_or_lock pv_wait_node "
	  "virt_spin_lock resilient_queued_spin_lock_slowpath resilient_tas_spin_lock" },
	{ DLK_WAIT_SPIN, DLK_KIND_RWLOCK, "queued_read_lock_slowpath queued_write_lock_slowpath" },
	{ DLK_WAIT_SPIN, DLK_KIND_MUTEX, "mutex_spin_on_owner osq_lock" },
	{ DLK_WAIT_SPIN, DLK_KIND_RWSEM, "rwsem_spin_on_owner" },
	{ DLK_WAIT_SPIN, DLK_KIND_CPU,
	  "smp_call_function_many_cond smp_call_function_single smp_call_function csd_lock_wait "
	  "__csd_lock_wait __smp_call_function_single multi_cpu_stop" },
	{ DLK_WAIT_SPIN, DLK_KIND_INTERRUPT,
	  "hrtimer_cancel del_timer_sync timer_delete_sync __timer_delete_sync "
	  "timer_shutdown_sync __synchronize_hardirq" },
	{ DLK_WAIT_SPIN_WAY, NONE,
	  "hrtimer_try_to_cancel hrtimer_cancel_wait_running hrtimer_active lock_hrtimer_base lock_timer_base "
	  "try_to_del_timer_sync __try_to_del_timer_sync timer_delete_sync_try "
	  "_raw_spin_unlock_irqrestore" },
	{ DLK_WAIT_SPIN_WAY, NONE, "stop_machine_yield" },
	{ DLK_WAIT_SPIN_WAY, NONE,
	  "_raw_spin_lock _raw_spin_lock_irqsave _raw_spin_lock_bh __raw_spin_lock "
	  "__raw_spin_lock_irq do_raw_spin_lock _raw_read_lock _raw_read_lock_irqsave "
	  "_raw_write_lock _raw_write_lock_irq do_raw_read_lock do_raw_write_lock "
	  "__raw_read_lock __raw_write_lock __raw_callee_save___pv_queued_spin_unlock "
	  "on_each_cpu on_each_cpu_cond_mask rwsem_optimistic_spin mutex_optimistic_spin "
	  "smp_call_function_single_async" },
};
/* clang-format on */

/* Between the scheduler and a caller that says nothing. */
static void check_sleep(const struct meaning *m, const char *name)
{
	struct stack s = STACK("schedule", name, "foo");
	struct dlk_waiting w;

	dlk_frames_waiting(s.frames, s.count, &w);
	if (m->class == DLK_WAIT_WAY) {
		if (w.how || strcmp(w.function->function, "foo"))
			fail_msg("%s is not passed over", name);
		return;
	}
	if (!w.how || w.how->class != m->class || w.how->kind != m->kind)
		fail_msg("%s: class %d, kind %s", name, w.how ? (int)w.how->class : -1,
			 w.how ? dlk_kind_text(w.how->kind) : "-");
	assert_frame(w.function, name);
	assert_frame(w.caller, "foo");
	assert_int_equal(!w.how->what, m->class != DLK_WAIT_HARMLESS);
}

static void check_spin(const struct meaning *m, const char *name)
{
	bool is_way = m->class == DLK_WAIT_SPIN_WAY;
	struct stack s = is_way ? STACK("queued_read_lock_slowpath", name, "foo")
				: STACK(name, "foo");
	struct dlk_waiting w = { NULL, NULL, NULL };
	uint32_t next = 0;

	if (!dlk_frames_spinning(s.frames, s.count, &next, &w) || w.how->class != DLK_WAIT_SPIN ||
	    w.how->kind != (is_way ? DLK_KIND_RWLOCK : m->kind))
		fail_msg("%s: not found, or class %d, kind %s", name,
			 w.how ? (int)w.how->class : -1, w.how ? dlk_kind_text(w.how->kind) : "-");
	assert_frame(w.caller, "foo");
	/* By itself it turns in no circle. */
	s = STACK(name, "foo");
	if (is_way)
		assert_no_spin(&s, 0);
}

/* Each function of the kernel means one thing, whatever stands before it in the table. */
static void test_wait_function__meanings(void **state)
{
	uint32_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *m = &meanings[i];
		char names[1024], *rest = names, *name;

		assert_true(snprintf(names, sizeof(names), "%s", m->names) < (int)sizeof(names));
		while ((name = strsep(&rest, " "))) {
			if (m->class == DLK_WAIT_SPIN || m->class == DLK_WAIT_SPIN_WAY)
				check_spin(m, name);
			else
				check_sleep(m, name);
			count++;
		}
	}
	assert_true(count > 200);
}

static bool spins_now(const struct stack *s, struct dlk_spinning *ret)
{
	return dlk_frames_spin_now(s->frames, s->count, ret);
}

/* Only who stands in the loop spins now; what it spins for is said by the outermost function that does. */
static void test_wait_function__spin_now(void **state)
{
	struct stack s = STACK("native_queued_spin_lock_slowpath", "queued_write_lock_slowpath",
			       "_raw_write_lock", "lab_spin", "kthread");
	struct dlk_spinning spin;

	(void)state;
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.how->kind, DLK_KIND_RWLOCK);
	assert_int_equal(spin.function, 1);
	assert_int_equal(spin.caller, 3);
	assert_false(spin.is_read);
	s = STACK("__delay", "queued_read_lock_slowpath", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_true(spin.is_read);
	assert_int_equal(spin.caller, 2);
	s = STACK("ktime_get_mono_fast_ns", "check_timeout", "resilient_tas_spin_lock",
		  "resilient_queued_spin_lock_slowpath", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.function, 3);
	assert_int_equal(spin.caller, 4);
	s = STACK("check_timeout", "lab_spin");
	assert_false(spins_now(&s, &spin));
	s = STACK("its_return_thunk", "hrtimer_cancel", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.function, 1);
	s = STACK("native_queued_spin_lock_slowpath");
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.caller, 1);
	assert_false(spin.may_sleep);
	/* In what the loop has called, or what has interrupted it; or about to take it. */
	s = STACK("lab_called", "smp_call_function_many_cond", "lab_spin");
	assert_false(spins_now(&s, &spin));
	s = STACK("handler", "asm_sysvec_call_function", "native_queued_spin_lock_slowpath",
		  "lab_spin");
	assert_false(spins_now(&s, &spin));
	s = STACK("_raw_spin_lock", "lab_spin");
	assert_false(spins_now(&s, &spin));
	s = STACK("native_queued_spin_lock_slowpath", "lab_spin");
	s.frames[0].is_reliable = false;
	assert_false(spins_now(&s, &spin));
}

/* What the scheduler does is not what a task does. */
/* Who spins for a lock that it would sleep for: of which kind, and for whom, is said by those that sleep. */
static void test_wait_function__may_sleep(void **state)
{
	struct stack s = STACK("mutex_spin_on_owner", "__mutex_lock.constprop.0", "mutex_lock",
			       "lab_spin", "kthread");
	struct dlk_spinning spin;

	(void)state;
	assert_true(spins_now(&s, &spin));
	assert_true(spin.may_sleep);
	assert_int_equal(spin.kind, DLK_KIND_MUTEX);
	assert_int_equal(spin.function, 0);
	assert_int_equal(spin.caller, 3);
	s = STACK("mutex_spin_on_owner", "__ww_mutex_lock.constprop.0", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.kind, DLK_KIND_WW_MUTEX);
	s = STACK("osq_lock", "rwsem_optimistic_spin", "rwsem_down_write_slowpath", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_int_equal(spin.kind, DLK_KIND_RWSEM);
	assert_int_equal(spin.caller, 3);
	assert_false(spin.is_read);
	s = STACK("osq_lock", "rwsem_down_read_slowpath", "down_read", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_true(spin.is_read);
	/* Of which kind is not known. */
	s = STACK("osq_lock", "lab_spin");
	assert_true(spins_now(&s, &spin));
	assert_false(spin.may_sleep);
}

static void test_wait_function__after_scheduler(void **state)
{
	struct stack s = STACK("__schedule", "schedule", "lab_sleep", "schedule");

	(void)state;
	assert_int_equal(dlk_frames_after_scheduler(s.frames, s.count), 2);
	s = STACK("__schedule");
	assert_int_equal(dlk_frames_after_scheduler(s.frames, s.count), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait_function__outermost),
		cmocka_unit_test(test_wait_function__not_in_a_row),
		cmocka_unit_test(test_wait_function__not_known),
		cmocka_unit_test(test_wait_function__nothing),
		cmocka_unit_test(test_wait_function__no_symbol),
		cmocka_unit_test(test_wait_function__suffixes),
		cmocka_unit_test(test_wait_function__whole_names),
		cmocka_unit_test(test_wait_function__harmless),
		cmocka_unit_test(test_wait_function__timeout),
		cmocka_unit_test(test_wait_function__harmless_inside),
		cmocka_unit_test(test_wait_function__not_the_first_wake_up),
		cmocka_unit_test(test_wait_function__guesses),
		cmocka_unit_test(test_wait_function__harmless_guess),
		cmocka_unit_test(test_wait_function__spins),
		cmocka_unit_test(test_wait_function__interrupt_on_top),
		cmocka_unit_test(test_wait_function__two_places),
		cmocka_unit_test(test_wait_function__does_not_spin),
		cmocka_unit_test(test_wait_function__spin_is_no_sleep),
		cmocka_unit_test(test_wait_function__spin_now),
		cmocka_unit_test(test_wait_function__may_sleep),
		cmocka_unit_test(test_wait_function__after_scheduler),
		cmocka_unit_test(test_wait_function__waiting_at),
		cmocka_unit_test(test_wait_function__meanings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
