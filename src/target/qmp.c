/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's monitor: see qmp.h. */
#include <config.h>

#include "target/qmp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "target/address.h"

enum { MAX_LINE = 256 * 1024, MAX_EVENTS = 1024 };

/* Read a line, without what ends it. */
static enum dlk_status read_line(struct dlk_qmp *q, size_t *ret)
{
	struct dlk_wire *w = &q->wire;
	size_t len = 0;

	for (;;) {
		enum dlk_status status = dlk_wire_fill(w);
		const unsigned char *from, *newline;
		size_t count;

		if (status)
			return status;
		from = w->in + w->in_at;
		count = w->in_len - w->in_at;
		newline = memchr(from, '\n', count);
		if (newline)
			count = (size_t)(newline - from);
		if (len + count > MAX_LINE)
			return dlk_fail(w->ctx, DLK_ERR_CORRUPT, "%s: a line without an end",
					w->name);
		memcpy(q->line + len, from, count);
		len += count;
		w->in_at += count + (newline != NULL);
		if (newline) {
			*ret = len;
			return DLK_OK;
		}
	}
}

static enum dlk_status read_object(struct dlk_qmp *q, json_t **ret)
{
	size_t len = 0;
	enum dlk_status status = read_line(q, &len);
	json_t *object;

	if (status)
		return status;
	object = json_loadb(q->line, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return dlk_fail(q->wire.ctx, DLK_ERR_UNSUPPORTED,
				"%s: not a QMP monitor: what it says is no JSON object",
				q->wire.name);
	}
	*ret = object;
	return DLK_OK;
}

static enum dlk_status fail_answer(struct dlk_qmp *q, json_t *answer)
{
	json_t *error = json_object_get(answer, "error");
	const char *text = json_string_value(json_object_get(error, "desc"));

	return dlk_fail(q->wire.ctx, DLK_ERR_UNSUPPORTED, "%s: QEMU says: %s", q->wire.name,
			text ? text : "an error");
}

/* An answer that came too late for the command before this one is none to this one. */
static bool is_late(const struct dlk_qmp *q, json_t *object)
{
	json_t *id = json_object_get(object, "id");

	return json_is_integer(id) && json_integer_value(id) != q->id;
}

/* The next answer, past what happens meanwhile. */
static enum dlk_status read_answer(struct dlk_qmp *q, json_t **ret)
{
	for (unsigned i = 0; i < MAX_EVENTS; i++) {
		json_t *object = NULL, *value;
		enum dlk_status status = read_object(q, &object);

		if (status)
			return status;
		value = is_late(q, object) ? NULL : json_object_get(object, "return");
		if (!is_late(q, object) && json_object_get(object, "error"))
			status = fail_answer(q, object);
		if (value)
			*ret = json_incref(value);
		json_decref(object);
		if (status || value)
			return status;
	}
	return dlk_fail(q->wire.ctx, DLK_ERR_CORRUPT, "%s: no answer among all that it sends",
			q->wire.name);
}

/* The answer is for the caller to give back; the arguments are given back here. */
static enum dlk_status ask(struct dlk_qmp *q, const char *command, json_t *arguments, json_t **ret)
{
	json_t *question = json_pack("{s:s, s:i, s:o*}", "execute", command, "id", ++q->id,
				     "arguments", arguments);
	char *text = question ? json_dumps(question, JSON_COMPACT) : NULL;
	enum dlk_status status = text ? DLK_OK : dlk_nomem(q->wire.ctx);

	dlk_wire_start(&q->wire);
	if (!status)
		status = dlk_wire_send(&q->wire, text, strlen(text));
	if (!status)
		status = dlk_wire_send(&q->wire, "\n", 1);
	free(text);
	json_decref(question);
	return status ? status : read_answer(q, ret);
}

static enum dlk_status tell(struct dlk_qmp *q, const char *command, json_t *arguments)
{
	json_t *answer = NULL;
	enum dlk_status status = ask(q, command, arguments, &answer);

	json_decref(answer);
	return status;
}

/* What the other monitor, the one for people, prints; empty if all went well. */
static enum dlk_status tell_hmp(struct dlk_qmp *q, const char *line)
{
	json_t *answer = NULL;
	enum dlk_status status = ask(q, "human-monitor-command",
				     json_pack("{s:s}", "command-line", line), &answer);
	const char *text = json_string_value(answer);

