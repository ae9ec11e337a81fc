#!/bin/bash
# SPDX-License-Identifier: MIT
# Left behind, or only waiting: verdicts by evidence, never by nattch alone.
. "$(dirname "$0")/lib.sh"

cat >"$work/policy.ini" <<'END'
[thresholds]
orphan-age = 1
[allow store]
object = /kept-*
reason = keeps its state there between runs
END

verdict() { # FILTER [JQ ARGUMENT]…
	query ".objects[] | select($1) | .verdict" "${@:2}"
}
list() { # what --orphans lists now
	guard ls --orphans --policy "$work/policy.ini" --format json
}

hold dead sysv keep=1 exit=1 , sysv keep=1 exit=1 attach=0 , memfd
hold alive sysv attach=0 , sysv attach=1 , posix name=held , posix name=closed hold=closed , posix name=fd hold=fd
# Names hold no pids below those of the system's first processes.
echo 1000 >/proc/sys/kernel/ns_last_pid
sleep 60 &
living=$!
hold files posix name=nobody hold=none keep=1 exit=1 , posix name=kept-store hold=none , inflight name=flight , \
	posix name="pid-$living" hold=none , posix name=pid-4194303 hold=none
hold reused reused
reused=$?

guard ls --orphans --format json
is "$(query '.objects | length')" 0 "nothing is left behind within the grace period"
sleep 1.5
list
is "$status" 0 "ls --orphans" "$(cat "$work/err")"
is "$(verdict 'sysv($id)' --arg id "$(made dead id 1)")" orphaned "a segment whose creator and last user are gone"
is "$(verdict 'sysv($id)' --arg id "$(made dead id 2)")" orphaned "one that nobody ever attached, its creator gone"
if [ "$reused" = 0 ]; then
	is "$(verdict 'sysv($id)' --arg id "$(made reused id)")" orphaned \
		"one whose creator's pid is somebody else's now"
else
	skip "one whose creator's pid is somebody else's now" "$reason"
fi
is "$(verdict 'sysv($id)' --arg id "$(made alive id 1)")" "" "not one at nattch 0 whose creator runs"
is "$(verdict 'sysv($id)' --arg id "$(made alive id 2)")" "" "not one that is attached"
is "$(verdict 'named("/nobody")')" unreferenced \
	"a file that nobody holds is unreferenced: nothing proves that its creator is dead"
is "$(verdict 'named("/pid-4194303")')" orphaned "one that is named after a dead pid is orphaned"
is "$(verdict "named(\"/pid-$living\")")" "" "not one that is named after a living one"
for name in held closed fd; do
	is "$(verdict "named(\"/$name\")")" "" "not one that is held ($name)"
done
is "$(verdict 'named("/flight")')" "" "not one whose only descriptor is in flight"
is "$(verdict 'named("/kept-store")')" "" "not one that the policy allows"

# The test of the test: without the exception, and without the flight, they are listed.
sed -i '/^\[allow/,$d' "$work/policy.ini"
release files
hold files posix name=kept-store hold=none , posix name=flight hold=none
sleep 1.5
list
is "$(verdict 'named("/kept-store") or named("/flight")' | tr '\n' ' ')" "unreferenced unreferenced " \
	"both are, without the exception and without the flight"
is "$(query '.objects[] | select(.why == null or .why == "") | .object')" "" "every verdict says why"

ipcs -m >"$work/before"
guard ls --orphans --policy "$work/policy.ini"
ipcs -m >"$work/after"
cmp -s "$work/before" "$work/after"
ok $? "nothing is removed by looking"

finish
