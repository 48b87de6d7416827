/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the text of a console to who waits for whom: each test is a log of a page, and what it proves.
 */
#include <config.h>

#include <string.h>

#include "console.h"

/* --- lists of held locks */

/* zoo has the first and is in zoo_second(); ape has the second and is in ape_first(). */
static void test_two_lists(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, HUNG("zoo", 70) IN_MUTEX " zoo_second+0x20/0x40 [zoo]\n" TAIL HUNG("ape", 71)
			   IN_MUTEX
		" ape_first+0x24/0x44 [zoo]\n" TAIL LISTS "2 locks held by zoo/70:\n"
		" #0: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: zoo_first+0x10/0x40 [zoo]\n"
		" #1: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: zoo_second+0x20/0x40 [zoo]\n"
		"2 locks held by ape/71:\n"
		" #0: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: ape_second+0x10/0x40 [zoo]\n"
		" #1: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: ape_first+0x24/0x44 [zoo]\n");
	assert_int_equal(x->verdict.code, DLK_DEADLOCK);
	assert_int_equal(x->verdict.cycle_count, 1);
	assert_int_equal(x->verdict.cycles[0].confidence, DLK_CERTAIN);
	assert_int_equal(console_edge(x, 70, 71), DLK_CERTAIN);
	assert_int_equal(console_edge(x, 71, 70), DLK_CERTAIN);
	assert_int_equal(x->model.resources[console_wait_of(x, 70)->resource].kind, DLK_KIND_MUTEX);
	assert_int_equal(console_wait_of(x, 70)->log_line, 33);
}

/* The same, but the locks are others of the same classes: nobody is known to hold what they want. */
static void test_same_class_is_not_same_lock(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, HUNG("zoo", 70) IN_MUTEX " zoo_second+0x20/0x40 [zoo]\n" TAIL HUNG("ape", 71)
			   IN_MUTEX
		" ape_first+0x24/0x44 [zoo]\n" TAIL LISTS "2 locks held by zoo/70:\n"
		" #0: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: zoo_first+0x10/0x40 [zoo]\n"
		" #1: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: zoo_second+0x20/0x40 [zoo]\n"
		"2 locks held by ape/71:\n"
		" #0: ffffffffc0a01180 (&zoo_b){+.+.}-{4:4}, at: ape_second+0x10/0x40 [zoo]\n"
		" #1: ffffffffc0a01080 (&zoo_a){+.+.}-{4:4}, at: ape_first+0x24/0x44 [zoo]\n");
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_int_equal(console_edge(x, 71, 70), -1);
	assert_non_null(console_wait_of(x, 70));
}

/* It has gone past the place where it took its last lock: it holds that, and waits for a folio. */
static void test_last_entry_is_held(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		HUNG("zoo", 70) IN_FOLIO " zoo_cut+0x99/0x200 [zoo]\n" TAIL HUNG("ape", 71) IN_READ
		" ape_look+0x24/0x44 [zoo]\n" TAIL LISTS "1 lock held by zoo/70:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: zoo_cut+0x35/0x200 [zoo]\n"
		"1 lock held by ape/71:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: ape_look+0x24/0x44 [zoo]\n");
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
	assert_int_equal(console_edge(x, 71, 70), DLK_CERTAIN);
	assert_int_equal(console_wait_of(x, 71)->mode, DLK_MODE_READ);
	assert_int_equal(x->model.resources[console_wait_of(x, 70)->resource].kind, DLK_KIND_FOLIO);
	assert_int_equal(x->model.resources[console_wait_of(x, 71)->resource].kind, DLK_KIND_RWSEM);
}

/* Of who has no stack in the log the last entry is not obtained if another surely has it. */
static void test_shut_out_without_stack(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, HUNG("zoo", 70) IN_FOLIO
		" zoo_cut+0x99/0x200 [zoo]\n" TAIL LISTS "1 lock held by zoo/70:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: zoo_lock_write+0x35/0x200 [zoo]\n"
		"1 lock held by ape/71:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: zoo_lock_read+0x24/0x44 [zoo]\n");
	assert_int_equal(console_edge(x, 71, 70), DLK_LIKELY);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_int_equal(x->verdict.cycle_count, 0);
}

/* Two lists, no stack: each may have it. */
static void test_two_without_stacks(void **state)
{
	struct console *x = *state;

	console_analyse(x,
			"1 lock held by zoo/70:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: zoo_first+0x10/0x40\n"
			"1 lock held by ape/71:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: ape_first+0x24/0x44\n");
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 71, 70), -1);
	assert_int_equal(console_edge(x, 70, 71), -1);
}

