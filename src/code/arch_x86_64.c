/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions of x86-64, by libcapstone.
 *
 * Claims: of moves, address arithmetic, pushes and pops, comparisons, calls and jumps it says what they do to registers,
 * flags and memory; of all other instructions, which registers and which place they change.  Whatever is done to a part of
 * a register is a change to what is not known, but for masks; what is done to its lower half clears the upper one, and is not
 * known, either, but for numbers, masks and moves.
 *
 * How it can be wrong: where libcapstone is about which operands an instruction writes; instructions that it does
 * not know end the reading.
 */
#include <config.h>

#include <capstone/capstone.h>
#include <string.h>

#include "code/arch.h"
#include "target/arch.h"
#include "target/arch_x86_64.h"

enum { WORD = 8, HALF = 4, SYSTEM_LOST = 0xffff & ~(1 << DLK_X86_RSP), CALL_OR_JUMP = 0xe8 };

struct dlk_decoder {
	csh handle;
	cs_insn *insn;
};

/* --- registers */

struct name {
	uint16_t reg; /* x86_reg */
	uint8_t number, size;
};

#define FOUR(number, r64, r32, r16, r8)                                                            \
	{ X86_REG_##r64, DLK_X86_##number, 8 }, { X86_REG_##r32, DLK_X86_##number, 4 },            \
		{ X86_REG_##r16, DLK_X86_##number, 2 },                                            \
	{                                                                                          \
		X86_REG_##r8, DLK_X86_##number, 1                                                  \
	}

static const struct name names[] = {
	FOUR(RAX, RAX, EAX, AX, AL),      FOUR(RDX, RDX, EDX, DX, DL),
	FOUR(RCX, RCX, ECX, CX, CL),      FOUR(RBX, RBX, EBX, BX, BL),
	FOUR(RSI, RSI, ESI, SI, SIL),     FOUR(RDI, RDI, EDI, DI, DIL),
	FOUR(RBP, RBP, EBP, BP, BPL),     FOUR(RSP, RSP, ESP, SP, SPL),
	FOUR(R8, R8, R8D, R8W, R8B),      FOUR(R9, R9, R9D, R9W, R9B),
	FOUR(R10, R10, R10D, R10W, R10B), FOUR(R11, R11, R11D, R11W, R11B),
	FOUR(R12, R12, R12D, R12W, R12B), FOUR(R13, R13, R13D, R13W, R13B),
	FOUR(R14, R14, R14D, R14W, R14B), FOUR(R15, R15, R15D, R15W, R15B),
	{ X86_REG_AH, DLK_X86_RAX, 1 },   { X86_REG_BH, DLK_X86_RBX, 1 },
	{ X86_REG_CH, DLK_X86_RCX, 1 },   { X86_REG_DH, DLK_X86_RDX, 1 },
};

/* By x86_reg: its row in names + 1; made when the first decoder is. */
static uint8_t row_of[X86_REG_ENDING];

static void index_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		row_of[names[i].reg] = (uint8_t)(i + 1);
}

static const struct name *name_of(unsigned reg)
{
	return reg < X86_REG_ENDING && row_of[reg] ? &names[row_of[reg] - 1] : NULL;
}

static uint8_t number_of(unsigned reg)
{
	const struct name *name = name_of(reg);

	return name ? name->number : (uint8_t)DLK_PLACE_NO_REG;
}

static void lose(struct dlk_insn *insn, unsigned reg)
{
	const struct name *name = name_of(reg);

	if (name)
		insn->lost |= UINT32_C(1) << name->number;
}

/* --- operands */

static const cs_x86_op *operand(const cs_insn *in, unsigned i)
{
	return i < in->detail->x86.op_count ? &in->detail->x86.operands[i] : NULL;
}

static bool is_reg(const cs_x86_op *op)
{
	return op && op->type == X86_OP_REG;
}

static bool is_whole_reg(const cs_x86_op *op)
{
	const struct name *name = is_reg(op) ? name_of(op->reg) : NULL;

	return name && name->size == WORD;
}

static bool is_imm(const cs_x86_op *op)
{
	return op && op->type == X86_OP_IMM;
}

static bool is_mem(const cs_x86_op *op)
{
	return op && op->type == X86_OP_MEM;
}

/* The number of a register of any size, if it is a part that begins with bit 0. */
static uint8_t low_number_of(const cs_x86_op *op)
{
	bool is_high = op->reg == X86_REG_AH || op->reg == X86_REG_BH || op->reg == X86_REG_CH ||
		       op->reg == X86_REG_DH;

	return is_high ? (uint8_t)DLK_PLACE_NO_REG : number_of(op->reg);
}

static struct dlk_place place_of(const cs_insn *in, const cs_x86_op *op)
{
	struct dlk_place place = { .base = number_of(op->mem.base),
				   .index = number_of(op->mem.index),
				   .scale = (uint8_t)op->mem.scale,
				   .is_percpu = op->mem.segment == X86_REG_GS,
				   .offset = op->mem.disp };

	if (op->mem.base == X86_REG_RIP)
		place.offset = (int64_t)((uint64_t)place.offset + in->address + in->size);
	return place;
}

/* --- what they do */

static void set_reg(struct dlk_insn *insn, const cs_x86_op *dst, enum dlk_setting setting)
{
	insn->setting = setting;
	insn->reg = number_of(dst->reg);
}

static int64_t bits_of(unsigned size)
{
	return size < WORD ? (INT64_C(1) << size * 8) - 1 : -1;
}

/* From a register or memory of a size, with zeros above it. */
static bool decode_zero_extended(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (!is_reg(dst) || dst->size < HALF)
		return false;
	if (is_mem(src)) {
		set_reg(insn, dst, DLK_SET_LOADED);
		insn->load_size = src->size;
		insn->place = place_of(in, src);
		return true;
	}
	if (!is_reg(src) || low_number_of(src) == DLK_PLACE_NO_REG)
		return false;
	set_reg(insn, dst, src->size == WORD ? DLK_SET_COPY : DLK_SET_MASKED);
	insn->from = low_number_of(src);
	insn->imm = src->size == WORD ? 0 : bits_of(src->size);
	return true;
}

/* mov: between registers, from and to memory. */
static bool decode_mov(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (is_reg(dst) && is_imm(src) && dst->size >= HALF) {
		set_reg(insn, dst, DLK_SET_NUMBER);
		insn->imm = dst->size == HALF ? (int64_t)(uint32_t)src->imm : src->imm;
		return true;
	}
	if (is_reg(dst))
		return decode_zero_extended(in, insn);
	if (is_mem(dst) &&
	    (is_imm(src) || (is_reg(src) && number_of(src->reg) == low_number_of(src)))) {
		insn->store = is_imm(src) ? DLK_STORE_NUMBER : DLK_STORE_REG;
		insn->store_size = dst->size;
		insn->place = place_of(in, dst);
		insn->from = is_imm(src) ? 0 : number_of(src->reg);
		insn->imm = is_imm(src) ? src->imm : 0;
		return true;
	}
	return false;
}

static bool decode_lea(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (!is_whole_reg(dst) || !is_mem(src))
		return false;
	set_reg(insn, dst, DLK_SET_ADDRESS);
	insn->place = place_of(in, src);
	return true;
}

/* add, sub, inc, dec, by a number: of a register, or in memory. */
static bool decode_add(const cs_insn *in, struct dlk_insn *insn, int64_t number)
{
	const cs_x86_op *dst = operand(in, 0);

	if (is_whole_reg(dst)) {
		set_reg(insn, dst, DLK_SET_COPY);
		insn->from = insn->reg;
		insn->imm = number;
		return true;
	}
	if (!is_mem(dst))
		return false;
	insn->store = DLK_STORE_ADD;
	insn->store_size = dst->size;
	insn->place = place_of(in, dst);
	insn->imm = number;
	return true;
}

/* What of a register of a size remains under a mask: all above it, but for a half. */
static int64_t mask_in(const cs_x86_op *dst, int64_t mask)
{
	if (dst->size == WORD)
		return mask;
	return dst->size == HALF ? (int64_t)(uint32_t)mask : mask | ~bits_of(dst->size);
}

static bool decode_bits(const cs_insn *in, struct dlk_insn *insn, enum dlk_store store)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (!is_imm(src))
		return false;
	if (is_reg(dst) && low_number_of(dst) != DLK_PLACE_NO_REG && store == DLK_STORE_AND) {
		set_reg(insn, dst, DLK_SET_MASKED);
		insn->from = insn->reg;
		insn->imm = mask_in(dst, src->imm);
		return true;
	}
	if (!is_mem(dst))
		return false;
	insn->store = store;
	insn->store_size = dst->size;
	insn->place = place_of(in, dst);
	insn->imm = src->imm;
	if (store == DLK_STORE_AND) /* what is not of the place remains as it is */
		insn->imm |= ~bits_of(dst->size);
	else if (store == DLK_STORE_OR)
		insn->imm &= bits_of(dst->size);
	return true;
}

