/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/qmp.c: a monitor that says line by line what a test wrote down. */
#include <config.h>

#include "support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/qmp.h"

enum { LIMIT_MS = 5000, SHORT_MS = 150, NOBODY = 65534 };

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define DONE "{\"return\": {}}\r\n"
#define EVENT "{\"timestamp\": {\"seconds\": 1}, \"event\": \"STOP\"}\r\n"

struct monitor {
	struct temp temp;
	char address[600];
	pid_t pid;
	int heard; /* what it was told */
};

/* The first line at once, each other one when it was told something. */
static void serve(int listener, int heard, const char *const *lines)
{
	int fd = accept(listener, NULL, NULL);
	char buf[4096];

	for (; *lines; lines++) {
		ssize_t got = 1;

		if (send(fd, *lines, strlen(*lines), MSG_NOSIGNAL) < 0)
			break;
		got = recv(fd, buf, sizeof(buf), 0);
		/* A command and its newline may come one by one. */
		while (got > 0 && write(heard, buf, (size_t)got) == got && buf[got - 1] != '\n')
			got = recv(fd, buf, sizeof(buf), 0);
		if (got <= 0)
			break;
	}
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		continue;
	_exit(0);
}

static int listen_at_a_path(struct monitor *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", temp_file(&m->temp, "qmp"));
	snprintf(m->address, sizeof(m->address), "unix:%s", addr.sun_path);
	assert_int_equal(bind(listener, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return listener;
}

static int listen_at_a_port(struct monitor *m)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(listener, (const struct sockaddr *)&addr, size), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &size), 0);
	snprintf(m->address, sizeof(m->address), "tcp:127.0.0.1:%u", ntohs(addr.sin_port));
	return listener;
}

static void monitor_start_at(struct monitor *m, const char *const *lines, bool is_tcp)
{
	int listener, ends[2];

	temp_make(&m->temp);
	listener = is_tcp ? listen_at_a_port(m) : listen_at_a_path(m);
	/* Who listens is who serves; root would be anybody. */
	assert_int_equal(getuid() ? 0 : seteuid(NOBODY), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getuid() ? 0 : seteuid(0), 0);
	assert_int_equal(pipe(ends), 0);
	m->heard = ends[0];
	m->pid = fork();
	if (!m->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, ends[1], lines);
	}
	close(ends[1]);
	close(listener);
}

static void monitor_start(struct monitor *m, const char *const *lines)
{
	monitor_start_at(m, lines, false);
}

static void monitor_stop(struct monitor *m, char *heard, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 && (got = read(m->heard, heard + len, size - 1 - len)) > 0)
		len += (size_t)got;
	heard[len] = 0;
	close(m->heard);
	kill(m->pid, SIGKILL);
	waitpid(m->pid, NULL, 0);
	temp_remove(&m->temp);
}

static void assert_running(struct fake *f, const char *answer, bool expected)
{
	const char *const lines[] = { GREETING, EVENT DONE, answer, NULL };
	struct monitor m;
	struct dlk_qmp q;
	bool is_running = !expected;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	assert_int_equal(dlk_qmp_is_running(&q, &is_running), DLK_OK);
	assert_int_equal(is_running, expected);
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	assert_non_null(strstr(heard, "\"qmp_capabilities\""));
	assert_non_null(strstr(heard, "\"query-status\""));
}

static void test_status(void **state)
{
	assert_running(*state, "{\"return\": {\"status\": \"running\", \"running\": true}}\n",
		       true);
	assert_running(*state,
		       EVENT EVENT "{\"return\": {\"status\": \"paused\", \"running\": false}}\r\n",
		       false);
}

/* Nobody may take that for a guest that stood. */
static void test_no_status(void **state)
{
	const char *const lines[] = { GREETING, DONE, "{\"return\": {}}\r\n",
				      "{\"return\": {\"running\": 0}}\r\n", NULL };
	struct fake *f = *state;
	struct monitor m;
	struct dlk_qmp q;
	bool is_running;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	assert_int_equal(dlk_qmp_is_running(&q, &is_running), DLK_ERR_CORRUPT);
	assert_int_equal(dlk_qmp_is_running(&q, &is_running), DLK_ERR_CORRUPT);
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
}

static void assert_stub_by(struct fake *f, bool is_tcp, const char *chardevs,
			   enum dlk_status expected, const char *address)
{
	const char *const lines[] = { GREETING, DONE, chardevs, NULL };
	struct monitor m;
	struct dlk_qmp q;
	const char *got = NULL;
	char heard[4096];

	monitor_start_at(&m, lines, is_tcp);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	/* The user who has to serve it is the monitor's. */
	assert_true(q.server == (is_tcp     ? DLK_WIRE_ANYBODY
				 : getuid() ? (int64_t)getuid()
					    : NOBODY));
	assert_int_equal(dlk_qmp_find_stub(&q, &got), expected);
	if (!expected)
		assert_string_equal(got, address);
	else
		assert_non_null(strstr(f->ctx.err.text, address));
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	/* One that was there before is not ended. */
	assert_null(strstr(heard, "gdbserver"));
}

