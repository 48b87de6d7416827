/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GDB's remote serial protocol: see rsp.h. */
#include <config.h>

#include "target/rsp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_OUT = 8 * 1024, /* well below what a socket takes at once: see dlk_rsp_put() */
	MAX_QUESTION = 512,
	MAX_TRIES = 4,
	MAX_SKIPPED = 4096, /* notifications and stop replies before an answer */
	RUN_BASE = 29       /* a run of n more is sent as the character n + 29 */
};

static int digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void add(struct dlk_rsp_parser *p, unsigned char c, unsigned count)
{
	for (; count && p->len < DLK_RSP_MAX_PACKET; count--)
		p->data[p->len++] = c;
	if (count)
		p->is_too_long = true;
}

static void begin(struct dlk_rsp_parser *p, bool is_notification)
{
	p->state = DLK_RSP_DATA;
	p->is_notification = is_notification;
	p->is_too_long = p->is_sum_bad = false;
	p->sum = p->sum_sent = 0;
	p->sum_digits = 0;
	p->len = 0;
}

/* A packet that starts anew within another: the one before was cut. */
static void take_data(struct dlk_rsp_parser *p, unsigned char c)
{
	if (c == '$') {
		begin(p, false);
		return;
	}
	if (c == '#') {
		p->state = DLK_RSP_SUM;
		return;
	}
	p->sum = (unsigned char)(p->sum + c);
	if (c == '}')
		p->state = DLK_RSP_ESCAPE;
	else if (c == '*')
		p->state = DLK_RSP_RUN;
	else
		add(p, c, 1);
}

/* A run needs something to repeat, and its count is a printable character. */
static void take_run(struct dlk_rsp_parser *p, unsigned char c)
{
	p->sum = (unsigned char)(p->sum + c);
	p->state = DLK_RSP_DATA;
	if (!p->len || c <= RUN_BASE || c > '~')
		p->is_sum_bad = true;
	else
		add(p, p->data[p->len - 1], (unsigned)c - RUN_BASE);
}

static enum dlk_rsp_event take_sum(struct dlk_rsp_parser *p, unsigned char c)
{
	int value = digit(c);

	p->is_sum_bad |= value < 0;
	p->sum_sent = (unsigned char)(p->sum_sent << 4 | (value & 0xf));
	if (++p->sum_digits < 2)
		return DLK_RSP_MORE;
	p->state = DLK_RSP_IDLE;
	p->data[p->len] = 0;
	if (p->is_sum_bad || p->sum != p->sum_sent)
		return DLK_RSP_BAD_SUM;
	if (p->is_too_long)
		return DLK_RSP_TOO_LONG;
	return p->is_notification ? DLK_RSP_NOTIFICATION : DLK_RSP_PACKET;
}

static enum dlk_rsp_event take_idle(struct dlk_rsp_parser *p, unsigned char c)
{
	if (c == '$' || c == '%')
		begin(p, c == '%');
	if (c == '+')
		return DLK_RSP_ACK;
	return c == '-' ? DLK_RSP_NAK : DLK_RSP_MORE;
}

static enum dlk_rsp_event take(struct dlk_rsp_parser *p, unsigned char c)
{
	switch (p->state) {
	case DLK_RSP_IDLE:
		return take_idle(p, c);
	case DLK_RSP_DATA:
		take_data(p, c);
		break;
	case DLK_RSP_ESCAPE:
		p->sum = (unsigned char)(p->sum + c);
		p->state = DLK_RSP_DATA;
		add(p, c ^ 0x20, 1);
		break;
	case DLK_RSP_RUN:
		take_run(p, c);
		break;
	case DLK_RSP_SUM:
		return take_sum(p, c);
	}
	return DLK_RSP_MORE;
}

/* Memory comes as hex digits, megabytes of it: they need no state to change. */
static size_t take_digits(struct dlk_rsp_parser *p, const unsigned char *bytes, size_t len)
{
	size_t room = DLK_RSP_MAX_PACKET - p->len, n = 0;
	unsigned char sum = p->sum;

	len = len < room ? len : room;
	while (n < len && bytes[n] > '*' && bytes[n] < '}') {
		sum = (unsigned char)(sum + bytes[n]);
		n++;
	}
	memcpy(p->data + p->len, bytes, n);
	p->len += n;
	p->sum = sum;
	return n;
}

