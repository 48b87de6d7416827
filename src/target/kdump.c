/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page's descriptor is as many descriptors from the first as there are pages before it: bits of
 * the bitmap are counted.  The counts at each block of the bitmap are kept, the rest is counted when
 * it is wanted.
 */
#include <config.h>

#include "target/kdump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "target/arch.h"
#include "target/bytes.h"

enum {
	BATCH = 64, /* blocks of the bitmap read at once */
	/* struct disk_dump_header */
	MACHINE = 272,
	MACHINE_SIZE = 65,
	STATUS = 424,
	BLOCK_SIZE = 428,
	SUB_BLOCKS = 432,
	BITMAP_BLOCKS = 436,
	MAX_MAPNR = 440,
	HEADER_SIZE = 444,
	HEADER_VERSION = 8,
	WIDE_VERSION = 6, /* since then, frame numbers have 64 bits on 32-bit machines, too */
	/* struct kdump_sub_header */
	SUB_SPLIT = 12,
	SUB_START_PFN = 16,
	SUB_START_PFN_64 = 80,
	SUB_MAX_MAPNR_64 = 96,
	SUB_SIZE = 104,
	/* page_desc.flags; others say nothing of how the page is stored */
	BY_ZLIB = 1,
	BY_LZO = 2,
	BY_SNAPPY = 4,
	BY_ZSTD = 32,
	BY_ANY = 39
};

static const uint64_t max_frames = UINT64_C(1) << 32; /* 16 TiB */

struct page_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

/* A file: of a dump that is not split, the only one. */
struct part {
	const struct dlk_arch *arch;
	int fd;
	const char *path;
	uint64_t size;
	unsigned char identity[STATUS]; /* of the dump: version, utsname, time */
	bool is_split;
	uint64_t start, end; /* frames whose descriptors are in it */
	uint64_t max_mapnr;
	uint64_t bitmap, descs; /* where they are in the file */
	uint64_t first;         /* block of the bitmap: that of start */
	uint64_t *counts;       /* of pages from there to each block, up to that of end */
	uint64_t skipped;       /* pages of the first block before start */
};

struct dlk_kdump {
	struct part *parts;
	unsigned count;
	uint32_t page_size; /* of the dumped machine: all that is in the file is in blocks of it */
	uint32_t block_frames; /* page frames of a block of the bitmap */
	bool is_cut;
	const struct part *block_part; /* whose block of the bitmap is in block[] */
	uint64_t block_index;
	uint64_t cached;                          /* frame of the page in page[], biased by one */
	unsigned char *block, *page, *compressed; /* page_size bytes each */
};

bool dlk_kdump_is(int fd)
{
	char signature[8];

	return dlk_pread_all(fd, signature, sizeof(signature), 0) &&
	       !memcmp(signature, "KDUMP   ", 8);
}

/* --- the bitmap */

static bool read_block(struct dlk_kdump *k, const struct part *p, uint64_t index)
{
	if (k->block_part == p && k->block_index == index)
		return true;
	k->block_part = NULL;
	if (!dlk_pread_all(p->fd, k->block, k->page_size, p->bitmap + index * k->page_size))
		return false;
	k->block_part = p;
	k->block_index = index;
	return true;
}

/* Bits that are set among the first of a block. */
static uint64_t count_bits(const unsigned char *block, uint64_t bits)
{
	uint64_t count = 0, at = 0;

	for (; at + 64 <= bits; at += 64)
		count += (uint64_t)__builtin_popcountll(dlk_get_u64(block + at / 8));
	for (; at < bits; at++)
		count += block[at / 8] >> at % 8 & 1;
	return count;
}

/* How many pages are there before a frame of this part, from the first block on. */
static bool count_pages(struct dlk_kdump *k, const struct part *p, uint64_t frame, uint64_t *ret)
{
	uint64_t index = frame / k->block_frames;

	*ret = p->counts[index - p->first];
	if (frame % k->block_frames == 0)
		return true;
	if (!read_block(k, p, index))
		return false;
	*ret += count_bits(k->block, frame % k->block_frames);
	return true;
}

/* Each part has the bitmap of all of them: together they are read as one. */
static enum dlk_status read_bitmap(struct dlk_ctx *ctx, struct dlk_kdump *k, struct part *p)
{
	uint64_t blocks;
	unsigned char *batch = dlk_alloc(ctx, (size_t)BATCH * k->page_size);

