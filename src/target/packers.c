/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packers make.  Their libraries hold in memory what the packer looked back on: that is bounded, as
 * a file that wants more is rarer than one that lies.
 */
#include <config.h>

#include <stdint.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "target/unpack.h"

enum {
	CHUNK = DLK_UNPACK_CHUNK,
	PIECE = 16 *
		1024, /* of the input: what is taken counts as read, however much comes of it */
	GZIP_WINDOW = 15 + 16, /* the largest; with gzip's header (zlib.h) */
	XZ_MEMORY_MIB = 128,   /* xz -9 takes 65 */
	ZSTD_WINDOW_LOG = 27   /* 128 MiB, as zstd(1) has it */
};

/* --- gzip */

/* One piece of input; *is_between is set where a member ends, as another may follow. */
static enum dlk_status run_inflate(struct dlk_unpack *u, z_stream *z, bool *is_between)
{
	do {
		enum dlk_status status;
		int rc;

		z->next_out = u->out_buf;
		z->avail_out = CHUNK;
		rc = inflate(z, Z_NO_FLUSH);
		if (rc == Z_BUF_ERROR) /* it wants more */
			return DLK_OK;
		if (rc == Z_MEM_ERROR)
			return dlk_nomem(u->ctx);
		if (rc != Z_OK && rc != Z_STREAM_END)
			return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "the gzip file is damaged");
		status = dlk_unpack_write(u, u->out_buf, CHUNK - z->avail_out);
		if (status)
			return status;
		*is_between = rc == Z_STREAM_END;
		if (*is_between && inflateReset(z) != Z_OK)
			return dlk_nomem(u->ctx);
	} while (z->avail_in || !z->avail_out);
	return DLK_OK;
}

static enum dlk_status run_gzip(struct dlk_unpack *u, z_stream *z)
{
	bool is_between = false;

	for (;;) {
		const unsigned char *data;
		size_t len;
		enum dlk_status status = dlk_unpack_read(u, PIECE, &data, &len);

		if (!status && !len)
			return is_between ? DLK_OK : dlk_unpack_cut_short(u, "the gzip file");
		if (status)
			return status;
		z->next_in = data;
		z->avail_in = (uInt)len;
		status = run_inflate(u, z, &is_between);
		if (status)
			return status;
	}
}

enum dlk_status dlk_unpack_gzip(struct dlk_unpack *u)
{
	z_stream z = { 0 };
	enum dlk_status status;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return dlk_nomem(u->ctx);
	status = run_gzip(u, &z);
	inflateEnd(&z);
	return status;
}

/* --- xz */

#ifdef HAVE_LZMA
static enum dlk_status explain_xz(struct dlk_unpack *u, lzma_ret lr)
{
	if (lr == LZMA_BUF_ERROR)
		return dlk_unpack_cut_short(u, "the xz file");
	if (lr == LZMA_MEM_ERROR)
		return dlk_nomem(u->ctx);
	if (lr == LZMA_MEMLIMIT_ERROR)
		return dlk_fail(u->ctx, DLK_ERR_UNSUPPORTED,
				"the xz file takes more than %d MiB of memory to unpack; "
				"unpack it by xz -d",
				XZ_MEMORY_MIB);
	return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "the xz file is damaged");
}

static enum dlk_status run_xz(struct dlk_unpack *u, lzma_stream *xz)
{
	lzma_action action = LZMA_RUN;

	for (;;) {
		enum dlk_status status = DLK_OK;
		lzma_ret lr;

		if (!xz->avail_in && action == LZMA_RUN) {
			status = dlk_unpack_read(u, PIECE, &xz->next_in, &xz->avail_in);
			action = xz->avail_in ? LZMA_RUN : LZMA_FINISH;
		}
		if (status)
			return status;
		xz->next_out = u->out_buf;
		xz->avail_out = CHUNK;
		lr = lzma_code(xz, action);
		status = dlk_unpack_write(u, u->out_buf, CHUNK - xz->avail_out);
		if (status || lr == LZMA_STREAM_END)
			return status;
		if (lr != LZMA_OK)
			return explain_xz(u, lr);
	}
}
#endif

enum dlk_status dlk_unpack_xz(struct dlk_unpack *u)
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

/* --- zstd */

static enum dlk_status explain_zstd(struct dlk_unpack *u, size_t error)
{
	ZSTD_ErrorCode code = ZSTD_getErrorCode(error);

	if (code == ZSTD_error_memory_allocation)
		return dlk_nomem(u->ctx);
	if (code == ZSTD_error_frameParameter_windowTooLarge)
		return dlk_fail(u->ctx, DLK_ERR_UNSUPPORTED,
				"the zstd file takes more than %d MiB of memory to unpack; "
				"unpack it by zstd -d --long=31",
				1 << (ZSTD_WINDOW_LOG - 20));
	return dlk_fail(u->ctx, DLK_ERR_CORRUPT, "the zstd file is damaged: %s",
			ZSTD_getErrorName(error));
}

/* One piece of input, until it has given all that is in it. */
static enum dlk_status run_piece(struct dlk_unpack *u, ZSTD_DStream *zstd, ZSTD_inBuffer *in,
				 size_t *left)
{
	ZSTD_outBuffer out;

	do {
		enum dlk_status status;

		out = (ZSTD_outBuffer){ .dst = u->out_buf, .size = CHUNK };
		*left = ZSTD_decompressStream(zstd, &out, in);
		if (ZSTD_isError(*left))
			return explain_zstd(u, *left);
		status = dlk_unpack_write(u, u->out_buf, out.pos);
		if (status)
			return status;
	} while (in->pos < in->size || (out.pos == out.size && *left));
	return DLK_OK;
}

static enum dlk_status run_zstd(struct dlk_unpack *u, ZSTD_DStream *zstd)
{
	size_t left = 1; /* 0 at the end of a frame */

	for (;;) {
		ZSTD_inBuffer in = { 0 };
		const unsigned char *data;
		enum dlk_status status = dlk_unpack_read(u, PIECE, &data, &in.size);

		if (!status && !in.size)
			return left ? dlk_unpack_cut_short(u, "the zstd file") : DLK_OK;
		in.src = data;
		if (!status)
			status = run_piece(u, zstd, &in, &left);
		if (status)
			return status;
	}
}

enum dlk_status dlk_unpack_zstd(struct dlk_unpack *u)
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
