/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/arch_x86_64.c: what instructions do, told from their bytes. */
#include <config.h>

#include "support.h"

#include "code/arch.h"

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
	assert_true(DECODE("\xf3\x0f\x1e\xfa").is_landing);                   /* endbr64 */
	assert_int_equal(DECODE("\x00\x00").flow, DLK_FLOW_LOST);             /* left out */
	assert_int_equal(DECODE("\x06\x06").flow, DLK_FLOW_LOST);             /* none in 64 bits */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_moves),
					    cmocka_unit_test(test_stack),
					    cmocka_unit_test(test_bits_and_counters),
					    cmocka_unit_test(test_flow) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
