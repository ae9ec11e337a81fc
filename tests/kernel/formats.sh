#!/bin/bash
# SPDX-License-Identifier: MIT
# What the command prints and how it ends.
. "$(dirname "$0")/lib.sh"

hold bad posix name=bad mode=0666 , sysv mode=0666 size=4097 , posix name=good , sysv size=4096 , memfd name=memory

guard ls --format json
is "$status" 0 "ls as JSON"
is "$(query '"\(.schema) \(.version) \(.host | type) \(.objects | type) \(.coverage | type)"')" \
	"shmguard/ls 1 object array array" \
	"has the documented shape"
json=$(query '.objects | length')
guard ls
is "$status" 0 "ls as a table"
is "$(grep -c -E '^(sysv|memfd|sem|anon)?:?[/0-9a-z].*(sysv|posix|memfd)' "$work/out")" "$json" \
	"has a row for each object" "$(cat "$work/out")"
ok "$(grep -c -P '\x1b' "$work/out")" "and no colour where there is no terminal"
guard ls --columns object,size --sort -size --kind sysv --format table
is "$(sed -n 2,3p "$work/out" | awk '{ print $1 }' | tr '\n' ' ')" "sysv:$(made bad id 2) sysv:$(made bad id 4) " \
	"--columns and --sort" \
	"$(cat "$work/out")"
guard ls --large 1 --kind sysv --format json
is "$(query '.objects[].size')" 4097 "--large 1"
guard ls --user "$(id -u)" --kind posix --format json
is "$(query '[.objects[].name] | sort | join(" ")')" "/bad /good" "--user and --kind"
for by in process user unit; do
	guard ls --by "$by" --format json
	is "$status $(query '.schema')" "0 shmguard/ls-by" "ls --by $by"
done

guard snapshot
cp "$work/out" "$work/snapshot"
guard ls --format json
query '.objects | map({object, kind, size, mode, uid, mappers})' >"$work/live"
guard ls --from "$work/snapshot" --format json
is "$status" 0 "ls of a snapshot" "$(cat "$work/err")"
query '.objects | map({object, kind, size, mode, uid, mappers})' >"$work/replayed"
cmp -s "$work/live" "$work/replayed"
ok $? "is what ls of the machine was" "$(diff "$work/live" "$work/replayed")"
guard audit --from "$work/snapshot" --format json
query '[.findings[].check] | sort | unique' >"$work/replayed"
[ "$status" -le 1 ]
ok $? "audit of a snapshot" "$(cat "$work/err")"
guard audit --format json
query '[.findings[].check] | sort | unique' >"$work/live"
cmp -s "$work/live" "$work/replayed"
ok $? "finds what audit of the machine finds" "$(diff "$work/live" "$work/replayed")"
guard audit --since "$work/snapshot" --format json
[ "$status" -le 1 ]
ok $? "audit --since a snapshot" "$(cat "$work/err")"

guard audit --check SHM-OBJ-001 --format json
is "$status" 1 "an audit with findings ends with 1"
is "$(query '.findings[] | "\(.check) \(.subject)"')" "SHM-OBJ-001 /bad" "and says what"
is "$(query '[.findings[] | select((.expected, .found, .where) | . == null or . == "")] | length')" 0 \
	"with its evidence"
is "$(query '[.findings[].check] - [.checks[].id] | length')" 0 "each finding's check is told of"
is "$(query '[.checks[] | select((.why, .fix, .breaks) | . == null or . == "")] | length')" 0 \
	"with why it matters, the fix and what that could break"
guard audit --check SHM-OBJ-001 --fail-on critical
is "$status" 0 "--fail-on a severity that was not reached"
guard audit --fail-on never
is "$status" 0 "--fail-on never"
guard audit --check SHM-OBJ-001 --skip SHM-OBJ-001 --format json
is "$status $(query '.findings | length')" "0 0" "--skip"
release bad
hold good posix name=good
guard audit --check SHM-OBJ-001 --check SHM-OBJ-004
is "$status" 0 "an audit without findings ends with 0" "$(cat "$work/out")"

