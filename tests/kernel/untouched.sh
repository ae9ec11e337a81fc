#!/bin/bash
# SPDX-License-Identifier: MIT
# Looking changes nothing.
. "$(dirname "$0")/lib.sh"

hold objects posix name=map touch=1 , posix name=nobody hold=none content=script , posix name=elf hold=none \
	content=elf , \
	posix name=fd hold=fd , sysv size=8192 , sysv attach=0 , memfd name=memfd touch=1 , semaphore name=lock , \
	symlink name=link target=/etc/passwd , fifo name=fifo , socket name=socket , directory name=directory entries=5
hold flight inflight name=flight
hold watch watcher
hold watchdir watcher dir=/dev/shm/directory
runs() { # PID: and is no zombie
	[ -e "/proc/$1/exe" ]
}
state() {
	find /dev/shm ! -type l -printf '%p %m %u %n %s %b %A@ %C@ %T@\n' | sort
	stat -L -c 'memfd %X %Y %Z %x %y %z' "/proc/$(made objects pid 7)/fd/$(made objects fd 7)"
	cat /proc/sysvipc/shm
	for n in 1 5 7; do
		ls "/proc/$(made objects pid $n)/fd"
		grep -c . "/proc/$(made objects pid $n)/maps"
	done
	cat /proc/sys/kernel/shm* /proc/sys/fs/file-max
}
events() { # of watchers, but for opening, reading and closing
	cat "$work"/watch*.held | grep '^EVENT' | grep -v -E '^EVENT (open|access|close) ' | sort | uniq -c
}

prepare() {
	rm -f /dev/shm/leased # of a program that was disturbed
	hold lease leased name=leased
	# As just written: then relatime moves the access time at the next read. find reads directories itself, so the first
	# look at the state moves theirs, and the second finds them as they stay.
	touch -h -c /dev/shm/*
	find /dev/shm >/dev/null
	sleep 0.05
	state >"$work/before"
	link=$(stat -c %x /dev/shm/link)
	: >"$work/watch.held"
	: >"$work/watchdir.held"
}
compare() { # WHAT
	state >"$work/after"
	cmp -s "$work/before" "$work/after"
	ok $? "$1: times, attaches, counts and descriptors are as they were" "$(diff "$work/before" "$work/after")"
	is "$(stat -c %x /dev/shm/link)" "$link" "$1: nor did the access time of a link change"
	is "$(events)" "" "$1: nobody who watches sees more than opening and reading"
	runs "$(made lease pid)"
	ok $? "$1: a program that has a lease on its file keeps it, undisturbed"
	release lease
	hold probe probe name=nobody
	is "$(made probe lease)" free "$1: no lease is left behind"
	release probe
}

prepare
guard ls --all
is "$status" 0 "ls --all" "$(cat "$work/err")"
compare "ls"
prepare
guard ls --orphans
is "$status" 0 "ls --orphans" "$(cat "$work/err")"
compare "ls --orphans"
if has_verb show; then
	prepare
	for object in /map /nobody "sysv:$(made objects id 5)" "memfd:memfd" "$(made objects pid 1)" /fifo; do
		guard show "$object"
	done
	compare "show"
fi
prepare
guard audit
[ "$status" -le 1 ]
ok $? "audit" "$(cat "$work/err")"
compare "audit"
prepare
guard snapshot
is "$status" 0 "snapshot" "$(cat "$work/err")"
compare "snapshot"

# The test of the test: each of these is seen.
prepare
cat /dev/shm/nobody /dev/shm/link >/dev/null
state >"$work/after"
cmp -s "$work/before" "$work/after"
ok $((! $?)) "a read that moves the access time would be noticed"
[ "$(stat -c %x /dev/shm/link)" != "$link" ]
ok $? "that of a link too"
state >"$work/before"
: >>/dev/shm/nobody
chmod 600 /dev/shm/nobody
sleep 0.1
is "$(events | grep -c attrib)" 1 "a change of mode would be noticed"
hold attach sysv size=16384
state >"$work/after"
cmp -s "$work/before" "$work/after"
ok $((! $?)) "an attach would be noticed"
: <>/dev/shm/leased &
sleep 0.2
runs "$(made lease pid)"
ok $((! $?)) "a break of the lease would be noticed"

finish