enum dlk_rsp_event dlk_rsp_parse(struct dlk_rsp_parser *p, const unsigned char *bytes, size_t len,
				 size_t *used)
{
	enum dlk_rsp_event event = DLK_RSP_MORE;
	size_t at = 0;

	while (at < len && event == DLK_RSP_MORE) {
		if (p->state == DLK_RSP_DATA)
			at += take_digits(p, bytes + at, len - at);
		if (at < len)
			event = take(p, bytes[at++]);
	}
	*used = at;
	return event;
}

enum dlk_status dlk_rsp_connect(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				struct dlk_rsp *ret)
{
	struct dlk_rsp r = { .parser = dlk_alloc(ctx, sizeof(*r.parser)),
			     .out = dlk_alloc(ctx, MAX_OUT) };
	enum dlk_status status;

	if (!r.parser || !r.out)
		return dlk_nomem(ctx);
	status = dlk_wire_connect(ctx, plan, &r.wire);
	if (!status)
		*ret = r;
	return status;
}

enum dlk_status dlk_rsp_reconnect(struct dlk_rsp *r, int64_t server)
{
	enum dlk_status status = dlk_wire_reconnect(&r->wire, server);

	memset(r->parser, 0, sizeof(*r->parser)); /* as it was allocated: idle */
	*r = (struct dlk_rsp){ .wire = r->wire, .parser = r->parser, .out = r->out };
	return status;
}

