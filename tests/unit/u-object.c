/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/kernel/object.c: names for addresses. */
#include <config.h>

#include "support.h"

#include "kernel/object.h"

#define SLAB (FAKE_DIRECT + 0x400000)
#define CACHE (FAKE_DIRECT + 0x9000)
#define NAMES (FAKE_DIRECT + 0xa000)
#define SB (FAKE_DIRECT + 0xb000)
#define DENTRY (FAKE_DIRECT + 0xc000)
#define DATA (FAKE_IMAGE + 0x1800000)

enum { PAGE_STRUCT = 64, STRIDE = 1024, OBJECT = 1000 };

static void add_slab_types(struct fake *f)
{
	fake_types_of_a_kernel(f);
	fake_size(f, "page", PAGE_STRUCT);
	fake_member(f, "page", "flags", 0, 8);
	fake_member(f, "page", "compound_head", 8, 8);
	fake_member(f, "slab", "slab_cache", 8, 8);
	fake_member(f, "kmem_cache", "size", 24, 4);
	fake_member(f, "kmem_cache", "object_size", 28, 4);
	fake_member(f, "kmem_cache", "name", 96, 8);
	fake_enumerator(f, "pageflags", "PG_slab", 9);
	fake_symbol(f, "vmemmap_base", FAKE_IMAGE + 0x3000000, 8);
	fake_u64(f, FAKE_IMAGE + 0x3000000, FAKE_VMEMMAP);
}

static void add_slab(struct fake *f, const char *cache)
{
	dlk_addr_t page = FAKE_VMEMMAP + fake_phys(SLAB) / DLK_PAGE_SIZE * PAGE_STRUCT;

	fake_put(f, page, "page", "flags", 1 << 9);
	fake_put(f, page, "slab", "slab_cache", CACHE);
	fake_put(f, CACHE, "kmem_cache", "size", STRIDE);
	fake_put(f, CACHE, "kmem_cache", "object_size", OBJECT);
	fake_put(f, CACHE, "kmem_cache", "name", NAMES);
	fake_string(f, NAMES, cache);
}

static void add_inode_types(struct fake *f)
{
	fake_member(f, "inode", "i_sb", 0x28, 8);
	fake_member(f, "inode", "i_ino", 0x40, 8);
	fake_member(f, "inode", "i_dentry", 0x110, 8);
	fake_member(f, "super_block", "s_type", 0x28, 8);
	fake_member(f, "file_system_type", "name", 0, 8);
	fake_member(f, "dentry", "d_name.name", 0x28, 8);
	fake_member(f, "dentry", "d_u.d_alias", 0xb0, 16);
}

/* Inode 1057 of hugetlbfs. */
static void add_inode(struct fake *f, dlk_addr_t inode)
{
	fake_zeros(f, inode, 0x200);
	fake_put(f, inode, "inode", "i_ino", 1057);
	fake_put(f, inode, "inode", "i_sb", SB);
	fake_put(f, SB, "super_block", "s_type", SB + 0x800);
	fake_put(f, SB + 0x800, "file_system_type", "name", NAMES + 0x100);
	fake_string(f, NAMES + 0x100, "hugetlbfs");
}

static void add_dentry(struct fake *f, dlk_addr_t inode, const char *name)
{
	fake_put(f, inode, "inode", "i_dentry", fake_at(f, DENTRY, "dentry", "d_u.d_alias"));
	fake_put(f, DENTRY, "dentry", "d_name.name", NAMES + 0x200);
	fake_string(f, NAMES + 0x200, name);
}

static void start(struct fake *f, const char *cache)
{
	add_slab_types(f);
	add_inode_types(f);
	add_slab(f, cache);
	fake_symbol(f, "rtnl_mutex", DATA, 0x40);
	fake_symbol(f, "init_mm", DATA + 0x100, 0x400);
	fake_symbol(f, "nft_lock", DATA + 0x800, 0x40);
	f->symbol[f->symbol_count - 1].module = "nf_tables";
	fake_kernel(f);
}

static void assert_name(struct fake *f, dlk_addr_t address, const char *type, const char *want)
{
	const char *name = dlk_object_name(&f->k, address, type);

	assert_non_null(name);
	assert_string_equal(name, want);
}

static void test_object__symbols(void **state)
{
	struct fake *f = *state;

	start(f, "mm_struct");
	assert_name(f, DATA, "mutex", "rtnl_mutex");
	assert_name(f, DATA + 0x178, "rw_semaphore", "init_mm+0x78");
	assert_name(f, DATA + 0x800, "mutex", "nft_lock [nf_tables]");
	assert_name(f, DATA + 0x810, "mutex", "nft_lock+0x10 [nf_tables]");
}

