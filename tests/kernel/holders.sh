#!/bin/bash
# SPDX-License-Identifier: MIT
# Who holds an object, and how, reconciled with what the kernel counts.
. "$(dirname "$0")/lib.sh"

pids() { # FILTER: of the holders, rising
	fact "holds($1) | map(.pid) | sort | map(tostring) | join(\" \")" "${@:2}"
}

hold one posix name=shared , posix name=shared existing=1 , posix name=shared existing=1 hold=closed , \
	posix name=shared existing=1 hold=fd
look
is "$(pids 'named("/shared")')" "$(for n in 1 2 3 4; do made one pid $n; done | sort -n | paste -sd' ')" \
	"four processes hold one object"
is "$(fact 'objects(named("/shared"))[0] | "\(.mappers) \(.maps) \(.openers)"')" "3 3 1" \
	"three map it, and one only has it open"
release one

hold attach sysv attach=5
look
is "$(fact 'holds(sysv($id))[] | "\(.pid) \(.maps) \(.bytes)"' --arg id "$(made attach id)")" \
	"$(made attach pid) 5 20480" \
	"five attaches of one process are one holder with five mappings"
is "$(fact 'objects(sysv($id))[0] | "\(.nattch) \(.maps)"' --arg id "$(made attach id)")" "5 5" "reconciled with nattch"
release attach

# A segment and a memfd with the same inode number, on the same device: shmids and inodes are counted independently.
hold numbers memfd name=first , sysv
look
is "$(fact 'holds(named("first"))[] | .pid')" "$(made numbers pid 1)" "the holder of a memfd is not that of a segment"
is "$(pids 'sysv($id)' --arg id "$(made numbers id 2)")" "$(made numbers pid 2)" "nor the other way round"
release numbers

hold modes memfd name=writer , memfd name=reader prot=r , memfd name=private private=1
look
is "$(fact 'holds(named("writer"))[] | .access | index("write") != null')" true "a writer"
is "$(fact 'holds(named("reader"))[] | .access | index("write") != null')" false "a reader cannot write by its mapping"
is "$(fact 'holds(named("private"))[] | .access
	| [index("write"), index("private") != null] | map(tostring) | join(" ")')" "null true" \
	"a private mapping holds the object and does not write to it"
release modes

hold exact posix name=exact size=1048576 touch=1 , memfd size=2097152 touch=1
look
is "$(fact '.processes[] | select(.pid == $pid) | .shared_bytes' --argjson pid "$(made exact pid 1)")" 1048576 \
	"shared bytes of a process"
is "$(fact '.processes[] | select(.pid == $pid) | .rss_shmem >= 2097152' --argjson pid "$(made exact pid 2)")" true \
	"its resident shared memory"
release exact

hold named posix name=odd $'comm=a) R 1 (\n\e[7m' uid="$([ "$mode" = root ] && echo 1234 || id -u)"
look
is "$(fact 'holds(named("/odd"))[] | "\(.pid) \(.uid)"')" \
	"$(made named pid) $([ "$mode" = root ] && echo 1234 || id -u)" \
	"a process whose name looks like the fields that follow it"
is "$(printf %b "$(fact '.processes[] | select(.pid == $pid) | .comm' --argjson pid "$(made named pid)")")" \
	"$(printf %b 'a) R 1 (\n\e[7m')" "and its name comes back byte by byte"
release named

if has_verb ls; then
	hold listed memfd name=big size=4194304 touch=1
	guard ls --by process --format json
	is "$status" 0 "ls --by process" "$(cat "$work/err")"
	is "$(query '.. | objects | select(.pid? == $pid) | .mapped' --argjson pid "$(made listed pid)")" 4194304 \
		"gives the total of a holder"
	guard ls --pid "$(made listed pid)" --format json
	is "$(query '.objects | map("\(.kind) \(.name)") | join(",")')" "memfd big" \
		"ls --pid lists what one process holds"
	release listed

	said() { # COLUMN: what ls says of the only POSIX object
		guard ls --kind posix --format json "${@:2}"
		query ".objects[] | .$1"
	}
	hold flight inflight name=flight
	is "$(said holders)" "none seen" "ls does not say none where a descriptor may be in flight"
	is "$(said holders --columns +verdict)" "held, unseen" "and says so when it asked the kernel"
	release flight
	hold nobody posix name=nobody hold=none
	is "$(said holders --columns +verdict)" none "an object that the kernel says nobody holds"
	release nobody
	hold removed posix name=removed unlink=1
	is "$(said state)" unlinked "a file that lost its name says so"
	release removed
	hold marked sysv marked=1 , sysv attach=0
	guard ls --kind sysv
	is "$(awk 'NR > 1 { print $NF }' \
		"$work/out" | sort | paste -sd' ')" "live marked" "so does a segment marked for removal, in the table"
	release marked
fi

finish
