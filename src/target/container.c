/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files around a dump: pipes, compression, the flattened format.
 *
 * Flattened is what makedumpfile -F and QEMU's dump-guest-memory -z write, so that a dump can go
 * through a pipe: a header of 4 KiB, then segments, each with its place in the real file (two
 * big-endian 64-bit numbers, offset and size, both -1 at the end).  libkdumpfile 0.5.1 does not
 * read it.  All that is unpacked goes to files without a name in $TMPDIR (else /var/tmp), with
 * holes for what is zero.
 */
#include <config.h>

#include "target/container.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#include <zstd.h>
#include <zstd_errors.h>

enum {
	CHUNK = 256 * 1024,
	HOLE = 4096,
	MAX_LAYERS = 4,
	FLAT_HEADER = 4096,
	PEEK = 16,
	LOOK = 64, /* an ELF header */
	PROGRESS_MIB = 64,
	XZ_MEMORY_MIB = 256,
	ZSTD_WINDOW_LOG = 27 /* 128 MiB, as zstd(1) has it */
};

#define MAX_OFFSET (INT64_C(1) << 46) /* 64 TiB */

/* A file that is being unpacked. */
struct unpack {
	struct dlk_ctx *ctx;
	int in, out;
	int64_t in_at, out_at;
	int64_t limit; /* DLK_ERR_LIMIT as soon as so much is written; 0 if all is wanted */
	unsigned char *in_buf, *out_buf; /* CHUNK bytes each */
};

static enum dlk_status system_error(struct dlk_ctx *ctx, const char *what)
{
	return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s: %s", what, strerror(errno));
}

/* A file without a name. */
static enum dlk_status make_temporary(struct dlk_ctx *ctx, int *ret)
{
	const char *dir = getenv("TMPDIR");
	char *name;
	int fd;

	if (!dir || !*dir)
		dir = "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		name = dlk_format(ctx, "%s/deadlock.XXXXXX", dir);
		if (!name)
			return dlk_nomem(ctx);
		fd = mkstemp(name);
		if (fd < 0)
			return dlk_fail(ctx, DLK_ERR_SYSTEM, "a temporary file in %s: %s", dir,
					strerror(errno));
		unlink(name);
	}
	*ret = fd;
	return DLK_OK;
}

/* Read up to a chunk at in_at, of a file or a pipe; *ret is 0 at the end. */
static enum dlk_status read_some(struct unpack *u, size_t len, size_t *ret)
{
	ssize_t got;
	enum dlk_status status = dlk_check_cancel(u->ctx);

	if (status)
		return status;
	do {
		got = pread(u->in, u->in_buf, len, u->in_at);
		if (got < 0 && errno == ESPIPE)
			got = read(u->in, u->in_buf, len);
	} while (got < 0 && errno == EINTR && !dlk_check_cancel(u->ctx));
	if (got < 0)
		return system_error(u->ctx, "reading");
	if ((u->in_at >> 20) / PROGRESS_MIB != ((u->in_at + got) >> 20) / PROGRESS_MIB)
		dlk_message(u->ctx, DLK_MSG_PROGRESS, "unpacking: %lld MiB",
			    (long long)((u->in_at + got) >> 20));
	u->in_at += got;
	*ret = (size_t)got;
	return DLK_OK;
}

static bool is_zero(const unsigned char *data, size_t len)
{
	return !len || (!data[0] && !memcmp(data, data + 1, len - 1));
}

/* Write at out_at, leaving holes for blocks of zeros. */
static enum dlk_status write_all(struct unpack *u, const unsigned char *data, size_t len)
{
	while (len) {
		size_t part = HOLE - (size_t)(u->out_at & (HOLE - 1));
		ssize_t done;

		part = part < len ? part : len;
		if (is_zero(data, part)) {
			done = (ssize_t)part;
		} else {
			while (part < len &&
			       !is_zero(data + part, len - part < HOLE ? len - part : HOLE))
				part += len - part < HOLE ? len - part : HOLE;
			done = pwrite(u->out, data, part, u->out_at);
		}
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return system_error(u->ctx,
					    "writing to a temporary file (TMPDIR says where)");
		data += done;
		len -= (size_t)done;
		u->out_at += done;
	}
	return u->limit && u->out_at >= u->limit ? DLK_ERR_LIMIT : DLK_OK;
}

static enum dlk_status cut_short(struct unpack *u, const char *what)
{
	return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "%s ends early, after %lld bytes: it was cut off",
			what, (long long)u->in_at);
}

static enum dlk_status unpack_plain(struct unpack *u)
{
	for (;;) {
		size_t got;
		enum dlk_status status = read_some(u, CHUNK, &got);

		if (status || !got)
			return status;
		status = write_all(u, u->in_buf, got);
		if (status)
			return status;
	}
}

