// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads on purpose, for the lab: insmod dlk_scenario.ko scenario=NAME
 *
 * Every thread is called lab-..., takes its first lock, waits until all have
 * theirs, and then asks for a lock that it will never get.  What each scenario must
 * look like in a dump is written in expect/NAME.json.
 *
 * The threads stay for good, so the module cannot be unloaded.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "dlk_lab.h"

#define LAB_MANY_MAX 20000

static int many = 100;
module_param(many, int, 0444);
MODULE_PARM_DESC(many, "scenario=many: how many threads behind the cycle");

/* The locks of the scenarios that need nothing more. */
static DEFINE_MUTEX(dlk_lab_mutex_a);
static DEFINE_MUTEX(dlk_lab_mutex_b);
static DECLARE_RWSEM(dlk_lab_rwsem);

/* abba: two tasks, two mutexes, the opposite order. */

static int lab_abba_1(void *unused)
{
	mutex_lock(&dlk_lab_mutex_a);
	lab_meet(2);
	mutex_lock(&dlk_lab_mutex_b);
	return lab_escaped();
}

static int lab_abba_2(void *unused)
{
	mutex_lock(&dlk_lab_mutex_b);
	lab_meet(2);
	mutex_lock(&dlk_lab_mutex_a);
	return lab_escaped();
}

static int lab_abba(void)
{
	return lab_start(lab_abba_1, NULL, "lab-abba-1")
		       ?: lab_start(lab_abba_2, NULL, "lab-abba-2");
}

/*
 * three: lab-three-1 -> mutex -> lab-three-2 -> rwsem -> lab-three-3 -> mutex -> lab-three-1.
 * Both mutexes lie within slab objects.  The rwsem is held for writing and wanted for reading.
 */
struct dlk_lab_object {
	u64 serial;
	struct mutex lock;
	struct rw_semaphore rwsem;
	char name[32];
};

static struct dlk_lab_object *lab_first, *lab_second;

static int lab_three_1(void *unused)
{
	mutex_lock(&lab_first->lock);
	lab_meet(3);
	mutex_lock(&lab_second->lock);
	return lab_escaped();
}

static int lab_three_2(void *unused)
{
	mutex_lock(&lab_second->lock);
	lab_meet(3);
	down_read(&dlk_lab_rwsem);
	return lab_escaped();
}

static int lab_three_3(void *unused)
{
	down_write(&dlk_lab_rwsem);
	lab_meet(3);
	mutex_lock(&lab_first->lock);
	return lab_escaped();
}

/* With a constructor the cache is never merged with another: its name stays. */
static void lab_object_ctor(void *p)
{
	struct dlk_lab_object *object = p;

	memset(object, 0, sizeof(*object));
	mutex_init(&object->lock);
	init_rwsem(&object->rwsem);
}

static int lab_make_objects(void)
{
	struct kmem_cache *cache;

	cache = kmem_cache_create("dlk_lab_object", sizeof(struct dlk_lab_object), 0, 0,
				  lab_object_ctor);
	if (!cache)
		return -ENOMEM;
	lab_first = kmem_cache_alloc(cache, GFP_KERNEL);
	lab_second = kmem_cache_alloc(cache, GFP_KERNEL);
	if (!lab_first || !lab_second)
		return -ENOMEM;
	lab_first->serial = 1;
	strscpy(lab_first->name, "first", sizeof(lab_first->name));
	lab_second->serial = 2;
	strscpy(lab_second->name, "second", sizeof(lab_second->name));
	return 0;
}

static int lab_three(void)
{
	return lab_make_objects() ?:
	       lab_start(lab_three_1, NULL, "lab-three-1") ?:
	       lab_start(lab_three_2, NULL, "lab-three-2") ?:
	       lab_start(lab_three_3, NULL, "lab-three-3");
}

/*
 * folio: a folio's lock against a rwsem, both taken in this module's own functions.  The holder
 * means to unlock the folio again, so its address stays in a register, and so on the stack.
 */
static int lab_folio_holder(void *p)
{
	struct folio *folio = p;

	folio_lock(folio);
	lab_meet(2);
	down_read(&dlk_lab_rwsem);
	folio_unlock(folio);
	return lab_escaped();
}

static int lab_folio_waiter(void *p)
{
	struct folio *folio = p;

	down_write(&dlk_lab_rwsem);
	lab_meet(2);
	folio_lock(folio);
	return lab_escaped();
}

static int lab_folio(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	return lab_start(lab_folio_holder, page_folio(page), "lab-folio-hold")
		       ?: lab_start(lab_folio_waiter, page_folio(page), "lab-folio-wait");
}

/*
 * folio-read: the same in mm's own functions, on a page of a tmpfs file.  The reader is in
 * read_cache_folio(), which locks the folio and calls the filler; that waits for the inode's
 * rwsem.  The other holds the inode's rwsem and truncates the page cache.
 */
static struct file *lab_file;

static int lab_filler(struct file *file, struct folio *folio)
{
	lab_meet(2);
	inode_lock_shared(file_inode(file));
	return lab_escaped();
}

static int lab_folio_reader(void *unused)
{
	read_cache_folio(lab_file->f_mapping, 0, lab_filler, lab_file);
	return lab_escaped();
}

static int lab_folio_truncater(void *unused)
{
	inode_lock(file_inode(lab_file));
	lab_meet(2);
	truncate_inode_pages(lab_file->f_mapping, 0);
	return lab_escaped();
}

static int lab_folio_read(void)
{
	lab_file = shmem_file_setup("dlk-lab-file", PAGE_SIZE, LAB_NO_VMA_FLAGS);
	if (IS_ERR(lab_file))
		return PTR_ERR(lab_file);
	return lab_start(lab_folio_reader, NULL, "lab-reader")
		       ?: lab_start(lab_folio_truncater, NULL, "lab-truncater");
}

