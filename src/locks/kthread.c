/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that others wait for: that they come, park, or end.
 *
 * All of these are waits for a completion, which completion.c finds.  Whoever waits for a thread has its address at hand, or that of
 * the request to make it, for he needs it afterwards: it stands on his stack.  What is found there counts only if
 * it leads back to the very completion that is waited for:
 *
 *	task_struct.vfork_done			the end of a kernel thread (kthread_stop()); of another one
 *						its end or its execve() (vfork())
 *	struct kthread.exited, .parked		the end or the parking of a kernel thread
 *	struct kthread_create_info.done		the making of one
 *
 * Claims: certain, that the thread is what ends the wait: nobody else completes these.  Who is to make a thread is kthreadd
 * alone.  Certain if the request is still linked in kthread_create_list; likely if kthreadd has taken it, and has its address on
 * its own stack.  Else the thread has been made, and is itself on its way to complete it: which it is, is not known.
 *
 * How it can be wrong: an address that is not on the stack, since the compiler found another way, leaves a completion of
 * which nobody knows who completes it: said so.  A killed task that waits for the making of a thread goes on alone, as with
 * a lock that is waited for killably.
 */
#include <config.h>

#include "locks/event.h"

#include "kernel/list.h"
#include "locks/queue.h"

enum {
	SEARCHED_FRAMES = 4, /* of the waiter, and of who called that */
	SEARCHED_WORDS = 256
};

static const enum dlk_member_id needs[] = { DLK_M_task_vfork_done, DLK_M_kthread_exited,
					    DLK_M_kthread_parked,  DLK_M_create_done,
					    DLK_M_create_list,     DLK_M_NONE };

static const char *const create_functions[] = { "kthread_create_on_node",
						"__kthread_create_on_node", NULL };

/* A search of the words of a waiter's stack. */
struct event_search {
	struct dlk_facts *f;
	const struct dlk_candidate *c;
	dlk_addr_t completion;
	struct dlk_event *event;
	enum dlk_status failed; /* of a read that might have found it */
};

/* Looks at a word: whether it leads to the completion. */
typedef bool try_fn(struct event_search *s, uint64_t word);

static bool read(struct event_search *s, dlk_addr_t base, enum dlk_member_id id, uint64_t *ret)
{
	enum dlk_status status;

	if (!dlk_layout_has(&s->f->k->layout, id))
		return false;
	status = dlk_kernel_read_member(s->f->k, base, id, ret);
	if (status)
		s->failed = status;
	return !status;
}

/* Whether a struct kthread has the completion as a member. */
static bool is_in_kthread(const struct event_search *s, dlk_addr_t kthread, enum dlk_member_id id)
{
	const struct dlk_layout *l = &s->f->k->layout;

	return kthread && dlk_layout_has(l, id) &&
	       s->completion == kthread + dlk_layout_offset(l, id);
}

/* What of a thread the completion tells of, in words; NULL if of nothing. */
static const char *find_what(struct event_search *s, const struct dlk_context *thread)
{
	uint64_t vfork_done, kthread;

	if (read(s, thread->task, DLK_M_task_vfork_done, &vfork_done) &&
	    vfork_done == s->completion)
		return thread->is_kthread ? "the end" : "the execve() or the end";
	if (!thread->is_kthread || !read(s, thread->task, DLK_M_task_kthread, &kthread))
		return NULL;
	if (is_in_kthread(s, kthread, DLK_M_kthread_exited))
		return "the end";
	return is_in_kthread(s, kthread, DLK_M_kthread_parked) ? "the parking" : NULL;
}

static bool try_thread(struct event_search *s, uint64_t word)
{
	uint32_t context = dlk_facts_find_context(s->f, word);
	const struct dlk_context *thread;
	const char *what;

	if (context == DLK_NONE || context == s->c->context)
		return false;
	thread = dlk_facts_context(s->f, context);
	what = find_what(s, thread);
	if (!what)
		return false;
	s->failed = DLK_OK;
	*s->event = (struct dlk_event){
		.kind = thread->is_kthread ? DLK_KIND_KTHREAD : DLK_KIND_COMPLETION,
		.name = dlk_format(s->f->ctx, "%s of %s (pid %d)", what, thread->comm, thread->pid),
		.hold = { .context = context,
			  .evidence = DLK_EVIDENCE_ENDS,
			  .confidence = DLK_CERTAIN },
	};
	return true;
}

