/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of this kernel is understood at all.
 *
 * A kernel whose structs have moved looks like one in which nobody waits.  So each kind names the
 * members that it cannot do without, and the unwinder counts the stacks that it lost.
 *
 * Claims: a kind whose members are all there is understood.  How it can be wrong: a member that kept
 * its name and changed its meaning; then what it leads to makes no sense, its waits are not found, and
 * are unknown (unknown.c).
 */
#include <config.h>

#include "base/strbuf.h"
#include "locks/coverage.h"

#include "kernel/unwind.h"
#include "locks/kind.h"

static bool is_absent(const struct dlk_layout *l, const struct dlk_lock_kind *kind)
{
	return dlk_layout_has(l, kind->replaced_with) ||
	       (kind->exists_with && !dlk_layout_has(l, kind->exists_with));
}

/* "mutex.wait_list or mutex.first_waiter", if the kernel has neither. */
static void name_either(struct dlk_facts *f, const struct dlk_lock_kind *kind,
			struct dlk_strbuf *missing, const char *separator)
{
	const enum dlk_member_id *id;

	for (id = kind->needs_either; id && *id; id++)
		if (dlk_layout_has(&f->k->layout, *id))
			return;
	for (id = kind->needs_either; id && *id; id++) {
		dlk_strbuf_printf(missing, "%s%s", separator, dlk_layout_name(*id));
		separator = " or ";
	}
}

static enum dlk_status check_kind(struct dlk_facts *f, enum dlk_kind which)
{
	const struct dlk_lock_kind *kind = dlk_lock_kinds[which];
	struct dlk_strbuf missing = { .ctx = f->ctx };
	const char *separator = "";

	if (!kind || is_absent(&f->k->layout, kind))
		return DLK_OK;
	for (const enum dlk_member_id *id = kind->needs; id && *id; id++) {
		if (dlk_layout_has(&f->k->layout, *id))
			continue;
		dlk_strbuf_printf(&missing, "%s%s", separator, dlk_layout_name(*id));
		separator = ", ";
	}
	name_either(f, kind, &missing, separator);
	if (!missing.text)
		return DLK_OK;
	return dlk_facts_add_finding(
		f, DLK_FINDING_UNSUPPORTED, 0, false,
		"this kernel%s has no %s: who waits for a %s is not understood",
		dlk_kernel_release(f->k), dlk_strbuf_text(&missing), dlk_kind_text(which));
}

enum dlk_status dlk_coverage_check_kinds(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (unsigned i = 0; i < DLK_KIND_COUNT && !status; i++)
		status = check_kind(f, (enum dlk_kind)i);
	return status;
}

enum dlk_status dlk_coverage_check_stacks(struct dlk_facts *f)
{
	const struct dlk_kernel *k = f->k;

	if (k->stacks_lost <= k->stacks_unwound / 2)
		return DLK_OK;
	if (dlk_unwind_tables(k))
		return dlk_facts_add_finding(
			f, DLK_FINDING_UNSUPPORTED, 0, true,
			"%u of %u stacks could not be followed to their end: the %s of "
			"this kernel%s are not understood",
			k->stacks_lost, k->stacks_unwound, dlk_unwind_tables(k),
			dlk_kernel_release(k));
	if (k->unwinder_count)
		return dlk_facts_add_finding(
			f, DLK_FINDING_UNSUPPORTED, 0, true,
			"%u of %u stacks could not be followed to their end, neither by frame "
			"pointers nor by VMLINUX: what their tasks wait for is guessed",
			k->stacks_lost, k->stacks_unwound);
	return dlk_facts_add_finding(
		f, DLK_FINDING_UNSUPPORTED, 0, true,
		"this kernel%s has neither ORC tables that can be read nor frame pointers, and no "
		"VMLINUX with call frames (.debug_frame) was given: its stacks are guessed, and "
		"with them what its tasks wait for",
		dlk_kernel_release(k));
}
