/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the extension calls of crash(8), over a capture and recorded types. */
#include <config.h>

#include "crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deadlock/session.h"
#include "session/session.h"

/* Here crash keeps its own. */
#include <defs.h>

enum { MAX_SYMBOLS = 8192, MAX_SYMBOL_NAME = 128, MAX_LINE = 200, MAX_TYPES_FILE = 1 << 20 };

FILE *fp;
char *build_version = "9.9.9";
struct program_context program_context, *pc = &program_context;
struct task_table task_table, *tt = &task_table;
char *args[MAXARGS];
int argcnt;

static struct command_table_entry *commands;

/* Symbols that were handed out: crash's live as long as crash. */
struct symbol {
	struct syment syment;
	ulong asked; /* 0: it was asked for by name */
	char name[MAX_SYMBOL_NAME];
	char whole_name[MAX_SYMBOL_NAME];
};

static struct {
	struct dlk_ctx ctx;
	struct dlk_target *target;
	struct dlk_session *session;
	const char *path;
	int fd; /* of the capture */
	char *types;
	struct symbol symbols[MAX_SYMBOLS];
	unsigned symbol_count;
	struct task_context task;
	struct fake_crash_plan *plan;
	uint64_t calls, reads;
	uint64_t poke_phys, poke_value, poke_from, poke_to;
	volatile sig_atomic_t was_interrupted, has_shown_usage;
	sigset_t mask;
	unsigned files, gdb_files;
	FILE *errors;
} fake;

/* --- crash's main loop */

static void restore_sanity(void)
{
	if (pc->cmd_cleanup && !fake.plan->without_hook)
		pc->cmd_cleanup(pc->cmd_cleanup_arg);
}

/* As crash's restart(): it jumps out of the handler, and the mask stays as it is. */
static void on_interrupt(int number)
{
	(void)number;
	fake.was_interrupted = 1;
	restore_sanity();
	longjmp(pc->main_loop_env, 1);
}

static void set_interrupt(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };

	sigaction(SIGINT, &action, NULL);
}

static unsigned count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* True if this is the call that goes wrong by failing; others go wrong here. */
static bool fails(enum fake_crash_calls kind)
{
	struct fake_crash_plan *plan = fake.plan;

	if (!(plan->counted & kind) || ++fake.calls != plan->at)
		return false;
	switch (plan->event) {
	case FAKE_CRASH_SOUND:
		return false;
	case FAKE_CRASH_FAIL:
		return true;
	case FAKE_CRASH_JUMP:
		restore_sanity();
		longjmp(pc->main_loop_env, 1);
	case FAKE_CRASH_INTERRUPT:
		raise(SIGINT);
		return false;
	}
	return false;
}

void register_extension(struct command_table_entry *table)
{
	commands = table;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier): crash's name */
int __error(int type, char *format, ...)
{
	va_list ap;

	if (type == FATAL)
		abort(); /* the extension must not */
	fails(FAKE_CRASH_ERRORS);
	va_start(ap, format);
	vfprintf(fake.errors, format, ap);
	va_end(ap);
	return TRUE;
}

void cmd_usage(char *command, int type)
{
	if (strcmp(command, commands->name) || type != SYNOPSIS)
		abort();
	fake.has_shown_usage = 1;
	restore_sanity();
	longjmp(pc->main_loop_env, 1);
}

/* --- memory */

int readmem(ulonglong address, int type, void *buf, long len, char *what, ulong flags)
{
	unsigned char *poked;

	/* Anything else may not return, in a real crash. */
	if (type != PHYSADDR || !(flags & RETURN_ON_ERROR) || !what)
		abort();
	fake.reads++;
	if (fails(FAKE_CRASH_READS) ||
	    fake.target->ops->read(fake.target, address, buf, (size_t)len))
		return FALSE;
	if (fake.poke_phys >= address && fake.poke_phys + 8 <= address + (ulonglong)len &&
	    fake.reads >= fake.poke_from && fake.reads < fake.poke_to) {
		poked = (unsigned char *)buf + (fake.poke_phys - address);
		memcpy(poked, &fake.poke_value, 8);
	}
	return TRUE;
}

int kvtop(struct task_context *task, ulong address, physaddr_t *ret, int verbose)
{
	dlk_addr_t phys;

	(void)task, (void)verbose;
	if (fails(FAKE_CRASH_SYMBOLS) ||
	    dlk_memory_translate(&fake.session->kernel.memory, address, &phys))
		return FALSE;
	*ret = phys;
	return TRUE;
}

/* The capture is what such a file has inside. */
int read_flattened_format(int fd, off_t offset, void *buf, size_t size)
{
	(void)fd;
	return !fails(FAKE_CRASH_READS) && pread(fake.fd, buf, size, offset) == (ssize_t)size;
}

/* --- symbols */

static struct symbol *add_symbol(ulong asked, ulong value, const char *name)
{
	struct symbol *s;

	if (fake.symbol_count == MAX_SYMBOLS)
		abort();
	s = &fake.symbols[fake.symbol_count++];
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->whole_name, sizeof(s->whole_name), "%s", name);
	s->syment.value = value;
	s->syment.name = s->name;
	s->asked = asked;
	return s;
}