/* sleeper: NOT a deadlock.  The mutex's owner is merely slow. */

static int lab_owner(void *unused)
{
	mutex_lock(&dlk_lab_mutex_a);
	atomic_inc(&lab_arrived);
	return lab_sleep_for_good();
}

static int lab_waiter(void *unused)
{
	lab_await(1);
	mutex_lock(&dlk_lab_mutex_a);
	return lab_escaped();
}

static int lab_sleeper(void)
{
	int i, rc = lab_start(lab_owner, NULL, "lab-owner");

	for (i = 1; !rc && i <= 3; i++)
		rc = lab_start(lab_waiter, NULL, "lab-waiter-%d", i);
	return rc;
}

/*
 * spinner: NOT a deadlock.  The mutex's owner turns in a circle on its CPU, with an interrupt now and
 * then: in a live guest its stack is where the CPU's registers say.  Once in some milliseconds it lets
 * others run: who wants to stop all CPUs (the change of clocksource to the TSC does, a second after
 * the boot) would else wait for good, and with it the guest.
 */

enum { LAB_TURNS = 1 << 20 };

static bool lab_goes_on = true; /* for good; the compiler is not to know */

static noinline void lab_spin(void)
{
	unsigned int turns = 0;

	while (READ_ONCE(lab_goes_on)) {
		cpu_relax();
		if (!(++turns % LAB_TURNS))
			cond_resched();
	}
}

static int lab_spinner_thread(void *unused)
{
	set_user_nice(current, 19);
	mutex_lock(&dlk_lab_mutex_a);
	atomic_inc(&lab_arrived);
	lab_spin();
	return lab_sleep_for_good();
}

static int lab_spinner(void)
{
	int i, rc = lab_start(lab_spinner_thread, NULL, "lab-spinner");

	for (i = 1; !rc && i <= 2; i++)
		rc = lab_start(lab_waiter, NULL, "lab-waiter-%d", i);
	return rc;
}

/* behind, many: the ABBA with more waiting for one of its mutexes. */

static int lab_behind_lock(void *unused)
{
	mutex_lock(&dlk_lab_mutex_a);
	return lab_escaped();
}

static int lab_behind_killable(void *unused)
{
	return mutex_lock_killable(&dlk_lab_mutex_a) ?: lab_escaped();
}

static int lab_behind_interruptible(void *unused)
{
	return mutex_lock_interruptible(&dlk_lab_mutex_a) ?: lab_escaped();
}

static int lab_behind(void)
{
	static int (*const how[])(void *) = {
		lab_behind_lock,
		lab_behind_killable,
		lab_behind_interruptible,
	};
	int i, rc = lab_abba();

	if (!rc)
		lab_await(2);
	for (i = 0; !rc && i < 40; i++)
		rc = lab_start(how[i % ARRAY_SIZE(how)], NULL, "lab-behind-%d", i);
	return rc;
}

static int lab_many(void)
{
	int i, rc = lab_abba();

	if (!rc)
		lab_await(2);
	for (i = 0; !rc && i < many; i++)
		rc = lab_start(lab_behind_lock, NULL, "lab-many-%d", i);
	return rc;
}

/*
 * readers: two tasks hold an object's rwsem for reading.  One wants the mutex; the mutex's holder
 * wants the rwsem for writing.  The other reader came last, so the rwsem's owner word hints at it,
 * but it merely sleeps.  A third reader queues behind the writer.  Whoever holds the rwsem means to
 * release it, so the object's address stays in a register, and so on the stack.
 */
static int lab_reader_in_cycle(void *p)
{
	struct dlk_lab_object *object = p;

	down_read(&object->rwsem);
	lab_meet(3);
	mutex_lock(&dlk_lab_mutex_a);
	up_read(&object->rwsem);
	return lab_escaped();
}

static int lab_reader_asleep(void *p)
{
	struct dlk_lab_object *object = p;

	lab_await(1);
	down_read(&object->rwsem);
	lab_meet(3);
	lab_sleep_for_good();
	up_read(&object->rwsem);
	return lab_escaped();
}

static int lab_reader_writer(void *p)
{
	struct dlk_lab_object *object = p;

	mutex_lock(&dlk_lab_mutex_a);
	lab_await(2);
	lab_meet(3);
	down_write(&object->rwsem);
	return lab_escaped();
}

static int lab_reader_behind(void *p)
{
	struct dlk_lab_object *object = p;

	/* Until the writer is in the queue this one would get the lock. */
	lab_await(3);
	while (!rwsem_is_contended(&object->rwsem))
		schedule_timeout_uninterruptible(1);
	down_read(&object->rwsem);
	return lab_escaped();
}

static int lab_readers(void)
{
	return lab_make_objects() ?:
	       lab_start(lab_reader_in_cycle, lab_first, "lab-reader-1") ?:
	       lab_start(lab_reader_asleep, lab_first, "lab-reader-2") ?:
	       lab_start(lab_reader_writer, lab_first, "lab-writer") ?:
	       lab_start(lab_reader_behind, lab_first, "lab-reader-3");
}

static const struct lab_scenario lab_scenarios[] = {
	{ "abba", lab_abba },
	{ "cpu-offline", lab_abba },
	{ "three", lab_three },
	{ "folio", lab_folio },
	{ "folio-read", lab_folio_read },
	{ "sleeper", lab_sleeper },
	{ "behind", lab_behind },
	{ "many", lab_many },
	{ "readers", lab_readers },
	{ "spinner", lab_spinner },
};

static int __init lab_init(void)
{
	if (many < 0 || many > LAB_MANY_MAX)
		return -EINVAL;
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hangs kernel threads on purpose, to try deadlock finders on");
