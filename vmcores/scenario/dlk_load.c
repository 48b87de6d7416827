// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps kernel threads busy with every kind of wait, and never hangs, for the lab:
 * insmod dlk_load.ko scenario=load
 *
 * All that is waited for stands in one order, the ladder.  Who climbs it, from some rung on, takes some of the rungs above and
 * holds each until the top.  What a rung waits for (a work, a thread, a partner) climbs from above that rung only.  So nobody
 * ever waits in a circle, though at any moment most wait, and hold what others wait for.  A finder that
 * says of a dump of this that there is a deadlock is wrong.
 *
 * That it never hangs is to be seen: "laps" is how often each climber came to the top, and "rungs" how
 * often each rung was taken.
 */
#include <linux/completion.h>
#include <linux/llist.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-rwsem.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/shmem_fs.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <linux/ww_mutex.h>

#include "dlk_lab.h"

enum { LAB_CLIMBERS = 44, LAB_PARTNERS = 4, LAB_WORKS = 6, LAB_WW = 4, LAB_FOLIOS = 2 };

static unsigned int lab_below(unsigned int n)
{
	return get_random_u32() % n;
}

/* For a moment, in one of the ways there are; at times not at all. */
static void lab_pause(void)
{
	switch (lab_below(6)) {
	case 0:
		msleep(1 + lab_below(4));
		break;
	case 1:
		schedule_timeout_interruptible(1);
		break;
	case 2:
		schedule_timeout_idle(1);
		break;
	case 3:
		usleep_range(50, 500);
		break;
	case 4:
		yield();
		break;
	}
}

/* What must be kept of what one holds. */
struct lab_hand {
	struct ww_acquire_ctx ctx;
	unsigned int ww; /* which of the ww_mutexes, as a mask */
	int srcu;        /* what srcu_read_lock() gave */
};

struct lab_rung {
	const char *name;
	int (*take)(struct lab_hand *hand);              /* positive if it is held then: how */
	void (*release)(struct lab_hand *hand, int how); /* NULL if it is never held */
};

static void lab_climb(const struct lab_rung *from);

/* Locks that one has at a time. */

static DEFINE_MUTEX(lab_outer);
static DEFINE_MUTEX(lab_middle);
static DEFINE_MUTEX(lab_inner);
static DEFINE_RT_MUTEX(lab_rt_a);
static DEFINE_RT_MUTEX(lab_rt_b);
static struct semaphore lab_one = __SEMAPHORE_INITIALIZER(lab_one, 1);
static struct semaphore lab_two = __SEMAPHORE_INITIALIZER(lab_two, 2);
static DEFINE_SPINLOCK(lab_spinlock);

#define LAB_EXCLUSIVE(name, lock, unlock, object)                                                  \
	static noinline int lab_take_##name(struct lab_hand *hand)                                 \
	{                                                                                          \
		lock(object);                                                                      \
		return 1;                                                                          \
	}                                                                                          \
	static noinline void lab_release_##name(struct lab_hand *hand, int how)                    \
	{                                                                                          \
		unlock(object);                                                                    \
	}

LAB_EXCLUSIVE(outer, mutex_lock, mutex_unlock, &lab_outer)
LAB_EXCLUSIVE(middle, mutex_lock, mutex_unlock, &lab_middle)
LAB_EXCLUSIVE(inner, mutex_lock, mutex_unlock, &lab_inner)
LAB_EXCLUSIVE(rt_a, rt_mutex_lock, rt_mutex_unlock, &lab_rt_a)
LAB_EXCLUSIVE(rt_b, rt_mutex_lock, rt_mutex_unlock, &lab_rt_b)
LAB_EXCLUSIVE(one, down, up, &lab_one)
LAB_EXCLUSIVE(two, down, up, &lab_two)

/* Held by nobody that sleeps. */
static noinline int lab_take_spinlock(struct lab_hand *hand)
{
	spin_lock(&lab_spinlock);
	udelay(100);
	spin_unlock(&lab_spinlock);
	return 0;
}

/* Locks with readers. */

static DECLARE_RWSEM(lab_rwsem_a);
static DECLARE_RWSEM(lab_rwsem_b);
DEFINE_STATIC_PERCPU_RWSEM(lab_percpu);
enum { LAB_READ = 1, LAB_WRITE };

