/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate: reading, counting, judging, writing. */
#include <config.h>

#include "target/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	CHUNK = DLK_UNPACK_CHUNK,
	HOLE = 4096,
	LOOK_AFTER = 1 << 20, /* bytes written between two looks at the disk */
	PROGRESS_MIB = 64,
	RESERVED_PART = 32 /* of a file system one in so many blocks stays free */
};

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static const uint64_t max_reserve = 256 * MIB;

const struct dlk_unpack_limits dlk_unpack_dump = {
	.max = 64 * GIB,
	.free = 64 * MIB,
	.free_zeros = 128 * MIB,
	.ratio = 1000,
	.zeros_ratio = 4096,
};

/* Code and debugging information: no dump's zeros in a row. */
const struct dlk_unpack_limits dlk_unpack_vmlinux = {
	.max = 2 * GIB,
	.free = 64 * MIB,
	.free_zeros = 64 * MIB,
	.ratio = 100,
	.zeros_ratio = 100,
};

static enum dlk_status system_error(struct dlk_ctx *ctx, const char *what)
{
	return dlk_fail(ctx, DLK_ERR_SYSTEM, "%s: %s", what, strerror(errno));
}

/* --- what may be */

static enum dlk_status refuse_size(struct dlk_ctx *ctx, uint64_t max)
{
	return dlk_fail(ctx, DLK_ERR_LIMIT,
			"it unpacks to more than %llu MiB; if that is as it should be, give "
			"--max-unpack SIZE",
			(unsigned long long)(max / MIB));
}

static enum dlk_status refuse_ratio(struct dlk_ctx *ctx, const char *what, unsigned ratio,
				    uint64_t packed)
{
	return dlk_fail(
		ctx, DLK_ERR_LIMIT,
		"it unpacks to %smore than %u times its size (%llu bytes of it were read); if "
		"that is as it should be, give --max-unpack SIZE",
		what, ratio, (unsigned long long)packed);
}

/* Without overflow: no file has so many bytes that a ratio could make it. */
static uint64_t allow(uint64_t allowance, unsigned ratio, uint64_t packed)
{
	return allowance + ratio * (packed < UINT64_MAX / 65536 ? packed : UINT64_MAX / 65536);
}

/* Of all files together no more than the user has said. */
static enum dlk_status judge_max(struct dlk_ctx *ctx, uint64_t more)
{
	ctx->unpacked += more;
	return ctx->limits.unpack && ctx->unpacked > ctx->limits.unpack
		       ? refuse_size(ctx, ctx->limits.unpack)
		       : DLK_OK;
}

static enum dlk_status judge_ratio(const struct dlk_unpack_account *a)
{
	const struct dlk_unpack_limits *limits = a->limits;

	if (a->ctx->limits.unpack)
		return DLK_OK;
	if (a->data > limits->max)
		return refuse_size(a->ctx, limits->max);
	if (a->data > allow(limits->free, limits->ratio, a->packed))
		return refuse_ratio(a->ctx, "", limits->ratio, a->packed);
	if (a->zeros > allow(limits->free_zeros, limits->zeros_ratio, a->packed))
		return refuse_ratio(a->ctx, "zeros of ", limits->zeros_ratio, a->packed);
	return DLK_OK;
}

static enum dlk_status judge_layer(const struct dlk_unpack *u)
{
	uint64_t in_at = (uint64_t)u->in_at;

	if (!u->ratio || u->ctx->limits.unpack ||
	    u->data <= allow(u->account->limits->free, u->ratio, in_at))
		return DLK_OK;
	return refuse_ratio(u->ctx, "pieces so small that they take ", u->ratio, in_at);
}

enum dlk_status dlk_unpack_judge(struct dlk_ctx *ctx, const struct dlk_unpack_limits *limits,
				 uint64_t packed, uint64_t unpacked)
{
	struct dlk_unpack_account a = {
		.ctx = ctx, .limits = limits, .packed = packed, .data = unpacked
	};
	enum dlk_status status = judge_max(ctx, unpacked);

	return status ? status : judge_ratio(&a);
}

