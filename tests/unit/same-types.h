/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_SAME_TYPES_H
#define DLK_TESTS_SAME_TYPES_H

/**
 * @file
 * The same types in every form of debug information: what is expected of each reader of one is what
 * the compiler says of the same types here.
 *
 * The checks take the types as a user has them, and fail by cmocka.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "deadlock/debuginfo.h"

/** The text as well as the types: for a compiler that a test runs. */
#define SAME_TYPES(...)                                                                            \
	__VA_ARGS__                                                                                \
	static const char same_types_text[] __attribute__((unused)) = #__VA_ARGS__;

/* clang-format off */
SAME_TYPES(
struct list_head { struct list_head *next, *prev; };
typedef struct { int counter; } atomic_t;
struct sema { atomic_t count; struct list_head wait_list; };
struct mapping { long nr; const volatile struct sema lock; };
union either { long word; struct list_head list; };
struct outer {
	char tag;
	union { long first; struct { int low; struct sema hidden; }; };
	struct mapping maps[3];
	short grid[2][5];
	unsigned int head : 3;
	unsigned int tail : 11;
	unsigned long wide : 40;
	union either either;
	int none[0];
	char flexible[];
};
typedef struct outer outer_t;
struct __attribute__((packed)) tight { char before; unsigned int bits : 3; };
struct __attribute__((packed)) astride {
	unsigned int before : 30;
	unsigned int bits : 7;
	unsigned int after : 27;
};
struct oldest { int pad; unsigned char one : 1, two : 2, five : 5; int last; };
enum state { STATE_NEW, STATE_GONE = 7, STATE_WIDE = 200 };
enum sign { SIGN_MINUS = -2, SIGN_PLUS = 1 };
enum big { BIG_BIT = 1L << 40, BIG_NEXT };
enum { NAMELESS = 0x80000001 };
typedef enum { KIND_ONE = 1 } kind_t;
typedef struct elsewhere elsewhere_t;
)
/* clang-format on */

/** Everything below that a form has whatever else it has. */
void check_same_types(struct dlk_types *t);

struct dlk_member get_member(struct dlk_types *t, const char *type, const char *member);

/** What comes of asking for it; an error changes nothing. */
enum dlk_status try_member(struct dlk_types *t, const char *type, const char *member);

/** It is no bit-field. */
void check_plain(struct dlk_types *t, const char *type, const char *member, size_t offset,
		 size_t size, uint32_t count);

/** The bit-field has that value in @p object, which is of its type. */
void check_bits(struct dlk_types *t, const char *type, const char *member, const void *object,
		size_t object_size, uint64_t expected);

void check_size(struct dlk_types *t, const char *type, size_t expected);
void check_no_size(struct dlk_types *t, const char *type, enum dlk_status expected);
void check_enumerator(struct dlk_types *t, const char *type, const char *name, int64_t expected);
void check_no_enumerator(struct dlk_types *t, const char *type, const char *name);

/** Whether something stands at its beginning cannot be said, for its members lead nowhere. */
void check_path_corrupt(struct dlk_types *t, const char *type);

/** Ask for this and that, whatever the answers: types that were damaged must bear it. */
void use_types(struct dlk_types *t);

#endif
