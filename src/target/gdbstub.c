/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's gdbstub: see gdbstub.h. */
#include <config.h>

#include "target/gdbstub.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

enum {
	MIN_PACKET = 64,
	MAX_READ = 2048, /* QEMU 7.2 answers no more, whatever it says of packets */
	BATCH = 32,      /* questions at once: their answers fill no socket */
	MAX_CPUS = 4096,
	MAX_THREAD_ID = 32,
	MAX_DOCUMENT = 256 * 1024,
	MAX_PIECES = 8192, /* of a document: 32 bytes each at least, if it were QEMU's */
	MAX_MONITOR = 1024 * 1024,
	MAX_PACKETS = 65536,
	MAX_RANGES = 4096,
	MONITOR_COMMAND = 64,
	LAST_TRY = 5000, /* ms, for the goodbye, and for a second one */
	GRACE = 2000     /* ms, for us to see that the time is over before the guard does */
};

/*
 * Let the guest go.  Its CPUs are process 1.  Once a debugger has asked for processes, QEMU thinks in
 * them for good, and refuses a "D" without one; before that it takes no notice of the number.
 */
static const char detach[] = "D;1";

static const char no_answer[] =
	"no gdbstub, or a debugger is attached already (QEMU serves one at a time)";

static enum dlk_status refuse(struct dlk_gdbstub *g, const char *why)
{
	return dlk_fail(g->rsp.wire.ctx, DLK_ERR_UNSUPPORTED, "%s: %s", g->rsp.wire.name, why);
}

/* --- questions */

static enum dlk_status greet(struct dlk_gdbstub *g)
{
	const char *answer, *size;
	unsigned long packet = 0;
	enum dlk_status status = dlk_rsp_ask(&g->rsp, &answer,
					     "qSupported:multiprocess+;xmlRegisters=%s",
					     dlk_arch_gdb_xml(g->rsp.wire.ctx));

	/* Who presses ^C will not wait for an answer to the goodbye either. */
	g->is_unanswered = status == DLK_ERR_LIMIT || status == DLK_ERR_CANCELED;
	if (status == DLK_ERR_LIMIT)
		return dlk_prepend(g->rsp.wire.ctx, status, "%s", no_answer);
	if (status)
		return status;
	g->has_greeted = true;
	size = strstr(answer, "PacketSize=");
	if (size)
		packet = strtoul(size + strlen("PacketSize="), NULL, 16);
	if (packet < MIN_PACKET || !strstr(answer, "qXfer:features:read+"))
		return refuse(g, "not QEMU's gdbstub: it has no target description");
	g->max_read = packet / 2 < MAX_READ ? packet / 2 : MAX_READ;
	return dlk_rsp_no_ack(&g->rsp);
}

static enum dlk_status set_phys_mode(struct dlk_gdbstub *g, bool is_on)
{
	const char *answer;
	enum dlk_status status;

	/* Also if no answer comes. */
	g->has_phys_mode |= is_on;
	status = dlk_rsp_ask(&g->rsp, &answer, "Qqemu.PhyMemMode:%d", is_on);
	if (status)
		return status;
	if (!strcmp(answer, "OK")) {
		g->has_phys_mode = is_on;
		return DLK_OK;
	}
	g->has_phys_mode &= answer[0] != 0;
	return refuse(g, "it does not read physical memory: not QEMU's gdbstub, or one before QEMU "
			 "4.1");
}

/* Read an object of the stub's in pieces: "m" goes on, "l" is the last. */
static enum dlk_status read_object(struct dlk_gdbstub *g, const char *name, struct dlk_strbuf *to)
{
	for (unsigned i = 0; i < MAX_PIECES; i++) {
		const char *answer;
		enum dlk_status status = dlk_rsp_ask(&g->rsp, &answer,
						     "qXfer:features:read:%s:%zx,%zx", name,
						     to->len, g->max_read);

		if (status)
			return status;
		if ((answer[0] != 'm' && answer[0] != 'l') || (answer[0] == 'm' && !answer[1]))
			return refuse(g, "its target description cannot be read");
		if (to->len > MAX_DOCUMENT)
			break;
		dlk_strbuf_printf(to, "%s", answer + 1);
		if (to->is_cut)
			return dlk_nomem(to->ctx);
		if (answer[0] == 'l')
			return DLK_OK;
	}
	return refuse(g, "its target description does not end");
}

