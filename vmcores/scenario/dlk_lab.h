/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the scenario modules share: their parameters, the threads' meeting point, how a thread
 * stays for good.  Each module includes it once, so each has its own copy.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
/* There are no folios: it is the page that is locked, and read. */
struct folio {
	struct page page;
};

static inline struct folio *page_folio(struct page *page)
{
	return container_of(page, struct folio, page);
}

static __always_inline void folio_lock(struct folio *folio)
{
	lock_page(&folio->page);
}

static __always_inline void folio_unlock(struct folio *folio)
{
	unlock_page(&folio->page);
}

/* The filler takes the same two pointers, the file's as void *. */
static __always_inline struct folio *read_cache_folio(struct address_space *mapping, pgoff_t index,
						      int (*filler)(struct file *, struct folio *),
						      struct file *file)
{
	return page_folio(read_cache_page(mapping, index, (filler_t *)filler, file));
}
#endif

/* Flags of a VMA were a number before they were a struct. */
#ifdef EMPTY_VMA_FLAGS
#define LAB_NO_VMA_FLAGS EMPTY_VMA_FLAGS
#else
#define LAB_NO_VMA_FLAGS 0
#endif

/* A timer whose function is called in the interrupt itself, on -rt as well, and on the CPU that starts it. */
static inline void lab_setup_timer(struct hrtimer *timer,
				   enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer->function = fn;
#endif
}

static char *scenario = "";
module_param(scenario, charp, 0444);
MODULE_PARM_DESC(scenario, "which hang to make");

/* For the guest's init: how many lab-... threads there must be. */
static int started;
module_param(started, int, 0444);

static atomic_t lab_arrived = ATOMIC_INIT(0);

/* Wait until @n threads have come this far. */
static __maybe_unused void lab_await(int n)
{
	while (atomic_read(&lab_arrived) < n)
		schedule_timeout_uninterruptible(1);
}

static __maybe_unused void lab_meet(int n)
{
	atomic_inc(&lab_arrived);
	lab_await(n);
}

static __maybe_unused int lab_sleep_for_good(void)
{
	for (;;)
		msleep(1000);
	return 0;
}

/* Past a lock that cannot be had: the scenario did not work. */
static __maybe_unused void lab_say_escaped(void)
{
	pr_err("LAB: failed: %s got what it must not get\n", current->comm);
}

static __maybe_unused int lab_escaped(void)
{
	lab_say_escaped();
	return lab_sleep_for_good();
}

#define lab_start(fn, data, ...) lab_count(kthread_run(fn, data, __VA_ARGS__))

static __maybe_unused int lab_count(struct task_struct *task)
{
	if (IS_ERR(task))
		return PTR_ERR(task);
	started++;
	return 0;
}

/*
 * For a thread that keeps its CPU for good.  Whatever else must run there never will: it gets one of
 * the last, and the guest's init stays on the first.
 */
static __maybe_unused struct task_struct *lab_create_on(int cpu, int (*fn)(void *),
							const char *name)
{
	struct task_struct *task = kthread_create(fn, NULL, "%s", name);

	if (!IS_ERR(task))
		kthread_bind(task, cpu);
	return task;
}

static __maybe_unused int lab_wake(struct task_struct *task)
{
	if (!IS_ERR(task))
		wake_up_process(task);
	return lab_count(task);
}

/* Turn in a circle on this CPU for good. */
static __maybe_unused noinline void lab_spin_for_good(void)
{
	while (READ_ONCE(started))
		cpu_relax();
}

struct lab_scenario {
	const char *name;
	int (*start)(void);
};

static __maybe_unused int lab_run(const struct lab_scenario *scenarios, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(scenario, scenarios[i].name))
			return scenarios[i].start();
	pr_err("LAB: failed: no scenario %s\n", scenario);
	return -EINVAL;
}