/* A mutex has one owner: of two that are past the place, any may be it. */
static void test_two_past_a_mutex(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG("zoo", 70) IN_MUTEX
			" zoo_first+0x10/0x40\n" TAIL LISTS "1 lock held by zoo/70:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: zoo_first+0x10/0x40\n"
			"2 locks held by ape/71:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: ape_first+0x24/0x44\n"
			" #1: ffffffffc0a09000 (ape_mutex){+.+.}-{4:4}, at: ape_first+0x34/0x44\n"
			"2 locks held by elk/72:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: elk_first+0x24/0x44\n"
			" #1: ffffffffc0a09100 (elk_mutex){+.+.}-{4:4}, at: elk_first+0x34/0x44\n");
	assert_int_equal(console_edge(x, 70, 71), DLK_POSSIBLE);
	assert_int_equal(console_edge(x, 70, 72), DLK_POSSIBLE);
}

/* No addresses, as before 4.15: a variable's name is one lock, an expression is many. */
static void test_names_without_addresses(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, HUNG("zoo", 70) IN_MUTEX " zoo_first+0x10/0x40\n" TAIL HUNG("elk", 72) IN_MUTEX
		" elk_each+0x10/0x40\n" TAIL HUNG(
			"ape",
			71) " schedule_timeout+0x10/0x40\n wait_for_common+0x1/0x2\n ape_wait+0x5/0x9\n" TAIL
			LISTS "1 lock held by zoo/70:\n"
			    " #0:  (zoo_mutex){+.+.+.}, at: [<ffffffff81234567>] zoo_first+0x10/0x40\n"
			    "1 lock held by elk/72:\n"
			    " #0:  (&dev->mutex){+.+.+.}, at: [<ffffffff81234667>] elk_each+0x10/0x40\n"
			    "2 locks held by ape/71:\n"
			    " #0:  (zoo_mutex){+.+.+.}, at: [<ffffffff81234767>] ape_first+0x24/0x44\n"
			    " #1:  (&dev->mutex){+.+.+.}, at: [<ffffffff81234867>] ape_first+0x34/0x44\n");
	assert_int_equal(console_edge(x, 70, 71), DLK_LIKELY);
	/* Two alone have to do with the class: it may be one lock, no more. */
	assert_int_equal(console_edge(x, 72, 71), DLK_POSSIBLE);
	assert_non_null(console_unknown_of(x, 71));
}

/* A task that runs may hold anything: the kernel prints none of it. */
static void test_running_holder_is_not_listed(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG("zoo", 70) IN_MUTEX
			" zoo_first+0x10/0x40\n" TAIL LISTS "1 lock held by zoo/70:\n"
			" #0: ffffffffc0a01000 (zoo_mutex){+.+.}-{4:4}, at: zoo_first+0x10/0x40\n"
			"3 locks held by ape/71:\n"
			"\n=============================================\n");
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_non_null(x->model.resources[console_wait_of(x, 70)->resource].holders_unknown);
}

/* --- owner lines */

static void test_owner_is_itself(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG("zoo", 70) IN_MUTEX
			" zoo_twice+0x10/0x40\n" TAIL
			"INFO: task zoo:70 is blocked on a mutex likely owned by task zoo:70.\n");
	assert_int_equal(x->verdict.code, DLK_DEADLOCK);
	assert_int_equal(x->verdict.cycles[0].step_count, 1);
	assert_int_equal(x->verdict.cycles[0].confidence, DLK_LIKELY);
	assert_int_equal(console_edge(x, 70, 70), DLK_LIKELY);
}

/* The last that took a semaphore need not have it; nor need the last reader. */
static void test_hints_are_possible(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		HUNG("zoo",
		     70) " schedule_timeout+0x10/0x40\n down+0x50/0x60\n zoo_down+0x10/0x40\n" TAIL
			 "INFO: task zoo:70 blocked on a semaphore likely last held by task ape:71\n" HUNG(
				 "elk", 72) IN_WRITE
		" elk_write+0x10/0x40\n" TAIL
		"INFO: task elk:72 <writer> blocked on an rw-semaphore likely owned by task ape:71 <reader>\n");
	assert_int_equal(console_edge(x, 70, 71), DLK_POSSIBLE);
	assert_int_equal(console_edge(x, 72, 71), DLK_POSSIBLE);
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
}

