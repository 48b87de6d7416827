/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a folio's lock?
 *
 * Nothing in the kernel records it.  But whoever holds it goes on to unlock it, so the folio's
 * address is live in that task: in a register that a callee has saved on the stack, or in a
 * variable there.  So: all live stacks are searched for the addresses of the folios that are waited
 * for.  The word belongs to the frame that it stands in or to one further out; if the nearest
 * function outwards that is known to lock folios is found, the task "works on it".  Not so where the task has merely
 * found the folio, and waits for the lock of another that comes before it (folio_batch.c).
 *
 * Claims: likely, if exactly one task that does not itself wait for this lock works on the folio in
 * such a function, the lock bit is set, and all stacks could be read.  Possible, if several do, if
 * not all could be read, or if the address stands on a stack without such a function.
 *
 * No more than so many candidates are kept of a folio; if there are more, its holders are not known.
 *
 * How it can be wrong: a function that has unlocked the folio already, but has its address still in
 * a live variable; a folio that is being read in is locked until its I/O completes, by no task; a
 * holder that has the address only in a caller's register that no callee saved (it runs).
 */
#include <config.h>

#include "locks/folio.h"

#include "kernel/frames.h"
#include "locks/lock.h"

enum { MAX_CANDIDATES = 64 /* of a folio, with and without such a function */ };

/*
 * Functions that lock a folio and call others with the lock held, v5.10 to v6.12; small ones are
 * inlined into these.  mm/: migrate.c, truncate.c, filemap.c, memory.c, shmem.c, hugetlb.c,
 * vmscan.c, huge_memory.c, khugepaged.c, page-writeback.c, swapfile.c, ksm.c, memory-failure.c,
 * rmap.c; fs/: the address_space operations of the file systems.
 */
/* clang-format off */
static const char *const lockers[] = {
	"migrate_*", "__migrate_*", "unmap_and_move*", "move_to_new_*", "__unmap_and_move*",
	"__buffer_migrate_*", "remove_migration_ptes", "do_migrate_*",
	"truncate_*", "invalidate_*", "mapping_try_invalidate", "mapping_evict_folio",
	"generic_error_remove_*", "filemap_fault", "filemap_map_*", "filemap_read*",
	"filemap_get_pages", "filemap_create_*", "filemap_update_page", "do_read_cache_*",
	"generic_perform_write", "generic_file_*write*", "pagecache_*", "replace_page_cache_*",
	"do_fault*", "__do_fault", "do_shared_fault", "do_cow_fault", "do_read_fault", "do_swap_page",
	"do_wp_page", "wp_page_*", "do_page_mkwrite", "fault_dirty_shared_page", "finish_fault",
	"shmem_*", "hugetlb_fault", "hugetlb_no_page", "hugetlb_wp", "hugetlb_cow",
	"hugetlb_mfill_*", "hugetlb_mcopy_*", "hugetlbfs_*", "remove_inode_hugepages",
	"remove_inode_single_folio", "restore_reserve_*", "shrink_*", "reclaim_*", "pageout",
	"split_huge_*", "__split_huge_*", "deferred_split_*", "collapse_*", "khugepaged_*",
	"hpage_collapse_*", "madvise_*", "madvise_free_*", "write_cache_pages", "writeback_iter",
	"do_writepages", "folio_mkclean*", "unuse_*", "try_to_unuse", "swap_*", "try_to_merge_*",
	"ksm_*", "stable_tree_*", "memory_failure*", "soft_offline_*", "page_idle_*",
	"iomap_*", "block_*", "__block_*", "mpage_*", "cont_write_begin", "*_write_begin",
	"ext4_*", "ext2_*", "jbd2_*", "xfs_*", "btrfs_*", "extent_*", "submit_extent_*", "f2fs_*",
	"nfs_*", "ceph_*", "netfs_*", "cifs_*", "smb2_*", "fuse_*", "ntfs_*", "ni_*", "attr_*",
	"udf_*", "nilfs_*", "gfs2_*", "ocfs2_*", "erofs_*", "z_erofs_*", "squashfs_*", "fat_*",
	"ubifs_*", "jffs2_*", "hfs_*", "hfsplus_*", "orangefs_*", "afs_*", "v9fs_*", "ecryptfs_*",
	"page_mkwrite*", "blkdev_*", NULL
};
/* clang-format on */

