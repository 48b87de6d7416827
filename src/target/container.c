/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files around a dump: which there are, and in which order they come off.  How is the formats' own
 * (flattened.c, packers.c), how much the gate's (unpack.c).
 */
#include <config.h>

#include "target/container.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_LAYERS = 4,
	PEEK = 16,
	LOOK = 1024, /* an ELF header; lines enough to tell a text */
	STRAY = 16,  /* of so many bytes of a text one may be none */
	/* A flattened dump is a dump in pieces, of which the smallest are some hundred bytes. */
	FLATTENED_RATIO = 8
};

static const struct layer {
	const char *name, *magic;
	size_t magic_at, magic_len;
	dlk_unpack_fn *unpack;
	unsigned ratio; /* 0: as the limits have it */
} layers[] = {
	{ "xz",
	  "\xfd"
	  "7zXZ",
	  0, 6, dlk_unpack_xz, 0 },
	{ "zstd", "\x28\xb5\x2f\xfd", 0, 4, dlk_unpack_zstd, 0 },
	/* A frame to be skipped, as pzstd has it first: 0x184D2A50 to 0x184D2A5F. */
	{ "zstd", "\x2a\x4d\x18", 1, 3, dlk_unpack_zstd, 0 },
	{ "gzip", "\x1f\x8b", 0, 2, dlk_unpack_gzip, 0 },
	{ "flattened", "makedumpfile\0\0\0", 0, PEEK, dlk_unpack_flattened, FLATTENED_RATIO },
};

/* A pipe, which becomes a file. */
static const struct layer pipe_layer = { .name = "pipe", .unpack = dlk_unpack_plain };

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

/* Replace *fd by what is in it, or by at least the first @p enough bytes of that. */
static enum dlk_status unpack_layer(struct dlk_unpack_account *a, int *fd,
				    const struct layer *layer, int64_t enough)
{
	struct dlk_unpack u = { .account = a,
				.in = *fd,
				.is_outermost = !a->layers++,
				.ratio = layer->ratio,
				.enough = enough };
	enum dlk_status status;
	int out;

	status = dlk_unpack_run(&u, layer->unpack, &out);
	if (status)
		return status;
	close(*fd);
	*fd = out;
	return DLK_OK;
}

/* All layers, with that of a pipe or without; *is_flattened is set if one was the flattened format. */
static enum dlk_status unpack_all(struct dlk_unpack_account *a, int *fd, bool *is_flattened)
{
	const struct layer *layer;

	for (int i = 0; (layer = find_layer(*fd)); i++) {
		enum dlk_status status;

		if (i == MAX_LAYERS)
			return dlk_fail(a->ctx, DLK_ERR_UNSUPPORTED, "packed more than %d times",
					MAX_LAYERS);
		*is_flattened |= layer->unpack == dlk_unpack_flattened;
		status = unpack_layer(a, fd, layer, 0);
		if (status)
			return status;
	}
	return DLK_OK;
}

enum dlk_status dlk_container_unpack(struct dlk_ctx *ctx, int *fd,
				     const struct dlk_unpack_limits *limits)
{
	struct dlk_unpack_account account = { .ctx = ctx, .limits = limits };
	bool is_flattened = false;

	return unpack_all(&account, fd, &is_flattened);
}

static enum dlk_status open_plain(struct dlk_unpack_account *a, const char *path, int *ret)
{
	struct dlk_ctx *ctx = a->ctx;
	struct stat st;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	enum dlk_status status = DLK_OK;

	if (fd < 0)
		return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s", strerror(errno));
	if (fstat(fd, &st))
		status = dlk_fail(ctx, DLK_ERR_SYSTEM, "%s", strerror(errno));
	else if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		status = unpack_layer(a, &fd, &pipe_layer, 0);
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
	struct dlk_unpack_account account = { .ctx = ctx, .limits = &dlk_unpack_dump };
	struct dlk_container c = { 0 };
	enum dlk_status status = open_plain(&account, path, &c.fd);

	if (status)
		return status;
	status = unpack_all(&account, &c.fd, &c.is_flattened);
	if (status)
		close(c.fd);
	else
		*ret = c;
	return status;
}

/* Other than a dump, a text is as good as free of control characters and zeros; UTF-8 is welcome. */
static bool is_text(const unsigned char *bytes, size_t len)
{
	size_t strays = 0, lines = 0;

	for (size_t i = 0; i < len; i++) {
		strays += bytes[i] < ' ' && !strchr("\t\n\v\f\r\033\b", bytes[i] ? bytes[i] : 1);
		lines += bytes[i] == '\n';
	}
	return lines && strays <= len / STRAY;
}

enum dlk_content dlk_container_tell(int fd)
{
	unsigned char start[LOOK] = { 0 };
	ssize_t got = pread(fd, start, sizeof(start), 0);
	const unsigned char *type = start + EI_NIDENT;

	if (got >= 8 && !memcmp(start, "KDUMP   ", 8))
		return DLK_CONTENT_PART;
	if (got < EI_NIDENT + 2 || memcmp(start, ELFMAG, SELFMAG))
		return got > 0 && is_text(start, (size_t)got) ? DLK_CONTENT_TEXT
							      : DLK_CONTENT_UNKNOWN;
	/* Of whatever byte order. */
	return type[0] + type[1] == ET_CORE ? DLK_CONTENT_CORE : DLK_CONTENT_PROGRAM;
}

bool dlk_container_is_pipe(const char *path)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return true;
	return !stat(path, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
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
	struct dlk_unpack_account account = { .ctx = ctx, .limits = &dlk_unpack_dump };
	const struct layer *layer = NULL;
	uint64_t unpacked = ctx->unpacked;
	int fd = open_regular(path);

	if (fd < 0)
		return content;
	for (int i = 0; i < MAX_LAYERS && (layer = find_layer(fd)); i++)
		if (layer->unpack == dlk_unpack_flattened ||
		    unpack_layer(&account, &fd, layer, LOOK))
			break;
	if (layer && layer->unpack == dlk_unpack_flattened)
		content = DLK_CONTENT_PART;
	else
		content = dlk_container_tell(fd);
	close(fd);
	ctx->unpacked = unpacked; /* nothing of it is kept */
	return content;
}
