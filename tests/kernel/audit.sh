#!/bin/bash
# SPDX-License-Identifier: MIT
# Each check about objects finds what it is for, and nothing once that is put right.
. "$(dirname "$0")/lib.sh"

remount nosuid,nodev

# pair CHECK TITLE -- WRONG… -- RIGHT…: factories of what it should find, and of the same put right.
pair() {
	local check=$1 title=$2 wrong=() right=()
	shift 3
	while [ "$1" != -- ]; do
		wrong+=("$1")
		shift
	done
	shift
	right=("$@")
	if ! hold wrong "${wrong[@]}"; then
		skip "$check finds $title" "${reason:-cannot be made here}"
		skip "$check does not find it put right" "${reason:-cannot be made here}"
		return
	fi
	found "$check" >"$work/found"
	[ "$status" = 1 ] && [ -s "$work/found" ]
	ok $? "$check finds $title" "status $status $(head -c 2000 "$work/out"; cat "$work/err")"
	release wrong
	if [ ${#right[@]} -gt 0 ]; then
		hold right "${right[@]}" || { ok 1 "$check: what is right can be made"; return; }
	fi
	found "$check" >"$work/found"
	is "$status $(cat "$work/found")" "0 " "$check does not find it put right"
	[ ${#right[@]} = 0 ] || release right
}

other=$([ "$mode" = root ] && echo 4321 || id -u)

pair SHM-OBJ-001 "a file of mode 0602" -- posix name=x mode=0602 -- posix name=x mode=0600
pair SHM-OBJ-001 "a file of mode 0666" -- posix name=x mode=0666 hold=none -- posix name=x mode=0644 hold=none
pair SHM-OBJ-002 "a file of mode 0604" -- posix name=x mode=0604 -- posix name=x mode=0600
pair SHM-OBJ-002 "a segment of mode 0644" -- sysv mode=0644 -- sysv mode=0600
pair SHM-OBJ-004 "a segment of mode 0666" -- sysv mode=0666 -- sysv mode=0600
pair SHM-OBJ-004 "a segment of mode 0602" -- sysv mode=0602 attach=0 -- sysv mode=0600 attach=0
pair SHM-OBJ-005 "a set-user-id file" -- posix name=x mode=04700 -- posix name=x mode=0600
pair SHM-OBJ-006 "execute bits" -- posix name=x mode=0711 hold=none -- posix name=x mode=0600 hold=none
pair SHM-OBJ-007 "a hidden name" -- posix name=.x -- posix name=x
pair SHM-OBJ-008 "a directory that everybody can write" -- directory name=x mode=0777 -- directory name=x mode=01777
pair SHM-OBJ-010 "a FIFO" -- fifo name=x -- posix name=x
pair SHM-OBJ-010 "a socket" -- socket name=x -- posix name=x
pair SHM-OBJ-011 "an ELF file" -- posix name=x content=elf hold=none -- posix name=x content=data hold=none
pair SHM-OBJ-011 "a script" -- posix name=x content=script hold=none -- posix name=x content='# no script' hold=none

pair SHM-MAP-001 "a memfd that is writable and executable" -- memfd prot=rwx -- memfd prot=rw
pair SHM-MAP-001 "a segment that is writable and executable" -- sysv exec=1 -- sysv
pair SHM-MAP-002 "a file mapped RW and RX" -- posix name=x rx=1 -- posix name=x
pair SHM-MAP-003 "an executable memfd" -- memfd prot=rx -- memfd prot=r
pair SHM-MAP-004 "an executable mapping of a file" -- posix name=x prot=rx -- posix name=x prot=r
echo 0x3f >/proc/self/coredump_filter
hold dumped posix name=x size=1048576 touch=1
echo 0x31 >/proc/self/coredump_filter
hold spared posix name=y size=1048576 touch=1
guard audit --check SHM-MAP-005 --format json
dumping=$(query '.findings | map(tostring) | join(" ")')
[[ $dumping == *"$(made dumped pid)"* && $dumping != *"$(made spared pid)"* ]]
ok $? "SHM-MAP-005 finds the process whose core dump has its shared memory, and not the other" \
	"$dumping $(query '.results[] | select(.check == "SHM-MAP-005")')"
release dumped
release spared
if [ "$other" != "$(id -u)" ]; then
	pair SHM-OBJ-009 "a link that another user planted" -- symlink name=x target=/etc/passwd "uid=$other" -- \
		posix name=x "uid=$other"
	pair SHM-OBJ-012 "an unsealed memfd between two users" -- memfd "with=$other" -- memfd seals=0x17 "with=$other"
	hold owner posix name=shared mode=0666
	hold other posix name=shared existing=1 "uid=$other"
	found SHM-OBJ-013 >"$work/found"
	is "$status $(cat "$work/found")" "1 /shared" "SHM-OBJ-013 finds memory that another user maps" \
		"$(cat "$work/err")"
	release other
	found SHM-OBJ-013 >"$work/found"
	is "$status $(cat "$work/found")" "0 " "SHM-OBJ-013 does not find it when only its owner does"
	release owner
fi

# --- mounts ---

on_shm() { # OPTIONS CHECK: the subjects among the findings that are /dev/shm
	remount "$1"
	found "$2" | grep -c -x /dev/shm
}
is "$(on_shm dev SHM-MNT-001) $(on_shm nodev SHM-MNT-001)" "1 0" \
	"SHM-MNT-001 finds /dev/shm without nodev, and not with"
is "$(on_shm suid SHM-MNT-002) $(on_shm nosuid SHM-MNT-002)" "1 0" \
	"SHM-MNT-002 finds /dev/shm without nosuid, and not with"
is "$(on_shm exec SHM-MNT-003) $(on_shm noexec SHM-MNT-003)" "1 0" \
	"SHM-MNT-003 finds /dev/shm without noexec, and not with"
chmod 0777 /dev/shm
is "$(found SHM-MNT-011 | grep -c -x /dev/shm)" 1 "SHM-MNT-011 finds /dev/shm without the sticky bit"
chmod 1777 /dev/shm
is "$(found SHM-MNT-011 | grep -c -x /dev/shm)" 0 "and not with"
# A tmpfs without a limit never gets one, and one with a limit never loses it.
mount -t tmpfs -o size=0,nr_inodes=100 unlimited /dev/shm
is "$(found SHM-MNT-004 | grep -c -x /dev/shm)" 1 "SHM-MNT-004 finds /dev/shm without a size"
umount /dev/shm
is "$(found SHM-MNT-004 | grep -c -x /dev/shm)" 0 "and not with"
remount nosuid,nodev,size=1m
hold fill posix name=fill size=900000 touch=1
is "$(found SHM-MNT-009 | grep -c -x /dev/shm)" 1 "SHM-MNT-009 finds a full /dev/shm"
release fill
is "$(found SHM-MNT-009 | grep -c -x /dev/shm)" 0 "and not an empty one"
is "$(on_shm nr_inodes=10 SHM-MNT-010)" 0 "SHM-MNT-010 does not find unused inodes"
touch /dev/shm/{1..9}
is "$(found SHM-MNT-010 | grep -c -x /dev/shm)" 1 "but those that are used up"
rm /dev/shm/*
remount nosuid,nodev,nr_inodes=100000,size=1g

# --- limits ---

limit() { # CHECK TITLE FILE VALUE: what it finds with that value, and with the one from before
	local before finds
	before=$(cat "/proc/sys/kernel/$3")
	echo "$4" >"/proc/sys/kernel/$3"
	finds=$(found "$1" | grep -c .)
	echo "$before" >"/proc/sys/kernel/$3"
	is "$finds $(found "$1" | grep -c .)" "1 0" "$1 finds $2"
}
hold many segments count=9
limit SHM-LIM-005 "nine of ten segments used" shmmni 10
limit SHM-LIM-004 "nine of ten pages used" shmall 10
release many
ram=$(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024))
finds_with() { # CHECK FILE VALUE
	echo "$3" >"/proc/sys/kernel/$2"
	found "$1" | grep -c .
}
is "$(finds_with SHM-LIM-001 shmmax $((ram * 3 / 4))) $(finds_with SHM-LIM-001 shmmax $((ram / 4)))" "1 0" \
	"SHM-LIM-001 finds a single segment's limit above half of the RAM"
is "$(finds_with SHM-LIM-002 shmall $((ram / 4096))) $(finds_with SHM-LIM-002 shmall $((ram / 4096 / 2)))" "1 0" \
	"SHM-LIM-002 finds a limit of all segments above the RAM less the kernel's own"
hold tiny segments count=1500 size=100
is "$(found SHM-LIM-012 | grep -c .)" 1 "SHM-LIM-012 finds thousands of tiny segments"
release tiny
is "$(found SHM-LIM-012 | grep -c .)" 0 "and not when they are gone"

# --- a wanted exception ---

hold wanted posix name=wanted mode=0666
printf '[allow wanted]\nobject = /wanted\nmode = 0666\nreason = a test\n' >"$work/policy.ini"
guard audit --check SHM-OBJ-001 --policy "$work/policy.ini" --format json
is "$status $(query '.results[] | select(.check == "SHM-OBJ-001") | .allowed')" "0 1" \
	"the policy allows an object, and that is counted"
is "$(query '.allowed[] | "\(.check) \(.subject) \(.exception) \(.reason) \(.source)"')" \
	"SHM-OBJ-001 /wanted wanted a test $work/policy.ini:1" "and told with the exception and its reason"
guard audit --check SHM-OBJ-001 --policy "$work/policy.ini" --format sarif
is "$(query '.runs[0].results[].suppressions[] | "\(.kind) \(.justification)"')" "external a test" \
	"in SARIF as a suppression"
guard audit --check SHM-OBJ-001 --policy "$work/policy.ini" --verbose
grep -q 'SHM-OBJ-001 /wanted: wanted (' "$work/out"
ok $? "and in the report" "$(cat "$work/out")"
[ "$(grep -c 'not chosen' "$work/out")" = 1 ]
ok $? "which counts the checks that were not chosen" "$(cat "$work/out")"
printf '[check SHM-OBJ-001]\nenabled = no\nreason = left out on purpose\n' >"$work/without.ini"
guard audit --policy "$work/without.ini" --verbose
grep -q 'SHM-OBJ-001 .*: left out on purpose' "$work/out"
ok $? "and lists those that the policy leaves out, with its reason" "$(grep -A 3 'left out' "$work/out")"
sed -i s/0666/0660/ "$work/policy.ini"
guard audit --check SHM-OBJ-001 --policy "$work/policy.ini" --format json
is "$status" 1 "but not with a wider mode than it names"

finish
