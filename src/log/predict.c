/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of lockdep, in words. */
#include <config.h>

#include "log/predict.h"

#include <string.h>

#include "kernel/kernel.h"

enum { MAX_PREDICTIONS = 256, NAME_BYTES = 160 };

/* --- who took a lock: the first function that is none of lockdep's, nor of the locks' own */

static bool is_of_locks(const char *function)
{
	static const char *const own[] = { "lock_acquire*",
					   "__lock_acquire*",
					   "mark_lock*",
					   "mark_held*",
					   "mark_usage*",
					   "validate_chain*",
					   "check_*",
					   "print_*",
					   "dump_stack*",
					   "__dump_stack*",
					   "show_stack*",
					   "dump_backtrace*",
					   "save_trace*",
					   "save_stack*",
					   "unwind_backtrace*",
					   "valid_state*",
					   "lockdep_*",
					   "__lockdep_*",
					   "trace_hardirqs*",
					   "__might_*",
					   "_raw_*",
					   "__raw_*",
					   "do_raw_*",
					   "mutex_lock*",
					   "__mutex_lock*",
					   "down_read*",
					   "__down_read*",
					   "down_write*",
					   "__down_write*",
					   "spin_lock*",
					   "__spin_lock*",
					   "read_lock*",
					   "write_lock*",
					   "seqcount_*",
					   "rt_spin_lock*",
					   "wait_for_completion*",
					   NULL };

	return dlk_function_matches(function, own);
}

static const char *taker(const struct dlk_log_stack *stack)
{
	for (uint32_t i = 0; i < stack->count; i++)
		if (!is_of_locks(stack->frames[i].function))
			return stack->frames[i].function;
	return NULL;
}

/* --- links */

static enum dlk_status fill_stack(struct dlk_ctx *ctx, const struct dlk_log_stack *stack,
				  struct dlk_prediction_link *link)
{
	const char **symbols = dlk_calloc(ctx, stack->count, sizeof(*symbols));

	if (!symbols)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < stack->count; i++)
		symbols[i] = stack->frames[i].symbol;
	link->stack = symbols;
	link->stack_count = stack->count;
	return DLK_OK;
}

static struct dlk_prediction_link make_link(const struct dlk_log_class *class)
{
	const char *by = taker(&class->stack);

	return (struct dlk_prediction_link){ .class = class->name,
					     .at = class->at ? class->at : by,
					     .log_line = class->line };
}

static enum dlk_status add_link(struct dlk_ctx *ctx, struct dlk_prediction_link *link,
				const struct dlk_log_class *class,
				const struct dlk_log_stack *stack, const char *usage)
{
	*link = make_link(class);
	link->usage = usage;
	return fill_stack(ctx, stack, link);
}

/* A lock that is used in two ways is one class, and its second stack is that of now. */
static enum dlk_status make_usages(struct dlk_ctx *ctx, const struct dlk_log_validator *v,
				   struct dlk_prediction_link *links)
{
	bool is_now = !v->second.name && !v->second.stack.count;
	const struct dlk_log_class *first = v->first.name ? &v->first : &v->wanted;
	enum dlk_status status = add_link(ctx, &links[0], first, &v->first.stack, v->from);

	links[0].at = taker(&v->first.stack);
	if (status)
		return status;
	return is_now ? add_link(ctx, &links[1], &v->wanted, &v->backtrace, v->to)
		      : add_link(ctx, &links[1], &v->second, &v->second.stack, v->to);
}

static enum dlk_status make_links(struct dlk_ctx *ctx, const struct dlk_log_validator *v,
				  struct dlk_prediction *p)
{
	bool has_usages = v->first.name || v->second.name || v->first.stack.count ||
			  v->second.stack.count;
	uint32_t count = v->chain_count ? v->chain_count : has_usages ? 2 : 0;
	struct dlk_prediction_link *links = dlk_calloc(ctx, count, sizeof(*links));
	enum dlk_status status = links ? DLK_OK : dlk_nomem(ctx);

	/* The kernel prints the order backwards. */
	for (uint32_t i = 0; i < v->chain_count && !status; i++) {
		const struct dlk_log_class *class = &v->chain[v->chain_count - 1 - i];

		status = add_link(ctx, &links[i], class, &class->stack, NULL);
	}
	if (!v->chain_count && has_usages && !status)
		status = make_usages(ctx, v, links);
	p->links = links;
	p->link_count = count;
	return status;
}

/* --- meaning and advice */

static const char *name_or(const char *name, const char *other)
{
	return name ? name : other;
}

static bool has(const char *text, const char *word)
{
	return text && strstr(text, word);
}

/* The form of lock that keeps the interrupt away that its usage tells of; NULL. */
static const char *safe_form(const struct dlk_log_validator *v)
{
	bool is_hard = has(v->from, "HARDIRQ") || has(v->to, "HARDIRQ");
	bool is_soft = has(v->from, "SOFTIRQ") || has(v->to, "SOFTIRQ");

	if (is_hard)
		return "spin_lock_irqsave()";
	return is_soft ? "spin_lock_bh()" : NULL;
}

static const char *interrupt(const struct dlk_log_validator *v)
{
	return has(v->from, "HARDIRQ") || has(v->to, "HARDIRQ") ? "hardirq" : "softirq";
}

/* Who takes it now: as the report says, else by the stack. */
static const char *taker_now(struct dlk_ctx *ctx, const struct dlk_log_validator *v)
{
	if (!v->wanted.at)
		return taker(&v->backtrace);
	return dlk_format(ctx, "%.*s", (int)strcspn(v->wanted.at, "+"), v->wanted.at);
}

