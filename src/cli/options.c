/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: the table, and how a command line becomes a struct dlk_options. */
#include <config.h>

#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_DOT = 256,
	KEY_CAPTURE,
	KEY_QEMU,
	KEY_QMP,
	KEY_TIMEOUT,
	KEY_STOP_LIMIT,
	KEY_KEEP_STOPPED,
	KEY_MAX_UNPACK,
	KEY_MAX_CPU,
	KEY_MAX_MEMORY,
	KEY_MAX_CAPTURE,
	KEY_NO_SANDBOX
};

/* Of an hour nobody waits for a guest; an analysis may take all night. */
enum { DEFAULT_TIMEOUT = 10, DEFAULT_STOP_LIMIT = 30, MAX_WAIT = 3600, MAX_CPU = 1000000 };

/*
 * CPU: ten thousand tasks cost 0.2 s, the debugging information of a kernel some seconds.  Memory: a VMLINUX
 * with all that is packed in it, and the arena.
 */
static const struct dlk_limits default_limits = { .memory = UINT64_C(8) << 30,
						  .capture = UINT64_C(1) << 30,
						  .cpu = 600 };

enum { BOTH = DLK_PROGRAM | DLK_CRASH };

static const struct dlk_option table[] = {
	{ 'c', "cycles", NULL, "the deadlock cycles only", BOTH },
	{ 'w', "waits", NULL, "every blocked task: what it waits for, since when, who holds it",
	  BOTH },
	{ 't', "task", "PID|ADDRESS", "one task and all it waits for, to the end of the chain",
	  BOTH },
	{ 'l', "lock", "ADDRESS", "one lock: kind, state, holders, queue", BOTH },
	{ 'k', "lockdep", NULL, "the locks that each task holds, as lockdep lists them", BOTH },
	{ 's', "stacks", NULL, "also the stacks of the tasks printed", BOTH },
	{ 'v', "verbose", NULL, "also the evidence behind each wait and each holder", BOTH },
	{ 'j', "json", NULL, "everything, as JSON", BOTH },
	{ KEY_DOT, "dot", NULL, "the wait-for graph, for Graphviz", BOTH },
	{ KEY_CAPTURE, "capture", "FILE", "also write the memory that was read to a small vmcore",
	  BOTH },
	{ KEY_QEMU, "qemu", "ADDRESS", "a guest by its gdbstub: unix:PATH, or tcp:HOST:PORT",
	  DLK_PROGRAM },
	{ KEY_QMP, "qmp", "ADDRESS", "a guest by its monitor, which starts a gdbstub if need be",
	  DLK_PROGRAM },
	{ KEY_TIMEOUT, "timeout", "SECONDS", "how long the guest may take over an answer (10)",
	  DLK_PROGRAM },
	{ KEY_STOP_LIMIT, "stop-limit", "SECONDS", "how long the guest may stand still (30)",
	  DLK_PROGRAM },
	{ KEY_KEEP_STOPPED, "keep-stopped", NULL, "leave the guest standing still", DLK_PROGRAM },
	{ KEY_MAX_UNPACK, "max-unpack", "SIZE",
	  "how much may come out of packed files: K, M, G or T", DLK_PROGRAM },
	{ KEY_MAX_CPU, "max-cpu", "SECONDS", "how much CPU time the analysis may take (600)",
	  DLK_PROGRAM },
	{ KEY_MAX_MEMORY, "max-memory", "SIZE", "how much address space it may have (8G)",
	  DLK_PROGRAM },
	{ KEY_MAX_CAPTURE, "max-capture", "SIZE", "how large a capture may get (1G)", BOTH },
	{ KEY_NO_SANDBOX, "no-sandbox", NULL, "keep all rights, for debuggers and the like",
	  DLK_PROGRAM },
	{ 'h', "help", NULL, "print this help", DLK_PROGRAM },
	{ 'V', "version", NULL, "print the version", DLK_PROGRAM },
	{ 0, NULL, NULL, NULL, 0 },
};

enum { OPTION_COUNT = sizeof(table) / sizeof(table[0]) - 1 };

const struct dlk_option *dlk_option_table(void)
{
	return table;
}

/* The table in the two forms that getopt_long() takes. */
struct getopt_tables {
	char letters[2 * OPTION_COUNT + 2];
	struct option longs[OPTION_COUNT + 1];
};

static struct getopt_tables make_getopt_tables(enum dlk_front_end who)
{
	struct getopt_tables t = { .letters = ":" };
	char *letter = t.letters + 1;
	struct option *next = t.longs;

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		int argument = table[i].argument ? required_argument : no_argument;

