/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flattened format: what makedumpfile -F and QEMU's dump-guest-memory -z write, so that a dump can
 * go through a pipe: a header of 4 KiB, then segments, each with its place in the real file (two
 * big-endian 64-bit numbers, offset and size, both -1 at the end).  libkdumpfile 0.5.1 does not
 * read it.
 */
#include <config.h>

#include <endian.h>
#include <string.h>

#include "target/unpack.h"

enum { HEADER = 4096, SIGNATURE = 16 };

#define MAX_OFFSET (INT64_C(1) << 46) /* 64 TiB */

static enum dlk_status unpack_segment(struct dlk_unpack *u, int64_t offset, int64_t size)
{
	u->out_at = offset;
	while (size) {
		const unsigned char *data;
		size_t most = size < DLK_UNPACK_CHUNK ? (size_t)size : DLK_UNPACK_CHUNK, len;
		enum dlk_status status = dlk_unpack_read(u, most, &data, &len);

		if (!status && !len)
			status = dlk_unpack_cut_short(u, "the flattened dump");
		if (!status)
			status = dlk_unpack_write(u, data, len);
		if (status)
			return status;
		size -= (int64_t)len;
	}
	return DLK_OK;
}

/* Fill a buffer. */
static enum dlk_status read_exactly(struct dlk_unpack *u, void *buf, size_t size)
{
	unsigned char *to = buf;

	while (size) {
		const unsigned char *data;
		size_t len;
		enum dlk_status status = dlk_unpack_read(u, size, &data, &len);

		if (!status && !len)
			status = dlk_unpack_cut_short(u, "the flattened dump");
		if (status)
			return status;
		memcpy(to, data, len);
		to += len;
		size -= len;
	}
	return DLK_OK;
}

enum dlk_status dlk_unpack_flattened(struct dlk_unpack *u)
{
	unsigned char header[HEADER];
	uint64_t words[2];
	enum dlk_status status = read_exactly(u, header, sizeof(header));

	if (status)
		return status;
	memcpy(words, header + SIGNATURE, sizeof(words));
	if (be64toh(words[0]) != 1 || be64toh(words[1]) != 1)
		return dlk_fail(u->ctx, DLK_ERR_UNSUPPORTED,
				"a flattened dump of type %llu, version %llu",
				(unsigned long long)be64toh(words[0]),
				(unsigned long long)be64toh(words[1]));
	for (;;) {
		int64_t offset, size;

		status = read_exactly(u, words, sizeof(words));
		if (status)
			return status;
		offset = (int64_t)be64toh(words[0]);
		size = (int64_t)be64toh(words[1]);
		if (offset == -1 && size == -1)
			return DLK_OK;
		if (offset < 0 || size <= 0 || offset > MAX_OFFSET || size > MAX_OFFSET - offset)
			return dlk_fail(u->ctx, DLK_ERR_CORRUPT,
					"the flattened dump has a segment of %lld bytes at %lld",
					(long long)size, (long long)offset);
		status = unpack_segment(u, offset, size);
		if (status)
			return status;
	}
}
