#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may see little sees what it may, says what it could not, and guesses nothing.
. "$(dirname "$0")/lib.sh"

as_user() { # ARGUMENT…: shmguard as a plain user
	timeout --kill-after=5 20 setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups "$shmguard" "$@" \
		>"$work/out" 2>"$work/err" </dev/null
	status=$?
}
look_as_user() {
	as_user snapshot
	cp "$work/out" "$work/facts"
}
chmod 755 "$work"

hold root posix name=root , sysv size=4096 , memfd name=root-memfd , posix name=root-nobody hold=none
hold user posix name=user uid=$plain_uid , sysv size=8192 uid=$plain_uid , memfd name=user-memfd uid=$plain_uid

look
is "$(fact '[.host[0].complete, ([.coverage[] | select(.affects_objects)] | length)] | map(tostring) | join(" ")')" \
	"true 0" \
	"root sees everything, and says so" "$(fact '.coverage[] | "\(.what): \(.why)"')"
is "$(fact '[.processes[] | select(.flags | length > 0) | select(.flags != ["ourself"]) | .pid] | length')" 0 \
	"no process is left unseen"

look_as_user
is "$status" 0 "a plain user can look" "$(cat "$work/err")"
is "$(fact '.host[0].complete')" false "and is told that it is not everything"
is "$(fact '[.coverage[] | select(.affects_objects and (.why | length > 0) and .count > 0)] | length > 0')" true \
	"coverage says what is missing, how much and why"
grep -q -i root "$work/err"
ok $? "stderr says what would help" "$(cat "$work/err")"
is "$(fact 'objects(.kind == "sysv") | map("\(.size) \(.nattch) \(.maps)") | sort | join(", ")')" "4096 1 0, 8192 1 1" \
	"it sees every segment, and the mappings of its own processes"
is "$(fact 'objects(.kind == "sysv" and .size == 4096)[0].flags | join(" ")')" unseen-holders \
	"a segment has holders that it could not see"
is "$(fact 'objects(named("/root"))[0] | "\(.uid) \(.mode)"')" "0 0600" "a file of root is listed"
is "$(fact 'objects(named("/user"))[0] | "\(.uid) \(.mappers)"')" "$plain_uid 1" \
	"its own file is listed with its holder"
is "$(fact '[.objects[] | select(.kind == "memfd") | .name] | join(" ")')" user-memfd "of memfds it sees its own"
is "$(fact '.processes[] | select(.pid == $pid) | .flags | index("maps-unseen") != null' \
	--argjson pid "$(made root pid 1)")" true \
	"a process whose mappings it could not read is marked"
is "$(fact '[.processes[] | select(.pid == $pid) | .ipc_ns, .mnt_ns] | map(tostring) | join(" ")' \
	--argjson pid "$(made root pid 1)")" \
	"null null" "and its namespaces are unknown, not guessed"
is "$(fact '[objects(named("/root-nobody"))[0].content] | map(tostring) | join(" ")')" null \
	"the content of a file that it may not read is unknown"

cat >"$work/policy.ini" <<'END'
[thresholds]
orphan-age = 1
END
sleep 1.2
as_user ls --orphans --policy "$work/policy.ini" --format json
is "$(query '[.objects[] | select(.name == ("/root", "/root-nobody"))] | length')" 0 \
	"what it cannot see held it does not call left behind"
as_user audit --format json
[ "$status" -le 1 ]
ok $? "audit works for a plain user" "status $status $(cat "$work/err")"
is "$(query '[.coverage[]] | length > 0')" true "and says what it could not see"

# --- hidepid ---

# shmguard runs in a pid namespace below, whose /proc it is mounted for.
mount -o remount,hidepid=2 /proc
look_as_user
is "$status" 0 "with hidepid=2 a plain user can look" "$(cat "$work/err")"
is "$(fact '[.coverage[] | select(.what | test("process"; "i")) | select(.affects_objects)] | length > 0')" true \
	"coverage says that processes are hidden"
is "$(fact '.host[0].complete')" false "the list is not called complete"
is "$(fact '[.processes[] | select(.uid == 0)] | length')" 0 "nothing of them is made up"
is "$(fact 'objects(named("/user"))[0].mappers')" 1 "its own processes are seen"
is "$(fact 'objects(.kind == "sysv" and .size == 4096)[0].creator_state')" null \
	"a creator that cannot be seen is not called gone"
look
is "$(fact '.host[0].complete')" true "root is not affected"
# Process 1 may be the user's own, as in a container: then it is listed, and the others are not.
unshare --pid --fork --kill-child bash -c '
	mount -t proc -o hidepid=2 proc /proc
	"$1" posix name=hidden mode=0666 <&9 >"$2/hidden" 2>&1 &
	until grep -q HOLDING "$2/hidden"; do sleep 0.02; done
	exec setpriv "--reuid=$3" "--regid=$3" --clear-groups "$4" snapshot' own \
	"$mkobjects" "$work" "$plain_uid" "$shmguard" >"$work/facts" 2>"$work/err"
is "$?" 0 "where process 1 is its own, a plain user can look" "$(cat "$work/err")"
is "$(fact '[.host[0].complete, ([.coverage[] | select(.why | test("hidepid"))] | length), .processes[0].pid] | map(tostring) | join(" ")')" \
	"false 1 1" "and is told that others are hidden"
umount /proc 2>/dev/null # in case that mount came through
mount -o remount,hidepid=0 /proc

# --- too few descriptors ---

# However few, it never says less than there is without saying that it does.
look
everything=$(fact '[.objects[] | "\(.kind) \(.ino) \(.mappers) \(.openers)"] | sort | join("\n")')
silent=''
for ((limit = 4; limit < 40; limit++)); do
	(ulimit -n "$limit" && exec "$shmguard" snapshot) >"$work/facts" 2>"$work/err" || continue
	[ "$(fact '.host[0].complete')" = true ] || continue
	[ "$(fact '[.objects[] | "\(.kind) \(.ino) \(.mappers) \(.openers)"] | sort | join("\n")')" = "$everything" ] ||
		silent+="$limit "
done
is "$silent" "" "with few descriptors it says what it could not see"

# --- root without its capabilities ---

timeout 20 setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$shmguard" snapshot >"$work/facts" \
	2>"$work/err"
is "$?" 0 "uid 0 without capabilities can look" "$(cat "$work/err")"
is "$(fact '[.host[0].complete, (.coverage | length > 0)] | map(tostring) | join(" ")')" "false true" \
	"and is told what it cannot see"

# --- nothing at all ---

unshare --mount bash -c "while umount -l /proc 2>/dev/null; do :; done; '$shmguard' ls" >"$work/out" 2>"$work/err"
is $? 3 "without /proc there is nothing to see, which is an error of its own"
[ -s "$work/err" ] && [ ! -s "$work/out" ]
ok $? "and a message" "$(cat "$work/out" "$work/err")"

finish
