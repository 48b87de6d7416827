/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The crash(8) extension: "crash> deadlock".  The only file that sees crash's defs.h.
 *
 * crash gives physical memory, symbols and types; everything else (page tables, tasks, stacks,
 * locks) is the core's own, so that a crash that shows no tasks is no obstacle.
 *
 * What keeps the host unharmed:
 *
 * - crash leaves a command by longjmp: after an error(FATAL), at ^C, from within its pager.  So all
 *   that a command holds hangs on one static root, "run", before anything is called that may not
 *   return; pc->cmd_cleanup gives it back.  Each command does the same when it is through, and
 *   before it begins, should crash not have called the hook.
 * - SIGINT is blocked while a command runs: crash's handler would jump out of the middle of malloc().
 *   It stays pending, is looked for before each page is read, and fires when all has been given
 *   back: then crash does with it what it always does.
 * - Memory is read by physical address and RETURN_ON_ERROR: for a virtual one crash may walk page
 *   tables with FAULT_ON_ERROR.  Symbols and types are asked for by calls that return NULL or
 *   FALSE.  Of crash's tables only the first members of tt and the task context are touched, and some
 *   of pc, which has been the same from 8.0.2 to 9.0.2; whether it is, is looked at first.
 */
#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answer.h"
#include "debuginfo/ptype.h"
#include "help.h"
#include "openfiles.h"
#include "report/stream.h"
#include "target/notes.h"

#include <defs.h>

/* Everything that a command holds. */
static struct {
	bool is_active;
	volatile int is_canceled;
	sigset_t former_mask;
	struct dlk_ctx ctx;
	struct dlk_session *session;
	FILE *gdb_stream; /* takes what gdb prints */
	char *gdb_text;
	size_t gdb_len;
	struct dlk_notes_file dump; /* while its notes are read */
	bool is_dump_open;
	struct dlk_target target;
	struct dlk_notes notes;
	struct dlk_symbols symbols;
	dlk_addr_t text_start, text_end; /* of the kernel's image, as crash's symbols have it */
} run;

static void close_gdb_stream(void)
{
	if (run.gdb_stream)
		fclose(run.gdb_stream);
	run.gdb_stream = NULL;
	free(run.gdb_text);
	run.gdb_text = NULL;
}

static void close_dump(void)
{
	if (run.is_dump_open)
		close(run.dump.fd);
	run.is_dump_open = false;
}

/*
 * Give everything back; may be called again, and as the hook.  The signal mask comes last: a
 * pending SIGINT jumps away at that moment, through this very function if it were still the hook.
 */
static void leave(void *arg)
{
	sigset_t former = run.former_mask;

	(void)arg;
	if (!run.is_active)
		return;
	pc->cmd_cleanup = NULL;
	pc->cmd_cleanup_arg = NULL;
	run.is_active = false;
	dlk_session_close(run.session);
	run.session = NULL;
	close_gdb_stream();
	close_dump();
	dlk_ctx_deinit(&run.ctx);
	sigprocmask(SIG_SETMASK, &former, NULL);
}

static void enter(void)
{
	sigset_t interrupts;

	leave(NULL);
	memset(&run, 0, sizeof(run));
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, &run.former_mask);
	dlk_ctx_init(&run.ctx);
	run.ctx.cancel = &run.is_canceled;
	run.is_active = true;
	pc->cmd_cleanup = leave;
	pc->cmd_cleanup_arg = NULL;
}

/* --- memory and registers */

static void look_for_interrupt(void)
{
	sigset_t pending;

	if (!sigpending(&pending) && sigismember(&pending, SIGINT) == 1)
		run.is_canceled = 1;
}

static enum dlk_status crash_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	(void)t;
	look_for_interrupt();
	if (run.is_canceled)
		return DLK_ERR_CANCELED;
	return readmem(address, PHYSADDR, buf, (long)len, "deadlock: a page",
		       RETURN_ON_ERROR | QUIET)
		       ? DLK_OK
		       : DLK_ERR_FAULT;
}

static enum dlk_status crash_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu >= t->cpu_count)
		return DLK_ERR_NOTFOUND;
	*ret = run.notes.regs[cpu];
	return DLK_OK;
}

