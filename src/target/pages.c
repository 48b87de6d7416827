/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that came a long way: see pages.h. */
#include <config.h>

#include "target/pages.h"

#include <string.h>

enum {
	MAX_WINDOW = 16, /* pages */
	MAX_KEPT = 8192  /* pages, 32 MiB: an analysis reads some 8 MiB */
};

void dlk_pages_init(struct dlk_ctx *ctx, dlk_fetch_fn *fetch, void *arg, struct dlk_pages *ret)
{
	*ret = (struct dlk_pages){
		.ctx = ctx, .fetch = fetch, .arg = arg, .kept = DLK_VEC_INIT(struct dlk_kept_page)
	};
}

/* NULL if it is not here. */
static const struct dlk_kept_page *find(const struct dlk_pages *p, uint64_t frame)
{
	uint32_t index = dlk_map_get(&p->by_frame, frame);
	const struct dlk_kept_page *page;

	if (index == UINT32_MAX)
		return NULL;
	page = DLK_VEC_AT(&p->kept, const struct dlk_kept_page, index);
	return page->frame == frame ? page : NULL;
}

/* A new one, or that of the oldest page; UINT32_MAX for want of memory. */
static uint32_t make_place(struct dlk_pages *p)
{
	unsigned char *data;
	struct dlk_kept_page *page;

	if (p->kept.len == MAX_KEPT)
		return p->oldest++ % MAX_KEPT;
	data = dlk_alloc(p->ctx, DLK_PAGE_SIZE);
	page = data ? dlk_vec_push(p->ctx, &p->kept) : NULL;
	if (!page)
		return UINT32_MAX;
	page->data = data;
	return p->kept.len - 1;
}

static enum dlk_status keep(struct dlk_pages *p, uint64_t frame, const unsigned char *data)
{
	uint32_t index = make_place(p);
	struct dlk_kept_page *page;

	if (index == UINT32_MAX)
		return dlk_nomem(p->ctx);
	page = DLK_VEC_AT(&p->kept, struct dlk_kept_page, index);
	page->frame = frame;
	memcpy(page->data, data, DLK_PAGE_SIZE);
	return dlk_map_put(p->ctx, &p->by_frame, frame, index);
}

/* No page twice: the window ends before one that is here already. */
static unsigned choose_window(struct dlk_pages *p, uint64_t frame)
{
	unsigned count = 1;

	p->window = frame == p->next_frame && p->window ? p->window * 2 : 1;
	if (p->window > MAX_WINDOW)
		p->window = MAX_WINDOW;
	while (count < p->window && !find(p, frame + count))
		count++;
	return count;
}

static enum dlk_status fetch(struct dlk_pages *p, uint64_t frame)
{
	size_t wanted = (size_t)choose_window(p, frame) * DLK_PAGE_SIZE, len = wanted;
	unsigned char *pages = p->arriving;
	enum dlk_status status;

	if (!pages)
		pages = dlk_alloc(p->ctx, (size_t)MAX_WINDOW * DLK_PAGE_SIZE);
	if (!pages)
		return dlk_nomem(p->ctx);
	p->arriving = pages;
	status = p->fetch(p->arg, frame << DLK_PAGE_SHIFT, pages, &len);
	/* What could not be had ahead is no reason to do without what was asked for. */
	if (status == DLK_ERR_FAULT && wanted > DLK_PAGE_SIZE) {
		p->window = 1;
		len = DLK_PAGE_SIZE;
		status = p->fetch(p->arg, frame << DLK_PAGE_SHIFT, pages, &len);
	}
	for (size_t i = 0; i < len / DLK_PAGE_SIZE && !status; i++)
		status = keep(p, frame + i, pages + i * DLK_PAGE_SIZE);
	if (status)
		return status;
	p->next_frame = frame + len / DLK_PAGE_SIZE;
	return DLK_OK;
}

enum dlk_status dlk_pages_read(struct dlk_pages *p, dlk_addr_t address, void *buf, size_t len)
{
	uint64_t frame = address >> DLK_PAGE_SHIFT;
	const struct dlk_kept_page *page = find(p, frame);

	if (!page) {
		enum dlk_status status = fetch(p, frame);

		if (status)
			return status;
		page = find(p, frame);
	}
	memcpy(buf, page->data + (address & (DLK_PAGE_SIZE - 1)), len);
	return DLK_OK;
}
