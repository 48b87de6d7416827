/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Super blocks, and the locks in them by which they are frozen. */
#include <config.h>

#include "kernel/super.h"

#include "base/strbuf.h"

static const char *const level_names[DLK_FREEZE_LEVELS] = { "SB_FREEZE_WRITE",
							    "SB_FREEZE_PAGEFAULT", "SB_FREEZE_FS" };

/* Whether a list_head is linked with both its neighbours. */
static bool is_linked(struct dlk_kernel *k, dlk_addr_t list)
{
	struct dlk_memory *m = &k->memory;
	uint64_t next, prev, back, forth;

	return !dlk_memory_read_u64(m, list, &next) &&
	       !dlk_memory_read_u64(m, list + DLK_WORD, &prev) &&
	       !dlk_memory_read_u64(m, next + DLK_WORD, &back) &&
	       !dlk_memory_read_u64(m, prev, &forth) && back == list && forth == list;
}

/* It is one if its root names it.  What is linked as a super_block is, and cannot be read on, is a failure. */
static enum dlk_status check_super(struct dlk_kernel *k, dlk_addr_t super, bool *is_super)
{
	uint64_t root = 0, its = 0;
	enum dlk_status status = DLK_OK;

	if (dlk_kernel_can_be_struct(k, super))
		status = dlk_kernel_read_member(k, super, DLK_M_sb_root, &root);
	if (!status && dlk_kernel_can_be_struct(k, root))
		status = dlk_kernel_read_member(k, root, DLK_M_dentry_sb, &its);
	*is_super = its && its == super;
	return status && is_linked(k, super + dlk_layout_offset(&k->layout, DLK_M_sb_list))
		       ? status
		       : DLK_OK;
}

static bool has_members(const struct dlk_layout *l)
{
	return l->sizes[DLK_S_percpu_rwsem] && dlk_layout_has(l, DLK_M_sb_list) &&
	       dlk_layout_has(l, DLK_M_sb_root) && dlk_layout_has(l, DLK_M_sb_rw_sem) &&
	       dlk_layout_has(l, DLK_M_sb_frozen) && dlk_layout_has(l, DLK_M_dentry_sb);
}

enum dlk_status dlk_freeze_lock_find(struct dlk_kernel *k, dlk_addr_t address,
				     struct dlk_freeze_lock *ret)
{
	const struct dlk_layout *l = &k->layout;

	*ret = (struct dlk_freeze_lock){ 0 };
	for (unsigned level = 1; has_members(l) && level <= DLK_FREEZE_LEVELS; level++) {
		dlk_addr_t super = address - dlk_layout_offset(l, DLK_M_sb_rw_sem) -
				   (dlk_addr_t)(level - 1) * l->sizes[DLK_S_percpu_rwsem];
		bool is_super;
		enum dlk_status status = check_super(k, super, &is_super);

		if (status)
			return status;
		if (!is_super)
			continue;
		ret->super = super;
		ret->level = level;
		return dlk_kernel_read_member(k, super, DLK_M_sb_frozen, &ret->frozen);
	}
	return DLK_OK;
}

dlk_addr_t dlk_freeze_lock_of_level(const struct dlk_kernel *k, const struct dlk_freeze_lock *lock,
				    unsigned level)
{
	return lock->super + dlk_layout_offset(&k->layout, DLK_M_sb_rw_sem) +
	       (dlk_addr_t)(level - 1) * k->layout.sizes[DLK_S_percpu_rwsem];
}

const char *dlk_freeze_lock_name(struct dlk_kernel *k, const struct dlk_freeze_lock *lock)
{
	const char *id = NULL, *type;
	struct dlk_strbuf name = { .ctx = k->ctx };

	if (dlk_layout_has(&k->layout, DLK_M_sb_id))
		id = dlk_kernel_read_string(k, lock->super +
						       dlk_layout_offset(&k->layout, DLK_M_sb_id));
	type = dlk_kernel_read_string(
		k, dlk_kernel_peek_member(k, dlk_kernel_peek_member(k, lock->super, DLK_M_sb_type),
					  DLK_M_fs_type_name));
	dlk_strbuf_printf(&name, "sb_writers (%s)", level_names[lock->level - 1]);
	if (id)
		dlk_strbuf_printf(&name, " of %s", id);
	if (type)
		dlk_strbuf_printf(&name, "%s (%s)", id ? "" : " of a file system", type);
	return dlk_strbuf_text(&name);
}

const char *dlk_freeze_lock_by(struct dlk_kernel *k, const struct dlk_freeze_lock *lock)
{
	bool by_kernel = dlk_kernel_peek_member(k, lock->super, DLK_M_sb_freeze_kcount);
	bool by_user = dlk_kernel_peek_member(k, lock->super, DLK_M_sb_freeze_ucount);

	if (by_kernel)
		return by_user ? " by user space and the kernel" : " by the kernel";
	return by_user ? " by user space" : "";
}
