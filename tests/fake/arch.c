/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The architectures that an image may be of. */
#include <config.h>

#include "arch.h"

#include <string.h>

/* By these the kernel is seen to have frame pointers: dlk_has_frame_pointers() looks at their code. */
static const char *const x86_marks[] = { "do_exit", "kernel_clone", "copy_process", NULL };

const struct dlk_fake_arch dlk_fake_x86_64 = {
	.kernel = &dlk_kernel_arch_x86_64,
	.first_object = 0xffff888000100000u,
	.first_function = 0xffffffff81000000u,
	.orc_tables = 0xffffffff82000000u,
	.saved_type = "inactive_task_frame",
	.pc_member = "ret_addr",
	.fp_member = "bp",
	.marks = x86_marks,
};

static const char *const other_marks[] = { "frame_records", NULL };

const struct dlk_fake_arch dlk_fake_other64 = {
	.kernel = &dlk_kernel_other64,
	.first_object = 0xc000000010000000u,
	.first_function = 0xc000400001000000u,
	.saved_type = "task_struct",
	.pc_member = "thread.pc",
	.fp_member = "thread.fp",
	.begins_with_record = true,
	.signature = OTHER64_SIGNATURE,
	.marks = other_marks,
};

const struct dlk_fake_arch *dlk_fake_find_arch(const char *name)
{
	static const struct dlk_fake_arch *const all[] = { &dlk_fake_x86_64, &dlk_fake_other64 };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->kernel->machine->name, name))
			return all[i];
	return NULL;
}
