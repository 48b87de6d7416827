/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for addresses.
 *
 * A slab cache's name tells the struct inside it: by itself ("mm_struct"), without its ending
 * ("hugetlbfs_inode_cache" holds struct hugetlbfs_inode_info), or by the table of those that are
 * called otherwise.  Given the struct, the types say which member stands at the address.  A guess
 * that is wrong finds no member of the wanted type there, and is dropped.
 */
#include <config.h>

#include "kernel/object.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "kernel/mm.h"
#include "kernel/slab.h"

enum { MAX_TYPE = 96 };

static const struct {
	const char *cache, *type;
} odd_names[] = {
	{ "filp", "file" },
	{ "bdev_cache", "bdev_inode" },
	{ "sock_inode_cache", "socket_alloc" },
	{ "files_cache", "files_struct" },
	{ "names_cache", "filename" },
};

static const char *const endings[] = { "", "_info", "_struct" };

/* A struct for the n-th guess; false when there are no more. */
static bool guess_type(const char *cache, size_t n, char type[MAX_TYPE])
{
	static const size_t odd_count = sizeof(odd_names) / sizeof(odd_names[0]);
	size_t len = strlen(cache);
	const char *ending = strstr(cache, "_cache");

	if (n < odd_count) {
		snprintf(type, MAX_TYPE, "%s",
			 strcmp(cache, odd_names[n].cache) ? "" : odd_names[n].type);
		return true;
	}
	n -= odd_count;
	if (n >= sizeof(endings) / sizeof(endings[0]))
		return false;
	if (ending)
		len = (size_t)(ending - cache);
	snprintf(type, MAX_TYPE, "%.*s%s", (int)(len < MAX_TYPE / 2 ? len : MAX_TYPE / 2), cache,
		 endings[n]);
	return true;
}

const char *dlk_inode_name(struct dlk_kernel *k, dlk_addr_t inode)
{
	struct dlk_strbuf sb = { .ctx = k->ctx };
	uint64_t ino, sb_addr, alias;
	const char *fs = NULL, *file = NULL;

	if (dlk_kernel_read_member(k, inode, DLK_M_inode_ino, &ino) ||
	    dlk_kernel_read_member(k, inode, DLK_M_inode_sb, &sb_addr))
		return NULL;
	fs = dlk_kernel_read_string(
		k, dlk_kernel_peek_member(k, dlk_kernel_peek_member(k, sb_addr, DLK_M_sb_type),
					  DLK_M_fs_type_name));
	if (!fs)
		return NULL;
	alias = dlk_kernel_peek_member(k, inode, DLK_M_inode_dentry);
	if (alias && dlk_layout_has(&k->layout, DLK_M_dentry_alias)) {
		dlk_addr_t dentry = alias - dlk_layout_offset(&k->layout, DLK_M_dentry_alias);

		file = dlk_kernel_read_string(k,
					      dlk_kernel_peek_member(k, dentry, DLK_M_dentry_name));
	}
	dlk_strbuf_printf(&sb, "inode %llu", (unsigned long long)ino);
	if (file)
		dlk_strbuf_printf(&sb, ", %s", file);
	dlk_strbuf_printf(&sb, " (%s)", fs);
	return dlk_strbuf_text(&sb);
}

/* If the first part of a member's path is an inode, its address. */
static dlk_addr_t inode_of_path(struct dlk_kernel *k, const char *type, dlk_addr_t object,
				const char *path)
{
	struct dlk_types *t = k->types;
	size_t len = strcspn(path, ".");
	const char *inner, *outer;
	struct dlk_member m;
	char first[MAX_TYPE];

	if (!strcmp(type, "inode"))
		return object;
	snprintf(first, sizeof(first), "%.*s", (int)len, path);
	if (t->ops->member(t, type, first, &m) ||
	    t->ops->path_at(t, type, m.offset, "inode", &inner, &outer) || strcmp(inner, first))
		return 0;
	return object + m.offset;
}

static const char *name_member(struct dlk_kernel *k, const struct dlk_slab_object *o,
			       const char *type, const char *path)
{
	dlk_addr_t inode = inode_of_path(k, type, o->address, path);
	const char *inode_name = inode ? dlk_inode_name(k, inode) : NULL;
	const char *user = strcmp(type, "mm_struct") ? NULL : dlk_mm_user(k, o->address);
	const char *last = strrchr(path, '.');

	if (inode_name)
		return dlk_format(k->ctx, "%s of %s", last ? last + 1 : path, inode_name);
	if (user)
		return dlk_format(k->ctx, "%s of %s %#llx of %s", path, type,
				  (unsigned long long)o->address, user);
	return dlk_format(k->ctx, "%s of %s %#llx", path, type, (unsigned long long)o->address);
}

static const char *name_in_slab(struct dlk_kernel *k, dlk_addr_t address, const char *type)
{
	struct dlk_types *t = k->types;
	struct dlk_slab_object o;
	char guess[MAX_TYPE];

	if (dlk_slab_find(k, address, &o))
		return NULL;
	for (size_t n = 0; guess_type(o.name, n, guess); n++) {
		const char *path, *outer;

		if (!t->ops->path_at(t, guess, (uint32_t)(address - o.address), type, &path,
				     &outer))
			return name_member(k, &o, guess, path);
	}
	return dlk_format(k->ctx, "in %s object %#llx+0x%llx", o.name,
			  (unsigned long long)o.address, (unsigned long long)(address - o.address));
}

bool dlk_object_is(struct dlk_kernel *k, dlk_addr_t address, const char *type)
{
	struct dlk_types *t = k->types;
	struct dlk_slab_object o;
	char guess[MAX_TYPE];

	if (dlk_slab_find(k, address, &o))
		return false;
	for (size_t n = 0; guess_type(o.name, n, guess); n++) {
		const char *path, *outer;

		if (address == o.address && !strcmp(guess, type))
			return true;
		if (!t->ops->path_at(t, guess, (uint32_t)(address - o.address), type, &path,
				     &outer))
			return true;
	}
	return false;
}

static const char *name_by_symbol(struct dlk_kernel *k, dlk_addr_t address)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(k, address);
	const char *plain = text.start == address ? text.function : text.text;

	if (!plain || !text.module)
		return plain;
	return dlk_format(k->ctx, "%s [%s]", plain, text.module);
}

const char *dlk_object_name(struct dlk_kernel *k, dlk_addr_t address, const char *type)
{
	const char *name = name_by_symbol(k, address);

	return name ? name : name_in_slab(k, address, type);
}
