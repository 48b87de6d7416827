/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/arch_x86_64.c: what instructions do, told from their bytes. */
#include <config.h>

#include "support.h"

#include "code/arch.h"
#include "code/condition.h"

enum { AT = 0x1000 };

static struct dlk_insn decode(const char *bytes, size_t len)
{
	struct dlk_decoder *d = dlk_code_arch_x86_64.get_decoder();
	struct dlk_insn insn;

	assert_non_null(d);
	dlk_code_arch_x86_64.decode(d, AT, (const unsigned char *)bytes, len, &insn);
	return insn;
}

#define DECODE(bytes) decode(bytes, sizeof(bytes) - 1)

static void test_moves(void **state)
{
	struct dlk_insn i = DECODE("\x48\x89\xfb"); /* mov %rdi,%rbx */

	(void)state;
	assert_int_equal(i.setting, DLK_SET_COPY);
	assert_int_equal(i.reg, DLK_X86_RBX);
	assert_int_equal(i.from, DLK_X86_RDI);
	assert_int_equal(i.size, 3);
	i = DECODE("\x48\x8b\x7c\x24\x18"); /* mov 0x18(%rsp),%rdi */
	assert_int_equal(i.setting, DLK_SET_LOADED);
	assert_int_equal(i.place.base, DLK_X86_RSP);
	assert_int_equal(i.place.offset, 0x18);
	i = DECODE("\x48\x8d\x7b\x40"); /* lea 0x40(%rbx),%rdi */
	assert_int_equal(i.setting, DLK_SET_ADDRESS);
	assert_int_equal(i.place.base, DLK_X86_RBX);
	assert_int_equal(i.place.offset, 0x40);
	i = DECODE("\x31\xc0"); /* xor %eax,%eax */
	assert_int_equal(i.setting, DLK_SET_NUMBER);
	assert_int_equal(i.imm, 0);
	i = DECODE("\x49\x0f\x44\xc6"); /* cmove %r14,%rax */
	assert_int_equal(i.setting, DLK_SET_EITHER);
	assert_int_equal(i.reg, DLK_X86_RAX);
	assert_int_equal(i.from, DLK_X86_R14);
	i = DECODE("\x41\x0f\x44\xc6"); /* cmove %r14d,%eax: a half */
	assert_int_equal(i.setting, DLK_SET_NOTHING);
	assert_true(i.lost >> DLK_X86_RAX & 1);
	i = DECODE("\xb3\x01"); /* mov $1,%bl: what rbx is then is not known */
	assert_int_equal(i.setting, DLK_SET_NOTHING);
	assert_true(i.lost >> DLK_X86_RBX & 1);
}

static void test_stack(void **state)
{
	struct dlk_insn i = DECODE("\x55"); /* push %rbp */

	(void)state;
	assert_int_equal(i.push, -8);
	assert_int_equal(i.store, DLK_STORE_REG);
	assert_int_equal(i.from, DLK_X86_RBP);
	i = DECODE("\x5b"); /* pop %rbx */
	assert_int_equal(i.pop, 8);
	assert_int_equal(i.setting, DLK_SET_LOADED);
	assert_int_equal(i.reg, DLK_X86_RBX);
	i = decode("\xc9\x90", 2); /* leave */
	assert_true(i.leaves);
	assert_int_equal(i.reg, DLK_X86_RBP);
	i = DECODE("\x48\x83\xec\x20"); /* sub $0x20,%rsp */
	assert_int_equal(i.setting, DLK_SET_COPY);
	assert_int_equal(i.reg, DLK_X86_RSP);
	assert_int_equal(i.imm, -0x20);
	i = DECODE("\x48\x83\xe4\xf0"); /* and $-16,%rsp */
	assert_int_equal(i.setting, DLK_SET_MASKED);
	assert_int_equal(i.imm, -16);
}

static void test_bits_and_counters(void **state)
{
	struct dlk_insn i = DECODE("\xf0\x48\x0f\xba\x33\x05"); /* lock btrq $5,(%rbx) */

	(void)state;
	assert_int_equal(i.store, DLK_STORE_BIT_CLEAR);
	assert_int_equal(i.imm, 5);
	assert_int_equal(i.place.base, DLK_X86_RBX);
	i = DECODE("\xf0\x48\x0f\xba\x6b\x08\x00"); /* lock btsq $0,8(%rbx) */
	assert_int_equal(i.store, DLK_STORE_BIT_SET);
	assert_int_equal(i.place.offset, 8);
	i = DECODE("\xf0\x80\x23\xfe"); /* lock andb $0xfe,(%rbx) */
	assert_int_equal(i.store, DLK_STORE_AND);
	assert_false(i.imm & 1);
	assert_int_equal(i.store_size, 1);
	i = DECODE("\x65\xff\x00"); /* incl %gs:(%rax) */
	assert_int_equal(i.store, DLK_STORE_ADD);
	assert_true(i.place.is_percpu);
	assert_int_equal(i.imm, 1);
	i = DECODE("\x65\xff\x08"); /* decl %gs:(%rax) */
	assert_int_equal(i.imm, -1);
	i = DECODE("\xf3\x48\xab"); /* rep stos %rax,(%rdi): to anywhere behind it */
	assert_int_equal(i.store, DLK_STORE_LOST);
	assert_int_equal(i.store_size, DLK_STORE_UNBOUNDED);
}

