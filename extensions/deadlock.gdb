# SPDX-License-Identifier: GPL-2.0-or-later
# The command "deadlock" for a GDB that is attached to QEMU's gdbstub.  No Python is needed.
#
# QEMU's gdbstub serves one client at a time, and GDB is that one.  So the guest's memory is dumped
# by the stub's own monitor, to a file that the program reads and that is then removed.  GDB hears
# nothing of what its shell knows but by a script: ~/.deadlock-gdb, gone when it has run.  GDB puts in
# each argument where it is named, and refuses a line that names one which is not there: so one by one.

define deadlock
  shell umask 077; rm -f ~/.deadlock-gdb ~/.deadlock-options; : >~/.deadlock-options
  if $argc > 0
    shell printf ' %s' '$arg0' >>~/.deadlock-options
  end
  if $argc > 1
    shell printf ' %s' '$arg1' >>~/.deadlock-options
  end
  if $argc > 2
    shell printf ' %s' '$arg2' >>~/.deadlock-options
  end
  if $argc > 3
    shell printf ' %s' '$arg3' >>~/.deadlock-options
  end
  if $argc > 4
    shell printf ' %s' '$arg4' >>~/.deadlock-options
  end
  if $argc > 5
    shell printf ' %s' '$arg5' >>~/.deadlock-options
  end
  if $argc > 6
    shell printf ' %s' '$arg6' >>~/.deadlock-options
  end
  if $argc > 7
    shell printf ' %s' '$arg7' >>~/.deadlock-options
  end
  if $argc > 8
    shell printf ' %s' '$arg8' >>~/.deadlock-options
  end
  if $argc > 9
    shell printf ' %s' '$arg9' >>~/.deadlock-options
  end
  shell umask 077; d=$(mktemp -d "${TMPDIR:-/tmp}/deadlock-XXXXXX") && printf 'monitor dump-guest-memory %s/vmcore\nshell ${DEADLOCK:-deadlock}%s %s/vmcore; rm -rf %s\n' "$d" "$(cat ~/.deadlock-options)" "$d" "$d" >~/.deadlock-gdb
  source ~/.deadlock-gdb
  shell rm -f ~/.deadlock-gdb ~/.deadlock-options
end

document deadlock
Say who waits for whom in the guest, and the deadlock: deadlock [OPTION]...
GDB must be attached to the gdbstub of a QEMU guest.  Its memory is dumped to a temporary
directory (TMPDIR, else /tmp), which needs as much room as the guest has memory, and which
QEMU must be able to write to.  The options are those of deadlock(8); without one: a summary.
The environment's DEADLOCK names the program if it is not in the PATH.
end
