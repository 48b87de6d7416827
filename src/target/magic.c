/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is claimed: the first bytes say which program wrote a file.  How it can be wrong: two bytes
 * (a program of Windows) are there by chance, too; so the longer ones come first, and a file is asked about only after
 * nothing could read it.  Text and raw memory have no magic: a file is text if its first page is, and
 * may be raw memory if it is large, in whole pages, and has a kernel's banner somewhere; a raw
 * disk may have that as well, and it is said so.
 */
#include <config.h>

#include "target/magic.h"

#include <elf.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/arch.h"
#include "target/bytes.h"

enum {
	PAGE_SIZE = 4096,
	MAX_MAGIC = 32,
	MAX_SECTIONS = 1024,
	MAX_NAME = 24,
	MAX_RELEASE = 64,
	MIN_RAW = 16 << 20,
	MAX_RAW = 256 << 20, /* searched for a banner */
	CHUNK = 1 << 20
};

/* What to do instead. */
static const char by_qemu[] = "take the dump by virsh dump --memory-only, or by dump-guest-memory "
			      "in QEMU's monitor";
static const char by_kdump[] = "have the machine write a vmcore by kdump";
static const char by_vmware[] = "convert it by VMware's vmss2core, or open it in crash(8)";
static const char from_disk[] = "give the vmcore that is on it, or dump the guest's memory: virsh "
				"dump --memory-only";
static const char with_dump[] = "give the dump, too: deadlock VMCORE VMLINUX";
static const char with_vmlinux[] = "give the dump; it needs no more than that, or the vmlinux with "
				   "debugging information";
static const char the_vmcore[] = "give the vmcore";

/* The bytes of a magic, and how many: they may have zeros among them. */
#define BYTES(text) text, sizeof(text) - 1

struct row {
	uint32_t at;
	const char *magic;
	size_t len;
	const char *is; /* "a file packed by bzip2" */
	const char
		*dump; /* what to do where a dump was wanted; NULL: it is of another architecture */
};

