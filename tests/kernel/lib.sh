# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # what is set here is read by the scripts
# Sourced first by every script of this directory, with the script's own arguments. Starts the script again inside
# fresh namespaces with a /dev/shm of its own, and offers it what follows.
#
#   script.sh MODE   root: as root; userns: as root of a user namespace that a user made; user: as a plain user
#
# SHMGUARD, MKOBJECTS and DENY say where the programs are.
set -u

mode=${1:-root}
plain_uid=65534

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}

if [ -z "${SHMG_KERNEL_STAGE:-}" ]; then
	: "${SHMGUARD:?}" "${MKOBJECTS:?}" "${DENY:?}"
	command -v jq >/dev/null || skip_all "needs jq"
	root_needed() {
		[ "$(id -u)" = 0 ] || skip_all "needs root"
	}
	# A copy that every user can reach, wherever the build lies.
	stage=$(mktemp -d) || exit 99
	trap 'rm -rf "$stage"' EXIT
	chmod 755 "$stage"
	cp "$SHMGUARD" "$stage/shmguard" && cp "$MKOBJECTS" "$DENY" "$stage/" && cp "$(dirname "$0")"/*.sh "$stage/" \
		|| exit 99
	mkdir -m 1777 "$stage/scratch" || exit 99

	become=()
	user=()
	case $mode in
	root) root_needed ;;
	user) root_needed ;;
	userns)
		[ "$(id -u)" != 0 ] || become=(setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups)
		user=(--user --map-root-user)
		"${become[@]}" unshare "${user[@]}" true 2>/dev/null || skip_all "user namespaces are not allowed here"
		;;
	*) skip_all "no mode $mode" ;;
	esac
	SHMG_KERNEL_STAGE=$stage "${become[@]}" unshare "${user[@]}" --ipc --mount --pid --fork --kill-child \
		bash "$stage/$(basename "$0")" "$mode"
	exit
fi

stage=$SHMG_KERNEL_STAGE
if [ -z "${SHMG_KERNEL_READY:-}" ]; then
	mount -t proc proc /proc || skip_all "no /proc of its own here"
	# Detached, where that is allowed: what lies underneath would be there after an unmount.
	while umount -l /dev/shm 2>/dev/null; do :; done
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 test /dev/shm || skip_all "no /dev/shm of its own here"
	export SHMG_KERNEL_READY=yes
	if [ "$mode" = user ]; then
		# Not exec: the first process stays root's, as on any host.
		setpriv "--reuid=$plain_uid" "--regid=$plain_uid" --clear-groups bash "$0" "$mode"
		exit
	fi
fi

shmguard=$stage/shmguard
mkobjects=$stage/mkobjects
deny=$stage/deny
work=$(mktemp -d "$stage/scratch/XXXXXX") || exit 99
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
mkfifo "$work/held" && exec 9<>"$work/held" || exit 99
number=0

# --- results ---

ok() { # STATUS TITLE [DETAILS]
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		[ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
	fi
}

is() { # GOT WANTED TITLE
	[ "$1" = "$2" ]
	ok $? "$3" "got:    $(printf %q "$1")
wanted: $(printf %q "$2")"
}

skip() { # TITLE REASON
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

finish() {
	echo "1..$number"
}

# --- objects ---

# hold NAME FACTORY [KEY=VALUE]… [, …]…: makes objects and holds them. Status 77: they cannot be made here, and $reason
# says why.
declare -A holders=()
hold() {
	local name=$1
	shift
	: >"$work/$name.held" # here, and not when the background gets to it: an older one of that name may be there
	"$mkobjects" "$@" <"$work/held" >>"$work/$name.held" 2>&1 &
	holders[$name]=$!
	until grep -q '^HOLDING' "$work/$name.held"; do
		if ! kill -0 "${holders[$name]}" 2>/dev/null; then
			local status
			wait "${holders[$name]}"
			status=$?
			unset "holders[$name]"
			reason=$(sed -n 's/^SKIP.*reason=//p' "$work/$name.held")
			[ "$status" = 77 ] || sed 's/^/# /' "$work/$name.held"
			return "$status"
		fi
		sleep 0.02
	done
}

release() { # NAME
	kill "${holders[$1]}" && wait "${holders[$1]}" 2>/dev/null
	unset "holders[$1]"
}

# The value of KEY that the N-th factory (1) of NAME said when it was ready.
made() { # NAME KEY [N]
	grep '^READY' "$work/$1.held" | sed -n "${3:-1}p" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

# Options that are not given go. mount(8) would add those that are, with user ids that a user namespace does not have.
remount() { # OPTIONS
	mount --options-mode ignore --options-source disable -o "remount,$1" none /dev/shm
}

# --- shmguard ---

# guard ARGUMENT…: runs it; $status, $work/out and $work/err say what came of it. It may not take longer than 20 s.
guard() {
	timeout --kill-after=5 20 "$shmguard" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# The facts of now, for `fact`.
look() {
	guard snapshot
	[ "$status" = 0 ] && cp "$work/out" "$work/facts"
}

fact() { # FILTER [JQ ARGUMENT]…
	local filter=$1
	shift
	jq -r "$@" "$definitions $filter" "$work/facts"
}

query() { # FILTER [JQ ARGUMENT]…: the same of the last output
	local filter=$1
	shift
	jq -r "$@" "$definitions $filter" "$work/out"
}

# object(filter): the objects; holders(object): the processes that hold it, with how.
definitions='
def rows: to_entries | map(.value + {row: .key});
def objects(f): .objects | rows | map(select(f));
def holds(f): . as $all | [objects(f)[].row] as $wanted | .holds | map(select(.object as $o | $wanted | any(. == $o)))
	| map(. + {pid: $all.processes[.process].pid, uid: $all.processes[.process].uid});
def sysv($id): .kind == "sysv" and .id == ($id | tonumber);
def named($name): .name == $name;
'

# What an audit of now finds with one check: the subjects, one a line. The exit status is in $status.
found() { # CHECK
	guard audit --check "$1" --format json
	query '.findings[].subject'
}

# The id of the check that has those words in its title; nothing when there is none.
check_named() { # WORDS
	[ -s "$work/checks" ] || "$shmguard" audit --list-checks --format json >"$work/checks" 2>/dev/null
	jq -r --arg words "$1" \
		'[.. | objects | select(.id? and .title?) | select(.title | test($words; "i")) | .id][0] // empty' \
		"$work/checks"
}

has_verb() { # VERB
	"$shmguard" "$1" --help >/dev/null 2>&1
}

# What only root of the whole machine can see, or null.
root_sees() { # VALUE
	[ "$mode" = root ] && echo "$1" || echo null
}
