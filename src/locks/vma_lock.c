/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock of a VMA, where that is a count of its users (vm_area_struct.vm_refcnt; since v6.15 or v6.16, mm/mmap_lock.c).
 * From v6.4 until then it is a rwsem, and before there is none.
 *
 * A page fault reads a VMA without the mmap_lock, and counts itself in vm_refcnt; it never waits for that.  Who has the
 * mmap_lock to write, and means to change the VMA, sets a bit, and waits until the others are gone.
 *
 * Wait: the mm_struct names the writer that waits for the readers of one of its VMAs, in vma_writer_wait (a struct
 * rcuwait), until it is awake.  Which VMA that is, no record says: it is one whose address stands on the writer's stack,
 * which is of that mm_struct, and has the bit.  Certain: the records of two structs agree, and nobody waits for two
 * VMAs at a time.  Likely if its frames are guessed.
 *
 * Hold: the readers are counted, and recorded nowhere; lockdep alone knows them.  The count has one more for a VMA
 * that is in use, and none more for one that is being detached.  Who has the address of the VMA on its stack, and waits for
 * something else, may be a reader: possible, never more.
 *
 * How it can be wrong: a reader that sees the bit has counted itself for a moment.  Many who have the address of a VMA on
 * their stack do something else with it.  A writer of whose stack nothing leads to the VMA is not found, and not
 * understood (unknown.c).
 */
#include <config.h>

#include "kernel/vma.h"
#include "locks/find.h"
#include "locks/kind.h"
#include "locks/lock.h"

enum {
	EXCLUDES = 1 << 30 /* VM_REFCNT_EXCLUDE_READERS_FLAG in v7.3, VMA_LOCK_OFFSET before */
};

static const enum dlk_member_id needs[] = { DLK_M_vma_refcnt, DLK_M_vma_mm, DLK_M_mm_vma_writer,
					    DLK_M_NONE };

static const char *const functions[] = {
	"__vma_start_write",           "__vma_enter_locked",
	"__vma_start_exclude_readers", "__vma_exclude_readers_for_detach",
	"vma_mark_detached",           NULL
};

/* A search for the VMA whose readers a writer waits for. */
struct search {
	struct dlk_facts *f;
	dlk_addr_t writer; /* its task */
	bool is_detaching;
	dlk_addr_t vma;         /* 0: not found yet */
	uint64_t readers;       /* of that */
	enum dlk_status failed; /* of a read that might have found it */
};

/* The outermost frame of the functions in which a writer sleeps; DLK_NONE.  What they are called by says what is waited for. */
static uint32_t find_writing(const struct dlk_context *c, bool *is_detaching, bool *is_reliable)
{
	static const char *const detaching[] = { "__vma_exclude_readers_for_detach",
						 "vma_mark_detached", NULL };
	uint32_t found = DLK_NONE;

	for (uint32_t i = 0; i < c->frame_count; i++) {
		if (dlk_function_matches(c->frames[i].function, functions))
			found = i;
		else if (found != DLK_NONE)
			break;
	}
	if (found == DLK_NONE)
		return found;
	*is_detaching = dlk_function_matches(c->frames[found].function, detaching);
	*is_reliable = c->frames[found].is_reliable;
	return found;
}

static bool try_vma(struct search *s, dlk_addr_t vma)
{
	struct dlk_kernel *k = s->f->k;
	uint64_t mm, count, writer = 0;
	enum dlk_status status;

	if (!dlk_kernel_can_be_struct(k, vma))
		return false;
	status = dlk_kernel_read_member(k, vma, DLK_M_vma_refcnt, &count);
	if (!status && !(count & EXCLUDES))
		return false;
	if (!status)
		status = dlk_kernel_read_member(k, vma, DLK_M_vma_mm, &mm);
	if (!status && !dlk_kernel_can_be_struct(k, mm))
		return false;
	if (!status)
		status = dlk_kernel_read_member(k, mm, DLK_M_mm_vma_writer, &writer);
	if (status)
		s->failed = status;
	if (status || writer != s->writer)
		return false;
	s->vma = vma;
	s->readers = count % EXCLUDES;
	if (s->readers && !s->is_detaching)
		s->readers--;
	return true;
}

/* Up to the end of the frame @p end; what lies within the stack is no VMA. */
static enum dlk_status find_vma(struct search *s, const struct dlk_stack *stack, dlk_addr_t end)
{
	for (uint32_t i = 0; i < stack->word_count && stack->sp + i * sizeof(uint64_t) < end; i++) {
		dlk_addr_t word = stack->words[i];

		if ((word < stack->task->stack || word >= stack->top) && try_vma(s, word))
			return DLK_OK;
	}
	return s->failed;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, uint64_t readers)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	r->name = dlk_vma_name(f->k, r->address);
	if (!readers)
		return dlk_lock_no_owner(f, resource,
					 "no reader holds it any more, and the writer that waits "
					 "for that has not taken it yet");
	r->state = dlk_format(f->ctx, "held for reading by %llu", (unsigned long long)readers);
	r->holders_unknown = "a VMA counts its readers, and does not record them";
	r->readers = readers;
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status add_writer(struct dlk_facts *f, uint32_t context, void *arg)
{
	struct search s = { .f = f, .writer = dlk_facts_context(f, context)->task };
	struct dlk_wait wait = { .context = context,
				 .position = 0,
				 .mode = DLK_MODE_WRITE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .note = "the mm_struct names it as the writer that waits for "
					 "readers of a VMA" };
	const struct dlk_context *c;
	struct dlk_stack stack;
	bool is_new, is_reliable;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);
	uint32_t frame;

	(void)arg;
	if (status)
		return status;
	c = dlk_facts_context(f, context);
	frame = find_writing(c, &s.is_detaching, &is_reliable);
	if (frame == DLK_NONE)
		return DLK_OK;
	status = find_vma(&s, &stack, c->frames[frame].sp);
	if (status || !s.vma)
		return status;
	wait.confidence = is_reliable ? DLK_CERTAIN : DLK_LIKELY;
	status = dlk_facts_make_resource(f, DLK_KIND_VMA_LOCK, s.vma, &wait.resource, &is_new);
	if (!status && is_new)
		status = describe(f, wait.resource, s.readers);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

enum dlk_status dlk_vma_lock_gather(struct dlk_facts *f)
{
	return dlk_layout_has_all(&f->k->layout, needs)
		       ? dlk_facts_walk_unexplained(f, add_writer, NULL)
		       : DLK_OK;
}

static enum dlk_status check(struct dlk_facts *f, uint32_t resource, enum dlk_sought_by *by)
{
	if (!dlk_facts_resource(f, resource)->readers)
		*by = DLK_SOUGHT_BY_NOTHING;
	return DLK_OK;
}

const struct dlk_lock_kind dlk_kind_vma_lock = {
	.dep_map = DLK_M_vma_dep_map,
	.needs = needs,
	.exists_with = DLK_M_vma_refcnt,
	.check = check,
	.near = DLK_NEAR_ADDRESS,
};
