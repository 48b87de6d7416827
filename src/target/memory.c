/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory by address, cached.
 *
 * Both caches are direct-mapped arrays of a fixed size: what is looked at again soon (page tables,
 * the struct pages of a zone, the ORC tables) stays, memory is bounded whatever the dump's size.
 * A page that is missing is cached as missing: probing a stack asks for the same hole again and
 * again.
 *
 * What does not change while the target runs is kept besides, page by page, once it is read: its size bounds that.
 */
#include <config.h>

#include "target/memory.h"

#include <string.h>

enum {
	PAGE_SLOTS = 2048, /* 8 MiB */
	TLB_SLOTS = 4096,
	BULK_PAGES = 8,         /* reads of more than this go past the cache */
	MAX_CONSTANT = 64 << 20 /* bytes; the text of a stock kernel has 20 MiB */
};

struct dlk_memory_page {
	uint64_t frame; /* biased by one: 0 is empty */
	enum dlk_status status;
	unsigned char *data;
};

struct dlk_memory_tlb {
	uint64_t page; /* biased by one: 0 is empty */
	dlk_addr_t frame_address;
	enum dlk_status status;
};

enum dlk_status dlk_memory_init(struct dlk_memory *m, struct dlk_target *target)
{
	*m = (struct dlk_memory){ .ctx = target->ctx, .target = target };
	m->pages = dlk_calloc(m->ctx, PAGE_SLOTS, sizeof(*m->pages));
	m->tlb = dlk_calloc(m->ctx, TLB_SLOTS, sizeof(*m->tlb));
	if (!m->pages || !m->tlb)
		return dlk_nomem(m->ctx);
	return DLK_OK;
}

void dlk_memory_set_translate(struct dlk_memory *m, dlk_translate_fn *fn, void *arg)
{
	m->translate = fn;
	m->translate_arg = arg;
	memset(m->tlb, 0, TLB_SLOTS * sizeof(*m->tlb));
}

enum dlk_status dlk_memory_set_constant(struct dlk_memory *m, dlk_addr_t start, dlk_addr_t end)
{
	m->constant_start = m->constant_end = 0;
	if (start > end || end - start > MAX_CONSTANT)
		return DLK_OK;
	start = (start + DLK_PAGE_SIZE - 1) & -(dlk_addr_t)DLK_PAGE_SIZE;
	end &= -(dlk_addr_t)DLK_PAGE_SIZE;
	if (start >= end)
		return DLK_OK;
	m->constant = dlk_calloc(m->ctx, (end - start) >> DLK_PAGE_SHIFT, sizeof(*m->constant));
	if (!m->constant)
		return dlk_nomem(m->ctx);
	m->constant_start = start;
	m->constant_end = end;
	return DLK_OK;
}

void dlk_memory_forget(struct dlk_memory *m)
{
	for (unsigned i = 0; i < PAGE_SLOTS; i++)
		m->pages[i].frame = 0;
	memset(m->tlb, 0, TLB_SLOTS * sizeof(*m->tlb));
}

enum dlk_status dlk_memory_settle(struct dlk_memory *m, enum dlk_status status)
{
	if (!m->end || dlk_status_is_fatal(status))
		return status;
	m->ctx->err = m->end_error;
	return m->end;
}

/* Each read of the target's memory ends here. */
static enum dlk_status take(struct dlk_memory *m, enum dlk_status status)
{
	m->pages_read += status == DLK_OK;
	if (dlk_status_is_fatal(status) && !m->end) {
		m->end = status;
		m->end_error = m->ctx->err;
	}
	return status;
}

static enum dlk_status fault(struct dlk_memory *m, enum dlk_status status, dlk_addr_t address)
{
	if (status == DLK_ERR_FAULT)
		m->ctx->err.address = address;
	return status;
}

/* Neighbouring frames share no slot; frames of the same offset in big blocks are spread. */
static struct dlk_memory_page *page_slot(struct dlk_memory *m, uint64_t frame)
{
	return &m->pages[(frame ^ frame >> 11) & (PAGE_SLOTS - 1)];
}

/* A page is the longest step between two looks at whether to stop: a disk, a network may be slow. */
static enum dlk_status fetch(struct dlk_memory *m, dlk_addr_t address, void *buf, size_t len)
{
	enum dlk_status status = dlk_check_cancel(m->ctx);

