// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over locks whose holders only the machine code tells, where the lock's address is hard to come
 * by, or who holds it waits for nothing that is a lock, for the lab: insmod dlk_code_where.ko scenario=NAME
 *
 * In each somebody else has the address as well, and does not hold it.  What each must look like in a dump is
 * written in expect/NAME.json.  The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "dlk_code.h"

#define RWSEM offsetof(struct lab_object, rwsem)
#define SEMAPHORE offsetof(struct lab_object, semaphore)

/* Never set, but no compiler knows. */
static bool lab_is_over;

static lab_opaque void lab_nap(void)
{
	while (!READ_ONCE(lab_is_over))
		msleep(1000);
}

static int lab_writer(void *sem)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	down_write(sem);
	lab_say_escaped();
	up_write(sem);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* Has let it go, means to look at it again, and is the last that had it. */
static lab_opaque void lab_peruse(struct rw_semaphore *sem)
{
	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(sem);
}

static int lab_past(void *sem)
{
	lab_peruse(sem);
	return lab_sleep_for_good();
}

/*
 * code-static: the lock is a variable, its address is in the code alone, and there only in functions that those call
 * who hold it.  code-static-past: NOT a deadlock.  Who waits for the mutex has let it go, and will take it once more; who
 * holds it sleeps.
 */
DEFINE_STATIC_PERCPU_RWSEM(lab_static);

static lab_opaque void lab_enter(void)
{
	percpu_down_read(&lab_static);
}

static lab_opaque void lab_leave(void)
{
	percpu_up_read(&lab_static);
}

static int lab_static_holder(void *unused)
{
	lab_enter();
	lab_ready();
	lab_wait(&lab_mutex);
	lab_leave();
	return lab_sleep_for_good();
}

static int lab_static_slow(void *unused)
{
	lab_enter();
	lab_ready();
	lab_nap();
	lab_leave();
	return lab_sleep_for_good();
}

static int lab_static_past(void *unused)
{
	lab_enter();
	lab_leave();
	lab_ready();
	lab_wait(&lab_mutex);
	lab_enter();
	lab_leave();
	return lab_sleep_for_good();
}

static int lab_static_writer(void *unused)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	percpu_down_write(&lab_static);
	lab_say_escaped();
	percpu_up_write(&lab_static);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/*
 * code-asleep, code-asleep-semaphore: NOT a deadlock.  Who holds it sleeps, and waits for nothing else.  So does
 * lab-idle, who has let it go, and means to look at it again.
 */
static lab_opaque void lab_read_asleep(struct rw_semaphore *sem)
{
	down_read(sem);
	lab_ready();
	lab_nap();
	up_read(sem);
}

static int lab_asleep(void *sem)
{
	lab_read_asleep(sem);
	return lab_sleep_for_good();
}

static lab_opaque void lab_idle_about(struct rw_semaphore *sem)
{
	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_nap();
	lab_use(sem);
}

static int lab_idle(void *sem)
{
	lab_idle_about(sem);
	return lab_sleep_for_good();
}

static lab_opaque void lab_down_asleep(struct semaphore *semaphore)
{
	down(semaphore);
	lab_ready();
	lab_nap();
	up(semaphore);
}

static int lab_semaphore_asleep(void *semaphore)
{
	lab_down_asleep(semaphore);
	return lab_sleep_for_good();
}

static lab_opaque void lab_idle_about_semaphore(struct semaphore *semaphore)
{
	down(semaphore);
	up(semaphore);
	lab_ready();
	lab_nap();
	lab_use(semaphore);
}

static int lab_semaphore_idle(void *semaphore)
{
	lab_idle_about_semaphore(semaphore);
	return lab_sleep_for_good();
}

static int lab_semaphore_waiter(void *semaphore)
{
	lab_ready();
	down(semaphore);
	lab_say_escaped();
	up(semaphore);
	return lab_sleep_for_good();
}

/*
 * code-running: NOT a deadlock.  Who reads turns in a circle on the last CPU, and the address is in one of its registers
 * alone.  code-running-past: so does who has let it go, and means to look at it again; who holds it waits for one
 * that sleeps.
 */
static lab_opaque void lab_spin(void)
{
	while (!READ_ONCE(lab_is_over))
		cpu_relax();
}

static void lab_go_to_last_cpu(void)
{
	set_cpus_allowed_ptr(current, cpumask_of(num_online_cpus() - 1));
}

static lab_opaque void lab_read_running(struct rw_semaphore *sem)
{
	down_read(sem);
	lab_ready();
	lab_spin();
	up_read(sem);
}

static int lab_running(void *sem)
{
	lab_go_to_last_cpu();
	lab_read_running(sem);
	return lab_sleep_for_good();
}