static enum dlk_status read_document(struct dlk_gdbstub *g, struct dlk_tdesc *d, const char *name,
				     bool is_included)
{
	struct dlk_ctx *ctx = g->rsp.wire.ctx;
	struct dlk_strbuf text = { .ctx = ctx };
	enum dlk_status status = read_object(g, name, &text);

	if (!status && !text.text)
		status = refuse(g, "its target description is empty");
	if (!status)
		status = dlk_tdesc_parse(d, text.text, text.len, is_included);
	return dlk_prepend(ctx, status, "%s", name);
}

static enum dlk_status describe(struct dlk_gdbstub *g, struct dlk_tdesc *d)
{
	enum dlk_status status;

	dlk_tdesc_init(g->rsp.wire.ctx, d);
	status = read_document(g, d, "target.xml", false);
	for (uint32_t i = 0; i < d->includes.len && !status; i++)
		status = read_document(g, d, *DLK_VEC_AT(&d->includes, const char *, i), true);
	if (status)
		return status;
	dlk_tdesc_settle(d);
	g->arch = dlk_arch_of_gdb(d->architecture);
	if (!g->arch)
		return dlk_fail(g->rsp.wire.ctx, DLK_ERR_UNSUPPORTED,
				"%s: a guest of architecture %.32s; only %s is supported",
				g->rsp.wire.name, d->architecture ? d->architecture : "unknown",
				dlk_arch_names(g->rsp.wire.ctx));
	return DLK_OK;
}

/* --- CPUs */

/* "mp1.1,p1.2", or without processes "m1,2", as often as needed, then "l". */
static enum dlk_status read_threads(struct dlk_gdbstub *g, struct dlk_vec *ret)
{
	const char *answer;
	enum dlk_status status = dlk_rsp_ask(&g->rsp, &answer, "qfThreadInfo");

	while (!status && answer[0] == 'm') {
		const char *at = answer;

		do {
			size_t len = strspn(++at, "p.0123456789abcdefABCDEF");
			const char **slot;

			if (!len || len > MAX_THREAD_ID || ret->len >= MAX_CPUS)
				return refuse(g, "its list of CPUs makes no sense");
			slot = dlk_vec_push(g->rsp.wire.ctx, ret);
			if (slot)
				*slot = dlk_format(g->rsp.wire.ctx, "%.*s", (int)len, at);
			if (!slot || !*slot)
				return dlk_nomem(g->rsp.wire.ctx);
			at += len;
		} while (*at == ',');
		status = dlk_rsp_ask(&g->rsp, &answer, "qsThreadInfo");
	}
	if (!status && !ret->len)
		return refuse(g, "it names no CPU");
	return status;
}

static enum dlk_status read_cpu(struct dlk_gdbstub *g, const struct dlk_tdesc *d, const char *id,
				struct dlk_regs *r)
{
	const char *answer;
	size_t len;
	enum dlk_status status = dlk_rsp_ask(&g->rsp, &answer, "Hg%s", id);

	if (!status && strcmp(answer, "OK"))
		return refuse(g, "it names a CPU that it does not show");
	if (!status)
		status = dlk_rsp_put(&g->rsp, "g");
	if (!status)
		status = dlk_rsp_flush(&g->rsp);
	if (!status)
		status = dlk_rsp_receive(&g->rsp, &answer, &len);
	if (status)
		return status;
	for (unsigned i = 0; i < g->arch->reg_count; i++)
		if (!dlk_tdesc_get(d, answer, len, g->arch->reg_names[i], &r->raw[i]))
			return dlk_fail(g->rsp.wire.ctx, DLK_ERR_UNSUPPORTED,
					"%s: CPU %s has no register %s; QEMU 4.1 or later is "
					"needed",
					g->rsp.wire.name, id, g->arch->reg_names[i]);
	dlk_arch_settle(g->arch, r);
	return DLK_OK;
}

