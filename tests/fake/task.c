/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks of an image: their structs, their stacks, the lists that link them, and ORC tables.
 *
 * Every call on a stack gets a return address of its own, behind a call in the text, and an ORC entry that
 * tells the size of this very frame; and every frame begins with the caller's frame pointer: so stacks
 * of any shape can be unwound, either way, and scanned as well.  What differs from x86-64 is in arch.h.
 */
#include <config.h>

#include "image.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 8, CALL_SIZE = 16, STALE_ROOM = 0x200, MAX_RING = 4096 };

/* enum dlk_orc_register and enum dlk_orc_type, as the kernel numbers them since v6.4 */
enum { ORC_REG_SP = 5, ORC_TYPE_END = 1, ORC_TYPE_CALL = 2 };

enum { ORC_ENTRIES = 0x400000 /* behind the addresses */ };

static const struct dlk_fake_type *stack_type(struct dlk_fake_image *image)
{
	return dlk_fake_find_type(image, "thread_union");
}

struct dlk_fake_task *dlk_fake_add_task(struct dlk_fake_image *image, const char *name)
{
	const struct dlk_fake_type *type = dlk_fake_find_type(image, "task_struct");
	const struct dlk_fake_type *signal = dlk_fake_find_type(image, "signal_struct");
	const char *signal_name = dlk_format(image->ctx, "signal_%s", name);
	struct dlk_fake_task *t;

	if (!type || !signal || !stack_type(image) || !signal_name)
		return NULL;
	t = dlk_vec_push(image->ctx, &image->tasks);
	if (!t)
		return NULL;
	*t = (struct dlk_fake_task){ .name = name, .is_linked = true };
	if (!dlk_fake_add_object(image, name, type, 0) ||
	    !dlk_fake_add_object(image, signal_name, signal, 0))
		return NULL;
	t->task = dlk_fake_find_object(image, name)->address;
	t->signal = dlk_fake_find_object(image, signal_name)->address;
	/* As the kernel does. */
	t->stack = (image->next_object + stack_type(image)->size - 1) &
		   ~(dlk_addr_t)(stack_type(image)->size - 1);
	image->next_object = t->stack + stack_type(image)->size;
	t->sp = t->stack + stack_type(image)->size - DLK_FAKE_LIVE;
	return dlk_fake_map(image, t->stack, stack_type(image)->size) ? NULL : t;
}

/* What lies at the saved stack pointer of a task that was switched out. */
static uint32_t saved_size(struct dlk_fake_image *image)
{
	const struct dlk_fake_type *type = dlk_fake_find_type(image, image->arch->saved_type);

	return type && strcmp(type->name, "task_struct") ? type->size : 0;
}

/* Where a task that was switched out has a register; 0 if nowhere. */
static dlk_addr_t saved_at(struct dlk_fake_image *image, const struct dlk_fake_task *task,
			   const char *member)
{
	const struct dlk_member *m = dlk_fake_find_member(image, image->arch->saved_type, member);

	if (!m)
		return 0;
	return (saved_size(image) ? task->sp : task->task) + m->offset;
}

static dlk_addr_t bp_of(struct dlk_fake_image *image, const struct dlk_fake_task *task)
{
	return saved_at(image, task, image->arch->fp_member);
}

enum dlk_status dlk_fake_stack_start(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				     struct dlk_fake_task *task, uint32_t live)
{
	uint32_t size = stack_type(image)->size;

	if (!dlk_fake_find_type(image, image->arch->saved_type))
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "no type %s", image->arch->saved_type);
	if (live + STALE_ROOM > size || live % WORD || live < saved_size(image))
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "a stack of %u bytes", live);
	task->sp = task->stack + size - live;
	task->has_stack = true;
	*s = (struct dlk_fake_stack){ .task = task,
				      .bp_at = bp_of(image, task),
				      .at = task->sp + saved_size(image),
				      .top = task->stack + size,
				      .stale_at = task->sp };
	return DLK_OK;
}

