# SPDX-License-Identifier: GPL-2.0-or-later
# Functions over bytes.  "make check" replays tests/fuzz/corpus/; scripts/fuzz builds them for
# libFuzzer instead.

# A target has no main(): that is in replay.c, which the linker takes of libtests.la when none is there.
FUZZ_TESTS = \
	tests/fuzz/fuzz-btf \
	tests/fuzz/fuzz-capture \
	tests/fuzz/fuzz-cfi \
	tests/fuzz/fuzz-code \
	tests/fuzz/fuzz-crashed \
	tests/fuzz/fuzz-dwarf \
	tests/fuzz/fuzz-flattened \
	tests/fuzz/fuzz-gdbstub \
	tests/fuzz/fuzz-kallsyms \
	tests/fuzz/fuzz-log \
	tests/fuzz/fuzz-map \
	tests/fuzz/fuzz-notes \
	tests/fuzz/fuzz-ptype \
	tests/fuzz/fuzz-qmp \
	tests/fuzz/fuzz-report \
	tests/fuzz/fuzz-rsp \
	tests/fuzz/fuzz-tdesc \
	tests/fuzz/fuzz-unpack \
	tests/fuzz/fuzz-vmcore \
	tests/fuzz/fuzz-vmcoreinfo \
	tests/fuzz/fuzz-vmlinux \
	tests/fuzz/mutate

libtests_la_SOURCES += \
	tests/fuzz/ask.c \
	tests/fuzz/capture.c \
	tests/fuzz/edges.c \
	tests/fuzz/elf.c \
	tests/fuzz/limits.c \
	tests/fuzz/memory.c \
	tests/fuzz/model.c \
	tests/fuzz/mutations.c \
	tests/fuzz/pack.c \
	tests/fuzz/peer.c \
	tests/fuzz/places.c \
	tests/fuzz/replay.c \
	tests/fuzz/support.c \
	tests/fuzz/words.c
noinst_HEADERS += $(wildcard $(srcdir)/tests/fuzz/*.h)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/libfuzzer.c tests/fuzz/seeds
