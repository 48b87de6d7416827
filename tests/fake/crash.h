/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_CRASH_H
#define DLK_TESTS_FAKE_CRASH_H

/**
 * @file
 * A crash(8) without crash: what the extension calls of it, over a capture, so that every single
 * one of these calls can go wrong.
 *
 * The declarations are those of crash's own defs.h.  Memory and symbols come from the capture;
 * what the gdb inside crash says of types was recorded in a real session (tests/crash/record).  A
 * command is run as crash's main loop does it: a longjmp leads back there, restore_sanity() calls
 * the hook.
 *
 *     fake_crash_open -> fake_crash_run ... -> fake_crash_close
 */

#include <stdbool.h>
#include <stdint.h>

/** What happens at one of the extension's calls. */
enum fake_crash_event {
	FAKE_CRASH_SOUND,
	FAKE_CRASH_FAIL,     /**< It fails in the way that crash tells of. */
	FAKE_CRASH_JUMP,     /**< It does not return, but longjmps. */
	FAKE_CRASH_INTERRUPT /**< ^C comes during the call. */
};

/** Which calls are counted. */
enum fake_crash_calls {
	FAKE_CRASH_READS = 1,   /**< readmem() */
	FAKE_CRASH_SYMBOLS = 2, /**< by name, by address, kvtop() */
	FAKE_CRASH_GDB = 4,     /**< types, enumerators, names of symbols */
	FAKE_CRASH_LINES = 8,
	FAKE_CRASH_ERRORS = 16, /**< error(), which may write to a pager that is gone */
	FAKE_CRASH_FILES = 32,  /**< those that gdb has */
	FAKE_CRASH_ALL = 63
};

enum { FAKE_CRASH_QUESTIONS = 250 };

/** Set it before a run; "calls" and "questions" are set by the run. */
struct fake_crash_plan {
	enum fake_crash_event event;
	enum fake_crash_calls counted;
	uint64_t at; /**< Which of the counted calls, from 1. */
	uint64_t calls;
	unsigned questions; /**< How often gdb was asked, of types and names. */
	/** Those of the counted calls that were the last before gdb was asked; set by the run. */
	uint64_t before_gdb[FAKE_CRASH_QUESTIONS];
	unsigned before_gdb_count;
	bool without_hook; /**< restore_sanity() does not call it: as between commands of an input file. */
	bool is_live;
	bool is_other_crash; /**< Its program_context is not that of the header. */
	bool is_nowhere;     /**< No dump file: neither registers nor VMCOREINFO. */
	bool says_questions; /**< What gdb is asked and does not know goes to stderr. */
	const char *dump;    /**< The file that crash says it has opened; NULL: the capture. */
};

/** How a run ended. */
enum fake_crash_end {
	FAKE_CRASH_RETURNED,
	FAKE_CRASH_JUMPED,      /**< By error(FATAL) or its like. */
	FAKE_CRASH_INTERRUPTED, /**< By ^C. */
	FAKE_CRASH_USAGE        /**< By cmd_usage(). */
};

struct fake_crash_result {
	enum fake_crash_end end;
	char *output, *errors; /**< What went to fp, and to error(); of the caller. */
};

/**
 * Open a capture (ELF, not compressed) and the recorded answers.
 *
 * @param[in] types  File; NULL: gdb knows nothing.
 * @return false after a message on stderr.
 */
bool fake_crash_open(const char *capture, const char *types);
void fake_crash_close(void);

/** Run a command line.  Once the extension has made a constructor's call there is a command. */
struct fake_crash_result fake_crash_run(struct fake_crash_plan *plan, const char *line);
void fake_crash_forget(struct fake_crash_result *result);

/** A task is what crash is set to; 0: none. */
void fake_crash_set_task(uint64_t task);

/**
 * Change 8 bytes of memory, by virtual address, for some of the readmem() calls of each following run:
 * from one, from 1, to before another.  Address 0 takes it back.
 */
void fake_crash_poke(uint64_t address, uint64_t value, uint64_t from_read, uint64_t to_read);
/** Virtual address of a symbol; 0 if there is none. */
uint64_t fake_crash_symbol(const char *name);

/** gdb is given one more file, as by "mod -s". */
void fake_crash_add_file(void);

/** The host is as it was: signal mask and handler, hook, open files. */
bool fake_crash_is_unharmed(void);

/** Help text of the command, as registered: ended by NULL. */
char **fake_crash_help(void);

#endif
