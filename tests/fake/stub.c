/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gdbstub over a capture: see stub.h. */
#include <config.h>

#include "stub.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "target/arch_x86_64.h"
#include "deadlock/target.h"

enum { PACKET = 0x1000, RAM = 512 << 20, EMPTY_RAM = 16 << 20, OUT = 4 * PACKET, PATIENCE_S = 10 };
enum { SLOW_NS = 30 * 1000 * 1000, TRICKLE_NS = 200 * 1000 * 1000 };

struct server {
	const struct stub_plan *plan;
	struct stub_log *log;
	struct dlk_target *target; /* NULL: zeros */
	int fd;
	bool is_silent, is_slow, has_let_go;
	bool is_continued;  /* it was told to run, and nothing was said since */
	bool has_processes; /* it once was asked for them: as QEMU, for good */
	unsigned long thread;
	char last[OUT];
	size_t last_len;
};

static void die(const char *what)
{
	perror(what);
	_exit(3);
}

static void pause_for(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* --- sending */

static bool send_bytes(struct server *s, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(s->fd, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* Runs of four and more as run-lengths, and the characters that need it escaped. */
static size_t pack(char *to, const char *text, size_t len, bool is_noisy)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		size_t run = 1;

		if (strchr("#$}*", text[i]) && text[i]) {
			to[n++] = '}';
			to[n++] = (char)(text[i++] ^ 0x20);
			continue;
		}
		while (is_noisy && i + run < len && run < 90 && text[i + run] == text[i])
			run++;
		to[n++] = text[i];
		/* '#' and '$' are no counts: 6 and 7 more. */
		if (run > 3 && run != 7 && run != 8) {
			to[n++] = '*';
			to[n++] = (char)(run - 1 + 29);
			i += run;
		} else {
			i++;
		}
	}
	return n;
}

/* A notification and a stop reply, each with its sum. */
static void send_noise(struct server *s)
{
	static const char *const texts[] = { "%Stop:T05thread:01;", "$T05thread:01;" };

	for (size_t i = 0; i < 2; i++) {
		unsigned char sum = 0;
		char end[4];

		for (const char *p = texts[i] + 1; *p; p++)
			sum = (unsigned char)(sum + (unsigned char)*p);
		snprintf(end, sizeof(end), "#%02x", sum);
		send_bytes(s, texts[i], strlen(texts[i]));
		send_bytes(s, end, 3);
	}
}

static bool send_packet(struct server *s, const char *text, size_t len, bool is_damaged)
{
	static char body[2 * OUT];
	unsigned char sum = 0;
	size_t n = pack(body, text, len, s->plan->is_noisy);
	int framed;

	for (size_t i = 0; i < n; i++)
		sum = (unsigned char)(sum + (unsigned char)body[i]);
	if (s->plan->is_noisy)
		send_noise(s);
	s->last[0] = '$';
	memcpy(s->last + 1, body, n);
	framed = snprintf(s->last + 1 + n, sizeof(s->last) - 1 - n, "#%02x",
			  (unsigned char)(sum + is_damaged));
	s->last_len = 1 + n + (size_t)framed;
	return send_bytes(s, s->last, s->last_len);
}

/* --- answers */

/* In the order of names. */
static const uint8_t numbers[] = { DLK_X86_RAX, DLK_X86_RBX,    DLK_X86_RCX, DLK_X86_RDX,
				   DLK_X86_RSI, DLK_X86_RDI,    DLK_X86_RBP, DLK_X86_RSP,
				   DLK_X86_R8,  DLK_X86_R9,     DLK_X86_R10, DLK_X86_R11,
				   DLK_X86_R12, DLK_X86_R13,    DLK_X86_R14, DLK_X86_R15,
				   DLK_X86_RIP, DLK_X86_RFLAGS, DLK_X86_CS,  DLK_X86_SS,
				   DLK_X86_CR3, DLK_X86_CR4 };

static uint64_t reg(struct server *s, size_t i)
{
	struct dlk_regs r = { .raw = { [DLK_X86_CR3] = 0x1000 } };

	if (s->target && s->target->ops->regs(s->target, (unsigned)s->thread - 1, &r))
		memset(&r, 0, sizeof(r));
	return r.raw[numbers[i]];
}

static const char *const names[] = { "rax", "rbx",    "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
				     "r8",  "r9",     "r10", "r11", "r12", "r13", "r14", "r15",
				     "rip", "eflags", "cs",  "ss",  "cr3", "cr4" };
enum { REGS = sizeof(names) / sizeof(names[0]), CR3 = 20 };

/* eflags, cs and ss have 32 bits; between ss and cr3 there is a register that nobody wants. */
static size_t bytes_of(size_t i)
{
	return i >= 17 && i <= 19 ? 4 : 8;
}

static int answer_regs(struct server *s, char *to)
{
	char *p = to;

	for (size_t i = 0; i < REGS; i++) {
		if (i == CR3)
			p += sprintf(p, "xxxxxxxxxxxxxxxxxxxx");
		for (size_t b = 0; b < bytes_of(i); b++)
			p += sprintf(p, "%02x", (unsigned)(reg(s, i) >> (8 * b) & 0xff));
	}
	return (int)(p - to);
}

static int describe_core(char *to)
{
	char *p = to + sprintf(to,
			       "<?xml version=\"1.0\"?><!DOCTYPE feature SYSTEM \"gdb-target.dtd\">"
			       "<feature name=\"org.gnu.gdb.i386.core\">");

	for (size_t i = 0; i < REGS; i++) {
		if (i == CR3)
			p += sprintf(p, "<reg name=\"st0\" bitsize=\"80\" type=\"i387_ext\"/>");
		p += sprintf(p, "<reg name=\"%s\" bitsize=\"%zu\"%s/>", names[i], 8 * bytes_of(i),
			     i ? "" : " regnum=\"0\"");
	}
	return (int)(p - to + sprintf(p, "</feature>"));
}

/* Whatever is asked for, as many bytes as are asked for, and more to come. */
static int answer_endless(const struct server *s, const char *question, char *to)
{
	static const char *const texts[] = {
		[STUB_ENDLESS_DOCUMENT] = "<reg/>",
		[STUB_ENDLESS_CHARACTERS] = "<reg/>",
		[STUB_ENDLESS_NESTING] = "<a>",
		[STUB_ENDLESS_INCLUDES] = "<xi:include href=\"core.xml\"/>",
	};
	const char *text = s->plan->endless < sizeof(texts) / sizeof(texts[0])
				   ? texts[s->plan->endless]
				   : NULL;
	unsigned offset, len;
	int n = 0;

	if (!text || sscanf(strchr(question, ':') + 1, "%x,%x", &offset, &len) != 2)
		return 0;
	if (s->plan->endless == STUB_ENDLESS_CHARACTERS)
		len = 1;
	/* As much as is taken, then it ends: with what was never closed. */
	to[n++] = offset > (s->plan->endless == STUB_ENDLESS_NESTING    ? 250 * 1024
			    : s->plan->endless == STUB_ENDLESS_INCLUDES ? PACKET
									: UINT_MAX - 1)
			  ? 'l'
			  : 'm';
	for (unsigned i = 0; i < len && i < PACKET / 2; i++) {
		if (offset + i < 8)
			to[n++] = "<target>"[offset + i];
		else
			to[n++] = text[(offset + i - 8) % strlen(text)];
	}
	return n;
}

static int answer_object(struct server *s, const char *question, char *to)
{
	char text[OUT / 2];
	unsigned offset = 0, len = 0;
	int size = answer_endless(s, question, to);

	if (size)
		return size;
	if (!strncmp(question, "target.xml:", 11))
		size = sprintf(text,
			       "<target><architecture>%s</architecture>"
			       "<xi:include href=\"core.xml\"/></target>",
			       s->plan->architecture ? s->plan->architecture : "i386:x86-64");
	else if (!strncmp(question, "core.xml:", 9))
		size = describe_core(text);
	else
		return sprintf(to, "E00");
	if (sscanf(strchr(question, ':') + 1, "%x,%x", &offset, &len) != 2 ||
	    offset > (unsigned)size)
		return sprintf(to, "E00");
	if (len > PACKET / 2)
		len = PACKET / 2;
	return sprintf(to, "%c%.*s", offset + len < (unsigned)size ? 'm' : 'l', (int)len,
		       text + offset);
}

static bool read_memory(struct server *s, uint64_t address, unsigned char *to, unsigned len)
{
	for (unsigned done = 0; done < len;) {
		unsigned part = 4096 - (unsigned)((address + done) % 4096);

		if (part > len - done)
			part = len - done;
		if (!s->target)
			memset(to + done, 0, part);
		else if (s->target->ops->read(s->target, address + done, to + done, part))
			return false;
		done += part;
	}
	return true;
}

static uint64_t ram(const struct server *s)
{
	return s->target ? RAM : EMPTY_RAM;
}

static int answer_memory(struct server *s, const char *question, char *to)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[PACKET / 2];
	unsigned long long address;
	unsigned len;

	if (sscanf(question, "m%llx,%x", &address, &len) != 2 || len > sizeof(bytes))
		return sprintf(to, "E22");
	s->log->read_device |= address + len > ram(s);
	if (!s->log->phys_mode || !read_memory(s, address, bytes, len))
		return sprintf(to, "E14");
	for (unsigned i = 0; i < len; i++) {
		to[2 * i] = digits[bytes[i] >> 4];
		to[2 * i + 1] = digits[bytes[i] & 0xf];
	}
	return (int)(2 * len);
}

