/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks: reading and unwinding.
 *
 * Claims: a reliable frame was reached from the saved registers by ORC steps alone, each moving
 * towards the stack's end.  A frame's words lie between the former frame's stack pointer and its
 * own.  How it can be wrong: code without ORC entries (trampolines made at run time) ends the
 * unwinding; from there on, every word that points behind a call in the kernel's text is given as
 * an unreliable frame, and some of these are left over from calls that have returned.
 */
#include <config.h>

#include "kernel/stack.h"

#include <string.h>

#include "kernel/orc.h"

enum { MAX_FRAMES = 128, WORD = 8 };

/* End of what modules and code made at run time are mapped in: MODULES_END of v4.9 to v6.12. */
#define TEXT_WINDOW 0xffffffff80000000u
#define CODE_END 0xffffffffff000000u

/* What the CPU pushes at an interrupt: ip, cs, flags, sp, ss. */
enum { IRET_CS = 8, IRET_SP = 24, USER_MODE = 3 };

struct unwind {
	struct dlk_kernel *k;
	const struct dlk_stack *stack;
	dlk_addr_t ip, sp, bp;
	bool is_exact; /* ip is not a return address */
	bool is_done;
	struct dlk_frame frames[MAX_FRAMES];
	uint32_t count;
};

/* Whether any code can be there. */
static bool can_be_code(const struct dlk_kernel *k, dlk_addr_t ip)
{
	return ip >= (k->text_start ? k->text_start : TEXT_WINDOW) && ip < CODE_END;
}

/* Whether the kernel's code is there, or that of a module. */
static bool is_code(const struct dlk_kernel *k, dlk_addr_t ip)
{
	if (!k->text_start || !k->text_end)
		return can_be_code(k, ip);
	return (ip >= k->text_start && ip < k->text_end) ||
	       (k->modules && dlk_modules_find(k->modules, ip));
}

static void set_broken(struct dlk_stack *s, dlk_addr_t ip)
{
	s->is_broken = true;
	s->broken_ip = ip;
}

/* The saved registers of a task that was switched out. */
static enum dlk_status start_inactive(struct dlk_kernel *k, const struct dlk_task *task,
				      struct dlk_stack *s)
{
	enum dlk_status status;

	s->sp = task->sp;
	s->start_sp = task->sp + k->layout.sizes[DLK_S_inactive_task_frame];
	if (s->sp < task->stack || s->sp >= s->top || s->start_sp > s->top)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT,
				"saved stack pointer %#llx is not on the stack",
				(unsigned long long)s->sp);
	if (!dlk_layout_has(&k->layout, DLK_M_frame_ret_addr) ||
	    !dlk_layout_has(&k->layout, DLK_M_frame_bp))
		return DLK_OK;
	status = dlk_kernel_read_member(k, task->sp, DLK_M_frame_ret_addr, &s->ip);
	if (!status)
		status = dlk_kernel_read_member(k, task->sp, DLK_M_frame_bp, &s->bp);
	if (status || !task->is_blocked || is_code(k, s->ip))
		return status;
	set_broken(s, s->ip);
	s->ip = 0;
	return DLK_OK;
}

static void start_active(struct dlk_kernel *k, const struct dlk_task *task, struct dlk_stack *s)
{
	struct dlk_regs regs;

	if (task->cpu < 0 || !dlk_kernel_regs(k, (unsigned)task->cpu, &regs)) {
		s->is_unseen = true;
		return;
	}
	if (regs.cs & USER_MODE)
		return;
	s->ip = regs.rip;
	s->bp = regs.rbp;
	s->sp = s->start_sp = regs.rsp;
	s->is_exact = true;
}

static enum dlk_status read_words(struct dlk_kernel *k, struct dlk_stack *s)
{
	static const size_t mask = WORD - 1;
	uint64_t *words;
	enum dlk_status status;

	if (!k->stack_words)
		k->stack_words = dlk_alloc(k->ctx, k->stack_size);
	words = k->stack_words;
	if (!words)
		return dlk_nomem(k->ctx);
	s->sp &= ~mask;
	status = dlk_memory_read(&k->memory, s->sp, words, s->top - s->sp);
	if (status)
		return dlk_memory_explain(&k->memory, status);
	s->words = words;
	s->word_count = (uint32_t)((s->top - s->sp) / WORD);
	return DLK_OK;
}

