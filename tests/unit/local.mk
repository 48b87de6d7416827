# SPDX-License-Identifier: GPL-2.0-or-later
# One program for each file of the core.

UNIT_TESTS = \
	tests/unit/u-arch \
	tests/unit/u-btf \
	tests/unit/u-build \
	tests/unit/u-builder \
	tests/unit/u-call \
	tests/unit/u-capture \
	tests/unit/u-cfi \
	tests/unit/u-cfi_check \
	tests/unit/u-code-registers \
	tests/unit/u-container \
	tests/unit/u-context \
	tests/unit/u-contexts \
	tests/unit/u-cycles \
	tests/unit/u-digraph \
	tests/unit/u-digraph-random \
	tests/unit/u-dot \
	tests/unit/u-doubts \
	tests/unit/u-dwarf \
	tests/unit/u-elffile \
	tests/unit/u-facts \
	tests/unit/u-graph-random \
	tests/unit/u-groups \
	tests/unit/u-guest \
	tests/unit/u-image \
	tests/unit/u-insn \
	tests/unit/u-json \
	tests/unit/u-json_out \
	tests/unit/u-judge \
	tests/unit/u-kallsyms \
	tests/unit/u-kallsyms_find \
	tests/unit/u-kdump \
	tests/unit/u-kernel \
	tests/unit/u-layout \
	tests/unit/u-leaks \
	tests/unit/u-list \
	tests/unit/u-live \
	tests/unit/u-lockdep \
	tests/unit/u-map \
	tests/unit/u-memory \
	tests/unit/u-modules \
	tests/unit/u-moved \
	tests/unit/u-names \
	tests/unit/u-notes \
	tests/unit/u-null \
	tests/unit/u-object \
	tests/unit/u-options \
	tests/unit/u-orc \
	tests/unit/u-other64 \
	tests/unit/u-out \
	tests/unit/u-outfile \
	tests/unit/u-pages \
	tests/unit/u-pid \
	tests/unit/u-plain \
	tests/unit/u-printk \
	tests/unit/u-ptype \
	tests/unit/u-qmp \
	tests/unit/u-purpose \
	tests/unit/u-queue \
	tests/unit/u-reach \
	tests/unit/u-releases \
	tests/unit/u-roles \
	tests/unit/u-roots \
	tests/unit/u-rsp \
	tests/unit/u-scale \
	tests/unit/u-scc \
	tests/unit/u-segments \
	tests/unit/u-session \
	tests/unit/u-shortest \
	tests/unit/u-slab \
	tests/unit/u-stack \
	tests/unit/u-stack-broken \
	tests/unit/u-stack-registers \
	tests/unit/u-standstill \
	tests/unit/u-state-head \
	tests/unit/u-state \
	tests/unit/u-strbuf \
	tests/unit/u-stream \
	tests/unit/u-stuck \
	tests/unit/u-task \
	tests/unit/u-task-walk \
	tests/unit/u-tdesc \
	tests/unit/u-text \
	tests/unit/u-text-headline \
	tests/unit/u-text_unknown \
	tests/unit/u-turns \
	tests/unit/u-unknown \
	tests/unit/u-unwind_cfi \
	tests/unit/u-unwind_fp \
	tests/unit/u-vec \
	tests/unit/u-vmcore \
	tests/unit/u-vmcoreinfo \
	tests/unit/u-vmlinux \
	tests/unit/u-wait_function \
	tests/unit/u-xlat
tests_unit_u_options_SOURCES = tests/unit/u-options.c src/cli/options.c

libtests_la_SOURCES += \
	tests/unit/look.c \
	tests/unit/opinion.c \
	tests/unit/opinion_cycles.c \
	tests/unit/opinion_roots.c \
	tests/unit/same-types.c \
	tests/unit/support.c
noinst_HEADERS += $(wildcard $(srcdir)/tests/unit/*.h)
