/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/printk.c: the log's two rings. */
#include <config.h>

#include "support.h"

#include <stdio.h>

#include "kernel/printk.h"

#define PRB (FAKE_DIRECT + 0x1000)
#define DESCS (FAKE_DIRECT + 0x2000)
#define INFOS (FAKE_DIRECT + 0x3000)
#define DATA (FAKE_DIRECT + 0x4000)

enum { DESC = 24, INFO = 32, COUNT_BITS = 2, SIZE_BITS = 6, FINALIZED = 2, MAX_SEEN = 8 };

#define ID_MASK ((UINT64_C(1) << 62) - 1)

struct seen {
	struct {
		uint64_t seq, ns;
		uint32_t caller;
		char text[64];
	} records[MAX_SEEN];
	unsigned count, limit;
};

static bool take(void *arg, const struct dlk_printk_record *record)
{
	struct seen *s = arg;

	assert_true(s->count < MAX_SEEN);
	s->records[s->count].seq = record->seq;
	s->records[s->count].ns = record->ns;
	s->records[s->count].caller = record->caller;
	snprintf(s->records[s->count].text, sizeof(s->records[0].text), "%s", record->text);
	return ++s->count != s->limit;
}

static void add_types(struct fake *f)
{
	fake_types_of_a_kernel(f);
	fake_member(f, "printk_ringbuffer", "desc_ring.count_bits", 0, 4);
	fake_member(f, "printk_ringbuffer", "desc_ring.descs", 8, 8);
	fake_member(f, "printk_ringbuffer", "desc_ring.infos", 16, 8);
	fake_member(f, "printk_ringbuffer", "desc_ring.head_id", 24, 8);
	fake_member(f, "printk_ringbuffer", "desc_ring.tail_id", 32, 8);
	fake_member(f, "printk_ringbuffer", "text_data_ring.size_bits", 40, 4);
	fake_member(f, "printk_ringbuffer", "text_data_ring.data", 48, 8);
	fake_size(f, "prb_desc", DESC);
	fake_member(f, "prb_desc", "state_var", 0, 8);
	fake_member(f, "prb_desc", "text_blk_lpos.begin", 8, 8);
	fake_member(f, "prb_desc", "text_blk_lpos.next", 16, 8);
	fake_size(f, "printk_info", INFO);
	fake_member(f, "printk_info", "seq", 0, 8);
	fake_member(f, "printk_info", "ts_nsec", 8, 8);
	fake_member(f, "printk_info", "text_len", 16, 2);
	fake_member(f, "printk_info", "caller_id", 20, 4);
	fake_symbol(f, "prb", FAKE_IMAGE + 0x3000000, 8);
	fake_u64(f, FAKE_IMAGE + 0x3000000, PRB);
}

/* Records TAIL to HEAD, in rings of 4 records and 64 bytes. */
static void start(struct fake *f, uint64_t tail, uint64_t head)
{
	add_types(f);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.count_bits", COUNT_BITS);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.descs", DESCS);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.infos", INFOS);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.head_id", head & ID_MASK);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.tail_id", tail & ID_MASK);
	fake_put(f, PRB, "printk_ringbuffer", "text_data_ring.size_bits", SIZE_BITS);
	fake_put(f, PRB, "printk_ringbuffer", "text_data_ring.data", DATA);
	fake_zeros(f, DESCS, 4 * DESC);
	fake_zeros(f, INFOS, 4 * INFO);
	fake_zeros(f, DATA, 1 << SIZE_BITS);
}

/* Of a record: where its text begins and the next one does, in the ring of texts. */
struct place {
	uint64_t begin, next;
};

/* The text stands where it begins, behind its descriptor's number; at the ring's start if it wraps. */
static void add_record(struct fake *f, uint64_t id, uint64_t state, struct place place,
		       const char *text)
{
	dlk_addr_t desc = DESCS + (id & 3) * DESC, info = INFOS + (id & 3) * INFO;
	uint64_t size = 1 << SIZE_BITS;
	bool wraps = place.begin % size + 8 + strlen(text) > size;

	fake_put(f, desc, "prb_desc", "state_var", state << 62 | (id & ID_MASK));
	fake_put(f, desc, "prb_desc", "text_blk_lpos.begin", place.begin);
	fake_put(f, desc, "prb_desc", "text_blk_lpos.next", place.next);
	fake_put(f, info, "printk_info", "seq", id + 100);
	fake_put(f, info, "printk_info", "ts_nsec", id * 1000);
	fake_put(f, info, "printk_info", "text_len", strlen(text));
	fake_write(f, DATA + (wraps ? 0 : place.begin % size) + 8, text, strlen(text));
}