	p->first = p->start / k->block_frames;
	blocks = (p->end + k->block_frames - 1) / k->block_frames - p->first;
	p->counts = dlk_calloc(ctx, blocks + 1, sizeof(*p->counts));
	if (!batch || !p->counts)
		return dlk_nomem(ctx);
	for (uint64_t i = 0; i < blocks; i++) {
		uint64_t len = blocks - i < BATCH ? blocks - i : BATCH;
		const unsigned char *block = batch + i % BATCH * k->page_size;

		if (block == batch) {
			enum dlk_status status = dlk_check_cancel(ctx);

			if (status)
				return status;
			if (!dlk_pread_all(p->fd, batch, len * k->page_size,
					   p->bitmap + (p->first + i) * k->page_size))
				return dlk_fail(ctx, DLK_ERR_CORRUPT,
						"%s: the file ends before its page bitmaps do: it "
						"was cut off",
						p->path);
		}
		p->counts[i + 1] = p->counts[i] + count_bits(block, k->block_frames);
	}
	return count_pages(k, p, p->start, &p->skipped)
		       ? DLK_OK
		       : dlk_fail(ctx, DLK_ERR_SYSTEM, "%s: it cannot be read", p->path);
}

/* --- headers */

/* Sizes come before the machine is checked. */
static const struct dlk_arch *arch_of(const unsigned char *header)
{
	const struct dlk_arch *arch = dlk_arch_named((const char *)header + MACHINE, MACHINE_SIZE);

	return arch ? arch : dlk_arch_named("", 0);
}

static enum dlk_status check_machine(struct dlk_ctx *ctx, const struct part *p,
				     const unsigned char *header)
{
	const char *machine = (const char *)header + MACHINE;

	if (dlk_arch_named(machine, MACHINE_SIZE))
		return DLK_OK;
	return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
			"%s: a dump of architecture %.*s; only %s is supported", p->path,
			(int)strnlen(machine, MACHINE_SIZE), machine, dlk_arch_names(ctx));
}

static void take_frames(struct part *p, uint32_t version, const unsigned char *header,
			const unsigned char *sub)
{
	bool is_wide = version >= WIDE_VERSION;
	const unsigned char *frames = sub + (is_wide ? SUB_START_PFN_64 : SUB_START_PFN);

	p->max_mapnr = is_wide ? dlk_get_u64(sub + SUB_MAX_MAPNR_64) : 0;
	if (!p->max_mapnr)
		p->max_mapnr = dlk_get_u32(header + MAX_MAPNR);
	p->is_split = dlk_get_u32(sub + SUB_SPLIT);
	p->end = p->max_mapnr;
	if (!p->is_split)
		return;
	p->start = dlk_get_u64(frames);
	p->end = dlk_get_u64(frames + 8);
}

/* The second bitmap has the pages that are there; a file that is not filtered may have only one. */
static void find_bitmap(struct part *p, uint32_t sub_blocks, uint32_t bitmap_blocks)
{
	uint64_t page_size = dlk_arch_page_size(p->arch), block_frames = page_size * 8;
	uint64_t needed = (p->max_mapnr + block_frames - 1) / block_frames;

	p->bitmap = (1 + (uint64_t)sub_blocks) * page_size;
	p->descs = p->bitmap + bitmap_blocks * page_size;
	if (bitmap_blocks >= 2 * needed)
		p->bitmap += bitmap_blocks / 2 * page_size;
}

static enum dlk_status check_sizes(struct dlk_ctx *ctx, const struct part *p,
				   uint32_t bitmap_blocks)
{
	if (!p->max_mapnr || p->start >= p->end || p->end > p->max_mapnr)
		return dlk_fail(ctx, DLK_ERR_CORRUPT,
				"%s: page frames %#" PRIx64 " to %#" PRIx64 " of %#" PRIx64
				": its headers make no sense",
				p->path, p->start, p->end, p->max_mapnr);
	if (p->max_mapnr > max_frames)
		return dlk_fail(ctx, DLK_ERR_LIMIT, "%s: a dump of more than 16 TiB", p->path);
	if ((uint64_t)bitmap_blocks * 8 * dlk_arch_page_size(p->arch) < p->max_mapnr)
		return dlk_fail(ctx, DLK_ERR_CORRUPT,
				"%s: page bitmaps of %" PRIu32 " blocks for %#" PRIx64
				" page frames: its headers make no sense",
				p->path, bitmap_blocks, p->max_mapnr);
	return DLK_OK;
}

