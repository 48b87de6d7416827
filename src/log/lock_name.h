/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_LOCK_NAME_H
#define DLK_LOG_LOCK_NAME_H

/**
 * @file
 * What the names of lockdep's classes, and of the functions that take locks, say.
 */

#include "log/block.h"

/** How a function takes what can be shared. */
enum dlk_log_way { DLK_LOG_WAY_UNKNOWN, DLK_LOG_WAY_READ, DLK_LOG_WAY_WRITE };

/** By words in its name: "i_mmap_lock_read", "inode_lock_shared", "mmap_write_lock"; NULL is unknown. */
enum dlk_log_way dlk_log_way_of(const char *function);

/**
 * Tell whether a class has one lock only.
 *
 * lockdep names a lock that is a variable by the variable, and one that is initialized while the kernel runs by the expression,
 * "&q->lock"; what follows "#" and "/" tells classes of one name apart, and so, many locks.
 */
bool dlk_log_class_is_single(const char *class);

/** Tell whether a class is no lock: "rcu_read_lock", "fs_reclaim", and what lockdep enters for the length of a callback. */
bool dlk_log_class_is_no_lock(const char *class);

/** Guess of what kind a lock is by its class and where it was taken; a mutex if nothing tells. */
enum dlk_kind dlk_log_class_kind(const struct dlk_log_held *entry);

#endif
