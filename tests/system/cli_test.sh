#!/usr/bin/env bash
# The command line against a real broker and real agents: what it prints, and its exit codes.
# Usage: cli_test.sh BIN
set -euo pipefail
bin=$(readlink -f "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/yizhan-cli.XXXXXX")
port=$((20000 + $$ % 20000))
pids=()
finish() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  for lock in "$scratch"/*/agent.lock "$scratch"/*/*/agent.lock; do # agents that `open` started
    [ ! -f "$lock" ] || kill "$(cat "$lock")" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
cd "$scratch"

failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
# expect CODE TEXT WORD…: the command ends with CODE and says TEXT (a regular expression) somewhere.
expect() {
  local code=$1 text=$2 out rc=0
  shift 2
  out=$("$@" 2>&1) || rc=$?
  [ "$rc" = "$code" ] || fail "$* ended with $rc, not $code: $out"
  grep -qE -- "$text" <<<"$out" || fail "$* did not say /$text/ but: $out"
}
# until_ok WORD…: the command succeeds within 10 s.
until_ok() {
  for _ in $(seq 100); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  fail "never: $*"
}
agent_ini() { # NAME USER [STATE_DIR]
  printf '[agent]\nstate_dir = %s\nuser = %s\nbrokers = tcp://127.0.0.1:%s\nbroker_key_file = %s\nheartbeat_interval = 1s\n' \
    "${3:-$scratch/$1}" "$2" "$port" "$scratch/broker/broker.pub" >"$1.ini"
}
yizhan() { "$bin/yizhan" "$@"; }

printf '[broker]\nlisten = tcp://127.0.0.1:%s\nstate_dir = broker\nenroll = pending\n' "$port" >broker.ini
agent_ini pm zhang.min
agent_ini li li.wei
sed -i "/^\[agent\]/a projects_dir = $scratch/jobs" li.ini
operator=(yizhan --config broker.ini)
pm=(yizhan --config pm.ini)
li=(yizhan --config li.ini)

# --- nothing runs yet
expect 0 'yizhan 0\.' yizhan --version
expect 0 'Examples' yizhan --help
expect 2 'did you mean "status"' yizhan stauts
expect 2 'yizhan config sample' yizhan --config nowhere.ini status
expect 3 'start it with: yizhan-broker --config' "${operator[@]}" status
expect 3 'start it with: yizhan-agent --config' "${pm[@]}" status
expect 4 "operator" "${pm[@]}" clients list
expect 2 'asked of an agent' "${operator[@]}" report 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01 done
expect 0 'ok: the configuration of a broker' yizhan config check broker.ini
printf '[broker]\nlisen = x\n' >bad.ini
expect 1 'bad.ini:2: ' yizhan config check bad.ini
expect 2 'bad.ini:2: ' yizhan --config bad.ini status
for daemon in agent broker; do
  yizhan config sample $daemon >sample.ini
  expect 0 'ok' yizhan config check sample.ini
done
expect 1 'cannot start: .*bad.ini:2' "$bin/yizhan-broker" --config bad.ini
expect 1 'cannot start: .*broker.pub.*broker_key' "$bin/yizhan-agent" --config pm.ini
expect 2 'config FILE is missing' "$bin/yizhan-agent"

# --- task files, without a daemon
expect 0 '' yizhan new question --to user:li.wei -o q.ini
expect 1 'exists already' yizhan new question -o q.ini
expect 2 'no kind of message' yizhan new qestion
expect 0 'ok: question' yizhan check q.ini
expect 1 'broker.ini: not a task file' yizhan check q.ini broker.ini
expect 0 'complete -o filenames' yizhan completion bash

# --- signing, without a daemon
yizhan new question --to user:li.wei -o signed.ini
expect 1 'signed.ini:1: .*needs sender = zhang.min' "${pm[@]}" sign signed.ini
sed -i 's/^recipient/sender = zhang.min\nrecipient/' signed.ini
chmod 640 signed.ini
expect 1 'exists already' "${pm[@]}" sign signed.ini -o q.ini
expect 0 '' "${pm[@]}" sign signed.ini
expect 1 'signed already' "${pm[@]}" sign signed.ini
expect 0 'ok: question' yizhan check signed.ini
[ "$(stat -c %a signed.ini)" = 640 ] || fail "signing changed the rights"
[ "$(stat -c %a pm/signing.key)" = 600 ] || fail "others may read the signing key"
expect 2 'asked of an agent' "${operator[@]}" key
"${pm[@]}" --json key | python3 -c 'import json,sys; assert json.load(sys.stdin)["user"] == "zhang.min"' ||
  fail "key --json"
"${pm[@]}" key >>li.ini # what it prints is what the receiver adds
expect 0 'ok: the configuration of an agent' yizhan config check li.ini

# --- open while the agent cannot be started: kept, exit 3
mkdir alone && cp "$bin/yizhan" alone/
expect 3 'spool and is taken when the agent starts' alone/yizhan --config pm.ini open q.ini
[ "$(find pm/spool -name q.ini | wc -l)" = 1 ] || fail "q.ini is not in the spool"