static enum dlk_status read_headers(struct dlk_ctx *ctx, struct part *p)
{
	unsigned char header[HEADER_SIZE], sub[SUB_SIZE];
	struct stat st;
	enum dlk_status status;

	if (fstat(p->fd, &st) || !dlk_pread_all(p->fd, header, sizeof(header), 0))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "%s: the file ends within its headers",
				p->path);
	p->arch = arch_of(header);
	if (!dlk_pread_all(p->fd, sub, sizeof(sub), dlk_arch_page_size(p->arch)))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "%s: the file ends within its headers",
				p->path);
	if (memcmp(header, "KDUMP   ", 8))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: no further part of a kdump-compressed dump", p->path);
	if (dlk_get_u32(header + BLOCK_SIZE) != dlk_arch_page_size(p->arch))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: a kdump-compressed dump in blocks of %u bytes; %s has %u",
				p->path, dlk_get_u32(header + BLOCK_SIZE), p->arch->name,
				dlk_arch_page_size(p->arch));
	p->size = (uint64_t)st.st_size;
	memcpy(p->identity, header, sizeof(p->identity));
	take_frames(p, dlk_get_u32(header + HEADER_VERSION), header, sub);
	find_bitmap(p, dlk_get_u32(header + SUB_BLOCKS), dlk_get_u32(header + BITMAP_BLOCKS));
	status = check_machine(ctx, p, header);
	return status ? status : check_sizes(ctx, p, dlk_get_u32(header + BITMAP_BLOCKS));
}

/* --- parts */

static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Together they must be one dump, whole, and nothing twice. */
static enum dlk_status check_parts(struct dlk_ctx *ctx, const struct dlk_kdump *k)
{
	const struct part *first = &k->parts[0], *last = &k->parts[k->count - 1];
	uint64_t end = 0;

	for (const struct part *p = first; p <= last; p++) {
		if (k->count > 1 && !p->is_split)
			return dlk_fail(ctx, DLK_ERR_INVALID,
					"%s: a dump by itself, no part of a split one; "
					"what are the other files?",
					p->path);
		if (memcmp(p->identity, first->identity, sizeof(p->identity)) != 0 ||
		    p->max_mapnr != first->max_mapnr)
			return dlk_fail(ctx, DLK_ERR_INVALID, "%s and %s are of two dumps",
					first->path, p->path);
		if (p->start < end)
			return dlk_fail(ctx, DLK_ERR_INVALID, "%s and %s have the same pages",
					p[-1].path, p->path);
		if (p->start > end)
			break;
		end = p->end;
	}
	if (end == first->max_mapnr)
		return DLK_OK;
	return dlk_fail(ctx, DLK_ERR_INVALID,
			"%s: a part of a split dump; page frames from %#" PRIx64
			" on are in another: give all of its files",
			first->path, end);
}

static bool read_desc(const struct part *p, uint64_t index, struct page_desc *ret)
{
	return dlk_pread_all(p->fd, ret, sizeof(*ret), p->descs + index * sizeof(*ret));
}

/* Where a file ends too early, its last pages are missing, if not their descriptors. */
static bool is_cut(struct dlk_kdump *k, const struct part *p)
{
	struct page_desc desc;
	uint64_t pages;

	if (!count_pages(k, p, p->end, &pages) || pages == p->skipped)
		return false;
	return !read_desc(p, pages - p->skipped - 1, &desc) || desc.offset > p->size ||
	       desc.size > p->size - desc.offset;
}

/* All parts are of one dump, so of one architecture. */
static enum dlk_status make_buffers(struct dlk_ctx *ctx, struct dlk_kdump *k)
{
	k->page_size = dlk_arch_page_size(k->parts[0].arch);
	k->block_frames = k->page_size * 8;
	k->block = dlk_alloc(ctx, k->page_size);
	k->page = dlk_alloc(ctx, k->page_size);
	k->compressed = dlk_alloc(ctx, k->page_size);
	return k->block && k->page && k->compressed ? DLK_OK : dlk_nomem(ctx);
}