enum dlk_status dlk_stack_read(struct dlk_kernel *k, const struct dlk_task *task,
			       struct dlk_stack *ret)
{
	struct dlk_stack s = { .task = task, .top = task->stack + k->stack_size };
	enum dlk_status status = DLK_OK;

	if (task->stack & (WORD - 1))
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "no stack is at 0x%llx",
				(unsigned long long)task->stack);
	if (task->is_on_cpu)
		start_active(k, task, &s);
	else
		status = start_inactive(k, task, &s);
	if (status)
		return dlk_memory_explain(&k->memory, status);
	if (s.sp >= task->stack && s.sp < s.top) {
		status = read_words(k, &s);
		if (status)
			return status;
	}
	*ret = s;
	return DLK_OK;
}

/* A word of the stack; of another one (interrupt stacks) through the target. */
static bool read_word(struct unwind *u, dlk_addr_t address, uint64_t *ret)
{
	const struct dlk_stack *s = u->stack;

	if (s->words && address >= s->sp && address <= s->top - WORD && !(address & (WORD - 1))) {
		*ret = s->words[(address - s->sp) / WORD];
		return true;
	}
	return !dlk_memory_read_u64(&u->k->memory, address, ret);
}

/* The stack pointer before the call or the interrupt that made this frame. */
static bool find_caller_sp(struct unwind *u, const struct dlk_orc_entry *orc, dlk_addr_t *ret)
{
	dlk_addr_t offset = (dlk_addr_t)(int64_t)orc->sp_offset;

	switch (orc->sp_reg) {
	case DLK_ORC_SP:
		*ret = u->sp + offset;
		return true;
	case DLK_ORC_BP:
		*ret = u->bp + offset;
		return true;
	case DLK_ORC_SP_INDIRECT:
		if (!read_word(u, u->sp, ret))
			return false;
		*ret += offset;
		return true;
	case DLK_ORC_BP_INDIRECT:
		return read_word(u, u->bp + offset, ret);
	default:
		return false; /* r10, r13, di, dx: only in entry code, before anything sleeps */
	}
}

static bool restore_bp(struct unwind *u, const struct dlk_orc_entry *orc, dlk_addr_t caller_sp)
{
	dlk_addr_t offset = (dlk_addr_t)(int64_t)orc->bp_offset;

	switch (orc->bp_reg) {
	case DLK_ORC_UNDEFINED:
		return true;
	case DLK_ORC_PREV_SP:
		return read_word(u, caller_sp + offset, &u->bp);
	case DLK_ORC_BP:
		return read_word(u, u->bp + offset, &u->bp);
	default:
		return false;
	}
}

static bool is_user(struct unwind *u, dlk_addr_t cs_at)
{
	uint64_t cs;

	return !read_word(u, cs_at, &cs) || (cs & USER_MODE);
}

/* Through a struct pt_regs at @p at. */
static bool step_regs(struct unwind *u, dlk_addr_t at)
{
	const struct dlk_layout *l = &u->k->layout;

	if (!dlk_layout_has(l, DLK_M_regs_ip) || !dlk_layout_has(l, DLK_M_regs_cs))
		return false;
	if (is_user(u, at + dlk_layout_offset(l, DLK_M_regs_cs))) {
		u->is_done = true;
		return true;
	}
	u->is_exact = true;
	return read_word(u, at + dlk_layout_offset(l, DLK_M_regs_ip), &u->ip) &&
	       read_word(u, at + dlk_layout_offset(l, DLK_M_regs_bp), &u->bp) &&
	       read_word(u, at + dlk_layout_offset(l, DLK_M_regs_sp), &u->sp);
}

static bool step_iret(struct unwind *u, dlk_addr_t at)
{
	if (is_user(u, at + IRET_CS)) {
		u->is_done = true;
		return true;
	}
	u->is_exact = true;
	return read_word(u, at, &u->ip) && read_word(u, at + IRET_SP, &u->sp);
}

static bool step_call(struct unwind *u, const struct dlk_orc_entry *orc, dlk_addr_t caller_sp)
{
	if (caller_sp <= u->sp || !read_word(u, caller_sp - WORD, &u->ip) ||
	    !restore_bp(u, orc, caller_sp))
		return false;
	u->sp = caller_sp;
	u->is_exact = false;
	return true;
}

