/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_RSP_H
#define DLK_TARGET_RSP_H

/**
 * @file
 * GDB's remote serial protocol, the client's side of it: packets, not what they mean.
 *
 * "$DATA#SUM": DATA escapes four characters by '}' and may repeat one by '*' (run-length); SUM is
 * the sum of DATA's bytes as sent.  Each packet is acknowledged by '+' or asked for again by '-',
 * until both sides agree not to (dlk_rsp_no_ack()).  "%DATA#SUM" is a notification, which nobody
 * acknowledges.  A stop reply may come unasked, between a question and its answer.
 *
 * Acknowledgements ride with the next question.  Several questions may be sent at once: QEMU, which
 * up to 7.2 knows no other mode, takes the next question for the acknowledgement of the last answer.
 *
 * The parser is pure: it takes bytes as they come, in pieces of any size, from anybody.
 */

#include "target/wire.h"

/** What a piece of input came to. */
enum dlk_rsp_event {
	DLK_RSP_MORE,         /**< Nothing whole yet; all bytes were taken. */
	DLK_RSP_PACKET,       /**< A packet: in the parser's data. */
	DLK_RSP_NOTIFICATION, /**< A notification, as above. */
	DLK_RSP_ACK,
	DLK_RSP_NAK,
	DLK_RSP_BAD_SUM, /**< A packet that was damaged. */
	DLK_RSP_TOO_LONG /**< A packet longer than there is room for. */
};

enum { DLK_RSP_MAX_PACKET = 64 * 1024 };

struct dlk_rsp_parser {
	enum { DLK_RSP_IDLE, DLK_RSP_DATA, DLK_RSP_ESCAPE, DLK_RSP_RUN, DLK_RSP_SUM } state;
	bool is_notification, is_too_long;
	unsigned char sum;      /**< Of the bytes so far. */
	unsigned char sum_sent; /**< By the packet's end. */
	unsigned sum_digits;
	bool is_sum_bad;
	size_t len;
	unsigned char data[DLK_RSP_MAX_PACKET + 1]; /**< NUL-terminated; may hold other NULs. */
};

/**
 * Parse bytes up to the next event.
 *
 * @param[in,out] p     Zeroed before the first call.
 * @param[out]    used  How many of the bytes were taken.
 *
 * Ownership: the data of a packet stands until the next call.
 * Target:    none.
 */
enum dlk_rsp_event dlk_rsp_parse(struct dlk_rsp_parser *p, const unsigned char *bytes, size_t len,
				 size_t *used);

/** A conversation. */
struct dlk_rsp {
	struct dlk_wire wire;
	struct dlk_rsp_parser *parser;
	bool has_no_ack, must_ack;
	unsigned stop_replies; /**< That came unasked. */
	unsigned char *out; /**< The questions put and, once sent, to be sent again if need be. */
	size_t out_len;
	bool is_sent;
	unsigned put, due; /**< Questions that are to be sent; answers that are to come. */
	bool is_single;    /**< One question was sent, and it is the only one. */
	unsigned stale;    /**< Of these, those that nobody waits for any more. */
};

/**
 * Connect; as dlk_wire_connect().
 *
 * Ownership: close it by dlk_wire_close() of its wire.
 */
enum dlk_status dlk_rsp_connect(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				struct dlk_rsp *ret) DLK_MUST_CHECK;

/** Connect to the same server anew, as dlk_wire_reconnect(): nothing has been said yet. */
enum dlk_status dlk_rsp_reconnect(struct dlk_rsp *r, int64_t server) DLK_MUST_CHECK;

/** Frame a question as a packet, which is cut if there is no room.  @return its length. */
size_t dlk_rsp_frame(char *to, size_t size, const char *question);

/** Put a question behind those that are to be sent. */
enum dlk_status dlk_rsp_put(struct dlk_rsp *r, const char *fmt, ...) DLK_PRINTF(2, 3)
	DLK_MUST_CHECK;

/** Send what was put. */
enum dlk_status dlk_rsp_flush(struct dlk_rsp *r) DLK_MUST_CHECK;

/** Send what has no answer: that the guest is to run.  What it stops for is a stop reply, between other answers. */
enum dlk_status dlk_rsp_tell(struct dlk_rsp *r, const char *what) DLK_MUST_CHECK;

/** Send the byte that interrupts a guest that runs. */
enum dlk_status dlk_rsp_interrupt(struct dlk_rsp *r) DLK_MUST_CHECK;

/** As dlk_rsp_flush(), of @p count questions that the guard sends. */
void dlk_rsp_expect(struct dlk_rsp *r, unsigned count);

/**
 * Receive the next answer.  What is left of answers to questions before the last flush is dropped.
 *
 * @param[out] len  Of the answer; it may hold NULs.
 * @param[out] ret  The answer, NUL-terminated; it stands until the next one.
 * @return DLK_OK, DLK_ERR_CORRUPT (garbled or too long), or as dlk_wire_fill().
 */
enum dlk_status dlk_rsp_receive(struct dlk_rsp *r, const char **ret, size_t *len) DLK_MUST_CHECK;

/** Put, send and receive: an exchange.  The answer is empty if the stub does not know the question. */
enum dlk_status dlk_rsp_ask(struct dlk_rsp *r, const char **ret, const char *fmt, ...)
	DLK_PRINTF(3, 4) DLK_MUST_CHECK;

/** Agree not to acknowledge packets, if the stub knows how. */
enum dlk_status dlk_rsp_no_ack(struct dlk_rsp *r) DLK_MUST_CHECK;

#endif
