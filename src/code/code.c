/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was decoded is kept: the same functions stand on many stacks. */
#include <config.h>

#include "code/code.h"

#include <string.h>

#include "kernel/arch.h"

enum {
	FIRST_INSNS = 4096, /* for which room is made at once */
	MAX_USES = 32,      /* paths, and ... */
	MAX_USE_DEPTH = 1,  /* calls of calls: an argument is handed on at once, if at all */
	MAX_USE_STEPS = 800 /* ... instructions, to tell whether an argument is used */
};

struct dlk_code {
	struct dlk_kernel *k;
	const struct dlk_code_arch *arch;
	struct dlk_decoder *decoder;
	struct dlk_map known; /* address -> index of insns */
	struct dlk_vec insns; /* of struct dlk_insn */
	uint32_t looks;
};

enum dlk_status dlk_code_open(struct dlk_kernel *k, struct dlk_code **ret)
{
	const struct dlk_code_arch *arch = dlk_code_arch_of(k);
	struct dlk_code *code;

	if (!arch)
		return dlk_fail(k->ctx, DLK_ERR_UNSUPPORTED, "the machine code of %s is not read",
				k->arch->machine->name);
	code = dlk_alloc(k->ctx, sizeof(*code));
	if (!code)
		return dlk_nomem(k->ctx);
	code->k = k;
	code->arch = arch;
	code->insns = (struct dlk_vec)DLK_VEC_INIT(struct dlk_insn);
	if (!dlk_vec_reserve(k->ctx, &code->insns, FIRST_INSNS))
		return dlk_nomem(k->ctx);
	*ret = code;
	code->decoder = arch->get_decoder();
	return code->decoder ? DLK_OK
			     : dlk_fail(k->ctx, DLK_ERR_UNSUPPORTED,
					"libcapstone cannot decode the machine code of %s",
					arch->machine->name);
}

struct dlk_kernel *dlk_code_kernel(const struct dlk_code *code)
{
	return code->k;
}

const struct dlk_code_arch *dlk_code_row(const struct dlk_code *code)
{
	return code->arch;
}

void dlk_code_start(struct dlk_code *code)
{
	code->looks = 0;
}

bool dlk_code_is_spent(const struct dlk_code *code)
{
	return code->looks == DLK_MAX_LOOKS;
}

/* As many bytes as there are, up to those of the longest instruction. */
static size_t read_text(struct dlk_code *code, dlk_addr_t at, unsigned char *bytes)
{
	size_t len = DLK_PAGE_SIZE - (at & (DLK_PAGE_SIZE - 1));

	if (!dlk_memory_read(&code->k->memory, at, bytes, DLK_MAX_INSN))
		return DLK_MAX_INSN;
	if (len < DLK_MAX_INSN && !dlk_memory_read(&code->k->memory, at, bytes, len))
		return len;
	return 0;
}

const struct dlk_insn *dlk_code_insn(struct dlk_code *code, dlk_addr_t at)
{
	uint32_t index = dlk_map_get(&code->known, at);
	unsigned char bytes[DLK_MAX_INSN];
	struct dlk_insn *insn;
	size_t len;

	if (dlk_code_is_spent(code))
		return NULL;
	code->looks++;
	if (index != UINT32_MAX)
		return DLK_VEC_AT(&code->insns, struct dlk_insn, index);
	if (code->insns.len >= DLK_MAX_INSNS || !dlk_kernel_can_be_code(code->k, at))
		return NULL;
	len = read_text(code, at, bytes);
	if (!len)
		return NULL;
	insn = dlk_vec_push(code->k->ctx, &code->insns);
	if (!insn)
		return NULL;
	code->arch->decode(code->decoder, at, bytes, len, insn);
	if (dlk_map_put(code->k->ctx, &code->known, at, code->insns.len - 1))
		return NULL;
	return insn;
}

bool dlk_code_function_at(struct dlk_code *code, dlk_addr_t at, struct dlk_code_function *ret)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(code->k, at);

	if (!text.function)
		return false;
	*ret = (struct dlk_code_function){ .start = text.start,
					   .name = text.function,
					   .inside = at + 1 };
	return true;
}

dlk_addr_t dlk_code_entry_of(struct dlk_code *code, dlk_addr_t at)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(code->k, at);
	const char *cold = text.function ? strstr(text.function, ".cold") : NULL;
	const char *name;
	dlk_addr_t entry;

	if (!cold)
		return text.start;
	if (text.module)
		entry = dlk_modules_find_named(code->k->modules, at, text.function,
					       (size_t)(cold - text.function));
	else {
		name = dlk_format(code->k->ctx, "%.*s", (int)(cold - text.function), text.function);
		entry = name ? dlk_kernel_symbol(code->k, name) : 0;
	}
	return entry ? entry : text.start;
}

