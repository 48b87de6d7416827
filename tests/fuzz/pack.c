/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "pack.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#include <zlib.h>
#include <zstd.h>

enum {
	ROOM = 64 * 1024,
	GZIP_WINDOW = 15 + 16,    /* with gzip's header (zlib.h) */
	FLATTENED_HEADER = 4096,  /* see target/flattened.c */
	FLATTENED_SEGMENT = 2 * 8 /* offset and size, big-endian */
};

/* Each returns how many bytes it has written; 0: it cannot. */
static size_t pack_gzip(const struct fuzz_packed *p, uint8_t *to, size_t room)
{
	z_stream z = { .next_in = p->data, .avail_in = (uInt)p->size };
	size_t len = 0;

	if (deflateInit2(&z, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	z.next_out = to;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		len = room - z.avail_out;
	deflateEnd(&z);
	return len;
}

static size_t pack_zstd(const struct fuzz_packed *p, uint8_t *to, size_t room)
{
	size_t len = ZSTD_compress(to, room, p->data, p->size, 1);

	return ZSTD_isError(len) ? 0 : len;
}

static size_t pack_xz(const struct fuzz_packed *p, uint8_t *to, size_t room)
{
#ifdef HAVE_LZMA
	size_t len = 0;

	return lzma_easy_buffer_encode(0, LZMA_CHECK_NONE, NULL, p->data, p->size, to, &len, room)
		       ? 0
		       : len;
#else
	(void)p;
	(void)to;
	(void)room;
	return 0;
#endif
}

static uint8_t *put_segment(uint8_t *to, uint64_t offset, uint64_t size)
{
	const uint64_t words[] = { htobe64(offset), htobe64(size) };

	memcpy(to, words, FLATTENED_SEGMENT);
	return to + FLATTENED_SEGMENT;
}

/* In two segments, the second one first. */
static size_t pack_flattened(const struct fuzz_packed *p, uint8_t *to, size_t room)
{
	const uint64_t type_and_version[] = { htobe64(1), htobe64(1) };
	size_t half = p->size / 2;
	uint8_t *start = to;

	(void)room;
	memset(to, 0, FLATTENED_HEADER);
	strcpy((char *)to, "makedumpfile");
	memcpy(to + 16, type_and_version, sizeof(type_and_version));
	to = put_segment(to + FLATTENED_HEADER, half, p->size - half);
	memcpy(to, p->data + half, p->size - half);
	to += p->size - half;
	if (half) {
		to = put_segment(to, 0, half);
		memcpy(to, p->data, half);
		to += half;
	}
	return (size_t)(put_segment(to, UINT64_MAX, UINT64_MAX) - start);
}

bool fuzz_pack(struct fuzz_packed *p, enum fuzz_packer packer)
{
	static size_t (*const packers[FUZZ_PACKERS])(const struct fuzz_packed *p, uint8_t *to,
						     size_t room) = {
		[FUZZ_GZIP] = pack_gzip,
		[FUZZ_ZSTD] = pack_zstd,
		[FUZZ_FLATTENED] = pack_flattened,
		[FUZZ_XZ] = pack_xz,
	};
	/* What cannot be packed becomes somewhat larger. */
	size_t room = p->size + p->size / 8 + ROOM, len;
	uint8_t *to = malloc(room);

	len = to ? packers[packer](p, to, room) : 0;
	if (!len) {
		free(to);
		return false;
	}
	free(p->data);
	p->data = to;
	p->size = len;
	return true;
}