static void crash_close(struct dlk_target *t)
{
	(void)t;
}

/* crash has found out, when it opened the file, where each piece of a flattened dump is. */
static bool read_flattened(int fd, void *buf, size_t len, uint64_t offset)
{
	return read_flattened_format(fd, (off_t)offset, buf, len);
}

static bool is_flattened(int fd)
{
	static const char signature[16] = "makedumpfile";
	char start[sizeof(signature)];

	return pread(fd, start, sizeof(start), 0) == sizeof(start) &&
	       !memcmp(start, signature, sizeof(start));
}

/*
 * A kdump file has a descriptor for each page that is there, and a bitmap says which are.  crash counts the
 * bits from where a split file begins, but by words of 64: unless it begins at such a word it counts
 * some of the file before, and gives other pages than those asked for (8.0.2; diskdump.c,
 * valid_pages).  Of several files only one is known here, the last that was named.
 */
static enum dlk_status check_split(void)
{
	if (run.notes.split_at % 64 == 0)
		return DLK_OK;
	return dlk_fail(&run.ctx, DLK_ERR_UNSUPPORTED,
			"%s: of this split dump crash gives wrong pages; the program reads it: "
			"deadlock FILE FILE...",
			pc->dumpfile);
}

/* Registers and VMCOREINFO stand in the file; crash has no calls for either. */
static enum dlk_status read_notes(void)
{
	enum dlk_status status;

	run.dump.fd = pc->dumpfile ? openfiles_reopen(pc->dumpfile) : -1;
	run.dump.read = read_flattened;
	run.is_dump_open = run.dump.fd >= 0;
	if (!run.is_dump_open)
		return DLK_OK;
	if (is_flattened(run.dump.fd))
		status = dlk_notes_read_from(&run.ctx, &run.dump, &run.notes);
	else
		status = dlk_notes_read(&run.ctx, run.dump.fd, &run.notes);
	close_dump();
	/* crash has opened it: that our reader knows less of it is no reason to stop. */
	return dlk_status_is_fatal(status) ? status : check_split();
}

static enum dlk_status open_target(void)
{
	static const struct dlk_target_ops ops = {
		.name = "crash", .read = crash_read, .regs = crash_regs, .close = crash_close
	};
	enum dlk_status status = read_notes();

	run.target = (struct dlk_target){ .ops = &ops,
					  .ctx = &run.ctx,
					  .name = pc->dumpfile ? pc->dumpfile
							       : "the running system",
					  .container = "crash",
					  .arch = &dlk_arch_x86_64,
					  .vmcoreinfo = run.notes.vmcoreinfo,
					  .cpu_count = run.notes.cpu_count,
					  .dump_level = run.notes.dump_level,
					  .is_live = ACTIVE() };
	return status;
}

/* --- the gdb inside crash.  An answer takes it some 25 ms, so answers are kept: neither types nor
 * names change while gdb has the same files. */

/* A height that the user has set would have gdb wait for a key amid its answer. */
#define GDB_ALL "with height 0 -- "
/* And in another language types have other names. */
#define GDB_C GDB_ALL "with language c -- "

struct known {
	char *question, *text; /* "" if there is no such thing */
	long value;
	struct known *next;
};

static struct known *all_known;
static char *known_files; /* those that gdb had when it gave these answers */

static void forget_all(void)
{
	free(known_files);
	known_files = NULL;
	while (all_known) {
		struct known *k = all_known;

		all_known = k->next;
		free(k->question);
		free(k->text);
		free(k);
	}
}

static const struct known *recall(const char *question)
{
	const struct known *k = all_known;

	while (k && strcmp(k->question, question))
		k = k->next;
	return k;
}

/* Nothing is called between the first strdup() and the last line that may not return. */
static const struct known *remember(const char *question, const char *text, long value)
{
	struct known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	*k = (struct known){ strdup(question), strdup(text), value, all_known };
	if (k->question && k->text)
		return all_known = k;
	free(k->question);
	free(k->text);
	free(k);
	return NULL;
}