/* A direct call, of the function that it stands in. */
static enum dlk_status write_call(struct dlk_fake_image *image, const struct dlk_fake_symbol *f,
				  dlk_addr_t ret)
{
	const int32_t distance = (int32_t)(f->address - ret);
	unsigned char code[5] = { 0xe8 };

	memcpy(code + 1, &distance, sizeof(distance));
	return dlk_fake_write(image, ret - sizeof(code), code, sizeof(code));
}

/* The outermost frame: its caller is the entry into the kernel, at the end of the stack. */
static enum dlk_status end_chain(struct dlk_fake_image *image, const struct dlk_fake_task *task,
				 dlk_addr_t bp_at)
{
	const struct dlk_fake_type *regs = dlk_fake_find_type(image, "pt_regs");
	struct dlk_fake_symbol *entry = dlk_fake_function(image, "entry_from_user");
	dlk_addr_t top = task->stack + stack_type(image)->size;
	enum dlk_status status;

	if (!regs || !entry || !bp_at)
		return DLK_OK;
	status = dlk_fake_write_u64(image, bp_at, top - regs->size - 2 * WORD);
	if (!status)
		status = dlk_fake_write_u64(image, top - regs->size - WORD,
					    entry->address + CALL_SIZE);
	return status ? status : write_call(image, entry, entry->address + CALL_SIZE);
}

/* The return address of a new call in a function. */
static enum dlk_status add_call(struct dlk_fake_image *image, const char *function, dlk_addr_t *ret)
{
	struct dlk_fake_symbol *f = dlk_fake_function(image, function);
	struct dlk_fake_call *call = dlk_vec_push(image->ctx, &image->calls);

	if (!f || !call)
		return dlk_nomem(image->ctx);
	if ((f->calls + 1) * CALL_SIZE > f->size)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "too many calls in %s", function);
	call->ip = f->address + f->calls++ * CALL_SIZE;
	*ret = call->ip + CALL_SIZE / 2;
	return write_call(image, f, *ret);
}

/* The youngest frame: what is unwound first. */
static enum dlk_status begin_frames(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				    dlk_addr_t ip)
{
	dlk_addr_t pc_at = saved_at(image, s->task, image->arch->pc_member), fp_at;
	enum dlk_status status;

	if (!pc_at)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "no %s", image->arch->pc_member);
	s->frame = s->at;
	status = dlk_fake_write_u64(image, pc_at, ip | image->arch->signature);
	if (status || !image->arch->begins_with_record)
		return status;
	fp_at = s->bp_at;
	s->bp_at = dlk_fake_stack_take(s, 2 * WORD);
	return dlk_fake_write_u64(image, fp_at, s->bp_at);
}

/* The record of a frame leads to the next one, and has what the call of it returns to. */
static enum dlk_status add_record(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				  dlk_addr_t ip)
{
	dlk_addr_t slot = dlk_fake_stack_take(s, 2 * WORD), ip_at = slot + WORD;
	enum dlk_status status;

	if (!slot)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "the stack is full");
	status = s->bp_at ? dlk_fake_write_u64(image, s->bp_at, slot) : DLK_OK;
	if (image->arch->begins_with_record)
		ip_at = s->bp_at + WORD;
	else if (!status)
		status = end_chain(image, s->task, slot);
	s->bp_at = slot;
	s->frame = image->arch->begins_with_record ? slot : s->at;
	return status ? status : dlk_fake_write_u64(image, ip_at, ip | image->arch->signature);
}

enum dlk_status dlk_fake_stack_call(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				    const char *function)
{
	uint32_t caller = image->calls.len;
	dlk_addr_t ip = 0, frame = s->frame;
	enum dlk_status status = add_call(image, function, &ip);

	if (status)
		return status;
	if (!frame)
		return begin_frames(image, s, ip);
	status = add_record(image, s, ip);
	if (!status)
		DLK_VEC_AT(&image->calls, struct dlk_fake_call, caller - 1)->frame_size =
			(uint32_t)(s->at - frame);
	return status;
}

/* A call of schedule() in msleep(), with a frame of two words: all sleepers share it. */
static enum dlk_status add_sleep(struct dlk_fake_image *image, dlk_addr_t *ip, dlk_addr_t *caller)
{
	enum dlk_status status = add_call(image, "schedule", ip);

