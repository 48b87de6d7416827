# Sourced by tests/cli/tst.scenarios-*.sh, in three parts, as together they take minutes.
# shellcheck shell=bash source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# check_captures LEAST [!] PATTERN: check those whose names match a pattern of the shell, or do not; there are LEAST.
# The first of each kernel is also given packed in each way; with all of them that would take minutes more.
check_captures() {
	local least=$1 pattern=${*: -1} is_not=$(($# - 2)) first=() rest=() kernel='' capture name does_match

	command -v jq >/dev/null || skip "jq is not installed"
	for capture in "$top"/vmcores/captures/*-{cloud,rt}-*.elf.zst; do
		name=${capture##*/}
		name=${name%.elf.zst}
		# shellcheck disable=SC2053  # a pattern
		does_match=$([[ $name == $pattern ]] && echo 1 || echo 0)
		[ "$does_match" -ne "$is_not" ] || continue
		unpack "$name"
		if [[ -n $kernel && $name == "$kernel"-* ]]; then
			rest+=("$name.elf")
		else
			kernel=$(sed -E 's/-(cloud|rt)-.*/-\1/' <<<"$name")
			first+=("$name.elf")
		fi
	done
	[ $((${#first[@]} + ${#rest[@]})) -ge "$least" ] || fail "only ${#first[@]} and ${#rest[@]} captures of scenarios"
	export LAB=$tmp DEADLOCK=$deadlock
	"$top/vmcores/check-scenarios" "${first[@]}" || fail "a scenario's answer is wrong"
	"$top/vmcores/check-scenarios" --as-it-is "${rest[@]}" || fail "a scenario's answer is wrong"
}
