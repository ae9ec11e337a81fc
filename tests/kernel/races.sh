#!/bin/bash
# SPDX-License-Identifier: MIT
# Everything vanishes or is replaced while it is looked at: no crash, no hang, valid output, documented status.
. "$(dirname "$0")/lib.sh"

rounds=50
stable_checks() {
	fact '"\(objects(named("/stable"))[0].mappers) \(objects(.kind == "sysv" and .size == 77777)[0].maps)"'
}

hold churn churn , churn comm=churn2
hold stable posix name=stable , sysv size=77777
bad='' wrong=''
for round in $(seq "$rounds"); do
	look
	[ "$status" = 0 ] && jq -e . "$work/out" >/dev/null || \
		bad+="snapshot $round: status $status; $(tail -c 200 "$work/err") "
	[ "$(stable_checks)" = "1 1" ] || wrong+="$round: $(stable_checks); "
done
is "$bad" "" "$rounds snapshots of a host where all comes and goes"
is "$wrong" "" "what stays is in each, with its holder"

bad=''
for round in $(seq "$rounds"); do
	format=$([ $((round % 2)) = 0 ] && echo json || echo table)
	guard ls --format "$format" --all
	[ "$status" = 0 ] || bad+="ls $round: status $status; $(tail -c 200 "$work/err") "
	[ "$format" = table ] || jq -e .objects "$work/out" >/dev/null || bad+="ls $round: no JSON "
done
is "$bad" "" "$rounds lists"

bad=''
for round in $(seq "$rounds"); do
	guard audit --format json
	{ [ "$status" -le 1 ] || [ "$status" = 3 ]; } && jq -e .results "$work/out" >/dev/null ||
		bad+="audit $round: status $status; $(tail -c 200 "$work/err") "
done
is "$bad" "" "$rounds audits"

if has_verb show; then
	bad=''
	for round in $(seq "$rounds"); do
		sleep 0.01 &
		guard show $!
		[ "$status" = 0 ] || [ "$status" = 3 ] || \
			bad+="show $round: status $status; $(tail -c 200 "$work/err") "
		guard show "/churn.$((round % 7))"
		[ "$status" = 0 ] || [ "$status" = 3 ] || \
			bad+="show churn $round: status $status; $(tail -c 200 "$work/err") "
	done
	is "$bad" "" "$rounds looks at a process and a file that end meanwhile"
fi
release churn

# A name that is replaced by what must not be opened or followed.
hold planted fifo name=fifo mode=0666 , symlink name=endless target=/dev/zero , symlink name=loop target=loop , \
	symlink name=secret target=/etc/shadow , socket name=socket , directory name=huge entries=50000
begun=$SECONDS
guard audit --format json
[ "$status" -le 1 ]
ok $? "an audit with a FIFO, links and 50,000 files in a directory ends" "status $status $(cat "$work/err")"
look
is "$(fact '[.objects[] | select((.name // "") | test("huge/[0-9]+$"))] | length')" 50000 "each of which is listed"
is "$(fact '.objects[] | select((.name // "") | test("/(endless|secret)$")) 
	| select(.size > 4096 or .content != null) | .name')" "" \
	"and no link was followed"
ok $((SECONDS - begun > 20)) "in less than 20 seconds"

finish
