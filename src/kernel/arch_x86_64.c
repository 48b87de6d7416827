/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86-64: page tables, tasks that were switched out, struct pt_regs, unwinders.
 *
 * Claims, and where they come from: init_top_pgt lies in the kernel's image, which is mapped at
 * __START_KERNEL_map + phys_base (arch/x86/kernel/vmcore_info_64.c, arch/x86/include/asm/page_64_types.h).
 * CR4.LA57 says that page tables have five levels; under page-table isolation a user's table is the 4 KiB
 * behind the kernel's (v4.15, d9e9a6418065).  thread.sp points to a struct inactive_task_frame
 * (v4.9, 0100301bfdf5; arch/x86/include/asm/switch_to.h).  At the end of every task's stack lies a struct
 * pt_regs; behind it are two words of padding if the kernel was built with CONFIG_X86_FRED (v6.9,
 * 65c9cc9e2c14).  Modules and code made at run time are mapped up to MODULES_END (v4.9 to v6.12).
 *
 * ORC tables are enough to unwind by.  Without: call frame information, which knows every instruction of the
 * kernel itself; what was not set up yet at the start of a function; frame pointers, which modules have, too.
 *
 * How it can be wrong: where CR4 is not told, five levels are tried after four; what maps the most of a kernel
 * is taken (image.c).
 */
#include <config.h>

#include "kernel/arch.h"
#include "kernel/call.h"

#include "kernel/orc.h"
#include "kernel/unwind.h"
#include "kernel/x86_64.h"
#include "kernel/xlat.h"
#include "target/vmcoreinfo.h"

enum {
	CR4_LA57 = 1 << 12,
	PTI_USER = 1 << 12, /* of a CR3 */
	FRED_PADDING = 2 * DLK_WORD,
	STACK_ALIGN = 16 /* of the CPU's, before it pushes anything */
};

/* --- page tables */

static bool find_root(const char *vmcoreinfo, struct dlk_xlat_root *ret)
{
	uint64_t init_top_pgt;
	int64_t phys_base, is_l5 = 0;

	if (!dlk_vmcoreinfo_hex(vmcoreinfo, "SYMBOL(init_top_pgt)", &init_top_pgt) ||
	    !dlk_vmcoreinfo_number(vmcoreinfo, "NUMBER(phys_base)", &phys_base))
		return false;
	dlk_vmcoreinfo_number(vmcoreinfo, "NUMBER(pgtable_l5_enabled)", &is_l5);
	ret->address = init_top_pgt - dlk_arch_x86_64.image_start + (uint64_t)phys_base;
	ret->levels = is_l5 ? 5 : 4;
	return true;
}

static unsigned roots(const struct dlk_regs *regs, struct dlk_xlat_root *ret)
{
	uint64_t cr4 = regs->raw[DLK_X86_CR4];
	unsigned levels = cr4 & CR4_LA57 ? 5 : 4, count = 0;

	ret[count++] = (struct dlk_xlat_root){ regs->root & ~(dlk_addr_t)PTI_USER, levels };
	ret[count++] = (struct dlk_xlat_root){ regs->root, levels };
	if (!cr4)
		ret[count++] = (struct dlk_xlat_root){ regs->root, 5 };
	return count;
}

/* --- stacks */

struct place {
	uint8_t reg;
	enum dlk_member_id member;
};

/* The saved registers of a task that was switched out. */
static enum dlk_status start(struct dlk_kernel *k, struct dlk_stack *s)
{
	static const struct place saved[] = { { DLK_X86_RBX, DLK_M_frame_bx },
					      { DLK_X86_R12, DLK_M_frame_r12 },
					      { DLK_X86_R13, DLK_M_frame_r13 },
					      { DLK_X86_R14, DLK_M_frame_r14 },
					      { DLK_X86_R15, DLK_M_frame_r15 } };
	uint64_t value;
	enum dlk_status status;

