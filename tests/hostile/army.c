/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps in which thousands of tasks wait: an army of copies of one that waits for a lock, each with a stack and a
 * waiter of its own, on as many locks or on one.  What is looked for with each of them must not cost all others.
 */
#include <config.h>

#include "victim.h"

enum { NEXT = 0, PREV = 8 };
enum { ARMY = 2000, ROOM = 16 * 4096, TASK_PAGES = 4, STACK_PAGES = 4, LOCK_ROOM = 256 };
enum { LOCK_PAGES = (ARMY * LOCK_ROOM + 4095) / 4096, STACK_WORDS = STACK_PAGES * 512 };

struct army {
	struct victim v;
	const char *lock, *waiter_type; /* of what the task waits for */
	dlk_addr_t task, stack, sp;     /* of the one that is copied */
	dlk_addr_t waiter, list;        /* on its stack; where the list_head is in a waiter */
	const char *task_member, *list_member; /* of the waiter; NULL: "task", "list" */
	bool names_lock;                       /* its waiter does, */
	dlk_addr_t locks;                      /* where they are in physical memory */
	dlk_addr_t lock_at;                    /* here */
	bool is_low;    /* what is live begins where the stack does; behind it there is room */
	dlk_addr_t low; /* how far it was moved for that */
	unsigned char copy[TASK_PAGES * 4096]; /* of the pages that its task_struct is on */
	uint64_t words[STACK_WORDS];
};

static dlk_addr_t soldier(const struct army *a, unsigned i)
{
	return VICTIM_SPACE + (dlk_addr_t)i * ROOM + a->task % 4096;
}

static dlk_addr_t stack_of(unsigned i)
{
	return VICTIM_SPACE + (dlk_addr_t)i * ROOM + TASK_PAGES * 4096;
}

/* Their locks stand one behind the other. */
static dlk_addr_t lock_of(unsigned i)
{
	return VICTIM_SPACE + (1ull << 36) + i * LOCK_ROOM;
}

/* Where its waiter is linked. */
static dlk_addr_t node_of(const struct army *a, unsigned i)
{
	return stack_of(i) + (a->waiter - a->stack - a->low) + a->list;
}

static void read_army(struct army *a, struct meter *m, const char *capture, const char *comm)
{
	struct victim *v = &a->v;
	dlk_addr_t at = 0, task;

	victim_open(v, m, capture);
	task = victim_member(v, a->waiter_type, a->task_member ? a->task_member : "task").offset;
	a->task = victim_task(v, comm);
	a->stack = victim_get(v, victim_at(v, a->task, "task_struct", "stack"));
	a->sp = victim_get(v, victim_at(v, a->task, "task_struct", "thread.sp"));
	a->low = a->is_low ? a->sp - a->stack : 0;
	a->list = victim_member(v, a->waiter_type, a->list_member ? a->list_member : "list").offset;
	for (unsigned i = 0; i < TASK_PAGES; i++)
		(void)!dlk_memory_read(&v->k->memory, (a->task & -4096ull) + i * 4096ull,
				       a->copy + i * 4096ull, 4096);
	assert_int_equal(dlk_memory_read(&v->k->memory, a->stack, a->words, sizeof(a->words)),
			 DLK_OK);
	/* The waiter names its task, and is linked with its lock alone. */
	for (unsigned i = 0; i < STACK_WORDS && !a->waiter; i++) {
		at = a->stack + i * 8ull - task;
		if (a->words[i] == a->task && at > a->sp &&
		    a->words[(at - a->stack + a->list) / 8] ==
			    a->words[(at - a->stack + a->list) / 8 + 1])
			a->waiter = at;
	}
	assert_true(a->waiter != 0);
	memmove(a->words, a->words + a->low / 8, sizeof(a->words) - a->low);
	/* What there is room for: the addresses of locks. */
	for (size_t i = STACK_WORDS - a->low / 8; i < STACK_WORDS; i++)
		a->words[i] = lock_of((unsigned)i % ARMY);
	a->locks = victim_grow(v, LOCK_PAGES);
	victim_map(v, lock_of(0), a->locks, LOCK_PAGES, false);
}

static void put_copy(struct army *a, const char *member, uint64_t value)
{
	memcpy(a->copy + a->task % 4096 + victim_member(&a->v, "task_struct", member).offset,
	       &value, 8);
}

/* A word of the stack that is copied, as this one's has it. */
static uint64_t translate(const struct army *a, unsigned i, uint64_t word)
{
	uint64_t at = word - a->stack;

	if (word == a->task)
		return soldier(a, i);
	if (at >= STACK_PAGES * 4096)
		return word;
	return at - a->low + stack_of(i);
}