static void test_object__named_as_its_cache(void **state)
{
	struct fake *f = *state;

	start(f, "mm_struct");
	fake_path(f, "mm_struct", 0x78, "rw_semaphore", "mmap_lock", "mm_struct");
	assert_name(f, SLAB + STRIDE + 0x78, "rw_semaphore",
		    "mmap_lock of mm_struct 0xffff888000400400");
}

/* Whose memory it is, is said if the owner has that memory itself. */
static void test_object__owner_of_memory(void **state)
{
	enum { TASK_OFFSET = 0x20000 };
	struct fake *f = *state;
	dlk_addr_t task = FAKE_DIRECT + TASK_OFFSET, mm = SLAB + STRIDE;

	fake_member(f, "mm_struct", "owner", 8, 8);
	fake_member(f, "task_struct", "mm", 0x300, 8);
	start(f, "mm_struct");
	fake_path(f, "mm_struct", 0x78, "rw_semaphore", "mmap_lock", "mm_struct");
	fake_task(f, task, 412, "ba\nsh");
	fake_put(f, task, "task_struct", "mm", mm);
	fake_put(f, mm, "mm_struct", "owner", task);
	fake_put(f, SLAB, "mm_struct", "owner", task);
	fake_put(f, SLAB + 2 * STRIDE, "mm_struct", "owner", 0);
	assert_name(f, mm + 0x78, "rw_semaphore",
		    "mmap_lock of mm_struct 0xffff888000400400 of ba?sh pid 412");
	assert_name(f, SLAB + 0x78, "rw_semaphore", "mmap_lock of mm_struct 0xffff888000400000");
	assert_name(f, SLAB + 2 * STRIDE + 0x78, "rw_semaphore",
		    "mmap_lock of mm_struct 0xffff888000400800");
}

static void test_object__cache_of_an_info(void **state)
{
	struct fake *f = *state;

	start(f, "foo_cache");
	fake_path(f, "foo_info", 0x10, "mutex", "lock", "foo_info");
	assert_name(f, SLAB + 0x10, "mutex", "lock of foo_info 0xffff888000400000");
}

static void test_object__odd_names(void **state)
{
	struct fake *f = *state;

	start(f, "filp");
	fake_path(f, "file", 0x18, "mutex", "f_pos_lock", "file");
	assert_name(f, SLAB + 0x18, "mutex", "f_pos_lock of file 0xffff888000400000");
}

/* The wanted type decides: another struct at the same offset is not named. */
static void test_object__type_must_match(void **state)
{
	struct fake *f = *state;

	start(f, "mm_struct");
	fake_path(f, "mm_struct", 0x78, "rw_semaphore", "mmap_lock", "mm_struct");
	assert_name(f, SLAB + 0x78, "mutex", "in mm_struct object 0xffff888000400000+0x78");
}

static void test_object__unknown_cache(void **state)
{
	struct fake *f = *state;

	start(f, "kmalloc-1k");
	assert_name(f, SLAB + STRIDE + 0x20, "mutex",
		    "in kmalloc-1k object 0xffff888000400400+0x20");
	assert_name(f, SLAB, "mutex", "in kmalloc-1k object 0xffff888000400000+0x0");
}

static void test_object__hostile_cache_name(void **state)
{
	struct fake *f = *state;
	char name[250];

	memset(name, 'x', sizeof(name));
	memcpy(name + 240, "_cache", 7);
	start(f, name);
	assert_non_null(dlk_object_name(&f->k, SLAB + 0x20, "mutex"));
	fake_string(f, NAMES, "\x1b[2Jx");
	fake_forget(f);
	assert_name(f, SLAB + 0x20, "mutex", "in ?[2Jx object 0xffff888000400000+0x20");
}

static void test_object__nothing(void **state)
{
	struct fake *f = *state;

	start(f, "mm_struct");
	assert_null(dlk_object_name(&f->k, 0, "mutex"));
	assert_null(dlk_object_name(&f->k, FAKE_DIRECT + 0x700000, "mutex"));
	assert_null(dlk_object_name(&f->k, SLAB + OBJECT + 1, "mutex")); /* between objects */
	assert_null(dlk_object_name(&f->k, UINT64_MAX, "mutex"));
}

/* A lock in the address_space of an inode in a file system's own struct. */
static void test_object__member_of_an_inode(void **state)
{
	struct fake *f = *state;

	start(f, "hugetlbfs_inode_cache");
	fake_member(f, "hugetlbfs_inode_info", "vfs_inode", 0x20, 0x200);
	fake_path(f, "hugetlbfs_inode_info", 0x20 + 0x168, "rw_semaphore",
		  "vfs_inode.i_data.i_mmap_rwsem", "address_space");
	fake_path(f, "hugetlbfs_inode_info", 0x20, "inode", "vfs_inode", "hugetlbfs_inode_info");
	add_inode(f, SLAB + 0x20);
	add_dentry(f, SLAB + 0x20, "memfd:huge");
	assert_name(f, SLAB + 0x20 + 0x168, "rw_semaphore",
		    "i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs)");
}