/* What the monitor prints comes first, line by line; the answer to the question is "OK". */
static int answer_monitor(struct server *s, const char *command, char *to)
{
	char lines[512], hex[1024];
	char *next, *line;

	/* "info v", "info m" */
	if (!strncmp(command, "696e666f2076", 12))
		strcpy(lines, s->plan->is_8_1 ? "8.1.0\r\n" : "7.2.22 (Debian 1:7.2+dfsg-7)\r\n");
	else if (s->plan->has_no_map)
		strcpy(lines, "unknown command: 'info mtree'\n");
	else
		snprintf(lines, sizeof(lines),
			 "FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n"
			 "  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan\n\n"
			 "FlatView #1\n AS \"memory\", root: system\n Root memory region: system\n"
			 "  0000000000000000-%016llx (prio 0, ram): pc.ram\n"
			 "  00000000fec00000-00000000fec00fff (prio 0, i/o): ioapic\n",
			 (unsigned long long)ram(s) - 1);
	for (int i = 0; i < 1 << 20 && s->plan->endless == STUB_ENDLESS_MONITOR; i++)
		if (!send_packet(s, "O20202020202020200a", 19, false))
			return 0;
	for (line = lines; *line; line = next) {
		int n = 1;

		next = line + strcspn(line, "\n") + 1;
		hex[0] = 'O';
		for (char *p = line; p < next; p++)
			n += sprintf(hex + n, "%02x", (unsigned char)*p);
		send_packet(s, hex, (size_t)n, false);
	}
	return sprintf(to, "OK");
}

