/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls in the kernel's text.
 *
 * How it can be wrong: bytes that end like a call, in the middle of another instruction.  Of a direct call
 * the target must be text as well, which leaves one such place in some hundred.
 */
#include <config.h>

#include "kernel/call.h"

#include <string.h>

enum {
	MAX_CALL = 7, /* ff /2 with a SIB byte and 32 bits */
	DIRECT = 0xe8,
	DIRECT_LEN = 5,
	INDIRECT = 0xff,
	INDIRECT_REG = 2, /* of ModRM */
	RM_SIB = 4,
	RM_ABSOLUTE = 5, /* without a displacement: 32 bits instead of a register */
	MAX_LANDING =
		16 /* endbr64, or what FineIBT has there (v6.2, 931ab63664f0): calls may skip it */
};

static bool find_target(const struct dlk_kernel *k, const unsigned char *end, dlk_addr_t ip,
			dlk_addr_t *ret)
{
	int32_t distance;
	dlk_addr_t target;

	if (end[-DIRECT_LEN] != DIRECT)
		return false;
	memcpy(&distance, end - sizeof(distance), sizeof(distance));
	target = ip + (dlk_addr_t)(int64_t)distance;
	if (!dlk_kernel_is_code(k, target))
		return false;
	*ret = target;
	return true;
}

/* How long ff /2 is, by its second and third byte. */
static unsigned indirect_len(const unsigned char *code)
{
	unsigned mod = code[1] >> 6, rm = code[1] & 7, base = rm;
	unsigned len = 2;

	if (mod == 3)
		return len;
	if (rm == RM_SIB) {
		base = code[2] & 7;
		len++;
	}
	if (mod == 1)
		return len + 1;
	return mod == 2 || base == RM_ABSOLUTE ? len + 4 : len;
}

static bool is_indirect(const unsigned char *end)
{
	for (unsigned len = 2; len <= MAX_CALL; len++) {
		/* of two bytes there is no third */
		const unsigned char code[3] = { end[-(int)len], end[1 - (int)len],
						len > 2 ? end[2 - (int)len] : (unsigned char)0 };

		if (code[0] == INDIRECT && (code[1] >> 3 & 7) == INDIRECT_REG &&
		    indirect_len(code) == len)
			return true;
	}
	return false;
}

enum dlk_call dlk_call_before(struct dlk_kernel *k, dlk_addr_t ip, dlk_addr_t *target)
{
	unsigned char code[MAX_CALL + 1];

	if (!dlk_kernel_is_code(k, ip - 1) ||
	    dlk_memory_read(&k->memory, ip - sizeof(code), code, sizeof(code)))
		return DLK_CALL_NONE;
	if (find_target(k, code + sizeof(code), ip, target))
		return DLK_CALL_DIRECT;
	return is_indirect(code + sizeof(code)) ? DLK_CALL_INDIRECT : DLK_CALL_NONE;
}

bool dlk_is_called_before(struct dlk_kernel *k, dlk_addr_t ip, dlk_addr_t start)
{
	dlk_addr_t target;

	return start && dlk_call_before(k, ip, &target) == DLK_CALL_DIRECT && target >= start &&
	       target - start <= MAX_LANDING;
}