/* What goes there is not known, but that something does. */
static void test_stores(void **state)
{
	const struct dlk_insn stores[] = {
		DECODE("\xf0\x48\x0f\xb1\x4b\x10"), /* lock cmpxchg %rcx,0x10(%rbx) */
		DECODE("\xf0\x0f\xc7\x0b"),         /* lock cmpxchg8b (%rbx) */
		DECODE("\xf0\x48\x0f\xc7\x0b"),     /* lock cmpxchg16b (%rbx) */
		DECODE("\xf0\x48\x0f\xc1\x0b"),     /* lock xadd %rcx,(%rbx) */
		DECODE("\x48\x87\x0b"),             /* xchg %rcx,(%rbx) */
		DECODE("\x48\xd1\x03"),             /* rolq (%rbx) */
		DECODE("\xd1\x0b"),                 /* rorl (%rbx) */
		DECODE("\xd1\x13"),                 /* rcll (%rbx) */
		DECODE("\x48\xd1\x1b"),             /* rcrq (%rbx) */
		DECODE("\x48\x0f\xc3\x0b"),         /* movnti %rcx,(%rbx) */
		DECODE("\x48\x0f\x38\xf1\x0b"),     /* movbe %rcx,(%rbx) */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		assert_int_equal(stores[i].store, DLK_STORE_LOST);
		assert_int_equal(stores[i].place.base, DLK_X86_RBX);
	}
	assert_int_equal(stores[0].store_size, 8);
	assert_int_equal(stores[2].store_size, 16);
	assert_int_equal(DECODE("\x48\x39\x0b").store, DLK_STORE_NOTHING); /* cmp %rcx,(%rbx) */
	assert_int_equal(DECODE("\x48\xf7\x23").store, DLK_STORE_NOTHING); /* mulq (%rbx) */
	assert_int_equal(DECODE("\x48\x0f\x38\xf0\x0b").store,
			 DLK_STORE_NOTHING); /* movbe (%rbx),%rcx */
}

static void test_flow(void **state)
{
	struct dlk_insn i = DECODE("\xe8\x10\x00\x00\x00"); /* call AT + 0x15 */

	(void)state;
	assert_int_equal(i.flow, DLK_FLOW_CALL);
	assert_int_equal(i.target, AT + 0x15);
	i = DECODE("\xff\xd0"); /* call *%rax */
	assert_int_equal(i.flow, DLK_FLOW_CALL);
	assert_int_equal(i.target, 0);
	i = DECODE("\x74\x10"); /* je AT + 0x12 */
	assert_int_equal(i.flow, DLK_FLOW_BRANCH);
	assert_int_equal(i.target, AT + 0x12);
	assert_int_equal(DECODE("\xeb\xfe").target, AT);                      /* jmp AT */
	assert_int_equal(DECODE("\x0f\x0b").flow, DLK_FLOW_TRAP);             /* ud2 */
	assert_int_equal(DECODE("\x67\x0f\xb9\x40\x01").flow, DLK_FLOW_TRAP); /* ud1 */
	assert_int_equal(DECODE("\x67\x48\x0f\xb9\x3a").flow, DLK_FLOW_TRAP); /* ud1 (%edx),%rdi */
	assert_true(DECODE("\xf3\x0f\x1e\xfa").is_landing);                   /* endbr64 */
	assert_int_equal(DECODE("\x00\x00").flow, DLK_FLOW_LOST);             /* left out */
	assert_int_equal(DECODE("\x06\x06").flow, DLK_FLOW_LOST);             /* none in 64 bits */
}

static void assert_operands(const struct dlk_insn *i, unsigned flags, unsigned width,
			    unsigned first, unsigned second)
{
	assert_int_equal(i->flags, flags);
	assert_int_equal(i->width, width);
	assert_int_equal(i->operands[0], first);
	assert_int_equal(i->operands[1], second);
}