static int let_go(struct server *s, const char *q, char *to)
{
	if (s->has_processes && q[1] != ';')
		return sprintf(to, "E22");
	s->log->is_dead |= s->has_let_go;
	s->has_let_go = true;
	s->log->goodbyes++;
	s->log->runs = true;
	return sprintf(to, "OK");
}

static int answer_thread(const struct server *s, const char *which, char *to)
{
	return sprintf(to, "m%s%s", s->has_processes ? "p01." : "", which);
}

static int answer_query(struct server *s, const char *q, char *to)
{
	const struct stub_plan *plan = s->plan;

	s->has_processes |= !strncmp(q, "qSupported", 10) && strstr(q, "multiprocess+");
	if (!strncmp(q, "qSupported", 10))
		return sprintf(to, "PacketSize=%x%s", PACKET,
			       plan->is_no_qemu ? "" : ";qXfer:features:read+;vContSupported+");
	if (!strcmp(q, "QStartNoAckMode") && plan->has_no_ack)
		return sprintf(to, "OK");
	if (!strncmp(q, "Qqemu.PhyMemMode:", 17) && !plan->is_old && !plan->is_no_qemu) {
		s->log->phys_mode = q[17] == '1';
		return sprintf(to, "OK");
	}
	if (!strncmp(q, "qXfer:features:read:", 20))
		return answer_object(s, q + 20, to);
	if (!strcmp(q, "qfThreadInfo")) {
		s->thread = 0;
		return answer_thread(s, "01", to);
	}
	if (!strcmp(q, "qsThreadInfo") && s->plan->endless == STUB_ENDLESS_CPUS)
		return answer_thread(s, "02", to);
	if (!strcmp(q, "qsThreadInfo"))
		return s->thread++ ? sprintf(to, "l") : answer_thread(s, "02", to);
	if (!strncmp(q, "qRcmd,", 6))
		return answer_monitor(s, q + 6, to);
	return 0;
}

