#!/bin/bash
# SPDX-License-Identifier: MIT
# Every JSON document is what docs/schema/ says that it is, whatever names and objects there are.
: "${SCHEMAS:=$(cd "$(dirname "$0")" && pwd)/../../docs/schema}"
export SCHEMAS
. "$(dirname "$0")/lib.sh"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || { echo "1..0 # SKIP needs python3-jsonschema"; exit 0; }

validate() { # KIND FILE: prints what is wrong
	/usr/bin/python3 - "$SCHEMAS/$1.json" "$2" <<'PYTHON'
import json, sys
import jsonschema
schema, document = (json.load(open(path)) for path in sys.argv[1:3])
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
errors = list(validator(schema).iter_errors(document))
for error in errors[:5]:
    print("/".join(map(str, error.absolute_path)), error.message[:200])
sys.exit(bool(errors))
PYTHON
}
fulfils() { # KIND ARGUMENT…
	local kind=$1 wrong
	shift
	guard "$@"
	wrong=$(validate "$kind" "$work/out" 2>&1)
	ok $? "$kind: shmguard $*" "$wrong"
}

hold many sysv size=4096 mode=0666 , posix name=a mode=0666 , posix name=b hold=none , memfd name=m , anonymous , \
	semaphore name=s , symlink name=l
: >"/dev/shm/"$'esc\033[31m\n\xff\\'
pid=$(made many pid)

fulfils ls ls --format json
fulfils ls ls --orphans --format json
fulfils ls-by ls --by process --format json
fulfils ls-by ls --by user --format json
fulfils show show /a --format json
fulfils show-process show "$pid" --format json
fulfils audit audit --format json
printf '[allow a]\nobject = /a\nreason = wanted\n' >"$work/policy.ini"
fulfils audit audit --policy "$work/policy.ini" --format json
is "$(query '[.allowed[].reason] | unique | join(",")')" wanted "with what the policy allows"
fulfils checks audit --list-checks --format json
fulfils snapshot snapshot
cp "$work/out" "$work/snapshot.json"
fulfils ls ls --from "$work/snapshot.json" --format json
fulfils audit audit --from "$work/snapshot.json" --since "$work/snapshot.json" --format json

# A schema that takes anything would prove nothing.
for change in '.objects[0].kind = "nonsense"' '.objects[0].size = -1' '.objects[0].mode = 438' '.objects[0].more = 1' \
	'.version = 2' 'del(.schema)' '.host = 1'; do
	jq "$change" "$work/snapshot.json" >"$work/changed.json"
	! validate snapshot "$work/changed.json" >"$work/log" 2>&1
	ok $? "the schema refuses: $change"
done
finish
