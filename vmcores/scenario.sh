# Builds what a scenario's guest is made of.  Sourced, after lib.sh.
# shellcheck shell=bash
#
#   module_of SCENARIO KERNEL     the module that makes it, if that kernel can have it; '' if none does
#   is_of_user_space SCENARIO     does a program make it, guest/hang.c?
#   needs_disk SCENARIO           is the guest to have a disk?
#   loses_cpus SCENARIO           does it keep CPUs for good?
#   set_cpus SCENARIO             the guest's CPUs, $cpus; $pin if its init is to keep to the first; $cpus_cmdline, what its
#                                 kernel is told because of them
#   is_reported SCENARIO          is its kernel to report a soft lockup, and, if that stays, an RCU stall?
#   cpu_of SCENARIO               QEMU's model of them
#   build_module KERNEL [MODULE]  the kernel, in $stock, and the scenarios' modules for it, in $stock/module
#   start_initrd DIRECTORY [MODULE]  busybox, the init and one of these modules
#                                 MODULE is dlk_scenario if not said, '' if there is to be none
#   add_hang DIRECTORY SCENARIO   the program that makes it, if one does
#   add_module DIRECTORY NAME     one of the kernel's own modules and what it depends on
#   add_program DIRECTORY FILE    a program or shared object, and the libraries it is linked with
#   build_program SOURCE FILE     one of the guest's static programs
#   make_empty_disk FILE MEGABYTES  an empty ext4 file system; $disk_arguments are QEMU's, to have it
#   pack_initrd DIRECTORY FILE

# shellcheck source=suites.sh
. "$VMCORES/suites.sh"
stock=
kernel_make=()
module_lock=

need gcc gcc-12 libc6-dev linux-libc-dev make libelf-dev dwarves kmod xz-utils cpio gzip busybox-static e2fsprogs

module_of() {
	! is_of_user_space "$1" || return 0
	case $1/$2 in
	idle/*) ;;
	lockdep-*/*-lockdep) echo dlk_lockdep ;;
	lockdep-*) die "$1 needs a kernel with lockdep" ;;
	rwlock/*-rt | rwlock-*/*-rt | spin-rwlock/*-rt) die "on $2 a rwlock does not spin" ;;
	softirq/*-rt) die "on $2 a thread runs the timers" ;;
	percpu-enter*/5.10-* | percpu-enter*/*-lockdep | percpu-enter*/6.12-fp | percpu-enter*/6.12-guess) ;&
	rcu/5.10-* | rcu-[ebht]*/5.10-* | rcu/*-lockdep | rcu-[ebht]*/*-lockdep | rcu/6.12-fp | rcu/6.12-guess | rcu-[ebht]*/6.12-fp | rcu-[ebht]*/6.12-guess)
		die "readers of $2's RCU cannot be preempted"
		;;
	rcu-rude/6.1-*) echo dlk_sync ;;
	rcu-rude/*) die "on $2 synchronize_rcu_tasks_rude() has nothing to do" ;;
	bit-*/* | srcu-*/* | rcu/* | rcu-*/*) echo dlk_sync ;;
	spin-timer*/*-rt) die "on $2 a thread runs the timers" ;;
	spin-handler*/*-rt) die "on $2 a thread runs the handlers" ;;
	spin-timer*/* | spin-stop*/* | spin-handler*/* | irq-*/*) echo dlk_cross ;;
	spin-irq/* | spin-three/* | spin-sleeper/* | spin-csd/* | spin-hrtimer/* | spin-hot/* | spin-endless/* | spin-queue/* | spin-ahead/* | spin-ahead-held/* | spin-rwlock/*) echo dlk_busy ;;
	spin-twins/*) echo dlk_twins ;;
	spin-rq*/5.10-* | spin-rq*/6.1-* | spin-rq*/6.12-*) die "$2 has no such locks" ;;
	spin-bit*/* | spin-rq*/*) echo dlk_spin_kinds ;;
	spin-* | rwlock/* | rwlock-*/* | softirq/*) echo dlk_spin ;;
	real-no-owner/*-rt | real-anonymous/*-rt) die "on $2 the lock has no such word" ;;
	real-*/*) echo dlk_real ;;
	rt-*/*-rt) echo dlk_rt ;;
	rt-*) die "$1 needs an -rt kernel" ;;
	vma/7.[23]-* | vma-slow/7.[23]-*) echo dlk_vma ;;
	vma/* | vma-slow/*) die "on $2 a module cannot have the lock of a VMA" ;;
	ww-*/*) echo dlk_ww ;;
	kthread-*/* | completion-*/*) echo dlk_kthread ;;
	worker-*/* | umh/* | umh-*/* | pidns/* | pidns-*/* | module-*/* | firmware/*) echo dlk_life ;;
	percpu-*/*) echo dlk_percpu ;;
	code-*-reader/*-lockdep | code-h[ie]*/*-lockdep | code-percpu-*/*-lockdep | code-srcu*/*-lockdep)
		die "on $2 lockdep knows who holds it"
		;;
	code-*-reader/* | code-hint/* | code-helper/*) echo dlk_code ;;
	code-*-folio/* | code-branch/* | code-slot/* | code-handed/*) echo dlk_code_folio ;;
	code-static*/*-lockdep | code-asleep/*-lockdep | code-running*/*-lockdep | code-fault*/*-lockdep)
		die "on $2 lockdep knows who holds it"
		;;
	code-static*/* | code-asleep*/* | code-running*/* | code-fault*/*) echo dlk_code_where ;;
	code-*/*) echo dlk_code_kinds ;;
	queue/* | queue-*/*) echo dlk_queue ;;
	rwsem-again/* | rwsem-reread/*) echo dlk_rwsem ;;
	semaphore/* | semaphore-*/* | percpu/* | ww/* | work/* | srcu/* | bit/* | kthread/* | rwsem-upgrade/* | completion/* | leak/*)
		echo dlk_waits
		;;
	work-*/* | workqueue/* | workqueue-*/*) echo dlk_work ;;
	*) echo dlk_scenario ;;
	esac
}