#define LAB_SHARED(name, down_read, up_read, down_write, up_write, object)                         \
	static noinline int lab_take_##name(struct lab_hand *hand)                                 \
	{                                                                                          \
		if (lab_below(3)) {                                                                \
			down_read(object);                                                         \
			return LAB_READ;                                                           \
		}                                                                                  \
		down_write(object);                                                                \
		return LAB_WRITE;                                                                  \
	}                                                                                          \
	static noinline void lab_release_##name(struct lab_hand *hand, int how)                    \
	{                                                                                          \
		if (how == LAB_READ)                                                               \
			up_read(object);                                                           \
		else                                                                               \
			up_write(object);                                                          \
	}

LAB_SHARED(rwsem_a, down_read, up_read, down_write, up_write, &lab_rwsem_a)
LAB_SHARED(rwsem_b, down_read, up_read, down_write, up_write, &lab_rwsem_b)
LAB_SHARED(percpu, percpu_down_read, percpu_up_read, percpu_down_write, percpu_up_write,
	   &lab_percpu)

/* ww_mutexes: two to four, in any order; who is told to backs off. */

static DEFINE_WW_CLASS(lab_ww_class);
static struct ww_mutex lab_ww[LAB_WW];

static void lab_ww_release_all(struct lab_hand *hand)
{
	int i;

	for (i = 0; i < LAB_WW; i++)
		if (hand->ww & BIT(i))
			ww_mutex_unlock(&lab_ww[i]);
	hand->ww = 0;
}

static noinline int lab_take_ww(struct lab_hand *hand)
{
	int wanted = 2 + lab_below(LAB_WW - 1), start = lab_below(LAB_WW);
	int step = lab_below(2) ? 1 : LAB_WW - 1, got = 0;

	ww_acquire_init(&hand->ctx, &lab_ww_class);
	while (got < wanted) {
		int i = (start + got * step) % LAB_WW;

		got++;
		if (hand->ww & BIT(i))
			continue;
		if (ww_mutex_lock(&lab_ww[i], &hand->ctx)) {
			lab_ww_release_all(hand);
			ww_mutex_lock_slow(&lab_ww[i], &hand->ctx);
			got = 0;
		}
		hand->ww |= BIT(i);
		lab_pause();
	}
	ww_acquire_done(&hand->ctx);
	return 1;
}

static noinline void lab_release_ww(struct lab_hand *hand, int how)
{
	lab_ww_release_all(hand);
	ww_acquire_fini(&hand->ctx);
}

/* Bits, and a variable, as locks. */

static unsigned long lab_bits;
static atomic_t lab_variable = ATOMIC_INIT(0);
enum { LAB_BIT_A = 3, LAB_BIT_B = 41 };

#define LAB_BIT(name, number)                                                                      \
	static noinline int lab_take_##name(struct lab_hand *hand)                                 \
	{                                                                                          \
		wait_on_bit_lock(&lab_bits, number, TASK_UNINTERRUPTIBLE);                         \
		return 1;                                                                          \
	}                                                                                          \
	static noinline void lab_release_##name(struct lab_hand *hand, int how)                    \
	{                                                                                          \
		clear_and_wake_up_bit(number, &lab_bits);                                          \
	}

LAB_BIT(bit_a, LAB_BIT_A)
LAB_BIT(bit_b, LAB_BIT_B)

static noinline int lab_take_variable(struct lab_hand *hand)
{
	wait_var_event(&lab_variable, !atomic_cmpxchg(&lab_variable, 0, 1));
	return 1;
}

static noinline void lab_release_variable(struct lab_hand *hand, int how)
{
	atomic_set_release(&lab_variable, 0);
	smp_mb();
	wake_up_var(&lab_variable);
}

/* Folios of a file that nobody else knows. */

static struct folio *lab_folios[LAB_FOLIOS];

static noinline int lab_take_folio(struct lab_hand *hand)
{
	int n = lab_below(LAB_FOLIOS);

	folio_lock(lab_folios[n]);
	return 1 + n;
}

static noinline void lab_release_folio(struct lab_hand *hand, int how)
{
	folio_unlock(lab_folios[how - 1]);
}

