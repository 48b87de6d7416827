/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "support.h"

#include <dirent.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the windows lie in physical memory, and how large each may be. */
#define DIRECT_PHYS 0u
#define VMEMMAP_PHYS 0x1000000000u
#define IMAGE_PHYS 0x2000000000u
#define WINDOW 0x40000000u

static struct fake *of_target(struct dlk_target *t)
{
	return (struct fake *)((char *)t - offsetof(struct fake, target));
}

static struct fake *of_symbols(struct dlk_symbols *s)
{
	return (struct fake *)((char *)s - offsetof(struct fake, symbols));
}

static struct fake *of_types(struct dlk_types *t)
{
	return (struct fake *)((char *)t - offsetof(struct fake, types));
}

static bool translate(dlk_addr_t address, dlk_addr_t *ret)
{
	if (address >= FAKE_IMAGE)
		*ret = address - FAKE_IMAGE + IMAGE_PHYS;
	else if (address >= FAKE_VMEMMAP && address - FAKE_VMEMMAP < WINDOW)
		*ret = address - FAKE_VMEMMAP + VMEMMAP_PHYS;
	else if (address >= FAKE_DIRECT && address - FAKE_DIRECT < WINDOW)
		*ret = address - FAKE_DIRECT + DIRECT_PHYS;
	else
		return false;
	return true;
}

dlk_addr_t fake_phys(dlk_addr_t address)
{
	dlk_addr_t phys = 0;

	assert_true(translate(address, &phys));
	return phys;
}

/* --- the target */

static struct fake_page **find_slot(struct fake *f, uint64_t frame)
{
	unsigned i = frame % FAKE_SLOTS;

	while (f->slots[i] && f->slots[i]->frame != frame)
		i = (i + 1) % FAKE_SLOTS;
	return &f->slots[i];
}

static enum dlk_status fake_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct fake *f = of_target(t);
	struct fake_page *page = *find_slot(f, address / DLK_PAGE_SIZE);

	/* What the header promises to a target. */
	assert_true(len > 0);
	assert_int_equal(address / DLK_PAGE_SIZE, (address + len - 1) / DLK_PAGE_SIZE);
	memset(buf, 0xee, len); /* undefined on error */
	f->reads++;
	if (page)
		page->reads++;
	if (f->fail_in && !--f->fail_in) {
		f->fail_in = f->fails_on;
		return f->fail_status;
	}
	if (!page || page->is_gone)
		return DLK_ERR_FAULT;
	memcpy(buf, page->data + address % DLK_PAGE_SIZE, len);
	return DLK_OK;
}

static enum dlk_status fake_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu >= t->cpu_count)
		return DLK_ERR_NOTFOUND;
	*ret = of_target(t)->regs[cpu];
	return DLK_OK;
}

static void fake_close(struct dlk_target *t)
{
	of_target(t)->closes++;
}

static enum dlk_status fake_translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	struct fake *f = arg;
	enum dlk_status status = f->translate_status;

	f->translations++;
	f->translate_status = DLK_OK;
	if (status)
		return status;
	return translate(address, ret) ? DLK_OK : DLK_ERR_FAULT;
}

/* --- symbols */

static enum dlk_status symbols_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	struct fake *f = of_symbols(s);

	for (unsigned i = 0; i < f->symbol_count; i++)
		if (!strcmp(f->symbol[i].name, name)) {
			*ret = f->symbol[i].address;
			return DLK_OK;
		}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status symbols_at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	struct fake *f = of_symbols(s);

	f->at_calls++;
	for (unsigned i = 0; i < f->symbol_count; i++) {
		const struct fake_symbol *sym = &f->symbol[i];

		if (address >= sym->address && address - sym->address < sym->size) {
			*ret = (struct dlk_symbol){ sym->address, sym->name, sym->module };
			return DLK_OK;
		}
	}
	return DLK_ERR_NOTFOUND;
}

/* --- types */

static enum dlk_status types_size(struct dlk_types *t, const char *type, uint32_t *ret)
{
	struct fake *f = of_types(t);

	for (unsigned i = 0; i < f->size_count && !f->types_status; i++)
		if (!strcmp(f->size[i].type, type)) {
			*ret = f->size[i].size;
			return DLK_OK;
		}
	return f->types_status ? f->types_status : DLK_ERR_NOTFOUND;
}

