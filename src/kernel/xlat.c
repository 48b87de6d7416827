/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page-table walks; the only file that knows libaddrxlat.
 *
 * libaddrxlat asks for the page around a table entry and keeps what it got in a small cache of its
 * own until it gives it back.  It gets the one entry that it asked for, as a copy out of the
 * memory's page cache, in a buffer that is reused when it was given back.
 */
#include <config.h>

#include "kernel/xlat.h"

#include <libkdumpfile/addrxlat.h>

#include "kernel/arch.h"

enum { ENTRY_SIZE = 8 };

/* A table entry that libaddrxlat has, or a free one. */
struct entry {
	uint64_t value;
	struct dlk_xlat *owner;
	struct entry *next_free;
};

struct dlk_xlat {
	struct dlk_memory *memory;
	const struct dlk_kernel_arch *arch;
	addrxlat_ctx_t *ctx;
	addrxlat_meth_t meth;
	struct entry *free;
	enum dlk_status read_status; /* of the last callback */
};

enum dlk_status dlk_xlat_root_from_vmcoreinfo(struct dlk_ctx *ctx,
					      const struct dlk_kernel_arch *arch,
					      const char *vmcoreinfo, struct dlk_xlat_root *ret)
{
	if (arch->find_root(vmcoreinfo, ret))
		return DLK_OK;
	return dlk_fail(ctx, DLK_ERR_NOTFOUND, "VMCOREINFO does not name the page tables");
}

static void put_page(const addrxlat_buffer_t *buf)
{
	struct entry *entry = buf->priv;

	entry->next_free = entry->owner->free;
	entry->owner->free = entry;
}

static struct entry *get_entry(struct dlk_xlat *x)
{
	struct entry *entry = x->free;

	if (entry)
		x->free = entry->next_free;
	else
		entry = dlk_alloc(x->memory->ctx, sizeof(*entry));
	if (entry)
		entry->owner = x;
	return entry;
}

static addrxlat_status get_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	struct dlk_xlat *x = cb->priv;
	struct entry *entry = get_entry(x);

	if (!entry) {
		x->read_status = dlk_nomem(x->memory->ctx);
		return ADDRXLAT_ERR_NOMEM;
	}
	buf->priv = entry;
	buf->put_page = put_page;
	x->read_status = dlk_memory_read_phys(x->memory, buf->addr.addr, &entry->value, ENTRY_SIZE);
	if (x->read_status) {
		put_page(buf);
		return ADDRXLAT_ERR_NODATA;
	}
	buf->ptr = &entry->value;
	buf->size = ENTRY_SIZE;
	buf->byte_order = ADDRXLAT_LITTLE_ENDIAN;
	return ADDRXLAT_OK;
}

static unsigned long read_caps(const addrxlat_cb_t *cb)
{
	(void)cb;
	return ADDRXLAT_CAPS(ADDRXLAT_MACHPHYSADDR);
}

/* The last table entry, and where it leads. */
static enum dlk_status walk(struct dlk_xlat *x, dlk_addr_t address, uint64_t *entry,
			    dlk_addr_t *ret)
{
	addrxlat_step_t step = { .ctx = x->ctx, .meth = &x->meth };
	addrxlat_status as;

	x->read_status = DLK_OK;
	step.base.addr = address;
	step.base.as = ADDRXLAT_KVADDR;
	as = addrxlat_walk(&step);
	if (as != ADDRXLAT_OK) {
		addrxlat_ctx_clear_err(x->ctx);
		return x->read_status ? x->read_status : DLK_ERR_FAULT;
	}
	*entry = step.raw.pte;
	*ret = step.base.addr;
	return DLK_OK;
}

static enum dlk_status translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	uint64_t entry;

	return walk(arg, address, &entry, ret);
}

/* Linux forbids it where the page is, not in the tables above. */
bool dlk_xlat_is_executable(struct dlk_xlat *x, dlk_addr_t address)
{
	uint64_t entry;
	dlk_addr_t phys;

	return !walk(x, address, &entry, &phys) && !(entry & x->arch->pte_no_exec);
}

static enum dlk_status make_ctx(struct dlk_xlat *x)
{
	addrxlat_cb_t *cb;

	x->ctx = addrxlat_ctx_new();
	cb = x->ctx ? addrxlat_ctx_add_cb(x->ctx) : NULL;
	if (!cb) {
		dlk_xlat_close(x);
		x->ctx = NULL;
		return dlk_nomem(x->memory->ctx);
	}
	cb->priv = x;
	cb->get_page = get_page;
	cb->read_caps = read_caps;
	return DLK_OK;
}

enum dlk_status dlk_xlat_forget(struct dlk_xlat *x)
{
	dlk_xlat_close(x);
	return make_ctx(x);
}

enum dlk_status dlk_xlat_open(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			      const struct dlk_xlat_root *root, struct dlk_xlat **ret)
{
	struct dlk_xlat *x = dlk_alloc(m->ctx, sizeof(*x));
	addrxlat_param_pgt_t *pgt;
	enum dlk_status status;

	if (root->levels < arch->min_levels || root->levels > arch->max_levels)
		return dlk_fail(m->ctx, DLK_ERR_INVALID, "page tables of %u levels", root->levels);
	if (!x)
		return dlk_nomem(m->ctx);
	x->memory = m;
	x->arch = arch;
	status = make_ctx(x);
	if (status)
		return status;
	x->meth.kind = ADDRXLAT_PGT;
	x->meth.target_as = ADDRXLAT_MACHPHYSADDR;
	pgt = &x->meth.param.pgt;
	pgt->root.as = ADDRXLAT_MACHPHYSADDR;
	pgt->root.addr = root->address;
	pgt->pf.pte_format = addrxlat_pte_format(arch->pte_format);
	pgt->pf.nfields = (unsigned short)(root->levels + 1);
	pgt->pf.fieldsz[0] = arch->machine->page_shift;
	for (unsigned i = 1; i <= root->levels; i++)
		pgt->pf.fieldsz[i] = arch->table_bits;
	dlk_memory_set_translate(m, translate, x);
	*ret = x;
	return DLK_OK;
}

void dlk_xlat_close(struct dlk_xlat *x)
{
	if (x && x->ctx)
		addrxlat_ctx_decref(x->ctx);
}
