#!/bin/bash
# SPDX-License-Identifier: MIT
# Every kind of object is a row, with what the kernel says of it.
. "$(dirname "$0")/lib.sh"

[ "$mode" = user ] || remount nosuid,nodev
me=$(id -u)

# row FILTER FIELDS [JQ ARGUMENT]…: the fields of the objects that match, one object a line
row() {
	local filter=$1 fields=$2
	shift 2
	fact "objects($filter) | map([$fields] | map(tostring) | join(\" \"))[]" "$@"
}

# --- System V ---

hold sysv sysv size=5000 mode=0640 key=0x5348 , sysv marked=1 mode=0600 , sysv exec=1 mode=0700 , sysv readonly=1 , \
	sysv attach=0
look
ok "$status" "a snapshot can be taken" "$(cat "$work/err")"
is "$(row 'sysv($id)' '.size, .mode, .key, .uid, .nattch, .maps, .mappers, .creator, .creator_state, .flags' \
	--arg id "$(made sysv id 1)")" \
	"5000 0640 0x00005348 $me 1 1 1 $(made sysv pid 1) running []" \
	"a segment: size, mode, key, owner, attaches, creator"
is "$(row 'sysv($id)' '.flags, .mode' --arg id "$(made sysv id 2)")" '["marked"] 0600' "a segment marked for removal"
is "$(fact 'holds(sysv($id))[] | .access - ["fd-write"] | join(" ")' --arg id "$(made sysv id 3)")" \
	"read write execute write-execute shared" \
	"a segment attached with SHM_EXEC is writable and executable"
is "$(fact 'holds(sysv($id))[] | .access - ["fd-write"] | join(" ")' --arg id "$(made sysv id 4)")" "read shared" \
	"a segment attached read-only"
is "$(row 'sysv($id)' '.nattch, .maps, .attached' --arg id "$(made sysv id 5)")" "0 0 null" \
	"a segment that nobody attached ever"
release sysv
look
is "$(row '.kind == "sysv"' .id)" "" "no segment is left when there is none"

if hold locked sysv locked=1; then
	look
	is "$(row 'sysv($id)' .flags --arg id "$(made locked id)")" '["locked"]' "a locked segment"
	release locked
else
	skip "a locked segment" "$reason"
fi
if hold huge sysv huge=1 size=2097152 , hugetlb; then
	look
	is "$(row 'sysv($id)' .flags --arg id "$(made huge id)")" '["huge"]' "a segment of huge pages"
	is "$(row '.kind == "hugetlb"' .mappers)" 1 "shared anonymous huge pages"
	release huge
else
	skip "a segment of huge pages" "$reason"
	skip "shared anonymous huge pages" "$reason"
fi

# --- names in /dev/shm ---

hold files posix name=map size=8192 mode=0602 touch=1 , posix name=fd mode=0604 hold=fd , posix name=nobody mode=0666 \
	hold=none , \
	posix name=closed hold=closed , posix name=.hidden , semaphore name=lock mode=0660
look
fields='.kind, .size, .mode, .uid, .nlink, .mappers, .openers, .namespace, .flags'
is "$(row 'named("/map")' "$fields, .resident")" "posix 8192 0602 $me 1 1 0 host [] 8192" \
	"a POSIX object that is mapped"
is "$(row 'named("/fd")' "$fields, .resident")" "posix 4096 0604 $me 1 0 1 host [] 0" \
	"one that is only open, its page never touched"
is "$(row 'named("/nobody")' "$fields")" "posix 4096 0666 $me 1 0 0 host []" "one that nobody holds"
is "$(row 'named("/closed")' '.mappers, .openers')" "1 0" "one that is mapped after its descriptor was closed"
is "$(row 'named("/.hidden")' .kind)" posix "one with a hidden name"
is "$(row '.kind == "semaphore"' '.name, .size, .mode')" "/lock 32 0660" "a named semaphore"
is "$(fact 'holds(named("/map"))[] | "\(.pid) \(.maps) \(.bytes)"')" "$(made files pid 1) 1 8192" "who maps it"
release files

hold odd posix name=set mode=04755 hold=none , posix name=elf content=elf hold=none , posix name=script content=script \
	, \
	posix name=empty size=0 hold=none , symlink name=link target=/etc/passwd , fifo name=fifo , socket name=socket \
	, \
	directory name=directory entries=3
