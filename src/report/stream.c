/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may go to a report's stream, and how it ends. */
#include <config.h>

#include "report/stream.h"

#include <errno.h>
#include <string.h>

void dlk_stream_clean(char *ret, size_t size, const char *s)
{
	char *end = ret;

	for (; *s; s++) {
		bool is_plain = dlk_stream_is_plain((unsigned char)*s);
		size_t len = is_plain ? 1 : 4;

		if ((size_t)(end - ret) + len >= size)
			break;
		if (is_plain)
			*end = *s;
		else
			snprintf(end, len + 1, "\\x%02x", (unsigned char)*s);
		end += len;
	}
	*end = '\0';
}

enum dlk_status dlk_stream_finish(struct dlk_ctx *ctx, FILE *file, int error)
{
	errno = 0;
	if (!error && !fflush(file) && !ferror(file))
		return DLK_OK;
	if (!error)
		error = errno ? errno : EIO;
	dlk_fail(ctx, DLK_ERR_SYSTEM, "write error: %s", strerror(error));
	errno = error;
	return DLK_ERR_SYSTEM;
}
