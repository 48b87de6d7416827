/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks in an image, and what is on their stacks. */
#include <config.h>

#include "parser.h"

#include <string.h>

#include "fake.h"

enum { WORD = 8 };

static const struct {
	char letter;
	uint32_t state, exit_state;
} states[] = {
	{ 'R', 0, 0 },    { 'S', 1, 0 },     { 'D', 2, 0 },    { 'T', 4, 0 },    { 't', 8, 0 },
	{ 'P', 0x40, 0 }, { 'I', 0x402, 0 }, { 'Z', 0, 0x20 }, { 'X', 0, 0x10 },
};

static enum dlk_status set_task(struct parser *p, const struct dlk_fake_task *t, const char *member,
				uint64_t value)
{
	const struct dlk_member *m = dlk_fake_find_member(p->image, "task_struct", member);

	return m ? dlk_fake_write_member(p->image, t->task, m, value)
		 : wrong(p, "task_struct has no member", member);
}

static enum dlk_status set_state(struct parser *p, const struct dlk_fake_task *t, const char *text)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		enum dlk_status status;

		if (text[0] != states[i].letter || text[1])
			continue;
		status = set_task(p, t, "__state", states[i].state);
		return status ? status : set_task(p, t, "exit_state", states[i].exit_state);
	}
	return wrong(p, "no such state", text);
}

static enum dlk_status set_comm(struct parser *p, const struct dlk_fake_task *t, const char *comm)
{
	const struct dlk_member *m = dlk_fake_find_member(p->image, "task_struct", "comm");

	if (!m || strlen(comm) >= m->size)
		return wrong(p, "too long", comm);
	return dlk_fake_write(p->image, t->task + m->offset, comm, strlen(comm));
}

/* A word that stands alone; true if it is one. */
static bool set_flag(struct parser *p, struct dlk_fake_task *t, const char *word,
		     enum dlk_status *status)
{
	if (!strcmp(word, "on-cpu"))
		*status = set_task(p, t, "on_cpu", 1);
	else if (!strcmp(word, "on-rq"))
		*status = set_task(p, t, "on_rq", 1);
	else if (!strcmp(word, "kthread"))
		*status = set_task(p, t, "flags", 0x200000);
	else if (!strcmp(word, "exited"))
		t->is_linked = false;
	else
		return false;
	return true;
}

static enum dlk_status set_thread(struct parser *p, struct dlk_fake_task *t, const char *name)
{
	const struct dlk_fake_task *leader = dlk_fake_find_task(p->image, name);

	if (!leader)
		return wrong(p, "no such task", name);
	t->leader = leader->name;
	return set_task(p, t, "signal", leader->signal);
}

static enum dlk_status set_pair(struct parser *p, struct dlk_fake_task *t, const char *key,
				const char *text)
{
	uint64_t value;
	enum dlk_status status;

	if (!strcmp(key, "state"))
		return set_state(p, t, text);
	if (!strcmp(key, "comm"))
		return set_comm(p, t, text);
	if (!strcmp(key, "thread-of"))
		return set_thread(p, t, text);
	status = dlk_fake_eval(p->image, text, &value);
	if (status)
		return status;
	if (!strcmp(key, "cpu"))
		return set_task(p, t, "thread_info.cpu", value);
	if (!strcmp(key, "tgid"))
		return set_task(p, t, "tgid", value);
	if (strcmp(key, "pid"))
		return wrong(p, "nothing known about a task", key);
	status = set_task(p, t, "pid", value);
	return status ? status : set_task(p, t, "tgid", value);
}

/* task NAME [pid N] [comm NAME] [state LETTER] ...: state D unless it is said */
enum dlk_status parser_begin_task(struct parser *p)
{
	struct dlk_fake_task *t;
	enum dlk_status status;

	if (p->word_count < 2 || dlk_fake_find_object(p->image, p->words[1]))
		return wrong(p, "task NAME ..., once", p->words[0]);
	p->block = BLOCK_OBJECT;
	p->name = p->words[1];
	t = dlk_fake_add_task(p->image, p->name);
	if (!t)
		return wrong(p, "types are missing for a task", p->name);
	status = set_task(p, t, "stack", t->stack);
	if (!status)
		status = set_task(p, t, "signal", t->signal);
	if (!status)
		status = set_task(p, t, "thread.sp", t->sp);
	if (!status)
		status = set_state(p, t, "D");
	if (!status)
		status = set_comm(p, t, p->name);
	for (unsigned i = 2; i < p->word_count && !status; i++) {
		if (set_flag(p, t, p->words[i], &status))
			continue;
		if (i + 1 == p->word_count)
			return wrong(p, "a value is missing after", p->words[i]);
		status = set_pair(p, t, p->words[i], p->words[i + 1]);
		i++;
	}
	return status;
}

