/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of a kernel whose own structures are made to cost much, or to mislead. */
#include <config.h>

#include "victim.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const lockdep = "hugetlb-6.12", *const stock = "6.12-cloud-abba";

enum { NEXT = 0, PREV = 8, NODE = 16, SLOTS = 64, IS_NODE = 2 /* of an xarray's entry */ };

/* The victim as it is: what the others are measured against. */
static void test_unharmed(void **state)
{
	struct meter *m = *state;
	struct victim v;

	victim_open(&v, m, lockdep);
	victim_u64(&v, victim_add(&v, 0, 4), 1);
	victim_close(&v);
	meter_run(m, "unharmed", m->path);
	assert_found(m);
}

/* --- tasks */

/* A list that leads through as many nodes as have room in the pages, each 16 bytes behind the last. */
static void link_many(struct victim *v, dlk_addr_t head, dlk_addr_t first, unsigned pages)
{
	dlk_addr_t next = victim_get(v, head + NEXT), last = first + pages * 4096ull - NODE;
	uint64_t page[512];

	for (unsigned p = 0; p < pages; p++) {
		for (unsigned i = 0; i < 512; i += 2) {
			dlk_addr_t at = first + p * 4096ull + i * 8;

			page[i] = at == last ? next : at + NODE;
			page[i + 1] = at == first ? head : at - NODE;
		}
		victim_put(v, first + p * 4096ull, page, sizeof(page));
	}
	victim_u64(v, head + NEXT, first);
	victim_u64(v, next + PREV, last);
}

/* Task after task, one in the other. */
static void test_tasks_in_tasks(void **state)
{
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t nodes;

	victim_open(&v, m, stock);
	nodes = victim_add(&v, 0, 4096 + 8);
	link_many(&v, victim_at(&v, victim_symbol(&v, "init_task"), "task_struct", "tasks"),
		  nodes + 4 * 4096, 4096);
	victim_close(&v);
	meter_run(m, "2^20 tasks, one in the other", m->path);
	assert_found(m);
	assert_says(m, "the list of all tasks: task_struct");
}

static void test_threads_in_threads(void **state)
{
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t nodes, signal;

	victim_open(&v, m, stock);
	nodes = victim_add(&v, 0, 4096 + 8);
	signal = victim_get(&v,
			    victim_at(&v, victim_task(&v, "lab-abba-1"), "task_struct", "signal"));
	link_many(&v, victim_at(&v, signal, "signal_struct", "thread_head"), nodes + 4 * 4096,
		  4096);
	victim_close(&v);
	meter_run(m, "2^20 threads, one in the other", m->path);
	assert_found(m);
	assert_says(m, "threads of task_struct");
}

/* A stack at an address that is no word's. */
static void test_stack_unaligned(void **state)
{
	struct meter *m = *state;

	for (unsigned by = 1; by < 8; by += 3) {
		struct victim v;
		dlk_addr_t task, stack, at;

		victim_open(&v, m, stock);
		task = victim_task(&v, "lab-abba-1");
		stack = victim_add(&v, 0, 8) + by;
		at = victim_at(&v, task, "task_struct", "stack");
		victim_u64(&v, at, stack);
		victim_u64(&v, victim_at(&v, task, "task_struct", "thread.sp"), stack);
		victim_close(&v);
		meter_run(m, "a stack that is not aligned", m->path);
		assert_not_denied(m);
		assert_says(m, "no stack is at");
	}
}

/* A stack of nothing but the task's own address, and of nothing but return addresses. */
static void test_stack_of_words(void **state)
{
	struct meter *m = *state;

	for (int way = 0; way < 2; way++) {
		struct victim v;
		dlk_addr_t task, stack;
		uint64_t words[4 * 512];

		victim_open(&v, m, stock);
		task = victim_task(&v, "lab-abba-1");
		stack = victim_add(&v, 0, 4);
		for (size_t i = 0; i < 4 * 512; i++)
			words[i] = way ? victim_symbol(&v, "schedule") + 16 : task;
		victim_put(&v, stack, words, sizeof(words));
		victim_u64(&v, victim_at(&v, task, "task_struct", "stack"), stack);
		victim_u64(&v, victim_at(&v, task, "task_struct", "thread.sp"), stack);
		victim_close(&v);
		meter_run(m, way ? "a stack of return addresses" : "a stack of its task", m->path,
			  "-s");
		assert_not_denied(m);
	}
}

/* --- modules */

/* Symbols, as many as a module may have: all of them the same page. */
static dlk_addr_t add_symbols(struct victim *v)
{
	enum { COUNT = 1 << 19, SYMBOL = 24 };
	dlk_addr_t table = VICTIM_SPACE + (1ull << 32), kallsyms = victim_add(v, 1ull << 31, 1);
	dlk_addr_t one = victim_grow(v, 1);
	uint64_t page[512];

	memset(page, 1, sizeof(page));
	victim_put_phys(v, one, page, sizeof(page));
	victim_map(v, table, one, COUNT * SYMBOL / 4096, true);
	victim_u64(v, victim_at(v, kallsyms, "mod_kallsyms", "symtab"), table);
	victim_u64(v, victim_at(v, kallsyms, "mod_kallsyms", "strtab"), table);
	victim_u32(v, victim_at(v, kallsyms, "mod_kallsyms", "num_symtab"), COUNT);
	return kallsyms;
}

