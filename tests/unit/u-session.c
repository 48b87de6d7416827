/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/session/session.c: what cannot be opened is refused with words that help, and nothing is left open.
 * That real dumps open is shown by tests/cli/.
 */
#include <config.h>

#include "support.h"

#include <elf.h>
#include <stdio.h>
#include <unistd.h>

#include "deadlock/session.h"

static const char info[] = "OSRELEASE=6.12.117\nBUILD-ID=00112233445566778899aabbccddeeff00112233\n"
			   "PAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff82a0e000\n"
			   "NUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=0\n";

struct fixture {
	struct fake *f;
	struct temp temp;
};

static int setup(void **state)
{
	static struct fixture x;
	void *fake;

	if (fake_setup(&fake))
		return -1;
	x.f = fake;
	x.f->target.name = "the-dump";
	temp_make(&x.temp);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	void *fake = x->f;

	temp_remove(&x->temp);
	return fake_teardown(&fake);
}

/* A vmlinux of nothing but an ELF header and, perhaps, a build-id. */
static const char *write_vmlinux(struct fixture *x, const unsigned char *id)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
		Elf64_Nhdr note;
		char name[4];
		unsigned char id[20];
	} file = {
		.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(__typeof__(file), ph),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = id ? 1 : 0 },
		.ph = { .p_type = PT_NOTE,
			.p_offset = offsetof(__typeof__(file), note),
			.p_filesz = 36,
			.p_memsz = 36,
			.p_align = 4 },
		.note = { .n_namesz = 4, .n_descsz = 20, .n_type = NT_GNU_BUILD_ID },
		.name = "GNU",
	};

	if (id)
		memcpy(file.id, id, sizeof(file.id));
	temp_write(&x->temp, "vmlinux", &file, sizeof(file));
	return x->temp.path;
}

static enum dlk_status open_fake(struct fixture *x, const char *vmlinux)
{
	struct dlk_session *s = NULL;
	enum dlk_status status;

	x->f->ctx.err.text[0] = 0;
	status = dlk_session_open_target(&x->f->ctx, &x->f->target, vmlinux, &s);
	assert_null(s); /* unchanged on error */
	assert_int_equal(x->f->closes, 1);
	x->f->closes = 0;
	return status;
}

static void assert_says(struct fixture *x, const char *what)
{
	if (!strstr(x->f->ctx.err.text, what))
		fail_msg("\"%s\" does not say \"%s\"", x->f->ctx.err.text, what);
}

/* Neither VMCOREINFO nor registers: there is no way in. */
static void test_session__no_vmcoreinfo(void **state)
{
	struct fixture *x = *state;

	assert_int_not_equal(open_fake(x, NULL), DLK_OK);
	assert_says(x, "the-dump");
	assert_says(x, "page tables");
}

static void test_session__vmlinux_of_another_build(void **state)
{
	static const unsigned char id[20] = { 0xde, 0xad, 0xbe, 0xef };
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	assert_int_equal(open_fake(x, write_vmlinux(x, id)), DLK_ERR_INVALID);
	assert_says(x, x->temp.path);
	assert_says(x, "another build");
	assert_says(x, "deadbeef00000000000000000000000000000000");
	assert_says(x, "00112233445566778899aabbccddeeff00112233");
}

/* The right vmlinux gets past that; this one has nothing else. */
static void test_session__vmlinux_of_this_build(void **state)
{
	static const unsigned char id[20] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
					      0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
					      0xee, 0xff, 0x00, 0x11, 0x22, 0x33 };
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	assert_int_not_equal(open_fake(x, write_vmlinux(x, id)), DLK_OK);
	assert_null(strstr(x->f->ctx.err.text, "another build"));
	assert_says(x, x->temp.path);
}

/* A build-id of which the kernel's is only the beginning. */
static void test_session__build_id_is_compared_whole(void **state)
{
	static const unsigned char id[20] = { 0x00, 0x11, 0x22, 0x33 };
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = "BUILD-ID=00112233\n";
	assert_int_equal(open_fake(x, write_vmlinux(x, id)), DLK_ERR_INVALID);
	assert_says(x, "another build");
}

static void test_session__vmlinux_without_build_id(void **state)
{
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	assert_int_not_equal(open_fake(x, write_vmlinux(x, NULL)), DLK_OK);
	assert_says(x, x->temp.path);
	assert_says(x, "build-id");
}

static void test_session__vmlinux_missing(void **state)
{
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	assert_int_equal(open_fake(x, temp_file(&x->temp, "none")), DLK_ERR_SYSTEM);
	assert_says(x, x->temp.path);
	assert_says(x, "No such file");
}

static void test_session__vmlinux_is_something_else(void **state)
{
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	temp_write(&x->temp, "vmlinux", "hello, world\n", 13);
	assert_int_equal(open_fake(x, x->temp.path), DLK_ERR_UNSUPPORTED);
	assert_says(x, "give vmlinux");
}

/* The page tables are named, but not there. */
static void test_session__no_page_tables(void **state)
{
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = info;
	assert_int_not_equal(open_fake(x, NULL), DLK_OK);
	assert_says(x, "the-dump");
}

static void test_session__no_memory(void **state)
{
	struct fixture *x = *state;
	const size_t used = x->f->ctx.used;

	x->f->target.vmcoreinfo = info;
	for (size_t more = 0; more < 400; more += 20) {
		x->f->ctx.budget = used + (more << 10);
		assert_int_not_equal(open_fake(x, NULL), DLK_OK);
	}
}

static void refuse_file(struct fixture *x, const char *path, const char *why)
{
	const struct dlk_open how = { .vmcore = path };
	struct dlk_session *s = NULL;

	assert_int_not_equal(dlk_session_open_vmcore(&x->f->ctx, &how, &s), DLK_OK);
	assert_null(s);
	assert_says(x, path);
	assert_says(x, why);
}

static void test_session__no_dump(void **state)
{
	struct fixture *x = *state;

	refuse_file(x, temp_file(&x->temp, "none"), "No such file");
	temp_write(&x->temp, "text", "hello, world\n", 13);
	refuse_file(x, x->temp.path, "dump");
}

/* A dump of which nothing is known: with a recording target as well, which closes the other. */
static void test_session__bare_dump(void **state)
{
	static unsigned char page[DLK_PAGE_SIZE];
	const struct dump dump = { .loads = { { 0x100000, sizeof(page), page, sizeof(page) } },
				   .load_count = 1 };
	struct fixture *x = *state;
	struct dlk_open how = { .vmcore = temp_file(&x->temp, "vmcore"), .capture = "-" };
	struct dlk_session *s = NULL;

	dump_write(&dump, x->temp.path);
	refuse_file(x, x->temp.path, "page tables");
	assert_int_not_equal(dlk_session_open_vmcore(&x->f->ctx, &how, &s), DLK_OK);
	assert_null(s);
	assert_says(x, x->temp.path);
}

static void test_session__close_nothing(void **state)
{
	(void)state;
	dlk_session_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_session__no_vmcoreinfo),
		TEST(test_session__vmlinux_of_another_build),
		TEST(test_session__vmlinux_of_this_build),
		TEST(test_session__build_id_is_compared_whole),
		TEST(test_session__vmlinux_without_build_id),
		TEST(test_session__vmlinux_missing),
		TEST(test_session__vmlinux_is_something_else),
		TEST(test_session__no_page_tables),
		TEST(test_session__no_memory),
		TEST(test_session__no_dump),
		TEST(test_session__bare_dump),
		TEST(test_session__close_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
