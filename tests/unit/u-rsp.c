/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/rsp.c: packets as GDB's manual describes them ("Remote Serial Protocol: Overview"). */
#include <config.h>

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "target/rsp.h"

static struct dlk_rsp_parser *make_parser(void **state)
{
	struct dlk_rsp_parser *p = *state;

	memset(p, 0, sizeof(*p));
	return p;
}

static int setup(void **state)
{
	*state = malloc(sizeof(struct dlk_rsp_parser));
	return *state ? 0 : 1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static enum dlk_rsp_event parse(struct dlk_rsp_parser *p, const char *text, size_t *used)
{
	return dlk_rsp_parse(p, (const unsigned char *)text, strlen(text), used);
}

static void assert_packet(void **state, const char *text, const char *expected)
{
	struct dlk_rsp_parser *p = make_parser(state);
	size_t used;

	assert_int_equal(parse(p, text, &used), DLK_RSP_PACKET);
	assert_int_equal(used, strlen(text));
	assert_string_equal((const char *)p->data, expected);
	assert_int_equal(p->len, strlen(expected));
}

/* The sums are of the characters between $ and #, modulo 256, worked out by hand. */
static void test_packets(void **state)
{
	assert_packet(state, "$OK#9a", "OK");
	assert_packet(state, "$#00", "");
	assert_packet(state, "$OK#9A", "OK");
	/* "0* " is a 0 and 32 - 29 = 3 more: 0x30 + 0x2a + 0x20 = 0x7a */
	assert_packet(state, "$0* #7a", "0000");
	/* '}' and 0x03 are a '#': 0x7d + 0x03 = 0x80 */
	assert_packet(state, "$}\x03#80", "#");
	/* an escaped '*' is no run: '}' 0x0a = 0x87 */
	assert_packet(state, "$}\n#87", "*");
	/* the last character of an escape may be repeated: 0x80 + 0x2a + 0x20 = 0xca */
	assert_packet(state, "$}\x03* #ca", "####");
}

static void test_damage(void **state)
{
	static const char *const bad[] = { "$OK#9b", "$OK#zz", "$OK#9", "$* #4a", "$0*\x1d#77" };
	struct dlk_rsp_parser *p;
	size_t used;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = make_parser(state);
		assert_int_equal(parse(p, bad[i], &used), i == 2 ? DLK_RSP_MORE : DLK_RSP_BAD_SUM);
		assert_int_equal(used, strlen(bad[i]));
	}
}

/* What was cut by the start of another is dropped. */
static void test_new_start(void **state)
{
	assert_packet(state, "$m12345$OK#9a", "OK");
}

static void test_events(void **state)
{
	struct dlk_rsp_parser *p = make_parser(state);
	size_t used;

	assert_int_equal(parse(p, "+-junk$OK#9a", &used), DLK_RSP_ACK);
	assert_int_equal(used, 1);
	assert_int_equal(parse(p, "-junk$OK#9a", &used), DLK_RSP_NAK);
	assert_int_equal(used, 1);
	/* 'S' 't' 'o' 'p' ':' 'X': 0x53 + 0x74 + 0x6f + 0x70 + 0x3a + 0x58 = 0x238 */
	assert_int_equal(parse(p, "%Stop:X#38", &used), DLK_RSP_NOTIFICATION);
	assert_string_equal((const char *)p->data, "Stop:X");
	assert_int_equal(parse(p, "junk$OK#9a", &used), DLK_RSP_PACKET);
	assert_int_equal(used, 10);
}

/* In pieces of every size it comes to the same. */
static void test_pieces(void **state)
{
	static const char text[] = "+$0* }\x03x#72";

	for (size_t size = 1; size < sizeof(text); size++) {
		struct dlk_rsp_parser *p = make_parser(state);
		enum dlk_rsp_event event = DLK_RSP_MORE;
		size_t at = 0;

		while (event != DLK_RSP_PACKET && at < sizeof(text) - 1) {
			size_t left = sizeof(text) - 1 - at, used;

			event = dlk_rsp_parse(p, (const unsigned char *)text + at,
					      left < size ? left : size, &used);
			assert_true(used > 0);
			assert_true(event != DLK_RSP_BAD_SUM);
			at += used;
		}
		assert_int_equal(event, DLK_RSP_PACKET);
		assert_string_equal((const char *)p->data, "0000#x");
	}
}

static size_t make_long(char *text, size_t len)
{
	unsigned sum = 0;

	text[0] = '$';
	for (size_t i = 0; i < len; i++) {
		text[i + 1] = "0123456789abcdef"[i % 16];
		sum += (unsigned char)text[i + 1];
	}
	snprintf(text + 1 + len, 4, "#%02x", sum & 0xff);
	return len + 4;
}

static void test_longest(void **state)
{
	struct dlk_rsp_parser *p = make_parser(state);
	char *text = malloc(DLK_RSP_MAX_PACKET + 16);
	size_t used, len;

	assert_non_null(text);
	len = make_long(text, DLK_RSP_MAX_PACKET);
	assert_int_equal(dlk_rsp_parse(p, (unsigned char *)text, len, &used), DLK_RSP_PACKET);
	assert_int_equal(p->len, DLK_RSP_MAX_PACKET);
	assert_memory_equal(p->data, text + 1, DLK_RSP_MAX_PACKET);
	len = make_long(text, DLK_RSP_MAX_PACKET + 1);
	assert_int_equal(dlk_rsp_parse(p, (unsigned char *)text, len, &used), DLK_RSP_TOO_LONG);
	assert_int_equal(used, len);
	free(text);
}

/* 97 times as much as was sent: a run is no way around the limit. */
static void test_runs_are_bounded(void **state)
{
	struct dlk_rsp_parser *p = make_parser(state);
	char text[4096] = "$0";
	unsigned sum = '0';
	size_t used, n = 2;

	while (n + 8 < sizeof(text)) {
		text[n++] = '*';
		text[n++] = '~';
		sum += '*' + '~';
	}
	snprintf(text + n, 4, "#%02x", sum & 0xff);
	assert_int_equal(parse(p, text, &used), DLK_RSP_TOO_LONG);
	assert_true(p->len <= DLK_RSP_MAX_PACKET);
}

static void test_frame(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(dlk_rsp_frame(text, sizeof(text), "OK"), 6);
	assert_string_equal(text, "$OK#9a");
	assert_int_equal(dlk_rsp_frame(text, sizeof(text), ""), 4);
	assert_string_equal(text, "$#00");
	assert_int_equal(dlk_rsp_frame(text, sizeof(text), "0123456789abcdef"), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),          cmocka_unit_test(test_damage),
		cmocka_unit_test(test_new_start),        cmocka_unit_test(test_events),
		cmocka_unit_test(test_pieces),           cmocka_unit_test(test_longest),
		cmocka_unit_test(test_runs_are_bounded), cmocka_unit_test(test_frame),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