	/* "Waiting for gdb connection on device '...'" */
	if (!status && text && *text && strncmp(text, "Waiting for gdb", 15) &&
	    strncmp(text, "Disabled gdbserver", 18))
		status = dlk_fail(q->wire.ctx, DLK_ERR_UNSUPPORTED, "%s: QEMU says: %.*s",
				  q->wire.name, (int)strcspn(text, "\r\n"), text);
	json_decref(answer);
	return status;
}

enum dlk_status dlk_qmp_connect(struct dlk_ctx *ctx, const char *address, unsigned timeout,
				struct dlk_qmp *ret)
{
	const struct dlk_wire_plan plan = { .address = address,
					    .timeout = timeout,
					    .server = DLK_WIRE_ANYBODY };
	struct dlk_qmp q = { .line = dlk_alloc(ctx, MAX_LINE), .server = DLK_WIRE_ANYBODY };
	json_t *greeting = NULL;
	uid_t server;
	enum dlk_status status;

	if (!q.line)
		return dlk_nomem(ctx);
	status = dlk_wire_connect(ctx, &plan, &q.wire);
	if (!status && dlk_wire_server(&q.wire, &server) && server)
		q.server = server;
	if (!status)
		status = read_object(&q, &greeting);
	if (status == DLK_ERR_LIMIT)
		status = dlk_prepend(ctx, status,
				     "no QMP monitor, or somebody else is connected to it");
	if (!status && !json_object_get(greeting, "QMP"))
		status = dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "%s: not a QMP monitor", q.wire.name);
	json_decref(greeting);
	if (!status)
		status = tell(&q, "qmp_capabilities", NULL);
	if (status) {
		dlk_wire_close(&q.wire);
		return status;
	}
	*ret = q;
	return DLK_OK;
}

enum dlk_status dlk_qmp_is_running(struct dlk_qmp *q, bool *ret)
{
	json_t *answer = NULL;
	enum dlk_status status = ask(q, "query-status", NULL, &answer);
	json_t *running = json_object_get(answer, "running");

	if (!status && json_is_boolean(running))
		*ret = json_is_true(running);
	else if (!status)
		status = dlk_fail(q->wire.ctx, DLK_ERR_CORRUPT,
				  "%s: does not say whether the guest runs", q->wire.name);
	json_decref(answer);
	return status;
}

static enum dlk_status refuse_place(struct dlk_qmp *q, const char *address, size_t len)
{
	return dlk_fail(q->wire.ctx, DLK_ERR_UNSUPPORTED,
			"%s: says that the guest's gdbstub is at %.*s, and is not followed there: "
			"if that is the guest's, give --qemu and its address as seen from here",
			q->wire.name, (int)len, address);
}

static bool is_loopback(struct dlk_ctx *ctx, const char *address)
{
	struct dlk_address a;

	return !dlk_address_parse(ctx, address, &a) &&
	       dlk_address_is_local((const struct sockaddr *)&a.at[0]);
}

/* "tcp:0.0.0.0:1234", "tcp:[::]:1234", "tcp:127.0.0.1:1234" */
static enum dlk_status parse_tcp(struct dlk_qmp *q, const char *text, size_t len, const char **ret)
{
	static const char *const any[] = { "tcp:0.0.0.0:", "tcp:[::]:" };
	struct dlk_ctx *ctx = q->wire.ctx;
	const char *address = NULL;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		size_t host = strlen(any[i]);

		if (!strncmp(text, any[i], host))
			address = dlk_format(ctx, "tcp:localhost:%.*s", (int)(len - host),
					     text + host);
	}
	if (!address)
		address = dlk_format(ctx, "%.*s", (int)len, text);
	if (!address)
		return dlk_nomem(ctx);
	if (!is_loopback(ctx, address))
		return refuse_place(q, text, len);
	*ret = address;
	return DLK_OK;
}

/* Whoever made QEMU's sockets need not be QEMU: whose folder it is cannot be asked. */
static enum dlk_status refuse_relative(struct dlk_qmp *q, const char *text, size_t len)
{
	return dlk_fail(q->wire.ctx, DLK_ERR_UNSUPPORTED,
			"%s: the guest's gdbstub is at %.*s, as seen from the folder that QEMU "
			"runs in: give its whole path, --qemu unix:FOLDER/%.*s",
			q->wire.name, (int)len, text, (int)len - 5, text + 5);
}