/* One soldier, who waits between these two nodes, and has the next one in the list of all tasks. */
static void add_soldier(struct army *a, unsigned i, dlk_addr_t before, dlk_addr_t behind)
{
	struct victim *v = &a->v;
	dlk_addr_t tasks = victim_member(v, "task_struct", "tasks").offset;
	dlk_addr_t head = victim_symbol(v, "init_task") + tasks;
	dlk_addr_t former = i ? soldier(a, i - 1) + tasks : head;
	uint64_t words[STACK_WORDS];
	size_t waiter = (size_t)(a->waiter - a->stack - a->low) / 8, node = waiter + a->list / 8;
	dlk_addr_t phys = victim_grow(v, TASK_PAGES + STACK_PAGES);

	victim_map(v, VICTIM_SPACE + (dlk_addr_t)i * ROOM, phys, TASK_PAGES + STACK_PAGES, false);
	for (unsigned w = 0; w < STACK_WORDS; w++)
		words[w] = translate(a, i, a->words[w]);
	if (a->names_lock)
		words[waiter + a->lock_at / 8] = lock_of(i);
	words[node] = behind;
	words[node + 1] = before;
	put_copy(a, "stack", stack_of(i));
	put_copy(a, "thread.sp", a->sp - a->stack - a->low + stack_of(i));
	put_copy(a, "tasks", i + 1 < ARMY ? soldier(a, i + 1) + tasks : head);
	memcpy(a->copy + a->task % 4096 + tasks + 8, &former, sizeof(former));
	victim_put_phys(v, phys, a->copy, sizeof(a->copy));
	victim_put_phys(v, phys + TASK_PAGES * 4096, words, sizeof(words));
}

/* Where all are linked: they are the only tasks. */
static void enlist(struct army *a)
{
	struct victim *v = &a->v;
	dlk_addr_t tasks = victim_member(v, "task_struct", "tasks").offset;
	dlk_addr_t head = victim_symbol(v, "init_task") + tasks;

	victim_u64(v, head + NEXT, soldier(a, 0) + tasks);
	victim_u64(v, head + PREV, soldier(a, ARMY - 1) + tasks);
}

static dlk_addr_t lock_member(struct army *a, unsigned i, const char *name)
{
	return lock_of(i) + victim_member(&a->v, a->lock, name).offset;
}

/* The lock of each is held by the next one. */
static void form_ring(struct army *a)
{
	for (unsigned i = 0; i < ARMY; i++) {
		dlk_addr_t queue = lock_member(a, i, "wait_list");

		add_soldier(a, i, queue, queue);
		victim_u64(&a->v, lock_member(a, i, "owner"), soldier(a, (i + 1) % ARMY) | 1);
		victim_u64(&a->v, queue + NEXT, node_of(a, i));
		victim_u64(&a->v, queue + PREV, node_of(a, i));
	}
	enlist(a);
}

/* All wait for the first one's lock, and one of them holds it. */
static void form_queue(struct army *a)
{
	dlk_addr_t queue = lock_member(a, 0, "wait_list");

	for (unsigned i = 0; i < ARMY; i++)
		add_soldier(a, i, i ? node_of(a, i - 1) : queue,
			    i + 1 < ARMY ? node_of(a, i + 1) : queue);
	victim_u64(&a->v, lock_member(a, 0, "owner"), soldier(a, ARMY - 1) | 1);
	victim_u64(&a->v, queue + NEXT, node_of(a, 0));
	victim_u64(&a->v, queue + PREV, node_of(a, ARMY - 1));
	enlist(a);
}

static void test_army_in_a_ring(void **state)
{
	struct meter *m = *state;
	static struct army a;

	a = (struct army){ .lock = "mutex", .waiter_type = "mutex_waiter" };
	read_army(&a, m, "6.12-cloud-abba", "lab-abba-1");
	form_ring(&a);
	victim_close(&a.v);
	meter_run(m, "2000 tasks in a ring", "-sv", m->path);
	assert_found(m);
	assert_says(m, "2,000 tasks wait for each other");
	meter_run(m, "2000 tasks in a ring, as JSON", "-js", m->path);
	meter_run(m, "2000 tasks in a ring, as dot", "--dot", m->path);
}

static void test_army_in_a_queue(void **state)
{
	struct meter *m = *state;
	static struct army a;

	a = (struct army){ .lock = "mutex", .waiter_type = "mutex_waiter" };
	read_army(&a, m, "6.12-cloud-abba", "lab-abba-1");
	form_queue(&a);
	victim_close(&a.v);
	meter_run(m, "2000 tasks in a queue", "-sv", m->path);
	assert_found(m);
	assert_says(m, "2,000 waiters");
}

