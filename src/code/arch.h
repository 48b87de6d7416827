/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_ARCH_H
#define DLK_CODE_ARCH_H

/**
 * @file
 * What reading code needs of an architecture: a decoder, and how functions call each other.
 *
 * A row belongs to a row of kernel/arch.h.  The decoder is libcapstone's, behind the row; no other file knows it.
 */

#include "code/insn.h"
#include "kernel/kernel.h"

enum { DLK_CODE_ARGS = 6, DLK_MAX_INSN = 16 /**< Bytes of an instruction. */ };

struct dlk_decoder;

/** What text is looked through for, as bytes: more may be found than there is. */
struct dlk_text_scan {
	dlk_addr_t lowest, highest; /**< Addresses from @c lowest to before @c highest ... */
	void (*mentioned)(void *arg, dlk_addr_t address); /**< ... are shown, and ... */
	void (*called)(void *arg,
		       dlk_addr_t address); /**< ... what is called, or jumped to; NULL. */
	void *arg;
};

struct dlk_code_arch {
	const struct dlk_arch *machine;
	uint8_t args[DLK_CODE_ARGS]; /**< Registers of a function's arguments, in order. */
	uint8_t result;              /**< The register of what it returns. */
	const char *const
		*return_thunks; /**< Functions to which one jumps to return; by pattern. */
	const char *const
		*indirect_thunks;       /**< Functions that jump or call where a register says. */
	const char *const *transparent; /**< Functions that change no register: tracers'. */

	/**
	 * Get the decoder: the process has one, and keeps it.
	 *
	 * @return NULL if there cannot be one.
	 */
	struct dlk_decoder *(*get_decoder)(void);

	/**
	 * Decode an instruction.
	 *
	 * @param[in]  at   Its address.
	 * @param[in]  len  Of the bytes.
	 * @param[out] ret  Its flow is DLK_FLOW_LOST if the bytes are none.
	 *
	 * Target: none.
	 */
	void (*decode)(struct dlk_decoder *decoder, dlk_addr_t at, const unsigned char *bytes,
		       size_t len, struct dlk_insn *ret);

	/**
	 * Look through text for addresses that an instruction has as a number, or tells by where it stands itself.
	 *
	 * @param[in] at  Where the bytes are.
	 *
	 * NULL if that is not known.  Target: what the scan's functions read.
	 */
	void (*scan)(const struct dlk_text_scan *scan, const unsigned char *bytes, size_t len,
		     dlk_addr_t at);

	/** The registers that an instruction reads, a bit for each; all if that is not known. */
	uint32_t (*reads)(struct dlk_decoder *decoder, dlk_addr_t at, const unsigned char *bytes,
			  size_t len);
};

/** The row of a kernel's architecture; NULL if its code is not read. */
const struct dlk_code_arch *dlk_code_arch_of(const struct dlk_kernel *k);

extern const struct dlk_code_arch dlk_code_arch_x86_64;

#endif