/* In this order: of two that fit, the first one counts. */
static const struct row rows[] = {
	/* QEMU: migration/savevm.h, QEMU_VM_FILE_MAGIC. */
	{ 0, BYTES("QEVM"), "a migration stream of QEMU", by_qemu },
	/* libvirt: src/qemu/qemu_saveimage.h; the second one while it is being written. */
	{ 0, BYTES("LibvirtQemudSave"), "a guest saved by libvirt (virsh save, virsh dump)",
	  by_qemu },
	{ 0, BYTES("LibvirtQemudPart"), "a guest that libvirt has not saved to its end", by_qemu },
	/* crash: vmware_vmss.h, CPTDUMP_*_MAGIC_NUMBER. */
	{ 0, BYTES("\xd0\xbe\xd0\xbe"), "a guest of VMware, suspended or a snapshot", by_vmware },
	{ 0, BYTES("\xd2\xbe\xd2\xbe"), "a guest of VMware, suspended or a snapshot", by_vmware },
	{ 0, BYTES("\xd3\xbe\xd3\xbe"), "a guest of VMware, suspended or a snapshot", by_vmware },
	{ 0, BYTES("\xd1\xba\xd1\xba"), "a guest of VMware, suspended or a snapshot", by_vmware },
	{ 0, BYTES("\xd2\xba\xd2\xba"), "a guest of VMware, suspended or a snapshot", by_vmware },
	/* dissect.hypervisor: SIGNATURE_STORAGE_HEADER, of .vmrs and .vmcx; .bin and .vsv have none. */
	{ 0, BYTES("\x14\x20\x28\x01"), "a file of Hyper-V (.vmrs or .vmcx)",
	  "have the guest write a vmcore by kdump" },
	/* VirtualBox: src/VBox/VMM/VMMR3/SSM.cpp, SSMFILEHDR_MAGIC_BASE. */
	{ 0, BYTES("\177VirtualBox SavedState V"), "a guest saved by VirtualBox",
	  "take the dump by VBoxManage debugvm GUEST dumpvmcore" },
	/* Xen: tools/include/xenctrl.h of 3.x (XC_CORE_MAGIC, _HVM); libxc's and xl's headers of saved guests. */
	{ 0, BYTES("\xed\xeb\x0f\xf0"), "a dump of an old Xen (xm dump-core)", by_kdump },
	{ 0, BYTES("\xee\xeb\x0f\xf0"), "a dump of an old Xen (xm dump-core)", by_kdump },
	{ 0, BYTES("LinuxGuestRecord"), "a guest saved by Xen", by_kdump },
	{ 0, BYTES("Xen saved domain"), "a guest saved by Xen", by_kdump },
	{ 0, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\x58\x45\x4e\x46"), "a guest saved by Xen",
	  by_kdump },
	/* LiME: src/lime.h, LIME_MAGIC; AVML: src/image.rs, AVML_MAGIC. */
	{ 0, BYTES("EMiL"), "memory as LiME writes it, without the CPUs' registers", by_kdump },
	{ 0, BYTES("AVML"), "memory as AVML writes it, without the CPUs' registers", by_kdump },
	/* Windows: DUMP_HEADER and DUMP_HEADER64, Signature and ValidDump. */
	{ 0, BYTES("PAGEDUMP"), "a crash dump of Windows", "this program reads Linux only" },
	{ 0, BYTES("PAGEDU64"), "a crash dump of Windows", "this program reads Linux only" },
	/* crash: diskdump.h, DISK_DUMP_SIGNATURE; lkcd_common.h; s390_dump.c; sadump.h. */
	{ 0, BYTES("DISKDUMP"), "a dump of diskdump, before kdump's time", "open it in crash(8)" },
	{ 0, BYTES("\xed\x23\x8f\x61\x73\x01\x19\xa8"), "a dump of LKCD, before kdump's time",
	  "open it in crash(8)" },
	{ 0, BYTES("\xa8\x19\x01\x73\x61\x8f\x23\xfd"), "a dump of s390", NULL },
	{ 0, BYTES("sadump\0\0"), "a dump of the firmware (sadump)",
	  "convert it by makedumpfile, or open it in crash(8)" },
	/* Disks.  QEMU: block/qcow2.h, vmdk.c, vhdx.h, vpc.c, vdi.c; ECMA-119, 6.7.1; UEFI, 5.3.2. */
	{ 0, BYTES("QFI\xfb"), "a disk image (qcow2), maybe with a snapshot of savevm", from_disk },
	{ 0, BYTES("KDMV"), "a disk image (VMDK)", from_disk },
	{ 0, BYTES("# Disk DescriptorFile"), "the description of a disk image (VMDK)", from_disk },
	{ 0, BYTES("vhdxfile"), "a disk image (VHDX)", from_disk },
	{ 0, BYTES("conectix"), "a disk image (VHD)", from_disk },
	{ 64, BYTES("\x7f\x10\xda\xbe"), "a disk image (VDI)", from_disk },
	{ 32769, BYTES("CD001"), "an image of a CD (ISO 9660)", from_disk },
	{ 512, BYTES("EFI PART"), "a disk image", from_disk },
	{ 1080, BYTES("\x53\xef"), "an ext4 file system", from_disk },
	{ 0, BYTES("XFSB"), "an XFS file system", from_disk },
	{ 0, BYTES("hsqs"), "a squashfs file system", from_disk },
	/* Kernels.  Documentation/arch/x86/boot.rst, arch/arm64/booting.rst. */
	{ 0x202, BYTES("HdrS"), "a compressed kernel image (bzImage)", with_vmlinux },
	{ 56, BYTES("ARM\x64"), "a kernel image of arm64", NULL },
	/* The packers' own format descriptions; what container.c unpacks does not get here. */
	{ 0, BYTES("BZh"), "a file packed by bzip2", "unpack it first (bzip2 -d)" },
	{ 0, BYTES("\x5d\0\0"), "a file packed by lzma", "unpack it first (xz -d)" },
	{ 0, BYTES("\x04\x22\x4d\x18"), "a file packed by lz4", "unpack it first (lz4 -d)" },
	{ 0, BYTES("\x02\x21\x4c\x18"), "a file packed by lz4", "unpack it first (lz4 -d)" },
	{ 0, BYTES("\x89LZO\0\r\n\x1a\n"), "a file packed by lzop", "unpack it first (lzop -d)" },
	{ 0, BYTES("LZIP"), "a file packed by lzip", "unpack it first (lzip -d)" },
	{ 0, BYTES("PK\3\4"), "a zip archive", "unpack it first (unzip)" },
	{ 0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it first (7z x)" },
	{ 257, BYTES("ustar"), "a tar archive", "unpack it first (tar -x)" },
	{ 0, BYTES("070701"), "a cpio archive, as an initrd is", the_vmcore },
	{ 0, BYTES("!<arch>\ndebian-binary"), "a package (deb)", "unpack it first (dpkg-deb -x)" },
	{ 0, BYTES("\xed\xab\xee\xdb"), "a package (rpm)", "unpack it first (rpm2cpio)" },
	{ 0, BYTES("MZ"), "a program of Windows or EFI", the_vmcore },
};

static const struct row elf = { 0, ELFMAG, SELFMAG, NULL, NULL };

/* What a file is; is is NULL if that is not known. */
struct answer {
	const char *is, *dump;
};

static bool has_row(int fd, const struct row *row)
{
	char bytes[MAX_MAGIC];

	return dlk_pread_all(fd, bytes, row->len, row->at) && !memcmp(bytes, row->magic, row->len);
}

static struct answer tell_row(int fd)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (has_row(fd, &rows[i]))
			return (struct answer){ rows[i].is, rows[i].dump };
	return (struct answer){ 0 };
}

