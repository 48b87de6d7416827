/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vm_area_struct maps. */
#include <config.h>

#include "kernel/vma.h"

#include "base/strbuf.h"
#include "kernel/mm.h"
#include "kernel/object.h"

/* What it maps; "" if that cannot be read. */
static void write_mapped(struct dlk_kernel *k, dlk_addr_t vma, struct dlk_strbuf *sb)
{
	uint64_t file;
	const char *inode;

	if (dlk_kernel_read_member(k, vma, DLK_M_vma_file, &file))
		return;
	if (!file) {
		dlk_strbuf_printf(sb, ", anonymous");
		return;
	}
	inode = dlk_inode_name(k, dlk_kernel_peek_member(k, file, DLK_M_file_inode));
	if (inode)
		dlk_strbuf_printf(sb, ", %s", inode);
}

const char *dlk_vma_name(struct dlk_kernel *k, dlk_addr_t vma)
{
	struct dlk_strbuf sb = { .ctx = k->ctx };
	const char *user;
	uint64_t start, end;

	if (dlk_kernel_read_member(k, vma, DLK_M_vma_start, &start) ||
	    dlk_kernel_read_member(k, vma, DLK_M_vma_end, &end))
		return NULL;
	dlk_strbuf_printf(&sb, "%#llx-%#llx", (unsigned long long)start, (unsigned long long)end);
	user = dlk_mm_user(k, dlk_kernel_peek_member(k, vma, DLK_M_vma_mm));
	if (user)
		dlk_strbuf_printf(&sb, " of %s", user);
	write_mapped(k, vma, &sb);
	return dlk_strbuf_text(&sb);
}