static int answer(struct server *s, const char *q, char *to)
{
	if (strchr("MXGPZsCSvkRbB", q[0]) || (q[0] == 'c' && s->plan->is_stopped))
		s->log->was_written = true;
	if (q[0] == 'm')
		return answer_memory(s, q, to);
	if (q[0] == 'g')
		return answer_regs(s, to);
	if (!strncmp(q, "Hg", 2)) {
		s->thread = strtoul(q + (q[2] == 'p' ? 6 : 2), NULL, 16);
		return sprintf(to, "OK");
	}
	if (q[0] == 'D')
		return let_go(s, q, to);
	return answer_query(s, q, to);
}

/* --- faults */

/* Whether the answer is to be sent; the connection may be gone. */
static bool misbehave(struct server *s, const char *text, int len)
{
	static char noise[65536];

	switch (s->plan->fault) {
	case STUB_CUT:
		send_bytes(s, "$", 1);
		send_bytes(s, text, (size_t)len / 2);
		/* fall through */
	case STUB_CLOSES:
		shutdown(s->fd, SHUT_RDWR);
		return false;
	case STUB_SILENT:
		s->is_silent = true;
		return false;
	case STUB_BAD_SUM_ONCE:
		send_packet(s, text, (size_t)len, true);
		/* The one that is asked for again is whole. */
		s->last[s->last_len - 1] = (char)(s->last[s->last_len - 1] == '0' ? 'f' : '0');
		return false;
	case STUB_NAK_ONCE:
		send_bytes(s, "-", 1);
		return false;
	case STUB_ERROR:
		send_packet(s, "E01", 3, false);
		return false;
	case STUB_EMPTY:
		send_packet(s, "", 0, false);
		return false;
	case STUB_GARBAGE:
		send_packet(s, "m-what?", 7, false);
		return false;
	case STUB_HUGE:
	case STUB_CHATTER:
		memset(noise, s->plan->fault == STUB_HUGE ? '0' : '!', sizeof(noise));
		if (s->plan->fault == STUB_HUGE)
			send_bytes(s, "$", 1);
		for (int i = 0; i < 64; i++)
			send_bytes(s, noise, sizeof(noise));
		s->is_silent = true;
		return false;
	case STUB_CANCELS:
		s->log->cancel = 1;
		return true;
	case STUB_KILLS:
		kill(s->log->client, SIGKILL);
		return true;
	case STUB_TALKS:
	case STUB_KILLS_AND_TALKS:
		if (s->plan->fault == STUB_TALKS)
			s->log->cancel = 1;
		else
			kill(s->log->client, SIGKILL);
		memset(noise, '!', sizeof(noise));
		while (send_bytes(s, noise, sizeof(noise)))
			continue;
		return false;
	case STUB_KILLS_AND_TRICKLES:
		kill(s->log->client, SIGKILL);
		while (send_bytes(s, "!", 1))
			pause_for(TRICKLE_NS);
		return false;
	case STUB_STOPS:
		kill(s->log->client, SIGTSTP);
		return true;
	case STUB_FREEZES:
		kill(s->log->client, SIGSTOP);
		return true;
	case STUB_SLOW:
		s->is_slow = true;
		return true;
	case STUB_NO_FAULT:
	case STUB_BAD_SUM:
	case STUB_FAULT_COUNT:
		break;
	}
	return true;
}