static void test_flags(void **state)
{
	struct dlk_insn i = DECODE("\x66\x3d\x00\x80"); /* cmp $0x8000,%ax */

	(void)state;
	assert_operands(&i, DLK_FLAGS_COMPARED, 2, DLK_X86_RAX, DLK_OPERAND_NUMBER);
	i = DECODE("\x48\x39\xcb"); /* cmp %rcx,%rbx */
	assert_operands(&i, DLK_FLAGS_COMPARED, 8, DLK_X86_RBX, DLK_X86_RCX);
	i = DECODE("\xf6\x83\x10\x04\x00\x00\x02"); /* testb $2,0x410(%rbx) */
	assert_operands(&i, DLK_FLAGS_TESTED, 1, DLK_OPERAND_PLACE, DLK_OPERAND_NUMBER);
	assert_int_equal(i.imm, 2);
	assert_int_equal(i.place.offset, 0x410);
	i = DECODE("\x48\x0f\xba\xe0\x07"); /* bt $7,%rax */
	assert_operands(&i, DLK_FLAGS_BIT, 8, DLK_X86_RAX, DLK_OPERAND_NUMBER);
	assert_int_equal(DECODE("\x48\x0f\xa3\xc8").flags, DLK_FLAGS_LOST); /* bt %rcx,%rax */
	assert_int_equal(DECODE("\x84\xe4").flags, DLK_FLAGS_LOST);         /* test %ah,%ah */
	assert_int_equal(DECODE("\x48\x01\xd8").flags, DLK_FLAGS_LOST);     /* add %rbx,%rax */
	assert_int_equal(DECODE("\x48\x89\xd8").flags, DLK_FLAGS_KEPT);     /* mov %rbx,%rax */
	i = DECODE("\x66\x25\x00\xf0"); /* and $0xf000,%ax: what is above stays */
	assert_operands(&i, DLK_FLAGS_TESTED, 2, DLK_X86_RAX, DLK_OPERAND_NUMBER);
	assert_int_equal(i.setting, DLK_SET_MASKED);
	assert_int_equal(i.imm, (int64_t)0xfffffffffffff000);
	i = DECODE("\x81\xe2\x00\x00\x04\x80"); /* and $0x80040000,%edx: it does not */
	assert_int_equal(i.imm, 0x80040000);
	i = DECODE("\x0f\xb7\x02"); /* movzwl (%rdx),%eax */
	assert_int_equal(i.setting, DLK_SET_LOADED);
	assert_int_equal(i.load_size, 2);
	i = DECODE("\x0f\xb6\xc4"); /* movzbl %ah,%eax: not its lowest part */
	assert_int_equal(i.setting, DLK_SET_NOTHING);
	assert_int_equal(DECODE("\x74\x10").condition, DLK_IF_EQUAL);
	assert_int_equal(DECODE("\x7f\x10").condition, DLK_IF_GREATER);
	assert_int_equal(DECODE("\x70\x10").condition, DLK_IF_UNKNOWN); /* jo */
}

/* What a processor does: of each pair the one is met or the other. */
static void test_conditions(void **state)
{
	static const struct {
		uint8_t how, width;
		uint64_t a, b;
		uint8_t met[6]; /* of the first of each pair, from DLK_IF_EQUAL on; 2: not known */
	} rows[] = {
		{ DLK_FLAGS_COMPARED, 8, 5, 5, { 1, 0, 1, 0, 1, 0 } },
		{ DLK_FLAGS_COMPARED, 8, 4, 5, { 0, 1, 1, 1, 1, 1 } },
		{ DLK_FLAGS_COMPARED, 1, 0xff, 1, { 0, 0, 0, 1, 1, 1 } }, /* -1 and 1 */
		{ DLK_FLAGS_COMPARED, 1, 0x80, 1, { 0, 0, 0, 1, 1, 0 } }, /* -128 - 1 overflows */
		{ DLK_FLAGS_COMPARED, 2, 0x18000, 0x8000, { 1, 0, 1, 0, 1, 0 } },
		{ DLK_FLAGS_TESTED, 4, 0x80000000, 0x80000000, { 0, 0, 0, 1, 1, 1 } },
		{ DLK_FLAGS_TESTED, 4, 2, 1, { 1, 0, 1, 0, 1, 0 } },
		{ DLK_FLAGS_BIT, 4, 0x80, 7, { 2, 1, 2, 2, 2, 2 } },
		{ DLK_FLAGS_BIT, 4, 0x80, 6, { 2, 0, 2, 2, 2, 2 } },
		{ DLK_FLAGS_BIT, 4, 0x80, 32, { 2, 2, 2, 2, 2, 2 } },
		{ 0, 8, 5, 5, { 2, 2, 2, 2, 2, 2 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned c = 0; c < 12; c++) {
			const struct dlk_flags flags = { .how = rows[i].how,
							 .width = rows[i].width };
			const uint64_t numbers[] = { rows[i].a, rows[i].b };
			unsigned met = rows[i].met[c / 2];
			bool is_met = false, is_known;

			is_known = dlk_condition_is_met(&flags, numbers, DLK_IF_EQUAL + c, &is_met);
			assert_int_equal(is_known, met != 2);
			if (is_known)
				assert_int_equal(is_met, met != c % 2);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_moves),
					    cmocka_unit_test(test_stack),
					    cmocka_unit_test(test_bits_and_counters),
					    cmocka_unit_test(test_stores),
					    cmocka_unit_test(test_flow),
					    cmocka_unit_test(test_flags),
					    cmocka_unit_test(test_conditions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
