/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What code tells of who holds what (code/release.h), against what lockdep lists (lockdep/lockdep.h).
 *
 * Asked of each task that is switched out: will you release this lock?, for every mutex, rwsem and percpu_rwsem that any task
 * has on its list, those that it waits for among them.  lockdep's word is "held", "awaited" (the task's own, entered
 * before it is obtained), "last" (the last entry of one that does not sleep, and may be just obtaining it or letting it go: its own word does not name it) or "none".  Recall is of "held"; a claim MUST is wrong of all others.
 *
 * Not asked: entries that are no locks (lockdep/what.c; but write access to a file system is a percpu_rwsem), and
 * what spins.
 * Which kind an entry is of is not recorded: told by the function that was called before its address, and for inline ones by
 * the class; the entry's own words must agree.
 *
 * lockdep's entry goes before the lock is let go, and comes, of one that is tried, after it was taken: of who was stopped in between
 * its word is "none", and MUST is right all the same.
 *
 * How it can be wrong: a lock that lockdep was told to pass over, or that several entries of a class with references stand
 * for.  Of a task with such an entry only what is listed is asked.
 *
 * Usage: code-truth DUMP...
 * A line for each answer that is not "none" on both sides, fields with tabs between: dump, pid, comm, kind, class, lock, verdict, at,
 * lockdep's word.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "code/release.h"
#include "locks/acts.h"
#include "locks/kind.h"
#include "lockdep/lockdep.h"
#include "session/session.h"

enum { MAX_LOCKS = 512 };

struct lock {
	dlk_addr_t map, address;
	enum dlk_kind kind;
	const char *class;
};

struct truth {
	const char *dump;
	struct dlk_facts *f;
	struct dlk_release *release;
	struct lock locks[MAX_LOCKS];
	struct dlk_release_claim claims[MAX_LOCKS];
	uint32_t count;
	bool has_references; /* of the task that is asked */
};

static const struct dlk_held *held_at(const struct dlk_facts *f, uint32_t i)
{
	return DLK_VEC_AT(&f->model.held, struct dlk_held, i);
}

static const char *class_of(const struct dlk_facts *f, const struct dlk_held *held)
{
	return DLK_VEC_AT(&f->model.classes, struct dlk_lock_class, held->class)->name;
}

/* The function that was called before an address: a call's own five bytes end there.  NULL. */
static const char *called_before(struct dlk_kernel *k, dlk_addr_t ip)
{
	unsigned char bytes[5];
	int32_t offset;

	if (dlk_memory_read(&k->memory, ip - sizeof(bytes), bytes, sizeof(bytes)) ||
	    bytes[0] != 0xe8)
		return NULL;
	memcpy(&offset, bytes + 1, sizeof(offset));
	return dlk_kernel_describe_ip(k, ip + (dlk_addr_t)(int64_t)offset).function;
}

static bool begins(const char *name, const char *with)
{
	return name && !strncmp(name, with, strlen(with));
}

static bool is_percpu(const char *class)
{
	static const char *const names[] = { "sb_writers",        "sb_pagefaults",
					     "sb_internal",       "cpu_hotplug_lock",
					     "mem_hotplug_lock",  "cgroup_threadgroup_rwsem",
					     "dup_mmap_sem",      "file_rwsem",
					     "bdev->bd_size_lock" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(class, names[i]))
			return true;
	return strstr(class, "percpu") != NULL;
}

/* DLK_KIND_COUNT: none that is asked. */
static enum dlk_kind kind_of(const struct dlk_facts *f, const struct dlk_held *held)
{
	const char *function = called_before(f->k, held->ip), *class = class_of(f, held);

	if (held->resource != DLK_NONE)
		return dlk_model_resource(&f->model, held->resource)->kind;
	if (begins(function, "mutex_lock") || begins(function, "mutex_trylock") ||
	    begins(function, "_mutex_lock"))
		return DLK_KIND_MUTEX;
	if (is_percpu(class) || begins(function, "percpu_down"))
		return DLK_KIND_PERCPU_RWSEM;
	if (begins(function, "down_read") || begins(function, "down_write"))
		return DLK_KIND_RWSEM;
	return DLK_KIND_COUNT;
}

static const struct lock *find_lock(const struct truth *t, dlk_addr_t map)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->locks[i].map == map)
			return &t->locks[i];
	return NULL;
}

static void add_lock(struct truth *t, const struct dlk_held *held)
{
	enum dlk_kind kind = kind_of(t->f, held);
	enum dlk_member_id dep_map;

	if (find_lock(t, held->map) || t->count == MAX_LOCKS)
		return;
	if (kind == DLK_KIND_COUNT || !dlk_acts_of(kind)) {
		printf("%s\t-\t-\t-\t%s\t0x%llx\tnot-asked\t%s\t-\n", t->dump, class_of(t->f, held),
		       (unsigned long long)held->map, held->at ? held->at : "?");
		return;
	}
	dep_map = dlk_lock_kinds[kind]->dep_map;
	if (!dlk_layout_has(&t->f->k->layout, dep_map))
		return;
	t->locks[t->count++] =
		(struct lock){ .map = held->map,
			       .address = held->map - dlk_layout_offset(&t->f->k->layout, dep_map),
			       .kind = kind,
			       .class = class_of(t->f, held) };
}