/* The owner sleeps for a time, and will go on. */
static void test_owner_sleeps(void **state)
{
	struct console *x = *state;

	console_analyse(
		x, HUNG("zoo", 70) IN_READ
		" zoo_read+0x10/0x40\n" TAIL
		"INFO: task zoo:70 <reader> blocked on an rw-semaphore likely owned by task ape:71 <writer>\n"
		"task:ape             state:S stack:0     pid:71    tgid:71    ppid:1      flags:0x00000000\n"
		"Call Trace:\n"
		" <TASK>\n"
		" __schedule+0x3b4/0xa80\n"
		" schedule+0x27/0xf0\n"
		" schedule_timeout+0x80/0xf0\n"
		" msleep_interruptible+0x2f/0x40\n"
		" ape_nap+0x10/0x20\n" TAIL);
	assert_int_equal(console_edge(x, 70, 71), DLK_LIKELY);
	assert_int_equal(x->verdict.code, DLK_NO_DEADLOCK);
	assert_int_equal(x->verdict.root_count, 1);
	assert_int_equal(x->model.contexts[x->verdict.roots[0].context].pid, 71);
}

/* Whom the log does not show, nobody knows. */
static void test_owner_is_not_shown(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG("zoo", 70) IN_MUTEX
			" zoo_first+0x10/0x40\n" TAIL
			"INFO: task zoo:70 is blocked on a mutex likely owned by task ape:71.\n");
	assert_int_equal(console_edge(x, 70, 71), DLK_LIKELY);
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
	assert_int_equal(console_unknown_of(x, 71)->why, DLK_WHY_NOT_SAID);
}

/* --- what functions tell */

/* Who walks the mappings of a folio has it locked; that closes a cycle, possibly. */
static void test_folio_by_rule(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		HUNG("zoo", 70) IN_FOLIO " zoo_cut+0x99/0x200 [zoo]\n" TAIL HUNG("ape", 71) IN_READ
		" down_read+0x40/0x50\n rmap_walk_file+0x24/0x44\n try_to_migrate+0x8/0x90\n" TAIL
			LISTS "1 lock held by zoo/70:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: zoo_cut+0x35/0x200 [zoo]\n"
		"1 lock held by ape/71:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: rmap_walk_file+0x24/0x44\n");
	assert_int_equal(x->verdict.code, DLK_POSSIBLE_DEADLOCK);
	assert_int_equal(console_edge(x, 70, 71), DLK_POSSIBLE);
}

/* The same, but it waits for another lock: no more is said of its folio than of any. */
static void test_folio_of_another(void **state)
{
	struct console *x = *state;

	console_analyse(
		x,
		HUNG("zoo", 70) IN_FOLIO " zoo_cut+0x99/0x200 [zoo]\n" TAIL HUNG("ape", 71) IN_READ
		" down_read+0x40/0x50\n rmap_walk_file+0x24/0x44\n try_to_migrate+0x8/0x90\n" TAIL
			LISTS "1 lock held by zoo/70:\n"
		" #0: ffff888005a01000 (&zoo_rwsem){++++}-{4:4}, at: zoo_cut+0x35/0x200 [zoo]\n"
		"1 lock held by ape/71:\n"
		" #0: ffff888005a02000 (&zoo_rwsem){++++}-{4:4}, at: rmap_walk_file+0x24/0x44\n");
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_int_equal(x->verdict.code, DLK_UNKNOWN);
}

/* --- incidents */

/* Each boot by itself: pid 71 of the second is another task. */
static void test_boots_are_apart(void **state)
{
	struct console *x = *state;

	console_read(
		x,
		"[    0.000000] Linux version 6.12.1-zoo (zoo@zoo) #1\n"
		"[  200.000000] INFO: task zoo:70 is blocked on a mutex likely owned by task ape:71.\n"
		"[    0.000000] Linux version 6.12.2-zoo (zoo@zoo) #2\n"
		"[  150.000000] INFO: task ape:71 is blocked on a mutex likely owned by task zoo:70.\n");
	assert_int_equal(x->incident_count, 2);
	console_judge(x, 1);
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 71, 70), DLK_LIKELY);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_string_equal(x->model.source.release, "6.12.2-zoo");
}