static enum dlk_status read_cpus(struct dlk_gdbstub *g)
{
	struct dlk_vec ids = DLK_VEC_INIT(const char *);
	struct dlk_tdesc d;
	enum dlk_status status = describe(g, &d);

	if (!status)
		status = read_threads(g, &ids);
	if (status)
		return status;
	g->regs = dlk_calloc(g->rsp.wire.ctx, ids.len, sizeof(*g->regs));
	if (!g->regs)
		return dlk_nomem(g->rsp.wire.ctx);
	for (uint32_t i = 0; i < ids.len && !status; i++)
		status = read_cpu(g, &d, *DLK_VEC_AT(&ids, const char *, i), &g->regs[i]);
	g->cpu_count = ids.len;
	return status;
}

/* --- memory map */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False if it is not all hex, or not of that length. */
static bool decode(const char *hex, size_t hex_len, unsigned char *to, size_t len)
{
	if (hex_len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* What the monitor prints comes as "O" packets in hex; "OK" ends it. */
static enum dlk_status ask_monitor(struct dlk_gdbstub *g, const char *command,
				   struct dlk_strbuf *to)
{
	char hex[2 * MONITOR_COMMAND + 1];
	char *text = (char *)g->rsp.parser->data; /* decoded in its place */
	const char *answer;
	size_t len;
	enum dlk_status status;

	for (size_t i = 0; i <= strlen(command) && i < MONITOR_COMMAND; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)command[i]);
	hex[2 * strlen(command)] = 0;
	status = dlk_rsp_put(&g->rsp, "qRcmd,%s", hex);
	if (!status)
		status = dlk_rsp_flush(&g->rsp);
	for (unsigned i = 0; i < MAX_PACKETS && !status; i++) {
		status = dlk_rsp_receive(&g->rsp, &answer, &len);
		if (status || answer[0] != 'O' || !strcmp(answer, "OK"))
			return status;
		if (to->len > MAX_MONITOR ||
		    !decode(answer + 1, len - 1, (unsigned char *)text, (len - 1) / 2))
			break;
		text[(len - 1) / 2] = 0;
		dlk_strbuf_printf(to, "%s", text);
	}
	return status ? status : refuse(g, "what its monitor prints makes no sense");
}

/* "  0000000000100000-000000001fffffff (prio 0, ram): pc.ram @0000000000100000" */
static bool parse_range(const char *line, struct dlk_ram_range *ret)
{
	const char *newline = line + strcspn(line, "\n");
	char *end;

	while (*line == ' ')
		line++;
	ret->start = strtoull(line, &end, 16);
	if (end == line || *end != '-')
		return false;
	line = end + 1;
	ret->end = strtoull(line, &end, 16) + 1;
	line = strstr(end, ", ");
	return end != line && line && line < newline && ret->end > ret->start &&
	       (!strncmp(line, ", ram)", 6) || !strncmp(line, ", rom)", 6) ||
		!strncmp(line, ", nv-ram)", 9));
}

/*
 * FlatView #1
 *  AS "memory", root: system
 *  AS "cpu-memory-0", root: system
 *  Root memory region: system
 *   0000000000000000-000000000009ffff (prio 0, ram): pc.ram
 */
enum dlk_status dlk_gdbstub_parse_map(struct dlk_ctx *ctx, const char *text, struct dlk_vec *ret)
{
	bool is_memory = false;

	*ret = (struct dlk_vec)DLK_VEC_INIT(struct dlk_ram_range);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		struct dlk_ram_range range;
		const struct dlk_ram_range *last = NULL;
		struct dlk_ram_range *slot;

		if (!strncmp(line, "FlatView", 8))
			is_memory = false;
		if (!strncmp(line, " AS \"memory\"", 12))
			is_memory = !ret->len;
		if (!is_memory || ret->len >= MAX_RANGES || !parse_range(line, &range))
			continue;
		if (ret->len)
			last = DLK_VEC_AT(ret, struct dlk_ram_range, ret->len - 1);
		if (last && range.start < last->end)
			continue;
		slot = dlk_vec_push(ctx, ret);
		if (!slot)
			return dlk_nomem(ctx);
		*slot = range;
	}
	return DLK_OK;
}

