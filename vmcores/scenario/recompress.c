/*
 * Write a kdump file in another form, which Debian's QEMU and makedumpfile are built without, or
 * have only for a dump with VMCOREINFO:
 *
 *	recompress [-F] none|lzo|snappy|zstd IN OUT [OUT-2]
 *
 * The pages of IN are not compressed, or by zlib; all but them is copied as it is.  -F: OUT is
 * flattened.  With OUT-2, the pages are split among two files that belong together, as
 * makedumpfile --split does it.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* struct disk_dump_header of makedumpfile's diskdump_mod.h, on a 64-bit machine, */
#define OFFSET_STATUS 424
#define OFFSET_BLOCK_SIZE 428
#define OFFSET_SUB_HDR_SIZE 432
#define OFFSET_BITMAP_BLOCKS 436
/* and struct kdump_sub_header, one page behind. */
#define OFFSET_SPLIT 4108
#define OFFSET_START_PFN 4112
#define OFFSET_END_PFN 4120
#define OFFSET_START_PFN_64 4176
#define OFFSET_END_PFN_64 4184

#define FLAG_ZLIB 0x01
#define FLAG_LZO 0x02
#define FLAG_SNAPPY 0x04
#define FLAG_ZSTD 0x20
#define FLAGS_COMPRESSED 0x27

#define PAGE 4096

struct page_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

/* The file that is read. */
static struct {
	const unsigned char *at;
	uint64_t size;
	uint64_t bitmap, first; /* where the second bitmap begins, and the first page_desc */
	uint64_t pfn_end;
} in;

/* A file that is written; the pages from one frame on, to before another. */
struct out {
	const char *path;
	int fd;
	bool is_flat, is_split;
	uint64_t start, end;
};

static void die(const char *what)
{
	fprintf(stderr, "recompress: %s%s%s\n", what, errno ? ": " : "",
		errno ? strerror(errno) : "");
	exit(1);
}

static uint32_t get32(const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static void put_at(int fd, const void *data, size_t size, off_t offset)
{
	const char *p = data;

	while (size) {
		ssize_t n = offset < 0 ? write(fd, p, size) : pwrite(fd, p, size, offset);

		if (n <= 0)
			die("cannot write");
		p += n;
		size -= (size_t)n;
		offset += offset < 0 ? 0 : n;
	}
}

/* A flattened file is a sequence of such, each with its place in front. */
static void put(const struct out *out, const void *data, size_t size, uint64_t offset)
{
	uint64_t place[2] = { htobe64(offset), htobe64(size) };

	if (out->is_flat)
		put_at(out->fd, place, sizeof(place), -1);
	put_at(out->fd, data, size, out->is_flat ? -1 : (off_t)offset);
}

static void begin(struct out *out)
{
	struct {
		char signature[16];
		uint64_t type, version;
	} head = { "makedumpfile", htobe64(1), htobe64(1) };
	static const char rest[PAGE - sizeof(head)];

	out->fd = open(out->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out->fd < 0)
		die(out->path);
	if (out->is_flat) {
		put_at(out->fd, &head, sizeof(head), -1);
		put_at(out->fd, rest, sizeof(rest), -1);
	}
}

static void finish(const struct out *out)
{
	static const uint64_t end[2] = { UINT64_MAX, UINT64_MAX };

	if (out->is_flat)
		put_at(out->fd, end, sizeof(end), -1);
	if (close(out->fd))
		die(out->path);
}

static void open_input(const char *path)
{
	struct stat st;
	uint64_t half;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die(path);
	in.at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in.at == MAP_FAILED)
		die(path);
	in.size = (uint64_t)st.st_size;
	if (in.size < 2 * PAGE || memcmp(in.at, "KDUMP   ", 8) ||
	    get32(in.at + OFFSET_BLOCK_SIZE) != PAGE)
		die("not a kdump file with pages of 4 KiB");

	/* One bit a page frame; the second bitmap says which pages are there. */
	half = (uint64_t)get32(in.at + OFFSET_BITMAP_BLOCKS) * PAGE / 2;
	in.bitmap = (1 + (uint64_t)get32(in.at + OFFSET_SUB_HDR_SIZE)) * PAGE + half;
	in.first = in.bitmap + half;
	in.pfn_end = half * 8;
	if (in.first > in.size)
		die("the file is truncated");
}

static bool is_there(uint64_t pfn)
{
	return in.at[in.bitmap + pfn / 8] >> pfn % 8 & 1;
}

static uint64_t count_pages(uint64_t start, uint64_t end)
{
	uint64_t pages = 0;

	for (uint64_t pfn = start; pfn < end; pfn++)
		pages += is_there(pfn);
	return pages;
}

/* The page frame behind so many pages. */
static uint64_t frame_behind(uint64_t pages)
{
	uint64_t pfn = 0;

	while (pages)
		pages -= is_there(pfn++);
	return pfn;
}