static void assert_stub(struct fake *f, const char *chardevs, enum dlk_status expected,
			const char *address)
{
	assert_stub_by(f, false, chardevs, expected, address);
}

#define CHARDEV(file)                                                                              \
	"{\"return\": [{\"label\": \"serial0\", \"filename\": \"file\"}, "                         \
	"{\"label\": \"gdb\", \"filename\": \"" file "\"}]}\r\n"

static void test_stub_that_is_there(void **state)
{
	assert_stub(*state, CHARDEV("disconnected:unix:/run/g,server=on"), DLK_OK, "unix:/run/g");
	assert_stub(*state, CHARDEV("disconnected:tcp:0.0.0.0:1234,server=on"), DLK_OK,
		    "tcp:localhost:1234");
	assert_stub(*state, CHARDEV("disconnected:tcp:[::]:1234,server=on"), DLK_OK,
		    "tcp:localhost:1234");
	assert_stub(*state, CHARDEV("disconnected:tcp:127.0.0.1:9,server=on"), DLK_OK,
		    "tcp:127.0.0.1:9");
	assert_stub(*state, CHARDEV("unix:/run/g,server=on"), DLK_ERR_UNSUPPORTED,
		    "a debugger is attached");
	assert_stub(
		*state, CHARDEV("disconnected:unix:run/g,server=on"), DLK_ERR_UNSUPPORTED,
		"at unix:run/g, as seen from the folder that QEMU runs in: give its whole path, "
		"--qemu unix:FOLDER/run/g");
	assert_stub(*state, CHARDEV("disconnected:pty"), DLK_ERR_UNSUPPORTED, "is no socket");
}

/* A monitor does not send us anywhere: not to other machines, nor from a port to a path of ours. */
static void test_stub_that_is_elsewhere(void **state)
{
	static const char no[] = "is not followed there";

	assert_stub(*state, CHARDEV("disconnected:tcp:192.0.2.1:22,server=on"), DLK_ERR_UNSUPPORTED,
		    no);
	assert_stub(*state, CHARDEV("disconnected:tcp:[2001:db8::1]:22,server=on"),
		    DLK_ERR_UNSUPPORTED, no);
	assert_stub(*state, CHARDEV("disconnected:tcp:a.host:22,server=on"), DLK_ERR_UNSUPPORTED,
		    no);
	assert_stub(*state, CHARDEV("disconnected:tcp:0.0.0.0:1@a.host:22,server=on"),
		    DLK_ERR_UNSUPPORTED, no);
	assert_stub(*state, CHARDEV("disconnected:tcp:127.0.0.1.a.host:22,server=on"),
		    DLK_ERR_UNSUPPORTED, no);
	assert_stub(*state, CHARDEV("disconnected:tcp:[::ffff:127.0.0.1]:9,server=on"), DLK_OK,
		    "tcp:[::ffff:127.0.0.1]:9");
	assert_stub(*state, CHARDEV("disconnected:tcp:[::1]:9,server=on"), DLK_OK, "tcp:[::1]:9");
	assert_stub_by(*state, true, CHARDEV("disconnected:unix:/run/g,server=on"),
		       DLK_ERR_UNSUPPORTED, no);
	assert_stub_by(*state, true, CHARDEV("disconnected:tcp:127.0.0.1:9,server=on"), DLK_OK,
		       "tcp:127.0.0.1:9");
}

/* It is started beside the monitor's socket, and ended afterwards; by a whole path, whatever was given. */
static void start_beside(struct fake *f, bool is_relative)
{
	const char *const lines[] = {
		GREETING,
		DONE,
		"{\"return\": []}\r\n",
		"{\"return\": \"Waiting for gdb connection on device 'unix:x'\\r\\n\"}\r\n",
		"{\"return\": \"Disabled gdbserver\\r\\n\"}\r\n",
		NULL
	};
	struct monitor m;
	struct dlk_qmp q;
	const char *got = NULL;
	char heard[4096], beside[700], relative[700];

	monitor_start(&m, lines);
	/* m.address is unix:/tmp/... */
	snprintf(relative, sizeof(relative), "unix:../%s", m.address + strlen("unix:/"));
	assert_int_equal(chdir("/tmp"), 0);
	assert_int_equal(dlk_qmp_connect(&f->ctx, is_relative ? relative : m.address, LIMIT_MS, &q),
			 DLK_OK);
	assert_int_equal(dlk_qmp_find_stub(&q, &got), DLK_OK);
	snprintf(beside, sizeof(beside), "%s.deadlock-%ld", m.address, (long)getpid());
	assert_string_equal(got, beside);
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	assert_non_null(strstr(heard, "gdbserver unix:/"));
	assert_non_null(strstr(heard, "gdbserver none"));
}