/* In one boot these two would be a deadlock, were they not half a day apart. */
static void test_hours_are_apart(void **state)
{
	struct console *x = *state;

	console_read(
		x,
		"[  200.000000] INFO: task zoo:70 is blocked on a mutex likely owned by task ape:71.\n"
		"[40200.000000] INFO: task ape:71 is blocked on a mutex likely owned by task zoo:70.\n");
	assert_int_equal(x->incident_count, 2);
	console_analyse(
		x,
		"[  200.000000] INFO: task zoo:70 is blocked on a mutex likely owned by task ape:71.\n"
		"[  220.000000] INFO: task ape:71 is blocked on a mutex likely owned by task zoo:70.\n");
	assert_int_equal(x->incident_count, 1);
	assert_int_equal(x->verdict.code, DLK_DEADLOCK);
}

/* Who waits for a mutex in the function that should have rtnl_mutex may wait for that; who has gone further has it. */
static void test_function_may_take_what_it_should_have(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG("zoo", 70) IN_MUTEX " rtnl_lock+0x15/0x20\n" TAIL HUNG("ape", 71)
				   IN_MUTEX " rtnl_newlink+0x5e5/0x9d0\n" TAIL);
	assert_int_equal(console_edge(x, 70, 71), -1);
	console_analyse(x, HUNG("zoo", 70) IN_MUTEX " rtnl_lock+0x15/0x20\n" TAIL HUNG("ape", 71)
				   IN_MUTEX
			" rtnl_nets_lock+0x1e/0x40\n rtnl_newlink+0x5e5/0x9d0\n" TAIL);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_int_equal(console_wait_of(x, 70)->resource, console_wait_of(x, 71)->resource);
	console_analyse(x, HUNG("zoo", 70) IN_MUTEX " rtnl_lock+0x15/0x20\n" TAIL HUNG("ape", 71)
				   IN_MUTEX
			" zoo_open+0x35/0x40 [zoo]\n rtnl_newlink+0x5e5/0x9d0\n" TAIL);
	assert_int_equal(console_edge(x, 70, 71), DLK_LIKELY);
}

#define CROSSED(usage)                                                                             \
	LISTS "2 locks held by zoo/70:\n"                                                          \
	      " #0: ffffffffc0a01000 (&zoo_a){" usage "}-{4:4}, at: zoo_one+0x10/0x40 [zoo]\n"     \
	      " #1: ffffffffc0a01100 (&zoo_b){" usage "}-{4:4}, at: zoo_two+0x20/0x40 [zoo]\n"     \
	      "2 locks held by ape/71:\n"                                                          \
	      " #0: ffffffffc0a01100 (&zoo_b){" usage "}-{4:4}, at: zoo_two+0x20/0x40 [zoo]\n"     \
	      " #1: ffffffffc0a01000 (&zoo_a){" usage "}-{4:4}, at: zoo_one+0x10/0x40 [zoo]\n"

/* Without stacks: of mutexes one alone can have each; what was ever taken for reading both may have. */
static void test_readers_may_cross(void **state)
{
	struct console *x = *state;

	console_analyse(x, CROSSED("+.+."));
	assert_int_equal(x->verdict.cycle_count, 1);
	console_analyse(x, CROSSED("++++"));
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_null(console_wait_of(x, 70));
}

/* --- two moments */

/* "t" is seconds and a dot: what khungtaskd says of one, in lines of that time. */
#define AT(t, text) "[  " t "0000] " text "\n"
#define HUNG_AT(t, comm, pid, place)                                                               \
	AT(t, "INFO: task " comm ":" #pid " blocked for more than 122 seconds.")                   \
	AT(t,                                                                                      \
	   "task:" comm "             state:D stack:0     pid:" #pid " ppid:2 flags:0x00004000")   \
	AT(t, "Call Trace:")                                                                       \
	AT(t, " __mutex_lock.constprop.0+0x2d0/0x6d0")                                             \
	AT(t, " " place)                                                                           \
	AT(t, " kthread+0xd2/0x100")
#define OWNER_AT(t, waiter, owner)                                                                 \
	AT(t, "INFO: task " waiter " is blocked on a mutex likely owned by task " owner ".")

/* zoo waited for ape; ten minutes later it hangs no more, and has what ape waits for. */
static void test_owner_of_another_moment(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG_AT("245.10", "zoo", 70, "zoo_second+0x20/0x40")
				   OWNER_AT("245.20", "zoo:70", "ape:71")
					   HUNG_AT("860.10", "ape", 71, "ape_first+0x24/0x44")
						   OWNER_AT("860.20", "ape:71", "zoo:70"));
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 71, 70), DLK_LIKELY);
	assert_int_equal(console_edge(x, 70, 71), -1);
	assert_null(console_wait_of(x, 70));
}

