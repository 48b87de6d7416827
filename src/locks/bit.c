/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits of any word, and variables: wait_on_bit(), wait_on_bit_lock(), wait_var_event().
 *
 * Wait: a struct wait_bit_queue_entry on the task's stack, linked both ways in a hashed wait queue, whose wake-up
 * function is wake_bit_function() or var_wake_function(); it names the word and the bit, or the variable
 * (kernel/sched/wait_bit.c).  Certain: nothing else uses these functions.
 *
 * Who waits for a bit of an inode's state waits, in later kernels, for a variable: at the address of the state plus the
 * number of the bit, and the bits have other numbers (include/linux/fs.h; so it is in v6.12, and not in v6.1).  That
 * is said to be the bit.
 *
 * Who waits for a call over RPC, as NFS does, waits for a bit of its struct rpc_task: that is told by the function that sleeps.
 *
 * Who spins for a bit, in bit_spin_lock(), has no function that says so, but its code does (code/bit_loop.h): certain.
 *
 * Hold: nothing records who will clear a bit, its code tells (code_holder.c).  Who spins for it will clear it in any case, and has it only if
 * it has taken it before (code/taken.h).  Whether it is set is known: if it is not, whoever waits was not woken
 * yet, or never will be.  What a variable is to become, its waiter's code alone knows.
 *
 * How it can be wrong: a name is read from memory that may be something else by now.  The numbers of an inode's bits
 * are no enumerators in most kernels, so they stand here; another kernel may have others.
 */
#include <config.h>

#include <string.h>

#include "locks/bit.h"

#include "kernel/object.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/queue.h"

enum {
	BITS = 64,
	BYTE = 8,
	SEARCHED_FRAMES = 6,
	MINOR_BITS = 20,
	MINOR_MASK = (1 << MINOR_BITS) - 1
};

static const enum dlk_member_id needs[] = { DLK_M_wait_bit_flags,
					    DLK_M_wait_bit_nr,
					    DLK_M_wait_bit_wait,
					    DLK_M_wait_entry_private,
					    DLK_M_wait_entry_func,
					    DLK_M_wait_entry_entry,
					    DLK_M_NONE };

/* What is waited for. */
struct word {
	dlk_addr_t address;
	uint64_t bit;
	bool is_variable;   /* as a whole */
	bool is_by_address; /* the address says which bit of an inode's state */
	bool is_rpc;        /* a call over RPC is waited for: the bit is of its state */
};

/* Of an inode's state: those that are waited for as bits, and those that are as variables. */
static const char
	*const inode_bits[] = { [3] = "__I_NEW", [7] = "__I_SYNC", [9] = "__I_DIO_WAKEUP" };
static const char *const inode_variables[] = { "__I_NEW", "__I_SYNC", "__I_LRU_ISOLATING" };

/* Of tk_runstate of a struct rpc_task: include/linux/sunrpc/sched.h. */
static const char *const rpc_bits[] = { "RPC_TASK_RUNNING", "RPC_TASK_QUEUED", "RPC_TASK_ACTIVE" };

static const struct {
	enum dlk_enumerator_id id;
	const char *name;
} buffer_bits[] = { { DLK_E_BH_Lock, "BH_Lock" },
		    { DLK_E_BH_Uptodate, "BH_Uptodate" },
		    { DLK_E_BH_Shadow, "BH_Shadow" } };

enum {
	INODE_BITS = sizeof(inode_bits) / sizeof(inode_bits[0]),
	INODE_VARIABLES = sizeof(inode_variables) / sizeof(inode_variables[0]),
	RPC_BITS = sizeof(rpc_bits) / sizeof(rpc_bits[0]),
	BUFFER_BITS = sizeof(buffer_bits) / sizeof(buffer_bits[0])
};

/* "bit 21" */
static const char *name_number(struct dlk_facts *f, uint64_t bit)
{
	return dlk_format(f->ctx, "bit %llu", (unsigned long long)bit);
}

static const char *name_buffer_bit(struct dlk_facts *f, uint64_t bit)
{
	for (int i = 0; i < BUFFER_BITS; i++)
		if (dlk_kernel_enumerator(f->k, buffer_bits[i].id, -1) == (int64_t)bit)
			return buffer_bits[i].name;
	return name_number(f, bit);
}

static const char *name_inode_bit(struct dlk_facts *f, const struct word *w)
{
	const char *name = NULL;

	if (w->is_by_address && w->bit < INODE_VARIABLES)
		name = inode_variables[w->bit];
	else if (!w->is_by_address && w->bit < INODE_BITS)
		name = inode_bits[w->bit];
	return name ? name : name_number(f, w->bit);
}