static dlk_addr_t module_text(unsigned i)
{
	return 0xffffffffc0000000ull + i * 4096ull;
}

/* Modules, a page each. */
static void add_modules(struct victim *v, unsigned count, dlk_addr_t kallsyms)
{
	dlk_addr_t space = victim_add(v, 0, count), head = victim_symbol(v, "modules");
	dlk_addr_t list = victim_member(v, "module", "list").offset;

	for (unsigned i = 0; i < count; i++) {
		dlk_addr_t at = space + i * 4096ull, mem = victim_at(v, at, "module", "mem");

		victim_put(v, victim_at(v, at, "module", "name"), "evil", 5);
		victim_u64(v, victim_at(v, mem, "module_memory", "base"), module_text(i));
		victim_u32(v, victim_at(v, mem, "module_memory", "size"), 4096);
		victim_u64(v, victim_at(v, at, "module", "kallsyms"), kallsyms);
		victim_u64(v, at + list + NEXT, i + 1 < count ? at + 4096 + list : head);
		victim_u64(v, at + list + PREV, i ? at - 4096 + list : head);
	}
	victim_u64(v, head + NEXT, space + list);
	victim_u64(v, head + PREV, space + (count - 1) * 4096ull + list);
}

/* All that a task is said to hold was taken in modules, each with as many symbols as may be. */
static void test_module_symbols(void **state)
{
	enum { LOCKS = 48 };
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t task, held;
	uint32_t size;

	victim_open(&v, m, lockdep);
	task = victim_task(&v, "puncher");
	held = victim_at(&v, task, "task_struct", "held_locks");
	assert_int_equal(v.k->types->ops->size(v.k->types, "held_lock", &size), DLK_OK);
	add_modules(&v, LOCKS, add_symbols(&v));
	for (unsigned i = 0; i < LOCKS; i++)
		victim_u64(&v,
			   victim_at(&v, held + (dlk_addr_t)i * size, "held_lock", "acquire_ip"),
			   module_text(i) + 64);
	victim_u32(&v, victim_at(&v, task, "task_struct", "lockdep_depth"), LOCKS);
	victim_close(&v);
	meter_run(m, "48 modules of 2^19 symbols each", m->path);
	assert_not_denied(m);
}

static void test_module_list(void **state)
{
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t nodes;

	victim_open(&v, m, stock);
	nodes = victim_add(&v, 0, 1024 + 8);
	link_many(&v, victim_symbol(&v, "modules"), nodes + 4 * 4096, 1024);
	victim_close(&v);
	meter_run(m, "2^18 modules, one in the other", m->path);
	assert_found(m);
	assert_says(m, "the list of modules is broken after 4096");
}

/* --- pids */

/* The list of all tasks is broken, so that the pids are asked, whose tree has this root. */
static void ask_pids(struct victim *v, dlk_addr_t root)
{
	dlk_addr_t tasks = victim_at(v, victim_symbol(v, "init_task"), "task_struct", "tasks");
	dlk_addr_t ns = victim_symbol(v, "init_pid_ns");

	victim_u64(v, tasks + NEXT, tasks + 4);
	victim_u64(v, tasks + PREV, tasks + 4);
	victim_u64(v, victim_at(v, ns, "pid_namespace", "idr.idr_rt.xa_head"), root | IS_NODE);
}

static void put_node(struct victim *v, dlk_addr_t node, uint64_t first, uint64_t step)
{
	uint64_t slots[SLOTS];

	for (unsigned i = 0; i < SLOTS; i++)
		slots[i] = first + i * step;
	victim_put(v, victim_at(v, node, "xa_node", "slots"), slots, sizeof(slots));
}

/* A pid that leads to a task which is not there. */
static dlk_addr_t add_pid(struct victim *v)
{
	dlk_addr_t pid = victim_add(v, 1 << 20, 1);

	victim_u64(v, victim_at(v, pid, "pid", "tasks"), VICTIM_SPACE + (1 << 24));
	return pid;
}

static void test_pids_in_themselves(void **state)
{
	struct meter *m = *state;

	for (int has_pid = 0; has_pid < 2; has_pid++) {
		struct victim v;
		dlk_addr_t node;

		victim_open(&v, m, stock);
		node = victim_add(&v, 0, 1);
		put_node(&v, node, node | IS_NODE, 0);
		if (has_pid)
			victim_u64(&v, victim_at(&v, node, "xa_node", "slots") + 8 * (SLOTS - 1),
				   add_pid(&v));
		ask_pids(&v, node);
		victim_close(&v);
		meter_run(m, "a tree of pids that is in itself", m->path);
		assert_not_denied(m);
	}
}