struct candidate {
	uint32_t resource, context;
	const char *locker;   /* "migrate_pages+0x45d"; NULL if no such function is found */
	uint32_t of_resource; /* the next candidate for the same resource; DLK_NONE */
};

struct tally {
	uint32_t last;    /* its last candidate; DLK_NONE */
	uint32_t kept[2]; /* candidates without and with a locker */
	bool has_more;    /* than are kept */
};

struct inference {
	struct dlk_facts *f;
	const struct dlk_stack_search *search;
	struct dlk_vec candidates; /* of struct candidate */
	struct tally *tallies;     /* of each resource */
	const char **lockers;      /* of the stack at hand, for each frame the nearest outwards */
	uint32_t room;             /* for so many frames */
	uint32_t context;          /* whose stack that is; DLK_NONE */
};

/* The functions are many: each frame is compared with them once. */
static enum dlk_status set_lockers(struct inference *in, const struct dlk_stack *stack)
{
	const char *nearest = NULL;

	if (stack->frame_count > in->room) {
		in->lockers = dlk_calloc(in->f->ctx, stack->frame_count, sizeof(*in->lockers));
		if (!in->lockers)
			return dlk_nomem(in->f->ctx);
		in->room = stack->frame_count;
	}
	for (uint32_t i = stack->frame_count; i-- > 0;) {
		if (dlk_function_matches(stack->frames[i].function, lockers))
			nearest = stack->frames[i].symbol;
		in->lockers[i] = nearest;
	}
	return DLK_OK;
}

static const char *find_locker(const struct inference *in, const struct dlk_stack *stack,
			       dlk_addr_t address)
{
	uint32_t i = dlk_stack_frame_at(stack, address);

	return i == DLK_NONE || !in->lockers ? NULL : in->lockers[i];
}

static bool waits_for(const struct dlk_facts *f, uint32_t context, uint32_t resource)
{
	return dlk_model_find_wait(&f->model, context, resource) != DLK_NONE;
}

/*
 * One candidate for a task and a folio; a word within a locking function is better than one outside.  Tasks are
 * looked at one after the other.
 */
static enum dlk_status add_candidate(struct inference *in, uint32_t resource, uint32_t context,
				     const char *locker)
{
	struct tally *t = &in->tallies[resource];
	struct candidate *c = t->last == DLK_NONE
				      ? NULL
				      : DLK_VEC_AT(&in->candidates, struct candidate, t->last);

	if (c && c->context == context) {
		if (!c->locker && locker) {
			c->locker = locker;
			t->kept[false]--;
			t->kept[true]++;
		}
		return DLK_OK;
	}
	if (t->kept[locker != NULL] >= MAX_CANDIDATES) {
		t->has_more = true;
		return DLK_OK;
	}
	c = dlk_vec_push(in->f->ctx, &in->candidates);
	if (!c)
		return dlk_nomem(in->f->ctx);
	*c = (struct candidate){ resource, context, locker, t->last };
	t->last = in->candidates.len - 1;
	t->kept[locker != NULL]++;
	return DLK_OK;
}

/*
 * The folio's address on a stack; in a waiter it says that the task waits, not that it works on it, and in a
 * batch that it may come to it.
 */
static enum dlk_status take_hit(void *arg, const struct dlk_hit *hit)
{
	struct inference *in = arg;
	struct dlk_stack *stack = hit->stack;
	enum dlk_status status = DLK_OK;

	if (waits_for(in->f, hit->context, hit->resource) ||
	    dlk_folio_is_in_waiter(in->f, hit->at, stack->task->address) ||
	    dlk_folio_is_ahead(in->f, stack, hit->context, hit->at))
		return DLK_OK;
	if (!stack->frames)
		status = dlk_stack_unwind(in->f->k, stack);
	if (!status && in->context != hit->context)
		status = set_lockers(in, stack);
	in->context = hit->context;
	return status ? status
		      : add_candidate(in, hit->resource, hit->context,
				      find_locker(in, stack, hit->at));
}