size_t dlk_rsp_frame(char *to, size_t size, const char *question)
{
	unsigned char sum = 0;
	int len;

	for (const char *p = question; *p; p++)
		sum = (unsigned char)(sum + (unsigned char)*p);
	len = snprintf(to, size, "$%s#%02x", question, sum);
	return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

static enum dlk_status put(struct dlk_rsp *r, const char *fmt, va_list args)
{
	char text[MAX_QUESTION];
	int len = vsnprintf(text, sizeof(text), fmt, args);

	if (r->is_sent)
		r->out_len = 0;
	r->is_sent = false;
	if (!r->out_len && r->must_ack)
		r->out[r->out_len++] = '+';
	r->must_ack = false;
	if (len < 0 || (size_t)len >= sizeof(text) || r->out_len + (size_t)len + 5 > MAX_OUT)
		return dlk_fail(r->wire.ctx, DLK_ERR_LIMIT, "%s: the question is too long",
				r->wire.name);
	r->out_len += dlk_rsp_frame((char *)r->out + r->out_len, MAX_OUT - r->out_len, text);
	r->put++;
	return DLK_OK;
}

enum dlk_status dlk_rsp_put(struct dlk_rsp *r, const char *fmt, ...)
{
	va_list args;
	enum dlk_status status;

	va_start(args, fmt);
	status = put(r, fmt, args);
	va_end(args);
	return status;
}

static void expect(struct dlk_rsp *r, unsigned count)
{
	dlk_wire_start(&r->wire);
	r->is_sent = true;
	r->stale = r->due;
	r->due += count;
	r->put = 0;
}

enum dlk_status dlk_rsp_flush(struct dlk_rsp *r)
{
	expect(r, r->put);
	r->is_single = r->due == 1;
	return dlk_wire_send(&r->wire, r->out, r->out_len);
}

enum dlk_status dlk_rsp_tell(struct dlk_rsp *r, const char *what)
{
	enum dlk_status status = dlk_rsp_put(r, "%s", what);

	if (status)
		return status;
	expect(r, 0);
	r->is_single = false;
	return dlk_wire_send(&r->wire, r->out, r->out_len);
}

enum dlk_status dlk_rsp_interrupt(struct dlk_rsp *r)
{
	return dlk_wire_send(&r->wire, "\003", 1);
}

/* It cannot be sent again: the guard speaks once. */
void dlk_rsp_expect(struct dlk_rsp *r, unsigned count)
{
	expect(r, count);
	r->is_single = false;
	r->must_ack = false;
}

static enum dlk_status next_event(struct dlk_rsp *r, enum dlk_rsp_event *ret)
{
	struct dlk_wire *w = &r->wire;

	do {
		size_t used;
		enum dlk_status status = dlk_wire_fill(w);

		if (status)
			return status;
		*ret = dlk_rsp_parse(r->parser, w->in + w->in_at, w->in_len - w->in_at, &used);
		w->in_at += used;
	} while (*ret == DLK_RSP_MORE);
	return DLK_OK;
}

/* T05..., S05, W00, X09: no answer to a question of ours begins so. */
static bool is_stop_reply(const struct dlk_rsp_parser *p)
{
	return p->len >= 3 && p->data[0] && strchr("TSWX", p->data[0]) && isxdigit(p->data[1]) &&
	       isxdigit(p->data[2]);
}

static enum dlk_status complain(struct dlk_rsp *r, const char *what)
{
	return dlk_fail(r->wire.ctx, DLK_ERR_CORRUPT, "%s: %s: no gdbstub, or a bad connection",
			r->wire.name, what);
}

/* An answer has come, of whatever kind: there is one less to wait for. */
static void count_answer(struct dlk_rsp *r)
{
	if (!r->due)
		return;
	r->due--;
	r->stale -= r->stale > 0;
}

/*
 * What was damaged on the way is asked for again, by either side.  Of several questions at once it
 * cannot be: the stub would repeat its last packet, and we all of ours.
 */
static enum dlk_status repeat(struct dlk_rsp *r, enum dlk_rsp_event event)
{
	if (!r->is_single) {
		count_answer(r);
		return complain(r, "a garbled answer");
	}
	if (event == DLK_RSP_NAK)
		return dlk_wire_send(&r->wire, r->out, r->out_len);
	if (r->has_no_ack)
		return complain(r, "a garbled answer");
	return dlk_wire_send(&r->wire, "-", 1);
}

/* "O48656c6c6f" is what a monitor command prints; its answer is still to come. */
static bool is_output(const struct dlk_rsp_parser *p)
{
	return p->data[0] == 'O' && p->data[1] != 'K';
}

static enum dlk_status take_packet(struct dlk_rsp *r, bool *is_answer)
{
	bool is_stop = is_stop_reply(r->parser);

	*is_answer = !is_stop && !r->stale;
	r->stop_replies += is_stop;
	r->must_ack = !r->has_no_ack;
	if (!is_stop && !is_output(r->parser))
		count_answer(r);
	return DLK_OK;
}

static enum dlk_status take_event(struct dlk_rsp *r, enum dlk_rsp_event event, unsigned *bad,
				  bool *is_answer)
{
	switch (event) {
	case DLK_RSP_PACKET:
		return take_packet(r, is_answer);
	case DLK_RSP_TOO_LONG:
		count_answer(r);
		return complain(r, "an answer of more than 64 KiB");
	case DLK_RSP_BAD_SUM:
	case DLK_RSP_NAK:
		if (++*bad == MAX_TRIES)
			return complain(r, "nothing but garbled answers");
		return repeat(r, event);
	case DLK_RSP_MORE:
	case DLK_RSP_NOTIFICATION:
	case DLK_RSP_ACK:
		break;
	}
	return DLK_OK;
}

enum dlk_status dlk_rsp_receive(struct dlk_rsp *r, const char **ret, size_t *len)
{
	unsigned bad = 0;
	bool is_answer = false;

	for (unsigned skipped = 0; !is_answer; skipped++) {
		enum dlk_rsp_event event = DLK_RSP_MORE;
		enum dlk_status status = next_event(r, &event);

		if (!status)
			status = take_event(r, event, &bad, &is_answer);
		if (status)
			return status;
		if (skipped == MAX_SKIPPED)
			return complain(r, "no answer among all that it sends");
	}
	*ret = (const char *)r->parser->data;
	*len = r->parser->len;
	return DLK_OK;
}

enum dlk_status dlk_rsp_ask(struct dlk_rsp *r, const char **ret, const char *fmt, ...)
{
	va_list args;
	size_t len;
	enum dlk_status status;

	va_start(args, fmt);
	status = put(r, fmt, args);
	va_end(args);
	if (!status)
		status = dlk_rsp_flush(r);
	return status ? status : dlk_rsp_receive(r, ret, &len);
}

enum dlk_status dlk_rsp_no_ack(struct dlk_rsp *r)
{
	const char *answer;
	enum dlk_status status = dlk_rsp_ask(r, &answer, "QStartNoAckMode");

	if (status || strcmp(answer, "OK"))
		return status;
	/* The answer itself is acknowledged for the last time. */
	r->has_no_ack = true;
	r->must_ack = false;
	return dlk_wire_send(&r->wire, "+", 1);
}
