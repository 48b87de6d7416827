// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hangs kernel threads over locks of other kinds, whose holders only the machine code tells, for the lab:
 * insmod dlk_code_kinds.ko scenario=NAME
 *
 * Of each kind there are two.  In the one who holds it waits for a mutex of who waits for it: a deadlock.
 * In the other, code-...-past, who waits for that mutex has let it go, and means to look at it again; who holds it
 * waits for one that sleeps: NOT a deadlock.  A percpu_rwsem's deadlock is percpu-object of dlk_percpu.c.
 *
 * What each must look like in a dump is written in expect/NAME.json.  The threads stay for good, so the module
 * cannot be unloaded.
 */
#include <linux/module.h>

#include "dlk_code.h"

#define AT(member) offsetof(struct lab_object, member)

/* code-semaphore, code-semaphore-past */

static int lab_semaphore_holder(void *semaphore)
{
	down(semaphore);
	lab_ready();
	lab_wait(&lab_mutex);
	up(semaphore);
	return lab_sleep_for_good();
}

static int lab_semaphore_slow(void *semaphore)
{
	down(semaphore);
	lab_ready();
	lab_wait(&lab_gate);
	up(semaphore);
	return lab_sleep_for_good();
}

static int lab_semaphore_past(void *semaphore)
{
	down(semaphore);
	up(semaphore);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(semaphore);
	return lab_sleep_for_good();
}

static int lab_semaphore_waiter(void *semaphore)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	down(semaphore);
	lab_say_escaped();
	up(semaphore);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* code-percpu-past */

static int lab_percpu_slow(void *sem)
{
	percpu_down_read(sem);
	lab_ready();
	lab_wait(&lab_gate);
	percpu_up_read(sem);
	return lab_sleep_for_good();
}

static int lab_percpu_past(void *sem)
{
	percpu_down_read(sem);
	percpu_up_read(sem);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(sem);
	return lab_sleep_for_good();
}

static int lab_percpu_writer(void *sem)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	percpu_down_write(sem);
	lab_say_escaped();
	percpu_up_write(sem);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* code-bit, code-bit-past; the first does by itself what clear_and_wake_up_bit() does. */

static int lab_bit_holder(void *word)
{
	wait_on_bit_lock(word, LAB_BIT, TASK_UNINTERRUPTIBLE);
	lab_ready();
	lab_wait(&lab_mutex);
	clear_bit_unlock(LAB_BIT, word);
	smp_mb__after_atomic();
	wake_up_bit(word, LAB_BIT);
	return lab_sleep_for_good();
}

static int lab_bit_slow(void *word)
{
	wait_on_bit_lock(word, LAB_BIT, TASK_UNINTERRUPTIBLE);
	lab_ready();
	lab_wait(&lab_gate);
	clear_and_wake_up_bit(LAB_BIT, word);
	return lab_sleep_for_good();
}

static int lab_bit_past(void *word)
{
	wait_on_bit_lock(word, LAB_BIT, TASK_UNINTERRUPTIBLE);
	clear_and_wake_up_bit(LAB_BIT, word);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(word);
	return lab_sleep_for_good();
}

static int lab_bit_waiter(void *word)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	wait_on_bit_lock(word, LAB_BIT, TASK_UNINTERRUPTIBLE);
	lab_say_escaped();
	clear_and_wake_up_bit(LAB_BIT, word);
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/* code-srcu, code-srcu-past */

static int lab_srcu_reader(void *domain)
{
	int index = srcu_read_lock(domain);

	lab_ready();
	lab_wait(&lab_mutex);
	srcu_read_unlock(domain, index);
	return lab_sleep_for_good();
}

static int lab_srcu_slow(void *domain)
{
	int index = srcu_read_lock(domain);

	lab_ready();
	lab_wait(&lab_gate);
	srcu_read_unlock(domain, index);
	return lab_sleep_for_good();
}

static int lab_srcu_past(void *domain)
{
	int index = srcu_read_lock(domain);

	srcu_read_unlock(domain, index);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(domain);
	return lab_sleep_for_good();
}

static int lab_srcu_synchronizer(void *domain)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	synchronize_srcu(domain);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

/*
 * code-completion: who would complete it waits for the mutex first.  code-completion-past: who waits for the
 * mutex has completed it once, for the waiter's first wait; for the second another one would.
 */
static int lab_completer(void *completion)
{
	lab_ready();
	lab_wait(&lab_mutex);
	complete(completion);
	return lab_sleep_for_good();
}

static int lab_completer_slow(void *completion)
{
	lab_ready();
	lab_wait(&lab_gate);
	complete(completion);
	return lab_sleep_for_good();
}

static int lab_completer_past(void *completion)
{
	complete(completion);
	lab_ready();
	lab_wait(&lab_mutex);
	lab_use(completion);
	return lab_sleep_for_good();
}

static int lab_completion_waiter(void *completion)
{
	mutex_lock(&lab_mutex);
	lab_ready();
	wait_for_completion(completion);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

static int lab_completion_twice(void *completion)
{
	mutex_lock(&lab_mutex);
	wait_for_completion(completion);
	lab_ready();
	wait_for_completion(completion);
	lab_say_escaped();
	mutex_unlock(&lab_mutex);
	return lab_sleep_for_good();
}

static const struct lab_play lab_plays[] = {
	{ "code-semaphore",
	  { { "lab-holder", lab_semaphore_holder, AT(semaphore) },
	    { "lab-waiter", lab_semaphore_waiter, AT(semaphore) } } },
	{ "code-semaphore-past",
	  { LAB_GATE,
	    { "lab-past", lab_semaphore_past, AT(semaphore) },
	    { "lab-holder", lab_semaphore_slow, AT(semaphore) },
	    { "lab-waiter", lab_semaphore_waiter, AT(semaphore) } } },
	{ "code-percpu-past",
	  { LAB_GATE,
	    { "lab-past", lab_percpu_past, AT(percpu_rwsem) },
	    { "lab-holder", lab_percpu_slow, AT(percpu_rwsem) },
	    { "lab-writer", lab_percpu_writer, AT(percpu_rwsem) } } },
	{ "code-bit",
	  { { "lab-holder", lab_bit_holder, AT(bits) },
	    { "lab-waiter", lab_bit_waiter, AT(bits) } } },
	{ "code-bit-past",
	  { LAB_GATE,
	    { "lab-past", lab_bit_past, AT(bits) },
	    { "lab-holder", lab_bit_slow, AT(bits) },
	    { "lab-waiter", lab_bit_waiter, AT(bits) } } },
	{ "code-srcu",
	  { { "lab-reader", lab_srcu_reader, AT(srcu) },
	    { "lab-sync", lab_srcu_synchronizer, AT(srcu) } } },
	{ "code-srcu-past",
	  { LAB_GATE,
	    { "lab-past", lab_srcu_past, AT(srcu) },
	    { "lab-reader", lab_srcu_slow, AT(srcu) },
	    { "lab-sync", lab_srcu_synchronizer, AT(srcu) } } },
	{ "code-completion",
	  { { "lab-completer", lab_completer, AT(completion) },
	    { "lab-waiter", lab_completion_waiter, AT(completion) } } },
	{ "code-completion-past",
	  { LAB_GATE,
	    { "lab-past", lab_completer_past, AT(completion) },
	    { "lab-completer", lab_completer_slow, AT(completion) },
	    { "lab-waiter", lab_completion_twice, AT(completion) } } },
};

static int __init lab_init(void)
{
	return lab_choose(lab_plays, ARRAY_SIZE(lab_plays));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(
	"Hangs kernel threads over locks whose holders the code tells, to try deadlock finders on");