static struct fake_member *find_member(struct fake *f, const char *type, const char *name)
{
	for (unsigned i = 0; i < f->member_count; i++)
		if (!strcmp(f->member[i].type, type) && !strcmp(f->member[i].name, name))
			return &f->member[i];
	return NULL;
}

static enum dlk_status types_member(struct dlk_types *t, const char *type, const char *name,
				    struct dlk_member *ret)
{
	struct fake *f = of_types(t);
	struct fake_member *m = find_member(f, type, name);

	if (f->types_status)
		return f->types_status;
	if (!m)
		return DLK_ERR_NOTFOUND;
	*ret = m->member;
	return DLK_OK;
}

static enum dlk_status types_enumerator(struct dlk_types *t, const char *type, const char *name,
					int64_t *ret)
{
	struct fake *f = of_types(t);

	for (unsigned i = 0; i < f->enumerator_count && !f->types_status; i++) {
		const struct fake_enumerator *e = &f->enumerator[i];

		if ((!type || !strcmp(e->type, type)) && !strcmp(e->name, name)) {
			*ret = e->value;
			return DLK_OK;
		}
	}
	return f->types_status ? f->types_status : DLK_ERR_NOTFOUND;
}

static enum dlk_status types_path_at(struct dlk_types *t, const char *type, uint32_t offset,
				     const char *wanted, const char **path, const char **outer)
{
	struct fake *f = of_types(t);

	for (unsigned i = 0; i < f->path_count && !f->types_status; i++) {
		const struct fake_path *p = &f->path[i];

		if (p->offset == offset && !strcmp(p->type, type) && !strcmp(p->wanted, wanted)) {
			*path = p->path;
			*outer = p->outer;
			return DLK_OK;
		}
	}
	return f->types_status ? f->types_status : DLK_ERR_NOTFOUND;
}

static void types_close(struct dlk_types *t)
{
	(void)t;
}

/* --- making and writing */

int fake_setup(void **state)
{
	static const struct dlk_target_ops target_ops = {
		.name = "fake", .read = fake_read, .regs = fake_regs, .close = fake_close
	};
	static const struct dlk_symbols_ops symbols_ops = { .name = "fake",
							    .find = symbols_find,
							    .at = symbols_at };
	static const struct dlk_types_ops types_ops = { .name = "fake",
							.size = types_size,
							.member = types_member,
							.enumerator = types_enumerator,
							.path_at = types_path_at,
							.close = types_close };
	struct fake *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	dlk_ctx_init(&f->ctx);
	f->target = (struct dlk_target){ .ops = &target_ops,
					 .ctx = &f->ctx,
					 .name = "fake",
					 .container = "elf",
					 .arch = &dlk_arch_x86_64 };
	f->symbols = (struct dlk_symbols){ &symbols_ops, &f->ctx };
	f->types = (struct dlk_types){ &types_ops, &f->ctx };
	if (dlk_memory_init(&f->memory, &f->target))
		return -1;
	dlk_memory_set_translate(&f->memory, fake_translate, f);
	*state = f;
	return 0;
}

struct dlk_regs fake_registers(uint64_t rip, uint64_t rsp, uint64_t rbp, uint64_t cs)
{
	struct dlk_regs regs = { .raw = { [DLK_X86_RIP] = rip,
					  [DLK_X86_RSP] = rsp,
					  [DLK_X86_RBP] = rbp,
					  [DLK_X86_CS] = cs } };

	dlk_arch_settle(&dlk_arch_x86_64, &regs);
	return regs;
}

int fake_teardown(void **state)
{
	struct fake *f = *state;

	for (unsigned i = 0; i < FAKE_SLOTS; i++)
		free(f->slots[i]);
	dlk_ctx_deinit(&f->ctx);
	free(f);
	return 0;
}

int fixture_teardown(void **state)
{
	void *fake = *(struct fake **)*state;

	return fake_teardown(&fake);
}

struct fake_page *fake_page(struct fake *f, dlk_addr_t address)
{
	uint64_t frame = fake_phys(address) / DLK_PAGE_SIZE;
	struct fake_page **slot = find_slot(f, frame);

	if (!*slot) {
		*slot = calloc(1, sizeof(**slot));
		assert_non_null(*slot);
		(*slot)->frame = frame;
	}
	(*slot)->is_gone = false;
	return *slot;
}

void fake_drop(struct fake *f, dlk_addr_t address)
{
	fake_page(f, address)->is_gone = true;
}

