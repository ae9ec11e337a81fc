#!/bin/bash
# SPDX-License-Identifier: MIT
# A captured tree says what the machine said: same objects, same findings about them.
: "${CAPTURE:=$(cd "$(dirname "$0")" && pwd)/../../tools/capture}"
export CAPTURE
. "$(dirname "$0")/lib.sh"

hold plain posix name=held mode=0600 , sysv size=8192 mode=0666 key=0x77 , posix name=wide mode=0666 hold=none
cd /dev/shm || exit 99
touch ww && chown 1000 ww && chmod 0666 ww
mkdir dir && chmod 0777 dir
ln -s /etc/passwd link && chown -h 1000 link
mkfifo fifo
printf x >$'new\nline'
truncate -s 1M group && chmod 0664 group && chgrp 100 group
cd / || exit 99

bash "$CAPTURE" "$work/tree" >"$work/log" 2>&1
ok $? "the machine can be captured" "$(cat "$work/log")"

findings() { # FAMILY ARGUMENT…
	local family=$1
	shift
	"$shmguard" audit --format json "$@" 2>/dev/null |
		jq -r --arg family "SHM-$family" '.findings[] | select(.check | startswith($family)) |
			"\(.check) \(.subject) \(.found)"' | sed 's/pid [0-9]*/pid/g' | sort
}
for family in OBJ LIM KRN; do
	live=$(findings "$family") captured=$(findings "$family" --root "$work/tree")
	is "$captured" "$live" "the same findings of the family $family"
done
[ "$(findings OBJ | wc -l)" -ge 8 ]
ok $? "and they are many" "$(findings OBJ)"

objects() {
	"$shmguard" snapshot "$@" 2>/dev/null | jq -r '.objects[] | select(.file_type != "directory") | select(.kind == "sysv" or .namespace == "host") |
		"\(.kind) \(.name) \(.id) \(.size) \(.mode) \(.uid) \(.gid) \(.file_type) \(.modified) \(.mappers)"' | sort
}
is "$(objects --root "$work/tree")" "$(objects)" "the same objects: names, sizes, modes, owners, times, mappers"
is "$("$shmguard" snapshot --root "$work/tree" 2>/dev/null | jq -r '.host[0].complete')" false \
	"it does not claim to have seen descriptors"

mkdir "$work/empty"
"$shmguard" audit --root "$work/empty" >"$work/out" 2>"$work/err"
is "$?" 3 "a tree without a proc is an error"
grep -q "$work/empty" "$work/err"
ok $? "that names the tree" "$(cat "$work/err")"
finish
