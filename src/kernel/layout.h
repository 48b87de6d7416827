/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_LAYOUT_H
#define DLK_KERNEL_LAYOUT_H

/**
 * @file
 * Every member and every size of the kernel's structs that the analysis uses, named once.
 *
 * Kernel differences are decided by which members exist, never by version: ask dlk_layout_has().
 * The table is resolved in one go when a kernel is opened, so that a lookup costs an array access.
 *
 * Enumerators are named once, too, but asked for when they are needed, by dlk_kernel_enumerator(): to find one
 * in the types may cost a walk over all of them.
 *
 * A member without which nothing can be said is REQUIRED: opening a kernel that lacks it fails with the
 * member's name.  To follow one that moved: src/README.md.
 */

#include "deadlock/debuginfo.h"

/** name here, type, member or path, whether it is required; the comment names kernel changes */
#define DLK_MEMBER_TABLE(X)                                                                                          \
	/* __state since v5.14 (2f064a59a11f), state before */                                                       \
	X(task_state, "task_struct", "__state", OPTIONAL)                                                            \
	X(task_state_old, "task_struct", "state", OPTIONAL)                                                          \
	X(task_exit_state, "task_struct", "exit_state", OPTIONAL)                                                    \
	X(task_stack, "task_struct", "stack", REQUIRED)                                                              \
	X(task_flags, "task_struct", "flags", REQUIRED)                                                              \
	X(task_on_cpu, "task_struct", "on_cpu", OPTIONAL) /* CONFIG_SMP */                                           \
	X(task_on_rq, "task_struct", "on_rq", OPTIONAL)                                                              \
	/* v6.12 (152e11f6df29): a task that sleeps may stay on the run queue for a while */                         \
	X(task_sched_delayed, "task_struct", "se.sched_delayed", OPTIONAL)                                           \
	/* v7.2 (9b6c639aecc1): with proxy execution one that sleeps stays on it */                                  \
	X(task_is_blocked, "task_struct", "is_blocked", OPTIONAL)                                                    \
	/* thread_info.cpu since v5.16 (bcf9033e5449), task_struct.cpu before */                                     \
	X(task_thread_info_cpu, "task_struct", "thread_info.cpu", OPTIONAL)                                          \
	X(task_cpu, "task_struct", "cpu", OPTIONAL)                                                                  \
	X(task_exec_start, "task_struct", "se.exec_start", OPTIONAL)                                                 \
	X(task_sum_exec, "task_struct", "se.sum_exec_runtime", OPTIONAL)                                             \
	X(task_prev_sum_exec, "task_struct", "se.prev_sum_exec_runtime", OPTIONAL)                                   \
	X(task_utime, "task_struct", "utime", OPTIONAL)                                                              \
	X(task_tasks, "task_struct", "tasks", REQUIRED)                                                              \
	X(task_pid, "task_struct", "pid", REQUIRED)                                                                  \
	X(task_tgid, "task_struct", "tgid", REQUIRED)                                                                \
	X(task_comm, "task_struct", "comm", REQUIRED)                                                                \
	X(task_signal, "task_struct", "signal", REQUIRED)                                                            \
	X(task_thread_node, "task_struct", "thread_node", REQUIRED)                                                  \
	X(task_thread_sp, "task_struct", "thread.sp", REQUIRED)                                                      \
	X(signal_thread_head, "signal_struct", "thread_head", REQUIRED)                                              \
	/* v5.17 (60700e38fb68); before, with a core dump's, group_exit_task */                                      \
	X(signal_exec_task, "signal_struct", "group_exec_task", OPTIONAL)                                            \
	X(signal_notify_count, "signal_struct", "notify_count", OPTIONAL)                                            \
	X(signal_nr_threads, "signal_struct", "nr_threads", OPTIONAL)                                                \
	/* v5.16 (0258b5fd7c71); before, of the mm_struct */                                                         \
	X(signal_core_state, "signal_struct", "core_state", OPTIONAL)                                                \
	X(core_startup, "core_state", "startup", OPTIONAL)                                                           \
	X(core_nr_threads, "core_state", "nr_threads", OPTIONAL)                                                     \
	X(task_ptrace, "task_struct", "ptrace", OPTIONAL)                                                            \
	X(task_parent, "task_struct", "parent", OPTIONAL)                                                            \
	X(task_pid_links, "task_struct", "pid_links", OPTIONAL)                                                      \
	X(pid_ns_head, "pid_namespace", "idr.idr_rt.xa_head", OPTIONAL)                                              \
	X(pid_ns_reaper, "pid_namespace", "child_reaper", OPTIONAL)                                                  \
	X(pid_ns_allocated, "pid_namespace", "pid_allocated", OPTIONAL)                                              \
	X(task_thread_pid, "task_struct", "thread_pid", OPTIONAL)                                                    \
	X(pid_level, "pid", "level", OPTIONAL)                                                                       \
	X(pid_numbers, "pid", "numbers", OPTIONAL)                                                                   \
	X(upid_ns, "upid", "ns", OPTIONAL)                                                                           \
	X(pid_tasks, "pid", "tasks", OPTIONAL)                                                                       \
	X(xa_node_slots, "xa_node", "slots", OPTIONAL)                                                               \
	X(rq_idle, "rq", "idle", OPTIONAL)                                                                           \
	X(rq_clock, "rq", "clock", OPTIONAL)                                                                         \
	X(rq_clock_task, "rq", "clock_task", OPTIONAL)                                                               \
	X(frame_bx, "inactive_task_frame", "bx", OPTIONAL)                                                           \
	X(frame_r12, "inactive_task_frame", "r12", OPTIONAL)                                                         \
	X(frame_r13, "inactive_task_frame", "r13", OPTIONAL)                                                         \
	X(frame_r14, "inactive_task_frame", "r14", OPTIONAL)                                                         \
	X(frame_r15, "inactive_task_frame", "r15", OPTIONAL)                                                         \
	X(frame_bp, "inactive_task_frame", "bp", OPTIONAL)                                                           \
	X(frame_ret_addr, "inactive_task_frame", "ret_addr", OPTIONAL)                                               \
	X(orc_sp_offset, "orc_entry", "sp_offset", OPTIONAL)                                                         \
	X(orc_bp_offset, "orc_entry", "bp_offset", OPTIONAL)                                                         \
	X(orc_sp_reg, "orc_entry", "sp_reg", OPTIONAL)                                                               \
	X(orc_bp_reg, "orc_entry", "bp_reg", OPTIONAL)                                                               \
	X(orc_type, "orc_entry", "type", OPTIONAL)                                                                   \
	/* until v6.4 (fb799447ae29): the end of a stack is a flag, after it a type */                               \
	X(orc_end, "orc_entry", "end", OPTIONAL)                                                                     \
	X(hrtimer_base, "hrtimer", "base", OPTIONAL)                                                                 \
	/* v4.16 (3f0b9e8eb2bd) */                                                                                   \
	X(clock_base_running, "hrtimer_clock_base", "running", OPTIONAL)                                             \
	X(clock_base_cpu_base, "hrtimer_clock_base", "cpu_base", OPTIONAL)                                           \
	X(hrtimer_cpu, "hrtimer_cpu_base", "cpu", OPTIONAL)                                                          \
	/* kernel/irq; struct irq_common_data since v4.2 */                                                          \
	X(irq_common, "irq_desc", "irq_common_data", OPTIONAL)                                                       \
	X(irq_state, "irq_desc", "irq_common_data.state_use_accessors", OPTIONAL)                                    \
	X(irq_data_common, "irq_desc", "irq_data.common", OPTIONAL)                                                  \
	X(irq_number, "irq_desc", "irq_data.irq", OPTIONAL)                                                          \
	X(irq_action, "irq_desc", "action", OPTIONAL)                                                                \
	X(irq_threads_active, "irq_desc", "threads_active", OPTIONAL)                                                \
	X(irq_wait, "irq_desc", "wait_for_threads", OPTIONAL)                                                        \
	X(action_next, "irqaction", "next", OPTIONAL)                                                                \
	X(action_thread, "irqaction", "thread", OPTIONAL)                                                            \
	X(action_secondary, "irqaction", "secondary", OPTIONAL)                                                      \
	X(action_name, "irqaction", "name", OPTIONAL)                                                                \
	/* kernel/stop_machine.c */                                                                                  \
	X(stopper_works, "cpu_stopper", "works", OPTIONAL)                                                           \
	X(stop_work_list, "cpu_stop_work", "list", OPTIONAL)                                                         \
	X(stop_work_arg, "cpu_stop_work", "arg", OPTIONAL)                                                           \
	X(stop_work_done, "cpu_stop_work", "done", OPTIONAL)                                                         \
	X(stop_done_completion, "cpu_stop_done", "completion", OPTIONAL)                                             \
	X(timer_flags, "timer_list", "flags", OPTIONAL)                                                              \
	/* since v4.8 */                                                                                             \
	X(timer_base_running, "timer_base", "running_timer", OPTIONAL)                                               \
	X(timer_base_cpu, "timer_base", "cpu", OPTIONAL)                                                             \
	X(regs_ip, "pt_regs", "ip", OPTIONAL)                                                                        \
	X(regs_sp, "pt_regs", "sp", OPTIONAL)                                                                        \
	X(regs_bp, "pt_regs", "bp", OPTIONAL)                                                                        \
	X(regs_ax, "pt_regs", "ax", OPTIONAL)                                                                        \
	X(regs_dx, "pt_regs", "dx", OPTIONAL)                                                                        \
	X(regs_cx, "pt_regs", "cx", OPTIONAL)                                                                        \
	X(regs_bx, "pt_regs", "bx", OPTIONAL)                                                                        \
	X(regs_si, "pt_regs", "si", OPTIONAL)                                                                        \
	X(regs_di, "pt_regs", "di", OPTIONAL)                                                                        \
	X(regs_r8, "pt_regs", "r8", OPTIONAL)                                                                        \
	X(regs_r9, "pt_regs", "r9", OPTIONAL)                                                                        \
	X(regs_r10, "pt_regs", "r10", OPTIONAL)                                                                      \
	X(regs_r11, "pt_regs", "r11", OPTIONAL)                                                                      \
	X(regs_r12, "pt_regs", "r12", OPTIONAL)                                                                      \
	X(regs_r13, "pt_regs", "r13", OPTIONAL)                                                                      \
	X(regs_r14, "pt_regs", "r14", OPTIONAL)                                                                      \
	X(regs_r15, "pt_regs", "r15", OPTIONAL)                                                                      \
	X(regs_cs, "pt_regs", "cs", OPTIONAL)                                                                        \
	X(regs_flags, "pt_regs", "flags", OPTIONAL)                                                                  \
	/* CONFIG_DEBUG_SPINLOCK */                                                                                  \
	X(raw_spinlock_magic, "raw_spinlock", "magic", OPTIONAL)                                                     \
	X(raw_spinlock_owner_cpu, "raw_spinlock", "owner_cpu", OPTIONAL)                                             \
	X(raw_spinlock_owner, "raw_spinlock", "owner", OPTIONAL)                                                     \
	X(rwlock_magic, "rwlock", "magic", OPTIONAL)                                                                 \
	X(rwlock_owner_cpu, "rwlock", "owner_cpu", OPTIONAL)                                                         \
	X(rwlock_owner, "rwlock", "owner", OPTIONAL)                                                                 \
	X(mcs_next, "mcs_spinlock", "next", OPTIONAL)                                                                \
	X(mcs_locked, "mcs_spinlock", "locked", OPTIONAL)                                                            \
	X(mcs_count, "mcs_spinlock", "count", OPTIONAL)                                                              \
	/* v6.15 */                                                                                                  \
	X(rqspin_cnt, "rqspinlock_held", "cnt", OPTIONAL)                                                            \
	X(rqspin_locks, "rqspinlock_held", "locks", OPTIONAL)                                                        \
	X(qrwlock_wait_lock, "qrwlock", "wait_lock", OPTIONAL)                                                       \
	X(mutex_owner, "mutex", "owner", OPTIONAL)                                                                   \
	X(mutex_wait_list, "mutex", "wait_list", OPTIONAL)                                                           \
	/* instead of wait_list since v7.1 (25500ba7e77c): the waiters are a ring of their own */                    \
	X(mutex_first_waiter, "mutex", "first_waiter", OPTIONAL)                                                     \
	X(mutex_osq, "mutex", "osq", OPTIONAL)                                                                       \
	X(mutex_rt_mutex, "mutex", "rtmutex",                                                                        \
	  OPTIONAL) /* CONFIG_PREEMPT_RT, v5.15 (bb630f9f7a7d) */                                                    \
	X(mutex_dep_name, "mutex", "dep_map.name", OPTIONAL)                                                         \
	X(mutex_waiter_list, "mutex_waiter", "list", OPTIONAL)                                                       \
	X(mutex_waiter_task, "mutex_waiter", "task", OPTIONAL)                                                       \
	X(mutex_waiter_ww_ctx, "mutex_waiter", "ww_ctx", OPTIONAL)                                                   \
	X(ww_mutex_ctx, "ww_mutex", "ctx", OPTIONAL)                                                                 \
	X(ww_mutex_dep_map, "ww_mutex", "base.dep_map", OPTIONAL)                                                    \
	X(acquire_stamp, "ww_acquire_ctx", "stamp", OPTIONAL)                                                        \
	X(acquire_acquired, "ww_acquire_ctx", "acquired", OPTIONAL)                                                  \
	X(acquire_wounded, "ww_acquire_ctx", "wounded", OPTIONAL)                                                    \
	X(acquire_is_wait_die, "ww_acquire_ctx", "is_wait_die", OPTIONAL)                                            \
	X(rwsem_count, "rw_semaphore", "count", OPTIONAL)                                                            \
	X(rwsem_osq, "rw_semaphore", "osq", OPTIONAL)                                                                \
	X(rwsem_owner, "rw_semaphore", "owner", OPTIONAL)                                                            \
	X(rwsem_wait_list, "rw_semaphore", "wait_list", OPTIONAL)                                                    \
	X(rwsem_first_waiter, "rw_semaphore", "first_waiter", OPTIONAL) /* v7.1 (1ea4b473504b) */                    \
	X(rwsem_dep_name, "rw_semaphore", "dep_map.name", OPTIONAL)                                                  \
	X(rwsem_waiter_list, "rwsem_waiter", "list", OPTIONAL)                                                       \
	X(rwsem_waiter_task, "rwsem_waiter", "task", OPTIONAL)                                                       \
	X(rwsem_waiter_type, "rwsem_waiter", "type", OPTIONAL)                                                       \
	/* since v5.7 (7f26482a872c); before, it was made of a rwsem */                                              \
	X(percpu_rwsem_read_count, "percpu_rw_semaphore", "read_count", OPTIONAL)                                    \
	X(percpu_rwsem_writer, "percpu_rw_semaphore", "writer.task", OPTIONAL)                                       \
	X(percpu_rwsem_waiters, "percpu_rw_semaphore", "waiters.head", OPTIONAL)                                     \
	X(percpu_rwsem_block, "percpu_rw_semaphore", "block", OPTIONAL)                                              \
	X(percpu_rwsem_rss, "percpu_rw_semaphore", "rss", OPTIONAL)                                                  \
	X(rss_gp_state, "rcu_sync", "gp_state", OPTIONAL)                                                            \
	X(rss_gp_wait, "rcu_sync", "gp_wait.head", OPTIONAL)                                                         \
	X(percpu_rwsem_dep_name, "percpu_rw_semaphore", "dep_map.name", OPTIONAL)                                    \
	/* v6.16; the lock that the task waits for, its kind in the two low bits: CONFIG_DETECT_HUNG_TASK_BLOCKER */ \
	X(task_blocker, "task_struct", "blocker", OPTIONAL)                                                          \
	/* v6.17: a struct mutex; before a struct mutex_waiter, with CONFIG_DEBUG_MUTEXES */                         \
	X(task_blocked_on, "task_struct", "blocked_on", OPTIONAL)                                                    \
	X(task_mm, "task_struct", "mm", OPTIONAL)                                                                    \
	X(mm_owner, "mm_struct", "owner", OPTIONAL) /* CONFIG_MEMCG */                                               \
	/* v6.15 or v6.16, CONFIG_PER_VMA_LOCK; from v6.4 to then a rwsem     */                                     \
	X(vma_refcnt, "vm_area_struct", "vm_refcnt", OPTIONAL)                                                       \
	X(mm_vma_writer, "mm_struct", "vma_writer_wait.task", OPTIONAL)                                              \
	X(vma_mm, "vm_area_struct", "vm_mm", OPTIONAL)                                                               \
	X(vma_start, "vm_area_struct", "vm_start", OPTIONAL)                                                         \
	X(vma_end, "vm_area_struct", "vm_end", OPTIONAL)                                                             \
	X(vma_file, "vm_area_struct", "vm_file", OPTIONAL)                                                           \
	X(vma_dep_map, "vm_area_struct", "vmlock_dep_map", OPTIONAL)                                                 \
	X(file_inode, "file", "f_inode", OPTIONAL)                                                                   \
	/* v6.16: the last that took it, until it lets it go; CONFIG_DETECT_HUNG_TASK_BLOCKER */                     \
	X(semaphore_last_holder, "semaphore", "last_holder", OPTIONAL)                                               \
	X(semaphore_wait_list, "semaphore", "wait_list", OPTIONAL)                                                   \
	X(semaphore_first_waiter, "semaphore", "first_waiter", OPTIONAL) /* v7.1 (b9bdd4b68404) */                   \
	X(semaphore_waiter_list, "semaphore_waiter", "list", OPTIONAL)                                               \
	X(semaphore_waiter_task, "semaphore_waiter", "task", OPTIONAL)                                               \
	X(fw_priv_completion, "fw_priv", "fw_st.completion", OPTIONAL)                                               \
	X(fw_priv_name, "fw_priv", "fw_name", OPTIONAL)                                                              \
	X(completion_done, "completion", "done", OPTIONAL)                                                           \
	X(completion_list, "completion", "wait.task_list", OPTIONAL) /* v5.7 (a5c6234e1028) */                       \
	X(swait_task, "swait_queue", "task", OPTIONAL)                                                               \
	X(swait_list, "swait_queue", "task_list", OPTIONAL)                                                          \
	X(task_vfork_done, "task_struct", "vfork_done", OPTIONAL)                                                    \
	/* v5.17 (e32cf5dfbe22): of a kernel thread its struct kthread */                                            \
	X(task_kthread, "task_struct", "worker_private", OPTIONAL)                                                   \
	X(kthread_data, "kthread", "data", OPTIONAL)                                                                 \
	X(kthread_flush_work, "kthread_flush_work", "work", OPTIONAL)                                                \
	X(kthread_flush_done, "kthread_flush_work", "done", OPTIONAL)                                                \
	X(kthread_work_func, "kthread_work", "func", OPTIONAL)                                                       \
	X(kthread_work_worker, "kthread_work", "worker", OPTIONAL)                                                   \
	X(kthread_worker_task, "kthread_worker", "task", OPTIONAL)                                                   \
	X(kthread_worker_current, "kthread_worker", "current_work", OPTIONAL)                                        \
	X(umh_work, "subprocess_info", "work", OPTIONAL)                                                             \
	X(umh_complete, "subprocess_info", "complete", OPTIONAL)                                                     \
	X(umh_path, "subprocess_info", "path", OPTIONAL)                                                             \
	/* v6.5 (9b9879fc0327) */                                                                                    \
	X(idempotent_cookie, "idempotent", "cookie", OPTIONAL)                                                       \
	X(idempotent_entry, "idempotent", "entry", OPTIONAL)                                                         \
	X(idempotent_complete, "idempotent", "complete", OPTIONAL)                                                   \
	X(hlist_next, "hlist_node", "next", OPTIONAL)                                                                \
	X(wait_opts_type, "wait_opts", "wo_type", OPTIONAL)                                                          \
	X(wait_opts_pid, "wait_opts", "wo_pid", OPTIONAL)                                                            \
	X(wait_opts_task, "wait_opts", "child_wait.private", OPTIONAL)                                               \
	X(wait_opts_func, "wait_opts", "child_wait.func", OPTIONAL)                                                  \
	X(wait_opts_entry, "wait_opts", "child_wait.entry", OPTIONAL)                                                \
	X(kthread_exited, "kthread", "exited", OPTIONAL)                                                             \
	X(kthread_parked, "kthread", "parked", OPTIONAL)                                                             \
	X(create_done, "kthread_create_info", "done", OPTIONAL)                                                      \
	X(create_list, "kthread_create_info", "list", OPTIONAL)                                                      \
	X(create_full_name, "kthread_create_info", "full_name", OPTIONAL)                                            \
	/* kernel/workqueue.c, workqueue_internal.h */                                                               \
	X(work_data, "work_struct", "data", OPTIONAL)                                                                \
	X(work_entry, "work_struct", "entry", OPTIONAL)                                                              \
	X(work_func, "work_struct", "func", OPTIONAL)                                                                \
	/* until v6.10 */                                                                                            \
	X(cwt_wait, "cwt_wait", "wait", OPTIONAL)                                                                    \
	X(cwt_work, "cwt_wait", "work", OPTIONAL)                                                                    \
	X(barrier_work, "wq_barrier", "work", OPTIONAL)                                                              \
	X(barrier_task, "wq_barrier", "task", OPTIONAL)                                                              \
	X(worker_task, "worker", "task", OPTIONAL)                                                                   \
	X(worker_pool, "worker", "pool", OPTIONAL)                                                                   \
	X(worker_node, "worker", "node", OPTIONAL)                                                                   \
	X(worker_scheduled, "worker", "scheduled", OPTIONAL)                                                         \
	X(worker_current_work, "worker", "current_work", OPTIONAL)                                                   \
	X(worker_current_func, "worker", "current_func", OPTIONAL)                                                   \
	X(worker_current_pwq, "worker", "current_pwq", OPTIONAL)                                                     \
	X(worker_current_color, "worker", "current_color", OPTIONAL) /* v5.15 */                                     \
	X(worker_current_start, "worker", "current_start", OPTIONAL) /* v7.0, in jiffies */                          \
	X(pool_node, "worker_pool", "node", OPTIONAL)                                                                \
	X(pool_nr_idle, "worker_pool", "nr_idle", OPTIONAL)                                                          \
	X(pool_workers, "worker_pool", "workers", OPTIONAL)                                                          \
	X(pool_worklist, "worker_pool", "worklist", OPTIONAL)                                                        \
	X(pwq_pool, "pool_workqueue", "pool", OPTIONAL)                                                              \
	X(pwq_wq, "pool_workqueue", "wq", OPTIONAL)                                                                  \
	X(pwq_node, "pool_workqueue", "pwqs_node", OPTIONAL)                                                         \
	X(pwq_nr_active, "pool_workqueue", "nr_active", OPTIONAL)                                                    \
	X(pwq_nr_in_flight, "pool_workqueue", "nr_in_flight", OPTIONAL)                                              \
	X(pwq_inactive_works, "pool_workqueue", "inactive_works", OPTIONAL)                                          \
	X(pwq_plugged, "pool_workqueue", "plugged", OPTIONAL) /* v6.9 */                                             \
	X(wq_pwqs, "workqueue_struct", "pwqs", OPTIONAL)                                                             \
	X(wq_list, "workqueue_struct", "list", OPTIONAL)                                                             \
	X(wq_name, "workqueue_struct", "name", OPTIONAL)                                                             \
	X(wq_flags, "workqueue_struct", "flags", OPTIONAL)                                                           \
	X(wq_rescuer, "workqueue_struct", "rescuer", OPTIONAL)                                                       \
	X(wq_flush_color, "workqueue_struct", "flush_color", OPTIONAL)                                               \
	X(wq_first_flusher, "workqueue_struct", "first_flusher", OPTIONAL)                                           \
	X(wq_flusher_queue, "workqueue_struct", "flusher_queue", OPTIONAL)                                           \
	X(wq_flusher_overflow, "workqueue_struct", "flusher_overflow", OPTIONAL)                                     \
	/* v6.9 (91ccc6e7233b): how many run at a time is counted for each node, of unbound ones */                  \
	X(wq_node_nr_active, "workqueue_struct", "node_nr_active", OPTIONAL)                                         \
	X(flusher_list, "wq_flusher", "list", OPTIONAL)                                                              \
	X(flusher_color, "wq_flusher", "flush_color", OPTIONAL)                                                      \
	X(flusher_done, "wq_flusher", "done", OPTIONAL)                                                              \
	X(clocksource_mult, "clocksource", "mult", OPTIONAL)                                                         \
	X(clocksource_shift, "clocksource", "shift", OPTIONAL)                                                       \
	X(task_pi_blocked_on, "task_struct", "pi_blocked_on", OPTIONAL)                                              \
	X(rt_waiter_task, "rt_mutex_waiter", "task", OPTIONAL)                                                       \
	X(rt_waiter_lock, "rt_mutex_waiter", "lock", OPTIONAL)                                                       \
	X(rt_waiter_ww_ctx, "rt_mutex_waiter", "ww_ctx", OPTIONAL)                                                   \
	/* since v5.15 (830e6acc8a1c); struct rt_mutex itself before */                                              \
	X(rt_mutex_owner, "rt_mutex_base", "owner", OPTIONAL)                                                        \
	X(rwsem_rt_mutex, "rw_semaphore", "rwbase.rtmutex", OPTIONAL) /* CONFIG_PREEMPT_RT */                        \
	/* what rw_semaphore and rwlock_t begin with; v5.15 (943f0edb754f) */                                        \
	X(rwbase_rt_mutex, "rwbase_rt", "rtmutex", OPTIONAL)                                                         \
	X(rwbase_readers, "rwbase_rt", "readers", OPTIONAL)                                                          \
	/* CONFIG_LOCKDEP; kernel/locking/lockdep.c, include/linux/lockdep_types.h */                                \
	X(task_lockdep_depth, "task_struct", "lockdep_depth", OPTIONAL)                                              \
	X(task_lockdep_recursion, "task_struct", "lockdep_recursion", OPTIONAL)                                      \
	X(task_held_locks, "task_struct", "held_locks", OPTIONAL)                                                    \
	X(held_ip, "held_lock", "acquire_ip", OPTIONAL)                                                              \
	X(held_instance, "held_lock", "instance", OPTIONAL)                                                          \
	X(held_nest_lock, "held_lock", "nest_lock", OPTIONAL)                                                        \
	X(held_waittime, "held_lock", "waittime_stamp", OPTIONAL) /* CONFIG_LOCK_STAT */                             \
	X(held_holdtime, "held_lock", "holdtime_stamp", OPTIONAL)                                                    \
	X(held_class_idx, "held_lock", "class_idx", OPTIONAL)                                                        \
	X(held_irq_context, "held_lock", "irq_context", OPTIONAL)                                                    \
	X(held_trylock, "held_lock", "trylock", OPTIONAL)                                                            \
	X(held_read, "held_lock", "read", OPTIONAL)                                                                  \
	X(held_hardirqs_off, "held_lock", "hardirqs_off", OPTIONAL)                                                  \
	X(held_references, "held_lock", "references", OPTIONAL)                                                      \
	X(class_key, "lock_class", "key", OPTIONAL)                                                                  \
	X(class_name, "lock_class", "name", OPTIONAL)                                                                \
	X(class_name_version, "lock_class", "name_version", OPTIONAL)                                                \
	X(class_subclass, "lock_class", "subclass", OPTIONAL)                                                        \
	X(class_usage_mask, "lock_class", "usage_mask", OPTIONAL)                                                    \
	/* pointers to struct lock_trace since v5.1 (12593b7467f9) */                                                \
	X(class_usage_traces, "lock_class", "usage_traces", OPTIONAL)                                                \
	/* since v5.7 (de8f5e4f2dc1) */                                                                              \
	X(class_wait_inner, "lock_class", "wait_type_inner", OPTIONAL)                                               \
	X(class_wait_outer, "lock_class", "wait_type_outer", OPTIONAL)                                               \
	X(trace_count, "lock_trace", "nr_entries", OPTIONAL)                                                         \
	X(trace_entries, "lock_trace", "entries", OPTIONAL)                                                          \
	X(map_key, "lockdep_map", "key", OPTIONAL)                                                                   \
	X(map_name, "lockdep_map", "name", OPTIONAL)                                                                 \
	X(mutex_dep_map, "mutex", "dep_map", OPTIONAL)                                                               \
	X(rwsem_dep_map, "rw_semaphore", "dep_map", OPTIONAL)                                                        \
	X(percpu_rwsem_dep_map, "percpu_rw_semaphore", "dep_map", OPTIONAL)                                          \
	X(rt_mutex_dep_map, "rt_mutex", "dep_map", OPTIONAL)                                                         \
	X(spinlock_dep_map, "spinlock", "dep_map", OPTIONAL)                                                         \
	X(rwlock_dep_map, "rwlock", "dep_map", OPTIONAL)                                                             \
	X(rwlock_dep_name, "rwlock", "dep_map.name", OPTIONAL)                                                       \
	/* the log: one ring of descriptors, one of texts, since v5.10 (896fbe20b4e2) */                             \
	X(prb_count_bits, "printk_ringbuffer", "desc_ring.count_bits", OPTIONAL)                                     \
	X(prb_descs, "printk_ringbuffer", "desc_ring.descs", OPTIONAL)                                               \
	X(prb_infos, "printk_ringbuffer", "desc_ring.infos", OPTIONAL)                                               \
	X(prb_head_id, "printk_ringbuffer", "desc_ring.head_id", OPTIONAL)                                           \
	X(prb_tail_id, "printk_ringbuffer", "desc_ring.tail_id", OPTIONAL)                                           \
	X(prb_size_bits, "printk_ringbuffer", "text_data_ring.size_bits", OPTIONAL)                                  \
	X(prb_data, "printk_ringbuffer", "text_data_ring.data", OPTIONAL)                                            \
	X(prb_desc_state, "prb_desc", "state_var", OPTIONAL)                                                         \
	X(prb_desc_begin, "prb_desc", "text_blk_lpos.begin", OPTIONAL)                                               \
	X(prb_desc_next, "prb_desc", "text_blk_lpos.next", OPTIONAL)                                                 \
	X(printk_seq, "printk_info", "seq", OPTIONAL)                                                                \
	X(printk_ts, "printk_info", "ts_nsec", OPTIONAL)                                                             \
	X(printk_len, "printk_info", "text_len", OPTIONAL)                                                           \
	X(printk_caller, "printk_info", "caller_id", OPTIONAL)                                                       \
	/* folio since v5.16 (df4d4f127394), page before */                                                          \
	X(wait_page_queue_folio, "wait_page_queue", "folio", OPTIONAL)                                               \
	X(wait_page_queue_page, "wait_page_queue", "page", OPTIONAL)                                                 \
	X(wait_page_queue_bit, "wait_page_queue", "bit_nr", OPTIONAL)                                                \
	X(wait_page_queue_wait, "wait_page_queue", "wait", OPTIONAL)                                                 \
	X(futex_q_task, "futex_q", "task", OPTIONAL)                                                                 \
	X(futex_q_list, "futex_q", "list.node_list", OPTIONAL)                                                       \
	X(futex_q_ptr, "futex_q", "key.both.ptr", OPTIONAL)                                                          \
	X(futex_q_word, "futex_q", "key.both.word", OPTIONAL)                                                        \
	X(futex_q_offset, "futex_q", "key.both.offset", OPTIONAL)                                                    \
	X(futex_q_pi_state, "futex_q", "pi_state", OPTIONAL)                                                         \
	X(module_list, "module", "list", OPTIONAL)                                                                   \
	X(module_name, "module", "name", OPTIONAL)                                                                   \
	X(module_state, "module", "state", OPTIONAL)                                                                 \
	X(wait_head_head, "wait_queue_head", "head", OPTIONAL)                                                       \
	/* a pagevec before v5.16 (10331795fb79) */                                                                  \
	X(folio_batch_nr, "folio_batch", "nr", OPTIONAL)                                                             \
	X(folio_batch_folios, "folio_batch", "folios", OPTIONAL)                                                     \
	X(wait_entry_private, "wait_queue_entry", "private", OPTIONAL)                                               \
	X(wait_entry_flags, "wait_queue_entry", "flags", OPTIONAL)                                                   \
	X(wait_entry_func, "wait_queue_entry", "func", OPTIONAL)                                                     \
	X(wait_entry_entry, "wait_queue_entry", "entry", OPTIONAL)                                                   \
	X(wait_bit_flags, "wait_bit_queue_entry", "key.flags", OPTIONAL)                                             \
	X(wait_bit_nr, "wait_bit_queue_entry", "key.bit_nr", OPTIONAL)                                               \
	X(wait_bit_wait, "wait_bit_queue_entry", "wq_entry", OPTIONAL)                                               \
	X(buffer_state, "buffer_head", "b_state", OPTIONAL)                                                          \
	X(buffer_blocknr, "buffer_head", "b_blocknr", OPTIONAL)                                                      \
	X(buffer_bdev, "buffer_head", "b_bdev", OPTIONAL)                                                            \
	/* v5.11 (0d02129e76ed): a block_device has a device of its own; the number was there before */              \
	X(bdev_name, "block_device", "bd_device.kobj.name", OPTIONAL)                                                \
	X(bdev_dev, "block_device", "bd_dev", OPTIONAL)                                                              \
	X(rcu_sync_head, "rcu_synchronize", "head", OPTIONAL)                                                        \
	X(rcu_sync_completion, "rcu_synchronize", "completion", OPTIONAL)                                            \
	X(callback_next, "callback_head", "next", OPTIONAL)                                                          \
	X(srcu_sda, "srcu_struct", "sda", OPTIONAL)                                                                  \
	X(srcu_dep_map, "srcu_struct", "dep_map", OPTIONAL)                                                          \
	X(srcu_dep_name, "srcu_struct", "dep_map.name", OPTIONAL)                                                    \
	/* v6.4: what updates need is apart; before, in srcu_struct itself */                                        \
	X(srcu_barrier, "srcu_usage", "srcu_barrier_completion", OPTIONAL)                                           \
	X(srcu_usage_ssp, "srcu_usage", "srcu_ssp", OPTIONAL)                                                        \
	X(srcu_usage_gp_seq, "srcu_usage", "srcu_gp_seq", OPTIONAL)                                                  \
	X(srcu_sup, "srcu_struct", "srcu_sup", OPTIONAL)                                                             \
	/* v6.15, with srcu_data.srcu_ctrs */                                                                        \
	X(srcu_counter, "srcu_struct", "srcu_ctrp", OPTIONAL)                                                        \
	X(srcu_data_ssp, "srcu_data", "ssp", OPTIONAL)                                                               \
	X(srcu_data_callbacks, "srcu_data", "srcu_cblist.head", OPTIONAL)                                            \
	X(srcu_data_locks, "srcu_data", "srcu_lock_count", OPTIONAL)                                                 \
	X(srcu_data_unlocks, "srcu_data", "srcu_unlock_count", OPTIONAL)                                             \
	/* instead of both in v7.3: two of a struct with a count of each */                                          \
	X(srcu_data_ctrs, "srcu_data", "srcu_ctrs", OPTIONAL)                                                        \
	X(srcu_ctr_locks, "srcu_ctr", "srcu_locks", OPTIONAL)                                                        \
	X(srcu_ctr_unlocks, "srcu_ctr", "srcu_unlocks", OPTIONAL)                                                    \
	X(rcu_gp_seq, "rcu_state", "gp_seq", OPTIONAL)                                                               \
	X(rcu_tasks_kthread, "rcu_tasks", "kthread_ptr", OPTIONAL)                                                   \
	/* v5.17 */                                                                                                  \
	X(rcu_tasks_percpu, "rcu_tasks", "rtpcpu", OPTIONAL)                                                         \
	X(rcu_tasks_callbacks, "rcu_tasks_percpu", "cblist.head", OPTIONAL)                                          \
	X(rcu_tasks_tails, "rcu_tasks_percpu", "cblist.tails", OPTIONAL)                                             \
	/* v5.17: that of rcu_barrier_tasks(); before, it is synchronize_rcu_tasks() */                              \
	X(rcu_tasks_barrier, "rcu_tasks", "barrier_q_completion", OPTIONAL)                                          \
	X(rcu_tasks_barrier_head, "rcu_tasks_percpu", "barrier_q_head", OPTIONAL)                                    \
	X(task_rcu_holdout, "task_struct", "rcu_tasks_holdout", OPTIONAL)                                            \
	X(task_rcu_nvcsw, "task_struct", "rcu_tasks_nvcsw", OPTIONAL)                                                \
	X(task_nvcsw, "task_struct", "nvcsw", OPTIONAL)                                                              \
	X(task_trc_list, "task_struct", "trc_holdout_list", OPTIONAL)                                                \
	/* v7.2, where they are those of a domain of SRCU */                                                         \
	X(task_trc_counter, "task_struct", "trc_reader_scp", OPTIONAL)                                               \
	X(task_trc_nesting, "task_struct", "trc_reader_nesting", OPTIONAL)                                           \
	X(rcu_barrier, "rcu_state", "barrier_completion", OPTIONAL)                                                  \
	X(rcu_expedited, "rcu_state", "expedited_wq", OPTIONAL)                                                      \
	X(rcu_expedited_list, "rcu_state", "expedited_wq.task_list", OPTIONAL)                                       \
	/* since v6.9, where waits are no callbacks; not in v6.1 */                                                  \
	X(rcu_srs_done, "rcu_state", "srs_done_tail", OPTIONAL)                                                      \
	X(rcu_data_node, "rcu_data", "mynode", OPTIONAL)                                                             \
	X(rcu_data_mask, "rcu_data", "grpmask", OPTIONAL)                                                            \
	X(rcu_data_callbacks, "rcu_data", "cblist.head", OPTIONAL)                                                   \
	X(rcu_data_tails, "rcu_data", "cblist.tails", OPTIONAL)                                                      \
	X(rcu_node_qsmask, "rcu_node", "qsmask", OPTIONAL)                                                           \
	X(rcu_node_expmask, "rcu_node", "expmask", OPTIONAL)                                                         \
	X(rcu_node_tasks, "rcu_node", "blkd_tasks", OPTIONAL)                                                        \
	X(rcu_node_gp_tasks, "rcu_node", "gp_tasks", OPTIONAL)                                                       \
	X(rcu_node_exp_tasks, "rcu_node", "exp_tasks", OPTIONAL)                                                     \
	/* CONFIG_PREEMPT_RCU */                                                                                     \
	X(task_rcu_nesting, "task_struct", "rcu_read_lock_nesting", OPTIONAL)                                        \
	X(task_rcu_entry, "task_struct", "rcu_node_entry", OPTIONAL)                                                 \
	X(page_flags, "page", "flags", OPTIONAL)                                                                     \
	X(page_compound_head, "page", "compound_head", OPTIONAL)                                                     \
	X(page_type, "page", "page_type", OPTIONAL)                                                                  \
	X(folio_mapping, "folio", "mapping", OPTIONAL)                                                               \
	X(folio_index, "folio", "index", OPTIONAL)                                                                   \
	/* v6.6 (ebc1baf5c9b4): the order is in the flags of the second page, before it in a byte */                 \
	X(folio_flags_1, "folio", "_flags_1", OPTIONAL)                                                              \
	X(folio_order, "folio", "_folio_order", OPTIONAL)                                                            \
	X(slab_slab_cache, "slab", "slab_cache", OPTIONAL)                                                           \
	X(cache_name, "kmem_cache", "name", OPTIONAL)                                                                \
	X(cache_size, "kmem_cache", "size", OPTIONAL)                                                                \
	X(cache_object_size, "kmem_cache", "object_size", OPTIONAL)                                                  \
	X(cache_red_left_pad, "kmem_cache", "red_left_pad", OPTIONAL)                                                \
	X(mapping_host, "address_space", "host", OPTIONAL)                                                           \
	X(inode_ino, "inode", "i_ino", OPTIONAL)                                                                     \
	/* in v7.3 a struct of its own */                                                                            \
	X(inode_state, "inode", "i_state", OPTIONAL)                                                                 \
	X(inode_sb, "inode", "i_sb", OPTIONAL)                                                                       \
	X(inode_dentry, "inode", "i_dentry", OPTIONAL)                                                               \
	X(sb_type, "super_block", "s_type", OPTIONAL)                                                                \
	X(sb_list, "super_block", "s_list", OPTIONAL)                                                                \
	X(sb_root, "super_block", "s_root", OPTIONAL)                                                                \
	X(sb_id, "super_block", "s_id", OPTIONAL)                                                                    \
	X(sb_rw_sem, "super_block", "s_writers.rw_sem", OPTIONAL)                                                    \
	X(sb_frozen, "super_block", "s_writers.frozen", OPTIONAL)                                                    \
	/* since v6.8: how often the kernel, and user space, has frozen it */                                        \
	X(sb_freeze_kcount, "super_block", "s_writers.freeze_kcount", OPTIONAL)                                      \
	X(sb_freeze_ucount, "super_block", "s_writers.freeze_ucount", OPTIONAL)                                      \
	X(fs_type_name, "file_system_type", "name", OPTIONAL)                                                        \
	X(dentry_alias, "dentry", "d_u.d_alias", OPTIONAL)                                                           \
	X(dentry_sb, "dentry", "d_sb", OPTIONAL)                                                                     \
	X(dentry_name, "dentry", "d_name.name", OPTIONAL)