/* Whether a word stands on the live stack of a task. */
static enum dlk_status is_on_stack(struct dlk_facts *f, uint32_t context, uint64_t word, bool *ret)
{
	struct dlk_stack stack;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);

	*ret = false;
	for (uint32_t i = 0; !status && i < stack.word_count && !*ret; i++)
		*ret = stack.words[i] == word;
	return status;
}

static uint32_t find_kthreadd(struct event_search *s)
{
	struct dlk_facts *f = s->f;
	dlk_addr_t at = dlk_kernel_symbol(f->k, "kthreadd_task");
	uint64_t kthreadd = 0;
	enum dlk_status status = at ? dlk_memory_read_u64(&f->k->memory, at, &kthreadd) : DLK_OK;

	if (status)
		s->failed = dlk_memory_explain(&f->k->memory, status);
	return dlk_facts_find_context(f, kthreadd);
}

/* Who is to make a thread: kthreadd, until it has. */
static void find_maker(struct event_search *s, dlk_addr_t create)
{
	struct dlk_facts *f = s->f;
	dlk_addr_t list = create + dlk_layout_offset(&f->k->layout, DLK_M_create_list);
	struct dlk_hold *hold = &s->event->hold;
	bool is_linked, is_at_hand;
	enum dlk_status status;

	hold->context = find_kthreadd(s);
	if (hold->context == DLK_NONE) {
		s->event->holders_unknown = "who kthreadd is, is not known";
		return;
	}
	status = dlk_list_check(f->k, list, &is_linked);
	if (!status && is_linked)
		return;
	if (!status)
		status = is_on_stack(f, hold->context, create, &is_at_hand);
	if (!status && is_at_hand) {
		hold->evidence = DLK_EVIDENCE_LIVE_FRAME;
		hold->confidence = DLK_LIKELY;
		hold->note = "it has taken the request, and is about to make the thread";
		return;
	}
	s->failed = status;
	hold->context = DLK_NONE;
	s->event->holders_unknown =
		status ? "how far kthreadd has come with the request cannot be read"
		       : "kthreadd is done with the request: the thread has been made, and has not "
			 "begun yet";
}

static bool try_create(struct event_search *s, uint64_t word)
{
	struct dlk_facts *f = s->f;
	uint64_t done;
	const char *name;

	if (!dlk_kernel_can_be_struct(f->k, word) || dlk_facts_find_context(f, word) != DLK_NONE ||
	    word - s->c->stack->task->stack < f->k->stack_size ||
	    !read(s, word, DLK_M_create_done, &done) || done != s->completion)
		return false;
	name = dlk_kernel_read_string(f->k,
				      dlk_kernel_peek_member(f->k, word, DLK_M_create_full_name));
	*s->event = (struct dlk_event){
		.kind = DLK_KIND_KTHREAD,
		.name = dlk_format(f->ctx, "the making of %s", name ? name : "a kernel thread"),
		.hold = { .context = DLK_NONE,
			  .evidence = DLK_EVIDENCE_ENDS,
			  .confidence = DLK_CERTAIN },
	};
	s->failed = DLK_OK;
	find_maker(s, word);
	return true;
}

/* The stack from its end on, up to a few frames beyond the waiter's: registers are saved further in. */
static bool search(struct event_search *s, try_fn *try_word)
{
	const struct dlk_stack *stack = s->c->stack;
	uint32_t last = s->c->frame + SEARCHED_FRAMES - 1;
	dlk_addr_t end =
		stack->frames[last < stack->frame_count ? last : stack->frame_count - 1].sp;

	for (uint32_t i = 0; i < stack->word_count && i < SEARCHED_WORDS; i++) {
		if (stack->sp + i * sizeof(uint64_t) >= end)
			return false;
		if (stack->words[i] && try_word(s, stack->words[i]))
			return true;
	}
	return false;
}

static bool is_creation(const struct dlk_candidate *c)
{
	const struct dlk_stack *stack = c->stack;

	for (uint32_t i = c->frame; i < stack->frame_count && i - c->frame < SEARCHED_FRAMES; i++)
		if (dlk_function_matches(stack->frames[i].function, create_functions))
			return true;
	return false;
}

enum dlk_status dlk_thread_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				      dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	struct event_search s = { .f = f, .c = c, .completion = completion, .event = ret };
	bool can_be_creation = is_creation(c) && dlk_layout_has(&f->k->layout, DLK_M_create_list);

	*is_found = search(&s, try_thread) || (can_be_creation && search(&s, try_create));
	if (*is_found && !ret->name)
		return dlk_nomem(f->ctx);
	return s.failed;
}

/* The waiter of a completion leads to it. */
const struct dlk_lock_kind dlk_kind_kthread = { .needs = needs };