static int lab_make_folios(void)
{
	struct file *file = shmem_file_setup("lab-load", LAB_FOLIOS * PAGE_SIZE, LAB_NO_VMA_FLAGS);
	int i;

	if (IS_ERR(file))
		return PTR_ERR(file);
	for (i = 0; i < LAB_FOLIOS; i++) {
		struct page *page = shmem_read_mapping_page(file->f_mapping, i);

		if (IS_ERR(page))
			return PTR_ERR(page);
		lab_folios[i] = page_folio(page);
	}
	return 0;
}

/* Grace periods.  What is inside of a read side of SRCU climbs from above. */

DEFINE_STATIC_SRCU(lab_srcu);

static noinline int lab_take_rcu(struct lab_hand *hand)
{
	switch (lab_below(3)) {
	case 0:
		synchronize_rcu();
		break;
	case 1:
		synchronize_rcu_expedited();
		break;
	default:
		rcu_barrier();
	}
	return 0;
}

static noinline int lab_take_srcu(struct lab_hand *hand)
{
	switch (lab_below(6)) {
	case 0:
		synchronize_srcu(&lab_srcu);
		return 0;
	case 1:
		synchronize_srcu_expedited(&lab_srcu);
		return 0;
	case 2:
		srcu_barrier(&lab_srcu);
		return 0;
	default:
		hand->srcu = srcu_read_lock(&lab_srcu);
		return 1;
	}
}

static noinline void lab_release_srcu(struct lab_hand *hand, int how)
{
	srcu_read_unlock(&lab_srcu, hand->srcu);
}

/* Works: of a queue that runs one at a time, and of one that runs several. */

static struct workqueue_struct *lab_queues[2];
static struct delayed_work lab_works[LAB_WORKS];
static const struct lab_rung *lab_work_rung;

static void lab_work(struct work_struct *unused)
{
	lab_climb(lab_work_rung + 1);
}

static noinline int lab_take_work(struct lab_hand *hand)
{
	int n = lab_below(LAB_WORKS);
	struct workqueue_struct *queue = lab_queues[n % 2];

	queue_delayed_work(queue, &lab_works[n], lab_below(2));
	switch (lab_below(5)) {
	case 0:
		flush_workqueue(queue);
		break;
	case 1:
		cancel_delayed_work_sync(&lab_works[n]);
		break;
	case 2:
		cancel_work_sync(&lab_works[n].work);
		break;
	case 3:
		flush_delayed_work(&lab_works[n]);
		break;
	default:
		lab_pause();
		flush_work(&lab_works[n].work);
	}
	return 0;
}

static int lab_make_works(void)
{
	int i;

	for (i = 0; i < LAB_WORKS; i++)
		INIT_DELAYED_WORK(&lab_works[i], lab_work);
	lab_queues[0] = alloc_ordered_workqueue("lab_load_one", 0);
	lab_queues[1] = alloc_workqueue("lab_load_many", WQ_UNBOUND, 3);
	return lab_queues[0] && lab_queues[1] ? 0 : -ENOMEM;
}

/*
 * A partner, who is told by a semaphore that there is a request, climbs for it, and completes it.  It waits for the
 * signal as those do that may wait for long, so that a signal wakes it: in a task that waits for what it took last, and sleeps
 * uninterruptibly, a finder may see one that took a lock twice.
 */

struct lab_request {
	struct llist_node node;
	struct completion done;
};

static struct semaphore lab_signal = __SEMAPHORE_INITIALIZER(lab_signal, 0);
static LLIST_HEAD(lab_requests);
static DEFINE_SPINLOCK(lab_requests_lock);
static const struct lab_rung *lab_partner_rung;

static struct lab_request *lab_next_request(void)
{
	struct llist_node *node;

	spin_lock(&lab_requests_lock);
	node = llist_del_first(&lab_requests);
	spin_unlock(&lab_requests_lock);
	return llist_entry(node, struct lab_request, node);
}

static noinline int lab_partner(void *unused)
{
	while (!down_interruptible(&lab_signal)) {
		lab_climb(lab_partner_rung + 1);
		complete(&lab_next_request()->done);
	}
	return 0;
}