is_of_user_space() {
	case $1 in
	uffd | uffd-* | fsfreeze | freezing | exec | exec-slow | coredump | container | sleeps | futex-pi) ;;
	*) return 1 ;;
	esac
}

needs_disk() {
	case $1 in
	fsfreeze | freezing | coredump | container) ;;
	*) return 1 ;;
	esac
}

loses_cpus() {
	case $1 in
	lockdep-held | spin-* | rwlock | rwlock-* | softirq | rcu-spin | rcu-tasks-spin | rcu-rude | rt-rwlock-slow | rt-adaptive | code-running*) ;;
	*) return 1 ;;
	esac
}

# Its spinners keep one or two CPUs, and with them every grace period, for good; a further one is shared.  A change to the
# TSC, once it is measured, would stop all CPUs and wait for those: so none to the TSC.
# shellcheck disable=SC2034  # for the scripts that boot
set_cpus() {
	cpus=2 pin='' cpus_cmdline=''
	loses_cpus "$1" || return 0
	cpus=4 pin=1
	case $1 in
	spin-queue | spin-rwlock) cpus=5 ;;
	esac
	cpus_cmdline=' nowatchdog rcupdate.rcu_cpu_stall_suppress=1 clocksource=acpi_pm'
	! is_reported "$1" ||
		cpus_cmdline=' rcupdate.rcu_cpu_stall_timeout=10 clocksource=acpi_pm'
}

# Its kernel says so after some 20 s.
is_reported() {
	case $1 in
	spin-lockup | spin-lockup-slow) ;;
	*) return 1 ;;
	esac
}

# Where QEMU says that it is there the kernel tests and sets its locks, and has no queues.
cpu_of() {
	case $1 in
	spin-ahead | spin-ahead-held | spin-rwlock) echo Haswell,-hypervisor ;;
	*) echo Haswell ;;
	esac
}

# Fetch it or build it, if it is not there.
find_kernel() {
	stock=$(kernel_home "$1")
	case $stock in
	"$LAB"/kernel-*) "$VMCORES/build-kernel" "$1" ;;
	*) [ -e "$stock/release" ] || "$VMCORES/get-stock" "$1" ;;
	esac
}

