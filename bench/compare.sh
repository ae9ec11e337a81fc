#!/bin/bash
# SPDX-License-Identifier: MIT
# compare.sh BUILD_DIR [ROUNDS]: what a look costs, against the bare system calls and against the usual tools, at one
# and at two units of load. Everything happens in namespaces of its own. Run as root, on a quiet machine.
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ "${SHMG_BENCH_INSIDE:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "bench: needs root, for namespaces of its own and leases" >&2; exit 1; }
	SHMG_BENCH_INSIDE=yes exec unshare --ipc --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

build=$(cd "${1:?usage: compare.sh BUILD_DIR [ROUNDS]}" && pwd) rounds=${2:-9} || exit 1
load=$build/bench/load bare=$build/bench/bare compare=$build/bench/compare shmguard=$build/cmd/shmguard
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# Every /dev/shm that the machine has, or it would be looked at too.
while umount -l /dev/shm 2>/dev/null; do :; done
mkfifo "$work/stop" && exec 9<>"$work/stop" || exit 1

have() {
	command -v "$1" >/dev/null
}

measure() {
	local scale=$1 pid commands
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=2g bench /dev/shm || return 1
	"$load" "$scale" <"$work/stop" >"$work/load" &
	pid=$!
	until grep -q READY "$work/load"; do
		kill -0 "$pid" 2>/dev/null || { echo "bench: the load did not start" >&2; return 1; }
		sleep 0.1
	done
	echo
	echo "scale $scale: $(sed 's/READY //' "$work/load")"
	commands=(
		bare-ls= "exec '$bare' ls"
		shmguard-ls "exec '$shmguard' ls"
		shmguard-ls-json "exec '$shmguard' ls --format json"
		bare-audit= "exec '$bare' audit"
		shmguard-audit "exec '$shmguard' audit"
	)
	if [ "$scale" = 1 ]; then
		commands+=(ipcs "exec ipcs -m" lsipc "exec lsipc -m")
		have lsof && commands+=(lsof "exec lsof /dev/shm")
		commands+=(shell-audit "exec sh '$here/shell-audit.sh'")
	fi
	"$compare" "$rounds" "$work/scale-$scale" "${commands[@]}" || echo "bench: a command could not run" >&2
	kill -KILL "$pid" # its processes die with it
	wait "$pid" 2>/dev/null
	ipcrm --all=shm
	umount -l /dev/shm
}

echo "CPU time with all descendants, wall time and peak memory: medians of $rounds interleaved rounds."
echo "ratio: CPU time against the last bare-* line above, round by round."
measure 1 || exit 1
measure 2 || exit 1

echo
echo "twice the load takes (2.0 is linear):"
join <(sort "$work/scale-1") <(sort "$work/scale-2") |
	awk '$2 > 0 { printf "%-18s %.2f times the CPU time, %.2f times the memory\n", $1, $5 / $2, $7 / $4 }'