static enum dlk_status unpack_segment(struct unpack *u, int64_t offset, int64_t size)
{
	u->out_at = offset;
	while (size) {
		size_t got;
		enum dlk_status status = read_some(u, size < CHUNK ? (size_t)size : CHUNK, &got);

		if (!status && !got)
			status = cut_short(u, "the flattened dump");
		if (!status)
			status = write_all(u, u->in_buf, got);
		if (status)
			return status;
		size -= (int64_t)got;
	}
	return DLK_OK;
}

/* Fill in_buf with exactly @p len bytes. */
static enum dlk_status read_exactly(struct unpack *u, void *buf, size_t len)
{
	unsigned char *to = buf;

	while (len) {
		size_t got;
		enum dlk_status status = read_some(u, len, &got);

		if (!status && !got)
			status = cut_short(u, "the flattened dump");
		if (status)
			return status;
		memcpy(to, u->in_buf, got);
		to += got;
		len -= got;
	}
	return DLK_OK;
}

static enum dlk_status unpack_flattened(struct unpack *u)
{
	unsigned char header[FLAT_HEADER];
	uint64_t words[2];
	enum dlk_status status = read_exactly(u, header, sizeof(header));

	if (status)
		return status;
	memcpy(words, header + PEEK, sizeof(words));
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

#ifdef HAVE_LZMA
static enum dlk_status run_xz(struct unpack *u, lzma_stream *xz)
{
	lzma_action action = LZMA_RUN;

	for (;;) {
		lzma_ret lr;
		size_t got = 0;
		enum dlk_status status = DLK_OK;

		if (!xz->avail_in && action == LZMA_RUN) {
			status = read_some(u, CHUNK, &got);
			xz->next_in = u->in_buf;
			xz->avail_in = got;
			action = got ? LZMA_RUN : LZMA_FINISH;
		}
		if (status)
			return status;
		xz->next_out = u->out_buf;
		xz->avail_out = CHUNK;
		lr = lzma_code(xz, action);
		status = write_all(u, u->out_buf, CHUNK - xz->avail_out);
		if (status || lr == LZMA_STREAM_END)
			return status;
		if (lr == LZMA_BUF_ERROR)
			return cut_short(u, "the xz file");
		if (lr == LZMA_MEMLIMIT_ERROR)
			return dlk_fail(u->ctx, DLK_ERR_UNSUPPORTED,
					"the xz file takes more than %d MiB of memory to unpack; "
					"unpack it by xz -d",
					XZ_MEMORY_MIB);
		if (lr != LZMA_OK)
			return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "the xz file is damaged");
	}
}
#endif

static enum dlk_status unpack_xz(struct unpack *u)
{
#ifdef HAVE_LZMA
	lzma_stream xz = LZMA_STREAM_INIT;
	enum dlk_status status;

	if (lzma_stream_decoder(&xz, (uint64_t)XZ_MEMORY_MIB << 20, LZMA_CONCATENATED) != LZMA_OK)
		return dlk_nomem(u->ctx);
	status = run_xz(u, &xz);
	lzma_end(&xz);
	return status;
#else
	return dlk_fail(
		u->ctx, DLK_ERR_UNSUPPORTED,
		"compressed by xz, which this program was built without; unpack it by xz -d");
#endif
}

static enum dlk_status explain_zstd(struct unpack *u, size_t error)
{
	if (ZSTD_getErrorCode(error) == ZSTD_error_frameParameter_windowTooLarge)
		return dlk_fail(u->ctx, DLK_ERR_UNSUPPORTED,
				"the zstd file takes more than %d MiB of memory to unpack; "
				"unpack it by zstd -d --long=31",
				1 << (ZSTD_WINDOW_LOG - 20));
	return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "the zstd file is damaged: %s",
			ZSTD_getErrorName(error));
}

static enum dlk_status run_zstd(struct unpack *u, ZSTD_DStream *zstd)
{
	size_t left = 1; /* 0 at the end of a frame */

	for (;;) {
		ZSTD_inBuffer in = { .src = u->in_buf };
		enum dlk_status status = read_some(u, CHUNK, &in.size);

		if (status)
			return status;
		if (!in.size)
			return left ? cut_short(u, "the zstd file") : DLK_OK;
		while (in.pos < in.size) {
			ZSTD_outBuffer out = { .dst = u->out_buf, .size = CHUNK };

			left = ZSTD_decompressStream(zstd, &out, &in);
			if (ZSTD_isError(left))
				return explain_zstd(u, left);
			status = write_all(u, u->out_buf, out.pos);
			if (status)
				return status;
		}
	}
}

static enum dlk_status unpack_zstd(struct unpack *u)
{
	ZSTD_DStream *zstd = ZSTD_createDStream();
	enum dlk_status status;

	if (!zstd)
		return dlk_nomem(u->ctx);
	ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	status = run_zstd(u, zstd);
	ZSTD_freeDStream(zstd);
	return status;
}

typedef enum dlk_status unpack_fn(struct unpack *u);