/* "disconnected:tcp:0.0.0.0:1234,server=on", "disconnected:unix:/run/gdb,server=on" */
static enum dlk_status parse_device(struct dlk_qmp *q, const char *device, const char **ret)
{
	static const char unconnected[] = "disconnected:";
	struct dlk_ctx *ctx = q->wire.ctx;
	const char *text = device + sizeof(unconnected) - 1;
	size_t len;
	uid_t server;

	if (strncmp(device, unconnected, sizeof(unconnected) - 1))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: a debugger is attached to the guest's gdbstub (%s), and QEMU "
				"serves one at a time",
				q->wire.name, device);
	len = strcspn(text, ",");
	if (strncmp(text, "unix:", 5) && strncmp(text, "tcp:", 4))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: the guest's gdbstub is no socket: %s", q->wire.name, device);
	if (!dlk_wire_is_local(&q->wire))
		return refuse_place(q, text, len);
	if (text[0] == 't')
		return parse_tcp(q, text, len, ret);
	if (!dlk_wire_server(&q->wire, &server))
		return refuse_place(q, text, len);
	if (text[5] != '/')
		return refuse_relative(q, text, len);
	*ret = dlk_format(ctx, "%.*s", (int)len, text);
	return *ret ? DLK_OK : dlk_nomem(ctx);
}

/*
 * Beside the monitor's own socket: there QEMU could make one before.  By the whole path: QEMU may run in
 * another folder.
 */
static const char *choose_path(struct dlk_qmp *q)
{
	struct dlk_ctx *ctx = q->wire.ctx;
	bool is_unix = !strncmp(q->wire.name, "unix:", 5);
	char *monitor = is_unix ? realpath(q->wire.name + 5, NULL) : NULL;
	const char *path = dlk_format(ctx, "%s.deadlock-%ld", monitor ? monitor : "/tmp/qemu",
				      (long)getpid());

	free(monitor);
	if (path && (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path) ||
		     strcspn(path, ", \"'\\") != strlen(path)))
		path = dlk_format(ctx, "/tmp/deadlock-%ld", (long)getpid());
	return path;
}

static enum dlk_status start_stub(struct dlk_qmp *q, const char **ret)
{
	struct dlk_ctx *ctx = q->wire.ctx;
	const char *path, *line;
	enum dlk_status status;

	if (!dlk_wire_is_local(&q->wire))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: the guest has no gdbstub, and none is started on another "
				"machine: start one there, and give its address by --qemu",
				q->wire.name);
	path = choose_path(q);
	line = path ? dlk_format(ctx, "gdbserver unix:%s,server=on,wait=off", path) : NULL;
	if (!line)
		return dlk_nomem(ctx);
	/* If no answer comes, or a ^C comes before it, it may be there all the same. */
	q->stub = path;
	status = tell_hmp(q, line);
	if (status == DLK_ERR_UNSUPPORTED)
		q->stub = NULL;
	if (status)
		return dlk_prepend(ctx, status, "no gdbstub could be started");
	*ret = dlk_format(ctx, "unix:%s", path);
	return *ret ? DLK_OK : dlk_nomem(ctx);
}

enum dlk_status dlk_qmp_find_stub(struct dlk_qmp *q, const char **ret)
{
	json_t *answer = NULL, *chardev;
	const char *device = NULL;
	size_t i;
	enum dlk_status status = ask(q, "query-chardev", NULL, &answer);

	json_array_foreach(answer, i, chardev)
	{
		const char *label = json_string_value(json_object_get(chardev, "label"));

		if (label && !strcmp(label, "gdb"))
			device = json_string_value(json_object_get(chardev, "filename"));
	}
	if (!status)
		status = device ? parse_device(q, device, ret) : start_stub(q, ret);
	json_decref(answer);
	return status;
}

enum dlk_status dlk_qmp_continue(struct dlk_qmp *q)
{
	return tell(q, "cont", NULL);
}

void dlk_qmp_close(struct dlk_qmp *q)
{
	if (q->stub && !tell_hmp(q, "gdbserver none"))
		unlink(q->stub);
	q->stub = NULL;
	dlk_wire_close(&q->wire);
}
