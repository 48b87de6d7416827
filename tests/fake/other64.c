/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An architecture that is nowhere but in tests: see arch.h. */
#include <config.h>

#include "arch.h"

#include "kernel/unwind.h"
#include "kernel/xlat.h"

#define BIT(reg) (UINT32_C(1) << (reg))
#define STRIPPED UINT64_C(0xf000ffffffffffff)

/* --- what src/target/arch_NAME.c would have */

static const char *const names[OTHER64_REGS] = { "a0", "a1", "a2", "a3", "a4",   "a5",
						 "a6", "a7", "s0", "s1", "s2",   "s3",
						 "fp", "lr", "sp", "pc", "mode", "table" };

/* Of its PRSTATUS: in an order of its own, and one that nobody wants. */
static const uint8_t user_regs[] = { OTHER64_PC, OTHER64_SP, OTHER64_LR,  OTHER64_FP, DLK_NO_REG,
				     11,         10,         9,           8,          7,
				     6,          5,          4,           3,          2,
				     1,          0,          OTHER64_MODE };
static const uint8_t table_reg[] = { OTHER64_TABLE };

static void interpret(struct dlk_regs *regs)
{
	regs->is_user = regs->raw[OTHER64_MODE] != 0;
	regs->root = regs->raw[OTHER64_TABLE];
}

const struct dlk_arch dlk_other64 = {
	.name = "other64",
	.machine = OTHER64_MACHINE,
	.gdb_name = "other64",
	.gdb_xml = "other64",
	.page_shift = 14,
	.kernel_start = 0xc000000000000000u,
	.image_start = 0xc000400000000000u,
	.image_end = 0xc000400040000000u,
	.pc = OTHER64_PC,
	.ra = OTHER64_LR,
	.sp = OTHER64_SP,
	.fp = OTHER64_FP,
	.general = (BIT(OTHER64_LR + 1) - 1),
	.callee_saved = BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(OTHER64_FP),
	.reg_count = OTHER64_REGS,
	.reg_names = names,
	.prstatus = { .size = OTHER64_PRSTATUS,
		      .min_size = OTHER64_PRSTATUS,
		      .run_count = 2,
		      .runs = { { .at = 120, .count = sizeof(user_regs), .regs = user_regs },
				{ .at = 40, .count = 1, .regs = table_reg } } },
	.interpret = interpret,
};

/* --- what src/kernel/arch_NAME.c would have */

static bool find_root(const char *vmcoreinfo, struct dlk_xlat_root *ret)
{
	(void)vmcoreinfo, (void)ret;
	return false;
}

static unsigned roots(const struct dlk_regs *regs, struct dlk_xlat_root *ret)
{
	*ret = (struct dlk_xlat_root){ regs->root, 4 };
	return 1;
}

static dlk_addr_t strip(dlk_addr_t pointer)
{
	return pointer & STRIPPED;
}

/* The names of members would be rows of layout.h. */
static enum dlk_status read_thread(struct dlk_kernel *k, dlk_addr_t task, const char *name,
				   uint64_t *ret)
{
	struct dlk_member m;
	enum dlk_status status = k->types->ops->member(k->types, "task_struct", name, &m);

	if (!status)
		status = dlk_memory_read_u64(&k->memory, task + m.offset, ret);
	return dlk_memory_explain(&k->memory, status);
}

static enum dlk_status start(struct dlk_kernel *k, struct dlk_stack *s)
{
	uint64_t fp;
	enum dlk_status status;

	s->start_sp = s->sp;
	if (s->sp < s->task->stack || s->sp >= s->top)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT,
				"saved stack pointer %#llx is not on the stack",
				(unsigned long long)s->sp);
	status = read_thread(k, s->task->address, "thread.pc", &s->pc);
	if (!status)
		status = read_thread(k, s->task->address, "thread.fp", &fp);
	if (status)
		return status;
	s->is_pc_saved = true;
	dlk_frame_regs_set(&s->regs, OTHER64_FP, fp);
	return DLK_OK;
}

static uint32_t entry_size(struct dlk_kernel *k)
{
	(void)k;
	return 0;
}

/* --- what its unwinder would have: the frame pointer is that of a record, and the last record is 0 */

static enum dlk_stepped step(struct dlk_cursor *c)
{
	uint64_t fp, next, lr;

	if (!dlk_frame_regs_get(&c->regs, OTHER64_FP, &fp) || fp % DLK_WORD || fp < c->sp ||
	    fp >= c->stack->top || !dlk_cursor_read(c, fp, &next) ||
	    !dlk_cursor_read(c, fp + DLK_WORD, &lr))
		return DLK_STEP_NONE;
	if (!next && !lr)
		return DLK_STEP_END;
	if (next <= fp)
		return DLK_STEP_NONE;
	c->sp = next;
	c->pc = lr;
	c->is_exact = false;
	c->regs.known = 0;
	dlk_frame_regs_set(&c->regs, OTHER64_FP, next);
	return DLK_STEP_CALLER;
}

static const struct dlk_unwinder frame_record = { .name = "frame record", .step = step };

static enum dlk_status open_unwinders(struct dlk_kernel *k)
{
	if (dlk_kernel_symbol(k, "frame_records"))
		dlk_unwinders_add(k, &frame_record);
	return DLK_OK;
}

const struct dlk_kernel_arch dlk_kernel_other64 = {
	.machine = &dlk_other64,
	.pte_format = "aarch64",
	.table_bits = 11,
	.min_levels = 4,
	.max_levels = 4,
	.pte_no_exec = UINT64_C(1) << 53,
	.root_block = 16384,
	.image_align = 64 << 10,
	.code_end = 0xc000500000000000u,
	.stack_size = 32 << 10,
	.returns_first = true,
	.vmemmap = "struct_pages",
	.find_root = find_root,
	.roots = roots,
	.strip = strip,
	.start = start,
	.entry_size = entry_size,
	.open_unwinders = open_unwinders,
};
