# SPDX-License-Identifier: GPL-2.0-or-later
# The core and the program.

# --- the core: everything but the front ends, in two parts.  A host that knows the kernel's symbols
# and types and reads its memory needs the first part only.

noinst_LTLIBRARIES = libdeadlock-core.la libdeadlock.la
libdeadlock_core_la_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS)
libdeadlock_core_la_LIBADD = $(ADDRXLAT_LIBS) $(CAPSTONE_LIBS)
libdeadlock_core_la_SOURCES = \
	src/base/context.c \
	src/base/groups.c \
	src/base/hash.c \
	src/base/map.c \
	src/base/names.c \
	src/base/strbuf.c \
	src/base/vec.c \
	src/code/act.c \
	src/code/argument.c \
	src/code/asked.c \
	src/code/condition.c \
	src/code/resolve.c \
	src/code/arch.c \
	src/code/arch_x86_64.c \
	src/code/bit_loop.c \
	src/code/code.c \
	src/code/frame.c \
	src/code/mention.c \
	src/code/registers.c \
	src/code/release.c \
	src/code/releases.c \
	src/code/state.c \
	src/code/taken.c \
	src/code/value.c \
	src/code/walk.c \
	src/code/way_in.c \
	src/debuginfo/descent.c \
	src/debuginfo/moved.c \
	src/debuginfo/ptype.c \
	src/debuginfo/ptype_text.c \
	src/graph/build.c \
	src/graph/cycles.c \
	src/graph/digraph.c \
	src/graph/doubts.c \
	src/graph/judge.c \
	src/graph/leaks.c \
	src/graph/queue.c \
	src/graph/reach.c \
	src/graph/roles.c \
	src/graph/roots.c \
	src/graph/scc.c \
	src/graph/shortest.c \
	src/graph/stuck.c \
	src/kernel/arch.c \
	src/kernel/arch_x86_64.c \
	src/kernel/call.c \
	src/kernel/crashed.c \
	src/kernel/frames.c \
	src/kernel/image.c \
	src/kernel/kernel.c \
	src/kernel/layout.c \
	src/kernel/level.c \
	src/kernel/list.c \
	src/kernel/mm.c \
	src/kernel/modules.c \
	src/kernel/object.c \
	src/kernel/orc.c \
	src/kernel/percpu.c \
	src/kernel/pid.c \
	src/kernel/printk.c \
	src/kernel/slab.c \
	src/kernel/stack.c \
	src/kernel/super.c \
	src/kernel/task.c \
	src/kernel/unwind.c \
	src/kernel/unwind_cfi.c \
	src/kernel/unwind_fp.c \
	src/kernel/unwind_orc.c \
	src/kernel/unwind_prologue.c \
	src/kernel/unwind_untold.c \
	src/kernel/vma.c \
	src/kernel/workqueue.c \
	src/kernel/xlat.c \
	src/lockdep/awaited.c \
	src/lockdep/class.c \
	src/lockdep/gather.c \
	src/lockdep/held.c \
	src/lockdep/holds.c \
	src/lockdep/since.c \
	src/lockdep/usage.c \
	src/lockdep/what.c \
	src/locks/acts.c \
	src/locks/also_held.c \
	src/locks/bit.c \
	src/locks/child.c \
	src/locks/code_holder.c \
	src/locks/completion.c \
	src/locks/coverage.c \
	src/locks/cpu_wait.c \
	src/locks/event.c \
	src/locks/facts.c \
	src/locks/find.c \
	src/locks/firmware.c \
	src/locks/folio.c \
	src/locks/folio_batch.c \
	src/locks/futex.c \
	src/locks/grace.c \
	src/locks/infer.c \
	src/locks/irq_wait.c \
	src/locks/kthread.c \
	src/locks/kthread_worker.c \
	src/locks/lock.c \
	src/locks/mcs.c \
	src/locks/module.c \
	src/locks/module_load.c \
	src/locks/mutex.c \
	src/locks/percpu_rwsem.c \
	src/locks/on_top.c \
	src/locks/optimistic.c \
	src/locks/pid_namespace.c \
	src/locks/purpose.c \
	src/locks/queue.c \
	src/locks/rcu.c \
	src/locks/rcu_holder.c \
	src/locks/rcu_sync.c \
	src/locks/rcu_tasks.c \
	src/locks/rcu_trace.c \
	src/locks/record.c \
	src/locks/recorded.c \
	src/locks/registry.c \
	src/locks/rqspin.c \
	src/locks/rt_mutex.c \
	src/locks/rwbase.c \
	src/locks/rwsem.c \
	src/locks/rwsem_reader.c \
	src/locks/scan.c \
	src/locks/semaphore.c \
	src/locks/spin.c \
	src/locks/spin_owner.c \
	src/locks/srcu.c \
	src/locks/stack_search.c \
	src/locks/stop_wait.c \
	src/locks/thread.c \
	src/locks/timer_wait.c \
	src/locks/umh.c \
	src/locks/unknown.c \
	src/locks/vma_lock.c \
	src/locks/wait_function.c \
	src/locks/waitqueue.c \
	src/locks/work.c \
	src/locks/work_cancel.c \
	src/locks/work_holder.c \
	src/locks/workqueue.c \
	src/locks/ww_mutex.c \
	src/log/build.c \
	src/log/compare.c \
	src/log/cpu.c \
	src/log/draft.c \
	src/log/event.c \
	src/log/frame.c \
	src/log/graces.c \
	src/log/header.c \
	src/log/held.c \
	src/log/incident.c \
	src/log/ip.c \
	src/log/keep.c \
	src/log/known.c \
	src/log/listing.c \
	src/log/lists.c \
	src/log/lock.c \
	src/log/lock_name.c \
	src/log/owner.c \
	src/log/people.c \
	src/log/predict.c \
	src/log/prefix.c \
	src/log/read.c \
	src/log/record.c \
	src/log/scan.c \
	src/log/sleeps.c \
	src/log/spins.c \
	src/log/stall.c \
	src/log/task.c \
	src/log/text.c \
	src/log/tie.c \
	src/log/trace.c \
	src/log/validator.c \
	src/log/who.c \
	src/log/work.c \
	src/log/wrap.c \
	src/model/builder.c \
	src/report/dot.c \
	src/report/index.c \
	src/report/json.c \
	src/report/json_out.c \
	src/report/out.c \
	src/report/stream.c \
	src/report/text.c \
	src/report/text_cycle.c \
	src/report/text_finding.c \
	src/report/text_lock.c \
	src/report/text_lockdep.c \
	src/report/text_parts.c \
	src/report/text_prediction.c \
	src/report/text_root.c \
	src/report/text_said.c \
	src/report/text_story.c \
	src/report/text_task.c \
	src/report/text_unknown.c \
	src/report/text_verdict.c \
	src/report/text_waits.c \
	src/report/words.c \
	src/session/gather.c \
	src/session/host.c \
	src/session/live.c \
	src/session/log.c \
	src/session/margin.c \
	src/session/session.c \
	src/target/arch.c \
	src/target/arch_x86_64.c \
	src/target/capture.c \
	src/target/memory.c \
	src/target/notes.c \
	src/target/outfile.c \
	src/target/vmcoreinfo.c