static const unsigned char *read_page(uint64_t index, uint64_t *page_flags)
{
	static unsigned char page[PAGE];
	struct page_desc desc;
	uLongf len = sizeof(page);

	if (index >= (in.size - in.first) / sizeof(desc))
		die("the file is truncated");
	memcpy(&desc, in.at + in.first + index * sizeof(desc), sizeof(desc));
	if (desc.size > PAGE || desc.offset > in.size - desc.size)
		die("a page is out of the file");
	*page_flags = desc.page_flags;
	if (!(desc.flags & FLAGS_COMPRESSED) && desc.size == PAGE)
		return in.at + desc.offset;
	if ((desc.flags & FLAGS_COMPRESSED) != FLAG_ZLIB ||
	    uncompress(page, &len, in.at + desc.offset, desc.size) != Z_OK || len != PAGE)
		die("a page is compressed, but not by zlib");
	return page;
}

/* Returns 0 if the page does not get smaller. */
static size_t compress_page(uint32_t how, const unsigned char *page, char *out, size_t room)
{
	static unsigned char work[LZO1X_1_MEM_COMPRESS];
	lzo_uint lzo_size = room;
	size_t size = room;

	switch (how) {
	case FLAG_LZO:
		if (lzo1x_1_compress(page, PAGE, (unsigned char *)out, &lzo_size, work) != LZO_E_OK)
			die("lzo failed");
		size = lzo_size;
		break;
	case FLAG_SNAPPY:
		if (snappy_compress((const char *)page, PAGE, out, &size) != SNAPPY_OK)
			die("snappy failed");
		break;
	case FLAG_ZSTD:
		size = ZSTD_compress(out, room, page, PAGE, 1);
		if (ZSTD_isError(size))
			die("zstd failed");
		break;
	default:
		return 0;
	}
	return size < PAGE ? size : 0;
}

static void put_headers(const struct out *out, uint32_t how)
{
	static unsigned char headers[2 * PAGE];
	uint32_t status = (get32(in.at + OFFSET_STATUS) & ~(uint32_t)FLAGS_COMPRESSED) | how;
	static const uint32_t split = 1;

	memcpy(headers, in.at, sizeof(headers));
	memcpy(headers + OFFSET_STATUS, &status, sizeof(status));
	if (out->is_split) {
		memcpy(headers + OFFSET_SPLIT, &split, sizeof(split));
		memcpy(headers + OFFSET_START_PFN, &out->start, sizeof(out->start));
		memcpy(headers + OFFSET_END_PFN, &out->end, sizeof(out->end));
		memcpy(headers + OFFSET_START_PFN_64, &out->start, sizeof(out->start));
		memcpy(headers + OFFSET_END_PFN_64, &out->end, sizeof(out->end));
	}
	put(out, headers, sizeof(headers), 0);
	put(out, in.at + sizeof(headers), in.first - sizeof(headers), sizeof(headers));
}

/* Pages of zeroes are written once. */
static void put_pages(const struct out *out, uint32_t how)
{
	static const unsigned char zeroes[PAGE];
	static char compressed[2 * PAGE];
	struct page_desc zero = { .size = 0 };
	uint64_t skipped = count_pages(0, out->start), pages = count_pages(out->start, out->end);
	uint64_t at = in.first + pages * sizeof(struct page_desc);

	for (uint64_t i = 0; i < pages; i++) {
		struct page_desc desc = { .offset = at, .size = PAGE };
		const unsigned char *page = read_page(skipped + i, &desc.page_flags);
		bool is_zero = !memcmp(page, zeroes, PAGE);

		if (is_zero && zero.size) {
			desc = zero;
		} else {
			size_t size = compress_page(how, page, compressed, sizeof(compressed));

			if (size) {
				desc.size = (uint32_t)size;
				desc.flags = how;
			}
			put(out, size ? compressed : (const char *)page, desc.size, at);
			at += desc.size;
			if (is_zero)
				zero = desc;
		}
		put(out, &desc, sizeof(desc), in.first + i * sizeof(desc));
	}
}

static uint32_t flag_of(const char *name)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} known[] = {
		{ "none", 0 },
		{ "lzo", FLAG_LZO },
		{ "snappy", FLAG_SNAPPY },
		{ "zstd", FLAG_ZSTD },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return known[i].flag;
	die("none, lzo, snappy or zstd?");
	return 0;
}

int main(int argc, char **argv)
{
	struct out outs[2] = { 0 };
	bool is_flat = argc > 1 && !strcmp(argv[1], "-F");
	int count;
	uint32_t how;

	argc -= is_flat;
	argv += is_flat;
	count = argc - 3;
	if (count != 1 && count != 2)
		die("usage: recompress [-F] none|lzo|snappy|zstd IN OUT [OUT-2]");
	how = flag_of(argv[1]);
	if (lzo_init() != LZO_E_OK)
		die("lzo cannot be used here");
	open_input(argv[2]);
	for (int i = 0; i < count; i++) {
		outs[i] = (struct out){ .path = argv[3 + i],
					.is_flat = is_flat,
					.is_split = count == 2,
					.end = in.pfn_end };
		if (i) {
			outs[i].start = frame_behind(count_pages(0, in.pfn_end) / 2);
			outs[0].end = outs[i].start;
		}
	}
	for (int i = 0; i < count; i++) {
		begin(&outs[i]);
		put_headers(&outs[i], how);
		put_pages(&outs[i], how);
		finish(&outs[i]);
	}
	return 0;
}