static enum dlk_status read_map(struct dlk_gdbstub *g)
{
	struct dlk_ctx *ctx = g->rsp.wire.ctx;
	struct dlk_strbuf text = { .ctx = ctx };
	enum dlk_status status = ask_monitor(g, "info mtree -f", &text);

	if (!status)
		status = dlk_gdbstub_parse_map(ctx, text.text ? text.text : "", &g->ram);
	if (status || g->ram.len)
		return status;
	dlk_message(ctx, DLK_MSG_WARNING,
		    "%s: the monitor does not say where memory is; a PC's usual map is taken",
		    g->rsp.wire.name);
	for (unsigned i = 0; i < g->arch->usual_ram_count; i++) {
		struct dlk_ram_range *slot = dlk_vec_push(ctx, &g->ram);

		if (!slot)
			return dlk_nomem(ctx);
		*slot = g->arch->usual_ram[i];
	}
	return DLK_OK;
}

/* How much of a range is memory, from its start on. */
static size_t readable(const struct dlk_gdbstub *g, dlk_addr_t address, size_t len)
{
	size_t done = 0;

	for (uint32_t i = 0; i < g->ram.len && done < len; i++) {
		const struct dlk_ram_range *r = DLK_VEC_AT(&g->ram, struct dlk_ram_range, i);

		if (address + done >= r->start && address + done < r->end)
			done += r->end - (address + done) < len - done ? r->end - (address + done)
								       : len - done;
	}
	return done;
}

/* --- reading */

static enum dlk_status take_piece(struct dlk_gdbstub *g, unsigned char *to, size_t len)
{
	const char *answer;
	size_t answer_len;
	enum dlk_status status = dlk_rsp_receive(&g->rsp, &answer, &answer_len);

	if (status)
		return status;
	if (answer[0] == 'E')
		return DLK_ERR_FAULT;
	if (decode(answer, answer_len, to, len))
		return DLK_OK;
	return dlk_fail(g->rsp.wire.ctx, DLK_ERR_CORRUPT,
			"%s: memory in a form that makes no sense", g->rsp.wire.name);
}

/* All answers are taken, also those behind a failure: the next question must not get them. */
static enum dlk_status read_batch(struct dlk_gdbstub *g, dlk_addr_t address, unsigned char *to,
				  size_t len)
{
	enum dlk_status status = DLK_OK, first = DLK_OK;

	for (size_t at = 0; at < len && !status; at += g->max_read)
		status = dlk_rsp_put(&g->rsp, "m%llx,%zx", (unsigned long long)address + at,
				     len - at < g->max_read ? len - at : g->max_read);
	if (!status)
		status = dlk_rsp_flush(&g->rsp);
	for (size_t at = 0; at < len && (!status || status == DLK_ERR_FAULT); at += g->max_read) {
		status = take_piece(g, to + at, len - at < g->max_read ? len - at : g->max_read);
		first = first ? first : status;
	}
	return status ? status : first;
}

static enum dlk_status fetch(void *arg, dlk_addr_t address, void *buf, size_t *len)
{
	struct dlk_gdbstub *g = arg;
	size_t there = readable(g, address, *len) & ~(size_t)(DLK_PAGE_SIZE - 1);
	unsigned char *to = buf;
	enum dlk_status status = there ? dlk_check_cancel(g->rsp.wire.ctx) : DLK_ERR_FAULT;