/* --- ELF */

static bool has_section(int fd, const Elf64_Ehdr *eh, const char *wanted)
{
	Elf64_Shdr names, sh;
	char name[MAX_NAME];

	if (eh->e_shentsize != sizeof(sh) ||
	    !dlk_pread_all(fd, &names, sizeof(names),
			   eh->e_shoff + (uint64_t)eh->e_shstrndx * sizeof(names)))
		return false;
	for (unsigned i = 0; i < eh->e_shnum && i < MAX_SECTIONS; i++)
		if (dlk_pread_all(fd, &sh, sizeof(sh), eh->e_shoff + i * sizeof(sh)) &&
		    dlk_pread_all(fd, name, strlen(wanted) + 1, names.sh_offset + sh.sh_name) &&
		    !memcmp(name, wanted, strlen(wanted) + 1))
			return true;
	return false;
}

static bool is_kernel(int fd, const struct dlk_arch *arch, const Elf64_Ehdr *eh)
{
	Elf64_Phdr ph;

	for (unsigned i = 0; i < eh->e_phnum; i++)
		if (dlk_pread_all(fd, &ph, sizeof(ph), eh->e_phoff + i * sizeof(ph)) &&
		    ph.p_type == PT_LOAD && ph.p_vaddr >= arch->image_start)
			return true;
	return false;
}

/* Of what is read only: of others the architecture is what is said. */
static struct answer tell_elf(int fd)
{
	const struct dlk_arch *arch;
	Elf64_Ehdr eh;

	if (!dlk_pread_all(fd, &eh, sizeof(eh), 0) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return (struct answer){ 0 };
	arch = dlk_arch_of_machine(eh.e_machine);
	if (!arch)
		return (struct answer){ 0 };
	if (eh.e_type == ET_REL)
		return has_section(fd, &eh, ".modinfo")
			       ? (struct answer){ "a kernel module", the_vmcore }
			       : (struct answer){ "an object file", the_vmcore };
	if (eh.e_type == ET_EXEC || eh.e_type == ET_DYN)
		return is_kernel(fd, arch, &eh)
			       ? (struct answer){ "a kernel's vmlinux", with_dump }
			       : (struct answer){ "a program or a shared library", the_vmcore };
	/* Xen: docs/misc/dump-core-format.txt. */
	if (eh.e_type == ET_CORE && !eh.e_phnum && has_section(fd, &eh, ".note.Xen"))
		return (struct answer){ "a dump of Xen (xl dump-core, virsh dump)",
					"open it in crash(8)" };
	return (struct answer){ 0 };
}

/* --- what has no magic */

static bool is_text(const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((data[i] < ' ' && !strchr("\t\n\r\f\033", data[i])) || data[i] == 0x7f ||
		    !data[i])
			return false;
	return len > 0;
}

/* "ffffffff81000000 T _text": an address, a letter. */
static bool is_symbol_line(const char *text, size_t len)
{
	return len > 18 && strspn(text, "0123456789abcdef") == 16 && text[16] == ' ' &&
	       text[18] == ' ';
}

static struct answer tell_text(int fd)
{
	unsigned char page[PAGE_SIZE + 1] = { 0 };
	const char *text = (const char *)page;
	ssize_t len = pread(fd, page, PAGE_SIZE, 0);