/* "nvme0n1p1", "device 259:1"; NULL if there is none. */
static const char *name_device(struct dlk_facts *f, dlk_addr_t bdev)
{
	uint64_t dev;
	const char *name;

	if (!bdev)
		return NULL;
	name = dlk_kernel_read_string(f->k, dlk_kernel_peek_member(f->k, bdev, DLK_M_bdev_name));
	if (name)
		return name;
	dev = dlk_kernel_peek_member(f->k, bdev, DLK_M_bdev_dev);
	return dlk_format(f->ctx, "device %llu:%llu", (unsigned long long)(dev >> MINOR_BITS),
			  (unsigned long long)(dev & MINOR_MASK));
}

/* "BH_Lock of block 34 on nvme0n1p1"; NULL if it is no buffer's. */
static const char *name_in_buffer(struct dlk_facts *f, const struct word *w)
{
	const char *device;
	dlk_addr_t buffer;

	if (!dlk_layout_has(&f->k->layout, DLK_M_buffer_state))
		return NULL;
	buffer = w->address - dlk_layout_offset(&f->k->layout, DLK_M_buffer_state);
	if (!dlk_object_is(f->k, buffer, "buffer_head"))
		return NULL;
	device = name_device(f, dlk_kernel_peek_member(f->k, buffer, DLK_M_buffer_bdev));
	return dlk_format(f->ctx, "%s of block %llu%s%s", name_buffer_bit(f, w->bit),
			  (unsigned long long)dlk_kernel_peek_member(f->k, buffer,
								     DLK_M_buffer_blocknr),
			  device ? " on " : "", device ? device : "");
}

/* The inode whose state is at an address; 0 if it is no inode's. */
static dlk_addr_t inode_of_state(struct dlk_facts *f, dlk_addr_t address)
{
	dlk_addr_t inode;

	if (!dlk_layout_has(&f->k->layout, DLK_M_inode_state))
		return 0;
	inode = address - dlk_layout_offset(&f->k->layout, DLK_M_inode_state);
	return dlk_object_is(f->k, inode, "inode") ? inode : 0;
}

/* "__I_SYNC of inode 12, log (ext4)"; NULL if it is no inode's. */
static const char *name_in_inode(struct dlk_facts *f, const struct word *w)
{
	dlk_addr_t inode = inode_of_state(f, w->address);
	const char *name = inode ? dlk_inode_name(f->k, inode) : NULL;

	return name ? dlk_format(f->ctx, "%s of %s", name_inode_bit(f, w), name) : NULL;
}

static const char *name_word(struct dlk_facts *f, const struct word *w)
{
	const char *name = NULL;

	if (!w->is_variable)
		name = name_in_buffer(f, w);
	if (!w->is_variable && !name)
		name = name_in_inode(f, w);
	if (name)
		return name;
	if (w->is_rpc && w->bit < RPC_BITS)
		return dlk_format(f->ctx, "%s of an rpc_task", rpc_bits[w->bit]);
	/* No struct is called so: what is wanted is the object that contains the word. */
	name = dlk_object_name(f->k, w->address, "");
	if (w->is_variable)
		return dlk_format(f->ctx, "variable%s%s", name ? " " : "", name ? name : "");
	return dlk_format(f->ctx, "bit %llu%s%s", (unsigned long long)w->bit,
			  !name                      ? ""
			  : !strncmp(name, "in ", 3) ? " "
						     : " of ",
			  name ? name : "");
}

/* Say whether the bit is set. */
static enum dlk_status describe_bit(struct dlk_facts *f, uint32_t resource, const struct word *w)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	dlk_addr_t at = w->address + w->bit / BITS * sizeof(uint64_t);
	uint64_t value;
	enum dlk_status read = dlk_memory_read_u64(&f->k->memory, at, &value);

	if (read) {
		read = dlk_prepend(f->ctx, dlk_memory_explain(&f->k->memory, read), "the word");
		return dlk_lock_unreadable(f, resource, read);
	}
	r->is_free = !(value >> w->bit % BITS & 1);
	r->state = r->is_free ? "clear" : "set";
	r->holders_unknown = r->is_free
				     ? "the bit is clear, and whoever waits has not been woken yet"
				     : "who will clear the bit is not recorded";
	return DLK_OK;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, const struct word *w)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	r->name = name_word(f, w);
	if (!r->name)
		return dlk_nomem(f->ctx);
	if (!w->is_variable)
		return describe_bit(f, resource, w);
	r->holders_unknown = "who will change the variable, and wake up who waits, is not recorded";
	return DLK_OK;
}

