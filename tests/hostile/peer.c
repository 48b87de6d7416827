/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gdbstubs and monitors: see peer.h. */
#include <config.h>

#include "peer.h"

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

enum { ROOM = 1 << 16, PATIENCE_MS = 10000, LOOK_MS = 5 };

static void die(const char *what)
{
	perror(what);
	_exit(3);
}

static void pause_for(unsigned ms)
{
	nanosleep(&(struct timespec){ ms / 1000, (long)(ms % 1000) * 1000000 }, NULL);
}

/* --- saying */

bool peer_send(struct peer *p, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(p->fd, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

bool peer_say(struct peer *p, const char *text)
{
	return peer_send(p, text, strlen(text));
}

bool peer_packet(struct peer *p, const char *text)
{
	unsigned char sum = 0;
	char end[4];

	for (const char *c = text; *c; c++)
		sum = (unsigned char)(sum + (unsigned char)*c);
	snprintf(end, sizeof(end), "#%02x", sum);
	return peer_say(p, "$") && peer_say(p, text) && peer_say(p, end);
}

/* Who talks hears the goodbye all the same, as QEMU does. */
static void hear(struct peer *p)
{
	char bytes[4096];
	ssize_t got = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	p->log->runs |= got > 0 && p->kind != PEER_MONITOR && memmem(bytes, (size_t)got, "$D", 2);
}

void peer_chatter(struct peer *p, const char *bytes, size_t len)
{
	enum { CHUNK = 8192 };
	static char chunk[CHUNK];

	for (size_t at = 0; at < sizeof(chunk) / len * len; at += len)
		memcpy(chunk + at, bytes, len);
	while (peer_send(p, chunk, sizeof(chunk) / len * len))
		hear(p);
}

void peer_trickle(struct peer *p, const char *text, unsigned ms)
{
	for (size_t i = 0; peer_send(p, text + i, 1); i = (i + 1) % strlen(text)) {
		pause_for(ms);
		hear(p);
	}
}

/* --- what is good */

static bool good_memory(struct peer *p, const char *question)
{
	static char zeros[ROOM];
	unsigned long long address;
	unsigned len;

	if (sscanf(question, "m%llx,%x", &address, &len) != 2 || len >= ROOM / 2)
		return peer_packet(p, "E22");
	memset(zeros, '0', 2 * (size_t)len);
	zeros[2 * (size_t)len] = 0;
	return peer_packet(p, zeros);
}

/* All registers of 64 bits, at their numbers. */
static bool good_description(struct peer *p)
{
	static const char *const names[] = { "rax",    "rbx", "rcx", "rdx", "rsi", "rdi",
					     "rbp",    "rsp", "r8",  "r9",  "r10", "r11",
					     "r12",    "r13", "r14", "r15", "rip", "cs",
					     "eflags", "ss",  "cr3", "cr4" };
	char text[4096] = "l<target><architecture>i386:x86-64</architecture>";
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"<reg name=\"%s\" bitsize=\"64\"/>", names[i]);
	snprintf(text + len, sizeof(text) - len, "</target>");
	return peer_packet(p, text);
}

/* CR3 is 0x1000. */
static bool good_registers(struct peer *p)
{
	char text[22 * 16 + 1];

	memset(text, '0', sizeof(text) - 1);
	memcpy(text + 20 * 16, "0010", 4);
	text[sizeof(text) - 1] = 0;
	return peer_packet(p, text);
}

static bool is_stub(const struct peer *p)
{
	return p->kind != PEER_MONITOR;
}

static bool good_stub(struct peer *p, const char *q)
{
	if (q[0] == 'm')
		return good_memory(p, q);
	if (!strcmp(q, "g"))
		return good_registers(p);
	if (!strncmp(q, "qSupported", 10))
		return peer_packet(p, "PacketSize=1000;qXfer:features:read+");
	if (!strncmp(q, "qXfer", 5))
		return good_description(p);
	if (!strcmp(q, "qfThreadInfo"))
		return peer_packet(p, "m01");
	if (!strcmp(q, "qsThreadInfo"))
		return peer_packet(p, "l");
	if (strchr("HDQ", q[0]) || !strncmp(q, "qRcmd", 5))
		return peer_packet(p, "OK");
	return peer_packet(p, "");
}

static bool good_monitor(struct peer *p, const char *q)
{
	char text[256];
	const char *id = strstr(q, "\"id\":");

	if (!*q)
		return peer_say(p, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	snprintf(text, sizeof(text), "{\"return\": %s, \"id\": %d}\r\n",
		 strstr(q, "query-status")  ? "{\"running\": true}"
		 : strstr(q, "query-chard") ? "[]"
		 : strstr(q, "human")       ? "\"\""
					    : "{}",
		 id ? atoi(id + 5) : 0);
	return peer_say(p, text);
}

/* --- serving */

static void take(struct peer *p, const char *question)
{
	p->log->questions++;
	if (p->answer && p->answer(p, question))
		return;
	if (is_stub(p))
		good_stub(p, question);
	else
		good_monitor(p, question);
}

/* "$...#xx" of a gdbstub, without escapes; a line of a monitor. */
static void serve_one(struct peer *p)
{
	static char question[ROOM];
	char bytes[4096];
	size_t len = 0;
	int sum_left = 0;
	bool is_inside = !is_stub(p);
	ssize_t got;

	while ((got = recv(p->fd, bytes, sizeof(bytes), 0)) > 0)
		for (ssize_t i = 0; i < got; i++) {
			char c = bytes[i];
			bool is_end = is_stub(p) ? sum_left == 1 : c == '\n';

			if (is_end) {
				question[len] = 0;
				len = sum_left = 0;
				if (is_stub(p))
					peer_say(p, "+");
				/* To whatever is said as a goodbye. */
				p->log->runs |= is_stub(p) && question[0] == 'D';
				take(p, question);
			} else if (sum_left) {
				sum_left--;
			} else if (is_stub(p) && c == '$') {
				is_inside = true;
			} else if (is_stub(p) && c == '#') {
				is_inside = false;
				sum_left = 2;
			} else if (is_inside && len < sizeof(question) - 1) {
				question[len++] = c;
			}
		}
}

static void serve(struct peer *p, int listener)
{
	for (;;) {
		p->fd = accept(listener, NULL, NULL);
		if (p->fd < 0)
			die("accept");
		p->log->connections++;
		p->log->runs &= !is_stub(p);
		if (p->kind == PEER_STUB)
			peer_packet(p, "T02thread:01;");
		else if (p->kind == PEER_MONITOR)
			take(p, "");
		serve_one(p);
		close(p->fd);
	}
}

void peer_start(struct peer *p, enum peer_kind kind, peer_answer_fn *answer, const void *arg)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*p = (struct peer){ .kind = kind, .answer = answer, .arg = arg };
	strcpy(p->directory, "/tmp/deadlock-peer-XXXXXX");
	p->log = mmap(NULL, sizeof(*p->log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (listener < 0 || p->log == MAP_FAILED || !mkdtemp(p->directory))
		die("peer");
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/peer", p->directory);
	snprintf(p->address, sizeof(p->address), "unix:%s/peer", p->directory);
	if (bind(listener, (const struct sockaddr *)&at, sizeof(at)) || listen(listener, 4))
		die("listen");
	p->log->runs = true;
	p->pid = fork();
	if (!p->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(p, listener);
	}
	close(listener);
	if (p->pid < 0)
		die("fork");
}

void peer_stop(struct peer *p)
{
	char path[128];

	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/peer", p->directory);
	unlink(path);
	rmdir(p->directory);
}

void peer_free(struct peer *p)
{
	munmap(p->log, sizeof(*p->log));
}

bool peer_runs_soon(const struct peer *p)
{
	const volatile bool *runs = &p->log->runs;

	for (unsigned ms = 0; ms < PATIENCE_MS && !*runs; ms += LOOK_MS)
		pause_for(LOOK_MS);
	return *runs;
}