static bool decode_clear(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (!is_reg(dst) || !is_reg(src) || dst->reg != src->reg || dst->size < HALF)
		return false;
	set_reg(insn, dst, DLK_SET_NUMBER);
	return true;
}

/* All cmov: under what condition is not asked. */
static bool decode_cmov(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0), *src = operand(in, 1);

	if (strncmp(in->mnemonic, "cmov", 4) || !is_whole_reg(dst) || !is_whole_reg(src))
		return false;
	set_reg(insn, dst, DLK_SET_EITHER);
	insn->from = number_of(src->reg);
	return true;
}

static struct dlk_place at_sp(void)
{
	return (struct dlk_place){ .base = DLK_X86_RSP, .index = DLK_PLACE_NO_REG, .scale = 1 };
}

static void decode_push(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *src = operand(in, 0);

	insn->push = -WORD;
	insn->place = at_sp();
	insn->store_size = WORD;
	insn->store = DLK_STORE_LOST;
	if (is_whole_reg(src)) {
		insn->store = DLK_STORE_REG;
		insn->from = number_of(src->reg);
	} else if (is_imm(src)) {
		insn->store = DLK_STORE_NUMBER;
		insn->imm = src->imm;
	}
}

static void decode_pop(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *dst = operand(in, 0);

	insn->pop = WORD;
	insn->place = at_sp();
	insn->load_size = WORD;
	if (is_whole_reg(dst))
		set_reg(insn, dst, DLK_SET_LOADED);
	else if (is_mem(dst)) { /* where that is, is not asked: it is rare */
		insn->store = DLK_STORE_LOST;
		insn->store_size = WORD;
		insn->place = place_of(in, dst);
	}
}