	s->start_sp = s->sp + k->layout.sizes[DLK_S_inactive_task_frame];
	if (s->sp < s->task->stack || s->sp >= s->top || s->start_sp > s->top)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT,
				"saved stack pointer %#llx is not on the stack",
				(unsigned long long)s->sp);
	if (!dlk_layout_has(&k->layout, DLK_M_frame_ret_addr) ||
	    !dlk_layout_has(&k->layout, DLK_M_frame_bp))
		return DLK_OK;
	status = dlk_kernel_read_member(k, s->sp, DLK_M_frame_ret_addr, &s->pc);
	if (!status)
		status = dlk_kernel_read_member(k, s->sp, DLK_M_frame_bp, &value);
	if (status)
		return status;
	s->is_pc_saved = true;
	dlk_frame_regs_set(&s->regs, DLK_X86_RBP, value);
	for (size_t i = 0; i < sizeof(saved) / sizeof(saved[0]); i++)
		if (!dlk_kernel_read_member(k, s->sp, saved[i].member, &value))
			dlk_frame_regs_set(&s->regs, saved[i].reg, value);
	return DLK_OK;
}

/* A kernel with CONFIG_X86_FRED has a place of entry for it, whatever the CPU. */
static uint32_t entry_size(struct dlk_kernel *k)
{
	uint32_t size = k->layout.sizes[DLK_S_pt_regs];

	return size && dlk_kernel_symbol(k, "asm_fred_entrypoint_user") ? size + FRED_PADDING
									: size;
}

static bool is_user(const struct dlk_cursor *c, dlk_addr_t cs_at)
{
	uint64_t cs;

	return !dlk_cursor_read(c, cs_at, &cs) || (cs & DLK_USER_MODE);
}

/* On the stack of the task what was interrupted is further out. */
static bool is_inside(const struct dlk_cursor *c, dlk_addr_t regs, dlk_addr_t sp)
{
	const struct dlk_stack *s = c->stack;

	return regs >= s->task->stack && regs < s->top && sp >= s->task->stack && sp <= regs;
}

/* All registers, of what was interrupted. */
static void take_regs(struct dlk_cursor *c, dlk_addr_t regs)
{
	static const struct place places[] = {
		{ DLK_X86_RAX, DLK_M_regs_ax },  { DLK_X86_RDX, DLK_M_regs_dx },
		{ DLK_X86_RCX, DLK_M_regs_cx },  { DLK_X86_RBX, DLK_M_regs_bx },
		{ DLK_X86_RSI, DLK_M_regs_si },  { DLK_X86_RDI, DLK_M_regs_di },
		{ DLK_X86_RBP, DLK_M_regs_bp },  { DLK_X86_R8, DLK_M_regs_r8 },
		{ DLK_X86_R9, DLK_M_regs_r9 },   { DLK_X86_R10, DLK_M_regs_r10 },
		{ DLK_X86_R11, DLK_M_regs_r11 }, { DLK_X86_R12, DLK_M_regs_r12 },
		{ DLK_X86_R13, DLK_M_regs_r13 }, { DLK_X86_R14, DLK_M_regs_r14 },
		{ DLK_X86_R15, DLK_M_regs_r15 }, { DLK_X86_RFLAGS, DLK_M_regs_flags }
	};
	const struct dlk_layout *l = &c->k->layout;
	uint64_t value;

	c->regs.known = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (dlk_layout_has(l, places[i].member) &&
		    dlk_cursor_read(c, regs + dlk_layout_offset(l, places[i].member), &value))
			dlk_frame_regs_set(&c->regs, places[i].reg, value);
}

enum dlk_stepped dlk_x86_step_regs(struct dlk_cursor *c, dlk_addr_t regs)
{
	const struct dlk_layout *l = &c->k->layout;

	if (!dlk_layout_has(l, DLK_M_regs_ip) || !dlk_layout_has(l, DLK_M_regs_cs))
		return DLK_STEP_NONE;
	if (is_user(c, regs + dlk_layout_offset(l, DLK_M_regs_cs)))
		return DLK_STEP_END;
	if (!dlk_cursor_read(c, regs + dlk_layout_offset(l, DLK_M_regs_ip), &c->pc) ||
	    !dlk_cursor_read(c, regs + dlk_layout_offset(l, DLK_M_regs_sp), &c->sp))
		return DLK_STEP_NONE;
	take_regs(c, regs);
	c->is_exact = true;
	return is_inside(c, regs, c->sp) ? DLK_STEP_NONE : DLK_STEP_CALLER;
}

