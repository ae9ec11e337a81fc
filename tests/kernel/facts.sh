#!/bin/bash
# SPDX-License-Identifier: MIT
# What Linux really does, where the usual recipes say something else: what shmguard relies on, and what it answers.
. "$(dirname "$0")/lib.sh"

segments() { # how many this IPC namespace has
	local lines
	mapfile -t lines </proc/sysvipc/shm
	echo $((${#lines[@]} - 1))
}

# --- isolation ---

hold outer sysv size=8192 , posix name=outer
inside='mapfile -t l </proc/sysvipc/shm; echo $((${#l[@]} - 1)) $(ls /dev/shm)'
is "$(unshare --ipc bash -c "$inside")" "0 outer" "an IPC namespace alone isolates segments, but not /dev/shm"
is "$(unshare --mount bash -c "$inside")" "1 outer" "a mount namespace alone isolates neither"
is "$(unshare --ipc --mount bash -c "mount -t tmpfs own /dev/shm; $inside")" "0" \
	"IPC and mount namespace with a tmpfs over /dev/shm isolate both"
is "$(unshare --mount bash -c "mount -t tmpfs own /dev/shm; umount /dev/shm; ls /dev/shm")" outer \
	"taking that tmpfs away shows the old one underneath"
hold private posix name=inner ns=ipc,shm
is "$(ls "/proc/$(made private pid)/root/dev/shm")" inner "from outside, /proc/PID/root leads into a private /dev/shm"
is "$(ls /dev/shm)" outer "which is not seen otherwise"
release private

# --- limits ---

echo 5000 >/proc/sys/kernel/shmmni
is "$(unshare --ipc cat /proc/sys/kernel/shmmni)" 4096 \
	"a new IPC namespace has the default limits, not those of its parent"
is "$(cat /proc/sys/kernel/shmmni)" 5000 "whose own are as they were set"
maximum=$(cat /proc/sys/kernel/shmmax)
echo 65536 >/proc/sys/kernel/shmmax
hold big sysv size=1048576
is $? 1 "kernel.shmmax stops a larger segment"
hold big posix name=big size=1048576 touch=1 , memfd size=1048576 touch=1
ok $? "and neither a POSIX object nor a memfd"
look
is "$(fact '.namespaces[] | select(.type == "ipc" and .host) | .shmmax')" 65536 \
	"shmguard reports the limit of the namespace"
release big
echo "$maximum" >/proc/sys/kernel/shmmax

present=$(segments)
echo $((present + 3)) >/proc/sys/kernel/shmmni
hold many segments count=3
ok $? "kernel.shmmni lets as many segments be as it says"
hold more segments count=1
is "$reason" "kernel.shmmni or kernel.shmall reached" "the next one is ENOSPC, not ENOMEM"
look
is "$(fact '.namespaces[] | select(.type == "ipc" and .host) | "\(.segments) \(.shmmni)"')" \
	"$((present + 3)) $((present + 3))" "shmguard counts the segments against it"
release many
echo 4096 >/proc/sys/kernel/shmmni

mkdir "$work/small"
mount -t tmpfs -o size=64k,nr_inodes=4,mode=1777 small "$work/small"
hold full posix dir="$work/small" name=full size=1048576 touch=1
ok $((! $?)) "a store past the size of a tmpfs kills whoever stores"
rm -f "$work/small/full"
hold past sysv size=1048576 touch=1 , memfd size=1048576 touch=1
ok $? "that size bounds neither a segment nor a memfd"
release past
hold inodes posix dir="$work/small" name=1 size=0 hold=fd , posix dir="$work/small" name=2 size=0 hold=fd , \
	posix dir="$work/small" name=3 size=0 hold=fd
touch "$work/small/4" 2>/dev/null
is "$? $(df --output=pcent "$work/small" | tail -n 1 | tr -d ' ')" "1 0%" \
	"a tmpfs out of inodes is full while df says 0 %"
look
is "$(fact '.mounts[] | select(.target == $t) | "\(.inodes_used) of \(.inodes)"' --arg t "$work/small")" "4 of 4" \
	"shmguard sees the inodes"
release inodes
umount "$work/small"

(
	ulimit -l 64
	hold locked sysv size=16777216 touch=1
)
ok $? "RLIMIT_MEMLOCK does not limit shared memory: 16 MiB under 64 KiB"

# --- noexec ---

hold script posix name=script content=script mode=0755 hold=none
/dev/shm/script 2>/dev/null
is $? 126 "noexec on /dev/shm stops execve of a script"
sh /dev/shm/script
ok $? "but not sh FILE"
hold rx posix name=rx hold=map prot=rx
is $? 1 "noexec stops an executable mapping of a file"
hold rx memfd prot=rwx , sysv exec=1
ok $? "but of neither a memfd nor a segment"
release rx
release script

# --- who holds it ---

hold split sysv split=1 size=12288
look
id=$(made split id)
is "$(awk -v id="$id" '$2 == id { print $7 }' /proc/sysvipc/shm)" 3 \
	"nattch counts mappings: one shmat and an mprotect read 3"
is "$(fact 'objects(sysv($id))[0] | "\(.nattch) \(.maps) \(.mappers) \(.flags)"' --arg id "$id")" '3 3 1 []' \
	"shmguard sees one process with three mappings, and nobody unseen"
release split

hold creator sysv attach=0
look
is "$(fact 'objects(sysv($id))[0] | "\(.nattch) \(.creator_state)"' --arg id "$(made creator id)")" "0 running" \
	"a segment at nattch 0 whose creator runs"
is "$(awk -v id="$(made creator id)" '$2 == id { print $5 }' /proc/sysvipc/shm)" "$(made creator pid)" \
	"cpid is its creator"
is "$(unshare --pid --fork --mount-proc awk -v id="$(made creator id)" '$2 == id { print $5 }' /proc/sysvipc/shm)" 0 \
	"and 0 from another pid namespace"
release creator

hold gone sysv keep=1 exit=1
sleep 0.1
look
is "$(fact 'objects(sysv($id))[0].creator_state' --arg id "$(made gone id)")" gone \
	"a creator that is gone is said to be gone"
ipcrm -m "$(made gone id)"
release gone

if hold reused reused; then
	look
	is "$(awk -v id="$(made reused id)" '$2 == id { print $5 }' /proc/sysvipc/shm)" "$(made reused creator)" \
		"cpid may be the pid of a process that has nothing to do with it"
	is "$(cat "/proc/$(made reused creator)/comm")" innocent "which runs"
	is "$(fact 'objects(sysv($id))[0].creator_state' --arg id "$(made reused id)")" reused \
		"shmguard tells that the pid was reused"
	release reused
else
	skip "cpid may be the pid of a process that has nothing to do with it" "$reason"
fi

hold flight inflight name=flight , posix name=free hold=none
hold asked probe name=flight , probe name=free
is "$(made asked lease 1)" refused "a lease is refused for a descriptor in flight"
is "$(made asked lease 2)" free "and granted when nobody has the file"
release asked
is "$(find /proc/[0-9]*/fd /proc/[0-9]*/map_files -lname '/dev/shm/flight*' 2>/dev/null)" "" \
	"no descriptor table and no mapping shows that holder"
look
is "$(fact '[objects(.name == "/flight" or .name == "/free")[]
	| "\(.mappers) \(.openers) \(.lease)"] | sort | join(", ")')" \
	"0 0 free, 0 0 refused" "shmguard asks the kernel, and tells them apart"
release flight

hold closed posix name=closed hold=closed
hold asked probe name=closed
is "$(made asked lease)" refused "a lease is refused for a mapping without a descriptor"
release asked
release closed

# --- recipes that miss ---

hold modes posix name=w602 mode=0602 , posix name=r604 mode=0604 , posix name=rw606 mode=0606
is "$(find /dev/shm -perm -006 | sort | tr '\n' ' ')" "/dev/shm /dev/shm/rw606 " \
	"find -perm -006 misses 0602 and 0604, and reports /dev/shm itself"
look
is "$(fact '[objects(.name == "/w602" or .name == "/r604" or .name == "/rw606")[] | .mode] | sort | join(" ")')" \
	"0602 0604 0606" "shmguard lists their modes"
release modes

hold unlinked posix name=unlinked size=52428800 touch=1 unlink=1
is "$(du -s --block-size=1M /dev/shm | cut -f 1)" 0 "du shows nothing of 50 MiB that are unlinked and mapped"
look
is "$(fact 'objects(.ino == ($ino | tonumber) and (.flags | index("unlinked")))[0]
	| "\(.size) \(.resident) \(.flags | join(","))"' \
	--arg ino "$(made unlinked ino)")" "52428800 52428800 unlinked" "shmguard lists them"
release unlinked

hold maps sysv , anonymous
is "$(grep -c -E 'shm|shared' "/proc/$(made maps pid 1)/maps")" 0 "grep 'shm|shared' in maps misses segments"
look
is "$(fact 'holds(sysv($id)) | map(.pid) | join(" ")' --arg id "$(made maps id)")" "$(made maps pid 1)" \
	"shmguard finds the holder"
release maps
release outer

finish