	if (len <= 0 || !is_text(page, (size_t)len))
		return (struct answer){ 0 };
	if (is_symbol_line(text, (size_t)len))
		return (struct answer){ "a list of symbols (System.map)", the_vmcore };
	if (strstr(text, "Linux version ") || (text[0] == '[' && text[1] == ' ') ||
	    strstr(text, "\n[ "))
		return (struct answer){ "a kernel's log", "give it alone: deadlock LOG" };
	return (struct answer){ "a text", the_vmcore };
}

/* The release in a kernel's banner that is somewhere in the buffer; NULL. */
static const char *find_release(struct dlk_ctx *ctx, const char *data, size_t len)
{
	static const char start[] = "Linux version ";
	const char *end = data + len, *hit = data;

	while ((hit = memmem(hit, (size_t)(end - hit), start, sizeof(start) - 1))) {
		size_t n = 0;

		hit += sizeof(start) - 1;
		while (n < MAX_RELEASE && hit + n < end && hit[n] > ' ' && hit[n] <= '~')
			n++;
		if (n > 2 && hit[0] >= '1' && hit[0] <= '9' && hit + n < end && hit[n] == ' ')
			return dlk_format(ctx, "%.*s", (int)n, hit);
	}
	return NULL;
}

/* Chunks overlap, for a banner over the border of two. */
static const char *search_release(struct dlk_ctx *ctx, int fd, uint64_t size)
{
	char *chunk = dlk_alloc(ctx, CHUNK + PAGE_SIZE);
	const char *release = NULL;

	for (uint64_t at = 0; chunk && at < size && at < MAX_RAW && !release; at += CHUNK) {
		ssize_t got = pread(fd, chunk, CHUNK + PAGE_SIZE, (off_t)at);

		if (got <= 0 || dlk_check_cancel(ctx))
			break;
		release = find_release(ctx, chunk, (size_t)got);
	}
	return release;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && !strcasecmp(path + len - end_len, end);
}

static struct answer tell_raw(struct dlk_ctx *ctx, int fd, const char *path)
{
	struct stat st;
	const char *release;

	if (fstat(fd, &st) || st.st_size < MIN_RAW || st.st_size % PAGE_SIZE)
		return (struct answer){ 0 };
	release = search_release(ctx, fd, (uint64_t)st.st_size);
	if (!release)
		return (struct answer){ 0 };
	if (ends_with(path, ".vmem"))
		return (struct answer){ "the raw memory of a guest of VMware",
					"convert it, with its .vmss or .vmsn, by VMware's "
					"vmss2core, or open that in crash(8)" };
	return (struct answer){
		dlk_format(ctx,
			   "a file without a header that has Linux %s in it: raw memory, without "
			   "the CPUs' registers, or a disk",
			   release),
		"of a guest, take the dump by virsh dump --memory-only or dump-guest-memory; else "
		"by kdump"
	};
}

const char *dlk_magic_describe(struct dlk_ctx *ctx, int fd, const char *path,
			       enum dlk_magic_wanted wanted)
{
	struct answer a = tell_elf(fd);

	/* What ELF has in it, other magics and banners, says nothing of the file. */
	bool is_open = !a.is && !has_row(fd, &elf);

	if (is_open)
		a = tell_row(fd);
	if (is_open && !a.is)
		a = tell_text(fd);
	if (is_open && !a.is && wanted == DLK_WANT_DUMP)
		a = tell_raw(ctx, fd, path);
	if (!a.is)
		return NULL;
	if (!a.dump)
		a.dump = dlk_format(ctx, "only %s is read", dlk_arch_names(ctx));
	if (!a.dump)
		return NULL;
	if (wanted == DLK_WANT_DUMP)
		return dlk_format(ctx, "no dump but %s; %s", a.is, a.dump);
	return dlk_format(ctx, "no vmlinux but %s; %s", a.is,
			  strncmp(a.dump, "unpack", strlen("unpack")) ? "give vmlinux, or none"
								      : a.dump);
}