static void test_stub_that_is_started(void **state)
{
	start_beside(*state, false);
	start_beside(*state, true);
}

static void test_stub_that_cannot_be_started(void **state)
{
	const char *const lines[] = {
		GREETING, DONE, "{\"return\": []}\r\n",
		"{\"return\": \"Could not open gdbserver on device\\r\\n\"}\r\n", NULL
	};
	struct fake *f = *state;
	struct monitor m;
	struct dlk_qmp q;
	const char *got = NULL;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	assert_int_equal(dlk_qmp_find_stub(&q, &got), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(f->ctx.err.text, "Could not open gdbserver on device"));
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	assert_null(strstr(heard, "gdbserver none"));
}

static void test_errors_are_quoted(void **state)
{
	const char *const lines[] = {
		GREETING, DONE,
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\r\n", NULL
	};
	struct fake *f = *state;
	struct monitor m;
	struct dlk_qmp q;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	assert_int_equal(dlk_qmp_continue(&q), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(f->ctx.err.text, "no such thing"));
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
}

/* An answer that comes too late is not taken for the next one's. */
static void test_late_answer(void **state)
{
	static const char both[] = "{\"return\": {\"running\": true}, \"id\": 2}\r\n"
				   "{\"return\": {\"running\": false}, \"id\": 3}\r\n";
	const char *const lines[] = { GREETING, DONE, "", both, NULL };
	struct fake *f = *state;
	struct monitor m;
	struct dlk_qmp q;
	bool is_running = true;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	q.wire.timeout = SHORT_MS;
	assert_int_equal(dlk_qmp_is_running(&q, &is_running), DLK_ERR_LIMIT);
	q.wire.timeout = LIMIT_MS;
	assert_int_equal(dlk_qmp_is_running(&q, &is_running), DLK_OK);
	assert_false(is_running);
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	assert_non_null(strstr(heard, "\"id\":3"));
}

/* It was started, but the answer did not come: it is ended all the same. */
static void test_stub_of_which_nothing_is_heard(void **state)
{
	const char *const lines[] = { GREETING,
				      DONE,
				      "{\"return\": []}\r\n",
				      "",
				      "{\"return\": \"Disabled gdbserver\\r\\n\"}\r\n",
				      NULL };
	struct fake *f = *state;
	struct monitor m;
	struct dlk_qmp q;
	const char *got = NULL;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address, LIMIT_MS, &q), DLK_OK);
	q.wire.timeout = 5 * SHORT_MS;
	assert_int_equal(dlk_qmp_find_stub(&q, &got), DLK_ERR_LIMIT);
	q.wire.timeout = LIMIT_MS;
	dlk_qmp_close(&q);
	monitor_stop(&m, heard, sizeof(heard));
	assert_non_null(strstr(heard, "gdbserver none"));
}

static void assert_no_monitor(struct fake *f, const char *greeting, enum dlk_status expected)
{
	const char *const lines[] = { greeting, NULL };
	struct monitor m;
	struct dlk_qmp q;
	char heard[4096];

	monitor_start(&m, lines);
	assert_int_equal(dlk_qmp_connect(&f->ctx, m.address,
					 expected == DLK_ERR_LIMIT ? SHORT_MS : LIMIT_MS, &q),
			 expected);
	assert_true(f->ctx.err.text[0] != 0);
	monitor_stop(&m, heard, sizeof(heard));
}

static void test_no_monitor(void **state)
{
	static char endless[512 * 1024];

	assert_no_monitor(*state, "SSH-2.0-OpenSSH_9.2p1\r\n", DLK_ERR_UNSUPPORTED);
	assert_no_monitor(*state, "[1, 2, 3]\r\n", DLK_ERR_UNSUPPORTED);
	assert_no_monitor(*state, "{\"hello\": 1}\r\n", DLK_ERR_UNSUPPORTED);
	assert_no_monitor(*state,
			  "QEMU 7.2.0 monitor - type 'help' for more information\r\n(qemu) ",
			  DLK_ERR_UNSUPPORTED);
	assert_no_monitor(*state, "", DLK_ERR_LIMIT);
	memset(endless, '[', sizeof(endless) - 1);
	assert_no_monitor(*state, endless, DLK_ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_status),
		FAKE_TEST(test_no_status),
		FAKE_TEST(test_stub_that_is_there),
		FAKE_TEST(test_stub_that_is_elsewhere),
		FAKE_TEST(test_stub_that_is_started),
		FAKE_TEST(test_stub_that_cannot_be_started),
		FAKE_TEST(test_errors_are_quoted),
		FAKE_TEST(test_late_answer),
		FAKE_TEST(test_stub_of_which_nothing_is_heard),
		FAKE_TEST(test_no_monitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
