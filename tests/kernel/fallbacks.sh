#!/bin/bash
# SPDX-License-Identifier: MIT
# What shmguard answers where the kernel is older, or a container allows less.
. "$(dirname "$0")/lib.sh"

without() { # CALLS: the facts of now, looked at without them
	timeout --kill-after=5 20 "$deny" "$1" "$shmguard" snapshot >"$work/facts" 2>"$work/err" </dev/null
	status=$?
}
# Who holds what and how, without what differs from one look to the next.
holdings() {
	fact '. as $all | [.holds[] | "\($all.processes[.process].pid) \($all.objects[.object] | "\(.kind) \(.name) \(.ino)") " +
		"\(.maps) \(.fds) \(.bytes) \(.access | join(","))"] | sort[]'
}
segments() {
	fact '[.objects[] | select(.kind == "sysv") | "\(.id) \(.size) \(.mode) \(.uid) \(.nattch)"] | sort[]'
}

hold objects posix name=map , posix name=closed hold=closed , posix name=$'odd\nname (deleted)' , sysv , sysv split=1 size=12288 , \
	sysv exec=1 mode=0700 , memfd name=memfd rx=1 , memfd name=fd hold=fd , anonymous , anonymous zero=1 , \
	posix name=unlinked unlink=1 , memfd name=$'\e[m' prot=rwx , posix name=nobody hold=none

look
holdings >"$work/with"
segments >"$work/segments"
[ -s "$work/with" ] && [ -s "$work/segments" ]
ok $? "there is something to compare"

without procmap-query
is "$status" 0 "without PROCMAP_QUERY a snapshot can be taken" "$(cat "$work/err")"
holdings >"$work/without"
cmp -s "$work/with" "$work/without"
ok $? "and the text of maps says the same of every holder" "$(diff "$work/with" "$work/without")"

without shm-stat-any
is "$status" 0 "without SHM_STAT_ANY a snapshot can be taken" "$(cat "$work/err")"
segments >"$work/without"
cmp -s "$work/segments" "$work/without"
ok $? "and has the same segments" "$(diff "$work/segments" "$work/without")"

without lease
is "$status" 0 "without leases a snapshot can be taken" "$(cat "$work/err")"
is "$(fact 'objects(named("/nobody"))[0].lease')" null "and the kernel's answer is unknown, not made up"

"$deny" lease "$mkobjects" probe name=nobody </dev/null | grep -q lease=unknown
ok $? "(no lease is given there to anybody)"

if [ "$mode" = user ]; then
	finish
	exit
fi
hold elsewhere sysv size=8192 ns=ipc
without setns
is "$status" 0 "where setns is not allowed a snapshot can be taken" "$(cat "$work/err")"
is "$(fact '[.coverage[] | select(.what | test("IPC namespace"))] | length > 0')" true \
	"and coverage says that namespaces could not be entered" "$(fact '.coverage[]')"
is "$(fact '.host[0].complete')" false "the list is not called complete"

finish