/** The same member under another name, or in another struct, where the kernel has not the one above. */
#define DLK_OTHER_TABLE(X)                                                                         \
	/* until v5.17 (60700e38fb68) */                                                           \
	X(signal_exec_task, "signal_struct", "group_exit_task")                                    \
	/* until v5.14 (830e6acc8a1c) */                                                           \
	X(rt_mutex_owner, "rt_mutex", "owner")                                                     \
	/* in v6.12 a struct without a name, in v7.3 no more */                                    \
	X(rwlock_dep_map, "rwlock_t", "dep_map")                                                   \
	X(rwlock_magic, "rwlock_t", "magic")                                                       \
	X(rwlock_owner_cpu, "rwlock_t", "owner_cpu")                                               \
	X(rwlock_owner, "rwlock_t", "owner")                                                       \
	X(rwlock_dep_name, "rwlock_t", "dep_map.name")                                             \
	/* until v5.17 */                                                                          \
	X(task_kthread, "task_struct", "set_child_tid")                                            \
	/* v6.16, in between: a mutex */                                                           \
	X(task_blocker, "task_struct", "blocker_mutex")                                            \
	/* until v5.15 (f97a4a1a3f87) */                                                           \
	X(pwq_inactive_works, "pool_workqueue", "delayed_works")                                   \
	/* until there were folios */                                                              \
	X(folio_batch_nr, "pagevec", "nr")                                                         \
	X(folio_batch_folios, "pagevec", "pages")                                                  \
	/* until v5.16 (d122019bf061) */                                                           \
	X(slab_slab_cache, "page", "slab_cache")                                                   \
	/* since v7.1; what it says of a tail is told by its value, see slab.c */                  \
	X(page_compound_head, "page", "compound_info")                                             \
	X(srcu_barrier, "srcu_struct", "srcu_barrier_completion")                                  \
	/* in v6.12 within d_u, in v7.2 no more */                                                 \
	X(dentry_alias, "dentry", "d_alias")