void fake_forget(struct fake *f)
{
	assert_int_equal(dlk_memory_init(&f->memory, &f->target), DLK_OK);
	dlk_memory_set_translate(&f->memory, fake_translate, f);
	f->k.memory = f->memory;
}

void fake_write(struct fake *f, dlk_addr_t address, const void *data, size_t len)
{
	const unsigned char *from = data;

	for (; len; len--, address++)
		fake_page(f, address)->data[address % DLK_PAGE_SIZE] = *from++;
}

void fake_u64(struct fake *f, dlk_addr_t address, uint64_t value)
{
	fake_write(f, address, &value, sizeof(value));
}

void fake_u32(struct fake *f, dlk_addr_t address, uint32_t value)
{
	fake_write(f, address, &value, sizeof(value));
}

void fake_string(struct fake *f, dlk_addr_t address, const char *text)
{
	fake_write(f, address, text, strlen(text) + 1);
}

void fake_zeros(struct fake *f, dlk_addr_t address, size_t len)
{
	for (size_t i = 0; i < len; i += DLK_PAGE_SIZE)
		fake_page(f, address + i);
	fake_page(f, address + len - 1);
}

void fake_list(struct fake *f, dlk_addr_t head, const dlk_addr_t *nodes, size_t count)
{
	dlk_addr_t last = head;

	for (size_t i = 0; i <= count; i++) {
		dlk_addr_t next = i < count ? nodes[i] : head;

		fake_u64(f, last, next);
		fake_u64(f, next + 8, last);
		last = next;
	}
}

void fake_symbol(struct fake *f, const char *name, dlk_addr_t address, uint64_t size)
{
	assert_true(f->symbol_count < FAKE_NAMES);
	f->symbol[f->symbol_count++] =
		(struct fake_symbol){ .name = name, .address = address, .size = size };
}

void fake_size(struct fake *f, const char *type, uint32_t size)
{
	assert_true(f->size_count < FAKE_NAMES);
	f->size[f->size_count++] = (struct fake_size){ type, size };
}

void fake_bits(struct fake *f, const char *type, const char *name, struct dlk_member member)
{
	assert_true(f->member_count < FAKE_NAMES);
	f->member[f->member_count++] = (struct fake_member){ type, name, member };
}

void fake_member(struct fake *f, const char *type, const char *name, uint32_t offset, uint32_t size)
{
	fake_bits(f, type, name, (struct dlk_member){ .offset = offset, .size = size, .count = 1 });
}

void fake_no_member(struct fake *f, const char *type, const char *name)
{
	struct fake_member *m = find_member(f, type, name);

	assert_non_null(m);
	m->name = "";
}

void fake_enumerator(struct fake *f, const char *type, const char *name, int64_t value)
{
	assert_true(f->enumerator_count < FAKE_NAMES);
	f->enumerator[f->enumerator_count++] = (struct fake_enumerator){ type, name, value };
}

void fake_path(struct fake *f, const char *type, uint32_t offset, const char *wanted,
	       const char *path, const char *outer)
{
	assert_true(f->path_count < FAKE_NAMES);
	f->path[f->path_count++] = (struct fake_path){ type, wanted, path, outer, offset };
}

dlk_addr_t fake_at(struct fake *f, dlk_addr_t base, const char *type, const char *name)
{
	struct fake_member *m = find_member(f, type, name);

	assert_non_null(m);
	return base + m->member.offset;
}

void fake_put(struct fake *f, dlk_addr_t base, const char *type, const char *name, uint64_t value)
{
	struct fake_member *m = find_member(f, type, name);

	assert_non_null(m);
	assert_true(m->member.size <= sizeof(value));
	fake_write(f, base + m->member.offset, &value, m->member.size);
}

/* --- a kernel */

