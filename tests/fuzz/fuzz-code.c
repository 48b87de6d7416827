/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/code/: frames are asked what they will release and what they have taken.
 *
 * The head of an input says which symbols there are, whose sizes may lie; where the frames stand, and how far their words
 * go; what registers, stack and claims are.  The rest is the kernel's text, over and over again if the head wants more of
 * it than there is.
 */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "code/release.h"
#include "edges.h"
#include "kernel/arch.h"
#include "memory.h"

enum {
	SYMBOLS = 8,
	FRAMES = 8,
	WORDS = 48,
	CLAIMS = 4,
	/* where they are in the head */
	AT_FRAMES = SYMBOLS * 4,
	AT_REGS = AT_FRAMES + FRAMES * 4,
	AT_WORDS = AT_REGS + DLK_STATE_REGS,
	AT_CLAIMS = AT_WORDS + WORDS,
	AT_AMOUNT = AT_CLAIMS + CLAIMS * 4, /* of text: doubled so often */
	AT_CURRENT,                         /* where a CPU's task is, in its area; 0: not said */
	HEAD,
	MAX_TEXT = 2 << 20
};

#define STACK 0xffffc90000004000u
#define TASK 0xffff888000200000u

/* One in memory that is there, one that is not. */
static const dlk_addr_t objects[] = { FUZZ_BASE + 0x40, 0xffff888000001000u };

static const char *const names[] = { "f",       "f.cold",
				     "g",       "down_read",
				     "up_read", "folio_unlock",
				     "f",       "__x86_return_thunk",
				     "panic",   "__x86_indirect_thunk_rax",
				     "h",       "__fentry__" };
enum { NAMES = sizeof(names) / sizeof(names[0]) };

/* --- what is asked */

static const struct dlk_act takes[] = {
	{ .how = DLK_ACT_CALL, .function = "down_read*" },
	{ .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
	{ .how = DLK_ACT_COUNT, .member = DLK_M_percpu_rwsem_read_count },
	{ .how = DLK_ACT_END },
};
static const struct dlk_act releases[] = {
	{ .how = DLK_ACT_CALL, .function = "up_read" },
	{ .how = DLK_ACT_CALL,
	  .arg = 1,
	  .function = "folio_unlock",
	  .member = DLK_M_percpu_rwsem_writer },
	{ .how = DLK_ACT_BIT, .bit = 3 },
	{ .how = DLK_ACT_COUNT, .member = DLK_M_percpu_rwsem_read_count },
	{ .how = DLK_ACT_END },
};
static const struct dlk_act_rules rules[] = { { takes, releases, .is_handed_on = true },
					      { takes, releases, .is_handed_on = false },
					      { takes + 1, releases + 2, .is_handed_on = true },
					      { takes + 2, releases + 3, .is_handed_on = false } };
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* --- a kernel of it */

struct input {
	const uint8_t *head;
	struct fuzz_memory memory;
	struct dlk_symbols symbols;
	struct dlk_ctx ctx;
	struct dlk_kernel k;
	struct dlk_task task;
	struct dlk_stack stack;
	struct dlk_frame frames[FRAMES];
	uint64_t words[WORDS];
};

static struct input *of(struct dlk_symbols *s)
{
	return (struct input *)((char *)s - offsetof(struct input, symbols));
}

static enum dlk_status find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	*ret = of(s)->head[AT_CURRENT];
	return *ret && !strcmp(name, "current_task") ? DLK_OK : DLK_ERR_NOTFOUND;
}

static enum dlk_status at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	for (unsigned i = 0; i < SYMBOLS; i++) {
		const uint8_t *symbol = of(s)->head + (size_t)i * 4;
		dlk_addr_t start = FUZZ_BASE + fuzz_peek(symbol, 2);

