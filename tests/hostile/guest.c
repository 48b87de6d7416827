/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gdbstubs and monitors that cost much, or mislead: whatever they do, the guest runs afterwards. */
#include <config.h>

#include "meter.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* An answer to questions that begin so. */
struct row {
	const char *what, *question, *answer, *words;
	enum { PACKET, BYTES, ENDLESS, TRICKLE, REPEATED, SILENCE } how;
	size_t times; /* of REPEATED: as one line */
};

static void repeat(struct peer *p, const struct row *row)
{
	char *text = malloc(row->times * strlen(row->answer) + 1);

	if (!text)
		_exit(3);
	for (size_t i = 0; i < row->times; i++)
		memcpy(text + i * strlen(row->answer), row->answer, strlen(row->answer) + 1);
	peer_say(p, text);
	peer_say(p, "\n");
	free(text);
}

static bool answer_row(struct peer *p, const char *question)
{
	const struct row *row = p->arg;
	/* A monitor's are JSON. */
	const char *at = strstr(question, row->question);

	if (!at || (at > question && p->kind != PEER_MONITOR) || (*question && !*row->question))
		return false;
	if (row->how == PACKET)
		peer_packet(p, row->answer);
	else if (row->how == BYTES)
		peer_say(p, row->answer);
	else if (row->how == ENDLESS)
		peer_chatter(p, row->answer, strlen(row->answer));
	else if (row->how == TRICKLE)
		peer_trickle(p, row->answer, 100);
	else if (row->how == REPEATED)
		repeat(p, row);
	return true;
}

/*
 * Look at a guest that answers so, with a second for an answer, and one for that to the goodbye; whatever came
 * of it, the guest runs.
 */
static void look(struct meter *m, const char *what, enum peer_kind kind, peer_answer_fn *answer,
		 const void *arg)
{
	struct peer p;

	peer_start(&p, kind, answer, arg);
	m->patience = 2;
	meter_run(m, what, kind == PEER_MONITOR ? "--qmp" : "--qemu", p.address, "--timeout", "1",
		  "--stop-limit", "1");
	if (!peer_runs_soon(&p))
		fail_msg("%s: the guest does not run: %s", what, m->err);
	assert_not_denied(m);
	for (const char *c = m->err; *c; c++)
		if ((unsigned char)*c > '~' || ((unsigned char)*c < ' ' && *c != '\n'))
			fail_msg("%s: a terminal would obey: %s", what, m->err);
	peer_stop(&p);
	peer_free(&p);
}

static void look_at_all(struct meter *m, enum peer_kind kind, const struct row *rows, size_t count)
{
	for (const struct row *row = rows; row < rows + count; row++) {
		look(m, row->what, kind, answer_row, row);
		assert_int_equal(m->status, 2);
		assert_says(m, row->words);
	}
}

/* --- gdbstub */