/* One step outwards; false if it cannot be made. */
static bool step(struct unwind *u)
{
	struct dlk_orc_entry orc;
	dlk_addr_t caller_sp;

	if (!u->k->orc || dlk_orc_find(u->k, u->is_exact ? u->ip : u->ip - 1, &orc))
		return false;
	if (orc.type == DLK_ORC_END) {
		u->is_done = true;
		return true;
	}
	if (!find_caller_sp(u, &orc, &caller_sp))
		return false;
	switch (orc.type) {
	case DLK_ORC_CALL:
		return step_call(u, &orc, caller_sp);
	case DLK_ORC_REGS:
		return step_regs(u, caller_sp);
	case DLK_ORC_REGS_PARTIAL:
		return step_iret(u, caller_sp);
	case DLK_ORC_NOTHING:
	case DLK_ORC_END:
		break;
	}
	return false;
}

/* A return address may lie just behind its function: name the call, not what follows. */
static struct dlk_ip_text describe(struct unwind *u, dlk_addr_t ip, bool is_exact)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(u->k, ip);
	struct dlk_ip_text call;

	if (is_exact || text.start != ip)
		return text;
	call = dlk_kernel_describe_ip(u->k, ip - 1);
	if (call.function)
		call.text = dlk_format(u->k->ctx, "%s+%#llx", call.function,
				       (unsigned long long)(ip - call.start));
	return call;
}

static void add_frame(struct unwind *u, dlk_addr_t ip, bool is_exact, bool is_reliable)
{
	struct dlk_ip_text text = describe(u, ip, is_exact);

	if (u->count == MAX_FRAMES)
		return;
	/* The line of the call, not of what follows it. */
	if (u->k->with_lines)
		text.line = dlk_kernel_describe_ip(u->k, is_exact ? ip : ip - 1).line;
	u->frames[u->count++] = (struct dlk_frame){ .ip = ip,
						    .sp = 0,
						    .start = text.start,
						    .function = text.function,
						    .symbol = text.text,
						    .module = text.module,
						    .line = text.line,
						    .is_reliable = is_reliable };
}

/*
 * What ORC could not reach: words behind the last frame that point into functions.  Each is taken
 * for the return address that ends the frame before it; what follows is the frame of its function.
 */
static void scan(struct unwind *u)
{
	const struct dlk_stack *s = u->stack;
	uint32_t i = u->sp > s->sp ? (uint32_t)((u->sp - s->sp) / WORD) : 0;

	if (!s->words || u->sp > s->top)
		return;
	if (u->count)
		u->frames[u->count - 1].sp = s->top;
	for (; i < s->word_count && u->count < MAX_FRAMES; i++) {
		uint64_t word = s->words[i];

		if (word < u->k->text_start || word >= u->k->text_end)
			continue;
		if (u->count)
			u->frames[u->count - 1].sp = s->sp + (dlk_addr_t)(i + 1) * WORD;
		add_frame(u, word, false, false);
		u->frames[u->count - 1].sp = s->top;
	}
}

enum dlk_status dlk_stack_unwind(struct dlk_kernel *k, struct dlk_stack *stack)
{
	struct unwind u = { .k = k,
			    .stack = stack,
			    .ip = stack->ip,
			    .sp = stack->start_sp,
			    .bp = stack->bp,
			    .is_exact = stack->is_exact };
	bool is_lost = stack->is_broken;
	struct dlk_frame *frames;

	while (u.ip && !u.is_done && !is_lost && u.count < MAX_FRAMES) {
		add_frame(&u, u.ip, u.is_exact, true);
		is_lost = !step(&u);
		u.frames[u.count - 1].sp = u.sp;
		if (!u.is_done && stack->task->is_blocked && !can_be_code(k, u.ip)) {
			set_broken(stack, u.ip);
			is_lost = true;
		}
	}
	if (stack->task->is_blocked && !stack->is_broken && stack->ip) {
		k->stacks_unwound++;
		k->stacks_lost += !u.is_done;
	}
	if (is_lost)
		scan(&u);
	frames = dlk_calloc(k->ctx, u.count, sizeof(*frames));
	if (!frames)
		return dlk_nomem(k->ctx);
	memcpy(frames, u.frames, u.count * sizeof(*frames));
	stack->frames = frames;
	stack->frame_count = u.count;
	return DLK_OK;
}

uint32_t dlk_stack_frame_at(const struct dlk_stack *stack, dlk_addr_t address)
{
	dlk_addr_t from = stack->sp;

	for (uint32_t i = 0; i < stack->frame_count; i++) {
		if (address >= from && address < stack->frames[i].sp)
			return i;
		from = stack->frames[i].sp;
	}
	return DLK_NONE;
}