static void take_question(struct server *s, const char *question)
{
	static char text[OUT];
	unsigned n = ++s->log->questions;
	bool is_faulty = s->plan->fault && n == s->plan->fault_at;
	int len;

	if (!s->plan->has_no_ack || n < 3)
		send_bytes(s, "+", 1);
	len = answer(s, question, text);
	if (s->is_silent || (is_faulty && !misbehave(s, text, len)))
		return;
	if (question[0] == 'c') {
		s->log->continued++;
		s->log->runs = s->is_continued = true;
		return;
	}
	if (question[0] == 'g' && s->plan->endless == STUB_ENDLESS_REGISTERS) {
		send_bytes(s, "$", 1);
		while (send_bytes(s, "0123456789abcdef", 16))
			continue;
		return;
	}
	if (s->is_slow)
		pause_for(SLOW_NS);
	send_packet(s, text, (size_t)len, s->plan->fault == STUB_BAD_SUM && n >= s->plan->fault_at);
}

/* --- receiving */

/* What is said to one that runs is not heard, but stops it. */
static bool stops(struct server *s)
{
	static const char reply[] = "T02thread:01;";
	bool did_run = s->is_continued;

	s->is_continued = false;
	if (did_run)
		send_packet(s, reply, sizeof(reply) - 1, false);
	return did_run;
}

static void again(struct server *s)
{
	if (s->plan->fault == STUB_BAD_SUM_ONCE) {
		unsigned char sum = 0;

		for (size_t i = 1; i + 3 < s->last_len; i++)
			sum = (unsigned char)(sum + (unsigned char)s->last[i]);
		snprintf(s->last + s->last_len - 2, 3, "%02x", sum);
	}
	send_bytes(s, s->last, s->last_len);
}

static void serve_one(struct server *s)
{
	static char question[PACKET + 1];
	size_t len = 0;
	int sum_left = 0;
	char bytes[4096];
	ssize_t got;
	bool is_inside = false;

	while ((got = recv(s->fd, bytes, sizeof(bytes), 0)) > 0) {
		/* As QEMU: who runs is stopped by anything that is said. */
		s->log->runs = false;
		for (ssize_t i = stops(s); i < got; i++) {
			char c = bytes[i];

			if (sum_left && !--sum_left) {
				question[len] = 0;
				take_question(s, question);
			} else if (sum_left) {
				continue;
			} else if (is_inside && c == '#') {
				is_inside = false;
				sum_left = 2;
			} else if (is_inside && len < PACKET) {
				question[len++] = c;
			} else if (c == '$') {
				is_inside = true;
				len = 0;
			} else if (c == '-') {
				again(s);
			}
		}
	}
}

static void serve(struct server *s, int listener)
{
	for (;;) {
		s->fd = accept(listener, NULL, NULL);
		if (s->fd < 0)
			die("accept");
		s->log->connections++;
		s->is_silent = s->plan->is_busy;
		s->is_slow = s->has_let_go = s->is_continued = false;
		s->thread = 0;
		if (s->log->runs && !s->plan->is_8_1)
			send_packet(s, "T02thread:01;", 13, false);
		s->log->runs = false;
		serve_one(s);
		close(s->fd);
		s->log->departures++;
	}
}

static void open_capture(struct server *s)
{
	static struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	if (s->plan->capture && dlk_target_open_vmcore(&ctx, s->plan->capture, &s->target)) {
		fprintf(stderr, "%s\n", ctx.err.text);
		_exit(3);
	}
}

void stub_start(struct stub *s, const struct stub_plan *plan)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct server server = { .plan = plan, .has_processes = plan->was_debugged };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(s->directory, "/tmp/deadlock-stub-XXXXXX");
	s->log = mmap(NULL, sizeof(*s->log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (listener < 0 || s->log == MAP_FAILED || !mkdtemp(s->directory))
		die("stub");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/gdb", s->directory);
	snprintf(s->address, sizeof(s->address), "unix:%s/gdb", s->directory);
	if (bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 4))
		die("listen");
	s->log->runs = !plan->is_stopped;
	server.log = s->log;
	s->pid = fork();
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		open_capture(&server);
		serve(&server, listener);
	}
	close(listener);
	if (s->pid < 0)
		die("fork");
}

void stub_stop(struct stub *s)
{
	char path[128];

	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/gdb", s->directory);
	unlink(path);
	rmdir(s->directory);
}

void stub_free(struct stub *s)
{
	munmap(s->log, sizeof(*s->log));
}