static struct seen walk(struct fake *f, enum dlk_status expected)
{
	struct seen s = { .limit = MAX_SEEN };

	fake_kernel(f);
	assert_int_equal(dlk_printk_walk(&f->k, take, &s), expected);
	return s;
}

static void test_printk__in_order(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start(f, 5, 6);
	add_record(f, 5, FINALIZED, (struct place){ 0, 16 }, "first");
	add_record(f, 6, FINALIZED, (struct place){ 16, 40 }, "second one");
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.records[0].text, "first");
	assert_int_equal(s.records[0].seq, 105);
	assert_int_equal(s.records[0].ns, 5000);
	assert_string_equal(s.records[1].text, "second one");
}

/* Numbers begin just below the top of their 62 bits, and go on at 0. */
static void test_printk__numbers_wrap(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start(f, (uint64_t)-1, 0);
	add_record(f, (uint64_t)-1, FINALIZED, (struct place){ 0, 16 }, "last");
	add_record(f, 0, FINALIZED, (struct place){ 16, 32 }, "zero");
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.records[0].text, "last");
	assert_string_equal(s.records[1].text, "zero");
}

/* A text that does not fit before the end stands at the start; one that just fits does not. */
static void test_printk__texts_wrap(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start(f, 1, 2);
	add_record(f, 1, FINALIZED, (struct place){ 56 + 64, 24 + 128 }, "at start");
	add_record(f, 2, FINALIZED, (struct place){ 40, 64 }, "at the end");
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.records[0].text, "at start");
	assert_string_equal(s.records[1].text, "at the end");
}

/* Being written, free, of another lap, without text: not there. */
static void test_printk__not_there(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start(f, 4, 7);
	add_record(f, 4, 0, (struct place){ 0, 16 }, "reserved");
	add_record(f, 5, 3, (struct place){ 0, 16 }, "reusable");
	add_record(f, 6, FINALIZED, (struct place){ 1, 1 }, "");
	add_record(f, 7, FINALIZED, (struct place){ 0, 16 }, "there");
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.records[0].text, "there");
	fake_put(f, DESCS + 3 * DESC, "prb_desc", "state_var", UINT64_C(2) << 62 | 3);
	fake_forget(f);
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 0);
}

/* What cannot be read is told, unless what was looked for has been found. */
static void test_printk__missing(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start(f, 1, 2);
	add_record(f, 1, FINALIZED, (struct place){ 0, 16 }, "first");
	add_record(f, 2, FINALIZED, (struct place){ 16, 32 }, "");
	fake_put(f, DESCS + 2 * DESC, "prb_desc", "text_blk_lpos.begin", 16);
	fake_put(f, INFOS + 2 * INFO, "printk_info", "text_len", 8);
	s = walk(f, DLK_OK);
	assert_int_equal(s.count, 2);
	fake_drop(f, INFOS);
	fake_forget(f);
	s = walk(f, DLK_ERR_FAULT);
	assert_int_equal(s.count, 0);
}

/* Four records of 1000 s to 4000 s, of 5 bytes each but the last but one, which has 7. */
static void start_tail(struct fake *f)
{
	static const char *const texts[] = { "first", "other", "\tthird?", "last." };

	start(f, 0, 3);
	for (unsigned i = 0; i < 4; i++) {
		add_record(f, i, FINALIZED, (struct place){ i * 16, i * 16 + 16 }, texts[i]);
		fake_put(f, INFOS + i * INFO, "printk_info", "ts_nsec",
			 (i + 1) * UINT64_C(1000000000000));
		fake_put(f, INFOS + i * INFO, "printk_info", "caller_id",
			 i & 1 ? DLK_PRINTK_CPU + i : 70 + i);
	}
	fake_kernel(f);
}