static void decode_leave(struct dlk_insn *insn)
{
	insn->leaves = true;
	insn->setting = DLK_SET_LOADED;
	insn->load_size = WORD;
	insn->reg = DLK_X86_RBP;
	insn->place = at_sp();
	insn->pop = WORD;
}

/* --- flags */

struct jump {
	uint16_t id; /* x86_insn */
	uint8_t condition;
};

static const struct jump jumps[] = {
	{ X86_INS_JE, DLK_IF_EQUAL },
	{ X86_INS_JNE, DLK_IF_NOT_EQUAL },
	{ X86_INS_JB, DLK_IF_BELOW },
	{ X86_INS_JAE, DLK_IF_NOT_BELOW },
	{ X86_INS_JBE, DLK_IF_BELOW_OR_EQUAL },
	{ X86_INS_JA, DLK_IF_ABOVE },
	{ X86_INS_JL, DLK_IF_LESS },
	{ X86_INS_JGE, DLK_IF_NOT_LESS },
	{ X86_INS_JLE, DLK_IF_LESS_OR_EQUAL },
	{ X86_INS_JG, DLK_IF_GREATER },
	{ X86_INS_JS, DLK_IF_NEGATIVE },
	{ X86_INS_JNS, DLK_IF_NOT_NEGATIVE },
};

static uint8_t condition_of(unsigned id)
{
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
		if (jumps[i].id == id)
			return jumps[i].condition;
	return DLK_IF_UNKNOWN;
}

static bool set_operand(const cs_insn *in, struct dlk_insn *insn, unsigned i)
{
	const cs_x86_op *op = operand(in, i);

	if (is_imm(op)) {
		insn->operands[i] = DLK_OPERAND_NUMBER;
		if (insn->setting != DLK_SET_MASKED)
			insn->imm = op->imm;
		return true;
	}
	if (is_mem(op)) {
		insn->operands[i] = DLK_OPERAND_PLACE;
		insn->place = place_of(in, op);
		return true;
	}
	insn->operands[i] = is_reg(op) ? low_number_of(op) : (uint8_t)DLK_PLACE_NO_REG;
	return insn->operands[i] != DLK_PLACE_NO_REG;
}