static lab_opaque void lab_peruse_running(struct rw_semaphore *sem)
{
	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_spin();
	lab_use(sem);
}

static int lab_running_past(void *sem)
{
	lab_go_to_last_cpu();
	lab_peruse_running(sem);
	return lab_sleep_for_good();
}

static lab_opaque void lab_read(struct rw_semaphore *sem)
{
	down_read(sem);
	lab_ready();
	lab_wait(&lab_gate);
	up_read(sem);
}

static int lab_holder(void *sem)
{
	lab_read(sem);
	return lab_sleep_for_good();
}

/*
 * code-fault: who reads writes to a page of a process, which is not there; the fault waits for the lock of that
 * process's memory, which the writer holds: a deadlock.  The address is in a register that was interrupted.
 * code-fault-past: NOT a deadlock.  So does who has let it go; who holds it waits for one that sleeps.
 *
 * The memory is insmod's, which must have ended.
 */
static struct mm_struct *lab_mm;
static unsigned long lab_page;
static bool lab_is_locked;

static int lab_map_page(void)
{
	unsigned long at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, 0);

	if (IS_ERR_VALUE(at))
		return (int)at;
	lab_mm = current->mm;
	lab_page = at;
	mmget(lab_mm);
	return 0;
}

/* insmod locks its memory when it ends. */
static lab_opaque void lab_await_lock(void)
{
	while (!READ_ONCE(lab_is_locked))
		schedule_timeout_uninterruptible(1);
}

/* put_user() calls what saves no register, and is interrupted there. */
static lab_opaque void lab_read_faulting(struct rw_semaphore *sem)
{
	down_read(sem);
	lab_ready();
	lab_await_lock();
	if (put_user(1, (long __user *)lab_page))
		lab_say_escaped();
	up_read(sem);
}

static int lab_faulting(void *sem)
{
	kthread_use_mm(lab_mm);
	lab_read_faulting(sem);
	return lab_sleep_for_good();
}

static lab_opaque void lab_peruse_faulting(struct rw_semaphore *sem)
{
	down_read(sem);
	up_read(sem);
	lab_ready();
	lab_await_lock();
	if (put_user(1, (long __user *)lab_page))
		lab_say_escaped();
	lab_use(sem);
}

static int lab_faulting_past(void *sem)
{
	kthread_use_mm(lab_mm);
	lab_peruse_faulting(sem);
	return lab_sleep_for_good();
}

static int lab_mm_writer(void *sem)
{
	lab_ready();
	while (atomic_read(&lab_mm->mm_users) > 1)
		schedule_timeout_uninterruptible(1);
	mmap_write_lock(lab_mm);
	WRITE_ONCE(lab_is_locked, true);
	down_write(sem);
	lab_say_escaped();
	up_write(sem);
	mmap_write_unlock(lab_mm);
	return lab_sleep_for_good();
}

static const struct lab_play lab_plays[] = {
	{ "code-static",
	  { { "lab-holder", lab_static_holder, 0 }, { "lab-writer", lab_static_writer, 0 } } },
	{ "code-static-past",
	  { { "lab-past", lab_static_past, 0 },
	    { "lab-holder", lab_static_slow, 0 },
	    { "lab-writer", lab_static_writer, 0 } } },
	{ "code-asleep",
	  { { "lab-holder", lab_asleep, RWSEM },
	    { "lab-idle", lab_idle, RWSEM },
	    { "lab-past", lab_past, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
	{ "code-asleep-semaphore",
	  { { "lab-idle", lab_semaphore_idle, SEMAPHORE },
	    { "lab-holder", lab_semaphore_asleep, SEMAPHORE },
	    { "lab-waiter", lab_semaphore_waiter, SEMAPHORE } } },
	{ "code-running",
	  { { "lab-holder", lab_running, RWSEM },
	    { "lab-past", lab_past, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
	{ "code-running-past",
	  { LAB_GATE,
	    { "lab-holder", lab_holder, RWSEM },
	    { "lab-past", lab_running_past, RWSEM },
	    { "lab-writer", lab_writer, RWSEM } } },
	{ "code-fault",
	  { { "lab-holder", lab_faulting, RWSEM }, { "lab-writer", lab_mm_writer, RWSEM } } },
	{ "code-fault-past",
	  { LAB_GATE,
	    { "lab-holder", lab_holder, RWSEM },
	    { "lab-past", lab_faulting_past, RWSEM },
	    { "lab-writer", lab_mm_writer, RWSEM } } },
};

static int __init lab_init(void)
{
	int error = strstr(scenario, "fault") ? lab_map_page() : 0;

	return error ?: lab_choose(lab_plays, ARRAY_SIZE(lab_plays));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs kernel threads over locks whose holders are hard to find, to try deadlock finders on");
