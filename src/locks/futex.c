/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes.
 *
 * Wait: a struct futex_q on the task's stack that names the task, in the frame of a function that waits for futexes, and that is
 * linked in a hash bucket (kernel/futex). Its key says which futex: in the memory of one process the address, else the page of
 * a file and the offset in it (include/linux/futex.h). All who wait for one futex have equal keys.
 *
 * Nearly all of them are idle: threads of a pool, readers of a queue.  So which futex it is is said of each, from the words of its own
 * stack alone, and that groups them; that it waits for it is a fact only of who keeps others waiting (scan.c): likely, and certain
 * if both its neighbours in the bucket know it, and the frame is no guess.  One with priority inheritance is an rt_mutex, whose owner is known (rt_mutex.c).
 *
 * Hold: the owner of a futex is known to user space only.
 *
 * How it can be wrong: a process is named by who waits; where two share their memory (vfork()), one futex looks like two.  The
 * number of a file is a sequence of the kernel's, not that of its inode. A futex_q that was woken is still there until its task runs
 * on: it is linked with itself then, and nobody waits. futex_waitv() keeps its entries elsewhere, and is named by its function.
 */
#include <config.h>

#include "locks/kind.h"
#include "locks/lock.h"

enum {
	OF_FILE = 1,         /* FUT_OFF_INODE, in the offset of a key */
	FLAGS = 3,           /* and FUT_OFF_MMSHARED: futexes are aligned to 4 bytes */
	PAGE_LIMIT = 1 << 16 /* no architecture has larger pages */
};

static const char *const functions[] = { "futex_wait*", "__futex_wait*", "futex_lock_pi*", NULL };

static const enum dlk_member_id needs[] = {
	DLK_M_futex_q_task,   DLK_M_futex_q_list,     DLK_M_futex_q_ptr, DLK_M_futex_q_word,
	DLK_M_futex_q_offset, DLK_M_futex_q_pi_state, DLK_M_NONE
};

/* What of a futex_q is on the stack. */
struct entry {
	uint64_t ptr, word, offset, pi_state, next;
};

static enum dlk_status read_entry(struct dlk_facts *f, dlk_addr_t q, struct entry *ret)
{
	const struct {
		enum dlk_member_id id;
		uint64_t *value;
	} members[] = {
		{ DLK_M_futex_q_ptr, &ret->ptr },
		{ DLK_M_futex_q_word, &ret->word },
		{ DLK_M_futex_q_offset, &ret->offset },
		{ DLK_M_futex_q_pi_state, &ret->pi_state },
	};
	enum dlk_status status = DLK_OK;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && !status; i++)
		status = dlk_kernel_read_member(f->k, q, members[i].id, members[i].value);
	if (!status)
		status = dlk_memory_read_u64(&f->k->memory,
					     q + dlk_layout_offset(&f->k->layout,
								   DLK_M_futex_q_list),
					     &ret->next);
	ret->offset &= UINT32_MAX;
	return status;
}

/* Whether it waits, and its key makes sense. */
static bool is_waiting(const struct dlk_facts *f, dlk_addr_t q, const struct entry *e)
{
	dlk_addr_t list = q + dlk_layout_offset(&f->k->layout, DLK_M_futex_q_list);

	return e->next != list && dlk_kernel_can_be_struct(f->k, e->next) && e->ptr &&
	       e->offset < PAGE_LIMIT;
}

/* "0x7f26f4a01020 of worker (process 77)", "byte 0x20 of page 3 of file 12"; equal for equal keys. */
static const char *name_futex(struct dlk_facts *f, uint32_t context, const struct entry *e)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	unsigned long long offset = e->offset & ~(uint64_t)FLAGS;

	if (e->offset & OF_FILE)
		return dlk_format(f->ctx, "byte %#llx of page %llu of shared file %llu", offset,
				  (unsigned long long)e->word, (unsigned long long)e->ptr);
	return dlk_format(f->ctx, "%#llx of process %d", (unsigned long long)e->word + offset,
			  c->tgid);
}

static enum dlk_status add_wait(struct dlk_facts *f, const struct dlk_candidate *c,
				const char *name, bool is_sure)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = is_sure ? DLK_CERTAIN : DLK_LIKELY };
	bool is_new;
	enum dlk_status status = dlk_model_make_resource(&f->model, DLK_KIND_FUTEX, 0, name,
							 &wait.resource, &is_new);

	if (status)
		return status;
	dlk_facts_resource(f, wait.resource)->holders_unknown = dlk_kind_unknown(DLK_KIND_FUTEX);
	return dlk_facts_add_wait(f, &wait);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_context *context = dlk_facts_context(f, c->context);
	struct entry e;
	bool is_linked;
	enum dlk_status read, status;

	if (!dlk_layout_has_all(l, needs))
		return DLK_OK;
	/* A struct that is cut off by the stack's end is none. */
	if (read_entry(f, c->waiter, &e) || !is_waiting(f, c->waiter, &e))
		return DLK_OK;
	context->sleeps_on = name_futex(f, c->context, &e);
	if (!context->sleeps_on)
		return dlk_nomem(f->ctx);
	if (e.pi_state || (!context->is_uninterruptible && !c->is_keeper))
		return DLK_OK;
	read = dlk_list_check(f->k, c->waiter + dlk_layout_offset(l, DLK_M_futex_q_list),
			      &is_linked);
	if (!read && !is_linked)
		return DLK_OK;
	status = dlk_facts_absorb(f, read, c->waiter, false);
	if (status)
		return status;
	*is_taken = true;
	return add_wait(f, c, context->sleeps_on,
			is_linked && c->stack->frames[c->frame].is_reliable);
}

static const struct dlk_waiter waiter = { .task = DLK_M_futex_q_task,
					  .functions = functions,
					  .take = take };

const struct dlk_lock_kind dlk_kind_futex = { .waiter = &waiter,
					      .needs = needs,
					      .exists_with = DLK_M_futex_q_task };
