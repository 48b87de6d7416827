/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_CODE_H
#define DLK_TESTS_CODE_H

/**
 * @file
 * Machine code for the tests of src/code/: a test's functions in assembly, which the fake kernel has as its text.
 *
 *     CODE("function holder; push %rbx; mov %rdi,%rbx; call waits; at waiting;"
 *          "mov %rbx,%rdi; call up_read; pop %rbx; ret");
 *
 * "function" begins one, and goes on to the next; "at" names a place in it.  All names are one program's.  Elsewhere than
 * on x86-64 there is no code, and the test is skipped.
 */

#include "support.h"

#include "code/code.h"

#define TEXT (FAKE_IMAGE + 0x1000000)

#ifdef __x86_64__
#define CODE(text) __asm__(".pushsection code_text, \"a\", @progbits\n" text "\n.popsection\n")

/* A name is an offset, whether it begins a function, and a string. */
CODE("code_base:\n"
     ".macro code_name name, begins\n"
     ".pushsection code_names, \"a\", @progbits\n"
     ".long \\name - code_base\n"
     ".byte \\begins\n"
     ".asciz \"\\name\"\n"
     ".popsection\n"
     ".endm\n"
     ".macro function name\n"
     ".balign 16, 0xcc\n"
     "\\name:\n"
     "code_name \\name, 1\n"
     ".endm\n"
     ".macro at name\n"
     "\\name:\n"
     "code_name \\name, 0\n"
     ".endm");

extern const unsigned char __start_code_text[], __stop_code_text[];
extern const char __start_code_names[], __stop_code_names[];

#define CODE_TEST_MAIN(tests) return cmocka_run_group_tests(tests, NULL, NULL)
#else
#define CODE(text) struct dlk_code
static const unsigned char *const __start_code_text, *const __stop_code_text;
static const char *const __start_code_names, *const __stop_code_names;

#define CODE_TEST_MAIN(tests)                                                                      \
	do {                                                                                       \
		(void)(tests);                                                                     \
		return 77;                                                                         \
	} while (0)
#endif

struct code_name {
	uint32_t offset;
	bool begins;
	const char *name;
};

/** The next of all names, from __start_code_names on. */
static inline const char *code_next(const char *at, struct code_name *ret)
{
	memcpy(&ret->offset, at, sizeof(ret->offset));
	ret->begins = at[4];
	ret->name = at + 5;
	return ret->name + strlen(ret->name) + 1;
}

/** Whether there is another name. */
static inline bool code_has_more(const char *at)
{
	return (uintptr_t)at < (uintptr_t)__stop_code_names;
}

/** The address of a function, or of a place. */
static inline dlk_addr_t code_at(const char *name)
{
	struct code_name n;

	for (const char *at = __start_code_names; code_has_more(at);) {
		at = code_next(at, &n);
		if (!strcmp(n.name, name))
			return TEXT + n.offset;
	}
	fail_msg("there is no %s in the code", name);
	return 0;
}

/** Write the code as the text of a fake kernel, and its symbols. */
static inline void code_write(struct fake *f)
{
	size_t size = (uintptr_t)__stop_code_text - (uintptr_t)__start_code_text;
	struct code_name n;

	fake_zeros(f, TEXT, size + DLK_MAX_INSN);
	fake_write(f, TEXT, __start_code_text, size);
	fake_symbol(f, "_stext", TEXT, 0);
	fake_symbol(f, "_etext", TEXT + size, 0);
	for (const char *at = __start_code_names; code_has_more(at);) {
		at = code_next(at, &n);
		if (!n.begins)
			continue;
		if (f->symbol[f->symbol_count - 1].size)
			f->symbol[f->symbol_count - 1].size =
				TEXT + n.offset - f->symbol[f->symbol_count - 1].address;
		fake_symbol(f, n.name, TEXT + n.offset, TEXT + size - (TEXT + n.offset));
	}
}

/** cmocka's setup: *state is a struct fake with the types of a kernel, and this code; k is not opened yet. */
static inline int code_setup(void **state)
{
	if (fake_setup(state))
		return -1;
	fake_types_of_a_kernel(*state);
	code_write(*state);
	return 0;
}

/** The same for a fixture whose first member it is; fixture_teardown() ends it. */
static inline struct fake *code_fake(void)
{
	void *fake;

	assert_int_equal(code_setup(&fake), 0);
	return fake;
}

#define CODE_TEST(test) cmocka_unit_test_setup_teardown(test, code_setup, fake_teardown)

static inline struct dlk_code *code_open(struct fake *f)
{
	struct dlk_code *code = NULL;

	fake_kernel(f);
	assert_int_equal(dlk_code_open(&f->k, &code), DLK_OK);
	return code;
}

/** What a value is. */
#define assert_number(value, wanted)                                                               \
	do {                                                                                       \
		assert_int_equal((value).how, DLK_VALUE_NUMBER);                                   \
		assert_int_equal((value).number, (uint64_t)(wanted));                              \
	} while (0)
#define assert_entry(value, wanted, added)                                                         \
	do {                                                                                       \
		assert_int_equal((value).how, DLK_VALUE_ENTRY);                                    \
		assert_int_equal((value).reg, wanted);                                             \
		assert_int_equal((value).number, (uint64_t)(added));                               \
	} while (0)
#define assert_unknown(value) assert_int_equal((value).how, DLK_VALUE_UNKNOWN)

#endif
