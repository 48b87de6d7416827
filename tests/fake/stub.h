/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_STUB_H
#define DLK_TESTS_STUB_H

/**
 * @file
 * A gdbstub that behaves as QEMU's 7.2 does, over a capture instead of a guest - and, at the n-th
 * question, as no stub should.
 *
 * It is a process of its own on a unix socket and notes what it saw in memory that is shared: how
 * often it was let go, whether anything was written, in which mode memory was left.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum stub_fault {
	STUB_NO_FAULT,
	STUB_CLOSES,  /**< The connection is gone; a new one is taken. */
	STUB_SILENT,  /**< No answer to this question, and to none that follows. */
	STUB_BAD_SUM, /**< The answer's sum is wrong, whatever is done. */
	STUB_BAD_SUM_ONCE,
	STUB_NAK_ONCE, /**< Asks for the question again. */
	STUB_ERROR,    /**< "E01" */
	STUB_EMPTY,    /**< As if it did not know the question. */
	STUB_GARBAGE,  /**< Not an answer to this. */
	STUB_CUT,      /**< Half of the answer, then the connection is gone. */
	STUB_HUGE,     /**< An answer that does not end. */
	STUB_CHATTER,  /**< Bytes outside of packets, without end. */
	STUB_CANCELS,  /**< Sets cancel: as if the user had pressed ^C now. */
	STUB_KILLS,    /**< Kills the client, by SIGKILL. */
	STUB_TALKS,    /**< Sets cancel, and chatters until nobody is there any more. */
	STUB_KILLS_AND_TALKS,
	STUB_KILLS_AND_TRICKLES, /**< A byte now and then, until nobody is there any more. */
	STUB_STOPS,              /**< Sends the client a ^Z. */
	STUB_FREEZES,            /**< Stops the client by SIGSTOP. */
	STUB_SLOW, /**< This answer and all that follow come late, but soon enough each. */
	STUB_FAULT_COUNT
};

/** What has no end; the first four are answers of many pieces. */
enum stub_endless {
	STUB_ENDS,
	STUB_ENDLESS_DOCUMENT,
	STUB_ENDLESS_CHARACTERS, /**< A document that comes character by character. */
	STUB_ENDLESS_CPUS,
	STUB_ENDLESS_MONITOR,
	STUB_ENDLESS_REGISTERS, /**< A packet. */
	STUB_ENDLESS_NESTING,   /**< A document of elements in elements, as large as may be. */
	STUB_ENDLESS_INCLUDES,
	STUB_ENDLESS_COUNT
};

/** What the guest and its stub are like. */
struct stub_plan {
	const char *capture;      /**< Of a kernel; NULL: 16 MiB of zeros. */
	bool is_stopped;          /**< The guest does not run when somebody connects. */
	bool was_debugged;        /**< By a GDB that has left. */
	bool is_no_qemu;          /**< No physical mode, no description: another's stub. */
	bool is_old;              /**< QEMU before 4.1: a description, no physical mode. */
	bool has_no_map;          /**< The monitor does not know "info mtree". */
	bool has_no_ack;          /**< Knows QStartNoAckMode, as QEMU from 8 on does. */
	bool is_8_1;              /**< Does not say unasked that the guest has stopped. */
	bool is_busy;             /**< Connections are taken, and nobody answers. */
	bool is_noisy;            /**< Notifications, stop replies, runs and escapes in between. */
	const char *architecture; /**< NULL: i386:x86-64 */
	enum stub_endless endless;
	unsigned fault_at; /**< Counted from 1, over all connections. */
	enum stub_fault fault;
};

/** What happened; shared with the stub's process. */
struct stub_log {
	unsigned connections, questions;
	unsigned departures; /**< Connections that are no more. */
	unsigned goodbyes;   /**< Times that the guest was let go. */
	unsigned continued;  /**< Times that it was told to run on, and not let go. */
	bool runs;           /**< The guest, now. */
	bool is_dead;        /**< It was let go twice on one connection, of which QEMU 7.2 dies. */
	bool phys_mode;      /**< As it was left. */
	bool was_written; /**< Memory, a register or a breakpoint; or it was told to step, or to run if it stood before. */
	bool read_device; /**< Memory was read where there is none. */
	volatile int cancel;
	pid_t client; /**< Who is killed or stopped; negative: a process group. */
};

struct stub {
	pid_t pid;
	struct stub_log *log;
	char address[128]; /**< unix:PATH */
	char directory[64];
};

/** Start it; exits if it cannot be. */
void stub_start(struct stub *s, const struct stub_plan *plan);

/** Wait until it has nobody connected (up to some seconds), end it, and clean up; the log stays. */
void stub_stop(struct stub *s);

/** Give back the log. */
void stub_free(struct stub *s);

#endif