static struct seen walk_tail(struct fake *f, uint64_t since_s, uint64_t bytes)
{
	const struct dlk_printk_tail tail = { since_s * UINT64_C(1000000000), bytes };
	struct seen s = { .limit = MAX_SEEN };

	assert_int_equal(dlk_printk_walk_tail(&f->k, &tail, take, &s), DLK_OK);
	return s;
}

/* The newest, in their order; a tab is a blank. */
static void test_printk__tail(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start_tail(f);
	s = walk_tail(f, 0, 4000);
	assert_int_equal(s.count, 4);
	assert_string_equal(s.records[0].text, "first");
	assert_int_equal(s.records[0].caller, 70);
	s = walk_tail(f, 2500, 4000);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.records[0].text, " third?");
	assert_string_equal(s.records[1].text, "last.");
	assert_int_equal(s.records[1].caller, DLK_PRINTK_CPU + 3);
	assert_int_equal(walk_tail(f, 5000, 4000).count, 0);
}

/* CPUs' clocks differ: what is less than a second older counts. */
static void test_printk__tail_of_other_clocks(void **state)
{
	struct fake *f = *state;

	start_tail(f);
	assert_int_equal(walk_tail(f, 3001, 4000).count, 2);
	assert_int_equal(walk_tail(f, 3002, 4000).count, 1);
}

static void test_printk__tail_of_some_bytes(void **state)
{
	struct fake *f = *state;

	start_tail(f);
	assert_int_equal(walk_tail(f, 0, 12 + 2 * DLK_PRINTK_RECORD).count, 2);
	assert_int_equal(walk_tail(f, 0, 11 + 2 * DLK_PRINTK_RECORD).count, 1);
	assert_int_equal(walk_tail(f, 0, 4 + DLK_PRINTK_RECORD).count, 0);
}

/* What was given up has neither a time nor a length. */
static void test_printk__tail_with_gaps(void **state)
{
	struct fake *f = *state;
	struct seen s;

	start_tail(f);
	fake_put(f, DESCS + 2 * DESC, "prb_desc", "state_var", UINT64_C(3) << 62 | 2);
	fake_put(f, INFOS + 2 * INFO, "printk_info", "ts_nsec", 0);
	fake_forget(f);
	s = walk_tail(f, 1500, 10 + 3 * DLK_PRINTK_RECORD);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.records[0].text, "other");
	/* It costs as others do: of a log of such there is an end. */
	assert_int_equal(walk_tail(f, 1500, 9 + 3 * DLK_PRINTK_RECORD).count, 1);
}

static void test_printk__ended(void **state)
{
	struct fake *f = *state;
	struct seen s = { .limit = 1 };

	start(f, 5, 6);
	add_record(f, 5, FINALIZED, (struct place){ 0, 16 }, "first");
	add_record(f, 6, FINALIZED, (struct place){ 16, 40 }, "second");
	fake_kernel(f);
	assert_int_equal(dlk_printk_walk(&f->k, take, &s), DLK_OK);
	assert_int_equal(s.count, 1);
}

static void test_printk__hostile(void **state)
{
	struct fake *f = *state;

	start(f, 0, 5);
	walk(f, DLK_ERR_CORRUPT);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.head_id", 0);
	fake_put(f, PRB, "printk_ringbuffer", "desc_ring.count_bits", 63);
	fake_forget(f);
	walk(f, DLK_ERR_CORRUPT);
}

static void test_printk__none(void **state)
{
	struct fake *f = *state;

	fake_types_of_a_kernel(f);
	walk(f, DLK_ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_printk__in_order),
		FAKE_TEST(test_printk__numbers_wrap),
		FAKE_TEST(test_printk__texts_wrap),
		FAKE_TEST(test_printk__not_there),
		FAKE_TEST(test_printk__missing),
		FAKE_TEST(test_printk__ended),
		FAKE_TEST(test_printk__tail),
		FAKE_TEST(test_printk__tail_of_other_clocks),
		FAKE_TEST(test_printk__tail_of_some_bytes),
		FAKE_TEST(test_printk__tail_with_gaps),
		FAKE_TEST(test_printk__hostile),
		FAKE_TEST(test_printk__none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