	for (size_t at = 0; at < there && !status; at += g->max_read * BATCH) {
		size_t left = there - at, most = g->max_read * BATCH;

		status = read_batch(g, address + at, to + at, left < most ? left : most);
	}
	if (status)
		return status;
	g->bytes_read += there;
	*len = there;
	return DLK_OK;
}

enum dlk_status dlk_gdbstub_read(struct dlk_gdbstub *g, dlk_addr_t address, void *buf, size_t len)
{
	enum dlk_status status = DLK_ERR_LOST;

	/* Also if it is at hand: what we do with it takes time. */
	if (!g->is_lost)
		status = dlk_wire_check_limit(&g->rsp.wire);
	if (!status)
		status = dlk_pages_read(&g->pages, address, buf, len);
	if (!status || status == DLK_ERR_FAULT || status == DLK_ERR_NOMEM ||
	    status == DLK_ERR_CANCELED)
		return status;
	g->is_lost = true;
	return DLK_ERR_LOST;
}

/* --- coming and going */

/* "7.2.22 (Debian 1:7.2+dfsg-7)"; 8.0.50 and more are on the way to 8.1. */
static bool says_that_it_ran(const char *version)
{
	unsigned long numbers[3] = { 0 };
	char *end;

	for (size_t i = 0; i < 3; i++, version = end + 1) {
		numbers[i] = strtoul(version, &end, 10);
		if (end == version)
			return false;
		if (*end != '.')
			break;
	}
	return numbers[0] < 8 || (numbers[0] == 8 && !numbers[1] && numbers[2] < 50);
}

/* Nobody waits for a guest that stood. */
static void take_time(struct dlk_gdbstub *g)
{
	g->was_running = false;
	g->rsp.wire.limit = 0;
	dlk_guard_dismiss(&g->rsp.wire.guard);
}

/*
 * QEMU up to 8.0 says unasked that the guest has stopped, if it ran; from 8.1 on it says nothing, and
 * cannot be asked.  Until it is known that this one would have said it, the guest is one that ran.
 */
static enum dlk_status ask_whether_it_ran(struct dlk_gdbstub *g)
{
	struct dlk_strbuf version = { .ctx = g->rsp.wire.ctx };
	enum dlk_status status;

	if (g->ran != DLK_RAN_UNKNOWN || g->rsp.stop_replies)
		return DLK_OK;
	status = ask_monitor(g, "info version", &version);
	/* It may have come meanwhile. */
	if (!status && version.text && says_that_it_ran(version.text) && !g->rsp.stop_replies)
		take_time(g);
	return status;
}

static enum dlk_status settle(struct dlk_gdbstub *g)
{
	enum dlk_status status = greet(g);

	if (!status)
		status = ask_whether_it_ran(g);
	if (!status)
		status = set_phys_mode(g, true);
	if (!status)
		status = read_cpus(g);
	return status ? status : read_map(g);
}

/* Said by the guard: memory by virtual address again, and go. */
enum { LAST_WORDS = 2 };
static const char *last_words(struct dlk_ctx *ctx)
{
	char mode[MIN_PACKET], go[MIN_PACKET];

	dlk_rsp_frame(mode, sizeof(mode), "Qqemu.PhyMemMode:0");
	dlk_rsp_frame(go, sizeof(go), detach);
	return dlk_format(ctx, "+%s%s", mode, go);
}

enum dlk_status dlk_gdbstub_attach(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				   enum dlk_ran ran, struct dlk_gdbstub *ret)
{
	struct dlk_wire_plan how = *plan;
	enum dlk_status status;

