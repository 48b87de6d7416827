/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/arch.h"

#include "kernel/arch.h"

static const struct dlk_code_arch *const rows[] = { &dlk_code_arch_x86_64 };

const struct dlk_code_arch *dlk_code_arch_of(const struct dlk_kernel *k)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i]->machine == k->arch->machine)
			return rows[i];
	return NULL;
}
