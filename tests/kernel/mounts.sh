#!/bin/bash
# SPDX-License-Identifier: MIT
# What is mounted over entries, beside them or nowhere: it is neither opened nor waited for, and nothing is lost by it.
. "$(dirname "$0")/lib.sh"

runs() { # PID: not a zombie either
	grep -q -E '^State:[[:space:]]+[^Z]' "/proc/$1/status" 2>/dev/null
}

hold plain posix name=plain

# --- over an entry ---

cd /dev/shm || exit 99
touch place pipe
mkfifo "$work/fifo"
mount --bind "$work/fifo" /dev/shm/pipe
(exec 7>"$work/fifo" && echo opened >"$work/opened") &
writer=$!
hold leased leased dir="$work" name=leased
mount --bind "$work/leased" /dev/shm/place
for arguments in "ls --orphans" audit snapshot "show /plain"; do
	# shellcheck disable=SC2086 # a list
	guard $arguments
	[ "$status" -le 1 ]
	ok $? "files mounted over entries do not hinder: shmguard $arguments" "status $status $(cat "$work/err")"
done
[ ! -e "$work/opened" ]
ok $? "a FIFO mounted over an entry is not opened"
runs "$(made leased pid)"
ok $? "nor does the look take the lease of a file that is mounted over one"
# The test of the test: what opens them does both.
exec 6<>/dev/shm/pipe
sleep 0.1
[ -e "$work/opened" ]
ok $? "(who opens the FIFO lets its writer go on)"
exec 6>&-
timeout 2 dd if=/dev/shm/place of=/dev/null iflag=nonblock status=none 2>/dev/null
sleep 0.2
runs "$(made leased pid)"
ok $((! $?)) "(and who opens the file takes its lease)"
kill "$writer" 2>/dev/null
umount /dev/shm/pipe /dev/shm/place
cd / || exit 99

# --- what never answers ---

touch /dev/shm/dead "$work/detached"
if hold dead dead on=/dev/shm/dead; then
	for arguments in ls audit snapshot; do
		guard "$arguments"
		[ "$status" -le 1 ]
		ok $? "a dead server's file over an entry does not hang $arguments" "status $status"
	done
	look
	is "$(fact 'objects(named("/plain"))[0].mappers')" 1 "and what lies beside it is seen"
	release dead
	umount -l /dev/shm/dead
	hold detached dead on="$work/detached" detach=1
	for arguments in ls audit snapshot; do
		guard "$arguments"
		[ "$status" -le 1 ]
		ok $? "nor does one that is mounted nowhere any more hang $arguments" "status $status"
	done
	release detached
else
	skip "a dead server's file over an entry" "$reason"
fi

# A tmpfs that is mounted nowhere is asked, and known.
mkdir "$work/gone"
mount -t tmpfs -o mode=1777 gone "$work/gone"
hold gone posix dir="$work/gone" name=gone size=8192
umount -l "$work/gone"
look
is "$(fact '[.objects[] | select(.size == 8192) | "\(.kind) \(.mappers)"] | join(",")')" "tmpfs 1" \
	"a held file of a tmpfs that is mounted nowhere is listed"
release gone

# --- beside ---

# One file, mounted by itself: no directory shows it.
mkdir "$work/a"
mount -t tmpfs -o mode=1777 lone "$work/a"
echo x >"$work/a/wide" && chmod 0666 "$work/a/wide"
echo x >"$work/a/removed" && chmod 0666 "$work/a/removed"
touch "$work/b" "$work/c"
mount --bind "$work/a/wide" "$work/b"
look
is "$(fact '[.objects[] | select(.name | . != null and endswith("/wide"))] | length')" 1 "a file that is mounted twice is listed once"
is "$(fact "objects(named(\"$work/b\")) | length")" 0 "under the name that its directory has for it"
mount --bind "$work/a/removed" "$work/c"
rm "$work/a/removed"
umount -l "$work/a"
look
is "$(fact "objects(named(\"$work/b\"))[0] | \"\(.kind) \(.mode)\"")" "tmpfs 0666" \
	"a file whose directory is mounted nowhere is listed where it is mounted itself"
is "$(fact "objects(named(\"$work/c\"))[0] | \"\(.kind) \(.flags | join(\" \"))\"")" "tmpfs unlinked" \
	"one that was removed too"
umount "$work/b" "$work/c"

# The same file system twice, once where a plain user cannot go.
chmod 755 "$work"
mkdir -m 700 "$work/secret"
mkdir "$work/secret/m" "$work/public"
mount -t tmpfs -o mode=1777 twice "$work/secret/m"
touch "$work/secret/m/visible"
mount --bind "$work/secret/m" "$work/public"
timeout 20 setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups "$shmguard" snapshot >"$work/facts" 2>"$work/err"
is "$(fact '[.objects[] | select(.name | . != null and endswith("/visible")) | .name] | join(" ")')" "$work/public/visible" \
	"a plain user sees a file system by the mount that is open to it"
umount "$work/public" "$work/secret/m"

# --- a /proc that shows processes only ---

hold segments sysv size=8192 mode=0666 , sysv size=4096 mode=0600
less() { # COMMAND…: with such a /proc
	unshare --mount bash -c 'mount -t proc -o subset=pid proc /proc 2>/dev/null || exit 77; exec "$@"' less "$@"
}
less "$shmguard" snapshot >"$work/facts" 2>"$work/err"
status=$?
if [ "$status" = 77 ]; then
	skip "/proc with subset=pid" "this kernel has no such option"
else
	is "$status" 0 "with subset=pid a snapshot can be taken" "$(cat "$work/err")"
	is "$(fact '[.objects[] | select(.kind == "sysv") | "\(.size) \(.mode) \(.nattch) \(.resident)"] | sort | join(", ")')" \
		"4096 0600 1 null, 8192 0666 1 null" "segments are listed all the same, without what is not known"
	is "$(fact '[.coverage[] | select(.what | test("resident"))] | length')" 1 "and coverage says so"
	less "$shmguard" audit --check SHM-OBJ-004 >"$work/out" 2>"$work/err"
	is $? 1 "audit finds a segment that everybody can write" "$(cat "$work/out")"
	less "$deny" shm-stat-any "$shmguard" snapshot >"$work/facts" 2>"$work/err"
	is "$(fact '[.objects[] | select(.kind == "sysv") | .size] | sort | join(" ")')" "4096 8192" \
		"on a kernel before SHM_STAT_ANY too"
	rm -f /dev/shm/leased
	hold leased leased name=leased
	less "$shmguard" snapshot >"$work/facts" 2>"$work/err"
	runs "$(made leased pid)"
	ok $? "where leases cannot be listed none is taken away"
	is "$(fact '[.objects[].lease] | map(select(. != null)) | length')" 0 "nobody is asked for one"
	is "$(fact '[.coverage[] | select(.why | test("/proc/locks"))] | length')" 1 "and coverage says why"
fi

finish