/* What the flags are after it; what does not belong to those that keep or tell them, loses them. */
static void decode_flags(const cs_insn *in, struct dlk_insn *insn)
{
	enum dlk_flags_how how = DLK_FLAGS_LOST;

	insn->flags = DLK_FLAGS_LOST;
	switch (in->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVSX:
	case X86_INS_MOVSXD:
	case X86_INS_LEA:
	case X86_INS_PUSH:
	case X86_INS_POP:
	case X86_INS_LEAVE:
	case X86_INS_NOP:
		insn->flags = DLK_FLAGS_KEPT;
		return;
	case X86_INS_CMP:
		how = DLK_FLAGS_COMPARED;
		break;
	case X86_INS_TEST:
		how = DLK_FLAGS_TESTED;
		break;
	case X86_INS_AND: /* a register's: the number is the mask for both */
		how = insn->setting == DLK_SET_MASKED ? DLK_FLAGS_TESTED : DLK_FLAGS_LOST;
		break;
	case X86_INS_BT:
		how = is_imm(operand(in, 1)) ? DLK_FLAGS_BIT : DLK_FLAGS_LOST;
		break;
	default:
		break;
	}
	if (how == DLK_FLAGS_LOST || !set_operand(in, insn, 0) || !set_operand(in, insn, 1))
		return;
	insn->width = operand(in, 0)->size;
	insn->flags = (uint8_t)how;
}

/* Which write to their first operand, and libcapstone says that they only read it. */
static bool hides_store(unsigned id)
{
	return id == X86_INS_CMPXCHG || id == X86_INS_CMPXCHG8B || id == X86_INS_CMPXCHG16B ||
	       id == X86_INS_MOVNTI || id == X86_INS_MOVBE || id == X86_INS_ROL ||
	       id == X86_INS_ROR || id == X86_INS_RCL || id == X86_INS_RCR;
}

/* What is not followed: what it writes is not known. */
static void decode_other(csh handle, const cs_insn *in, struct dlk_insn *insn)
{
	cs_regs read, written;
	uint8_t read_count = 0, written_count = 0;

	if (cs_regs_access(handle, in, read, &read_count, written, &written_count)) {
		insn->lost = SYSTEM_LOST;
		return;
	}
	for (unsigned i = 0; i < written_count; i++)
		lose(insn, written[i]);
	for (unsigned i = 0; i < in->detail->x86.op_count; i++) {
		const cs_x86_op *op = &in->detail->x86.operands[i];

		if (!is_mem(op) ||
		    (op->access && !(op->access & CS_AC_WRITE) && (i || !hides_store(in->id))))
			continue;
		insn->store = DLK_STORE_LOST;
		insn->store_size = op->size;
		insn->place = place_of(in, op);
	}
	if (in->detail->x86.prefix[0] == X86_PREFIX_REP ||
	    in->detail->x86.prefix[0] == X86_PREFIX_REPNE) {
		insn->imm = insn->store_size; /* the kernel's direction flag is clear */
		insn->from = DLK_X86_RCX;
		insn->store_size = DLK_STORE_UNBOUNDED;
	}
}

/* bts: of a bit whose number is in a register. */
static void decode_bit_of_reg(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *src = operand(in, 1);

	if (in->id != X86_INS_BTS || insn->store != DLK_STORE_LOST || !is_whole_reg(src))
		return;
	insn->sets_bit = true;
	insn->from = number_of(src->reg);
}

static dlk_addr_t target_of(const cs_insn *in)
{
	const cs_x86_op *op = operand(in, 0);

	return is_imm(op) ? (dlk_addr_t)op->imm : 0;
}