/* Of the two usages of an inconsistent lock: the one outside of the interrupt, "...-ON-...". */
static const char *outside(struct dlk_ctx *ctx, const struct dlk_log_validator *v)
{
	return has(v->from, "-ON-") ? taker(&v->first.stack) : taker_now(ctx, v);
}

static const char *inside(struct dlk_ctx *ctx, const struct dlk_log_validator *v)
{
	return has(v->from, "IN-") ? taker(&v->first.stack) : taker_now(ctx, v);
}

static void say_inconsistent(struct dlk_ctx *ctx, const struct dlk_log_validator *v,
			     struct dlk_prediction *p)
{
	const char *lock = name_or(v->wanted.name, "the lock"), *form = safe_form(v);
	const char *out = outside(ctx, v), *in = inside(ctx, v), *irq = interrupt(v);

	if (!form) {
		p->meaning =
			has(v->from, "RECLAIM") || has(v->to, "RECLAIM")
				? "it is held while memory is reclaimed, and taken by what reclaim "
				  "calls: a task can wait for itself"
				: NULL;
		return;
	}
	p->meaning = dlk_format(
		ctx,
		"on one CPU: %s has %s with %ss enabled; a %s on top of it (%s) takes it "
		"again, and spins for what it has interrupted",
		name_or(out, "a task"), lock, irq, irq, name_or(in, "see its stack"));
	p->advice = dlk_format(ctx, "%s in %s", form,
			       name_or(out, "the function that takes it outside of the interrupt"));
}

static void say_inversion(struct dlk_ctx *ctx, const struct dlk_log_validator *v,
			  struct dlk_prediction *p)
{
	const char *irq = interrupt(v), *form = safe_form(v);
	const char *safe = name_or(v->first.name, name_or(v->held.name, "a lock"));
	const char *unsafe = name_or(v->second.name, name_or(v->wanted.name, "another"));
	const char *by = taker(&v->second.stack);

	p->meaning = dlk_format(
		ctx,
		"on two CPUs: one has %s with %ss enabled, the other has %s and spins for "
		"%s; a %s on the first wants %s",
		unsafe, irq, safe, unsafe, irq, safe);
	if (form)
		p->advice = dlk_format(ctx, "%s in %s, or %s not under %s", form,
				       name_or(by, "whoever takes the second"), unsafe, safe);
}

static void say_circular(struct dlk_ctx *ctx, const struct dlk_log_validator *v,
			 struct dlk_prediction *p)
{
	if (v->chain_count < 2)
		return;
	p->meaning = dlk_format(
		ctx,
		"%u tasks that take these %u classes of locks in both orders can wait for each "
		"other for ever",
		v->chain_count, v->chain_count);
}

static void say(struct dlk_ctx *ctx, const struct dlk_log_validator *v, struct dlk_prediction *p)
{
	switch (v->kind) {
	case DLK_LOG_CIRCULAR:
		say_circular(ctx, v, p);
		break;
	case DLK_LOG_RECURSIVE:
		p->meaning =
			"a task takes a lock of a class of which it holds one: if it is the same "
			"lock, it waits for itself";
		break;
	case DLK_LOG_IRQ_INVERSION:
		say_inversion(ctx, v, p);
		break;
	case DLK_LOG_INCONSISTENT:
		say_inconsistent(ctx, v, p);
		break;
	case DLK_LOG_WAIT_CONTEXT:
		p->meaning = "a lock that may sleep is taken where nobody may";
		break;
	case DLK_LOG_OTHER_MISUSE:
		break;
	}
}

/* --- all of them */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_same(const struct dlk_prediction *a, const struct dlk_prediction *b)
{
	return a->pid == b->pid && is_same_text(a->title, b->title) &&
	       is_same_text(a->wanted.class, b->wanted.class) &&
	       is_same_text(a->held.class, b->held.class);
}

/* Of two copies the whole one counts. */
static bool is_known(const struct dlk_vec *all, const struct dlk_prediction *p)
{
	for (uint32_t i = 0; i < all->len; i++) {
		struct dlk_prediction *former = DLK_VEC_AT(all, struct dlk_prediction, i);

		if (!is_same(former, p))
			continue;
		if (former->is_cut && !p->is_cut)
			*former = *p;
		return true;
	}
	return false;
}

static enum dlk_status add(struct dlk_ctx *ctx, struct dlk_vec *all,
			   const struct dlk_log_block *block)
{
	const struct dlk_log_validator *v = &block->validator;
	struct dlk_prediction p = {
		.title = v->title,
		.comm = v->who.comm,
		.pid = v->who.pid,
		.wanted = make_link(&v->wanted),
		.held = make_link(&v->held),
		.is_cut = !v->has_end,
		.log_line = block->first_line,
	}, *slot;
	enum dlk_status status = make_links(ctx, v, &p);

	if (status)
		return status;
	say(ctx, v, &p);
	if (all->len >= MAX_PREDICTIONS || is_known(all, &p))
		return DLK_OK;
	slot = dlk_vec_push(ctx, all);
	if (!slot)
		return dlk_nomem(ctx);
	*slot = p;
	return DLK_OK;
}

enum dlk_status dlk_log_predict(struct dlk_log_facts *f, const struct dlk_prediction **ret,
				uint32_t *count)
{
	struct dlk_vec all = DLK_VEC_INIT(struct dlk_prediction);
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->first; i < f->end && !status; i++)
		if (f->log->blocks[i].kind == DLK_LOG_VALIDATOR)
			status = add(f->ctx, &all, &f->log->blocks[i]);
	if (status)
		return status;
	*ret = all.data;
	*count = all.len;
	return DLK_OK;
}