	return take(m, status ? status : m->target->ops->read(m->target, address, buf, len));
}

static enum dlk_status read_page(struct dlk_memory *m, uint64_t frame, const unsigned char **ret)
{
	struct dlk_memory_page *page = page_slot(m, frame);

	if (page->frame != frame + 1) {
		enum dlk_status status;

		if (!page->data)
			page->data = dlk_alloc(m->ctx, DLK_PAGE_SIZE);
		if (!page->data)
			return dlk_nomem(m->ctx);
		page->frame = 0;
		status = fetch(m, frame << DLK_PAGE_SHIFT, page->data, DLK_PAGE_SIZE);
		if (status && status != DLK_ERR_FAULT)
			return status;
		page->frame = frame + 1;
		page->status = status;
	}
	*ret = page->data;
	return page->status;
}

/* Read within one page. */
static enum dlk_status read_in_page(struct dlk_memory *m, dlk_addr_t address, void *buf, size_t len,
				    bool is_bulk)
{
	uint64_t frame = address >> DLK_PAGE_SHIFT;
	const unsigned char *page = NULL;
	enum dlk_status status;

	if (is_bulk && page_slot(m, frame)->frame != frame + 1)
		return fetch(m, address, buf, len);
	status = read_page(m, frame, &page);
	if (status)
		return status;
	memcpy(buf, page + (address & (DLK_PAGE_SIZE - 1)), len);
	return DLK_OK;
}

static size_t chunk_len(dlk_addr_t address, size_t len)
{
	size_t left = DLK_PAGE_SIZE - (address & (DLK_PAGE_SIZE - 1));

	return len < left ? len : left;
}

enum dlk_status dlk_memory_read_phys(struct dlk_memory *m, dlk_addr_t address, void *buf,
				     size_t len)
{
	bool is_bulk = len > (size_t)BULK_PAGES * DLK_PAGE_SIZE;
	unsigned char *to = buf;

	while (len) {
		size_t chunk = chunk_len(address, len);
		enum dlk_status status = read_in_page(m, address, to, chunk, is_bulk);

		if (status)
			return fault(m, status, address);
		address += chunk;
		to += chunk;
		len -= chunk;
	}
	return DLK_OK;
}

static struct dlk_memory_tlb *tlb_slot(struct dlk_memory *m, uint64_t page)
{
	return &m->tlb[(page ^ page >> 12) & (TLB_SLOTS - 1)];
}

bool dlk_memory_refresh(struct dlk_memory *m, dlk_addr_t address)
{
	uint64_t page = address >> DLK_PAGE_SHIFT;
	struct dlk_memory_tlb *tlb = tlb_slot(m, page);

	if (!m->target->is_live)
		return false;
	if (tlb->page == page + 1) {
		page_slot(m, tlb->frame_address >> DLK_PAGE_SHIFT)->frame = 0;
		tlb->page = 0;
	}
	return true;
}

enum dlk_status dlk_memory_translate(struct dlk_memory *m, dlk_addr_t address, dlk_addr_t *ret)
{
	uint64_t page = address >> DLK_PAGE_SHIFT;
	struct dlk_memory_tlb *tlb = tlb_slot(m, page);

	if (!m->translate)
		return fault(m, DLK_ERR_FAULT, address);
	if (tlb->page != page + 1) {
		dlk_addr_t frame_address = 0;
		enum dlk_status status = m->translate(m->translate_arg, page << DLK_PAGE_SHIFT,
						      &frame_address);

		if (status && status != DLK_ERR_FAULT)
			return status;
		*tlb = (struct dlk_memory_tlb){ page + 1, frame_address, status };
	}
	if (tlb->status)
		return fault(m, tlb->status, address);
	*ret = tlb->frame_address + (address & (DLK_PAGE_SIZE - 1));
	return DLK_OK;
}

/* Where a page is kept that does not change; NULL if it may. */
static unsigned char **constant_slot(const struct dlk_memory *m, dlk_addr_t address)
{
	if (address < m->constant_start || address >= m->constant_end)
		return NULL;
	return &m->constant[(address - m->constant_start) >> DLK_PAGE_SHIFT];
}