		if (!(table[i].front_ends & who))
			continue;
		*next++ = (struct option){ table[i].name, argument, NULL, table[i].key };
		if (table[i].key > UINT8_MAX)
			continue;
		*letter++ = (char)table[i].key;
		if (argument == required_argument)
			*letter++ = ':';
	}
	return t;
}

static enum dlk_status take_part(struct dlk_ctx *ctx, struct dlk_options *o,
				 enum dlk_report_part part)
{
	if (o->part != DLK_PART_SUMMARY && (o->part != part || part >= DLK_PART_TASK))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"only one of -c, -w, -k, -t and -l can be given");
	o->part = part;
	return DLK_OK;
}

static enum dlk_status take_format(struct dlk_ctx *ctx, struct dlk_options *o,
				   enum dlk_format format)
{
	if (o->format != DLK_FORMAT_TEXT && o->format != format)
		return dlk_fail(ctx, DLK_ERR_INVALID, "only one of --json and --dot can be given");
	o->format = format;
	return DLK_OK;
}

static bool parse_number(const char *s, int base, uint64_t *ret)
{
	uint64_t number;
	char *end;

	if (!isxdigit((unsigned char)s[0]))
		return false;
	errno = 0;
	number = strtoull(s, &end, base);
	if (errno || *end)
		return false;
	*ret = number;
	return true;
}

static enum dlk_status take_lock(struct dlk_ctx *ctx, struct dlk_options *o, const char *s)
{
	if (!parse_number(s, 16, &o->subject))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"'%s' is not the address of a lock: give it in hexadecimal", s);
	return take_part(ctx, o, DLK_PART_LOCK);
}

/* A pid is decimal; what is no pid is an address in hexadecimal, with or without 0x. */
static enum dlk_status take_task(struct dlk_ctx *ctx, struct dlk_options *o, const char *s)
{
	bool is_pid = parse_number(s, 10, &o->subject) && o->subject <= INT32_MAX;

	if (!is_pid && (!parse_number(s, 16, &o->subject) || o->subject <= INT32_MAX))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"'%s' is no task: give a pid, or the address of a task_struct", s);
	return take_part(ctx, o, DLK_PART_TASK);
}

static enum dlk_status take_seconds(struct dlk_ctx *ctx, const char *s, unsigned max, unsigned unit,
				    unsigned *ret)
{
	uint64_t seconds;

	if (!parse_number(s, 10, &seconds) || !seconds || seconds > max)
		return dlk_fail(ctx, DLK_ERR_INVALID, "'%s' is no time: give 1 to %u seconds", s,
				max);
	*ret = (unsigned)seconds * unit;
	return DLK_OK;
}

static enum dlk_status take_wait(struct dlk_ctx *ctx, const char *s, unsigned *ms)
{
	return take_seconds(ctx, s, MAX_WAIT, 1000, ms);
}

/* 300G: a number, and a letter for powers of 1024. */
static bool parse_size(const char *s, uint64_t *ret)
{
	static const char letters[] = "KMGT";
	size_t len = strspn(s, "0123456789");
	const char *letter = s[len] ? strchr(letters, toupper((unsigned char)s[len])) : NULL;
	unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
	uint64_t number;

	if (!len || (s[len] && (!letter || s[len + 1])))
		return false;
	errno = 0;
	number = strtoull(s, NULL, 10);
	if (errno || !number || number > UINT64_MAX >> shift)
		return false;
	*ret = number << shift;
	return true;
}

static enum dlk_status take_size(struct dlk_ctx *ctx, const char *s, uint64_t *ret)
{
	if (!parse_size(s, ret))
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"'%s' is no size: give a number of bytes, with K, M, G or T "
				"for more",
				s);
	return DLK_OK;
}

static enum dlk_status take(struct dlk_ctx *ctx, struct dlk_options *o, int key, const char *arg)
{
	switch (key) {
	case 'c':
		return take_part(ctx, o, DLK_PART_CYCLES);
	case 'w':
		return take_part(ctx, o, DLK_PART_WAITS);
	case 'k':
		return take_part(ctx, o, DLK_PART_LOCKDEP);
	case 't':
		return take_task(ctx, o, arg);
	case 'l':
		return take_lock(ctx, o, arg);
	case 'j':
		return take_format(ctx, o, DLK_FORMAT_JSON);
	case KEY_DOT:
		return take_format(ctx, o, DLK_FORMAT_DOT);
	case 's':
		o->with_stacks = true;
		return DLK_OK;
	case 'v':
		o->with_evidence = true;
		return DLK_OK;
	case KEY_CAPTURE:
		o->capture = arg;
		return DLK_OK;
	case KEY_QEMU:
		o->stub = arg;
		return DLK_OK;
	case KEY_QMP:
		o->qmp = arg;
		return DLK_OK;
	case KEY_TIMEOUT:
		return take_wait(ctx, arg, &o->timeout);
	case KEY_STOP_LIMIT:
		return take_wait(ctx, arg, &o->stop_limit);
	case KEY_KEEP_STOPPED:
		o->keep_stopped = true;
		return DLK_OK;
	case KEY_MAX_UNPACK:
		return take_size(ctx, arg, &o->limits.unpack);
	case KEY_MAX_CPU:
		return take_seconds(ctx, arg, MAX_CPU, 1, &o->limits.cpu);
	case KEY_MAX_MEMORY:
		return take_size(ctx, arg, &o->limits.memory);
	case KEY_MAX_CAPTURE:
		return take_size(ctx, arg, &o->limits.capture);
	case KEY_NO_SANDBOX:
		o->no_sandbox = true;
		return DLK_OK;
	case 'h':
		o->wants_help = true;
		return DLK_OK;
	case 'V':
		o->wants_version = true;
		return DLK_OK;
	default:
		return dlk_fail(ctx, DLK_ERR_INVALID, "option %d is not known", key);
	}
}