look
is "$(row 'named("/set")' .mode)" 4755 "a set-id file keeps its bits"
is "$(row 'named("/elf")' .content)" elf "ELF content"
is "$(row 'named("/script")' .content)" script "a script"
is "$(row 'named("/empty")' .content)" empty "an empty file"
is "$(fact '[.objects[] | select(.file_type == ("symlink", "fifo", "socket", "directory"))
	| select((.name // "") | test("/(link|fifo|socket|directory)$"))
	| .file_type] | sort | join(" ")')" "directory fifo socket symlink" "what is no memory is seen for what it is"
# Reading a link moves its access time, unless it is read through a mount of one's own that does not keep it.
link=$([ "$mode" = user ] && echo null || echo /etc/passwd)
is "$(fact '.objects[] | select(.file_type == "symlink" and (.name | endswith("/link"))) | .target')" "$link" \
	"where a link points"
is "$(fact '[.objects[] | select((.name // "") | test("directory/[012]$")) | .kind] | join(" ")')" "tmpfs tmpfs tmpfs" \
	"files below a directory of /dev/shm"
release odd

# --- no name ---

hold unlinked posix name=unlinked size=65536 touch=1 unlink=1 , posix name=unlinked-fd size=4096 hold=fd unlink=1 , \
	posix name=unlinked-map hold=closed unlink=1
look
# The last has no descriptor: only /proc/PID/map_files leads to it, and that is for root.
for n in 1 2 3; do
	size=$(made unlinked size $n)
	[ "$n" != 3 ] || size=$(root_sees "$size")
	is "$(row '.ino == $ino and .dev == $dev' '.kind, .size, .flags, .mappers + .openers' \
		--argjson ino "$(made unlinked ino $n)" \
		--arg dev "$(printf '0x%x' "$(made unlinked dev $n)")")" \
		"posix $size [\"unlinked\"] 1" "an unlinked object that is still held ($n of 3)"
done
release unlinked

hold memfd memfd name=sealed seals=0x6 size=8192 , memfd name=open , memfd name=exec rx=1 , memfd name=fd hold=fd , \
	memfd name=closed hold=closed , anonymous size=12288 , anonymous zero=1 size=20480 , memfd name=wx prot=rwx
look
is "$(row 'named("sealed")' '.kind, .size, .seals')" 'memfd 8192 ["shrink","grow"]' "a sealed memfd"
is "$(row 'named("open")' '.seals, .mappers')" '[] 1' "an unsealed one"
is "$(fact 'holds(named("exec"))[] | "\(.maps) \(.access - ["fd-write"] | join(" "))"')" \
	"2 read write execute private shared" \
	"one that is mapped private and executable, and shared and writable"
is "$(row 'named("fd")' '.mappers, .openers, .size')" "0 1 4096" "one that is only a descriptor"
is "$(row 'named("closed")' '.mappers, .openers, .size')" "1 0 $(root_sees 4096)" "one that is only mapped"
is "$(fact 'holds(named("wx"))[] | .access - ["fd-write"] | join(" ")')" "read write execute write-execute shared" \
	"a mapping that is writable and executable"
is "$(fact '[.objects[] | select(.kind == "anonymous") | .size] | sort | map(tostring) | join(" ")')" \
	"$(root_sees 12288) $(root_sees 20480)" \
	"shared anonymous memory, and /dev/zero"
release memfd

# --- elsewhere ---

if [ "$mode" = user ]; then
	skip "a file on another tmpfs" "a plain user cannot mount one"
else
	mkdir "$work/other"
	mount -t tmpfs -o mode=1777 other "$work/other"
	hold other posix dir="$work/other" name=file size=4096
	look
	is "$(row '.name == $path' '.kind, .size, .mappers' --arg path "$work/other/file")" "tmpfs 4096 1" \
		"a file on another tmpfs"
	release other
	umount "$work/other"
fi

# --- sizes that need 64 bits ---

hold large posix name=large size=8796093022208 hold=fd , memfd name=large size=8796093022208 hold=fd
look
is "$(row '.size == 8796093022208' '.kind, .resident')" "posix 0
memfd 0" "sparse files of 8 TiB"
release large

if [ "$mode" != user ]; then
	echo 32768 >/proc/sys/kernel/shmmni
	if hold many segments count=32768; then
		look
		is "$(fact '[.objects[] | select(.kind == "sysv")] | length')" 32768 "32,768 segments"
		release many
	else
		skip "32,768 segments" "$reason"
	fi
fi

finish
