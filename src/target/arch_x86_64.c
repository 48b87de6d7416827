/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86-64: registers in notes and in stubs, and where its addresses are.
 *
 * Claims: NT_PRSTATUS is struct elf_prstatus, whose pr_reg is a struct user_regs_struct
 * (arch/x86/include/asm/user_64.h); "QEMU" is struct QEMUCPUState, version 1 (QEMU's
 * target/i386/arch_dump.c); names are those of QEMU's gdb-xml/i386-64bit.xml, with CR3 and CR4 since
 * QEMU 4.1.  The kernel's half begins, with page tables of five levels, at 0xff00...; the image is
 * mapped in the GiB from __START_KERNEL_map on (arch/x86/include/asm/page_64_types.h).
 *
 * How it can be wrong: with four levels the kernel's half begins higher, and what is taken for an address
 * below that is mapped nowhere.  An error code, or a poisoned pointer, may be as high as an address.
 */
#include <config.h>

#include "target/arch_x86_64.h"

#include <elf.h>

#include "target/arch.h"

enum {
	IF = 1 << 9, /* of the flags */
	RING = 3,    /* of a code segment's selector: 0 is the kernel's */
	PRSTATUS_SIZE = 336,
	PRSTATUS_REGS = 112,
	QEMU_SIZE = 440,
	QEMU_MIN_SIZE = 432, /* without kernel_gs_base, which older ones lack */
	QEMU_REGS = 8,
	QEMU_CR3 = 416
};

#define BIT(reg) (UINT32_C(1) << (reg))

static const char *const names[DLK_X86_REGS] = {
	[DLK_X86_RIP] = "rip", [DLK_X86_RSP] = "rsp", [DLK_X86_RFLAGS] = "eflags",
	[DLK_X86_CS] = "cs",   [DLK_X86_SS] = "ss",   [DLK_X86_RAX] = "rax",
	[DLK_X86_RBX] = "rbx", [DLK_X86_RCX] = "rcx", [DLK_X86_RDX] = "rdx",
	[DLK_X86_RSI] = "rsi", [DLK_X86_RDI] = "rdi", [DLK_X86_RBP] = "rbp",
	[DLK_X86_R8] = "r8",   [DLK_X86_R9] = "r9",   [DLK_X86_R10] = "r10",
	[DLK_X86_R11] = "r11", [DLK_X86_R12] = "r12", [DLK_X86_R13] = "r13",
	[DLK_X86_R14] = "r14", [DLK_X86_R15] = "r15", [DLK_X86_CR3] = "cr3",
	[DLK_X86_CR4] = "cr4",
};

/* struct user_regs_struct; orig_ax says nothing of the kernel. */
static const uint8_t user_regs[] = { DLK_X86_R15, DLK_X86_R14, DLK_X86_R13,    DLK_X86_R12,
				     DLK_X86_RBP, DLK_X86_RBX, DLK_X86_R11,    DLK_X86_R10,
				     DLK_X86_R9,  DLK_X86_R8,  DLK_X86_RAX,    DLK_X86_RCX,
				     DLK_X86_RDX, DLK_X86_RSI, DLK_X86_RDI,    DLK_NO_REG,
				     DLK_X86_RIP, DLK_X86_CS,  DLK_X86_RFLAGS, DLK_X86_RSP,
				     DLK_X86_SS };

/* struct QEMUCPUState, from rax to rflags, and from cr[3] to cr[4]. */
static const uint8_t qemu_regs[] = { DLK_X86_RAX, DLK_X86_RBX,   DLK_X86_RCX, DLK_X86_RDX,
				     DLK_X86_RSI, DLK_X86_RDI,   DLK_X86_RSP, DLK_X86_RBP,
				     DLK_X86_R8,  DLK_X86_R9,    DLK_X86_R10, DLK_X86_R11,
				     DLK_X86_R12, DLK_X86_R13,   DLK_X86_R14, DLK_X86_R15,
				     DLK_X86_RIP, DLK_X86_RFLAGS };
static const uint8_t qemu_cr[] = { DLK_X86_CR3, DLK_X86_CR4 };

/* A PC has devices from 0xa0000 on, and below 4 GiB. */
static const struct dlk_ram_range usual_ram[] = { { 0, 0xa0000 },
						  { 0x100000, 0xb0000000 },
						  { UINT64_C(1) << 32, UINT64_C(1) << 39 } };

/* CR3: flags or a PCID below the table's address, and above it nothing that is one. */
static const uint64_t cr3_address = UINT64_C(0xffffffffff000);

static void interpret(struct dlk_regs *regs)
{
	regs->is_user = regs->raw[DLK_X86_CS] & RING;
	/* Bit 1 is always set. */
	regs->are_flags_known = regs->raw[DLK_X86_RFLAGS];
	regs->has_interrupts_off = regs->are_flags_known && !(regs->raw[DLK_X86_RFLAGS] & IF);
	regs->root = regs->raw[DLK_X86_CR3] & cr3_address;
}

const struct dlk_arch dlk_arch_x86_64 = {
	.name = "x86_64",
	.machine = EM_X86_64,
	.gdb_name = "i386:x86-64",
	.gdb_xml = "i386",
	.page_shift = 12,
	.kernel_start = 0xff00000000000000u,
	.image_start = 0xffffffff80000000u,
	.image_end = 0xffffffffc0000000u,
	.pc = DLK_X86_RIP,
	.ra = DLK_X86_RIP,
	.sp = DLK_X86_RSP,
	.fp = DLK_X86_RBP,
	.general = (BIT(DLK_X86_RIP) - 1) & ~BIT(DLK_X86_RSP),
	.callee_saved = BIT(DLK_X86_RBX) | BIT(DLK_X86_RBP) | BIT(DLK_X86_R12) | BIT(DLK_X86_R13) |
			BIT(DLK_X86_R14) | BIT(DLK_X86_R15),
	.reg_count = DLK_X86_REGS,
	.reg_names = names,
	.prstatus = { .size = PRSTATUS_SIZE,
		      .min_size = PRSTATUS_SIZE,
		      .run_count = 1,
		      .runs = { { .at = PRSTATUS_REGS,
				  .count = sizeof(user_regs),
				  .regs = user_regs } } },
	.qemu = { .size = QEMU_SIZE,
		  .min_size = QEMU_MIN_SIZE,
		  .run_count = 2,
		  .runs = { { .at = QEMU_REGS,
			      .count = sizeof(qemu_regs),
			      .is_repeated = true,
			      .regs = qemu_regs },
			    { .at = QEMU_CR3, .count = sizeof(qemu_cr), .regs = qemu_cr } } },
	.interpret = interpret,
	.usual_ram = usual_ram,
	.usual_ram_count = sizeof(usual_ram) / sizeof(usual_ram[0]),
};