/* That nobody else works on it is known only if all stacks could be read. */
static enum dlk_status add_hold(struct inference *in, const struct candidate *c, bool is_only)
{
	bool is_all = !in->search->lost && !in->f->tasks.lost;
	const char *others = !is_only ? "and so do other tasks"
			     : is_all ? "no other task does"
				      : "but not all stacks could be read";
	struct dlk_hold hold = {
		.resource = c->resource,
		.context = c->context,
		.mode = DLK_MODE_EXCLUSIVE,
		.evidence = c->locker ? DLK_EVIDENCE_LIVE_FRAME : DLK_EVIDENCE_STACK_WORD,
		.confidence = c->locker && is_only && is_all ? DLK_LIKELY : DLK_POSSIBLE
	};

	if (c->locker)
		hold.note = dlk_format(in->f->ctx, "%s works on it, %s", c->locker, others);
	else
		hold.note = "its address stands on the live stack";
	return hold.note ? dlk_facts_add_hold(in->f, &hold) : dlk_nomem(in->f->ctx);
}

/* Weigh the candidates of one folio. */
static enum dlk_status judge(struct inference *in, uint32_t resource)
{
	const struct candidate *all = in->candidates.data;
	struct dlk_resource *r = dlk_facts_resource(in->f, resource);
	const struct tally *t = &in->tallies[resource];
	uint32_t first = all ? t->last : DLK_NONE;
	uint32_t in_function = 0, held = 0;
	bool is_locked = false;
	enum dlk_status read = dlk_folio_read_locked(in->f, r->address, &is_locked);

	if (read)
		return dlk_lock_unreadable(in->f, resource, read);
	if (!is_locked) {
		r->state = "not locked";
		r->is_free = true;
		r->holders_unknown =
			"it is not locked: it was unlocked, and the next waiter has not "
			"run yet";
		return DLK_OK;
	}
	r->state = "locked";
	for (uint32_t i = first; i != DLK_NONE; i = all[i].of_resource)
		in_function += all[i].locker != NULL;
	for (uint32_t i = first; i != DLK_NONE; i = all[i].of_resource) {
		enum dlk_status status;

		if (in_function && !all[i].locker)
			continue;
		held++;
		status = add_hold(in, &all[i], in_function == 1);
		if (status)
			return status;
	}
	if (t->has_more)
		dlk_facts_resource(in->f, resource)->holders_unknown =
			"a folio lock has no owner field, and more tasks than are looked at may hold it";
	if (!held)
		dlk_facts_resource(in->f, resource)->holders_unknown =
			"a folio lock has no owner field, and no task's live frames work on the folio; "
			"one that is being read in is locked until its I/O completes";
	return DLK_OK;
}

static bool is_folio(struct dlk_facts *f, uint32_t resource)
{
	return dlk_facts_resource(f, resource)->kind == DLK_KIND_FOLIO;
}

static enum dlk_status open_inference(struct dlk_facts *f, const struct dlk_stack_search *search,
				      struct inference **ret)
{
	struct inference *in = dlk_alloc(f->ctx, sizeof(*in));

	if (!in)
		return dlk_nomem(f->ctx);
	*in = (struct inference){ .f = f,
				  .search = search,
				  .candidates = DLK_VEC_INIT(struct candidate),
				  .tallies = dlk_calloc(f->ctx, f->model.resources.len,
							sizeof(*in->tallies)),
				  .context = DLK_NONE };
	if (!in->tallies)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->model.resources.len; i++)
		in->tallies[i].last = DLK_NONE;
	*ret = in;
	return DLK_OK;
}

enum dlk_status dlk_folio_seek_holders(struct dlk_facts *f, struct dlk_stack_search *search,
				       void **state)
{
	struct inference *in = NULL;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.resources.len && !status; i++) {
		dlk_addr_t address = dlk_facts_resource(f, i)->address;

		if (!is_folio(f, i))
			continue;
		if (!in)
			status = open_inference(f, search, &in);
		if (!status)
			status = dlk_stack_search_add(search,
						      &(struct dlk_sought){ .start = address,
									    .end = address + 1,
									    .resource = i,
									    .wants_all = true,
									    .hit = take_hit,
									    .arg = in });
	}
	*state = in;
	return status;
}

enum dlk_status dlk_folio_infer_holders(struct dlk_facts *f, void *state)
{
	struct inference *in = state;
	enum dlk_status status = DLK_OK;

	if (in->search->lost)
		status = dlk_facts_add_finding(
			f, DLK_FINDING_UNREADABLE, 0, true,
			"%u stacks could not be searched for the holders of folios",
			in->search->lost);
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (is_folio(f, i))
			status = judge(in, i);
	return status;
}