guard audit --format sarif
is "$(query '"\(.version) \(.runs[0].tool.driver.name)"')" "2.1.0 shmguard" "SARIF"
sarif=$(query '[.runs[0].invocations[0] | .executionSuccessful, (.toolExecutionNotifications[] | .descriptor.id)]
	| join(" ")')
guard audit --format json
is "$sarif" "$(query '["true", (.results[] | select(.outcome == "unseen") | .check)] | join(" ")')" \
	"says which checks could not look"
guard audit --format prometheus
is "$(grep -v -c -E '^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [0-9]+)$' "$work/out")" 0 \
	"Prometheus text" \
	"$(grep -v -E '^#' "$work/out" | head -n 5)"
guard audit --list-checks --format json
[ "$(jq '[.. | objects | select(.id?)] | length' "$work/out")" -ge 40 ]
ok $? "--list-checks lists them"

for arguments in "" "nonsense" "ls --nonsense" "ls --kind nonsense" "ls --columns nonsense" "ls --sort nonsense" \
	"audit --check SHM-XXX-999" \
	"audit --format nonsense" "ls --pid x" "ls --large 0" "show" "ls extra"; do
	# shellcheck disable=SC2086 # a list
	guard $arguments
	is "$status" 2 "wrong usage: shmguard $arguments"
done
guard ls --from /nonexistent
is "$status" 3 "a snapshot that is not there"
echo '{"schema":"shmguard/snapshot","version":1,"objects":[{"kind":"nonsense"}]}' >"$work/broken"
guard ls --from "$work/broken"
is "$status" 3 "a snapshot that is none"
"$shmguard" ls >/dev/full 2>"$work/err"
is $? 3 "a full device is an error, not silence"
(
	trap '' PIPE
	"$shmguard" ls --columns all --format json 2>"$work/err"
	echo $? >"$work/piped"
) | true
[ "$(cat "$work/piped")" -le 3 ]
ok $? "a closed pipe is no crash" "$(cat "$work/piped")"
guard --help
is "$status" 0 "--help"
guard --version
is "$status" 0 "--version"

# --- killed while it writes ---

mkdir "$work/kept"
"$shmguard" snapshot "$work/kept/snapshot.json" 2>/dev/null
ok $? "a snapshot can be written to a file"
for hundredths in 0 1 1 2 2 3 0 1 1 2 2 3; do
	(timeout -s KILL "0.0$hundredths$((RANDOM % 10))" "$shmguard" snapshot "$work/kept/snapshot.json") 2>/dev/null
done
# In the one instant in which the file has a second name, a kill leaves that: it takes luck to hit, and the next run.
rm -f "$work/kept/.snapshot.json.new"
is "$(ls -A "$work/kept")" snapshot.json "killed while it writes, it leaves nothing behind"
is "$(jq -r .schema "$work/kept/snapshot.json")" shmguard/snapshot "and the old file or the new, whole"
is "$(stat -c %a "$work/kept/snapshot.json")" 600 "which nobody else may read"

before=$(stat -c %i "$work/kept/snapshot.json")
for instant in fsync linkat rename; do
	("$deny" "life-at-$instant" "$shmguard" snapshot "$work/kept/snapshot.json") 2>/dev/null
	is $? 159 "killed at $instant()"
	is "$(stat -c %i "$work/kept/snapshot.json")" "$before" "the old file stays"
	is "$(ls -A "$work/kept" | grep -vxF -e snapshot.json -e .snapshot.json.new)" "" "and no stray file"
done
is "$(ls -A "$work/kept" | wc -l)" 2 "between the two names it leaves one (this is that instant)"
guard snapshot "$work/kept/snapshot.json"
is "$status" 0 "the next run writes it" "$(cat "$work/err")"
is "$(ls -A "$work/kept")" snapshot.json "and takes away what the killed one left"
[ "$(stat -c %i "$work/kept/snapshot.json")" != "$before" ]
ok $? "the new file is in the old one's place"

# The same where no file can be nameless.
for instant in fsync rename; do
	("$deny" "nameless,life-at-$instant" "$shmguard" snapshot "$work/kept/snapshot.json") 2>/dev/null
	is $? 159 "without nameless files, killed at $instant()"
	is "$(jq -r .schema "$work/kept/snapshot.json")" shmguard/snapshot "the old file stays"
done
"$deny" nameless "$shmguard" snapshot "$work/kept/snapshot.json" 2>"$work/err"
is "$?" 0 "the next run writes it" "$(cat "$work/err")"
is "$(ls -A "$work/kept")" snapshot.json "and takes away what the killed one left"
is "$(jq -r .schema "$work/kept/snapshot.json")" shmguard/snapshot "whole"
(
	flock 8
	"$deny" nameless "$shmguard" snapshot "$work/kept/snapshot.json" 2>"$work/err"
	is $? 3 "it does not write into what another run is writing" "$(cat "$work/err")"
) 8>"$work/kept/.snapshot.json.new"
number=$((number + 1)) # the subshell's
rm -f "$work/kept/.snapshot.json.new"

long=$work/kept/$(printf 'n%.0s' {1..255})
"$shmguard" snapshot "$long" 2>/dev/null && "$shmguard" snapshot "$long" 2>"$work/err"
ok $? "a name of 255 bytes can be written and replaced" "$(cat "$work/err")"
is "$(find "$work/kept" -name '*.new')" "" "without a trace"

finish