/* What gdb prints, until the next call; "" if it knows nothing, NULL if there is no memory. */
static const char *gdb_says(const char *command)
{
	bool is_ok, is_whole;

	close_gdb_stream();
	run.gdb_stream = open_memstream(&run.gdb_text, &run.gdb_len);
	if (!run.gdb_stream)
		return NULL;
	is_ok = gdb_pass_through((char *)command, run.gdb_stream, GNU_RETURN_ON_ERROR);
	is_whole = !fclose(run.gdb_stream) && run.gdb_text;
	run.gdb_stream = NULL;
	return !is_whole ? NULL : is_ok ? run.gdb_text : "";
}

static const struct known *ask_gdb(const char *command)
{
	const char *text = gdb_says(command);
	const struct known *k = text ? remember(command, text, 0) : NULL;

	close_gdb_stream();
	return k;
}

static const struct known *ask_enumerator(const char *name)
{
	long value = 0;
	int is_there = enumerator_value((char *)name, &value);

	return remember(name, is_there ? name : "", value);
}

/*
 * Ask, unless it is known.  A pending SIGINT is lost when gdb is called: crash lets it be ignored
 * meanwhile, and that takes back what is pending already.  So after ^C nothing is asked any more,
 * whatever the caller makes of DLK_ERR_CANCELED.  One that comes during the call stays.
 */
static enum dlk_status find_out(const char *question, const struct known *(*ask)(const char *),
				const struct known **ret)
{
	const struct known *k = recall(question);

	if (!k) {
		look_for_interrupt();
		if (run.is_canceled)
			return DLK_ERR_CANCELED;
		k = ask(question);
	}
	look_for_interrupt();
	if (run.is_canceled)
		return DLK_ERR_CANCELED;
	if (!k)
		return dlk_nomem(&run.ctx);
	*ret = k;
	return *k->text ? DLK_OK : DLK_ERR_NOTFOUND;
}

/*
 * With "mod -s" gdb has more files, and knows more: all that it said, or had nothing to say of, is
 * asked anew.
 */
static enum dlk_status notice_files(void)
{
	const char *text;

	look_for_interrupt();
	if (run.is_canceled)
		return DLK_ERR_CANCELED;
	text = gdb_says(GDB_ALL "info files");
	if (!text)
		return dlk_nomem(&run.ctx);
	if (*text && (!known_files || strcmp(known_files, text) != 0)) {
		forget_all();
		known_files = strdup(text);
	}
	close_gdb_stream();
	return DLK_OK;
}

/* --- types */

/* "r" is for raw: without it gdb looks for a typedef of everything that it prints, 100 times as long. */
static enum dlk_status crash_ptype(void *arg, struct dlk_ctx *ctx, const char *type,
				   const char **ret)
{
	const struct known *k;
	char command[300];
	enum dlk_status status;

	(void)arg, (void)ctx;
	snprintf(command, sizeof(command), GDB_C "ptype /or %s", type);
	status = find_out(command, ask_gdb, &k);
	if (!status)
		*ret = k->text;
	return status;
}

/* Whatever the user has set: all of an array, as it is in C. */
#define GDB_ARRAY                                                                                  \
	GDB_C "with print elements unlimited -- with print repeats unlimited -- "                  \
	      "with print array-indexes off -- output/u "

static enum dlk_status crash_print(void *arg, struct dlk_ctx *ctx, const char *expression,
				   const char **ret)
{
	const struct known *k;
	const char *command = dlk_format(ctx, GDB_ARRAY "%s", expression);
	enum dlk_status status = command ? find_out(command, ask_gdb, &k) : dlk_nomem(ctx);

	(void)arg;
	if (!status)
		*ret = k->text;
	return status;
}

static enum dlk_status crash_enumerator(void *arg, const char *name, int64_t *ret)
{
	const struct known *k;
	enum dlk_status status = find_out(name, ask_enumerator, &k);

	(void)arg;
	if (!status)
		*ret = k->value;
	return status;
}

/* --- symbols */

static enum dlk_status crash_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	struct syment *found = kernel_symbol_search((char *)name);

	(void)s;
	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = found->value;
	return DLK_OK;
}

/*
 * What gdb calls a symbol: "NAME in section .text".  crash takes .isra.0, .part.0 and their like off
 * the names that it gives, which makes two functions one; and gdb, of several symbols at one
 * address, may give another.  So its name counts if it is crash's and a suffix.
 */
