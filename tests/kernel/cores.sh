#!/bin/bash
# SPDX-License-Identifier: MIT
# With many processes the look uses a second core. What it says must not depend on whether there is one.
. "$(dirname "$0")/lib.sh"

# Who holds what and how, without what differs from one look to the next.
holdings() {
	fact '. as $all | [.holds[] | "\($all.processes[.process].pid) \($all.objects[.object] | "\(.kind) \(.name) \(.ino)") " +
		"\(.maps) \(.fds) \(.bytes) \(.access | join(","))"] | sort[]'
}
processes() { # those that stay
	fact '.processes[] | select(.comm == "sleep" or .comm == "mkobjects") |
		"\(.pid) \(.comm) \(.start_ticks) \(.uid) \(.ipc_ns) \(.mnt_ns) \(.rss_shmem)"'
}
same_as_before() { # FACTS
	cp "$1" "$work/facts"
	holdings >"$work/holdings.now"
	processes >"$work/processes.now"
	cmp -s "$work/holdings" "$work/holdings.now" && cmp -s "$work/processes" "$work/processes.now"
}

# What they hold is spread over them, and two hold more than is asked for at one go.
idlers=()
for ((i = 0; i < 60; i++)); do
	sleep 300 9<&- &
	idlers+=($!)
	case $i in
	10) hold first sysv , posix name=mapped , memfd name=fd hold=fd ;;
	20) hold mapped sysv attach=600 ;;
	30) hold opened memfd name=opened dups=100 ;;
	40) hold last posix name=last , memfd name=last , anonymous ;;
	esac
done

look
holdings >"$work/holdings"
processes >"$work/processes"
[ "$(wc -l <"$work/processes")" -ge 60 ]
ok $? "there are processes enough for two cores" "$(cat "$work/processes")"
is "$(fact 'objects(sysv($id))[0].maps' --arg id "$(made mapped id)")" 600 "all mappings of a process with many"
is "$(fact 'holds(named("opened"))[0].fds')" 101 "all its descriptors"

different=''
for ((i = 0; i < 20; i++)); do
	"$shmguard" snapshot >"$work/again" 2>"$work/err" && same_as_before "$work/again" ||
		different+=$(cat "$work/err"; diff "$work/holdings" "$work/holdings.now")
done
is "$different" "" "twenty looks say the same of every process and holder"

one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
taskset -c "$one" "$shmguard" snapshot >"$work/again" 2>"$work/err"
is $? 0 "on one core a snapshot can be taken" "$(cat "$work/err")"
same_as_before "$work/again"
ok $? "and says the same" "$(diff "$work/holdings" "$work/holdings.now"; diff "$work/processes" "$work/processes.now")"

if "$deny" threads "$shmguard" --version >/dev/null 2>&1; then
	"$deny" threads "$shmguard" snapshot >"$work/again" 2>"$work/err"
	is $? 0 "where no thread can be had a snapshot can be taken" "$(cat "$work/err")"
	same_as_before "$work/again"
	ok $? "and says the same" "$(diff "$work/holdings" "$work/holdings.now")"
else
	skip "where no thread can be had" "this build's sanitizer needs one itself"
fi

# Fewer descriptors than processes: their directories are not kept, but opened again.
(ulimit -n 240 && exec "$shmguard" snapshot) >"$work/again" 2>"$work/err"
is $? 0 "with few descriptors a snapshot can be taken" "$(cat "$work/err")"
same_as_before "$work/again"
ok $? "and says the same" "$(diff "$work/holdings" "$work/holdings.now"; diff "$work/processes" "$work/processes.now")"

# Processes that come and go meanwhile are no reason to say less of those that stay.
(while :; do for ((j = 0; j < 20; j++)); do true & done; wait; done) 2>/dev/null &
storm=$!
different=''
for ((i = 0; i < 10; i++)); do
	"$shmguard" snapshot >"$work/again" 2>"$work/err" && same_as_before "$work/again" ||
		different+=$(cat "$work/err"; diff "$work/holdings" "$work/holdings.now")
done
kill "$storm" && wait "$storm" 2>/dev/null
is "$different" "" "nor does it while others come and go"

kill "${idlers[@]}"
finish
