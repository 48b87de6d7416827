/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_IP_H
#define DLK_LOG_IP_H

/**
 * @file
 * Where a CPU was: the line of its instruction pointer, which each architecture prints in its own way.
 */

#include "log/keep.h"

enum dlk_log_ip {
	DLK_LOG_NO_IP,
	DLK_LOG_IP_KERNEL, /**< With a symbol. */
	DLK_LOG_IP_OTHER   /**< In user space, or an address alone. */
};

/** Read "RIP: 0010:f+0x1/0x2", "pc : f+0x1/0x2", "NIP [c000...] f+0x1/0x2", ... */
enum dlk_log_ip dlk_log_ip_read(struct dlk_log_keep *keep, const char *text,
				struct dlk_log_frame *ret);

/** The architecture whose registers a line shows, as uname -m has it; NULL: it is no such line. */
const char *dlk_log_arch_of(const char *text);

#endif