/* "f.cold", and "f" that comes back from it. */
static bool is_part(const char *name, const char *other)
{
	size_t len = dlk_function_plain(name);

	return len == dlk_function_plain(other) && !strncmp(name, other, len) &&
	       (strstr(name, ".cold") || strstr(other, ".cold"));
}

/* How far it is known to go on behind an address: symbols are asked for in steps. */
static dlk_addr_t reach(struct dlk_code *code, dlk_addr_t start, dlk_addr_t at)
{
	static const uint16_t steps[] = { 512, 64, 8 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (dlk_kernel_describe_ip(code->k, at + steps[i]).start == start)
			return at + steps[i] + 1;
	return at + 1;
}

bool dlk_code_is_inside(struct dlk_code *code, struct dlk_code_function *fn, dlk_addr_t at)
{
	struct dlk_ip_text text;

	if ((at >= fn->start && at < fn->inside) || (at >= fn->part && at < fn->part_inside))
		return true;
	text = dlk_kernel_describe_ip(code->k, at);
	if (!text.function)
		return false;
	if (text.start == fn->start) {
		fn->inside = reach(code, fn->start, at);
		return true;
	}
	if (!is_part(text.function, fn->name))
		return false;
	fn->part = text.start;
	fn->part_inside = reach(code, fn->part, at);
	return true;
}

/* Paths that are followed at once, to tell whether an argument is used. */
struct uses {
	dlk_addr_t todo[MAX_USES];
	uint8_t depth[MAX_USES]; /* of calls */
	unsigned count, done;
	unsigned steps;
};

static void add_use(struct uses *u, dlk_addr_t at, uint8_t depth)
{
	for (unsigned i = 0; i < u->count; i++)
		if (u->todo[i] == at)
			return;
	if (u->count < MAX_USES) {
		u->depth[u->count] = depth;
		u->todo[u->count++] = at;
	} else {
		u->steps = MAX_USE_STEPS;
	}
}

static bool is_named(struct dlk_code *code, dlk_addr_t at, const char *const *patterns)
{
	return dlk_function_matches(dlk_kernel_describe_ip(code->k, at).function, patterns);
}

/* A jump or a call.  @return true if whoever gets there may use it: through a pointer, at once. */
static bool leaves(struct dlk_code *code, const struct dlk_insn *insn, dlk_addr_t *at,
		   uint8_t *depth)
{
	bool is_call = insn->flow == DLK_FLOW_CALL;
	dlk_addr_t target = insn->target;

	if (!target || is_named(code, target, code->arch->indirect_thunks)) {
		*at = 0;
		return !*depth;
	}
	if (is_call && is_named(code, target, code->arch->transparent))
		return false;
	if (is_call && (*depth)++ >= MAX_USE_DEPTH)
		target = 0; /* which changes it, or uses it */
	*at = is_named(code, insn->target, code->arch->return_thunks) ? 0 : target;
	return false;
}

/* Whether an instruction on a path uses it.  *at is where the path goes on; 0: nowhere. */
static bool is_used(struct dlk_code *code, struct uses *u, uint8_t reg, dlk_addr_t *at,
		    uint8_t *depth)
{
	const struct dlk_insn *insn = dlk_code_insn(code, *at);
	unsigned char bytes[DLK_MAX_INSN];
	size_t len = read_text(code, *at, bytes);

	if (!insn || !len || insn->flow == DLK_FLOW_LOST || ++u->steps >= MAX_USE_STEPS ||
	    code->arch->reads(code->decoder, *at, bytes, len) >> reg & 1)
		return true;
	*at += insn->size;
	if (insn->lost >> reg & 1 || (insn->setting != DLK_SET_NOTHING && insn->reg == reg) ||
	    insn->flow == DLK_FLOW_RETURN || insn->flow == DLK_FLOW_TRAP)
		*at = 0;
	else if (insn->flow == DLK_FLOW_BRANCH)
		add_use(u, insn->target, *depth);
	else if (insn->flow == DLK_FLOW_JUMP || insn->flow == DLK_FLOW_CALL)
		return leaves(code, insn, at, depth);
	return false;
}

bool dlk_code_uses_argument(struct dlk_code *code, dlk_addr_t entry, uint8_t reg)
{
	struct uses u = { .count = 0 };

	add_use(&u, entry, 0);
	for (; u.done < u.count; u.done++) {
		dlk_addr_t at = u.todo[u.done];
		uint8_t depth = u.depth[u.done];

		while (at)
			if (is_used(code, &u, reg, &at, &depth))
				return true;
	}
	return false;
}