static const struct {
	const char *type, *name;
	uint32_t offset, size;
} kernel_members[] = {
	{ "task_struct", "thread_info.cpu", 0x08, 4 },
	{ "task_struct", "__state", 0x10, 4 },
	{ "task_struct", "stack", 0x18, 8 },
	{ "task_struct", "flags", 0x20, 4 },
	{ "task_struct", "on_cpu", 0x24, 4 },
	{ "task_struct", "on_rq", 0x28, 4 },
	{ "task_struct", "se.exec_start", 0x30, 8 },
	{ "task_struct", "se.sched_delayed", 0x38, 1 },
	{ "task_struct", "tasks", 0x40, 16 },
	{ "task_struct", "pid", 0x50, 4 },
	{ "task_struct", "tgid", 0x54, 4 },
	{ "task_struct", "signal", 0x58, 8 },
	{ "task_struct", "thread_node", 0x60, 16 },
	{ "task_struct", "comm", 0x70, 16 },
	{ "task_struct", "exit_state", 0x80, 4 },
	{ "task_struct", "thread.sp", 0x88, 8 },
	{ "signal_struct", "thread_head", 0x10, 16 },
	{ "rq", "curr", 0x00, 8 },
	{ "rq", "idle", 0x08, 8 },
	{ "rq", "clock", 0x10, 8 },
	/* arch/x86/include/asm/switch_to.h: r15 r14 r13 r12 bx bp ret_addr */
	{ "inactive_task_frame", "r15", 0, 8 },
	{ "inactive_task_frame", "r14", 8, 8 },
	{ "inactive_task_frame", "r13", 16, 8 },
	{ "inactive_task_frame", "r12", 24, 8 },
	{ "inactive_task_frame", "bx", 32, 8 },
	{ "inactive_task_frame", "bp", 40, 8 },
	{ "inactive_task_frame", "ret_addr", 48, 8 },
	/* arch/x86/include/asm/ptrace.h */
	{ "pt_regs", "r15", 0, 8 },
	{ "pt_regs", "r14", 8, 8 },
	{ "pt_regs", "r13", 16, 8 },
	{ "pt_regs", "r12", 24, 8 },
	{ "pt_regs", "bp", 32, 8 },
	{ "pt_regs", "bx", 40, 8 },
	{ "pt_regs", "r11", 48, 8 },
	{ "pt_regs", "r10", 56, 8 },
	{ "pt_regs", "r9", 64, 8 },
	{ "pt_regs", "r8", 72, 8 },
	{ "pt_regs", "ax", 80, 8 },
	{ "pt_regs", "cx", 88, 8 },
	{ "pt_regs", "dx", 96, 8 },
	{ "pt_regs", "si", 104, 8 },
	{ "pt_regs", "di", 112, 8 },
	{ "pt_regs", "ip", 128, 8 },
	{ "pt_regs", "cs", 136, 8 },
	{ "pt_regs", "flags", 144, 8 },
	{ "pt_regs", "sp", 152, 8 },
};

void fake_types_of_a_kernel(struct fake *f)
{
	for (size_t i = 0; i < sizeof(kernel_members) / sizeof(kernel_members[0]); i++)
		fake_member(f, kernel_members[i].type, kernel_members[i].name,
			    kernel_members[i].offset, kernel_members[i].size);
	fake_size(f, "task_struct", FAKE_TASK_SIZE);
	fake_size(f, "thread_union", FAKE_STACK_SIZE);
	fake_size(f, "inactive_task_frame", FAKE_FRAME_SIZE);
	fake_size(f, "pt_regs", 168);
}

void fake_kernel(struct fake *f)
{
	f->k = (struct dlk_kernel){ .ctx = &f->ctx,
				    .arch = &dlk_kernel_arch_x86_64,
				    .memory = f->memory,
				    .symbols = &f->symbols,
				    .types = &f->types };
	assert_int_equal(dlk_kernel_init(&f->k), DLK_OK);
}

/* Stacks lie in a region of their own, by the task's place among all others. */
dlk_addr_t fake_stack_of(dlk_addr_t task)
{
	return FAKE_DIRECT + 0x10000000 + (task - FAKE_DIRECT) / FAKE_TASK_SIZE * FAKE_STACK_SIZE;
}

void fake_task(struct fake *f, dlk_addr_t task, int32_t pid, const char *comm)
{
	dlk_addr_t stack = fake_stack_of(task);
	char padded[16] = { 0 };

	memcpy(padded, comm, strlen(comm) < 15 ? strlen(comm) : 15);
	fake_zeros(f, task, FAKE_TASK_SIZE);
	fake_put(f, task, "task_struct", "__state", 1);
	fake_put(f, task, "task_struct", "pid", (uint32_t)pid);
	fake_put(f, task, "task_struct", "tgid", (uint32_t)pid);
	fake_put(f, task, "task_struct", "stack", stack);
	fake_put(f, task, "task_struct", "thread.sp", stack + FAKE_STACK_SIZE - 0x200);
	fake_write(f, fake_at(f, task, "task_struct", "comm"), padded, sizeof(padded));
}

/* --- files */