/* But if it is reported again, both wait at one moment; also where the second report tells the time of its whole sleep. */
static void test_owner_of_the_same_moment(void **state)
{
	struct console *x = *state;

	console_analyse(x,
			HUNG_AT("245.10", "zoo", 70,
				"zoo_second+0x20/0x40") OWNER_AT("245.20", "zoo:70", "ape:71")
				AT("860.10", "INFO: task zoo:70 blocked for more than 737 seconds.")
					HUNG_AT("860.20", "ape", 71, "ape_first+0x24/0x44")
						OWNER_AT("860.30", "ape:71", "zoo:70"));
	assert_int_equal(x->verdict.cycle_count, 1);
	assert_int_equal(console_edge(x, 70, 71), DLK_LIKELY);
}

#define ZOO_HAS_B                                                                                  \
	AT("245.20", "2 locks held by zoo/70:")                                                    \
	AT("245.20", " #0: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: zoo_first+0x10/0x40")        \
	AT("245.20", " #1: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: zoo_second+0x20/0x40")
#define APE_WANTS_B(t)                                                                             \
	AT(t, "2 locks held by ape/71:")                                                           \
	AT(t, " #0: ffffffffc0a01000 (&zoo_a){+.+.}-{4:4}, at: ape_second+0x10/0x40")              \
	AT(t, " #1: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: ape_first+0x24/0x44")

/* The lists of one moment make a cycle, those of two do not: what zoo had is not what it has when ape waits for it. */
static void test_lists_of_two_moments(void **state)
{
	struct console *x = *state;

	console_analyse(x, HUNG_AT("245.10", "zoo", 70, "zoo_second+0x20/0x40")
				   ZOO_HAS_B HUNG_AT("250.10", "ape", 71, "ape_first+0x24/0x44")
					   APE_WANTS_B("250.20"));
	assert_int_equal(x->verdict.cycle_count, 1);
	console_analyse(x, HUNG_AT("245.10", "zoo", 70, "zoo_second+0x20/0x40")
				   ZOO_HAS_B HUNG_AT("860.10", "ape", 71, "ape_first+0x24/0x44")
					   APE_WANTS_B("860.20"));
	assert_int_equal(x->verdict.cycle_count, 0);
	assert_int_equal(console_edge(x, 71, 70), -1);
	assert_non_null(console_wait_of(x, 71));
}

#define LISTS_B(t, who, place)                                                                     \
	AT(t, "1 lock held by " who ":")                                                           \
	AT(t, " #0: ffffffffc0a01100 (&zoo_b){+.+.}-{4:4}, at: " place)

/* A list is judged by a stack of its own moment: that of ten minutes ago does not say that its last entry is held. */
static void test_stack_of_another_moment(void **state)
{
	struct console *x = *state;

	console_analyse(x,
			HUNG_AT("245.10", "zoo", 70, "zoo_second+0x20/0x40")
				HUNG_AT("860.10", "ape", 71, "ape_first+0x24/0x44")
					LISTS_B("860.20", "ape/71", "ape_first+0x24/0x44")
						LISTS_B("860.20", "zoo/70", "zoo_third+0x20/0x40")
							LISTS_B("860.20", "yak/72",
								"yak_first+0x8/0x9"));
	assert_non_null(console_wait_of(x, 71));
	assert_int_equal(console_edge(x, 71, 70), -1);
	assert_int_equal(console_edge(x, 71, 72), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, console_set_up, console_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(two_lists),
		TEST(same_class_is_not_same_lock),
		TEST(last_entry_is_held),
		TEST(shut_out_without_stack),
		TEST(two_without_stacks),
		TEST(two_past_a_mutex),
		TEST(names_without_addresses),
		TEST(running_holder_is_not_listed),
		TEST(owner_is_itself),
		TEST(hints_are_possible),
		TEST(owner_sleeps),
		TEST(owner_is_not_shown),
		TEST(folio_by_rule),
		TEST(folio_of_another),
		TEST(boots_are_apart),
		TEST(hours_are_apart),
		TEST(function_may_take_what_it_should_have),
		TEST(readers_may_cross),
		TEST(owner_of_another_moment),
		TEST(owner_of_the_same_moment),
		TEST(lists_of_two_moments),
		TEST(stack_of_another_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