/*
 * It looks like a pt_regs of the kernel's: its code segment, code, and a stack pointer right behind it.
 * What pushed it began at the next multiple of 16 below the stack pointer that it saved.
 */
static bool is_at_regs(const struct dlk_cursor *c)
{
	const struct dlk_layout *l = &c->k->layout;
	dlk_addr_t end = c->sp + l->sizes[DLK_S_pt_regs];
	uint64_t ip, cs, sp;

	return dlk_layout_has(l, DLK_M_regs_ip) && dlk_layout_has(l, DLK_M_regs_cs) &&
	       dlk_layout_has(l, DLK_M_regs_sp) &&
	       dlk_cursor_read(c, c->sp + dlk_layout_offset(l, DLK_M_regs_cs), &cs) && cs &&
	       !(cs & DLK_USER_MODE) && cs <= UINT16_MAX &&
	       dlk_cursor_read(c, c->sp + dlk_layout_offset(l, DLK_M_regs_ip), &ip) &&
	       dlk_kernel_is_code(c->k, ip) &&
	       dlk_cursor_read(c, c->sp + dlk_layout_offset(l, DLK_M_regs_sp), &sp) && sp >= end &&
	       sp - end < STACK_ALIGN;
}

static enum dlk_status open_unwinders(struct dlk_kernel *k)
{
	enum dlk_status status = dlk_orc_open(k, &k->orc);
	bool has_frame_pointers;

	if (dlk_status_is_fatal(status))
		return status;
	if (!status) {
		dlk_unwinders_add(k, &dlk_unwinder_orc);
		dlk_unwinders_add(k, &dlk_unwinder_untold);
		return DLK_OK;
	}
	has_frame_pointers = dlk_has_frame_pointers(k);
	if (!k->cfi && !has_frame_pointers)
		return DLK_OK;
	if (k->cfi)
		dlk_unwinders_add(k, &dlk_unwinder_cfi);
	dlk_unwinders_add(k, &dlk_unwinder_prologue);
	if (has_frame_pointers)
		dlk_unwinders_add(k, &dlk_unwinder_frame_pointer);
	return DLK_OK;
}

static dlk_addr_t called_before(struct dlk_kernel *k, dlk_addr_t ip)
{
	dlk_addr_t target;

	return dlk_call_before(k, ip, &target) == DLK_CALL_DIRECT ? target : 0;
}

/* arch/x86/include/asm/idtentry.h, arch/x86/entry; v5.8 (2f6474e4636b), and before; with FRED v6.9 (14619d912b65). */
static const char *const interrupt_entries[] = { "asm_sysvec_*",
						 "asm_common_interrupt",
						 "asm_spurious_interrupt",
						 "common_interrupt",
						 "ret_from_intr",
						 "apic_timer_interrupt",
						 "reschedule_interrupt",
						 "call_function_interrupt",
						 "call_function_single_interrupt",
						 "irq_work_interrupt",
						 "fred_extint",
						 NULL };
static const char *const nmi_entries[] = {
	"asm_exc_nmi", "exc_nmi", "end_repeat_nmi", "fred_exc_nmi", "do_nmi", "default_do_nmi", NULL
};

const struct dlk_kernel_arch dlk_kernel_arch_x86_64 = {
	.machine = &dlk_arch_x86_64,
	.pte_format = "x86_64",
	.table_bits = 9,
	.min_levels = 4,
	.max_levels = 5,
	.pte_no_exec = UINT64_C(1) << 63,
	.root_block = 8192,
	.image_align = 2 << 20, /* CONFIG_PHYSICAL_ALIGN, and the pages of the text */
	.code_end = 0xffffffffff000000u,
	.stack_size = 16 * 1024, /* without KASAN */
	.vmemmap = "vmemmap_base",
	.flags = DLK_X86_RFLAGS,
	.interrupts_on = 1 << 9,
	.interrupt_entries = interrupt_entries,
	.nmi_entries = nmi_entries,
	.find_root = find_root,
	.roots = roots,
	.start = start,
	.entry_size = entry_size,
	.is_at_regs = is_at_regs,
	.step_regs = dlk_x86_step_regs,
	.called_before = called_before,
	.open_unwinders = open_unwinders,
};