/* Five levels of one node each, all of whose slots lead to the next. */
static void test_pids_without_number(void **state)
{
	enum { LEVELS = 5 };
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t nodes;

	victim_open(&v, m, stock);
	nodes = victim_add(&v, 0, LEVELS);
	for (unsigned i = 0; i < LEVELS - 1; i++)
		put_node(&v, nodes + i * 4096ull, (nodes + (i + 1) * 4096ull) | IS_NODE, 0);
	put_node(&v, nodes + (LEVELS - 1) * 4096ull, add_pid(&v), 0);
	ask_pids(&v, nodes);
	victim_close(&v);
	meter_run(m, "2^30 pids", m->path);
	assert_not_denied(m);
}

/* --- the log */

static void test_log(void **state)
{
	struct meter *m = *state;
	struct victim v;
	dlk_addr_t prb;
	uint64_t page[512];
	dlk_addr_t one, ring;

	victim_open(&v, m, lockdep);
	victim_u32(&v, victim_symbol(&v, "debug_locks"), 0);
	prb = victim_add(&v, 0, 1);
	victim_u64(&v, victim_symbol(&v, "prb"), prb);
	ring = VICTIM_SPACE + (1ull << 34);
	one = victim_grow(&v, 1);
	memset(page, 0x40, sizeof(page));
	victim_put_phys(&v, one, page, sizeof(page));
	for (unsigned i = 0; i < 16; i++)
		victim_map(&v, ring + ((uint64_t)i << 27), one, 1 << 15, true);
	victim_u64(&v, victim_at(&v, prb, "printk_ringbuffer", "desc_ring.descs"), ring);
	victim_u64(&v, victim_at(&v, prb, "printk_ringbuffer", "desc_ring.infos"), ring);
	victim_u64(&v, victim_at(&v, prb, "printk_ringbuffer", "text_data_ring.data"), ring);
	victim_u32(&v, victim_at(&v, prb, "printk_ringbuffer", "desc_ring.count_bits"), 24);
	victim_u32(&v, victim_at(&v, prb, "printk_ringbuffer", "text_data_ring.size_bits"), 24);
	victim_u64(&v, victim_at(&v, prb, "printk_ringbuffer", "desc_ring.tail_id"), 0);
	victim_u64(&v, victim_at(&v, prb, "printk_ringbuffer", "desc_ring.head_id"), (1 << 24) - 1);
	victim_close(&v);
	meter_run(m, "a log of 2^24 records", m->path);
	assert_not_denied(m);
}

/* --- lockdep */

static void test_lockdep_depth(void **state)
{
	static const uint32_t depths[] = { 48, 49, UINT32_MAX };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		struct victim v;

		victim_open(&v, m, lockdep);
		victim_u32(&v,
			   victim_at(&v, victim_task(&v, "puncher"), "task_struct",
				     "lockdep_depth"),
			   depths[i]);
		victim_close(&v);
		meter_run(m, "a depth of held locks beyond all", m->path);
		assert_not_denied(m);
		if (depths[i] > 48)
			assert_says(m, "entries, where 48 have");
	}
}

/* --- what is said */

/* Of a release, a task and a file no byte is printed that a terminal would obey. */
static void test_escapes(void **state)
{
	static const char *const texts[] = { "\033[2J\007", "\302\233\061J\177", "\342\200\256\b\r",
					     "\377\376\200" };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char path[600];
		struct victim v;

		victim_open(&v, m, stock);
		victim_note(&v, "OSRELEASE=", texts[i]);
		victim_put(&v, victim_at(&v, victim_task(&v, "lab-abba-1"), "task_struct", "comm"),
			   texts[i], strlen(texts[i]));
		victim_close(&v);
		snprintf(path, sizeof(path), "%s%s", m->path, texts[i]);
		assert_int_equal(rename(m->path, path), 0);
		for (int is_json = 0; is_json < 2; is_json++) {
			meter_run(m, "names that a terminal obeys", is_json ? "-j" : "-csv", path);
			assert_found(m);
			for (const char *p = m->out; *p; p++)
				assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
		}
		assert_int_equal(rename(path, m->path), 0);
	}
}

/* --- CPUs */

static void test_cpus(void **state)
{
	static const uint32_t counts[] = { 0, 8192, UINT32_MAX };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct victim v;

		victim_open(&v, m, stock);
		victim_u32(&v, victim_symbol(&v, "nr_cpu_ids"), counts[i]);
		victim_close(&v);
		meter_run(m, "CPUs without number", m->path);
		assert_not_denied(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_unharmed),
		METER_TEST(test_tasks_in_tasks),
		METER_TEST(test_threads_in_threads),
		METER_TEST(test_stack_unaligned),
		METER_TEST(test_stack_of_words),
		METER_TEST(test_module_symbols),
		METER_TEST(test_module_list),
		METER_TEST(test_pids_in_themselves),
		METER_TEST(test_pids_without_number),
		METER_TEST(test_log),
		METER_TEST(test_lockdep_depth),
		METER_TEST(test_escapes),
		METER_TEST(test_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