struct syment *kernel_symbol_search(char *name)
{
	struct dlk_symbols *symbols = fake.session->kernel.symbols;
	dlk_addr_t address;

	if (fails(FAKE_CRASH_SYMBOLS))
		return NULL;
	for (unsigned i = 0; i < fake.symbol_count; i++)
		if (!fake.symbols[i].asked && !strcmp(fake.symbols[i].name, name))
			return fake.symbols[i].syment.value ? &fake.symbols[i].syment : NULL;
	if (symbols->ops->find(symbols, name, &address))
		address = 0;
	return address ? &add_symbol(0, address, name)->syment : (add_symbol(0, 0, name), NULL);
}

/* crash takes .isra.0 and .part.0 off; here it takes everything, for want of these in a capture. */
struct syment *value_search_base_kernel(ulong address, ulong *offset)
{
	struct dlk_symbols *symbols = fake.session->kernel.symbols;
	struct dlk_symbol found;
	struct symbol *s = NULL;

	if (fails(FAKE_CRASH_SYMBOLS))
		return NULL;
	for (unsigned i = 0; i < fake.symbol_count && !s; i++)
		if (fake.symbols[i].asked == address)
			s = &fake.symbols[i];
	if (!s && !symbols->ops->at(symbols, address, &found)) {
		s = add_symbol(address, found.address, found.name);
		s->name[strcspn(s->name, ".")] = '\0';
	}
	if (!s)
		return NULL;
	*offset = address - s->syment.value;
	return &s->syment;
}

/* --- the gdb inside */

/* The answer to a question begins behind its line, "@ QUESTION", and ends before the next. */
static const char *find_answer(const char *question, size_t *len)
{
	size_t size = strlen(question);
	const char *at = fake.types;

	while (at && *at) {
		const char *text = strchr(at, '\n');
		const char *next = text ? strstr(text, "\n@ ") : NULL;

		if (text && (size_t)(text - at) == size + 2 && !memcmp(at + 2, question, size)) {
			*len = next ? (size_t)(next - text) : strlen(text + 1);
			return text + 1;
		}
		at = next ? next + 1 : NULL;
	}
	return NULL;
}

/*
 * crash ignores SIGINT while gdb runs, which forgets one that is pending; and installs its handler
 * anew.
 */
static bool call_gdb(enum fake_crash_calls kind)
{
	struct fake_crash_plan *plan = fake.plan;
	bool has_failed;

	if (kind == FAKE_CRASH_GDB)
		plan->questions++;
	if (fake.calls && plan->before_gdb_count < FAKE_CRASH_QUESTIONS &&
	    (!plan->before_gdb_count || plan->before_gdb[plan->before_gdb_count - 1] != fake.calls))
		plan->before_gdb[plan->before_gdb_count++] = fake.calls;
	set_interrupt(SIG_IGN);
	has_failed = fails(kind);
	set_interrupt(on_interrupt);
	return !has_failed;
}

/* "NAME in section .text" for the start of a symbol; "" if there is none. */
static void describe_symbol(const char *address, char *ret, size_t size)
{
	ulong value = strtoul(address, NULL, 16);

	*ret = '\0';
	for (unsigned i = 0; i < fake.symbol_count && !*ret; i++)
		if (fake.symbols[i].asked && fake.symbols[i].syment.value == value)
			snprintf(ret, size, "%s in section .text\n", fake.symbols[i].whole_name);
}

int gdb_pass_through(char *command, FILE *out, ulong flags)
{
	static const char in_c[] = "with height 0 -- with language c -- ";
	static const char symbol[] =
		"with height 0 -- with language c -- with print demangle off -- info symbol ";
	static const char files[] = "with height 0 -- info files";
	enum fake_crash_calls kind = FAKE_CRASH_GDB;
	char line[MAX_SYMBOL_NAME + 32];
	size_t len = 0;
	const char *answer;

	if (!out || flags != GNU_RETURN_ON_ERROR)
		abort();
	if (!strncmp(command, symbol, strlen(symbol))) {
		describe_symbol(command + strlen(symbol), line, sizeof(line));
		answer = line;
		len = strlen(line);
	} else if (!strncmp(command, in_c, strlen(in_c))) {
		answer = find_answer(command + strlen(in_c), &len);
		if (!answer && fake.plan->says_questions)
			fprintf(stderr, "%s\n", command + strlen(in_c));
	} else if (!strcmp(command, files)) {
		kind = FAKE_CRASH_FILES;
		snprintf(line, sizeof(line), "%u files\n", fake.gdb_files);
		answer = line;
		len = strlen(line);
	} else {
		abort();
	}
	/* Half of it is there already, if it goes wrong. */
	fwrite(answer ? answer : "", 1, len / 2, out);
	if (!call_gdb(kind) || !answer)
		return FALSE;
	fwrite(answer + len / 2, 1, len - len / 2, out);
	return TRUE;
}