static noinline int lab_take_partner(struct lab_hand *hand)
{
	struct lab_request request;

	init_completion(&request.done);
	llist_add(&request.node, &lab_requests);
	up(&lab_signal);
	wait_for_completion(&request.done);
	return 0;
}

/* A thread of one's own: made, parked, ended. */

static const struct lab_rung *lab_child_rung;

static noinline int lab_child(void *unused)
{
	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		lab_climb(lab_child_rung + 1);
	}
	return 0;
}

static noinline int lab_take_child(struct lab_hand *hand)
{
	struct task_struct *child = kthread_run(lab_child, NULL, "lab-child");

	if (IS_ERR(child))
		return 0;
	lab_pause();
	if (lab_below(2)) {
		kthread_park(child);
		lab_pause();
		kthread_unpark(child);
	}
	kthread_stop(child);
	return 0;
}

/* The ladder. */

#define LAB_HELD(name)                                                                             \
	{                                                                                          \
#name, lab_take_##name, lab_release_##name                                         \
	}
#define LAB_PASSED(name)                                                                           \
	{                                                                                          \
#name, lab_take_##name, NULL                                                       \
	}

static const struct lab_rung lab_ladder[] = {
	LAB_HELD(outer),      LAB_HELD(percpu),    LAB_PASSED(child),  LAB_HELD(rwsem_a),
	LAB_PASSED(work),     LAB_PASSED(partner), LAB_HELD(middle),   LAB_PASSED(rcu),
	LAB_HELD(srcu),       LAB_HELD(ww),        LAB_HELD(rwsem_b),  LAB_HELD(inner),
	LAB_HELD(two),        LAB_HELD(one),       LAB_HELD(rt_a),     LAB_HELD(rt_b),
	LAB_HELD(bit_a),      LAB_HELD(bit_b),     LAB_HELD(variable), LAB_HELD(folio),
	LAB_PASSED(spinlock),
};

enum { LAB_RUNGS = ARRAY_SIZE(lab_ladder) };

static unsigned long laps[LAB_CLIMBERS];
module_param_array(laps, ulong, NULL, 0444);
static unsigned long rungs[LAB_RUNGS];
module_param_array(rungs, ulong, NULL, 0444);

static const struct lab_rung *lab_find(const char *name)
{
	int i;

	for (i = 0; i < LAB_RUNGS; i++)
		if (!strcmp(lab_ladder[i].name, name))
			return &lab_ladder[i];
	return NULL;
}

/* Take some of the rungs from @from on, hold what can be held, and let it go from the top down. */
static noinline void lab_climb(const struct lab_rung *from)
{
	struct lab_hand hand = {};
	int how[LAB_RUNGS] = {};
	int i, first = from - lab_ladder;

	for (i = first; i < LAB_RUNGS; i++) {
		if (lab_below(4))
			continue;
		how[i] = lab_ladder[i].take(&hand);
		rungs[i]++;
		lab_pause();
	}
	while (i-- > first)
		if (how[i])
			lab_ladder[i].release(&hand, how[i]);
}

/* From any rung on, and seldom from the first ones: or all would wait for these. */
static noinline int lab_climber(void *number)
{
	for (;;) {
		lab_climb(&lab_ladder[max(lab_below(LAB_RUNGS), lab_below(LAB_RUNGS))]);
		laps[(long)number]++;
		cond_resched();
	}
	return 0;
}

static int lab_load(void)
{
	int error = lab_make_works() ?: lab_make_folios();
	long i;

	for (i = 0; i < LAB_WW; i++)
		ww_mutex_init(&lab_ww[i], &lab_ww_class);
	lab_work_rung = lab_find("work");
	lab_partner_rung = lab_find("partner");
	lab_child_rung = lab_find("child");
	for (i = 0; !error && i < LAB_PARTNERS; i++)
		error = lab_start(lab_partner, NULL, "lab-partner-%ld", i);
	for (i = 0; !error && i < LAB_CLIMBERS; i++)
		error = lab_start(lab_climber, (void *)i, "lab-climber-%ld", i);
	return error;
}

static const struct lab_scenario lab_scenarios[] = { { "load", lab_load } };

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Keeps kernel threads busy in all kinds of waits, to try deadlock finders on");