static enum dlk_status add_wait(struct dlk_facts *f, struct dlk_wait *wait, const struct word *w)
{
	const struct dlk_resource like = { .kind = DLK_KIND_BIT,
					   .address = w->address,
					   .part = w->is_variable ? 0 : dlk_bit_part(w->bit) };
	bool is_new;
	enum dlk_status status = dlk_model_make_like(&f->model, &like, &wait->resource, &is_new);

	if (!status && is_new)
		status = describe(f, wait->resource, w);
	return status ? status : dlk_facts_add_wait(f, wait);
}

enum dlk_status dlk_bit_spin(struct dlk_facts *f, struct dlk_wait *wait, dlk_addr_t word,
			     uint32_t bit)
{
	const struct word w = { .address = word, .bit = bit };
	uint8_t byte;
	enum dlk_status status = dlk_memory_read(&f->k->memory, word + bit / BYTE, &byte, 1);

	if (status)
		return dlk_prepend(f->ctx, dlk_memory_explain(&f->k->memory, status),
				   "the word of a bit that is spun for");
	if (!(byte >> bit % BYTE & 1))
		return dlk_map_put(f->ctx, &f->passing, wait->context, 1);
	return add_wait(f, wait, &w);
}

/* A variable that stands for a bit of an inode's state becomes that bit. */
static void find_inode_bit(struct dlk_facts *f, struct word *w)
{
	for (uint64_t bit = 0; bit < INODE_VARIABLES; bit++) {
		if (!inode_of_state(f, w->address - bit))
			continue;
		*w = (struct word){ .address = w->address - bit,
				    .bit = bit,
				    .is_by_address = true };
		return;
	}
}

enum waker { NO_WAKER, WAKES_BIT, WAKES_VARIABLE };

static enum waker read_waker(struct dlk_facts *f, dlk_addr_t entry)
{
	static const char *const of_bit[] = { "wake_bit_function", NULL };
	static const char *const of_variable[] = { "var_wake_function", NULL };
	uint64_t func;
	const char *name;

	if (dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_func, &func))
		return NO_WAKER;
	name = dlk_kernel_describe_ip(f->k, func).function;
	if (dlk_function_matches(name, of_bit))
		return WAKES_BIT;
	return dlk_function_matches(name, of_variable) ? WAKES_VARIABLE : NO_WAKER;
}

/* What the key of an entry names. */
static enum dlk_status read_word(struct dlk_facts *f, dlk_addr_t entry, struct word *ret)
{
	dlk_addr_t waiter = entry - dlk_layout_offset(&f->k->layout, DLK_M_wait_bit_wait);
	uint64_t bit;
	enum dlk_status status = dlk_kernel_read_member(f->k, waiter, DLK_M_wait_bit_flags,
							&ret->address);

	if (!status)
		status = dlk_kernel_read_member(f->k, waiter, DLK_M_wait_bit_nr, &bit);
	if (status)
		return status;
	ret->bit = bit & UINT32_MAX;
	if (ret->is_variable) {
		find_inode_bit(f, ret);
	} else if (ret->bit > DLK_MAX_BIT) {
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "%s of %#llx: there is no bit %llu",
				dlk_layout_name(DLK_M_wait_bit_nr), (unsigned long long)waiter,
				(unsigned long long)ret->bit);
	}
	return DLK_OK;
}

/* Whether the function that sleeps is the one that does so for calls over RPC (net/sunrpc/sched.c). */
static bool is_in_rpc(const struct dlk_stack *stack)
{
	static const char *const functions[] = { "rpc_wait_bit_killable", NULL };

	for (uint32_t i = 0; i < stack->frame_count && i < SEARCHED_FRAMES; i++)
		if (dlk_function_matches(stack->frames[i].function, functions))
			return true;
	return false;
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct word word = { .is_variable = false };
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN };
	enum dlk_status status;
	enum waker waker;
	bool is_linked;

	if (!dlk_layout_has_all(l, needs))
		return DLK_OK;
	waker = read_waker(f, c->waiter);
	if (waker == NO_WAKER)
		return DLK_OK;
	status = dlk_list_check(f->k, c->waiter + dlk_layout_offset(l, DLK_M_wait_entry_entry),
				&is_linked);
	if (status || !is_linked)
		return status;
	word.is_variable = waker == WAKES_VARIABLE;
	status = read_word(f, c->waiter, &word);
	if (status)
		return status;
	*is_taken = true;
	word.is_rpc = !word.is_variable && is_in_rpc(c->stack);
	return add_wait(f, &wait, &word);
}

static const struct dlk_waiter waiter = { .task = DLK_M_wait_entry_private, .take = take };

const struct dlk_lock_kind dlk_kind_bit = {
	.waiter = &waiter,
	.needs = needs,
};