int enumerator_value(char *name, long *ret)
{
	struct dlk_types *types = fake.session->kernel.types;
	int64_t value;

	if (!call_gdb(FAKE_CRASH_GDB) || types->ops->enumerator(types, NULL, name, &value))
		return FALSE;
	*ret = value;
	return TRUE;
}

char *get_line_number(ulong address, char *buf, int reserved)
{
	(void)reserved;
	memset(buf, 0, BUFSIZE);
	if (call_gdb(FAKE_CRASH_LINES))
		snprintf(buf, BUFSIZE, "kernel/fake.c: %lu", address % 1000);
	return buf;
}

/* --- for tests */

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? calloc(1, MAX_TYPES_FILE) : NULL;

	if (text && !fread(text, 1, MAX_TYPES_FILE - 1, f)) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

bool fake_crash_open(const char *capture, const char *types)
{
	struct dlk_open how = { .vmcore = capture };

	dlk_ctx_init(&fake.ctx);
	if (dlk_target_open_vmcore(&fake.ctx, capture, &fake.target) ||
	    dlk_session_open_vmcore(&fake.ctx, &how, &fake.session)) {
		fprintf(stderr, "%s\n", fake.ctx.err.text);
		return false;
	}
	fake.types = types ? read_text(types) : NULL;
	if (types && !fake.types) {
		fprintf(stderr, "%s: cannot be read\n", types);
		return false;
	}
	fake.path = capture;
	fake.fd = open(capture, O_RDONLY | O_CLOEXEC);
	set_interrupt(on_interrupt);
	fake_crash_poke(0, 0, 0, 0);
	sigprocmask(SIG_BLOCK, NULL, &fake.mask);
	fake.files = count_files();
	return true;
}

void fake_crash_close(void)
{
	dlk_session_close(fake.session);
	fake.target->ops->close(fake.target);
	dlk_ctx_deinit(&fake.ctx);
	close(fake.fd);
	free(fake.types);
	fake.types = NULL;
}

void fake_crash_set_task(uint64_t task)
{
	fake.task.task = task;
	tt->current = task ? &fake.task : NULL;
}

void fake_crash_poke(uint64_t address, uint64_t value, uint64_t from_read, uint64_t to_read)
{
	if (!address ||
	    dlk_memory_translate(&fake.session->kernel.memory, address, &fake.poke_phys))
		fake.poke_phys = UINT64_MAX - 8;
	fake.poke_value = value;
	fake.poke_from = from_read;
	fake.poke_to = to_read;
}

void fake_crash_add_file(void)
{
	fake.gdb_files++;
}

uint64_t fake_crash_symbol(const char *name)
{
	return dlk_kernel_symbol(&fake.session->kernel, name);
}

static bool has_former_mask(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < SIGRTMAX; number++)
		if (sigismember(&mask, number) != sigismember(&fake.mask, number))
			return false;
	return true;
}

bool fake_crash_is_unharmed(void)
{
	struct sigaction action;

	sigaction(SIGINT, NULL, &action);
	return has_former_mask() && action.sa_handler == on_interrupt && !pc->cmd_cleanup &&
	       count_files() == fake.files;
}

static void split_line(char *line)
{
	char *at = NULL;

	memset(args, 0, sizeof(args));
	argcnt = 0;
	for (char *word = strtok_r(line, " ", &at); word; word = strtok_r(NULL, " ", &at))
		args[argcnt++] = word;
	/* crash has its table's pointer here. */
	pc->curcmd = fake.plan->is_other_crash ? args[0] : commands->name;
}

static void begin(struct fake_crash_plan *plan)
{
	fake.plan = plan;
	plan->before_gdb_count = 0;
	plan->questions = 0;
	fake.calls = fake.reads = 0;
	fake.was_interrupted = fake.has_shown_usage = 0;
	pc->dumpfile = plan->is_nowhere ? NULL : (char *)(plan->dump ? plan->dump : fake.path);
	pc->flags = plan->is_live ? LIVE_SYSTEM : 0;
}

struct fake_crash_result fake_crash_run(struct fake_crash_plan *plan, const char *line)
{
	static char copy[MAX_LINE];
	static struct fake_crash_result result; /* outlives the longjmp */
	static size_t lens[2];

	snprintf(copy, sizeof(copy), "%s", line);
	begin(plan);
	split_line(copy);
	result = (struct fake_crash_result){ .end = FAKE_CRASH_RETURNED };
	fp = open_memstream(&result.output, &lens[0]);
	fake.errors = open_memstream(&result.errors, &lens[1]);
	if (!setjmp(pc->main_loop_env))
		commands->func();
	else
		result.end = fake.was_interrupted   ? FAKE_CRASH_INTERRUPTED
			     : fake.has_shown_usage ? FAKE_CRASH_USAGE
						    : FAKE_CRASH_JUMPED;
	/* crash's main loop does this before each command. */
	set_interrupt(on_interrupt);
	fclose(fp);
	fclose(fake.errors);
	plan->calls = fake.calls;
	return result;
}

void fake_crash_forget(struct fake_crash_result *result)
{
	free(result->output);
	free(result->errors);
	result->output = result->errors = NULL;
}

char **fake_crash_help(void)
{
	return commands->help_data;
}
