/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware that another one loads: user space, where a driver or the kernel's configuration asks for that, or the first task
 * that has asked for the same firmware (drivers/base/firmware_loader).
 *
 * All who wait for it do so by the completion of its struct fw_priv, which has its name.  Who waits is in the function that
 * asked for it: that tells what the completion is part of.
 *
 * Claims: none but the name.  It is an event: user space ends it, or who reads the file, whom no record names.
 *
 * How it can be wrong: where frames are guessed, so is the function, and the name is of something else.
 */
#include <config.h>

#include "locks/event.h"

static const enum dlk_member_id needs[] = { DLK_M_fw_priv_completion, DLK_M_fw_priv_name,
					    DLK_M_NONE };

enum dlk_status dlk_firmware_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
					dlk_addr_t completion, struct dlk_event *ret,
					bool *is_found)
{
	static const char *const asking[] = { "_request_firmware", "request_firmware*",
					      "firmware_request_*", "fw_load_*", NULL };
	static const char *const of_user[] = { "fw_load_*", NULL };
	const struct dlk_layout *l = &f->k->layout;
	const char *name;
	uint64_t text;
	enum dlk_status status;

	*is_found = false;
	if (!dlk_layout_has_all(l, needs) || !dlk_event_is_in(c, asking))
		return DLK_OK;
	status = dlk_kernel_read_member(f->k,
					completion - dlk_layout_offset(l, DLK_M_fw_priv_completion),
					DLK_M_fw_priv_name, &text);
	if (status)
		return status;
	name = dlk_kernel_read_string(f->k, text);
	if (!name || !*name)
		return DLK_OK;
	*ret = (struct dlk_event){ .kind = DLK_KIND_COMPLETION,
				   .name = dlk_format(f->ctx, "the loading of firmware %s", name),
				   .hold = { .context = DLK_NONE },
				   .is_event = true,
				   .holders_unknown =
					   dlk_event_is_in(c, of_user)
						   ? "user space is to load it"
						   : "another one was the first to load it, and "
						     "is not recorded" };
	*is_found = true;
	return ret->name ? DLK_OK : dlk_nomem(f->ctx);
}