/* stack TASK [live BYTES] */
enum dlk_status parser_begin_stack(struct parser *p)
{
	struct dlk_fake_task *t;
	uint32_t live = DLK_FAKE_LIVE;
	enum dlk_status status = DLK_OK;

	if (p->word_count != 2 && (p->word_count != 4 || strcmp(p->words[2], "live")))
		return wrong(p, "stack TASK [live BYTES]", p->words[0]);
	t = (struct dlk_fake_task *)dlk_fake_find_task(p->image, p->words[1]);
	if (!t)
		return wrong(p, "no such task", p->words[1]);
	if (p->word_count == 4)
		status = parser_eval_u32(p, p->words[3], &live);
	p->block = BLOCK_STACK;
	if (!status)
		status = dlk_fake_stack_start(p->image, &p->stack, t, live);
	return status ? status : set_task(p, t, "thread.sp", t->sp);
}

/* place NAME TYPE [MEMBER=EXPRESSION]..., and the same for stale */
static enum dlk_status place_object(struct parser *p, bool is_stale)
{
	const struct dlk_fake_type *type;
	const char *name = p->words[1];
	enum dlk_status status;
	dlk_addr_t at;

	if (p->word_count < 3)
		return wrong(p, "place NAME TYPE [MEMBER=VALUE]...", p->words[0]);
	type = dlk_fake_find_type(p->image, p->words[2]);
	if (!type || type->size > DLK_PAGE_SIZE)
		return wrong(p, "no such type, or too large", p->words[2]);
	if (is_stale)
		at = p->stack.stale_at -= (type->size + WORD - 1) / WORD * WORD;
	else
		at = dlk_fake_stack_take(&p->stack, type->size);
	if (!at || at < p->stack.task->stack)
		return wrong(p, "no room on the stack, or no frame yet", name);
	status = parser_make_object(p, name, p->words[2], at);
	for (unsigned i = 3; i < p->word_count && !status; i++) {
		char *member = dlk_strdup(p->ctx, p->words[i]);
		char *sign = member ? strchr(member, '=') : NULL;

		if (!sign)
			return wrong(p, "MEMBER=VALUE", p->words[i]);
		*sign = 0;
		status = parser_assign(p, name, member, sign + 1);
	}
	return status;
}

static enum dlk_status place_word(struct parser *p)
{
	dlk_addr_t at = dlk_fake_stack_take(&p->stack, WORD);
	struct dlk_fake_late *late;

	if (!at || p->word_count != 2)
		return wrong(p, "word EXPRESSION, where there is room", p->words[0]);
	late = parser_add_late(p, DLK_FAKE_MEMBER);
	if (!late)
		return dlk_nomem(p->ctx);
	late->base = at;
	late->member.size = WORD;
	late->right = p->words[1];
	return DLK_OK;
}

static enum dlk_status place_gap(struct parser *p)
{
	uint32_t size = 0;
	enum dlk_status status;

	if (p->word_count != 2)
		return wrong(p, "gap BYTES", p->words[0]);
	status = parser_eval_u32(p, p->words[1], &size);
	if (!status && !dlk_fake_stack_take(&p->stack, size))
		return wrong(p, "no room on the stack, or no frame yet", p->words[1]);
	return status;
}

enum dlk_status parser_stack_line(struct parser *p)
{
	if (!strcmp(p->words[0], "place"))
		return place_object(p, false);
	if (!strcmp(p->words[0], "stale"))
		return place_object(p, true);
	if (!strcmp(p->words[0], "word"))
		return place_word(p);
	if (!strcmp(p->words[0], "gap"))
		return place_gap(p);
	if (p->word_count != 1)
		return wrong(p, "FUNCTION, place, stale, word or gap", p->words[0]);
	return dlk_fake_stack_call(p->image, &p->stack, p->words[0]);
}