/* Where it goes on.  @return false if it simply goes on. */
static bool decode_flow(csh handle, const cs_insn *in, struct dlk_insn *insn)
{
	switch (in->id) {
	case X86_INS_CALL:
		insn->flow = DLK_FLOW_CALL;
		break;
	case X86_INS_JMP:
		insn->flow = DLK_FLOW_JUMP;
		break;
	case X86_INS_RET:
		insn->flow = DLK_FLOW_RETURN;
		return true;
	case X86_INS_INT3:
		insn->flow = DLK_FLOW_TRAP;
		return true;
	case X86_INS_IRETQ:
	case X86_INS_SYSRET:
	case X86_INS_HLT:
		insn->flow = DLK_FLOW_LOST;
		return true;
	default:
		if (!cs_insn_group(handle, in, CS_GRP_JUMP))
			return false;
		insn->flow = DLK_FLOW_BRANCH;
		break;
	}
	insn->condition = condition_of(in->id);
	insn->target = target_of(in);
	return true;
}

static bool decode_value(const cs_insn *in, struct dlk_insn *insn)
{
	const cs_x86_op *src = operand(in, 1);

	switch (in->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
		return decode_mov(in, insn);
	case X86_INS_MOVZX:
		return decode_zero_extended(in, insn);
	case X86_INS_LEA:
		return decode_lea(in, insn);
	case X86_INS_ADD:
		return is_imm(src) && decode_add(in, insn, src->imm);
	case X86_INS_SUB:
		return is_imm(src) ? decode_add(in, insn, -(src->imm)) : decode_clear(in, insn);
	case X86_INS_INC:
		return decode_add(in, insn, 1);
	case X86_INS_DEC:
		return decode_add(in, insn, -1);
	case X86_INS_XOR:
		return decode_clear(in, insn);
	case X86_INS_AND:
		return decode_bits(in, insn, DLK_STORE_AND);
	case X86_INS_OR:
		return decode_bits(in, insn, DLK_STORE_OR);
	case X86_INS_BTS:
		return decode_bits(in, insn, DLK_STORE_BIT_SET);
	case X86_INS_BTR:
		return decode_bits(in, insn, DLK_STORE_BIT_CLEAR);
	case X86_INS_PUSH:
		decode_push(in, insn);
		return true;
	case X86_INS_POP:
		decode_pop(in, insn);
		return true;
	case X86_INS_LEAVE:
		decode_leave(insn);
		return true;
	case X86_INS_NOP:
	case X86_INS_CMP:
	case X86_INS_TEST:
	case X86_INS_BT:
	case X86_INS_LFENCE:
	case X86_INS_MFENCE:
	case X86_INS_SFENCE:
	case X86_INS_PAUSE:
		return true;
	default:
		return decode_cmov(in, insn);
	}
}

static bool is_landing(const unsigned char *bytes, size_t len)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return len >= sizeof(endbr64) && !memcmp(bytes, endbr64, sizeof(endbr64));
}

/*
 * ud2, ud1 and ud0, by which warnings and bugs trap; libcapstone's versions name them differently, and do not know their
 * lengths.  Since v7.0 a call of a warning is patched to be "67 48 0f b9 3a" (asm/bug.h).
 */
static bool is_trap(const unsigned char *bytes, size_t len)
{
	size_t at = len && bytes[0] == 0x67; /* the sanitizers' */

	at += at < len && (bytes[at] & 0xf0) == 0x40;
	return len >= at + 2 && bytes[at] == 0x0f &&
	       (bytes[at + 1] == 0x0b || bytes[at + 1] == 0xb9 || bytes[at + 1] == 0xff);
}

static void decode(struct dlk_decoder *d, dlk_addr_t at, const unsigned char *bytes, size_t len,
		   struct dlk_insn *ret)
{
	uint64_t address = at;
	size_t left = len;
	const uint8_t *code = bytes;

	*ret = (struct dlk_insn){ .at = at,
				  .place = { DLK_PLACE_NO_REG, DLK_PLACE_NO_REG, 1, false, 0 } };
	if (is_landing(bytes, len)) {
		ret->size = 4;
		ret->is_landing = true;
		return;
	}
	if (len >= 2 && !(bytes[0] | bytes[1])) { /* a page that the dump has left out, as zeros */
		ret->flow = DLK_FLOW_LOST;
		return;
	}
	if (is_trap(bytes, len)) {
		ret->flow = DLK_FLOW_TRAP;
		return;
	}
	if (!cs_disasm_iter(d->handle, &code, &left, &address, d->insn)) {
		ret->flow = DLK_FLOW_LOST;
		return;
	}
	ret->size = (uint8_t)d->insn->size;
	if (decode_flow(d->handle, d->insn, ret))
		return;
	ret->is_atomic = d->insn->detail->x86.prefix[0] == X86_PREFIX_LOCK;
	ret->is_pause = d->insn->id == X86_INS_PAUSE;
	if (!decode_value(d->insn, ret)) {
		decode_other(d->handle, d->insn, ret);
		decode_bit_of_reg(d->insn, ret);
	}
	decode_flags(d->insn, ret);
}