# --- the broker
"$bin/yizhan-broker" --config broker.ini >broker.log 2>&1 &
pids+=($!)
until_ok "${operator[@]}" status
grep -q "listening on tcp://127.0.0.1:$port" broker.log || fail "the broker did not say where"
expect 1 'running already' "$bin/yizhan-broker" --config broker.ini
sed "s/state_dir = broker/state_dir = other/" broker.ini >taken.ini
expect 74 "another program has this port" "$bin/yizhan-broker" --config taken.ini
chmod 644 broker/admin.key
expect 4 'chmod 600' "${operator[@]}" status
chmod 600 broker/admin.key

# --- open starts the agent; what waited in the spool is taken too
yizhan new question --to user:li.wei -o q2.ini
expect 0 'q2.ini: handed to the agent' "${pm[@]}" open q2.ini
until_ok "${pm[@]}" status
expect 1 'broker.ini is not a task file' "${pm[@]}" open broker.ini
expect 1 'No such file' "${pm[@]}" open nothing.ini
TZ=:Asia/Shanghai "$bin/yizhan-agent" --config li.ini >li.log 2>&1 &
pids+=($!)
until_ok "${li[@]}" status

# --- clients
waiting() { [ "$("${operator[@]}" --json clients list | grep -o pending | wc -l)" = "$1" ]; }
until_ok waiting 2
for user in zhang.min li.wei; do
  expect 0 'accepted' "${operator[@]}" clients accept $user
  expect 0 "user:$user" "${operator[@]}" ping user:$user || true
done
expect 0 'reviser' "${operator[@]}" clients set li.wei --role reviser --role guest --no-role guest --group PRJ-1
expect 1 'no client has' "${operator[@]}" clients show nobody
expect 0 '"zone":"Asia/Shanghai","zone_by":"agent"' "${operator[@]}" --json clients show li.wei
expect 0 'zone by +operator' "${operator[@]}" clients set li.wei --zone Asia/Tokyo
expect 0 '"zone":"Asia/Shanghai","zone_by":"agent"' "${operator[@]}" --json clients set li.wei --zone ""

# --- messages arrive
arrived() { [ "$("${li[@]}" --json tasks list | grep -o '"kind":"question"' | wc -l)" = "$1" ]; }
until_ok arrived 2
id=$(sed -n 's/^id = //p' q2.ini)
expect 0 'broker +2.*stored|stored' "${pm[@]}" trace "$id"
expect 0 'delivered' "${operator[@]}" trace "$id"
expect 0 'category = terminology' "${li[@]}" tasks show "$id"
expect 0 'ready|done' "${li[@]}" report "$id" done --reason 好的
expect 1 'has no message' "${pm[@]}" trace 0190b3a2-0000-7e52-9f0a-3d5e8c1b2a01
expect 2 'one of|ID is required' "${pm[@]}" tasks show
expect 0 'balanced +yes' "${pm[@]}" ledger
expect 0 'balanced +yes' "${operator[@]}" ledger
expect 0 'none' "${operator[@]}" dead list

# --- a signed file past the broker: taken, unless it was changed
expect 0 'handed' "${li[@]}" open signed.ini
until_ok "${li[@]}" tasks show "$(sed -n 's/^id = //p' signed.ini)"
sed "s/^id = .*/id = 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01/" signed.ini >forged.ini
expect 0 'handed' "${li[@]}" open forged.ini
until_ok grep -rq 'unverified: .*changed after it was signed' li/rejected