static enum dlk_status name_of(const struct syment *symbol, const char **ret)
{
	const struct known *k;
	char question[120];
	size_t len = strlen(symbol->name);
	enum dlk_status status;

	snprintf(question, sizeof(question), GDB_C "with print demangle off -- info symbol 0x%lx",
		 symbol->value);
	status = find_out(question, ask_gdb, &k);
	if (status && status != DLK_ERR_NOTFOUND)
		return status;
	if (!strncmp(k->text, symbol->name, len) && k->text[len] == '.')
		len = strcspn(k->text, " ");
	else
		k = NULL;
	*ret = dlk_format(&run.ctx, "%.*s", (int)len, k ? k->text : symbol->name);
	return *ret ? DLK_OK : dlk_nomem(&run.ctx);
}

static enum dlk_status crash_at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	ulong offset;
	struct syment *found;

	(void)s;
	if (address < run.text_start || address >= run.text_end)
		return DLK_ERR_NOTFOUND;
	found = value_search_base_kernel(address, &offset);
	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = (struct dlk_symbol){ .address = found->value };
	return name_of(found, &ret->name);
}

/*
 * "kernel/sched/core.c: 6654"; of a module after "mod -s", which "crash --minimal" has not.  A ^C
 * that is pending is lost in gdb, see find_out().
 */
static enum dlk_status crash_line(struct dlk_symbols *s, dlk_addr_t address, const char **ret)
{
	bool is_image = address >= run.text_start && address < run.text_end;
	char text[BUFSIZE] = "";
	char *colon;

	look_for_interrupt();
	if (run.is_canceled)
		return DLK_ERR_CANCELED;
	if (!is_image && pc->flags & MINIMAL_MODE)
		return DLK_ERR_NOTFOUND;
	get_line_number(address, text, FALSE);
	colon = strrchr(text, ':');
	if (!colon)
		return DLK_ERR_NOTFOUND;
	*ret = dlk_format(s->ctx, "%.*s:%s", (int)(colon - text), text,
			  colon + 1 + strspn(colon + 1, " "));
	return *ret ? DLK_OK : dlk_nomem(s->ctx);
}

static void open_symbols(void)
{
	static const struct dlk_symbols_ops ops = {
		.name = "crash", .find = crash_find, .at = crash_at, .line = crash_line
	};

	run.symbols = (struct dlk_symbols){ .ops = &ops, .ctx = &run.ctx };
	if (crash_find(&run.symbols, "_text", &run.text_start) ||
	    crash_find(&run.symbols, "_end", &run.text_end))
		run.text_start = run.text_end = 0;
}

/* --- the command */

/* Where crash thinks that the kernel's page tables are. */
static void find_page_tables(struct dlk_host *host)
{
	struct syment *root = kernel_symbol_search("init_top_pgt");
	struct syment *l5 = kernel_symbol_search("__pgtable_l5_enabled");
	physaddr_t address = 0;
	unsigned int is_l5 = 0;

	if (root && kvtop(NULL, root->value, &address, 0))
		host->root = address;
	if (l5 && kvtop(NULL, l5->value, &address, 0) &&
	    !readmem(address, PHYSADDR, &is_l5, sizeof(is_l5), "__pgtable_l5_enabled",
		     RETURN_ON_ERROR | QUIET))
		is_l5 = 0;
	host->levels = is_l5 == 1 ? 5 : 4;
}

static enum dlk_status open_session(const struct dlk_options *o)
{
	static const struct dlk_gdb gdb = { .ptype = crash_ptype,
					    .print = crash_print,
					    .enumerator = crash_enumerator,
					    .name = "crash" };
	struct dlk_host host = { .target = &run.target, .symbols = &run.symbols };
	enum dlk_status status = open_target();

	if (status)
		return status;
	host.capture = o->capture;
	run.ctx.limits.capture = o->limits.capture;
	status = notice_files();
	if (status)
		return status;
	open_symbols();
	find_page_tables(&host);
	status = dlk_ptype_open(&run.ctx, &gdb, &host.types);
	return status ? status : dlk_session_open_host(&run.ctx, &host, &run.session);
}

