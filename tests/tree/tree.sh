#!/bin/bash
# SPDX-License-Identifier: MIT
# Holds the tree to its own rules: which room sees which, names, sizes, licences, shell.
set -u
cd "$(dirname "$0")/../.." || exit 99
build=${1:?usage: tree.sh BUILD_DIR}

number=0
report() { # STATUS TITLE DETAILS
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		printf '%s\n' "$3" | sed 's/^/# /'
	fi
}
empty() { # TITLE OFFENDERS: passes when there are none
	[ -z "$2" ]
	report $? "$1" "$2"
}

# What each room may include, itself apart. Nothing points back up.
declare -A sees=(
	[lib]='lib'
	[facts]='lib'
	[policy]='lib'
	[audit]='facts policy lib'
	[report]='lib'
	[cmd]='audit report facts policy lib'
)
arrows() { # ROOT
	for room in "${!sees[@]}"; do
		for file in "$1/$room"/*.[ch] "$1/$room"/*/*.[ch]; do
			[ -f "$file" ] || continue
			while read -r target; do
				case " ${sees[$room]} $room " in
				*" ${target%%/*} "*) ;;
				*) echo "$file includes $target" ;;
				esac
			done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include "\([^"]*\)".*/\1/p' "$file")
		done
	done
}
empty 'no room includes one that it must not see' "$(arrows .)"

# The test of the test: an arrow that points back up is seen.
wrong=$(mktemp -d)
trap 'rm -rf "$wrong"' EXIT
mkdir -p "$wrong/report" "$wrong/lib/base"
echo '#include "facts/facts.h"' >"$wrong/report/table.c"
echo ' # include "audit/audit.h"' >"$wrong/lib/base/array.h"
[ "$(arrows "$wrong" | wc -l)" -eq 2 ]
report $? 'an include that points back up is noticed' "$(arrows "$wrong")"

sources=$(git ls-files '*.c' '*.h' '*.sh' '*.build' 'tools/*' Makefile .ci/run 2>/dev/null | grep -v '^tools/packages$')
if [ -z "$sources" ]; then
	sources=$(find . -name .git -prune -o -path './build*' -prune -o \( -name '*.[ch]' -o -name '*.sh' \) -print)
fi
empty 'every source names its licence in its first lines' \
	"$(for file in $sources; do head -3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"; done)"
empty 'no file is longer than 800 lines' \
	"$(for file in $sources; do lines=$(wc -l <"$file"); [ "$lines" -le 800 ] || echo "$file: $lines lines"; done)"
empty 'no line of C is wider than 120 columns' \
	"$(for file in $sources; do case $file in *.[ch]) expand -t8 "$file" | awk -v f="$file" \
		'length($0) > 120 { print f ":" NR ": " length($0) }' ;; esac; done)"

# shellcheck disable=SC2046 # one library a word
empty 'every global symbol of the rooms begins with shmg_' \
	"$(nm --defined-only --extern-only $(find "$build" -name '*.a') 2>/dev/null |
		awk 'NF == 3 && $2 ~ /[TDBRCVW]/ && $3 !~ /^(shmg_|__odr_asan|__asan|__ubsan|_ZN|__start|__stop)/ { print $3 }' | sort -u)"

binary=$build/cmd/shmguard
flags=$(readelf -Wld "$binary")
hardening=''
grep -q 'DYN (Position-Independent\|Elf file type is DYN' <<<"$flags" || hardening+='not position-independent; '
grep -q 'GNU_RELRO' <<<"$flags" || hardening+='no relro; '
grep -qE 'BIND_NOW|NOW' <<<"$flags" || hardening+='lazy binding; '
grep -E 'GNU_STACK' <<<"$flags" | grep -q 'RWE' && hardening+='executable stack; '
empty 'the command is position-independent, with relro, bound at start, its stack not executable' "$hardening"

empty 'docs/schema/ is what the command prints (make schema)' "$(
	for kind in $("$binary" schema); do
		"$binary" schema "$kind" | cmp -s - "docs/schema/$kind.json" || echo "docs/schema/$kind.json differs"
	done
	for file in docs/schema/*.json; do
		"$binary" schema | grep -qx "$(basename "$file" .json)" || echo "$file: no such kind"
	done
)"
verbs=$("$binary" --help | sed -n 's/^  \([a-z]\{2,\}\)  .*/\1/p')
known=$("$binary" --help; for verb in $verbs; do "$binary" "$verb" --help; done)
readme_errors() { # FILE
	local verb option id
	for verb in $verbs; do
		grep -q "shmguard $verb" "$1" || echo "it does not name the verb $verb"
	done
	for option in $(grep -oE 'shmguard [^|#`]*' "$1" | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		grep -q -- "$option" <<<"$known" || echo "it uses $option, which no verb knows"
	done
	for id in $(grep -oE 'SHM-[A-Z]{3}-[0-9]{3}' "$1" | sort -u); do
		"$binary" audit --list-checks | grep -q "^$id" || echo "it names $id, which does not exist"
	done
	grep -oE '^\| `[a-z0-9-]+` \| `[a-zA-Z0-9-]+` \|$' "$1" | tr -d '|`' | sort >"$wrong/readme"
	awk '!/^#/ && NF { print $2, $3 }' tools/packages | sort >"$wrong/packages"
	diff <(tr -s ' ' <"$wrong/readme" | sed 's/^ //; s/ $//') "$wrong/packages" >/dev/null ||
		echo 'its table of packages is not that of tools/packages'
}
empty 'README agrees with the command and with tools/packages' "$(readme_errors README.md)"
echo 'shmguard ls --no-such-option SHM-XXX-999' >"$wrong/README"
[ "$(readme_errors "$wrong/README" | grep -cE 'no-such-option|SHM-XXX-999|verb audit|packages')" -eq 4 ]
report $? 'a README that does not agree is noticed' "$(readme_errors "$wrong/README")"

echo "1..$number"