/* Each is said to hold as many locks as there is room for. */
static void test_army_with_locks(void **state)
{
	enum { LOCKS = 48 };
	struct meter *m = *state;
	static struct army a;
	size_t held, size = 0;
	uint32_t bytes;

	a = (struct army){ .lock = "rw_semaphore", .waiter_type = "rwsem_waiter" };
	read_army(&a, m, "hugetlb-6.12", "mover");
	assert_int_equal(a.v.k->types->ops->size(a.v.k->types, "held_lock", &bytes), DLK_OK);
	size = bytes;
	held = a.task % 4096 + victim_member(&a.v, "task_struct", "held_locks").offset;
	for (size_t i = 1; i < LOCKS; i++)
		memcpy(a.copy + held + i * size, a.copy + held, size);
	memcpy(a.copy + a.task % 4096 + victim_member(&a.v, "task_struct", "lockdep_depth").offset,
	       &(uint32_t){ LOCKS }, sizeof(uint32_t));
	form_queue(&a);
	victim_close(&a.v);
	meter_run(m, "2000 tasks in a queue, with 48 locks each", "-svk", m->path);
	assert_not_denied(m);
}

/* Each waits for a folio of its own, and has the addresses of as many as there is room for on its stack. */
static void test_army_of_folios(void **state)
{
	struct meter *m = *state;
	static struct army a;

	a = (struct army){ .waiter_type = "wait_page_queue",
			   .task_member = "wait.private",
			   .list_member = "wait.entry",
			   .names_lock = true,
			   .is_low = true };
	read_army(&a, m, "hugetlb-6.12", "puncher");
	a.lock_at = victim_member(&a.v, "wait_page_queue", "folio").offset;
	for (unsigned i = 0; i < ARMY; i++) {
		dlk_addr_t queue = lock_of(i) + LOCK_ROOM / 2;

		add_soldier(&a, i, queue, queue);
		victim_u64(&a.v, lock_of(i), 1); /* PG_locked */
		victim_u64(&a.v, queue + NEXT, node_of(&a, i));
		victim_u64(&a.v, queue + PREV, node_of(&a, i));
	}
	enlist(&a);
	victim_close(&a.v);
	meter_run(m, "2000 tasks, each with 1900 folios", "-sv", m->path);
	assert_not_denied(m);
}

/* Struct pages for the locks: one slab, of one object as large as an object may be. */
static void put_in_a_slab(struct army *a)
{
	enum { NAME = 3072, OBJECT = 1 << 22 };
	struct victim *v = &a->v;
	dlk_addr_t base = victim_get(v, victim_symbol(v, "vmemmap_base"));
	dlk_addr_t cache = victim_add(v, (1ull << 37), 1), head, pages;
	uint32_t size;
	int64_t type;

	assert_int_equal(v->k->types->ops->size(v->k->types, "page", &size), DLK_OK);
	assert_int_equal(v->k->types->ops->enumerator(v->k->types, NULL, "PGTY_slab", &type),
			 DLK_OK);
	head = base + (a->locks >> 12) * size;
	pages = (head % 4096 + LOCK_PAGES * (dlk_addr_t)size + 4095) / 4096;
	victim_map(v, head & -4096ull, victim_grow(v, (unsigned)pages), (unsigned)pages, false);
	for (unsigned i = 1; i < LOCK_PAGES; i++)
		victim_u64(v, victim_at(v, head + (dlk_addr_t)i * size, "page", "compound_head"),
			   head | 1);
	victim_u32(v, victim_at(v, head, "page", "page_type"), (uint32_t)type << 24);
	victim_u64(v, victim_at(v, head, "slab", "slab_cache"), cache);
	victim_u32(v, victim_at(v, cache, "kmem_cache", "size"), OBJECT);
	victim_u32(v, victim_at(v, cache, "kmem_cache", "object_size"), OBJECT);
	victim_u64(v, victim_at(v, cache, "kmem_cache", "name"), cache + NAME);
	victim_put(v, cache + NAME, "evil", 5);
}

/* Each waits for a rwsem that others hold for reading; all rwsems are in one object, as are the words of the stacks. */
static void test_army_of_readers(void **state)
{
	struct meter *m = *state;
	static struct army a;

	a = (struct army){ .lock = "rw_semaphore", .waiter_type = "rwsem_waiter", .is_low = true };
	read_army(&a, m, "hugetlb-6.12", "mover");
	put_in_a_slab(&a);
	form_ring(&a);
	for (unsigned i = 0; i < ARMY; i++) {
		victim_u64(&a.v, lock_member(&a, i, "count"), 0x202);
		victim_u64(&a.v, lock_member(&a, i, "owner"), 1);
	}
	victim_close(&a.v);
	meter_run(m, "2000 rwsems of readers, in one object", "-sv", m->path);
	assert_not_denied(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_army_in_a_ring),  METER_TEST(test_army_in_a_queue),
		METER_TEST(test_army_with_locks), METER_TEST(test_army_of_folios),
		METER_TEST(test_army_of_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
