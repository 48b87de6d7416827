/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log: see printk.h. */
#include <config.h>

#include "kernel/printk.h"

enum {
	MAX_BITS = 24,
	MAX_TEXT = 256,
	CANCEL_EVERY = 1024,
	STATE_SHIFT =
		62, /* the two upper bits of a descriptor's state word; the rest is its number */
	COMMITTED = 1,
	FINALIZED = 2,
	ID_BYTES = 8 /* before each text: the descriptor that it belongs to */
};

#define ID_MASK ((UINT64_C(1) << STATE_SHIFT) - 1)

struct ring {
	struct dlk_kernel *k;
	uint64_t descs, infos, data, head, tail, count_bits, size_bits;
};

static enum dlk_status open_ring(struct dlk_kernel *k, struct ring *ret)
{
	const struct {
		enum dlk_member_id id;
		uint64_t *to;
	} members[] = {
		{ DLK_M_prb_descs, &ret->descs },
		{ DLK_M_prb_infos, &ret->infos },
		{ DLK_M_prb_data, &ret->data },
		{ DLK_M_prb_head_id, &ret->head },
		{ DLK_M_prb_tail_id, &ret->tail },
		{ DLK_M_prb_count_bits, &ret->count_bits },
		{ DLK_M_prb_size_bits, &ret->size_bits },
	};
	dlk_addr_t at = dlk_kernel_symbol(k, "prb");
	uint64_t prb = 0;
	enum dlk_status status = at ? dlk_memory_read_u64(&k->memory, at, &prb) : DLK_ERR_NOTFOUND;

	ret->k = k;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && !status; i++)
		status = dlk_kernel_read_member(k, prb, members[i].id, members[i].to);
	if (status)
		return status;
	if (ret->count_bits > MAX_BITS || ret->size_bits > MAX_BITS ||
	    !k->layout.sizes[DLK_S_prb_desc] || !k->layout.sizes[DLK_S_printk_info])
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "a log of 2^%llu records and 2^%llu bytes",
				(unsigned long long)ret->count_bits,
				(unsigned long long)ret->size_bits);
	return DLK_OK;
}

/* A text that does not fit at the ring's end stands at its start, where the next lap begins. */
static dlk_addr_t text_address(const struct ring *r, uint64_t begin, uint64_t next)
{
	uint64_t size = UINT64_C(1) << r->size_bits;

	if (begin >> r->size_bits != next >> r->size_bits && next & (size - 1))
		begin = 0;
	return r->data + (begin & (size - 1)) + ID_BYTES;
}

static enum dlk_status read_text(const struct ring *r, dlk_addr_t desc, uint64_t len,
				 char text[MAX_TEXT], bool *is_there)
{
	struct dlk_kernel *k = r->k;
	uint64_t begin = 0, next = 0;
	enum dlk_status status = dlk_kernel_read_member(k, desc, DLK_M_prb_desc_begin, &begin);

	if (!status)
		status = dlk_kernel_read_member(k, desc, DLK_M_prb_desc_next, &next);
	/* An odd position is that of a record without text. */
	if (status || begin & 1 || next & 1)
		return status;
	if (len > MAX_TEXT - 1)
		len = MAX_TEXT - 1;
	status = dlk_memory_read(&k->memory, text_address(r, begin, next), text, len);
	if (status)
		return dlk_memory_explain(&k->memory, status);
	text[len] = 0;
	for (char *p = text; p < text + len; p++)
		if (*p < ' ' || *p > '~')
			*p = *p == '\n' ? ' ' : '?';
	*is_there = true;
	return DLK_OK;
}

/* One that is just being written, or was given up, is not there. */
static enum dlk_status read_record(const struct ring *r, uint64_t id,
				   struct dlk_printk_record *record, char text[MAX_TEXT],
				   bool *is_there)
{
	struct dlk_kernel *k = r->k;
	uint64_t index = id & ((UINT64_C(1) << r->count_bits) - 1);
	dlk_addr_t desc = r->descs + index * k->layout.sizes[DLK_S_prb_desc];
	dlk_addr_t info = r->infos + index * k->layout.sizes[DLK_S_printk_info];
	uint64_t word, len;
	enum dlk_status status = dlk_kernel_read_member(k, desc, DLK_M_prb_desc_state, &word);

	*is_there = false;
	if (status || (word >> STATE_SHIFT != COMMITTED && word >> STATE_SHIFT != FINALIZED) ||
	    (word & ID_MASK) != (id & ID_MASK))
		return status;
	record->text = text;
	status = dlk_kernel_read_member(k, info, DLK_M_printk_seq, &record->seq);
	if (!status)
		status = dlk_kernel_read_member(k, info, DLK_M_printk_ts, &record->ns);
	if (!status)
		status = dlk_kernel_read_member(k, info, DLK_M_printk_len, &len);
	return status ? status : read_text(r, desc, len, text, is_there);
}

/* The records from tail to head; what cannot be read is told at the end. */
static enum dlk_status walk(const struct ring *r, uint64_t count, dlk_printk_fn *fn, void *arg)
{
	enum dlk_status first = DLK_OK;

	for (uint64_t i = 0; i < count; i++) {
		struct dlk_printk_record record;
		char text[MAX_TEXT];
		bool is_there = false;
		enum dlk_status status = i % CANCEL_EVERY ? DLK_OK : dlk_check_cancel(r->k->ctx);

		if (!status)
			status = read_record(r, r->tail + i, &record, text, &is_there);
		if (dlk_status_is_fatal(status))
			return status;
		if (!status && is_there && !fn(arg, &record))
			return DLK_OK;
		first = first ? first : status;
	}
	return first;
}

enum dlk_status dlk_printk_walk(struct dlk_kernel *k, dlk_printk_fn *fn, void *arg)
{
	struct ring r = { 0 };
	enum dlk_status status = open_ring(k, &r);
	uint64_t count;

	if (status)
		return status;
	count = ((r.head - r.tail) & ID_MASK) + 1;
	if (count > UINT64_C(1) << r.count_bits)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "the log's ends are too far apart");
	return walk(&r, count, fn, arg);
}
