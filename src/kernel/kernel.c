/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all readers of a kernel share: constants, members by name, names of code addresses. */
#include <config.h>

#include "kernel/kernel.h"

#include <string.h>

#include "kernel/arch.h"

enum { MAX_STACK_SIZE = 256 * 1024, MAX_CPUS = 8192, MAX_STRING = 256 };

static enum dlk_status read_stack_size(struct dlk_kernel *k)
{
	dlk_addr_t start = dlk_kernel_symbol(k, "__start_init_stack");
	dlk_addr_t end = dlk_kernel_symbol(k, "__end_init_stack");

	k->stack_size = k->layout.sizes[DLK_S_thread_union];
	if (!k->stack_size && start && end > start)
		k->stack_size = end - start;
	if (!k->stack_size)
		k->stack_size = k->arch->stack_size;
	if (k->stack_size < dlk_arch_page_size(k->arch->machine) ||
	    k->stack_size > MAX_STACK_SIZE || k->stack_size & (k->stack_size - 1))
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "a kernel stack of %llu bytes",
				(unsigned long long)k->stack_size);
	return DLK_OK;
}

/* Not known, though the kernel has it: said when the tasks are read. */
static enum dlk_status lose_percpu(struct dlk_kernel *k, enum dlk_status status, const char *what)
{
	if (dlk_status_is_fatal(status))
		return status;
	dlk_memory_explain(&k->memory, status);
	k->percpu_lost = dlk_format(k->ctx, "%s: %s", what, k->ctx->err.text);
	return k->percpu_lost ? DLK_OK : dlk_nomem(k->ctx);
}

/* A kernel without these still has tasks and locks; only what runs on a CPU cannot be told. */
static enum dlk_status read_percpu(struct dlk_kernel *k)
{
	dlk_addr_t nr_cpu_ids = dlk_kernel_symbol(k, "nr_cpu_ids");
	dlk_addr_t offsets = dlk_kernel_symbol(k, "__per_cpu_offset");
	uint32_t count;
	enum dlk_status status;

	if (!nr_cpu_ids || !offsets)
		return DLK_OK;
	status = dlk_memory_read_u32(&k->memory, nr_cpu_ids, &count);
	if (!status && (!count || count > MAX_CPUS))
		status = dlk_fail(k->ctx, DLK_ERR_CORRUPT, "%u CPUs", count);
	if (status)
		return lose_percpu(k, status, "nr_cpu_ids");
	k->percpu_offset = dlk_calloc(k->ctx, count, sizeof(*k->percpu_offset));
	if (!k->percpu_offset)
		return dlk_nomem(k->ctx);
	status = dlk_memory_read(&k->memory, offsets, k->percpu_offset,
				 count * sizeof(*k->percpu_offset));
	if (status)
		return lose_percpu(k, status, "__per_cpu_offset");
	k->cpu_count = count;
	return DLK_OK;
}

enum dlk_status dlk_kernel_open_unwinders(struct dlk_kernel *k)
{
	k->unwinder_count = 0;
	k->entry_size = k->arch->entry_size(k);
	return k->arch->open_unwinders(k);
}

enum dlk_status dlk_kernel_init(struct dlk_kernel *k)
{
	enum dlk_status status;

