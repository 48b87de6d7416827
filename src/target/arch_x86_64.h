/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_ARCH_X86_64_H
#define DLK_TARGET_ARCH_X86_64_H

/**
 * @file
 * Numbers of x86-64's registers, for those who know that it is one: arch_x86_64.c here and in
 * src/kernel/, and x86-64's unwinders.
 */

/** Up to RIP those of the psABI's DWARF (figure 3.36); what follows is our own. */
enum dlk_x86_reg {
	DLK_X86_RAX,
	DLK_X86_RDX,
	DLK_X86_RCX,
	DLK_X86_RBX,
	DLK_X86_RSI,
	DLK_X86_RDI,
	DLK_X86_RBP,
	DLK_X86_RSP,
	DLK_X86_R8,
	DLK_X86_R9,
	DLK_X86_R10,
	DLK_X86_R11,
	DLK_X86_R12,
	DLK_X86_R13,
	DLK_X86_R14,
	DLK_X86_R15,
	DLK_X86_RIP, /**< Where a frame's return address is asked for. */
	DLK_X86_RFLAGS,
	DLK_X86_CS,
	DLK_X86_SS,
	DLK_X86_CR3,
	DLK_X86_CR4,
	DLK_X86_REGS
};

#endif
