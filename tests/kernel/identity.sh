#!/bin/bash
# SPDX-License-Identifier: MIT
# What is what, where somebody tries to make it look like something else, or out of reach.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "1..0 # SKIP needs python3"; exit 0; }

# start PROGRAM: runs Python until it says READY; it is killed by `stop`.
started=
start() {
	: >"$work/started"
	python3 -c "$1" >"$work/started" 2>"$work/started.err" &
	started=$!
	for _ in $(seq 250); do
		grep -q READY "$work/started" && return
		sleep 0.02
	done
	sed 's/^/# /' "$work/started.err"
	return 1
}
stop() {
	pkill -KILL -P "$started" 2>/dev/null
	kill -KILL "$started" 2>/dev/null
	wait "$started" 2>/dev/null
}
prelude='
import ctypes, mmap, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
NEWIPC, NEWNS = 0x08000000, 0x00020000
def ready():
    print("READY"); sys.stdout.flush(); time.sleep(60)
'
segments='[.objects[] | select(.kind == "sysv") | "\(.key) \(.size) maps \(.maps)"] | sort | join(", ")'

# --- segments whose ids are the same in two namespaces ---

start "$prelude
libc.unshare(NEWIPC)
a = libc.shmget(0x1111, 8192, 0o1600); libc.shmat(a, None, 0)
if os.fork() == 0:
    time.sleep(60)
libc.unshare(NEWIPC); libc.shmget(0x2222, 65536, 0o1600)
ready()"
look
is "$(fact "$segments")" "0x00001111 8192 maps 2, 0x00002222 65536 maps 0" \
	"an attach that outlived a change of namespace is of its own segment, by the key"
stop
ipcrm --all=shm

start "$prelude
libc.unshare(NEWIPC)
a = libc.shmget(0, 8192, 0o1600); libc.shmat(a, None, 0)
if os.fork() == 0:
    time.sleep(60)
libc.unshare(NEWIPC); libc.shmget(0, 65536, 0o1600)
ready()"
look
if [ "$mode" = root ]; then
	is "$(fact "$segments")" "0x00000000 65536 maps 0, 0x00000000 8192 maps 2" \
		"and by the size where neither has a key"
fi
stop
ipcrm --all=shm

start "$prelude
libc.unshare(NEWIPC)
a = libc.shmget(0x1111, 8192, 0o1600); libc.shmat(a, None, 0)
libc.unshare(NEWIPC); libc.shmget(0x2222, 65536, 0o1600)
ready()"
# The old namespace lives by nobody now; its segment is gone from every list, not from the process.
look
[ "$(fact '[.objects[] | select(.kind == "sysv" and .key == "0x00002222") | .maps][0]')" = 0 ]
ok $? "a mapping is never credited to another segment" "$(fact "$segments")"
stop
ipcrm --all=shm

# --- processes that are hard to ask ---

start "$prelude
f = os.memfd_create('behind-a-dead-leader'); os.ftruncate(f, 65536)
m = mmap.mmap(f, 65536); m[0] = 1; os.close(f)
threading.Thread(target=ready).start()
libc.syscall(60, 0)"
look
is "$(fact '[.objects[] | select(.name == "behind-a-dead-leader") | "\(.size) \(.mappers)"] | join(" ")')" "65536 1" \
	"what a process maps is seen after its first thread has ended"
stop

if [ "$mode" = root ]; then
	chmod 755 "$work"
	for hidepid in 1 2; do
		mount -o "remount,hidepid=$hidepid" /proc
		setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups "$shmguard" snapshot \
			>"$work/facts" 2>"$work/err"
		is "$(fact '"\(.host[0].complete) \([.coverage[] | select(.what | startswith("processes")) | .count > 0] | any)"')" \
			"false true" "hidepid=$hidepid: a plain user is told that processes are hidden"
	done
	mount -o remount,hidepid=0 /proc
fi

# --- mounts ---

mkdir -p "$work/mnt" "$work/jail"
mount -t tmpfs many "$work/mnt" || ok 1 "a tmpfs can be mounted"
echo x >"$work/mnt/once"
python3 -c "$prelude
for i in range(1000):
    os.mkdir('$work/mnt/%d' % i)
    libc.mount(b'$work/mnt', b'$work/mnt/%d' % i, None, 4096, None)"
before=$(date +%s%N)
look
took=$((($(date +%s%N) - before) / 1000000))
is "$(fact '[.objects[] | select(.name and (.name | endswith("/once"))) | .name] | length')" 1 \
	"a file system that is mounted 1,001 times is read once"
[ "$took" -lt 3000 ]
ok $? "and at once" "$took ms"
umount -R -l "$work/mnt"

mount -t tmpfs detached "$work/mnt"
start "$prelude
f = os.open('$work/mnt/lost', os.O_RDWR | os.O_CREAT); os.ftruncate(f, 16384); m = mmap.mmap(f, 16384); os.close(f)
ready()"
umount -l "$work/mnt"
look
is "$(fact '[.objects[] | select(.size == 16384 and .mappers == 1 and .kind == "tmpfs")] | length')" 1 \
	"what is mapped from a tmpfs that is mounted nowhere any more is listed"
stop

# A private mount namespace whose lowest pid sits in a chroot and sees nothing.
mkdir -p "$work/jail/proc"
start "$prelude
libc.unshare(NEWNS)
libc.mount(b'none', b'/', None, 0x44000, None)
libc.mount(b'own', b'/dev/shm', b'tmpfs', 0, None)
open('/dev/shm/behind-a-chroot', 'w').write('x')
if os.fork() == 0:
    time.sleep(60)
os.chroot('$work/jail')
ready()"
look
is "$(fact '[.objects[] | select(.name == "/behind-a-chroot")] | length')" 1 \
	"a mount namespace is seen through a process that sees its root"
stop

start "$prelude
f = os.open('/dev/shm/named (deleted)', os.O_RDWR | os.O_CREAT); os.ftruncate(f, 4096); m = mmap.mmap(f, 4096)
ready()"
look
is "$(fact '[.objects[] | select(.name and (.name | startswith("/named"))) | "\(.name) \(.flags)"] | join(" ")')" \
	"/named (deleted) []" "a name that ends in (deleted) is not deleted"
stop
rm -f /dev/shm/*

# --- somebody who opens files while leases are asked for ---

if [ "$mode" = root ]; then
	(cd /dev/shm && seq 2000 | sed 's/^/o/' | xargs touch && chmod 666 o*)
	start "$prelude
os.setuid($plain_uid)
names = ['/dev/shm/o%d' % i for i in range(1, 2001)]
print('READY'); sys.stdout.flush()
os.fork()
while True:
    for name in names:
        os.close(os.open(name, os.O_RDONLY))"
	killed=0
	for _ in $(seq 25); do
		guard audit --check SHM-OBJ-016
		[ "$status" -lt 128 ] || killed=$((killed + 1))
	done
	is "$killed" 0 "no audit is killed by it"
	stop
fi

# --- a user namespace that does not own its IPC namespace ---

if [ "$mode" = root ] && setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups unshare -Ur true 2>/dev/null; then
	setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups unshare -Ur bash -c \
		"unshare --ipc sleep 5 & sleep 0.3; '$shmguard' snapshot; status=\$?; kill %1; exit \$status" \
		>"$work/facts" 2>"$work/err"
	is "$?" 0 "where another IPC namespace could be entered but not left, it is not entered" "$(cat "$work/err")"
	is "$(fact '[.coverage[] | select(.what == "IPC namespaces")] | length')" 1 "and that is said"
fi

finish
