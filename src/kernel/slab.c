/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slab objects, by the struct page of their address.
 *
 * Claims: the page says that it is a slab, its slab_cache has a printable name and a sane size, and
 * the object covers the address.  How it can be wrong: a page that was freed and reused while the
 * dump was written.
 */
#include <config.h>

#include "kernel/slab.h"

#include "kernel/arch.h"

enum {
	MAX_OBJECT = 1 << 22,
	PAGE_TYPE_SHIFT = 24, /* PGTY_* are the upper byte of page_type */
	IS_TAIL = 1,          /* of compound_head */
	MASK_SHIFT = 40       /* a mask leaves alone what lies above: 1 TiB of struct pages */
};

/* Looked up once: each page asks for it.  What cannot be read stays so for this target. */
static dlk_addr_t vmemmap(struct dlk_kernel *k)
{
	dlk_addr_t at;
	uint64_t base;

	if (k->is_vmemmap_known)
		return k->vmemmap;
	at = k->arch->vmemmap ? dlk_kernel_symbol(k, k->arch->vmemmap) : 0;
	if (at && !dlk_memory_read_u64(&k->memory, at, &base))
		k->vmemmap = base;
	k->is_vmemmap_known = true;
	return k->vmemmap;
}

uint64_t dlk_page_to_pfn(struct dlk_kernel *k, dlk_addr_t page)
{
	dlk_addr_t base = vmemmap(k);
	uint32_t size = k->layout.sizes[DLK_S_page];

	if (!base || !size || page < base || (page - base) % size)
		return UINT64_MAX;
	return (page - base) / size;
}

/*
 * A tail names its head; since v7.1, where the size of a struct page is a power of two, by the mask that
 * takes the tail's address to the head's: a number close to -1, where no struct page can be.
 */
static dlk_addr_t find_head(dlk_addr_t base, dlk_addr_t tail, uint64_t info)
{
	uint64_t value = info - IS_TAIL;

	if (value >> MASK_SHIFT == UINT64_MAX >> MASK_SHIFT)
		return tail & value;
	return value >= base ? value : tail;
}

enum dlk_status dlk_page_find(struct dlk_kernel *k, dlk_addr_t address, dlk_addr_t *page,
			      uint64_t *pfn)
{
	uint32_t size = k->layout.sizes[DLK_S_page];
	dlk_addr_t base = vmemmap(k);
	dlk_addr_t phys, at;
	uint64_t head;
	enum dlk_status status;

	if (!base || !size)
		return DLK_ERR_NOTFOUND;
	status = dlk_memory_translate(&k->memory, address, &phys);
	if (status)
		return status;
	at = base + (phys >> k->arch->machine->page_shift) * size;
	status = dlk_kernel_read_member(k, at, DLK_M_page_compound_head, &head);
	if (status)
		return status;
	if (head & IS_TAIL)
		at = find_head(base, at, head);
	*page = at;
	*pfn = (at - base) / size;
	return DLK_OK;
}

static bool is_slab(struct dlk_kernel *k, dlk_addr_t page)
{
	int64_t type = dlk_kernel_enumerator(k, DLK_E_PGTY_slab, -1);
	int64_t bit = dlk_kernel_enumerator(k, DLK_E_PG_slab, -1);

	if (type >= 0)
		return dlk_kernel_peek_member(k, page, DLK_M_page_type) >> PAGE_TYPE_SHIFT ==
		       (uint64_t)type;
	return bit >= 0 && bit < 64 && dlk_kernel_peek_member(k, page, DLK_M_page_flags) >> bit & 1;
}

enum dlk_status dlk_slab_find(struct dlk_kernel *k, dlk_addr_t address, struct dlk_slab_object *ret)
{
	struct dlk_slab_object o = { 0 };
	dlk_addr_t page, phys, start;
	uint64_t pfn, stride, pad;
	enum dlk_status status = dlk_page_find(k, address, &page, &pfn);

	if (!status)
		status = dlk_memory_translate(&k->memory, address, &phys);
	if (status)
		return status;
	if (!is_slab(k, page))
		return DLK_ERR_NOTFOUND;
	status = dlk_kernel_read_member(k, page, DLK_M_slab_slab_cache, &o.cache);
	if (status)
		return status;
	stride = dlk_kernel_peek_member(k, o.cache, DLK_M_cache_size);
	o.size = dlk_kernel_peek_member(k, o.cache, DLK_M_cache_object_size);
	pad = dlk_kernel_peek_member(k, o.cache, DLK_M_cache_red_left_pad);
	o.name = dlk_kernel_read_string(k, dlk_kernel_peek_member(k, o.cache, DLK_M_cache_name));
	if (!o.name || !stride || stride > MAX_OBJECT || o.size > stride || pad > stride)
		return DLK_ERR_CORRUPT;
	start = address - (phys - (pfn << k->arch->machine->page_shift));
	o.address = address - (address - start) % stride + pad;
	if (address < o.address || address - o.address >= o.size)
		return DLK_ERR_NOTFOUND;
	*ret = o;
	return DLK_OK;
}
