/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose memory it is.
 *
 * The owner of an mm_struct is the leader of a thread group that uses it (CONFIG_MEMCG).  It is believed if its own mm
 * leads back: who has exited, or executed another program, has none, or another one.
 */
#include <config.h>

#include "kernel/mm.h"

const char *dlk_mm_user(struct dlk_kernel *k, dlk_addr_t mm)
{
	dlk_addr_t task = dlk_kernel_peek_member(k, mm, DLK_M_mm_owner);
	uint64_t pid;
	char comm[16];

	if (!dlk_kernel_can_be_struct(k, task) ||
	    dlk_kernel_peek_member(k, task, DLK_M_task_mm) != mm ||
	    dlk_kernel_read_member(k, task, DLK_M_task_pid, &pid) ||
	    dlk_kernel_read_array(k, task, DLK_M_task_comm, comm, sizeof(comm)))
		return NULL;
	comm[sizeof(comm) - 1] = 0;
	for (char *p = comm; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return dlk_format(k->ctx, "%s pid %d", comm, (int32_t)pid);
}