	if (status)
		return status;
	DLK_VEC_AT(&image->calls, struct dlk_fake_call, image->calls.len - 1)->frame_size = 2 *
											    WORD;
	return add_call(image, "msleep", caller);
}

/* A record of two words at @p at, and for frames that begin with one, the last, of zeros, behind it. */
static enum dlk_status make_sleeper(struct dlk_fake_image *image, const struct dlk_fake_task *t,
				    dlk_addr_t ip, dlk_addr_t caller)
{
	dlk_addr_t at = t->sp + saved_size(image);
	dlk_addr_t pc_at = saved_at(image, t, image->arch->pc_member);
	enum dlk_status status = dlk_fake_write_u64(image, pc_at, ip | image->arch->signature);

	if (!status)
		status = dlk_fake_write_u64(image, bp_of(image, t), at);
	if (!status)
		status = dlk_fake_write_u64(image, at + WORD, caller | image->arch->signature);
	if (status)
		return status;
	return image->arch->begins_with_record ? dlk_fake_write_u64(image, at, at + 2 * WORD)
					       : end_chain(image, t, at);
}

enum dlk_status dlk_fake_make_sleepers(struct dlk_fake_image *image)
{
	enum dlk_status status = DLK_OK;
	dlk_addr_t ip = 0, caller = 0;

	for (uint32_t i = 0; i < image->tasks.len && !status; i++) {
		const struct dlk_fake_task *t = DLK_VEC_AT(&image->tasks,
							   const struct dlk_fake_task, i);

		if (t->has_stack || !saved_at(image, t, image->arch->pc_member))
			continue;
		if (!ip)
			status = add_sleep(image, &ip, &caller);
		if (!status)
			status = make_sleeper(image, t, ip, caller);
	}
	return status;
}

dlk_addr_t dlk_fake_stack_take(struct dlk_fake_stack *s, uint32_t size)
{
	dlk_addr_t at = s->at;
	const uint32_t rounded = (size + WORD - 1) / WORD * WORD;

	if (!s->frame || rounded > s->top - at)
		return 0;
	s->at += rounded;
	return at;
}

enum dlk_status dlk_fake_link(struct dlk_fake_image *image, const dlk_addr_t *ring, uint32_t count)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < count && !status; i++) {
		dlk_addr_t next = ring[(i + 1) % count];

		status = dlk_fake_write_u64(image, ring[i], next);
		if (!status)
			status = dlk_fake_write_u64(image, next + WORD, ring[i]);
	}
	return status;
}

static bool is_thread_of(const struct dlk_fake_task *t, const struct dlk_fake_task *leader)
{
	return t->is_linked && (t == leader || (t->leader && !strcmp(t->leader, leader->name)));
}

static enum dlk_status link_threads(struct dlk_fake_image *image,
				    const struct dlk_fake_task *leader, dlk_addr_t *ring)
{
	const struct dlk_member *head = dlk_fake_find_member(image, "signal_struct", "thread_head");
	const struct dlk_member *node = dlk_fake_find_member(image, "task_struct", "thread_node");
	uint32_t count = 0;

	if (!head || !node)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "no thread_head or no thread_node");
	ring[count++] = leader->signal + head->offset;
	for (uint32_t i = 0; i < image->tasks.len; i++) {
		const struct dlk_fake_task *t = DLK_VEC_AT(&image->tasks,
							   const struct dlk_fake_task, i);

		if (is_thread_of(t, leader))
			ring[count++] = t->task + node->offset;
	}
	return dlk_fake_link(image, ring, count);
}

enum dlk_status dlk_fake_link_tasks(struct dlk_fake_image *image)
{
	const struct dlk_member *tasks = dlk_fake_find_member(image, "task_struct", "tasks");
	dlk_addr_t *groups = dlk_calloc(image->ctx, MAX_RING, sizeof(*groups));
	dlk_addr_t *threads = dlk_calloc(image->ctx, MAX_RING, sizeof(*threads));
	uint32_t count = 0;