libdeadlock_la_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS)
libdeadlock_la_LIBADD = libdeadlock-core.la $(BPF_LIBS) $(ELF_LIBS) $(DW_LIBS) $(JANSSON_LIBS) \
	$(EXPAT_LIBS) $(LZMA_LIBS) $(ZLIB_LIBS) $(LZO_LIBS) $(SNAPPY_LIBS) $(ZSTD_LIBS)
libdeadlock_la_SOURCES = \
	src/debuginfo/btf.c \
	src/debuginfo/cfi.c \
	src/debuginfo/cfi_check.c \
	src/debuginfo/dwarf.c \
	src/debuginfo/dwarf_gate.c \
	src/debuginfo/elffile.c \
	src/debuginfo/kallsyms.c \
	src/debuginfo/kallsyms_find.c \
	src/debuginfo/vmlinux.c \
	src/session/open.c \
	src/target/address.c \
	src/target/container.c \
	src/target/flattened.c \
	src/target/gdbstub.c \
	src/target/guard.c \
	src/target/guest.c \
	src/target/kdump.c \
	src/target/magic.c \
	src/target/null.c \
	src/target/packers.c \
	src/target/pages.c \
	src/target/qmp.c \
	src/target/rsp.c \
	src/target/segments.c \
	src/target/tdesc.c \
	src/target/unpack.c \
	src/target/vmcore.c \
	src/target/wire.c

noinst_HEADERS += $(wildcard $(srcdir)/include/deadlock/*.h $(srcdir)/src/*.h $(srcdir)/src/*/*.h)

# --- the program

bin_PROGRAMS = deadlock
deadlock_SOURCES = \
	src/cli/answer.c \
	src/cli/governor.c \
	src/cli/landlock.c \
	src/cli/log_answer.c \
	src/cli/main.c \
	src/cli/operands.c \
	src/cli/options.c \
	src/cli/said.c \
	src/cli/sandbox.c \
	src/cli/signals.c
deadlock_LDADD = libdeadlock.la $(SECCOMP_LIBS)

# What the manual says of the kinds is the table's own.
man_MANS = src/cli/deadlock.8
CLEANFILES += src/cli/deadlock.8
src/cli/deadlock.8: src/cli/deadlock.8.in include/deadlock/kinds.h build-aux/man-kinds.awk
	$(AM_V_GEN)$(AWK) -f $(srcdir)/build-aux/man-kinds.awk $(srcdir)/include/deadlock/kinds.h \
		$(srcdir)/src/cli/deadlock.8.in >$@.tmp && mv $@.tmp $@

EXTRA_DIST += src/README.md src/cli/deadlock.8.in
