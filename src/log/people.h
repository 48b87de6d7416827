/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_PEOPLE_H
#define DLK_LOG_PEOPLE_H

/**
 * @file
 * The tasks that the blocks of one incident name, each once, with all that is said of it.
 *
 * A log tells of a task in pieces: that it hangs, its stack, its list of held locks, the line that names the owner of what it
 * waits for; and again two minutes later.  The pieces belong together by pid, and by name where a line has no pid.  Of each sort
 * the last piece counts: the log's order is the order of time.
 *
 * All that counts of a task is of one moment: what was said long before its newest piece is forgotten, for it may have gone on since.
 * What is said to be blocked for N seconds has done nothing in these; and who still hangs is reported again each time that the
 * kernel looks.  So a task that hung once, and is named as an owner minutes later without being reported again, waits no more
 * for what it waited for then.  Where the kernel has printed just as many reports as it does by default, silence proves nothing.
 *
 * How it can be wrong: a pid that was used again within the incident, which is why a name that differs makes another person;
 * a name cut by the kernel to 15 characters is compared only as far.  Without times all pieces are of one moment.
 */

#include "base/map.h"
#include "locks/wait_function.h"
#include "log/block.h"
#include "model/builder.h"

struct dlk_log_person {
	struct dlk_log_who who;
	uint32_t context; /**< In the model. */
	/* What is said of it, the last of each sort; NULL. */
	const struct dlk_log_block *task;  /**< With a stack, if one has. */
	const struct dlk_log_block *held;  /**< A list, or that it is not printed. */
	const struct dlk_log_block *owner; /**< Whom it waits for. */
	const struct dlk_log_block *cpu;   /**< On which it ran. */
	const struct dlk_log_block *named; /**< That names it as an owner. */
	bool is_hung;                      /**< It is said to be blocked for long. */
	/** From when to when it is as these pieces say, microseconds as in the log; 0 and 0: no times. */
	uint64_t since_us, seen_us;
	/** Its frames, innermost first, in the model's form: those that are marked as unreliable are left out if others are
	 *  not.  Of a task that runs, from the outside in, its own only. */
	struct dlk_frame *frames;
	const struct dlk_log_frame **sources; /**< Where each stands in the log. */
	uint32_t frame_count;
	struct dlk_waiting waiting; /**< What the frames say, if it sleeps. */
	/** Of its list, the entry that it waits for, and has not; DLK_NONE. */
	uint32_t awaited;
};

/** The facts of an incident while they are made. */
struct dlk_log_facts {
	struct dlk_ctx *ctx;
	const struct dlk_log *log;
	uint32_t first, end; /**< The incident's blocks. */
	struct dlk_model_builder model;
	struct dlk_vec people; /**< of struct dlk_log_person */
	struct dlk_map by_pid; /**< pid -> person */
	uint32_t hung_count;   /**< How many times a task is said to hang. */
};

/**
 * Gather the people of an incident, and make a context of each.
 *
 * @param[in,out] f  With ctx, log, first and end set, all else zero.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_log_people_gather(struct dlk_log_facts *f) DLK_MUST_CHECK;

/** Find a person; DLK_NONE. */
uint32_t dlk_log_people_find(const struct dlk_log_facts *f, const struct dlk_log_who *who);

/** Whether what is said of one is so old that it need not be so when another is as the log says. */
bool dlk_log_is_outlived(const struct dlk_log_facts *f, const struct dlk_log_person *p,
			 const struct dlk_log_person *by);

/** A person by its index; good until one is added. */
static inline struct dlk_log_person *dlk_log_person(const struct dlk_log_facts *f, uint32_t i)
{
	return DLK_VEC_AT(&f->people, struct dlk_log_person, i);
}

/** A line of a stack in the model's form: it has no address. */
struct dlk_frame dlk_log_frame_of(const struct dlk_log_frame *from);

/** The context of a person. */
static inline struct dlk_context *dlk_log_context(const struct dlk_log_facts *f, uint32_t person)
{
	return dlk_model_context(&f->model, dlk_log_person(f, person)->context);
}

/** Its list of held locks; NULL if there is none. */
static inline const struct dlk_log_held_list *dlk_log_held(const struct dlk_log_person *p)
{
	return p->held ? &p->held->held : NULL;
}

#endif