/* --- the file */

/* Others need room on the disk, too. */
static enum dlk_status judge_disk(struct dlk_unpack *u)
{
	struct statvfs fs;
	uint64_t reserve;

	u->unchecked = 0;
	if (fstatvfs(u->out, &fs) || !fs.f_blocks)
		return DLK_OK;
	reserve = (uint64_t)fs.f_blocks * fs.f_frsize / RESERVED_PART;
	reserve = reserve < max_reserve ? reserve : max_reserve;
	if ((uint64_t)fs.f_bavail * fs.f_frsize > reserve)
		return DLK_OK;
	return dlk_fail(u->ctx, DLK_ERR_LIMIT,
			"unpacking it would leave less than %llu MiB free in %s; set TMPDIR to a "
			"folder with more room",
			(unsigned long long)(reserve / MIB), u->folder);
}

const char *dlk_unpack_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/var/tmp";
}

static enum dlk_status make_temporary(struct dlk_unpack *u)
{
	char *name;

	u->folder = dlk_unpack_folder();
	u->out = open(u->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (u->out >= 0)
		return DLK_OK;
	name = dlk_format(u->ctx, "%s/deadlock.XXXXXX", u->folder);
	if (!name)
		return dlk_nomem(u->ctx);
	u->out = mkostemp(name, O_CLOEXEC);
	if (u->out < 0)
		return dlk_fail(u->ctx, DLK_ERR_SYSTEM, "a temporary file in %s: %s", u->folder,
				strerror(errno));
	unlink(name);
	return DLK_OK;
}

/* A hole at the end is not written: the file must be as long as its content. */
static enum dlk_status set_length(const struct dlk_unpack *u)
{
	struct stat st;

	if (fstat(u->out, &st) || (st.st_size < u->size && ftruncate(u->out, u->size)))
		return system_error(u->ctx, "a temporary file");
	return DLK_OK;
}

static bool is_enough(const struct dlk_unpack *u)
{
	return u->enough && u->out_at >= u->enough;
}

enum dlk_status dlk_unpack_run(struct dlk_unpack *u, dlk_unpack_fn *format, int *ret)
{
	enum dlk_status status;

	u->ctx = u->account->ctx;
	u->in_buf = dlk_alloc(u->ctx, CHUNK);
	u->out_buf = dlk_alloc(u->ctx, CHUNK);
	u->last_block = -1;
	if (!u->in_buf || !u->out_buf)
		return dlk_nomem(u->ctx);
	status = make_temporary(u);
	if (status)
		return status;
	status = judge_disk(u);
	if (!status)
		status = format(u);
	if (status == DLK_ERR_LIMIT && is_enough(u))
		status = DLK_OK;
	if (!status)
		status = set_length(u);
	if (status)
		close(u->out);
	else
		*ret = u->out;
	return status;
}

/* --- reading */

static enum dlk_status fill(struct dlk_unpack *u)
{
	ssize_t got;
	enum dlk_status status = dlk_check_cancel(u->ctx);

	if (status)
		return status;
	do {
		got = pread(u->in, u->in_buf, CHUNK, u->fill_at);
		if (got < 0 && errno == ESPIPE)
			got = read(u->in, u->in_buf, CHUNK);
	} while (got < 0 && errno == EINTR && !dlk_check_cancel(u->ctx));
	if (got < 0)
		return system_error(u->ctx, "reading");
	u->fill_at += got;
	u->in_pos = 0;
	u->in_len = (size_t)got;
	return DLK_OK;
}

enum dlk_status dlk_unpack_read(struct dlk_unpack *u, size_t most, const unsigned char **data,
				size_t *len)
{
	enum dlk_status status = u->in_pos == u->in_len ? fill(u) : DLK_OK;
	size_t left = u->in_len - u->in_pos;

	if (status)
		return status;
	*data = u->in_buf + u->in_pos;
	*len = left < most ? left : most;
	u->in_pos += *len;
	u->in_at += (int64_t)*len;
	if (u->is_outermost)
		u->account->packed += *len;
	return DLK_OK;
}

enum dlk_status dlk_unpack_cut_short(struct dlk_unpack *u, const char *what)
{
	return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "%s ends early, after %lld bytes: it was cut off",
			what, (long long)u->in_at);
}