static void test_stub(void **state)
{
	static const struct row rows[] = {
		{ "stub: memory of zeros", "?", "", "no Linux kernel", PACKET, 0 },
		{ "stub: packets of 0 bytes", "qSupp", "PacketSize=0;qXfer:features:read+",
		  "not QEMU's", PACKET, 0 },
		{ "stub: packets of 2^72 bytes", "qSupp",
		  "PacketSize=ffffffffffffffffff;qXfer:features:read+", "no Linux kernel", PACKET,
		  0 },
		{ "stub: a description of laughs", "qXfer",
		  "l<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;&b;&b;\">"
		  "<!ENTITY d \"&c;&c;&c;&c;\">]><target>&d;</target>",
		  "entities", PACKET, 0 },
		{ "stub: an entity of a file", "qXfer",
		  "l<!DOCTYPE a [<!ENTITY b SYSTEM \"/etc/passwd\">]><target>&b;</target>",
		  "entities", PACKET, 0 },
		{ "stub: a description that includes itself", "qXfer",
		  "l<target><xi:include href=\"target.xml\"/></target>", "include", PACKET, 0 },
		{ "stub: a register of 2^32 bits", "qXfer",
		  "l<target><reg name=\"a\" bitsize=\"4294967296\"/></target>", "register", PACKET,
		  0 },
		{ "stub: a register's number", "qXfer",
		  "l<target><reg name=\"a\" bitsize=\"4096\" regnum=\"4294967295\"/></target>",
		  "register", PACKET, 0 },
		{ "stub: no threads", "qfThread", "m", "CPUs", PACKET, 0 },
		{ "stub: a thread's number", "qfThread",
		  "m11111111111111111111111111111111111111111111111111111111111111", "CPUs", PACKET,
		  0 },
		{ "stub: threads again and again", "sThreadInfo", "m1,2,3,4,5,6,7,8", "CPUs",
		  PACKET, 0 },
		{ "stub: registers cut", "g", "00", "", PACKET, 0 },
		{ "stub: no registers", "g", "xxxxxxxxxxxxxxxx", "", PACKET, 0 },
		{ "stub: memory cut", "m", "00", "", PACKET, 0 },
		{ "stub: memory of another form", "m", "zz", "", PACKET, 0 },
		{ "stub: memory that is not there", "m", "E01", "", PACKET, 0 },
		{ "stub: a run without a beginning", "m", "$*~#a8", "", BYTES, 0 },
		{ "stub: half a byte of a map", "qRcmd,696e666f206d", "O414", "makes no sense",
		  PACKET, 0 },
		{ "stub: packets without end", "qRcmd", "$O20202020#00", "", ENDLESS, 0 },
		{ "stub: notifications without end", "qSupp", "%Stop:T05#00", "", ENDLESS, 0 },
		{ "stub: stop replies without end", "qSupp", "$T05thread:01;#d7", "", ENDLESS, 0 },
		{ "stub: a packet without end", "qSupp", "$AAAAAAAAAAAAAAAA", "", ENDLESS, 0 },
		{ "stub: one character at a time", "qSupp", "$A", "", TRICKLE, 0 },
		{ "stub: nothing but acks", "qSupp", "++++++++", "", ENDLESS, 0 },
		{ "stub: nothing but naks", "qSupp", "-", "", ENDLESS, 0 },
	};

	look_at_all(*state, PEER_STUB, rows, sizeof(rows) / sizeof(rows[0]));
}

/* It has not said that the guest has stopped, and then says nothing more: the guest is let go. */
static void test_silent_stub(void **state)
{
	static const struct row rows[] = {
		{ "stub: silent from the first question on", "qSupp", "", "", SILENCE, 0 },
		{ "stub: silent at its registers", "g", "", "", SILENCE, 0 },
	};

	look_at_all(*state, PEER_STUB_8_1, rows, sizeof(rows) / sizeof(rows[0]));
}

/* Eight bytes, the lowest first. */
static void put_hex(char *to, uint64_t value)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 8; i++, value >>= 8) {
		*to++ = digits[value >> 4 & 15];
		*to++ = digits[value & 15];
	}
}

/* All that is read is a page table, and each entry leads to another page: all of memory is mapped. */
static bool answer_tables(struct peer *p, const char *question)
{
	static const char map[] = "FlatView #0\n AS \"memory\", root: x\n"
				  "  0000000000000000-00000fffffffffff (prio 0, ram): x\n";
	static char text[1 << 15];
	unsigned long long address;
	unsigned len;

	if (!strncmp(question, "qRcmd,696e666f206d", 18)) {
		size_t at = 1;

		text[0] = 'O';
		for (const char *c = map; *c; c++)
			at += (size_t)sprintf(text + at, "%02x", (unsigned)*c);
		peer_packet(p, text);
		return false;
	}
	if (sscanf(question, "m%llx,%x", &address, &len) != 2 || 2 * len >= sizeof(text))
		return false;
	for (unsigned i = 0; i < len; i += 8) {
		/* The pages of a table lie in a row: so they are fetched ahead. */
		uint64_t page = (address >> 12) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & 0x7ffffe00;

		put_hex(text + 2 * (size_t)i, (page + (address + i) % 4096 / 8) << 12 | 0x63);
	}
	text[2 * len] = 0;
	peer_packet(p, text);
	return true;
}

static void test_memory_without_end(void **state)
{
	struct meter *m = *state;

	look(m, "stub: memory without end", PEER_STUB, answer_tables, NULL);
	/* Some 80 MiB were read in that time, and the program goes on as long as it may. */
	if (!getenv("SANITIZED") || !*getenv("SANITIZED"))
		assert_in_range(m->mib, 1, 56);
}

