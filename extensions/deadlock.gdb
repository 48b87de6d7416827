# SPDX-License-Identifier: GPL-2.0-or-later
# The command "deadlock" for a GDB that is attached to QEMU's gdbstub.  No Python is needed.
#
# QEMU's gdbstub serves one client at a time, and GDB is that one.  So the guest's memory is dumped
# by the stub's own monitor, to a file that the program reads and that is then removed.  GDB hears
# nothing of what its shell knows but by a script: ~/.deadlock-gdb, gone when it has run.  Of the
# arguments GDB puts in those that there are; the others are empty variables of the shell.

define deadlock
  shell rm -f ~/.deadlock-gdb; umask 077; d=$(mktemp -d "${TMPDIR:-/tmp}/deadlock-XXXXXX") && printf 'monitor dump-guest-memory %s/vmcore\nshell ${DEADLOCK:-deadlock} $arg0 $arg1 $arg2 $arg3 $arg4 $arg5 $arg6 $arg7 $arg8 $arg9 %s/vmcore; rm -rf %s\n' "$d" "$d" "$d" >~/.deadlock-gdb
  source ~/.deadlock-gdb
  shell rm -f ~/.deadlock-gdb
end

document deadlock
Say who waits for whom in the guest, and the deadlock: deadlock [OPTION]...
GDB must be attached to the gdbstub of a QEMU guest.  Its memory is dumped to a temporary
directory (TMPDIR, else /tmp), which needs as much room as the guest has memory, and which
QEMU must be able to write to.  The options are those of deadlock(8); without one: a summary.
The environment's DEADLOCK names the program if it is not in the PATH.
end
