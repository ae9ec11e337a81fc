#!/bin/bash
# SPDX-License-Identifier: MIT
# Objects of every IPC and mount namespace, each under its own.
. "$(dirname "$0")/lib.sh"

inode() { # PID TYPE
	stat -L -c %i "/proc/$1/ns/$2"
}

hold host sysv size=4096 , posix name=host
hold own sysv size=8192 ns=ipc,shm , posix name=own ns=ipc,shm , posix name=common ns=ipc , sysv size=12288 ns=ipc
look
ok "$status" "a snapshot is taken" "$(cat "$work/err")"

segment=$(made own pid 1) file=$(made own pid 2) common=$(made own pid 3)
is "$(made own id 1)" "$(made host id 1)" "two namespaces use the same shmid for different segments"
is "$(fact '[.objects[] | select(.kind == "sysv") | "\(.size) \(.namespace)"] | sort | join(", ")')" \
	"$(printf '%s\n' "4096 host" "8192 ipc:$(inode "$segment" ipc)" "12288 ipc:$(inode "$(made own pid 4)" ipc)" |
		sort | paste -sd, | sed 's/,/, /g')" \
	"each segment is listed under its namespace"
is "$(fact 'holds(.kind == "sysv" and .size == 8192) | map(.pid) | join(" ")')" "$segment" "with its own holder"
is "$(fact 'holds(.kind == "sysv" and .size == 4096) | map(.pid) | join(" ")')" "$(made host pid 1)" "and no other's"
is "$(fact 'objects(named("/own"))[0] | "\(.kind) \(.namespace)"')" "posix mnt:$(inode "$file" mnt)" \
	"a file in a private /dev/shm"
is "$(fact 'holds(named("/own")) | map(.pid) | join(" ")')" "$file" "with its holder"
is "$(fact 'objects(named("/common")) | map("\(.namespace) \(.mappers)") | join(",")')" "host 1" \
	"an IPC namespace alone leaves its files in the host's /dev/shm, where they are listed once"
is "$(fact '.namespaces[] | select(.type == "ipc" and .host) | .inode')" "$(inode $$ ipc)" \
	"the host's IPC namespace is known as such"
is "$(fact '.namespaces[] | select(.inode == $ns) | "\(.type) \(.seen) \(.segments) \(.processes)"' \
	--argjson ns "$(inode "$segment" ipc)")" "ipc true 1 1" "a namespace has its own counts"
is "$(fact '.processes[] | select(.pid == $pid) | "\(.ipc_ns) \(.mnt_ns)"' --argjson pid "$segment")" \
	"$(inode "$segment" ipc) $(inode "$segment" mnt)" "a process names its namespaces"

guard ls --namespace "ipc:$(inode "$segment" ipc)" --format json
is "$(query '[.objects[].size] | join(" ")' 2>/dev/null || query '.objects[].size')" 8192 "ls --namespace"

# The commonest mistake, and its repair.
check=$(check_named 'private ipc namespace')
if [ -n "$check" ]; then
	found "$check" >"$work/found"
	is "$(grep -c . "$work/found")" 2 "audit finds the private IPC namespaces that have the host's /dev/shm" \
		"$(cat "$work/out")"
	grep -q -E "(^|[^0-9])($segment|$file|$(inode "$segment" ipc))([^0-9]|$)" "$work/found"
	ok $((! $?)) "and not those that have their own" "$(cat "$work/found")"
else
	ok 1 "there is a check for a private IPC namespace with the host's /dev/shm"
fi
: "$common"
release own
look
is "$(fact '[.namespaces[] | select(.type == "ipc")] | length')" 1 "namespaces that are gone are not listed"
is "$(fact '[.objects[] | select(.kind == "sysv") | .size] | join(" ")')" 4096 "nor their segments: they died with them"

# A mount that lies over another: what is underneath is not reachable by name.
mkdir "$work/covered"
mount -t tmpfs -o mode=1777 lower "$work/covered"
hold lower posix dir="$work/covered" name=lower hold=none
mount -t tmpfs -o mode=1777 upper "$work/covered"
hold upper posix dir="$work/covered" name=upper hold=none
look
is "$(fact '[.mounts[] | select(.target == $t)
	| "\(.source) \(.hidden)"] | sort | join(", ")' --arg t "$work/covered")" \
	"lower true, upper false" "a mount that another covers is marked"
is "$(fact 'objects(.name == $n) | length' --arg n "$work/covered/upper")" 1 "and the upper one's file is listed"
release upper
umount "$work/covered"
release lower
umount "$work/covered"

finish
