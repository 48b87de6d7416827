/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FUZZ_ELF_H
#define DLK_TESTS_FUZZ_ELF_H

/**
 * @file
 * ELF files that are damaged where it matters, and files made of sections alone.
 *
 * What libdw makes of a section's bytes is not reached through an ELF file of random bytes.  So an input may
 * be sections: of each an index among the names that the target has, one byte; how many bytes there are, two;
 * and these.
 */

#include "edges.h"

struct dlk_ctx;
struct dlk_elffile;

/** Spoil a number of a header, of a program header, of a section header, or in a section. */
void fuzz_elf_spoil(const struct fuzz_bytes *b, uint64_t *state);

/**
 * Make a file of x86-64 of sections, and do that with it; nothing is done with one that cannot be opened.
 *
 * @param[in]  names  By index; ended by NULL.  The first is where code is, and has an address.
 */
void fuzz_elf_use(const uint8_t *data, size_t size, const char *const *names,
		  void (*use)(struct dlk_ctx *ctx, const struct dlk_elffile *f));

/**
 * A mutator for those who read such a file: one of its sections is spoilt, by LLVMFuzzerMutate() or in a
 * number; now and then it is the whole input by LLVMFuzzerMutate().
 *
 * @return The new size.
 */
size_t fuzz_elf_mutate_sections(struct fuzz_bytes b, unsigned int seed);

/** Where the code of such a file is. */
#define FUZZ_ELF_TEXT 0xffffffff81000000u

#endif
