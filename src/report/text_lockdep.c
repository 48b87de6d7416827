/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lockdep lists: every task with its held locks, in the order of their taking.
 *
 *	  puncher  pid 51      D for 34 s
 *	      holds      0xffff9825501b1420 sb_writers#6 (read)   {.+.+}-{0:0}, at __x64_sys_fallocate+0x3a
 *	                 write access to a file system (freezing waits for it)
 *	      waits for  0xffff98254133c8b8 &hugetlbfs_i_mmap_rwsem_key (write)   {++++}-{3:3}, at ...
 *
 * With evidence also how the classes that occur were used, and the stacks of the first time.
 */
#include <config.h>

#include "report/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static const char *say_mode(const struct dlk_held *held)
{
	if (held->is_mode_unknown)
		return "";
	if (!held->is_read)
		return " (write)";
	return held->is_recursive ? " (recursive read)" : " (read)";
}

/* One after the other, on a line of their own, or on several. */
static void remark(struct dlk_text *t, const char *text)
{
	if (!t->out.column) {
		dlk_out_column(&t->out, DLK_COLUMN_WHAT);
	} else {
		dlk_out_print(&t->out, "; ");
		dlk_out_fit(&t->out, (uint32_t)strlen(text), DLK_COLUMN_WHAT);
	}
	dlk_out_print(&t->out, "%s", text);
}

/* What is out of the ordinary about an entry. */
static void print_remarks(struct dlk_text *t, const struct dlk_held *held)
{
	const char *what = t->model->classes[held->class].what;
	char text[64];

	if (what)
		remark(t, what);
	snprintf(text, sizeof(text), "stands for %" PRIu32 " locks", held->references);
	if (held->references)
		remark(t, text);
	snprintf(text, sizeof(text), "nests in lock %#" PRIx64, held->nest_lock);
	if (held->nest_lock)
		remark(t, text);
	if (held->irq)
		remark(t, dlk_irq_text(held->irq));
	if (held->has_hardirqs_off)
		remark(t, "interrupts off");
	if (held->is_trylock)
		remark(t, "by trylock");
	if (held->is_stale)
		remark(t, "listed before lockdep went off, perhaps let go since");
	if (t->out.column)
		dlk_out_end(&t->out);
}

/* Where it was taken; with evidence also as a number. */
static struct dlk_words say_place(const struct dlk_text *t, const struct dlk_held *held)
{
	struct dlk_words w;

	if (held->ip && (t->report->with_evidence || !held->at))
		snprintf(w.text, sizeof(w.text), "%s (%#" PRIx64 ")", held->at ? held->at : "?",
			 held->ip);
	else
		snprintf(w.text, sizeof(w.text), "%s", held->at ? held->at : "?");
	return w;
}

static void print_held(struct dlk_text *t, const struct dlk_held *held)
{
	const struct dlk_lock_class *class = &t->model->classes[held->class];
	const struct dlk_words place = say_place(t, held);

	dlk_text_label(t, held->is_waited_for ? "waits for" : "holds");
	if (held->map)
		dlk_out_print(&t->out, "%#" PRIx64 " ", held->map);
	dlk_out_print(&t->out, "%s%s", class->name, say_mode(held));
	if (class->usage[0])
		dlk_out_aside(&t->out, 0, DLK_COLUMN_WHAT, "{%s}-{%u:%u}, at %s", class->usage,
			      class->wait_outer, class->wait_inner, place.text);
	else
		dlk_out_aside(&t->out, 0, DLK_COLUMN_WHAT, "at %s", place.text);
	dlk_out_end(&t->out);
	print_remarks(t, held);
}

static enum dlk_status collect(struct dlk_text *t, uint32_t **ret, uint32_t *count)
{
	uint32_t *contexts = dlk_calloc(t->ctx, t->model->context_count, sizeof(*contexts));

	if (!contexts)
		return dlk_nomem(t->ctx);
	*count = 0;
	for (uint32_t i = 0; i < t->model->context_count; i++)
		if (t->model->contexts[t->index.contexts[i]].held_count)
			contexts[(*count)++] = t->index.contexts[i];
	*ret = contexts;
	return DLK_OK;
}

static void print_tasks(struct dlk_text *t, const uint32_t *contexts, uint32_t count)
{
	uint32_t width = dlk_text_name_width(t, contexts, count);

	for (uint32_t i = 0; i < count; i++) {
		const struct dlk_context *c = &t->model->contexts[contexts[i]];

		dlk_text_task(t, contexts[i], width);
		for (uint32_t k = 0; k < c->held_count; k++)
			print_held(t, &t->model->held[c->held_first + k]);
		dlk_text_stack(t, contexts[i]);
		dlk_out_end(&t->out);
	}
}

static void print_usage(struct dlk_text *t, const struct dlk_usage *u)
{
	dlk_out_column(&t->out, 4);
	dlk_out_line(&t->out, "%s", u->text);
	for (uint32_t i = 0; i < u->at_count; i++) {
		dlk_out_column(&t->out, 7);
		dlk_out_line(&t->out, "%s", u->at[i]);
	}
}

static void print_classes(struct dlk_text *t)
{
	for (uint32_t i = 0; i < t->model->class_count; i++) {
		const struct dlk_lock_class *class = &t->model->classes[i];

		if (!class->usages)
			continue;
		dlk_out_line(&t->out, "class %s {%s}-{%u:%u}%s%s", class->name, class->usage,
			     class->wait_outer, class->wait_inner, class->what ? "   " : "",
			     class->what ? class->what : "");
		dlk_out_column(&t->out, 4);
		dlk_out_line(&t->out, "outer wait type: %s; inner wait type: %s",
			     class->wait_outer_text, class->wait_inner_text);
		for (uint32_t k = 0; k < class->usage_count; k++)
			print_usage(t, &class->usages[k]);
		dlk_out_end(&t->out);
	}
}

/* lockdep is off since ...: as a sentence */
static void print_state(struct dlk_text *t)
{
	const char *text = t->model->lockdep.text;

	if (text)
		dlk_out_line(&t->out, "%c%s.", toupper((unsigned char)text[0]), text + 1);
	if (t->model->lockdep.state == DLK_LOCKDEP_OFF)
		dlk_out_line(&t->out, "What a task took or let go since then is not listed.");
}

/* Those that hold something, and those that only wait. */
static void print_total(struct dlk_text *t)
{
	uint32_t held = 0, awaited = 0;

	for (uint32_t i = 0; i < t->model->held_count; i++) {
		held += !t->model->held[i].is_waited_for;
		awaited += t->model->held[i].is_waited_for;
	}
	dlk_out_line(&t->out, "%s lock%s held, %s waited for.", dlk_words_count(held).text,
		     dlk_words_plural(held), dlk_words_count(awaited).text);
}

enum dlk_status dlk_text_lockdep(struct dlk_text *t)
{
	uint32_t *contexts, count;
	enum dlk_status status = collect(t, &contexts, &count);

	if (status)
		return status;
	print_tasks(t, contexts, count);
	if (t->report->with_evidence)
		print_classes(t);
	if (t->model->lockdep.state != DLK_LOCKDEP_ABSENT)
		print_total(t);
	print_state(t);
	return DLK_OK;
}
