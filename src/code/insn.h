/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_INSN_H
#define DLK_CODE_INSN_H

/**
 * @file
 * An instruction of a machine, as far as it matters for which values are where.
 *
 * It sets one register by a rule, and any number of others in ways that are not followed; it stores, or
 * alters, one place in memory; it goes on, or elsewhere.  What does not fit into this is lost: a
 * register that is not known, a store of what is not known.  Nothing here is of an architecture but the numbers of
 * registers, which are those of its row (target/arch.h).
 */

#include "deadlock/target.h"

/** Where it goes on. */
enum dlk_flow {
	DLK_FLOW_ON,
	DLK_FLOW_CALL,   /**< And on, when that returns. */
	DLK_FLOW_JUMP,   /**< To target; 0: to what a register or memory says. */
	DLK_FLOW_BRANCH, /**< To target, or on. */
	DLK_FLOW_RETURN,
	DLK_FLOW_TRAP, /**< The kernel's own trap: a warning or a bug. */
	DLK_FLOW_LOST  /**< It cannot be read. */
};

/** What a register is set to. */
enum dlk_setting {
	DLK_SET_NOTHING,
	DLK_SET_NUMBER,  /**< imm */
	DLK_SET_COPY,    /**< A register, + imm. */
	DLK_SET_EITHER,  /**< A register, or it stays as it is. */
	DLK_SET_MASKED,  /**< A register, & imm. */
	DLK_SET_ADDRESS, /**< The place itself. */
	DLK_SET_LOADED   /**< What is at the place: load_size bytes of it, and zeros. */
};

/** What becomes of the place in memory. */
enum dlk_store {
	DLK_STORE_NOTHING,
	DLK_STORE_REG,     /**< A register goes there. */
	DLK_STORE_NUMBER,  /**< imm goes there. */
	DLK_STORE_LOST,    /**< What goes there is not known. */
	DLK_STORE_AND,     /**< imm is masked out or in: imm is what remains. */
	DLK_STORE_OR,      /**< The bits of imm are set. */
	DLK_STORE_BIT_SET, /**< The bit of number imm, of a string of bits that begins there. */
	DLK_STORE_BIT_CLEAR,
	DLK_STORE_ADD /**< imm is added. */
};

/** What an instruction leaves in the flags. */
enum dlk_flags_how {
	DLK_FLAGS_KEPT, /**< What was there. */
	DLK_FLAGS_LOST,
	DLK_FLAGS_COMPARED, /**< The first operand - the second. */
	DLK_FLAGS_TESTED,   /**< The first & the second. */
	DLK_FLAGS_BIT       /**< The bit of the first whose number is the second. */
};

/** When a branch is taken; each is followed by what it is not. */
enum dlk_condition {
	DLK_IF_UNKNOWN,
	DLK_IF_EQUAL = 2, /**< Or zero. */
	DLK_IF_NOT_EQUAL,
	DLK_IF_BELOW, /**< Without sign; or the bit is set. */
	DLK_IF_NOT_BELOW,
	DLK_IF_BELOW_OR_EQUAL,
	DLK_IF_ABOVE,
	DLK_IF_LESS, /**< With sign. */
	DLK_IF_NOT_LESS,
	DLK_IF_LESS_OR_EQUAL,
	DLK_IF_GREATER,
	DLK_IF_NEGATIVE,
	DLK_IF_NOT_NEGATIVE
};

/** Of DLK_FLAGS_COMPARED and such, instead of a register. */
enum {
	DLK_OPERAND_PLACE = 0xfe, /**< What is at the place. */
	DLK_OPERAND_NUMBER = 0xff /**< imm */
};

enum { DLK_PLACE_NO_REG = 0xff, DLK_STORE_UNBOUNDED = 0xff };

/** base + index * scale + offset; of the running CPU's own area, if is_percpu. */
struct dlk_place {
	uint8_t base, index; /**< Registers, or DLK_PLACE_NO_REG. */
	uint8_t scale;
	bool is_percpu;
	int64_t offset;
};

struct dlk_insn {
	dlk_addr_t at;
	dlk_addr_t target; /**< Of CALL, JUMP and BRANCH; 0: not said. */
	int64_t imm;
	struct dlk_place place; /**< Of the load, the address, or the store. */
	uint32_t lost;          /**< Registers that are set to what is not known. */
	uint8_t size;           /**< In bytes. */
	uint8_t flow;           /**< enum dlk_flow */
	uint8_t setting;        /**< enum dlk_setting, of ... */
	uint8_t reg;            /**< ... this. */
	uint8_t from; /**< The register that is copied or stored; of a repeated store, its count. */
	uint8_t store;      /**< enum dlk_store */
	uint8_t store_size; /**< In bytes; DLK_STORE_UNBOUNDED: imm bytes, as often as from says. */
	int8_t push;        /**< Added to sp before the place is found. */
	int8_t pop;         /**< Added to sp at last. */
	uint8_t load_size;  /**< In bytes. */
	uint8_t flags;      /**< enum dlk_flags_how */
	uint8_t operands[2]; /**< Of these: registers, or DLK_OPERAND_*. */
	uint8_t width;       /**< Of these, in bytes. */
	uint8_t condition;   /**< enum dlk_condition, of BRANCH */
	bool leaves;         /**< At first sp is what fp is. */
	bool is_landing;     /**< A mark where calls may land; it does nothing. */
	bool sets_bit;  /**< Of STORE_LOST: the bit whose number is in from, of a string of bits. */
	bool is_atomic; /**< What it does to memory no other CPU can come in between. */
	bool is_pause;  /**< It tells the CPU that it turns in a loop. */
};

#endif