/* --- monitor */

#define CHARDEV(file) "{\"return\": [{\"label\": \"gdb\", \"filename\": \"" file "\"}]}\n"

static void test_monitor(void **state)
{
	static const struct row rows[] = {
		{ "monitor: lists in lists", "", "[", "no JSON object", REPEATED, 200000 },
		{ "monitor: objects in objects", "", "{\"a\":", "", REPEATED, 40000 },
		{ "monitor: a line without end", "", "{         ", "a line without an end", ENDLESS,
		  0 },
		{ "monitor: empty lines", "", "\n", "no JSON object", ENDLESS, 0 },
		{ "monitor: no UTF-8", "", "{\"QMP\": \"\377\302\233\"}\n", "no JSON object", BYTES,
		  0 },
		{ "monitor: a number of 10^99999", "", "{\"QMP\": 1e99999}\n", "no JSON object",
		  BYTES, 0 },
		{ "monitor: a key twice", "", "{\"QMP\": 1, \"QMP\": 2}\n", "no JSON object", BYTES,
		  0 },
		{ "monitor: events without end", "", "{\"event\": \"x\"}\n", "", ENDLESS, 0 },
		{ "monitor: one character at a time", "", "{\"a", "", TRICKLE, 0 },
		{ "monitor: no words, but escapes", "query-status",
		  "{\"error\": {\"desc\": \"\\u001b]0;x\\u0007\\u009b31m\\u202e\"}}\n", "QEMU says",
		  BYTES, 0 },
		{ "monitor: another type", "query-status",
		  "{\"return\": [1, 2, {\"running\": 3}]}\n", "does not say whether", BYTES, 0 },
		{ "monitor: a stub on another machine", "query-chardev",
		  CHARDEV("disconnected:tcp:192.0.2.1:22"), "is not followed there", BYTES, 0 },
		{ "monitor: a stub of another name", "query-chardev",
		  CHARDEV("disconnected:tcp:a.host:22"), "is not followed there", BYTES, 0 },
		{ "monitor: a stub of a broken address", "query-chardev",
		  CHARDEV("disconnected:tcp:[::"), "is not followed there", BYTES, 0 },
		{ "monitor: a stub at a relative path", "query-chardev",
		  CHARDEV("disconnected:unix:../../etc/x"), "seen from the folder", BYTES, 0 },
		{ "monitor: a stub that is no socket", "query-chardev",
		  CHARDEV("disconnected:unix:/dev/null"), "", BYTES, 0 },
		{ "monitor: a stub that is a pipe", "query-chardev",
		  CHARDEV("disconnected:pipe:/tmp/x"), "is no socket", BYTES, 0 },
	};

	look_at_all(*state, PEER_MONITOR, rows, sizeof(rows) / sizeof(rows[0]));
}

/* A path longer than any, with escapes in it. */
static bool answer_long(struct peer *p, const char *question)
{
	static char path[100001];
	const char *start =
		"{\"return\": [{\"label\": \"gdb\", \"filename\": \"disconnected:unix:/";

	if (!strstr(question, "query-chardev"))
		return false;
	memset(path, 'A', sizeof(path) - 1);
	memcpy(path, "\\u009b", 6);
	peer_say(p, start);
	peer_say(p, path);
	peer_say(p, "\"}]}\n");
	return true;
}

static void test_monitor_long_path(void **state)
{
	struct meter *m = *state;

	look(m, "monitor: a stub at 100000 characters", PEER_MONITOR, answer_long, NULL);
	assert_int_equal(m->status, 2);
}

/* No name is looked up, by whoever would take his time with it. */
static void test_address(void **state)
{
	static const char *const addresses[] = { "a.host:1", "tcp:host.invalid:1234",
						 "unix:", "tcp:[::1:1", "tcp:127.0.0.1:99999" };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		for (int is_qmp = 0; is_qmp < 2; is_qmp++) {
			meter_run(m, "an address that is none", is_qmp ? "--qmp" : "--qemu",
				  addresses[i]);
			assert_refused(m, addresses[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_stub),
		METER_TEST(test_silent_stub),
		METER_TEST(test_memory_without_end),
		METER_TEST(test_address),
		METER_TEST(test_monitor),
		METER_TEST(test_monitor_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
