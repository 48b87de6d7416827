/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FUZZ_H
#define DLK_TESTS_FUZZ_H

/**
 * @file
 * A fuzz target: one function over bytes, as libFuzzer calls it.
 *
 * Built two ways: by scripts/fuzz with clang's -fsanitize=fuzzer, which invents inputs; and by
 * "make check" with replay.c, which takes them from files.  A target returns 0, costs no more than limits.h
 * allows, and leaves nothing behind.  It may have a way of its own to spoil inputs (edges.h).
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Bytes as a file without a name; -1 if there is none to be had. */
int fuzz_file(const uint8_t *data, size_t size);

/** A name by which that file can be opened; until the next call. */
const char *fuzz_path(int fd);

/** Stop the program unless @p is_true: what a target claims of every input. */
#define FUZZ_CLAIM(is_true) fuzz_claim(is_true, #is_true)
void fuzz_claim(int is_true, const char *what);

#endif