void temp_make(struct temp *t)
{
	snprintf(t->dir, sizeof(t->dir), "/tmp/deadlock-unit-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
}

const char *temp_file(struct temp *t, const char *name)
{
	snprintf(t->path, sizeof(t->path), "%s/%s", t->dir, name);
	return t->path;
}

void temp_write(struct temp *t, const char *name, const void *data, size_t size)
{
	FILE *file = fopen(temp_file(t, name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

void temp_remove(struct temp *t)
{
	DIR *dir = opendir(t->dir);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove(temp_file(t, entry->d_name));
	closedir(dir);
	assert_int_equal(rmdir(t->dir), 0);
}

bool file_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/* --- dumps */

static void put(FILE *file, const void *data, size_t size)
{
	assert_int_equal(fwrite(data, 1, size, file), size);
}

static size_t put_note(FILE *file, const char *name, uint32_t type, const void *data, size_t size)
{
	static const char zeros[4];
	const uint32_t header[3] = { (uint32_t)strlen(name) + 1, (uint32_t)size, type };
	size_t name_pad = -(size_t)header[0] & 3, data_pad = -size & 3;

	put(file, header, sizeof(header));
	put(file, name, header[0]);
	put(file, zeros, name_pad);
	put(file, data, size);
	put(file, zeros, data_pad);
	return sizeof(header) + header[0] + name_pad + size + data_pad;
}

/* struct elf_prstatus of x86-64: 112 bytes, then user_regs_struct, then pr_fpvalid. */
static size_t put_prstatus(FILE *file, const struct dlk_regs *r, uint32_t pid)
{
	unsigned char data[336] = { 0 };
	static const int order[] = { DLK_X86_R15, DLK_X86_R14, DLK_X86_R13,    DLK_X86_R12,
				     DLK_X86_RBP, DLK_X86_RBX, DLK_X86_R11,    DLK_X86_R10,
				     DLK_X86_R9,  DLK_X86_R8,  DLK_X86_RAX,    DLK_X86_RCX,
				     DLK_X86_RDX, DLK_X86_RSI, DLK_X86_RDI,    -1,
				     DLK_X86_RIP, DLK_X86_CS,  DLK_X86_RFLAGS, DLK_X86_RSP,
				     DLK_X86_SS };

	memcpy(data + 32, &pid, sizeof(pid));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] >= 0)
			memcpy(data + 112 + 8 * i, &r->raw[order[i]], 8);
	return put_note(file, "CORE", NT_PRSTATUS, data, sizeof(data));
}

static size_t put_notes(FILE *file, const struct dump *d)
{
	size_t size = 0;

	for (unsigned i = 0; i < d->cpu_count; i++)
		size += put_prstatus(file, &d->regs[i], i + 1);
	if (d->vmcoreinfo)
		size += put_note(file, "VMCOREINFO", 0, d->vmcoreinfo, strlen(d->vmcoreinfo));
	return size;
}

static void put_headers(FILE *file, const struct dump *d, uint64_t notes_at, uint64_t notes_size)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = (uint16_t)(d->machine ? d->machine : EM_X86_64),
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = (uint16_t)(1 + d->load_count) };
	Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = notes_size };
	uint64_t at = 0x4000;

	put(file, &eh, sizeof(eh));
	put(file, &note, sizeof(note));
	for (unsigned i = 0; i < d->load_count; i++) {
		Elf64_Phdr load = { .p_type = PT_LOAD,
				    .p_offset = at,
				    .p_paddr = d->loads[i].address,
				    .p_filesz = d->loads[i].file_size,
				    .p_memsz = d->loads[i].size };

		put(file, &load, sizeof(load));
		at += d->loads[i].file_size;
	}
}

size_t dump_write(const struct dump *d, const char *path)
{
	enum { NOTES_AT = 0x1000, LOADS_AT = 0x4000 };
	FILE *file = fopen(path, "wb");
	size_t notes, at = LOADS_AT;

	assert_non_null(file);
	fseek(file, NOTES_AT, SEEK_SET);
	notes = put_notes(file, d);
	assert_true(notes < LOADS_AT - NOTES_AT);
	fseek(file, 0, SEEK_SET);
	put_headers(file, d, NOTES_AT, notes);
	for (unsigned i = 0; i < d->load_count; i++) {
		fseek(file, (long)at, SEEK_SET);
		put(file, d->loads[i].data, d->loads[i].file_size);
		at += d->loads[i].file_size;
	}
	assert_int_equal(fclose(file), 0);
	return at;
}
