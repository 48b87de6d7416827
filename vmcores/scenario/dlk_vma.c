// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over the lock of a VMA, for the lab: insmod dlk_vma.ko scenario=NAME
 *
 * The memory is insmod's own, which stays when it has ended.  What each must look like in a dump is written in
 * expect/NAME.json.  No function that waits is inlined, and none ends with the call that waits.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#include "dlk_lab.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
static DEFINE_MUTEX(lab_vma_mutex);
static struct mm_struct *lab_mm;
static unsigned long lab_address;

/* insmod locks its memory when it ends, so it must have done that. */
static void lab_await_mm(void)
{
	while (atomic_read(&lab_mm->mm_users) > 1)
		schedule_timeout_uninterruptible(1);
}

/* The lock of the first VMA, for reading. */
static struct vm_area_struct *lab_lock_vma(void)
{
	struct vm_area_struct *vma;

	lab_await_mm();
	while (!(vma = lock_vma_under_rcu(lab_mm, lab_address)))
		schedule_timeout_uninterruptible(1);
	atomic_inc(&lab_arrived);
	return vma;
}

static noinline int lab_vma_reader(void *unused)
{
	struct vm_area_struct *vma = lab_lock_vma();

	lab_await(2);
	mutex_lock(&lab_vma_mutex);
	vma_end_read(vma);
	return lab_escaped();
}

static noinline int lab_vma_slow(void *unused)
{
	struct vm_area_struct *vma = lab_lock_vma();

	lab_sleep_for_good();
	vma_end_read(vma);
	return 0;
}

static noinline int lab_vma_writer(void *unused)
{
	mutex_lock(&lab_vma_mutex);
	lab_meet(2);
	mmap_write_lock(lab_mm);
	atomic_inc(&lab_arrived);
	vma_start_write(find_vma(lab_mm, lab_address));
	mmap_write_unlock(lab_mm);
	return lab_escaped();
}

static noinline int lab_vma_late(void *unused)
{
	lab_await(3);
	mmap_read_lock(lab_mm);
	mmap_read_unlock(lab_mm);
	return lab_escaped();
}

static int lab_vma_start(int (*reader)(void *))
{
	struct vm_area_struct *vma;

	lab_mm = current->mm;
	mmget(lab_mm);
	mmap_read_lock(lab_mm);
	vma = find_vma(lab_mm, 0);
	lab_address = vma ? vma->vm_start : 0;
	mmap_read_unlock(lab_mm);
	return lab_start(reader, NULL, "lab-vma-reader")
		       ?: lab_start(lab_vma_writer, NULL, "lab-vma-writer")
		       ?: lab_start(lab_vma_late, NULL, "lab-vma-late");
}

/* vma: the reader waits for a mutex of the writer that waits for it to go. */
static int lab_vma(void)
{
	return lab_vma_start(lab_vma_reader);
}

/* vma-slow: NOT a deadlock.  The reader sleeps. */
static int lab_slow(void)
{
	return lab_vma_start(lab_vma_slow);
}

static const struct lab_scenario lab_scenarios[] = {
	{ "vma", lab_vma },
	{ "vma-slow", lab_slow },
};
#else
/* A VMA's lock is not to be had by modules, or is a rwsem. */
static const struct lab_scenario lab_scenarios[] = {};
#endif

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs threads over the lock of a VMA, to try deadlock finders on");