static uint32_t reads(struct dlk_decoder *d, dlk_addr_t at, const unsigned char *bytes, size_t len)
{
	uint64_t address = at;
	size_t left = len;
	const uint8_t *code = bytes;
	cs_regs read, written;
	uint8_t read_count = 0, written_count = 0;
	uint32_t ret = 0;

	if (is_landing(bytes, len) || is_trap(bytes, len))
		return 0;
	if (!cs_disasm_iter(d->handle, &code, &left, &address, d->insn) ||
	    cs_regs_access(d->handle, d->insn, read, &read_count, written, &written_count))
		return UINT32_MAX;
	if (d->insn->id == X86_INS_XOR && decode_clear(d->insn, &(struct dlk_insn){ 0 }))
		return 0;
	for (unsigned i = 0; i < read_count; i++) {
		uint8_t number = number_of(read[i]);

		if (number != DLK_PLACE_NO_REG)
			ret |= UINT32_C(1) << number;
	}
	return ret;
}

/*
 * Numbers of 32 bits: addresses of the kernel's images are such ones with their sign, or distances from the end of their
 * instruction, which is that of the number, or behind another one of 1, 2 or 4 bytes.
 */
static void scan(const struct dlk_text_scan *s, const unsigned char *bytes, size_t len,
		 dlk_addr_t at)
{
	static const uint8_t behind[] = { 0, 1, 2, 4 };

	for (size_t i = 0; i + HALF <= len; i++) {
		dlk_addr_t end = at + i + HALF, number;
		int32_t half;

		memcpy(&half, bytes + i, sizeof(half));
		number = (dlk_addr_t)(int64_t)half;
		if (number >= s->lowest && number < s->highest)
			s->mentioned(s->arg, number);
		if (s->called && i && (bytes[i - 1] & ~1) == CALL_OR_JUMP)
			s->called(s->arg, end + number);
		for (size_t j = 0; j < sizeof(behind); j++)
			if (end + behind[j] + number - s->lowest < s->highest - s->lowest)
				s->mentioned(s->arg, end + behind[j] + number);
	}
}

/* There is one, made once and kept: a read may not return, and who has the decoder is left then. */
static struct dlk_decoder *get_decoder(void)
{
	static struct dlk_decoder shared;

	index_names();
	if (!shared.handle && cs_open(CS_ARCH_X86, CS_MODE_64, &shared.handle))
		return NULL;
	cs_option(shared.handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (!shared.insn)
		shared.insn = cs_malloc(shared.handle);
	return shared.insn ? &shared : NULL;
}

static const char *const return_thunks[] = { "*return_thunk", NULL };
static const char *const indirect_thunks[] = { "__x86_indirect_*", NULL };
/* What the beginning of a function calls for ftrace, and asm/preempt.h in thunks that save all. */
static const char *const transparent[] = { "__fentry__",
					   "ftrace_*caller",
					   "preempt_schedule_thunk",
					   "preempt_schedule_notrace_thunk",
					   "__SCT__preempt_schedule*",
					   NULL };

const struct dlk_code_arch dlk_code_arch_x86_64 = { .machine = &dlk_arch_x86_64,
						    .args = { DLK_X86_RDI, DLK_X86_RSI, DLK_X86_RDX,
							      DLK_X86_RCX, DLK_X86_R8, DLK_X86_R9 },
						    .result = DLK_X86_RAX,
						    .return_thunks = return_thunks,
						    .indirect_thunks = indirect_thunks,
						    .transparent = transparent,
						    .get_decoder = get_decoder,
						    .decode = decode,
						    .scan = scan,
						    .reads = reads };
