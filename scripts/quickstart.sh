#!/usr/bin/env bash
# Yizhan in one command on a fresh Debian 12: installs packages, builds, starts a broker on embedded
# SQLite and three agents in a scratch folder, relays real task files between them, lets the
# translator's handler run a program on what was delivered, and prints each message's trace.
# Usage: scripts/quickstart.sh [--keep]      --keep leaves everything running and says how to go on
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
keep=no
case ${1:-} in
  '') ;;
  --keep) keep=yes ;;
  *) echo "usage: scripts/quickstart.sh [--keep]" >&2; exit 2 ;;
esac

. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}"
echo "Building (a few minutes the first time)…"
cmake --preset release >/dev/null
cmake --build --preset release --target yizhan-broker yizhan-agent yizhan
bin=$top/build/release/bin

scratch=$(mktemp -d "${TMPDIR:-/tmp}/yizhan-quickstart.XXXXXX")
pids=()
finish() {
  local status=$?
  if [ "$keep" = yes ] && [ "$status" -eq 0 ]; then return; fi
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  if [ "$status" -eq 0 ]; then rm -rf "$scratch"; else echo "failed; logs are in $scratch" >&2; fi
}
trap finish EXIT

# ---- configuration: one broker, three people
port=$(python3 - 2>/dev/null <<'PY' || echo 18470
import socket
s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])
PY
)
mkdir -p "$scratch/broker"
cat >"$scratch/broker.ini" <<INI
[broker]
listen = tcp://127.0.0.1:$port
state_dir = $scratch/broker
enroll = auto

[rules]
path = $top/config/rules
INI

agent_ini() { # USER: an agent with one watched folder
  mkdir -p "$scratch/$1/inbox"
  cat >"$scratch/$1.ini" <<INI
[agent]
state_dir = $scratch/$1/state
user = $1
brokers = tcp://127.0.0.1:$port
broker_key_file = $scratch/broker/broker.pub

[watch inbox]
path = $scratch/$1/inbox
mode = managed
INI
}
agent_ini zhang.min   # project manager
agent_ini li.wei      # translator
agent_ini wang.fang   # reviser and terminologist
cat >>"$scratch/li.wei.ini" <<INI

[handler count-words]
when.kind = task
run = $top/docs/examples/count-words.sh {file} {folder}
INI

# ---- start
await() { # WHAT SECONDS COMMAND…: until the command succeeds
  local what=$1 seconds=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then echo "gave up waiting for $what" >&2; return 1; fi
    sleep 0.05
  done
}
"$bin/yizhan-broker" --config "$scratch/broker.ini" >"$scratch/broker.log" 2>&1 &
pids+=($!)
operator=("$bin/yizhan" --config "$scratch/broker.ini")
await "the broker" 20 "${operator[@]}" status
for user in zhang.min li.wei wang.fang; do
  "$bin/yizhan-agent" --config "$scratch/$user.ini" >"$scratch/$user.log" 2>&1 &
  pids+=($!)
done
for user in zhang.min li.wei wang.fang; do
  await "$user to enrol" 20 "${operator[@]}" clients show "$user"
done
"${operator[@]}" clients set zhang.min --role pm --group PRJ-2026-0311 >/dev/null
"${operator[@]}" clients set li.wei --role translator --group PRJ-2026-0311 >/dev/null
"${operator[@]}" clients set wang.fang --role reviser --role terminologist >/dev/null
# The client's terms are hers to decide, in any project of his.
"${operator[@]}" slices allow HL-GEAR role:terminologist write >/dev/null
echo
echo "== who is there"
"${operator[@]}" clients list

# ---- three task files, dropped as any program would
id_of() { sed -n 's/^id = *//p' "$1" | head -n 1; }
reached() { # CONFIG ID PATTERN: the trace shows it
  "$bin/yizhan" --config "$scratch/$1.ini" trace "$2" --json | grep -Eq "$3"
}
# The examples tell of three days in March 2026; an offer that has ended would be withdrawn at once.
from_today() { # FILE: its text, with the days of all but its writing moved to tomorrow and after
  sed -E "/^created/!{s/2026-03-04T/$(date -d +1day +%F)T/; s/2026-03-05T/$(date -d +2days +%F)T/;
          s/2026-03-06T/$(date -d +3days +%F)T/}" "$1"
}
relay() { # SENDER FILE PATTERN ATTACHMENT…
  local user=$1 file=$2 pattern=$3 id
  shift 3
  id=$(id_of "docs/examples/$file")
  echo
  echo "== $user drops $file ($id)"
  for attachment in "$@"; do cp "docs/examples/$attachment" "$scratch/$user/inbox/"; done
  from_today "docs/examples/$file" > "$scratch/$user/$file"
  mv "$scratch/$user/$file" "$scratch/$user/inbox/"
  await "$file to arrive" 30 reached "$user" "$id" "$pattern"
  "$bin/yizhan" --config "$scratch/$user.ini" trace "$id"
}
relay zhang.min translate.ini '"what": *"done"' manual_R4.txt
echo
echo "-- what the translator's handler said:"
"$bin/yizhan" --config "$scratch/li.wei.ini" tasks show "$(id_of docs/examples/translate.ini)"
relay li.wei question.ini 'wang\.fang.*"delivered"|"delivered".*wang\.fang'
relay wang.fang reply.ini 'upsert_terms: 2 into HL-GEAR/PRJ-2026-0311/terms'

echo
echo "== every message accounted for"
"${operator[@]}" ledger

if [ "$keep" = yes ]; then
  disown -a
  cat <<TEXT

Everything keeps running. Go on by hand:
  $bin/yizhan new question --to user:zhang.min -o /tmp/q.ini     # write one, edit it
  cp /tmp/q.ini $scratch/li.wei/inbox/                           # drop it
  ls $scratch/li.wei/inbox                                       # q.ini.accepted
  $bin/yizhan --config $scratch/li.wei.ini tasks list
  $bin/yizhan --config $scratch/broker.ini events                # watch it live
Stop it:
  kill ${pids[*]} && rm -rf $scratch
TEXT
else
  echo
  echo "It works. Run it with --keep to go on by hand."
fi