/** name here, type */
#define DLK_SIZE_TABLE(X)                                                                          \
	X(thread_union, "thread_union")                                                            \
	X(inactive_task_frame, "inactive_task_frame")                                              \
	X(orc_entry, "orc_entry")                                                                  \
	X(pt_regs, "pt_regs")                                                                      \
	X(upid, "upid")                                                                            \
	X(qnode, "qnode")                                                                          \
	X(rqspinlock_held, "rqspinlock_held")                                                      \
	/* as many bits as there can be CPUs */                                                    \
	X(cpumask, "cpumask")                                                                      \
	X(percpu_rwsem, "percpu_rw_semaphore")                                                     \
	X(page, "page")                                                                            \
	X(held_lock, "held_lock")                                                                  \
	X(lock_class, "lock_class")                                                                \
	X(rcu_state, "rcu_state")                                                                  \
	X(srcu_ctr, "srcu_ctr")                                                                    \
	X(timer_base, "timer_base")                                                                \
	X(prb_desc, "prb_desc")                                                                    \
	X(printk_info, "printk_info")

/** name here, type (NULL: whichever has it), name */
#define DLK_ENUMERATOR_TABLE(X)                                                                    \
	/* a flag until v6.10 (46df8e73a4a3), a page type since v6.12 (4ffca5a96678) */            \
	X(PG_slab, "pageflags", "PG_slab")                                                         \
	X(PGTY_slab, NULL, "PGTY_slab")                                                            \
	X(IRQD_IRQ_INPROGRESS, NULL, "IRQD_IRQ_INPROGRESS")                                        \
	X(PG_head, "pageflags", "PG_head")                                                         \
	X(PG_locked, "pageflags", "PG_locked")                                                     \
	X(PG_writeback, "pageflags", "PG_writeback")                                               \
	X(rwsem_for_write, "rwsem_waiter_type", "RWSEM_WAITING_FOR_WRITE")                         \
	X(wait_free, "lockdep_wait_type", "LD_WAIT_FREE")                                          \
	X(wait_spin, "lockdep_wait_type", "LD_WAIT_SPIN")                                          \
	X(wait_config, "lockdep_wait_type", "LD_WAIT_CONFIG")                                      \
	X(wait_sleep, "lockdep_wait_type", "LD_WAIT_SLEEP")                                        \
	X(WORK_STRUCT_PWQ_SHIFT, NULL, "WORK_STRUCT_PWQ_SHIFT")                                    \
	/* until v6.10 */                                                                          \
	X(WORK_OFFQ_CANCELING, NULL, "WORK_OFFQ_CANCELING")                                        \
	X(WQ_UNBOUND, NULL, "WQ_UNBOUND")                                                          \
	X(PIDTYPE_PID, "pid_type", "PIDTYPE_PID")                                                  \
	X(BH_Lock, "bh_state_bits", "BH_Lock")                                                     \
	X(BH_Uptodate, "bh_state_bits", "BH_Uptodate")                                             \
	X(BH_Shadow, "jbd_state_bits", "BH_Shadow")

