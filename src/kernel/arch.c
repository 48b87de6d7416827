/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The architectures whose kernels are read. */
#include <config.h>

#include "kernel/arch.h"

static const struct dlk_kernel_arch *const rows[] = { &dlk_kernel_arch_x86_64 };

/* Each row of target/arch.c has one here; a target of a test may not. */
const struct dlk_kernel_arch *dlk_kernel_arch_of(const struct dlk_arch *machine)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i]->machine == machine)
			return rows[i];
	return NULL;
}