	k->texts = (struct dlk_vec)DLK_VEC_INIT(struct dlk_ip_text);
	status = dlk_layout_resolve(k->types, &k->layout);
	if (!status)
		status = read_stack_size(k);
	if (!status)
		status = read_percpu(k);
	if (status)
		return status;
	k->text_start = dlk_kernel_symbol(k, "_stext");
	k->text_end = dlk_kernel_symbol(k, "_etext");
	status = dlk_modules_read(&k->memory, k->types, k->symbols, &k->modules);
	if (!dlk_status_is_fatal(status))
		status = dlk_kernel_open_unwinders(k);
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

bool dlk_kernel_read_regs(struct dlk_kernel *k, unsigned cpu, struct dlk_regs *ret)
{
	struct dlk_target *t = k->memory.target;

	if (!k->noted_regs)
		return !t->ops->regs(t, cpu, ret) && ret->pc;
	if (cpu >= k->cpu_count || !k->noted_regs[cpu].pc)
		return false;
	*ret = k->noted_regs[cpu];
	return true;
}

dlk_addr_t dlk_kernel_symbol(struct dlk_kernel *k, const char *name)
{
	dlk_addr_t address;

	return k->symbols->ops->find(k->symbols, name, &address) ? 0 : address;
}

bool dlk_kernel_can_be_struct(const struct dlk_kernel *k, dlk_addr_t address)
{
	return dlk_arch_is_kernel(k->arch->machine, address) && !(address & (DLK_WORD - 1));
}

bool dlk_kernel_can_be_code(const struct dlk_kernel *k, dlk_addr_t ip)
{
	return ip >= (k->text_start ? k->text_start : k->arch->machine->image_start) &&
	       ip < k->arch->code_end;
}

bool dlk_kernel_is_code(const struct dlk_kernel *k, dlk_addr_t ip)
{
	if (!k->text_start || !k->text_end)
		return dlk_kernel_can_be_code(k, ip);
	return (ip >= k->text_start && ip < k->text_end) ||
	       (k->modules && dlk_modules_find(k->modules, ip));
}

/* Of a failure that says nothing of the types it is asked again. */
int64_t dlk_kernel_enumerator(struct dlk_kernel *k, enum dlk_enumerator_id id, int64_t fallback)
{
	struct dlk_enumerator *e = &k->enumerators[id];
	enum dlk_status status = DLK_OK;

	if (!e->is_asked) {
		status = dlk_layout_enumerator(k->types, id, &e->value);
		e->is_there = !status;
		e->is_asked = !status || status == DLK_ERR_NOTFOUND;
	}
	return e->is_there ? e->value : fallback;
}

uint64_t dlk_member_value(const struct dlk_member *m, const void *copy)
{
	const unsigned char *bytes = (const unsigned char *)copy + m->offset;
	uint64_t value = 0;

	for (uint32_t i = m->size < 8 ? m->size : 8; i-- > 0;)
		value = value << 8 | bytes[i];
	if (!m->bit_size || m->bit_size >= 64)
		return value;
	return value >> m->bit_offset & ((UINT64_C(1) << m->bit_size) - 1);
}

static enum dlk_status fail_member(struct dlk_kernel *k, enum dlk_status status, dlk_addr_t at,
				   enum dlk_member_id id)
{
	dlk_addr_t missing = k->ctx->err.address;

	if (dlk_status_is_fatal(status))
		return status;
	if (status != DLK_ERR_FAULT)
		return dlk_prepend(k->ctx, status, "cannot read %s at 0x%llx", dlk_layout_name(id),
				   (unsigned long long)at);
	dlk_fail(k->ctx, status, "cannot read %s at 0x%llx: %s", dlk_layout_name(id),
		 (unsigned long long)at, dlk_memory_missing(&k->memory));
	k->ctx->err.address = missing;
	return status;
}

enum dlk_status dlk_kernel_read_array(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id,
				      void *buf, size_t len)
{
	dlk_addr_t at = base + k->layout.members[id].offset;
	enum dlk_status status;

	if (!dlk_layout_has(&k->layout, id))
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "this kernel has no %s",
				dlk_layout_name(id));
	status = dlk_memory_read(&k->memory, at, buf, len);
	return status ? fail_member(k, status, at, id) : DLK_OK;
}

static size_t value_size(const struct dlk_kernel *k, enum dlk_member_id id)
{
	uint32_t size = k->layout.members[id].size;

	return size < sizeof(uint64_t) ? size : sizeof(uint64_t);
}

static uint64_t value_of(const struct dlk_kernel *k, enum dlk_member_id id, const void *bytes)
{
	struct dlk_member m = k->layout.members[id];

	m.offset = 0;
	return dlk_member_value(&m, bytes);
}