	if (!groups || !threads)
		return dlk_nomem(image->ctx);
	if (!tasks || image->tasks.len + 1 > MAX_RING)
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "no task_struct.tasks");
	for (uint32_t i = 0; i < image->tasks.len; i++) {
		const struct dlk_fake_task *t = DLK_VEC_AT(&image->tasks,
							   const struct dlk_fake_task, i);
		enum dlk_status status = DLK_OK;

		if (!t->leader)
			status = link_threads(image, t, threads);
		if (status)
			return status;
		if (!t->leader && t->is_linked)
			groups[count++] = t->task + tasks->offset;
	}
	return dlk_fake_link(image, groups, count);
}

static int compare_calls(const void *a, const void *b)
{
	const struct dlk_fake_call *x = a, *y = b;

	return (x->ip > y->ip) - (x->ip < y->ip);
}

static enum dlk_status write_orc(struct dlk_fake_image *image, dlk_addr_t base, const char *member,
				 uint64_t value)
{
	const struct dlk_member *m = dlk_fake_find_member(image, "orc_entry", member);

	return m ? dlk_fake_write_member(image, base, m, value)
		 : dlk_fail(image->ctx, DLK_ERR_INVALID, "no orc_entry.%s", member);
}

static enum dlk_status make_entry(struct dlk_fake_image *image, uint32_t index, uint32_t size)
{
	const struct dlk_fake_call *call = DLK_VEC_AT(&image->calls, const struct dlk_fake_call,
						      index);
	dlk_addr_t ip_at = image->arch->orc_tables + 4 * (dlk_addr_t)index;
	dlk_addr_t at = image->arch->orc_tables + ORC_ENTRIES + size * (dlk_addr_t)index;
	const struct dlk_member ip = { .size = 4 };
	bool is_last = !call->frame_size;
	enum dlk_status status = dlk_fake_write_member(image, ip_at, &ip, call->ip - ip_at);

	if (!status)
		status = write_orc(image, at, "sp_offset", call->frame_size);
	if (!status)
		status = write_orc(image, at, "sp_reg", is_last ? 0 : ORC_REG_SP);
	return status ? status
		      : write_orc(image, at, "type", is_last ? ORC_TYPE_END : ORC_TYPE_CALL);
}

enum dlk_status dlk_fake_make_orc(struct dlk_fake_image *image)
{
	const struct dlk_fake_type *type = dlk_fake_find_type(image, "orc_entry");
	uint32_t count = image->calls.len;
	enum dlk_status status = DLK_OK;

	if (!type || !count || !image->arch->orc_tables)
		return DLK_OK;
	qsort(image->calls.data, count, sizeof(struct dlk_fake_call), compare_calls);
	for (uint32_t i = 0; i < count && !status; i++)
		status = make_entry(image, i, type->size);
	if (status)
		return status;
	if (!dlk_fake_add_symbol(image, "__start_orc_unwind_ip", image->arch->orc_tables, 0) ||
	    !dlk_fake_add_symbol(image, "__stop_orc_unwind_ip",
				 image->arch->orc_tables + 4 * (dlk_addr_t)count, 0) ||
	    !dlk_fake_add_symbol(image, "__start_orc_unwind", image->arch->orc_tables + ORC_ENTRIES,
				 0))
		return dlk_nomem(image->ctx);
	return DLK_OK;
}

bool dlk_fake_is_mark(const struct dlk_fake_image *image, const char *name)
{
	for (const char *const *mark = image->arch->marks; *mark; mark++)
		if (!strcmp(name, *mark))
			return true;
	return false;
}

enum dlk_status dlk_fake_make_marks(struct dlk_fake_image *image)
{
	static const unsigned char code[32] = { 0x55, 0x48, 0x89, 0xe5 };
	enum dlk_status status = DLK_OK;

	for (const char *const *mark = image->arch->marks; *mark && !status; mark++) {
		const struct dlk_fake_symbol *f = dlk_fake_function(image, *mark);

		status = f ? dlk_fake_write(image, f->address, code, sizeof(code))
			   : dlk_nomem(image->ctx);
	}
	return status;
}
