#!/bin/bash
# SPDX-License-Identifier: MIT
# Names are bytes that somebody else chose: they come back byte by byte, and reach no terminal.
. "$(dirname "$0")/lib.sh"

long=$(printf 'n%.0s' {1..255})
names=(
	$'line\nbreak'
	$'\e[31mred\e[2J\e]0;title\a'
	"$long"
	$'\xff\xfe\xc3(broken'
	$'bidi\xe2\x80\xae_gpj.exe'
	'back\slash\x41'
	$'tab\tcr\rbs\b'
	$'\xc2\x9bcsi'
	$'wide \xe5\x85\xb1\xe6\x9c\x89'
	'quote"$(touch '"'x'"')`'
	'%s%n%d'
	$'surrogate\xed\xa0\x80'
	' '
	$'-rf'
	$'zero\xe2\x80\x8bwidth'
)
i=0
for name in "${names[@]}"; do
	i=$((i + 1))
	# A name of 255 bytes leaves no room for what memfd_create adds.
	hold "name$i" posix name="$name" , memfd name="${name:0:240}" comm="${name:0:15}" || exit 99
done

clean() { # FILE: no control character but line breaks, valid UTF-8, nothing invisible
	iconv -f utf-8 -t utf-8 "$1" >/dev/null 2>&1 &&
		! LC_ALL=C grep -q -P \
			'[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xa9]' "$1"
}

# The test of the test.
printf 'a\e[m\n' >"$work/dirty"
clean "$work/dirty"
ok $((! $?)) "an escape sequence in a table would be noticed"
printf 'a\xe2\x80\xae\n' >"$work/dirty"
clean "$work/dirty"
ok $((! $?)) "a change of direction would be noticed"

look
ok "$status" "a snapshot is taken" "$(cat "$work/err")"
clean "$work/facts"
ok $? "it is clean UTF-8"
back() { # FILTER: the name of the object that matches, as bytes in hexadecimal
	printf %b "$(fact ".objects[] | select($1) | .name" "${@:2}")x" | sed '$s/x$//' | od -An -v -tx1 | tr -d ' \n'
}
hex() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}
i=0
for name in "${names[@]}"; do
	i=$((i + 1))
	is "$(back '.kind == "posix" and .ino == $ino' --argjson ino "$(made "name$i" ino 1)")" "$(hex "/$name")" \
		"a file's name comes back: $(printf %q "${name:0:30}")"
	is "$(back '.kind == "memfd" and .ino == $ino' --argjson ino "$(made "name$i" ino 2)")" \
		"$(hex "${name:0:240}")" \
		"and a memfd's"
done
is "$(fact '.processes[] | select(.pid == $pid) | .comm' --argjson pid "$(made name2 pid 2)")" \
	'\x1b[31mred\x1b[2J\x1b]0' \
	"a process's name is escaped too"

for format in table json; do
	guard ls --format "$format" --columns all
	is "$status" 0 "ls --format $format" "$(cat "$work/err")"
	clean "$work/out"
	ok $? "lets nothing through"
done
# A terminal of 80 columns: cut, and never within an escape.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	script -qec "stty cols 80; NO_COLOR=1 '$shmguard' ls" /dev/null </dev/null | tr -d '\r' >"$work/narrow"
	clean "$work/narrow"
	ok $? "a narrow terminal gets nothing else"
	[ "$(LC_ALL=C.UTF-8 wc -L <"$work/narrow")" -le 80 ]
	ok $? "and lines that fit it" "$(cat "$work/narrow")"
	cut=$(sed -n 's/^\(\/n*…n*\) .*/\1/p' "$work/narrow")
	guard show "$cut"
	is "$status $(sed -n 's/^object *//p' "$work/out")" "0 /$long" "show takes a name as it was cut"
else
	skip "a narrow terminal" "script(1) has no terminal here"
fi
guard ls --kind posix
is "$(grep -c posix "$work/out")" "${#names[@]}" "a name with a line break is one row of the table"
guard ls --kind posix --format json
is "$(query '.objects | length')" "${#names[@]}" "and of the list"
for format in table json sarif prometheus; do
	guard audit --format "$format"
	[ "$status" -le 1 ]
	ok $? "audit --format $format" "$(cat "$work/err")"
	clean "$work/out"
	ok $? "lets nothing through"
done

if has_verb show; then
	for name in "${names[0]}" "${names[1]}" "${names[3]}" "$long"; do
		guard show "/$name"
		is "$status" 0 "show finds it by its bytes: $(printf %q "${name:0:30}")" "$(cat "$work/err")"
		clean "$work/out" && clean "$work/err"
		ok $? "lets nothing through"
	done
	guard show $'/no\e[31msuch'
	[ "$status" -ge 2 ]
	ok $? "an object that is not there is an error"
	clean "$work/err"
	ok $? "whose message is clean"
fi
guard ls --namespace $'zz\e[31m'
is "$status $(sed 's/ was seen; there .*: host.*//' "$work/err")" '2 shmguard ls: no namespace zz\x1b[31m' \
	"a namespace that is not there is a usage error that lists those that are"
echo '{"schema": "shmguard/snapshot", "version": 1, "host": [{"a\u001b": 1}]}' >"$work/bad.json"
guard ls --from "$work/bad.json"
is "$status $(grep -c 'member "a\\x1b",' "$work/err")" "3 1" "what a message quotes is escaped once"
guard ls --kind $'\e[31mx'
is "$status" 2 "an argument that is wrong is a usage error"
clean "$work/err"
ok $? "whose message is clean"

finish