static const struct dlk_option *find_option(int key)
{
	for (const struct dlk_option *o = table; o->key; o++) {
		if (o->key == key)
			return o;
	}
	return NULL;
}

/*
 * What getopt_long() left:	key	optopt
 *	argument missing	':'	the option
 *	argument too many	'?'	the option
 *	unknown letter		'?'	the letter
 *	unknown long option	'?'	0
 */
static enum dlk_status complain(struct dlk_ctx *ctx, char **argv, int key)
{
	const struct dlk_option *option = find_option(optopt);

	if (option)
		return dlk_fail(ctx, DLK_ERR_INVALID, "--%s %s", option->name,
				key == ':' ? "needs an argument" : "takes no argument");
	if (optopt)
		return dlk_fail(ctx, DLK_ERR_INVALID, "'-%c' is not an option", optopt);
	return dlk_fail(ctx, DLK_ERR_INVALID, "'%s' is not an option", argv[optind - 1]);
}

/* In crash: -t at the end of the line, or before another option; "-t-5" is neither. */
static bool is_bare_task(enum dlk_front_end who, int key, char **argv)
{
	if (who != DLK_CRASH)
		return false;
	if (key == ':' && optopt == 't')
		return true;
	if (key != 't' || optarg[0] != '-' || optarg != argv[optind - 1])
		return false;
	optind--;
	return true;
}

static enum dlk_status take_current(struct dlk_ctx *ctx, struct dlk_options *o)
{
	o->is_current = true;
	return take_part(ctx, o, DLK_PART_TASK);
}

enum dlk_status dlk_options_parse(struct dlk_ctx *ctx, enum dlk_front_end who, int argc,
				  char **argv, struct dlk_options *ret)
{
	struct getopt_tables t = make_getopt_tables(who);
	struct dlk_options o = { .timeout = DEFAULT_TIMEOUT * 1000,
				 .stop_limit = DEFAULT_STOP_LIMIT * 1000,
				 .limits = default_limits };
	int key;

	opterr = 0;
	optind = 0; /* Begin anew: this may not be the first command line. */
	while ((key = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		enum dlk_status status;

		if (is_bare_task(who, key, argv))
			status = take_current(ctx, &o);
		else if (key == '?' || key == ':')
			return complain(ctx, argv, key);
		else
			status = take(ctx, &o, key, optarg);
		if (status != DLK_OK)
			return status;
	}
	if (o.format != DLK_FORMAT_TEXT && o.part != DLK_PART_SUMMARY)
		return dlk_fail(
			ctx, DLK_ERR_INVALID,
			"--json and --dot print everything: leave out -c, -w, -k, -t and -l");
	o.operands = argv + optind;
	o.operand_count = argc - optind;
	*ret = o;
	return DLK_OK;
}

/*
 *   -t, --task PID|ADDRESS  one task and all it waits for, to the end of the chain
 *       --dot               the wait-for graph, for Graphviz
 */
void dlk_option_help(const struct dlk_option *o, char line[DLK_OPTION_HELP])
{
	char name[40], letter[] = "-x, ";

	letter[1] = (char)o->key;
	snprintf(name, sizeof(name), "%s%s%s", o->name, o->argument ? " " : "",
		 o->argument ? o->argument : "");
	snprintf(line, DLK_OPTION_HELP, "  %4s--%-18s %s", o->key <= UINT8_MAX ? letter : "", name,
		 o->text);
}

void dlk_options_help(FILE *out)
{
	for (const struct dlk_option *o = table; o->key; o++) {
		char line[DLK_OPTION_HELP];

		if (!(o->front_ends & DLK_PROGRAM))
			continue;
		dlk_option_help(o, line);
		fprintf(out, "%s\n", line);
	}
}