enum dlk_status dlk_kdump_open(struct dlk_ctx *ctx, const int *fds, const char *const *paths,
			       unsigned count, struct dlk_kdump **ret)
{
	struct dlk_kdump *k = dlk_calloc(ctx, 1, sizeof(*k));
	enum dlk_status status = DLK_OK;

	if (!k || !(k->parts = dlk_calloc(ctx, count, sizeof(*k->parts))))
		return dlk_nomem(ctx);
	k->count = count;
	for (unsigned i = 0; i < count && !status; i++) {
		k->parts[i].fd = fds[i];
		k->parts[i].path = dlk_strdup(ctx, paths[i]);
		status = k->parts[i].path ? read_headers(ctx, &k->parts[i]) : dlk_nomem(ctx);
	}
	if (status)
		return status;
	qsort(k->parts, count, sizeof(*k->parts), compare_parts);
	status = check_parts(ctx, k);
	if (!status)
		status = make_buffers(ctx, k);
	for (unsigned i = 0; i < count && !status; i++) {
		status = read_bitmap(ctx, k, &k->parts[i]);
		if (!status)
			k->is_cut |= is_cut(k, &k->parts[i]);
	}
	if (!status)
		*ret = k;
	return status;
}

bool dlk_kdump_is_cut(const struct dlk_kdump *k)
{
	return k->is_cut;
}

/* --- pages */

static bool decompress(const unsigned char *in, size_t size, uint32_t how, unsigned char *out,
		       size_t page_size)
{
	uLongf zlib_len = page_size;
	lzo_uint lzo_len = page_size;
	size_t len = page_size;

	switch (how) {
	case BY_ZLIB:
		return uncompress(out, &zlib_len, in, size) == Z_OK && zlib_len == page_size;
	case BY_LZO:
		return lzo1x_decompress_safe(in, size, out, &lzo_len, NULL) == LZO_E_OK &&
		       lzo_len == page_size;
	case BY_SNAPPY:
		return snappy_uncompress((const char *)in, size, (char *)out, &len) == SNAPPY_OK &&
		       len == page_size;
	case BY_ZSTD:
		return ZSTD_decompress(out, page_size, in, size) == page_size;
	default:
		return false;
	}
}

static bool read_page(struct dlk_kdump *k, const struct part *p, uint64_t frame)
{
	struct page_desc desc;
	uint64_t pages;
	bool is_there;

	if (!read_block(k, p, frame / k->block_frames))
		return false;
	is_there = k->block[frame % k->block_frames / 8] >> frame % 8 & 1;
	/* A descriptor without a page: makedumpfile had no room for it. */
	if (!is_there || !count_pages(k, p, frame, &pages) ||
	    !read_desc(p, pages - p->skipped, &desc) || !desc.offset || desc.size > k->page_size)
		return false;
	if (!(desc.flags & BY_ANY))
		return desc.size == k->page_size &&
		       dlk_pread_all(p->fd, k->page, k->page_size, desc.offset);
	return dlk_pread_all(p->fd, k->compressed, desc.size, desc.offset) &&
	       decompress(k->compressed, desc.size, desc.flags & BY_ANY, k->page, k->page_size);
}

static bool load_page(struct dlk_kdump *k, uint64_t frame)
{
	unsigned i = 0;

	if (k->cached == frame + 1)
		return true;
	while (i < k->count && frame >= k->parts[i].end)
		i++;
	k->cached = 0;
	if (i == k->count || !read_page(k, &k->parts[i], frame))
		return false;
	k->cached = frame + 1;
	return true;
}

enum dlk_status dlk_kdump_read(struct dlk_kdump *k, dlk_addr_t address, void *buf, size_t len)
{
	unsigned char *to = buf;

	while (len) {
		size_t at = address % k->page_size;
		size_t chunk = len < k->page_size - at ? len : k->page_size - at;

		if (!load_page(k, address / k->page_size))
			return DLK_ERR_FAULT;
		memcpy(to, k->page + at, chunk);
		address += chunk;
		to += chunk;
		len -= chunk;
	}
	return DLK_OK;
}
