/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolves the tables of members and sizes through a provider of types. */
#include <config.h>

#include "kernel/layout.h"

enum { OPTIONAL, REQUIRED };

static const struct {
	const char *type, *member, *name;
	int need;
} members[] = {
#define X(id, type, member, need) [DLK_M_##id] = { type, member, type "." member, need },
	DLK_MEMBER_TABLE(X)
#undef X
};

static const char *const sizes[] = {
#define X(id, type) type,
	DLK_SIZE_TABLE(X)
#undef X
};

static const struct {
	enum dlk_member_id id;
	const char *type, *member;
} others[] = {
#define X(id, type, member) { DLK_M_##id, type, member },
	DLK_OTHER_TABLE(X)
#undef X
};

static const struct {
	const char *type, *name;
} enumerators[] = {
#define X(id, type, name) { type, name },
	DLK_ENUMERATOR_TABLE(X)
#undef X
};

/* By its other names; DLK_ERR_NOTFOUND if it has none of them. */
static enum dlk_status resolve_other(struct dlk_types *types, struct dlk_layout *l, int id)
{
	enum dlk_status status = DLK_ERR_NOTFOUND;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && status == DLK_ERR_NOTFOUND;
	     i++)
		if ((int)others[i].id == id)
			status = types->ops->member(types, others[i].type, others[i].member,
						    &l->members[id]);
	return status;
}

static enum dlk_status resolve_member(struct dlk_types *types, struct dlk_layout *l, int id)
{
	enum dlk_status status = types->ops->member(types, members[id].type, members[id].member,
						    &l->members[id]);

	if (status == DLK_ERR_NOTFOUND)
		status = resolve_other(types, l, id);
	l->has_member[id] = status == DLK_OK;
	if (status != DLK_ERR_NOTFOUND)
		return status;
	if (members[id].need == OPTIONAL)
		return DLK_OK;
	return dlk_fail(types->ctx, status, "the kernel's types (%s) have no %s", types->ops->name,
			members[id].name);
}

const char *dlk_layout_name(enum dlk_member_id id)
{
	return members[id].name;
}

bool dlk_layout_has_all(const struct dlk_layout *l, const enum dlk_member_id *needs)
{
	while (*needs && dlk_layout_has(l, *needs))
		needs++;
	return !*needs;
}

enum dlk_status dlk_layout_enumerator(struct dlk_types *types, enum dlk_enumerator_id id,
				      int64_t *ret)
{
	return types->ops->enumerator(types, enumerators[id].type, enumerators[id].name, ret);
}

enum dlk_status dlk_layout_resolve(struct dlk_types *types, struct dlk_layout *ret)
{
	enum dlk_status status, first = DLK_OK;

	*ret = (struct dlk_layout){ 0 };
	for (int id = DLK_M_NONE + 1; id < DLK_MEMBER_COUNT && !first; id++)
		first = resolve_member(types, ret, id);
	for (int id = 0; id < DLK_SIZE_COUNT && !first; id++) {
		status = types->ops->size(types, sizes[id], &ret->sizes[id]);
		if (status && status != DLK_ERR_NOTFOUND)
			first = status;
	}
	return first;
}