/* gdb opens and closes it as it likes. */
static bool is_namelist(const char *name)
{
	struct stat a, b;

	return pc->namelist && !stat(pc->namelist, &a) && !stat(name, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Writing the capture over what is read would destroy the only copy of a crash. */
static enum dlk_status check_capture(const struct dlk_options *o)
{
	if (o->capture && !strcmp(o->capture, "-"))
		return dlk_fail(&run.ctx, DLK_ERR_INVALID,
				"--capture -: not inside crash; give the name of a file");
	if (!o->capture || !(openfiles_has(o->capture) || is_namelist(o->capture)))
		return DLK_OK;
	return dlk_fail(&run.ctx, DLK_ERR_INVALID, "%s: --capture must not overwrite the input",
			o->capture);
}

static enum dlk_status parse(struct dlk_options *ret)
{
	enum dlk_status status = dlk_options_parse(&run.ctx, DLK_CRASH, argcnt, args, ret);

	if (!status && ret->operand_count)
		status = dlk_fail(&run.ctx, DLK_ERR_INVALID, "'%s' is not understood",
				  ret->operands[0]);
	if (!status && ret->is_current) {
		ret->subject = CURRENT_CONTEXT() ? CURRENT_TASK() : 0;
		if (!ret->subject)
			status = dlk_fail(&run.ctx, DLK_ERR_INVALID,
					  "-t: crash is set to no task; give a pid or an address");
	}
	return status;
}

/* What can be said of a failure, with each byte of the target's escaped. */
struct complaint {
	char text[4 * sizeof(run.ctx.err.text)];
};

static struct complaint make_complaint(const char *text)
{
	struct complaint complaint;

	dlk_stream_clean(complaint.text, sizeof(complaint.text), text);
	return complaint;
}

static enum dlk_status answer(const struct dlk_options *o)
{
	struct dlk_answer found;
	enum dlk_status status = check_capture(o);

	if (!status)
		status = open_session(o);
	if (!status)
		status = dlk_answer_find(&run.ctx, run.session, o, &found);
	if (status)
		return status;
	if (found.capture_error)
		error(INFO, "%s\n", make_complaint(found.capture_error).text);
	return dlk_answer_write(&run.ctx, o, &found, false, fp);
}

static const char command_name[] = "deadlock";

/*
 * Another crash than that of the header may have pc's members elsewhere, and the hook is written to one.
 * The command that runs is there by its name, at our own address: up to there it fits.  And behind it, if
 * the whole has the length that it should.
 */
static bool is_crash_of_header(void)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (pc->curcmd != command_name)
		return false;
	return !dladdr1(pc, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol ||
	       symbol->st_size == sizeof(*pc);
}

static void cmd_deadlock(void)
{
	struct dlk_options o;
	enum dlk_status status;
	struct complaint complaint;

	if (!is_crash_of_header()) {
		error(INFO,
		      "crash %s is not laid out as the defs.h that this extension was built "
		      "with: build it with this crash's (configure "
		      "--with-crash-headers=DIR)\n",
		      build_version);
		return;
	}
	enter();
	status = parse(&o);
	if (status) {
		complaint = make_complaint(run.ctx.err.text);
		leave(NULL);
		error(INFO, "%s\n", complaint.text);
		cmd_usage(pc->curcmd, SYNOPSIS); /* does not return */
		return;
	}
	status = answer(&o);
	/* At ^C crash says what there is to say, when the signal is let through. */
	complaint = make_complaint(run.ctx.err.text);
	leave(NULL);
	if (status && status != DLK_ERR_CANCELED && status != DLK_ERR_SYSTEM)
		error(INFO, "%s\n", complaint.text);
}

static struct command_table_entry commands[] = {
	{ (char *)command_name, cmd_deadlock, NULL, MINIMAL },
	{ NULL, NULL, NULL, 0 },
};

static void __attribute__((constructor)) register_deadlock(void)
{
	commands[0].help_data = help_make();
	register_extension(commands);
}

static void __attribute__((destructor)) forget_deadlock(void)
{
	leave(NULL);
	forget_all();
}
