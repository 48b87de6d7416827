/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log: see printk.h. */
#include <config.h>

#include "kernel/printk.h"

enum {
	MAX_BITS = 24,
	MAX_TEXT = 1024, /* of a record, by the kernel's own limit */
	CANCEL_EVERY = 1024,
	STATE_SHIFT =
		62, /* the two upper bits of a descriptor's state word; the rest is its number */
	COMMITTED = 1,
	FINALIZED = 2,
	ID_BYTES = 8 /* before each text: the descriptor that it belongs to */
};

#define ID_MASK ((UINT64_C(1) << STATE_SHIFT) - 1)
/* How far the clocks of CPUs that print one after the other may be apart. */
#define DISORDER_NS UINT64_C(1000000000)

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
			*p = *p == '\n' || *p == '\t' ? ' ' : '?';
	*is_there = true;
	return DLK_OK;
}

static dlk_addr_t desc_of(const struct ring *r, uint64_t id)
{
	uint64_t index = id & ((UINT64_C(1) << r->count_bits) - 1);

	return r->descs + index * r->k->layout.sizes[DLK_S_prb_desc];
}

static dlk_addr_t info_of(const struct ring *r, uint64_t id)
{
	uint64_t index = id & ((UINT64_C(1) << r->count_bits) - 1);

	return r->infos + index * r->k->layout.sizes[DLK_S_printk_info];
}

/* One that is just being written, or was given up, is not there. */
static enum dlk_status find_record(const struct ring *r, uint64_t id, bool *is_there)
{
	uint64_t word = 0;
	enum dlk_status status = dlk_kernel_read_member(r->k, desc_of(r, id), DLK_M_prb_desc_state,
							&word);

	*is_there = !status &&
		    (word >> STATE_SHIFT == COMMITTED || word >> STATE_SHIFT == FINALIZED) &&
		    (word & ID_MASK) == (id & ID_MASK);
	return status;
}

static enum dlk_status read_record(const struct ring *r, uint64_t id,
				   struct dlk_printk_record *record, char text[MAX_TEXT],
				   bool *is_there)
{
	struct dlk_kernel *k = r->k;
	dlk_addr_t info = info_of(r, id);
	uint64_t len;
	enum dlk_status status = find_record(r, id, is_there);

	if (status || !*is_there)
		return status;
	*is_there = false;
	record->text = text;
	record->caller = (uint32_t)dlk_kernel_peek_member(k, info, DLK_M_printk_caller);
	status = dlk_kernel_read_member(k, info, DLK_M_printk_seq, &record->seq);
	if (!status)
		status = dlk_kernel_read_member(k, info, DLK_M_printk_ts, &record->ns);
	if (!status)
		status = dlk_kernel_read_member(k, info, DLK_M_printk_len, &len);
	return status ? status : read_text(r, desc_of(r, id), len, text, is_there);
}

/* The records from one on to the head; what cannot be read is told at the end. */
static enum dlk_status walk(const struct ring *r, uint64_t from, uint64_t count, dlk_printk_fn *fn,
			    void *arg)
{
	enum dlk_status first = DLK_OK;

	for (uint64_t i = from; i < count; i++) {
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

static enum dlk_status open_log(struct dlk_kernel *k, struct ring *r, uint64_t *count)
{
	enum dlk_status status = open_ring(k, r);

	if (status)
		return status;
	*count = ((r->head - r->tail) & ID_MASK) + 1;
	if (*count > UINT64_C(1) << r->count_bits)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "the log's ends are too far apart");
	return DLK_OK;
}

enum dlk_status dlk_printk_walk(struct dlk_kernel *k, dlk_printk_fn *fn, void *arg)
{
	struct ring r = { 0 };
	uint64_t count;
	enum dlk_status status = open_log(k, &r, &count);

	return status ? status : walk(&r, 0, count, fn, arg);
}

/* Whether a record is wanted, and those before it may be, too.  Of one that is not there nothing is known. */
static enum dlk_status is_in_tail(const struct ring *r, uint64_t id, struct dlk_printk_tail *left,
				  bool *is_in)
{
	bool is_there;
	uint64_t ns, len;
	enum dlk_status status = find_record(r, id, &is_there);

	*is_in = left->bytes >= DLK_PRINTK_RECORD;
	left->bytes -= *is_in ? DLK_PRINTK_RECORD : 0;
	if (status || !is_there || !*is_in)
		return status;
	status = dlk_kernel_read_member(r->k, info_of(r, id), DLK_M_printk_ts, &ns);
	if (!status)
		status = dlk_kernel_read_member(r->k, info_of(r, id), DLK_M_printk_len, &len);
	if (status)
		return status;
	*is_in = ns + DISORDER_NS >= left->since_ns && len <= left->bytes;
	left->bytes -= *is_in ? len : 0;
	return DLK_OK;
}

enum dlk_status dlk_printk_walk_tail(struct dlk_kernel *k, const struct dlk_printk_tail *tail,
				     dlk_printk_fn *fn, void *arg)
{
	struct ring r = { 0 };
	struct dlk_printk_tail left = *tail;
	uint64_t count, from;
	bool is_in = true;
	enum dlk_status status = open_log(k, &r, &count);

	if (status)
		return status;
	for (from = count; from && is_in;) {
		status = from % CANCEL_EVERY ? DLK_OK : dlk_check_cancel(k->ctx);
		if (!status)
			status = is_in_tail(&r, r.tail + from - 1, &left, &is_in);
		if (dlk_status_is_fatal(status))
			return status;
		from -= is_in;
	}
	return walk(&r, from, count, fn, arg);
}
