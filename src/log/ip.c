/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of instruction pointers, and other registers by which an architecture is known; see ip.h. */
#include <config.h>

#include "log/ip.h"

#include <string.h>

#include "log/frame.h"
#include "log/scan.h"

static const char *const pointers[] = {
	"RIP: ",  "EIP: ",    "EIP is at ",  "pc : ", "PC is at ", "NIP [",
	"epc : ", "epc   : ", "Krnl PSW : ", "ERA: ", "RIP  [",    "pc ",
};

/* Who prints it is told by one of its registers. */
static const struct {
	const char *begin, *arch;
} registers[] = {
	{ "RIP: ", "x86_64" },      { "RIP  [", "x86_64" },    { "RAX: ", "x86_64" },
	{ "EIP: ", "i386" },        { "EIP is at ", "i386" },  { "EAX: ", "i386" },
	{ "pstate: ", "aarch64" },  { "x29: ", "aarch64" },    { "PC is at ", "arm" },
	{ "NIP: ", "ppc64" },       { "NIP [", "ppc64" },      { "Krnl PSW : ", "s390x" },
	{ "epc : ", "riscv64" },    { "status: ", "riscv64" }, { "epc   : ", "mips" },
	{ "ERA: ", "loongarch64" },
};

const char *dlk_log_arch_of(const char *text)
{
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (!strncmp(text, registers[i].begin, strlen(registers[i].begin)))
			return registers[i].arch;
	return NULL;
}

enum dlk_log_ip dlk_log_ip_read(struct dlk_log_keep *keep, const char *text,
				struct dlk_log_frame *ret)
{
	const char *p = NULL;

	for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]) && !p; i++)
		if (!strncmp(text, pointers[i], strlen(pointers[i])))
			p = text + strlen(pointers[i]);
	if (!p)
		return DLK_LOG_NO_IP;
	/* Of what stands there the symbol is the last: "0010:[<addr>]  [<addr>] f+0x1/0x2", "c000...] f+0x1/0x2". */
	for (unsigned i = 0; i < 8 && *p; i++) {
		const char *symbol = p;

		if (dlk_is_hex(*symbol) && strchr(symbol, ':')) {
			const char *q = symbol;
			uint64_t segment;

			if (dlk_scan_hex(&q, &segment) && *q == ':')
				symbol = q + 1;
		}
		if (*symbol == '(')
			symbol++;
		if (dlk_log_symbol_read(keep, symbol, ret) ||
		    dlk_log_inline_read(keep, symbol, ret))
			return DLK_LOG_IP_KERNEL;
		p = dlk_skip_blanks(dlk_skip_word(p));
	}
	return DLK_LOG_IP_OTHER;
}