# The make that builds modules for the kernel, $kernel_make: its headers want a compiler of their suite.
find_make() {
	local suite=own release headers
	[ ! -e "$stock/suite" ] || suite=$(cat "$stock/suite")
	[ ! -e "$stock.build" ] || suite=built
	case $suite in
	built) kernel_make=(make -C "$stock.build") ;;
	own) kernel_make=(make -C "$stock/headers") ;;
	bullseye) kernel_make=(make -C "$stock/headers" CC=gcc) ;;
	*)
		release=$(cat "$stock/release")
		headers=linux-headers-$release
		has_package "$suite" "$headers" ||
			die "the archive has no headers of $release, so no module: its one scenario is idle"
		chroot_with "$suite" "$headers" binutils make pahole
		kernel_make=(in_chroot "$suite" make -C "/usr/src/$headers")
		;;
	esac
}

build_module() {
	local dir file stale=''
	find_kernel "$1"
	[ -n "${2-dlk_scenario}" ] || return 0
	dir=$stock/module
	mkdir -p "$dir"
	# Another tree that uses this lab may have other modules: nobody builds until they are packed.
	exec {module_lock}>"$dir/lock"
	flock "$module_lock"
	for file in "$VMCORES"/scenario/{Kbuild,dlk_*}; do
		cmp -s "$file" "$dir/${file##*/}" || stale=1
	done
	[ -n "$stale" ] || ! [ -e "$dir/dlk_scenario.ko" ] || return 0
	rm -f "$dir"/*.ko
	cp "$VMCORES"/scenario/{Kbuild,dlk_*} "$dir/"
	find_make "$1"
	"${kernel_make[@]}" M="$dir" modules >"$dir/make.log" 2>&1 ||
		die "the module does not build for $1, see $dir/make.log"
}

start_initrd() {
	rm -rf "$1"
	mkdir -p "$1/bin" "$1/modules"
	cp /bin/busybox "$1/bin/"
	cp "$VMCORES/scenario/init" "$1/init"
	[ -n "${2-dlk_scenario}" ] || return 0
	cp "$stock/module/${2-dlk_scenario}.ko" "$1/"
	[ "${2-}" != dlk_life ] || cp "$stock/module/dlk_life_self.ko" "$1/"
	exec {module_lock}>&-
}

build_program() {
	gcc -std=gnu11 -static -O2 -Wall -Wextra -Werror -pthread "$1" -o "$2"
}

add_hang() {
	! is_of_user_space "$2" || build_program "$VMCORES/guest/hang.c" "$1/hang"
}

# The stock kernels have nvme and ext4 built in.
disk_arguments=()
make_empty_disk() {
	rm -f "$1"
	truncate -s "$2M" "$1"
	/sbin/mke2fs -q -t ext4 -O ^has_journal "$1"
	# shellcheck disable=SC2034  # for the scripts that boot
	disk_arguments=(-drive "file=$1,if=none,format=raw,id=disk" -device "nvme,drive=disk,serial=lab")
}

# They are numbered, so that the guest inserts them in order.
add_module() {
	local kind path file n
	while read -r kind path _; do
		[ "$kind" = insmod ] || continue
		n=$(find "$1/modules" -name '*.ko' | wc -l)
		file=${path##*/}
		printf -v file '%s/modules/%02d-%s' "$1" "$n" "${file%.xz}"
		case $path in
		*.xz) xz -dc "$path" >"$file" ;;
		*) cp "$path" "$file" ;;
		esac
	done < <(/sbin/modprobe -d "$stock/root" -S "$(cat "$stock/release")" --show-depends "$2")
}

add_program() {
	local file
	install -D -t "$1/bin" "$2"
	while read -r file; do
		install -D "$file" "$1$file"
	done < <(ldd "$2" | grep -o '/[^ ]*')
}

# The kernel brings /dev/console itself, so no device is made here and no root needed.
pack_initrd() {
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$2"
}
