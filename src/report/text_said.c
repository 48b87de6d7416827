/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel itself has reported, in text: lines of a task's block.
 *
 *   zoo      pid 93      R on CPU 1 for up to 58 s
 *       waits for  spinlock 0xffffffff82a3c1a0        in zoo_feed+0x28
 *       reported   31 s ago: soft lockup, CPU 1 stuck for 22 s
 *       reported   12 s ago: RCU stall, a grace period of rcu_preempt waited for CPU 1; 3 times, first 40 s ago
 *
 * That a task is hung is seen from how long it is blocked: it is shown with the evidence only.
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>

enum { SHOWN_BESIDES = 10 };

static void print_what(struct dlk_text *t, const struct dlk_said *said)
{
	struct dlk_words lasted = dlk_words_duration(said->seconds * UINT64_C(1000000000));

	switch (said->what) {
	case DLK_SAID_SOFT_LOCKUP:
		dlk_out_print(&t->out, "soft lockup, CPU %" PRId32 " stuck for %s", said->cpu,
			      lasted.text);
		break;
	case DLK_SAID_HARD_LOCKUP:
		dlk_out_print(&t->out, "hard lockup of CPU %" PRId32, said->cpu);
		break;
	case DLK_SAID_RCU_STALL:
		dlk_out_print(&t->out, "RCU stall, a grace period%s%s waited for ",
			      said->flavour ? " of " : "", said->flavour ? said->flavour : "");
		if (said->cpu >= 0)
			dlk_out_print(&t->out, "CPU %" PRId32, said->cpu);
		else
			dlk_out_print(&t->out, "it");
		break;
	case DLK_SAID_WORKQUEUE_LOCKUP:
		dlk_out_print(&t->out, "workqueue lockup, works of CPU %" PRId32 " stuck for %s",
			      said->cpu, lasted.text);
		break;
	case DLK_SAID_HUNG_TASK:
	case DLK_SAID_COUNT:
		dlk_out_print(&t->out, "hung task, blocked for more than %s", lasted.text);
		break;
	}
}

static void print_said(struct dlk_text *t, const struct dlk_said *said)
{
	dlk_text_label(t, "reported");
	dlk_out_print(&t->out, "%s ago: ", dlk_words_duration(said->ago_ns).text);
	print_what(t, said);
	if (said->times > 1)
		dlk_out_wrap(&t->out, DLK_COLUMN_WHAT, "; %s times, first %s ago",
			     dlk_words_count(said->times).text,
			     dlk_words_duration(said->first_ago_ns).text);
	dlk_out_end(&t->out);
}

static bool is_shown(const struct dlk_text *t, const struct dlk_said *said)
{
	return said->what != DLK_SAID_HUNG_TASK || t->report->with_evidence;
}

void dlk_text_said(struct dlk_text *t, uint32_t context)
{
	for (uint32_t i = dlk_index_first_said(t->model, context);
	     i < t->model->said_count && t->model->said[i].context == context; i++)
		if (is_shown(t, &t->model->said[i]))
			print_said(t, &t->model->said[i]);
}

/* What is in a cycle, a root, or not understood, is shown there. */
static bool is_besides(const struct dlk_text *t, const struct dlk_said *said)
{
	enum dlk_role role = t->verdict->roles[said->context];

	return said->what != DLK_SAID_HUNG_TASK && role != DLK_ROLE_CYCLE &&
	       role != DLK_ROLE_ROOT && dlk_text_unknown_of(t, said->context) == DLK_NONE;
}

static void print_context(struct dlk_text *t, uint32_t context)
{
	struct dlk_span waits = dlk_groups_get(&t->index.waits_of, context);

	dlk_text_task(t, context, dlk_text_name_width(t, &context, 1));
	for (uint32_t i = 0; i < waits.count; i++)
		dlk_text_wait(t, waits.items[i]);
	if (!waits.count) {
		dlk_text_label(t, "waits for");
		dlk_out_line(&t->out, "nothing known; it %s",
			     dlk_words_doing(&t->model->contexts[context]).text);
	}
	dlk_text_said(t, context);
	dlk_text_stack(t, context);
}

void dlk_text_said_besides(struct dlk_text *t)
{
	uint32_t last = DLK_NONE, count = 0;

	for (uint32_t i = 0; i < t->model->said_count; i++) {
		const struct dlk_said *said = &t->model->said[i];

		if (said->context == last || !is_besides(t, said))
			continue;
		last = said->context;
		if (!count++)
			dlk_out_line(&t->out, "Reported by the kernel, and it goes on:");
		if (count <= SHOWN_BESIDES)
			print_context(t, last);
	}
	if (count > SHOWN_BESIDES) {
		dlk_out_column(&t->out, 2);
		dlk_out_line(&t->out, "and %s more", dlk_words_count(count - SHOWN_BESIDES).text);
	}
	if (count)
		dlk_out_end(&t->out);
}