	*ret = (struct dlk_gdbstub){ .ran = ran,
				     .was_running = ran != DLK_RAN_NOT,
				     .server = plan->server };
	if (!ret->was_running) {
		how.limit = 0;
	} else {
		how.guard.words = last_words(ctx);
		how.guard.limit = how.limit ? how.limit + GRACE : 0;
		how.guard.again = 2 * LAST_TRY + GRACE;
		if (!how.guard.words)
			return dlk_nomem(ctx);
	}
	status = dlk_rsp_connect(ctx, &how, &ret->rsp);
	if (status)
		return dlk_prepend(ctx, status, "%s",
				   status == DLK_ERR_LIMIT ? no_answer : "no gdbstub");
	dlk_reach(ctx, DLK_STAGE_CONNECTED);
	dlk_pages_init(ctx, fetch, ret, &ret->pages);
	ret->attached_at = dlk_wire_now();
	ret->is_attached = true;
	return settle(ret);
}

/* Whatever byte comes while it runs has QEMU stop it, and be it the first of the guard's last words. */
static enum dlk_status run_for(struct dlk_gdbstub *g, unsigned ms)
{
	unsigned replies = g->rsp.stop_replies;
	uint64_t began = dlk_wire_now();
	enum dlk_status status = dlk_rsp_tell(&g->rsp, "c");

	if (!status)
		status = dlk_wire_pause(&g->rsp.wire, ms);
	if (!status)
		status = dlk_rsp_interrupt(&g->rsp);
	g->attached_at += dlk_wire_now() - began;
	/* The reply that it stands comes before the answer to the next question. */
	if (!status)
		status = set_phys_mode(g, true);
	if (!status && g->rsp.stop_replies == replies)
		return refuse(g, "it does not say that the guest stands");
	return status ? status : read_cpus(g);
}

enum dlk_status dlk_gdbstub_let_run(struct dlk_gdbstub *g, unsigned ms)
{
	enum dlk_status status;

	if (!g->was_running)
		return DLK_ERR_UNSUPPORTED;
	if (g->is_lost)
		return DLK_ERR_LOST;
	status = run_for(g, ms);
	g->is_lost = status;
	dlk_pages_init(g->rsp.wire.ctx, fetch, g, &g->pages);
	return status;
}

/* Said by the guard, who alone knows whether it has been said. */
static enum dlk_status let_go(struct dlk_gdbstub *g)
{
	const char *answer = NULL;
	size_t len;
	enum dlk_status status = dlk_guard_speak(g->rsp.wire.ctx, &g->rsp.wire.guard);

	if (status)
		return status;
	dlk_rsp_expect(&g->rsp, LAST_WORDS);
	for (unsigned i = 0; i < LAST_WORDS && !status; i++)
		status = dlk_rsp_receive(&g->rsp, &answer, &len);
	if (!status && strcmp(answer, "OK"))
		status = refuse(g, "it does not let the guest go");
	return status;
}

/*
 * A connection that is lost leaves the guest standing; another one is as good to let it go.  QEMU
 * takes it when the old one is closed on our side too: by the guard as well, which makes the new one.
 */
static enum dlk_status come_back(struct dlk_gdbstub *g)
{
	enum dlk_status status = dlk_rsp_reconnect(&g->rsp, g->server);

	return status ? status : let_go(g);
}

static enum dlk_status end(struct dlk_gdbstub *g, bool is_done, enum dlk_status status)
{
	if (is_done)
		dlk_guard_dismiss(&g->rsp.wire.guard);
	else
		dlk_guard_release(&g->rsp.wire.guard);
	dlk_wire_close(&g->rsp.wire);
	g->is_attached = false;
	return status;
}

enum dlk_status dlk_gdbstub_leave(struct dlk_gdbstub *g, bool resume)
{
	struct dlk_wire *w = &g->rsp.wire;
	enum dlk_status status;

	if (!g->is_attached)
		return DLK_OK;
	if (g->is_unanswered)
		return end(g, !resume, DLK_OK);
	/* The time that remains is for the goodbye. */
	w->limit = 0;
	if (w->timeout > LAST_TRY)
		w->timeout = LAST_TRY;
	if (!resume)
		return end(g, true, g->has_phys_mode ? set_phys_mode(g, false) : DLK_OK);
	status = let_go(g);
	if (status)
		status = come_back(g);
	return end(g, !status, status);
}
