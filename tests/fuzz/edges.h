/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_EDGES_H
#define DLK_TESTS_EDGES_H

/**
 * @file
 * For targets that spoil their inputs themselves: libFuzzer calls LLVMFuzzerCustomMutator(), which
 * knows where in an input the sizes, offsets and sums are.
 *
 * All of it follows from a seed: the same seed, the same input.
 */

#include <stddef.h>
#include <stdint.h>

/** libFuzzer's own way, by single bytes and by what was compared; in "make check" replay.c has one. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/** What a target may have.  @return the new size, at most @p max_size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/** The next number of a sequence. */
uint64_t fuzz_next(uint64_t *state);

/** A number below @p count; 0 if that is 0. */
size_t fuzz_pick(uint64_t *state, size_t count);

/**
 * A value at which code goes wrong: the borders of all widths, powers of two, and neighbours, multiples
 * and negatives of a value that fits.
 */
uint64_t fuzz_edge(uint64_t *state, uint64_t near);

/** Read and write the little-endian value of @p width bytes, which are there. */
uint64_t fuzz_peek(const uint8_t *data, size_t width);
void fuzz_poke(uint8_t *data, size_t width, uint64_t value);

/** An input in the making. */
struct fuzz_bytes {
	uint8_t *data;
	size_t size, max_size;
};

/** Replace the value at @p at by an edge, if it is there. */
void fuzz_spoil(const struct fuzz_bytes *b, size_t at, size_t width, uint64_t *state);

/** The same with any number that stands where one of its width is aligned; early ones more often. */
void fuzz_spoil_number(const struct fuzz_bytes *b, uint64_t *state);

/** Replace @p gone bytes at @p at by others, if they are there, and there is room. */
void fuzz_replace(struct fuzz_bytes *b, size_t at, size_t gone, const void *bytes, size_t len);

/** Put one of some words somewhere: in the place of what is there, or between. */
void fuzz_put_word(struct fuzz_bytes *b, const char *const *words, size_t count, uint64_t *state);

/**
 * A mutator for those who read a language (words.c): one time in so many a word of it is put in, else it is
 * libFuzzer's own way.
 *
 * @param[in] words  Ended by NULL.
 * @return The new size.
 */
size_t fuzz_mutate_by_words(struct fuzz_bytes b, unsigned int seed, const char *const *words,
			    size_t one_in);

#endif