/* Whether the lock's own word names the task, which then holds it, whatever it is doing. */
static bool is_owner(const struct dlk_facts *f, uint32_t context, const struct lock *lock)
{
	enum dlk_member_id owner = lock->kind == DLK_KIND_MUTEX   ? DLK_M_mutex_owner
				   : lock->kind == DLK_KIND_RWSEM ? DLK_M_rwsem_owner
								  : DLK_M_NONE;

	/* The low bits are flags; that of a reader is bit 0 of a rwsem's. */
	return owner != DLK_M_NONE && dlk_layout_has(&f->k->layout, owner) &&
	       (dlk_kernel_peek_member(f->k, lock->address, owner) & ~UINT64_C(7)) ==
		       dlk_facts_task(f, context)->address;
}

/* What lockdep says of a lock and a task. */
static const char *word_of(const struct dlk_facts *f, uint32_t context, const struct lock *lock)
{
	dlk_addr_t map = lock->map;
	const struct dlk_context *c = dlk_facts_context(f, context);
	const char *word = "none";

	for (uint32_t i = 0; i < c->held_count; i++) {
		const struct dlk_held *held = held_at(f, c->held_first + i);

		if (held->map == map && !c->is_blocked && i + 1 == c->held_count)
			return is_owner(f, context, lock) ? "held" : "last";
		if (held->map == map && !held->is_waited_for)
			return "held";
		if (held->map == map)
			word = "awaited";
	}
	return word;
}

static void print_claim(const struct truth *t, uint32_t context, uint32_t i)
{
	static const char *const verdicts[] = { [DLK_RELEASE_NONE] = "none",
						[DLK_RELEASE_TAKES] = "takes",
						[DLK_RELEASE_MAY] = "may",
						[DLK_RELEASE_MUST] = "must" };
	const struct dlk_task *task = dlk_facts_task(t->f, context);
	const struct lock *lock = &t->locks[i];
	const struct dlk_release_claim *c = &t->claims[i];
	const char *word = word_of(t->f, context, lock);
	const char *at = c->at ? dlk_kernel_describe_ip(t->f->k, c->at).text : NULL;

	if (!strcmp(word, "none") && (c->verdict < DLK_RELEASE_MAY || t->has_references))
		return;
	printf("%s\t%d\t%s\t%s\t%s\t0x%llx\t%s\t%d:%s%s\t%s\n", t->dump, task->pid, task->comm,
	       dlk_kind_text(lock->kind), lock->class, (unsigned long long)lock->address,
	       verdicts[c->verdict], (int)c->frame, at ? at : "-", c->is_lost ? " (lost)" : "",
	       word);
}

/* How the task got there and what of it is listed, for who looks for a cause. */
static void print_stack(const struct truth *t, uint32_t context, const struct dlk_stack *stack)
{
	const struct dlk_context *c = dlk_facts_context(t->f, context);

	for (uint32_t i = 0; i < c->held_count; i++)
		fprintf(stderr, "%s %d held %s at %s\n", t->dump,
			dlk_facts_task(t->f, context)->pid,
			class_of(t->f, held_at(t->f, c->held_first + i)),
			held_at(t->f, c->held_first + i)->at);
	for (uint32_t i = 0; i < stack->frame_count; i++)
		fprintf(stderr, "%s %d   %u %s\n", t->dump, dlk_facts_task(t->f, context)->pid, i,
			dlk_kernel_describe_ip(t->f->k, stack->frames[i].ip).text);
}

static enum dlk_status ask_task(struct truth *t, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(t->f, context);
	struct dlk_stack stack;
	enum dlk_status status = dlk_facts_unwind(t->f, context, &stack);

	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	t->has_references = false;
	for (uint32_t i = 0; i < c->held_count; i++)
		t->has_references |= held_at(t->f, c->held_first + i)->references > 0;
	for (uint32_t i = 0; i < t->count; i++)
		t->claims[i] = (struct dlk_release_claim){ .object = t->locks[i].address,
							   .rules = dlk_acts_of(t->locks[i].kind),
							   .frame = DLK_NONE };
	dlk_release_start(t->release);
	status = dlk_release_ask(t->release, &stack, t->claims, t->count);
	if (status)
		return status;
	if (c->held_count)
		print_stack(t, context, &stack);
	for (uint32_t i = 0; i < t->count; i++)
		print_claim(t, context, i);
	return DLK_OK;
}

static enum dlk_status ask_all(struct truth *t)
{
	enum dlk_status status = dlk_release_open(t->f->k, NULL, &t->release);

	for (uint32_t i = 0; i < t->f->model.held.len; i++)
		add_lock(t, held_at(t->f, i));
	for (uint32_t i = 0; i < t->f->tasks.tasks.len && !status; i++)
		if (!dlk_facts_task(t->f, i)->is_on_cpu)
			status = ask_task(t, i);
	return status;
}

static bool check(const char *dump)
{
	struct dlk_open how = { .vmcore = dump };
	struct dlk_analyze_options options = { .all_stacks = false };
	const char *slash = strrchr(dump, '/');
	struct truth t = { .dump = slash ? slash + 1 : dump };
	struct dlk_session *s = NULL;
	struct dlk_model model;
	struct dlk_ctx ctx;
	enum dlk_status status;

	dlk_ctx_init(&ctx);
	status = dlk_session_open_vmcore(&ctx, &how, &s);
	if (!status)
		status = dlk_session_analyze(s, &options, &model);
	if (!status && model.lockdep.state == DLK_LOCKDEP_ON) {
		t.f = &s->facts;
		status = ask_all(&t);
	}
	if (status)
		fprintf(stderr, "%s: %s\n", dump, ctx.err.text);
	dlk_session_close(s);
	dlk_ctx_deinit(&ctx);
	return !status;
}

int main(int argc, char **argv)
{
	bool is_good = argc > 1;

	for (int i = 1; i < argc; i++)
		is_good &= check(argv[i]);
	return is_good ? 0 : 1;
}