enum dlk_status dlk_kernel_read_member(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id,
				       uint64_t *ret)
{
	unsigned char bytes[sizeof(uint64_t)];
	enum dlk_status status = dlk_kernel_read_array(k, base, id, bytes, value_size(k, id));

	if (!status)
		*ret = value_of(k, id, bytes);
	return status;
}

uint64_t dlk_kernel_peek_member(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id)
{
	unsigned char bytes[sizeof(uint64_t)];

	if (!dlk_layout_has(&k->layout, id) ||
	    dlk_memory_read(&k->memory, base + k->layout.members[id].offset, bytes,
			    value_size(k, id)))
		return 0;
	return value_of(k, id, bytes);
}

const char *dlk_kernel_read_string(struct dlk_kernel *k, dlk_addr_t address)
{
	char text[MAX_STRING];

	if (!address || dlk_memory_read_cstr(&k->memory, address, text, sizeof(text)) || !text[0])
		return NULL;
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return dlk_strdup(k->ctx, text);
}

static bool find_symbol(struct dlk_kernel *k, dlk_addr_t ip, struct dlk_symbol *ret)
{
	if (!k->symbols->ops->at(k->symbols, ip, ret))
		return true;
	return k->modules && !dlk_modules_symbol_at(k->modules, ip, ret);
}

struct dlk_ip_text dlk_kernel_describe_ip(struct dlk_kernel *k, dlk_addr_t ip)
{
	uint32_t index = dlk_map_get(&k->ip_texts, ip);
	struct dlk_ip_text text = { 0 };
	struct dlk_ip_text *kept;
	struct dlk_symbol symbol;

	if (index != UINT32_MAX)
		return *DLK_VEC_AT(&k->texts, struct dlk_ip_text, index);
	if (find_symbol(k, ip, &symbol)) {
		text.start = symbol.address;
		text.function = symbol.name;
		text.module = symbol.module;
		text.text = dlk_format(k->ctx, "%s+0x%llx", symbol.name,
				       (unsigned long long)(ip - symbol.address));
	}
	if (k->with_lines && k->symbols->ops->line &&
	    k->symbols->ops->line(k->symbols, ip, &text.line))
		text.line = NULL;
	kept = dlk_vec_push(k->ctx, &k->texts);
	if (kept) {
		*kept = text;
		if (dlk_map_put(k->ctx, &k->ip_texts, ip, k->texts.len - 1))
			k->texts.len--;
	}
	return text;
}

size_t dlk_function_plain(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot != name ? (size_t)(dot - name) : strlen(name);
}

/* Most are told apart by their first letter, before any length is taken; "*" alone matches all. */
static bool may_match(const char *name, const char *pattern)
{
	return pattern[0] == '*' || pattern[0] == name[0];
}

/* Match the first @p len bytes of a name; a star stands at the start or at the end of a pattern. */
static bool matches(const char *name, size_t len, const char *pattern)
{
	bool is_suffix = pattern[0] == '*';
	size_t pattern_len;
	bool is_prefix;

	if (!may_match(name, pattern))
		return false;
	pattern_len = strlen(pattern);
	is_prefix = !is_suffix && pattern_len && pattern[pattern_len - 1] == '*';
	pattern += is_suffix;
	pattern_len -= is_suffix || is_prefix;
	if (is_suffix || is_prefix ? len < pattern_len : len != pattern_len)
		return false;
	return !memcmp(name + (is_suffix ? len - pattern_len : 0), pattern, pattern_len);
}

bool dlk_function_is(const char *name, const char *pattern)
{
	if (!name || !may_match(name, pattern))
		return false;
	return matches(name, dlk_function_plain(name), pattern);
}

const char *dlk_kernel_release(const struct dlk_kernel *k)
{
	const char *text = k->release ? dlk_format(k->ctx, " (%s)", k->release) : NULL;

	return text ? text : "";
}

bool dlk_function_matches(const char *name, const char *const *patterns)
{
	size_t len;

	if (!name)
		return false;
	len = dlk_function_plain(name);
	for (; *patterns; patterns++)
		if (matches(name, len, *patterns))
			return true;
	return false;
}