/* --- writing */

static bool is_zero(const unsigned char *data, size_t len)
{
	return !len || (!data[0] && !memcmp(data, data + 1, len - 1));
}

/* Before it is written. */
static enum dlk_status count(struct dlk_unpack *u, uint64_t data, uint64_t zeros)
{
	struct dlk_unpack_account *a = u->account;
	uint64_t former = a->data + a->zeros, now = former + data + zeros;
	enum dlk_status status = dlk_check_cancel(u->ctx);

	if (former / MIB / PROGRESS_MIB != now / MIB / PROGRESS_MIB)
		dlk_message(u->ctx, DLK_MSG_PROGRESS, "unpacking: %llu MiB",
			    (unsigned long long)(now / MIB));
	a->data += data;
	a->zeros += zeros;
	u->data += data;
	u->unchecked += data;
	if (!status)
		status = judge_max(u->ctx, data + zeros);
	if (!status)
		status = judge_ratio(a);
	if (!status)
		status = judge_layer(u);
	return !status && u->unchecked >= LOOK_AFTER ? judge_disk(u) : status;
}

/* What a disk has for a byte is a block; the one before may have room left. */
static uint64_t take_blocks(struct dlk_unpack *u, size_t len)
{
	int64_t first = u->out_at / HOLE, last = (u->out_at + (int64_t)len - 1) / HOLE;
	int64_t blocks = last - first + (first != u->last_block);

	u->last_block = last;
	return (uint64_t)blocks * HOLE;
}

static enum dlk_status put(struct dlk_unpack *u, const unsigned char *data, size_t len)
{
	enum dlk_status status = count(u, take_blocks(u, len), 0);

	while (!status && len) {
		ssize_t done = pwrite(u->out, data, len, u->out_at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return system_error(u->ctx,
					    "writing to a temporary file (TMPDIR says where)");
		data += done;
		len -= (size_t)done;
		u->out_at += done;
	}
	return status;
}

static enum dlk_status skip(struct dlk_unpack *u, size_t len)
{
	u->out_at += (int64_t)len;
	return count(u, 0, len);
}

/* Up to the end of the block in which @p at is. */
static size_t to_block_end(int64_t at, size_t len)
{
	size_t part = HOLE - (size_t)(at & (HOLE - 1));

	return part < len ? part : len;
}

/* So much of the beginning as is zeros, or is not, in whole blocks of the output. */
static size_t find_run(const struct dlk_unpack *u, const unsigned char *data, size_t len,
		       bool zeros)
{
	size_t run = 0;

	while (run < len) {
		size_t part = to_block_end(u->out_at + (int64_t)run, len - run);

		if (is_zero(data + run, part) != zeros)
			break;
		run += part;
	}
	return run;
}

enum dlk_status dlk_unpack_write(struct dlk_unpack *u, const unsigned char *data, size_t len)
{
	enum dlk_status status = DLK_OK;

	while (!status && len) {
		size_t zeros = find_run(u, data, len, true);
		size_t run = zeros ? zeros : find_run(u, data, len, false);

		status = zeros ? skip(u, run) : put(u, data, run);
		data += run;
		len -= run;
	}
	if (u->out_at > u->size)
		u->size = u->out_at;
	return !status && is_enough(u) ? DLK_ERR_LIMIT : status;
}

enum dlk_status dlk_unpack_plain(struct dlk_unpack *u)
{
	for (;;) {
		const unsigned char *data;
		size_t len;
		enum dlk_status status = dlk_unpack_read(u, CHUNK, &data, &len);

		if (status || !len)
			return status;
		status = dlk_unpack_write(u, data, len);
		if (status)
			return status;
	}
}