static const struct layer {
	const char *name, *magic;
	size_t magic_at, magic_len;
	unpack_fn *unpack;
} layers[] = {
	{ "xz",
	  "\xfd"
	  "7zXZ",
	  0, 6, unpack_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 0, 4, unpack_zstd },
	/* A frame to be skipped, as pzstd has it first: 0x184D2A50 to 0x184D2A5F. */
	{ "zstd", "\x2a\x4d\x18", 1, 3, unpack_zstd },
	{ "flattened", "makedumpfile\0\0\0", 0, PEEK, unpack_flattened },
};

/* A pipe, which becomes a file. */
static const struct layer pipe_layer = { .name = "pipe", .unpack = unpack_plain };

/* What is around the file, by its first bytes; NULL if nothing that we know. */
static const struct layer *find_layer(int fd)
{
	char start[PEEK] = { 0 };
	ssize_t got = pread(fd, start, sizeof(start), 0);

	for (size_t i = 0; got > 0 && i < sizeof(layers) / sizeof(layers[0]); i++)
		if ((size_t)got >= layers[i].magic_at + layers[i].magic_len &&
		    !memcmp(start + layers[i].magic_at, layers[i].magic, layers[i].magic_len))
			return &layers[i];
	return NULL;
}

/* Replace *fd by what is in it, or by at least the first @p limit bytes of that. */
static enum dlk_status unpack_layer(struct dlk_ctx *ctx, int *fd, const struct layer *layer,
				    int64_t limit)
{
	struct unpack u = { .ctx = ctx,
			    .in = *fd,
			    .limit = limit,
			    .in_buf = dlk_alloc(ctx, CHUNK),
			    .out_buf = dlk_alloc(ctx, CHUNK) };
	struct stat st;
	enum dlk_status status;

	if (!u.in_buf || !u.out_buf)
		return dlk_nomem(ctx);
	status = make_temporary(ctx, &u.out);
	if (status)
		return status;
	status = layer->unpack(&u);
	if (limit && status == DLK_ERR_LIMIT)
		status = DLK_OK;
	/* A hole at the end is not written: the file must be as long as its content. */
	if (!status && !fstat(u.out, &st) && st.st_size < u.out_at && ftruncate(u.out, u.out_at))
		status = system_error(ctx, "a temporary file");
	if (status) {
		close(u.out);
		return status;
	}
	close(*fd);
	*fd = u.out;
	return DLK_OK;
}

static enum dlk_status open_plain(struct dlk_ctx *ctx, const char *path, int *ret)
{
	struct stat st;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	enum dlk_status status = DLK_OK;

	if (fd < 0)
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s", strerror(errno));
	if (fstat(fd, &st))
		status = dlk_fail(ctx, DLK_ERR_SYSTEM, "%s", strerror(errno));
	else if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		status = unpack_layer(ctx, &fd, &pipe_layer, 0);
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		status = dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "not a regular file; give a vmcore");
	if (status) {
		close(fd);
		return status;
	}
	*ret = fd;
	return DLK_OK;
}

enum dlk_status dlk_container_open(struct dlk_ctx *ctx, const char *path, struct dlk_container *ret)
{
	struct dlk_container c = { 0 };
	const struct layer *layer;
	enum dlk_status status = open_plain(ctx, path, &c.fd);

	for (int i = 0; !status && (layer = find_layer(c.fd)); i++) {
		if (i == MAX_LAYERS) {
			close(c.fd);
			return dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "packed more than %d times",
					MAX_LAYERS);
		}
		c.is_flattened |= layer->unpack == unpack_flattened;
		status = unpack_layer(ctx, &c.fd, layer, 0);
		if (status)
			close(c.fd);
	}
	if (!status)
		*ret = c;
	return status;
}

static enum dlk_content tell_content(int fd)
{
	unsigned char start[LOOK] = { 0 };
	ssize_t got = pread(fd, start, sizeof(start), 0);
	const unsigned char *type = start + EI_NIDENT;

	if (got >= 8 && !memcmp(start, "KDUMP   ", 8))
		return DLK_CONTENT_PART;
	if (got < EI_NIDENT + 2 || memcmp(start, ELFMAG, SELFMAG))
		return DLK_CONTENT_UNKNOWN;
	/* Of whatever byte order. */
	return type[0] + type[1] == ET_CORE ? DLK_CONTENT_CORE : DLK_CONTENT_PROGRAM;
}

static int open_regular(const char *path)
{
	struct stat st;

	/* Looked at first: to open a pipe is to wait for its writer, or to wake it. */
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

enum dlk_content dlk_container_look(struct dlk_ctx *ctx, const char *path)
{
	enum dlk_content content = DLK_CONTENT_UNKNOWN;
	const struct layer *layer = NULL;
	int fd = open_regular(path);

	if (fd < 0)
		return content;
	for (int i = 0; i < MAX_LAYERS && (layer = find_layer(fd)); i++)
		if (layer->unpack == unpack_flattened || unpack_layer(ctx, &fd, layer, LOOK))
			break;
	if (layer && layer->unpack == unpack_flattened)
		content = DLK_CONTENT_PART;
	else
		content = tell_content(fd);
	close(fd);
	return content;
}