/* A page that is in the cache by now. */
static enum dlk_status keep_constant(struct dlk_memory *m, dlk_addr_t phys, unsigned char **slot)
{
	const unsigned char *page;
	unsigned char *data = dlk_alloc(m->ctx, DLK_PAGE_SIZE);
	enum dlk_status status;

	if (!data)
		return dlk_nomem(m->ctx);
	status = read_page(m, phys >> DLK_PAGE_SHIFT, &page);
	if (status)
		return status;
	memcpy(data, page, DLK_PAGE_SIZE);
	*slot = data;
	return DLK_OK;
}

/* As read_in_page(), by kernel virtual address. */
static enum dlk_status read_virtual(struct dlk_memory *m, dlk_addr_t address, void *buf, size_t len,
				    bool is_bulk)
{
	unsigned char **slot = is_bulk ? NULL : constant_slot(m, address);
	dlk_addr_t phys = 0;
	enum dlk_status status;

	if (slot && *slot) {
		memcpy(buf, *slot + (address & (DLK_PAGE_SIZE - 1)), len);
		return DLK_OK;
	}
	status = dlk_memory_translate(m, address, &phys);
	if (!status)
		status = read_in_page(m, phys, buf, len, is_bulk);
	return status || !slot ? status : keep_constant(m, phys, slot);
}

enum dlk_status dlk_memory_read(struct dlk_memory *m, dlk_addr_t address, void *buf, size_t len)
{
	bool is_bulk = len > (size_t)BULK_PAGES * DLK_PAGE_SIZE;
	unsigned char *to = buf;

	while (len) {
		size_t chunk = chunk_len(address, len);
		enum dlk_status status = read_virtual(m, address, to, chunk, is_bulk);

		if (status)
			return fault(m, status, address);
		address += chunk;
		to += chunk;
		len -= chunk;
	}
	return DLK_OK;
}

enum dlk_status dlk_memory_read_u64(struct dlk_memory *m, dlk_addr_t address, uint64_t *ret)
{
	return dlk_memory_read_uint(m, address, 8, ret);
}

enum dlk_status dlk_memory_read_u32(struct dlk_memory *m, dlk_addr_t address, uint32_t *ret)
{
	uint64_t value;
	enum dlk_status status = dlk_memory_read_uint(m, address, 4, &value);

	if (!status)
		*ret = (uint32_t)value;
	return status;
}

enum dlk_status dlk_memory_read_u16(struct dlk_memory *m, dlk_addr_t address, uint16_t *ret)
{
	uint64_t value;
	enum dlk_status status = dlk_memory_read_uint(m, address, 2, &value);

	if (!status)
		*ret = (uint16_t)value;
	return status;
}

enum dlk_status dlk_memory_read_uint(struct dlk_memory *m, dlk_addr_t address, size_t size,
				     uint64_t *ret)
{
	unsigned char bytes[8];
	uint64_t value = 0;
	enum dlk_status status;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return dlk_fail(m->ctx, DLK_ERR_INVALID, "a value of %zu bytes", size);
	status = dlk_memory_read(m, address, bytes, size);
	if (status)
		return status;
	for (size_t i = size; i-- > 0;)
		value = value << 8 | bytes[i];
	*ret = value;
	return DLK_OK;
}

enum dlk_status dlk_memory_read_cstr(struct dlk_memory *m, dlk_addr_t address, char *buf,
				     size_t size)
{
	size_t done = 0;

	if (!size)
		return dlk_fail(m->ctx, DLK_ERR_INVALID, "no room for a string");
	while (done < size - 1) {
		size_t chunk = chunk_len(address + done, size - 1 - done);
		enum dlk_status status = dlk_memory_read(m, address + done, buf + done, chunk);

		if (status)
			return status;
		if (memchr(buf + done, 0, chunk))
			return DLK_OK;
		done += chunk;
	}
	buf[done] = 0;
	return DLK_OK;
}

const char *dlk_memory_missing(const struct dlk_memory *m)
{
	return m->target->is_cut ? "not in the dump, which was cut off" : "not in the dump";
}

enum dlk_status dlk_memory_explain(struct dlk_memory *m, enum dlk_status status)
{
	dlk_addr_t address = m->ctx->err.address;

	if (status == DLK_ERR_FAULT) {
		dlk_fail(m->ctx, status, "%#llx: page %s", (unsigned long long)address,
			 dlk_memory_missing(m));
		m->ctx->err.address = address;
	}
	return status;
}
