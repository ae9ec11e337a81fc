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

# --- a tree that somebody made to mislead ---

for verb in ls audit snapshot; do
	for file in proc/sysvipc/shm proc/1/maps proc/1/stat proc/locks proc/meminfo proc/1/mountinfo etc/fstab; do
		rm -rf "$work/bad" && cp -a "$work/tree" "$work/bad" && rm -f "$work/bad/$file"
		mkdir -p "$(dirname "$work/bad/$file")" && mkfifo "$work/bad/$file"
		guard "$verb" --root "$work/bad"
		[ "$status" -le 3 ]
		ok $? "a FIFO at $file does not hang $verb" "status $status $(cat "$work/err")"
	done
done
gaps() { # of the tree, apart from those that every tree has
	jq -r '.coverage[] | "\(.what): \(.why)"' "$work/out" | grep -v -e '^descriptors of processes' -e '^owners and modes'
}
spoil() { # FILE COMMAND…: another tree, with that file made by the command
	local file=$1
	shift
	rm -rf "$work/bad" && cp -a "$work/tree" "$work/bad" && rm -rf "${work:?}/bad/$file"
	"$@" "$work/bad/$file"
	guard snapshot --root "$work/bad"
}
guard snapshot --root "$work/tree"
usual=$(gaps)
process=$(made plain pid 1)
for file in "proc/$process/maps" "proc/$process/stat" proc/sysvipc/shm; do
	spoil "$file" true
	[ "$(gaps)" != "$usual" ] && [ "$(query '.host[0].complete')" = false ]
	ok $? "that $file is missing is said" "$(gaps)"
	spoil "$file" truncate -s 6G
	[ "$(gaps)" != "$usual" ]
	ok $? "that $file is far too large is said, and it is not read" "$(gaps)"
done
pid=4000000
spoil "proc/$pid" ln -s "/proc/$$"
is "$(query '[.processes[] | select(.pid == $pid)] | length' --argjson pid "$pid")" 0 \
	"a link in the place of a process leads nowhere" "$(gaps)"
echo "$process (LEAKED) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 100 0" >"$work/outside"
spoil "proc/$process/stat" ln -s "$work/outside"
is "$(query '[.processes[] | select(.comm == "LEAKED")] | length')" 0 "nor one in the place of its stat"
spoil "proc/$process/maps" ln -s "/proc/$process/maps"
is "$(query '[.objects[] | select(.name == "/held")][0].mappers')" 0 "nor one in the place of its maps"
spoil "proc/$process/ns" ln -s "/proc/$process/ns"
is "$(query '.processes[] | select(.pid == $pid) | .ipc_ns' --argjson pid "$process")" null "nor one in the place of its ns"
guard snapshot --root "$work/tree"
[ "$(query '.processes[] | select(.pid == $pid) | .ipc_ns' --argjson pid "$process")" != null ]
ok $? "(which are known of the tree as it was captured)"

mkdir "$work/empty"
"$shmguard" audit --root "$work/empty" >"$work/out" 2>"$work/err"
is "$?" 3 "a tree without a proc is an error"
grep -q "$work/empty" "$work/err"
ok $? "that names the tree" "$(cat "$work/err")"
finish