static void test_object__member_of_a_bare_inode(void **state)
{
	struct fake *f = *state;

	start(f, "inode_cache");
	fake_path(f, "inode", 0xa0, "rw_semaphore", "i_rwsem", "inode");
	add_inode(f, SLAB);
	assert_name(f, SLAB + 0xa0, "rw_semaphore", "i_rwsem of inode 1057 (hugetlbfs)");
}

/* Another member than the inode, of the same struct: it is not the inode's. */
static void test_object__beside_the_inode(void **state)
{
	struct fake *f = *state;

	start(f, "ext4_inode_cache");
	fake_member(f, "ext4_inode_info", "i_data_sem", 0x10, 0x28);
	fake_member(f, "ext4_inode_info", "vfs_inode", 0x80, 0x200);
	fake_path(f, "ext4_inode_info", 0x10, "rw_semaphore", "i_data_sem", "ext4_inode_info");
	fake_path(f, "ext4_inode_info", 0x80, "inode", "vfs_inode", "ext4_inode_info");
	add_inode(f, SLAB + 0x80);
	assert_name(f, SLAB + 0x10, "rw_semaphore",
		    "i_data_sem of ext4_inode_info 0xffff888000400000");
}

/* In a part of which the inode is only the beginning: it is not the inode's either. */
static void test_object__part_that_begins_with_an_inode(void **state)
{
	struct fake *f = *state;

	start(f, "foo_cache");
	fake_member(f, "foo_info", "part", 0x10, 0x300);
	fake_path(f, "foo_info", 0x10, "inode", "part.vfs_inode", "part");
	fake_path(f, "foo_info", 0x210, "mutex", "part.lock", "part");
	add_inode(f, SLAB + 0x10);
	assert_name(f, SLAB + 0x210, "mutex", "part.lock of foo_info 0xffff888000400000");
}

/* The inode says nothing: the struct is named all the same. */
static void test_object__inode_unreadable(void **state)
{
	struct fake *f = *state;

	start(f, "inode_cache");
	fake_path(f, "inode", 0xa0, "rw_semaphore", "i_rwsem", "inode");
	fake_put(f, SLAB, "inode", "i_sb", 0xdead);
	assert_name(f, SLAB + 0xa0, "rw_semaphore", "i_rwsem of inode 0xffff888000400000");
}

static void test_object__inode_name(void **state)
{
	struct fake *f = *state;

	start(f, "inode_cache");
	add_inode(f, SLAB);
	assert_string_equal(dlk_inode_name(&f->k, SLAB), "inode 1057 (hugetlbfs)");
	add_dentry(f, SLAB, "a\nb");
	fake_forget(f);
	assert_string_equal(dlk_inode_name(&f->k, SLAB), "inode 1057, a?b (hugetlbfs)");
	fake_drop(f, DENTRY);
	fake_forget(f);
	assert_string_equal(dlk_inode_name(&f->k, SLAB), "inode 1057 (hugetlbfs)");
}

static void test_object__no_inode(void **state)
{
	struct fake *f = *state;

	start(f, "inode_cache");
	assert_null(dlk_inode_name(&f->k, 0));
	assert_null(dlk_inode_name(&f->k, FAKE_DIRECT + 0x700000));
	fake_zeros(f, SLAB, 0x200);
	assert_null(dlk_inode_name(&f->k, SLAB));
	add_inode(f, SLAB);
	fake_put(f, SB, "super_block", "s_type", 0x1234);
	fake_forget(f);
	assert_null(dlk_inode_name(&f->k, SLAB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_object__symbols),
		FAKE_TEST(test_object__named_as_its_cache),
		FAKE_TEST(test_object__owner_of_memory),
		FAKE_TEST(test_object__cache_of_an_info),
		FAKE_TEST(test_object__odd_names),
		FAKE_TEST(test_object__type_must_match),
		FAKE_TEST(test_object__unknown_cache),
		FAKE_TEST(test_object__hostile_cache_name),
		FAKE_TEST(test_object__nothing),
		FAKE_TEST(test_object__member_of_an_inode),
		FAKE_TEST(test_object__member_of_a_bare_inode),
		FAKE_TEST(test_object__beside_the_inode),
		FAKE_TEST(test_object__part_that_begins_with_an_inode),
		FAKE_TEST(test_object__inode_unreadable),
		FAKE_TEST(test_object__inode_name),
		FAKE_TEST(test_object__no_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
