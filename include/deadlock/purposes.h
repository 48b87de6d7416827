/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_PURPOSES_H
#define DEADLOCK_PURPOSES_H

/**
 * @file
 * What tasks sleep for, as far as the function that they sleep in tells: the class of a wait.
 *
 * A kind (kinds.h) is of things that are found at an address, and may have holders; a purpose is a word for a sleep of
 * which nothing else may be known.  Which functions sleep for what, and where that is ordinary idleness, stands in
 * src/locks/purpose.c.
 */

/** purpose, JSON name, what is waited for, for people */
#define DLK_PURPOSE_TABLE(X)                                                                       \
	X(NONE, "unknown", "nothing known")                                                        \
	X(WORK, "work", "work to do")                                                              \
	X(TIMER, "timer", "a timer")                                                               \
	X(SIGNAL, "signal", "a signal")                                                            \
	X(CHILD, "child", "a child process")                                                       \
	X(PIPE, "pipe", "the other end of a pipe")                                                 \
	X(SOCKET, "socket", "the other end of a socket")                                           \
	X(POLL, "poll", "one of several files")                                                    \
	X(TTY, "tty", "a terminal")                                                                \
	X(EVENT, "event", "an event that a file tells of")                                         \
	X(MESSAGE, "message", "a message, or a System V semaphore")                                \
	X(URING, "io_uring", "an io_uring")                                                        \
	X(FUTEX, "futex", "a futex")                                                               \
	X(FILE_LOCK, "file-lock", "a lock on a file")                                              \
	X(IO, "io", "block I/O")                                                                   \
	X(JOURNAL, "journal", "a journal of ext4")                                                 \
	X(RPC, "rpc", "a server, by RPC")                                                          \
	X(FUSE, "fuse", "a FUSE daemon")                                                           \
	X(DM, "dm", "a device-mapper device")                                                      \
	X(MD, "md", "a RAID array")                                                                \
	X(DRIVER, "driver", "a device, by its driver")                                             \
	X(MEMORY, "memory", "memory to be reclaimed")                                              \
	X(CORE_DUMP, "core-dump", "a core dump")                                                   \
	X(MODULE, "module", "what a module waits for")

#endif
