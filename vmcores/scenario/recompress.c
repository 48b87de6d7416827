/*
 * Compress the pages of a kdump file with snappy or zstd, which Debian's makedumpfile is built
 * without: recompress snappy|zstd IN OUT
 * IN is uncompressed (makedumpfile without -c, -l): all but the pages is copied as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <snappy-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* struct disk_dump_header of makedumpfile's diskdump_mod.h, on a 64-bit machine. */
#define OFFSET_STATUS 424
#define OFFSET_BLOCK_SIZE 428
#define OFFSET_SUB_HDR_SIZE 432
#define OFFSET_BITMAP_BLOCKS 436
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

static void put(int fd, const void *data, size_t size, uint64_t offset)
{
	const char *p = data;

	while (size) {
		ssize_t n = pwrite(fd, p, size, (off_t)offset);

		if (n <= 0)
			die("cannot write");
		p += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
}

/* Returns 0 if the page does not get smaller. */
static size_t compress_page(uint32_t how, const unsigned char *page, char *out, size_t room)
{
	size_t size = room;

	if (how == FLAG_SNAPPY) {
		if (snappy_compress((const char *)page, PAGE, out, &size) != SNAPPY_OK)
			die("snappy failed");
	} else {
		size = ZSTD_compress(out, room, page, PAGE, 1);
		if (ZSTD_isError(size))
			die("zstd failed");
	}
	return size < PAGE ? size : 0;
}

int main(int argc, char **argv)
{
	static const unsigned char zeroes[PAGE];
	static char out[2 * PAGE];
	const unsigned char *in;
	struct stat st;
	uint64_t first, bitmap, half, pages = 0, at, zero_at = 0, i;
	uint32_t how, status, zero_size = 0, zero_flags = 0;
	int fd;

	if (argc != 4)
		die("usage: recompress snappy|zstd IN OUT");
	how = strcmp(argv[1], "zstd") ? FLAG_SNAPPY : FLAG_ZSTD;
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		die(argv[2]);
	in = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in == MAP_FAILED)
		die(argv[2]);
	if (st.st_size < PAGE || memcmp(in, "KDUMP   ", 8) || get32(in + OFFSET_BLOCK_SIZE) != PAGE)
		die("not a kdump file with pages of 4 KiB");

	/* One bit a page frame; the second bitmap says which pages are there. */
	half = (uint64_t)get32(in + OFFSET_BITMAP_BLOCKS) * PAGE / 2;
	bitmap = (1 + (uint64_t)get32(in + OFFSET_SUB_HDR_SIZE)) * PAGE + half;
	first = bitmap + half;
	if (first > (uint64_t)st.st_size)
		die("the file is truncated");
	for (i = bitmap; i < first; i++)
		pages += (uint64_t)__builtin_popcount(in[i]);
	if (pages > ((uint64_t)st.st_size - first) / sizeof(struct page_desc))
		die("the file is truncated");

	fd = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		die(argv[3]);
	put(fd, in, first, 0);
	status = (get32(in + OFFSET_STATUS) & ~(uint32_t)FLAGS_COMPRESSED) | how;
	put(fd, &status, sizeof(status), OFFSET_STATUS);

	at = first + pages * sizeof(struct page_desc);
	for (i = 0; i < pages; i++) {
		struct page_desc desc;
		const unsigned char *page;
		size_t size;

		memcpy(&desc, in + first + i * sizeof(desc), sizeof(desc));
		if (desc.flags & FLAGS_COMPRESSED || desc.size != PAGE ||
		    desc.offset > (uint64_t)st.st_size - PAGE)
			die("a page is compressed, or out of the file");
		page = in + desc.offset;
		if (zero_at && !memcmp(page, zeroes, PAGE)) {
			desc.offset = zero_at;
			desc.size = zero_size;
			desc.flags = zero_flags;
		} else {
			size = compress_page(how, page, out, sizeof(out));
			desc.offset = at;
			desc.size = size ? (uint32_t)size : PAGE;
			desc.flags = size ? how : 0;
			put(fd, size ? out : (const char *)page, desc.size, at);
			at += desc.size;
			if (!memcmp(page, zeroes, PAGE)) {
				zero_at = desc.offset;
				zero_size = desc.size;
				zero_flags = desc.flags;
			}
		}
		put(fd, &desc, sizeof(desc), first + i * sizeof(desc));
	}
	if (close(fd))
		die(argv[3]);
	return 0;
}