		if (address < start || address - start >= UINT64_C(1) << symbol[2] % 32)
			continue;
		*ret = (struct dlk_symbol){ .address = start, .name = names[symbol[3] % NAMES] };
		return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

/* How many of @p most things of four bytes there are: up to one of zeros, but one at least. */
static unsigned count(const uint8_t *things, unsigned most)
{
	unsigned i = 1;

	while (i < most && fuzz_peek(things + (size_t)i * 4, 4))
		i++;
	return i;
}

/* @return false if it is not known. */
static bool value(uint8_t what, uint64_t *ret)
{
	uint64_t more = what >> 3;

	switch (what & 7) {
	case 0:
		*ret = more;
		return true;
	case 1:
	case 2:
		*ret = objects[what & 1];
		return true;
	case 3:
		*ret = objects[more & 1] - (more << 3);
		return true;
	case 4:
	case 5:
		*ret = STACK + (more << 3) + (what & 1) * 3;
		return true;
	case 6:
		*ret = FUZZ_BASE + (more << 2);
		return true;
	default:
		*ret = more ? UINT64_MAX - more : 0;
		return more != 0;
	}
}

static dlk_addr_t start_of(struct input *in, dlk_addr_t ip)
{
	dlk_addr_t start = dlk_kernel_describe_ip(&in->k, ip).start;

	return start == ip ? dlk_kernel_describe_ip(&in->k, ip - 1).start : start;
}

static void make_stack(struct input *in)
{
	dlk_addr_t sp = STACK;

	for (unsigned i = 0; i < WORDS; i++)
		value(in->head[AT_WORDS + i], &in->words[i]);
	in->task = (struct dlk_task){ .address = TASK, .is_blocked = true };
	in->stack = (struct dlk_stack){ .task = &in->task,
					.sp = STACK,
					.start_sp = STACK,
					.top = STACK + WORDS * DLK_WORD,
					.words = in->words,
					.word_count = WORDS,
					.frames = in->frames,
					.frame_count = count(in->head + AT_FRAMES, FRAMES) };
	for (unsigned i = 0; i < in->stack.frame_count; i++) {
		const uint8_t *frame = in->head + AT_FRAMES + (size_t)i * 4;
		dlk_addr_t ip = FUZZ_BASE + fuzz_peek(frame, 2);

		sp += frame[2];
		if (frame[3] & 2) /* it lies */
			value(frame[2], &sp);
		in->frames[i] = (struct dlk_frame){ .ip = ip,
						    .sp = sp,
						    .start = start_of(in, ip),
						    .is_reliable = !(frame[3] & 1) };
	}
	for (unsigned i = 0; i < DLK_STATE_REGS; i++) {
		uint64_t number;

		if (value(in->head[AT_REGS + i], &number))
			dlk_frame_regs_set(&in->stack.regs, i, number);
	}
}

static void add_member(struct dlk_kernel *k, enum dlk_member_id id, uint32_t offset)
{
	k->layout.members[id] = (struct dlk_member){ .offset = offset, .size = 8, .count = 1 };
	k->layout.has_member[id] = true;
}

static bool make(struct input *in, const uint8_t *data, size_t size)
{
	static const struct dlk_symbols_ops ops = { .name = "fuzz", .find = find, .at = at };
	struct fuzz_memory *m = &in->memory;

	*in = (struct input){ .head = data, .symbols = { .ops = &ops, .ctx = &in->ctx } };
	*m = (struct fuzz_memory){ .data = data + HEAD, .size = size - HEAD };
	m->all = m->size << data[AT_AMOUNT] % 24;
	if (m->all > MAX_TEXT)
		m->all = m->size > MAX_TEXT ? m->size : MAX_TEXT;
	dlk_ctx_init(&in->ctx);
	in->k = (struct dlk_kernel){ .ctx = &in->ctx,
				     .arch = &dlk_kernel_arch_x86_64,
				     .symbols = &in->symbols,
				     .texts = DLK_VEC_INIT(struct dlk_ip_text) };
	add_member(&in->k, DLK_M_percpu_rwsem_read_count, 8);
	add_member(&in->k, DLK_M_percpu_rwsem_writer, 16);
	return !fuzz_memory_init(m, &in->ctx, &in->k.memory);
}

/* --- asking */

static void check(const struct input *in, const struct dlk_release_claim *c)
{
	FUZZ_CLAIM(c->verdict <= DLK_RELEASE_MUST);
	FUZZ_CLAIM((c->verdict == DLK_RELEASE_NONE) == (c->frame == DLK_NONE));
	if (c->frame != DLK_NONE)
		FUZZ_CLAIM(c->rules && c->from <= c->frame && c->frame < in->stack.frame_count);
	if (c->verdict == DLK_RELEASE_MUST || c->verdict == DLK_RELEASE_MAY)
		FUZZ_CLAIM(c->at);
	if (c->verdict == DLK_RELEASE_TAKEN || c->verdict == DLK_RELEASE_HANDED)
		FUZZ_CLAIM(c->rules->is_handed_on);
}

static void ask(struct input *in)
{
	struct dlk_release_claim claims[CLAIMS];
	unsigned claim_count = count(in->head + AT_CLAIMS, CLAIMS);
	struct dlk_release *release;

	if (dlk_release_open(&in->k, NULL, &release))
		return;
	for (unsigned i = 0; i < claim_count; i++) {
		const uint8_t *c = in->head + AT_CLAIMS + (size_t)i * 4;

		claims[i] = (struct dlk_release_claim){
			.object = objects[c[0] & 1] + (c[0] >> 1 & 7) * 8,
			.rules = c[1] % (RULES + 1) < RULES ? &rules[c[1] % (RULES + 1)] : NULL,
			.bit = c[2] & 63,
			.from = c[3] % FRAMES
		};
	}
	if (dlk_release_ask(release, &in->stack, claims, claim_count))
		return;
	for (unsigned i = 0; i < claim_count; i++) {
		struct dlk_release_claim alone = claims[i];

		check(in, &claims[i]);
		/* asked alone and again it is answered the same, but for what may be done in all */
		if (!dlk_release_ask(release, &in->stack, &alone, 1))
			FUZZ_CLAIM(alone.verdict == claims[i].verdict || alone.is_lost);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input in;

	if (size <= HEAD)
		return 0;
	if (make(&in, data, size)) {
		make_stack(&in);
		ask(&in);
	}
	dlk_ctx_deinit(&in.ctx);
	return 0;
}

/* --- inputs that are code */

static const struct {
	uint8_t len, bytes[9];
} insns[] = {
	{ 1, { 0x53 } },                               /* push %rbx */
	{ 1, { 0x5b } },                               /* pop %rbx */
	{ 1, { 0xc3 } },                               /* ret */
	{ 3, { 0x48, 0x89, 0xfb } },                   /* mov %rdi,%rbx */
	{ 3, { 0x48, 0x89, 0xdf } },                   /* mov %rbx,%rdi */
	{ 5, { 0x48, 0x89, 0x7c, 0x24, 8 } },          /* mov %rdi,8(%rsp) */
	{ 5, { 0x48, 0x8b, 0x7c, 0x24, 8 } },          /* mov 8(%rsp),%rdi */
	{ 5, { 0x48, 0x8d, 0x7c, 0x24, 8 } },          /* lea 8(%rsp),%rdi */
	{ 3, { 0x48, 0x8b, 0x3b } },                   /* mov (%rbx),%rdi */
	{ 4, { 0x48, 0x83, 0xec, 0x18 } },             /* sub $0x18,%rsp */
	{ 4, { 0x48, 0x83, 0xc4, 0x18 } },             /* add $0x18,%rsp */
	{ 6, { 0xf0, 0x48, 0x0f, 0xba, 0x33, 3 } },    /* lock btrq $3,(%rbx) */
	{ 6, { 0xf0, 0x48, 0x0f, 0xba, 0x2b, 3 } },    /* lock btsq $3,(%rbx) */
	{ 4, { 0xf0, 0x80, 0x23, 0xf7 } },             /* lock andb $0xf7,(%rbx) */
	{ 3, { 0x65, 0xff, 0x08 } },                   /* decl %gs:(%rax) */
	{ 9, { 0x65, 0x48, 0x8b, 4, 0x25, 8, 0, 0 } }, /* mov %gs:8,%rax */
	{ 3, { 0xf3, 0x48, 0xab } },                   /* rep stos %rax,(%rdi) */
	{ 2, { 0x0f, 0x0b } },                         /* ud2 */
	{ 1, { 0xc9 } },                               /* leave */
	{ 3, { 0x48, 0x93, 0x90 } },                   /* xchg %rax,%rbx; nop */
};

/* A call or a jump to a symbol's address, or a branch close by. */
static size_t put_flow(const struct fuzz_bytes *b, size_t at, uint8_t *insn, uint64_t *state)
{
	size_t target = HEAD + fuzz_peek(b->data + fuzz_pick(state, SYMBOLS) * 4, 2);

	if (fuzz_pick(state, 3)) {
		insn[0] = fuzz_pick(state, 3) ? 0xe8 : 0xe9;
		fuzz_poke(insn + 1, 4, target - at - 5);
		return 5;
	}
	insn[0] = 0x74;
	insn[1] = (uint8_t)(fuzz_pick(state, 64) - 24);
	return 2;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct fuzz_bytes b = { data, size, max_size };
	uint64_t state = seed;
	uint8_t insn[9];
	size_t place, len, i;

	switch (size > HEAD ? fuzz_pick(&state, 4) : 3) {
	case 0:
		fuzz_spoil(&b, fuzz_pick(&state, HEAD), 1 + fuzz_pick(&state, 2), &state);
		return size;
	case 1:
	case 2:
		place = HEAD + fuzz_pick(&state, size - HEAD);
		i = fuzz_pick(&state, 2 * sizeof(insns) / sizeof(insns[0]));
		if (i < sizeof(insns) / sizeof(insns[0])) {
			len = insns[i].len;
			memcpy(insn, insns[i].bytes, len);
		} else {
			len = put_flow(&b, place, insn, &state);
		}
		fuzz_replace(&b, place, fuzz_pick(&state, 4) ? len : 0, insn, len);
		return b.size;
	default:
		return LLVMFuzzerMutate(data, size, max_size);
	}
}