enum dlk_enumerator_id {
#define X(id, type, name) DLK_E_##id,
	DLK_ENUMERATOR_TABLE(X)
#undef X
		DLK_ENUMERATOR_COUNT
};

enum dlk_member_id {
	DLK_M_NONE, /**< That of nothing, which no kernel has. */
#define X(id, type, member, need) DLK_M_##id,
	DLK_MEMBER_TABLE(X)
#undef X
		DLK_MEMBER_COUNT
};

enum dlk_size_id {
#define X(id, type) DLK_S_##id,
	DLK_SIZE_TABLE(X)
#undef X
		DLK_SIZE_COUNT
};

struct dlk_layout {
	struct dlk_member members[DLK_MEMBER_COUNT];
	bool has_member[DLK_MEMBER_COUNT];
	uint32_t sizes[DLK_SIZE_COUNT]; /**< 0 if the type does not exist. */
};

/**
 * Resolve the tables.
 *
 * @param[out] ret  Filled as far as possible, also on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (a required member; the text names it), DLK_ERR_CORRUPT.
 *
 * Target: none, unless the provider of types reads.
 */
enum dlk_status dlk_layout_resolve(struct dlk_types *types, struct dlk_layout *ret) DLK_MUST_CHECK;

/** A member by its name: "mutex.owner". */
const char *dlk_layout_name(enum dlk_member_id id);

static inline bool dlk_layout_has(const struct dlk_layout *l, enum dlk_member_id id)
{
	return l->has_member[id];
}

/** Whether the kernel has all members of a list that DLK_M_NONE ends. */
bool dlk_layout_has_all(const struct dlk_layout *l, const enum dlk_member_id *needs);

/** Ask the types for an enumerator; returns as the provider's enumerator(). */
enum dlk_status dlk_layout_enumerator(struct dlk_types *types, enum dlk_enumerator_id id,
				      int64_t *ret) DLK_MUST_CHECK;

/** Offset of a member that is required or has been asked for with dlk_layout_has(). */
static inline uint32_t dlk_layout_offset(const struct dlk_layout *l, enum dlk_member_id id)
{
	return l->members[id].offset;
}

#endif