# --- a job is delivered with its documents, and approved
task=0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a77
printf '[yizhan]\nversion = 1\nkind = task\nid = %s\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:li.wei\n' "$task" >job.ini
printf '[project]\nid = PRJ-9\n[job]\nid = J-1\ntype = translate\nsource_lang = en-US\ntarget_lang = zh-CN\n' >>job.ini
printf 'due = 2027-03-06T18:00:00Z\n[files]\nfile.1 = manual.txt\n[end]\n' >>job.ini
printf 'The pump is running.\n' >manual.txt
expect 0 'handed' "${pm[@]}" open job.ini
job="$scratch/jobs/PRJ-9 J-1"
until_ok test -f "$job/source/manual.txt"
expect 1 'those of tasks are: PRJ-9 J-1' "${li[@]}" deliver PRJ-9
expect 1 'nothing has been exported' "${li[@]}" deliver 'PRJ-9 J-1'
expect 2 'JOB is required' "${li[@]}" deliver
expect 1 'nobody has delivered' "${pm[@]}" report "$task" approved
mkdir -p "$job/target/part"
printf '泵在运行。\n' >"$job/target/part/manual.txt"
refused() { # TEXT
  local out
  if out=$("${li[@]}" deliver 'PRJ-9 J-1' 2>&1); then return 1; fi
  grep -q -- "$1" <<<"$out"
}
until_ok refused 'not known how much is translated.*--yes'
expect 0 'to +user:zhang.min' "${li[@]}" deliver "$job" --yes
expect 0 'again +yes' "${li[@]}" deliver "$task" --yes
expect 0 'state +delivered' "${li[@]}" tasks show "$task"
received() { grep -q 泵 pm/inbox/*/part_manual.txt; }
until_ok received
expect 0 'state +delivered' "${operator[@]}" tasks show "$task"
expect 0 'delivered, files: 1' "${pm[@]}" trace "$task"
expect 0 'delivered' "${operator[@]}" trace "$task"
expect 1 'only who gave' "${li[@]}" report "$task" approved
expect 0 'state +rework' "${pm[@]}" report "$task" rework --reason '见第 3 页'
stands() { "${li[@]}" tasks show "$task" | grep -q "state *$1"; }
until_ok stands in_progress
expect 0 'again +no' "${li[@]}" deliver "$task" manual.txt
expect 0 'state +approved' "${pm[@]}" report "$task" approved
until_ok stands 'done'
expect 0 'state +approved' "${operator[@]}" tasks show "$task"

# --- JSON is one document, for every verb that reads
for verb in status "tasks list" ledger "dead list" ping "trace $id" "tasks show $id"; do
  # shellcheck disable=SC2086
  for side in pm.ini broker.ini; do
    yizhan --json --config $side $verb | python3 -c 'import json,sys; json.load(sys.stdin)' ||
      fail "--json $verb with $side is not one document"
  done
done

# --- output to a closed pipe ends the command, quietly
set +o pipefail
yizhan --help | head -c 1 >/dev/null
"${operator[@]}" clients list | true
(timeout 20 "$bin/yizhan" --config broker.ini --json events; echo $? >events.rc) | head -n 1 >events.out &
reader=$!
until_ok grep -q listening events.out
yizhan new question --to user:li.wei -o q3.ini
expect 0 'handed' "${pm[@]}" open q3.ini
wait $reader
until_ok test -s events.rc
[ "$(cat events.rc)" = 0 ] || fail "events with a closed pipe ended with $(cat events.rc)"
set -o pipefail

# --- rules
printf '[data-state r]\nwhen.kind = question\ndo.1 = set_state state=routed\n' >rules.ini
printf '[data-state r]\nwhen.kin = question\ndo.1 = set_sate state=x\n' >badrules.ini
expect 0 'ok: 1 rows' yizhan rules check rules.ini
expect 1 'badrules.ini:2' yizhan rules check badrules.ini
expect 1 'badrules.ini:3' "${operator[@]}" rules apply badrules.ini
expect 0 'version +1' "${operator[@]}" rules apply rules.ini
expect 0 'set_state' "${operator[@]}" rules show
expect 4 'operator' "${pm[@]}" rules show

# --- the audit log
expect 0 'rules\.apply' "${operator[@]}" audit list
expect 0 'operator [^ ]+ +clients\.set' "${operator[@]}" audit list --limit 20
expect 0 '"act":"clients.accept"' "${operator[@]}" --json audit list
expect 0 'whole +yes' "${operator[@]}" audit verify
head=$("${operator[@]}" --json audit verify | sed 's/.*"head":"\([0-9a-f]*\)".*/\1/')
expect 0 "noted +[0-9]" "${operator[@]}" audit verify --noted "$head"
expect 1 'no row has the noted hash' "${operator[@]}" audit verify --noted "$(printf 'a%.0s' $(seq 64))"
expect 1 'is no hash' "${operator[@]}" audit verify --noted abc
expect 4 'operator' "${pm[@]}" audit verify

# --- a revoked client is told so
expect 0 'revoked' "${operator[@]}" clients revoke li.wei
rejected() { "${li[@]}" --json status | grep -q rejected; }
until_ok rejected

# --- a state folder whose socket name is longer than the system allows
long=$scratch/$(printf 'l%.0s' $(seq 120))
agent_ini long anna "$long"
yizhan new question --to user:li.wei -o q4.ini
expect 0 'handed' yizhan --config long.ini open q4.ini
expect 0 'anna' yizhan --config long.ini status

# --- HUP opens the log anew, TERM is a clean stop
printf 'log_file = %s\n' "$scratch/log.txt" >>long.ini
old=$(cat "$long/agent.lock")
kill "$old"
until_ok sh -c "! kill -0 $old"
"$bin/yizhan-agent" --config long.ini &
long_pid=$!
until_ok yizhan --config long.ini status
mv log.txt log.old
kill -HUP $long_pid
until_ok test -f log.txt
rc=0
kill -TERM $long_pid
wait $long_pid || rc=$?
[ $rc = 0 ] || fail "the agent ended with $rc on TERM"
grep -q stopped log.txt || fail "the agent did not log its stop in the new file"

if [ $failures -gt 0 ]; then
  tail -n 20 broker.log li.log >&2
  exit 1
fi
echo "cli: ok"
