#!/usr/bin/env bash
# A real broker's probe pages: GET of one live page, and people who each load their page and press its
# button, which is on disk before it is answered. Usage: bench/probe_links.sh BIN-FOLDER [LINKS]
# Goals: 5,000 GET/s with the broker on one core, 1,000 presses/s.
set -euo pipefail
bin=$1
links=${2:-80000}
here=$(cd "$(dirname "$0")" && pwd)
relay_port=18491
http_port=18490
people=64
server_core=0
others=$([ "$(nproc)" -gt 1 ] && echo "1-$(($(nproc) - 1))" || echo 0)
dir=$(mktemp -d "${TMPDIR:-/tmp}/yizhan-links.XXXXXX")
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT

cat >"$dir/rules.ini" <<'INI'
[preset offer]
for.kind = task
expect = accepted
interval = 1h
duration = 1d
on_interval.1 = resend
on_expire.1 = set_state state=expired

[activation taken]
when.state = accepted
do.1 = set_state state=accepted
INI
cat >"$dir/broker.ini" <<INI
[broker]
listen = tcp://127.0.0.1:$relay_port
http_listen = 127.0.0.1:$http_port
http_connections = 1024
http_requests_per_minute = 0
state_dir = $dir
enroll = auto
[rules]
path = $dir/rules.ini
INI
start() {
  taskset -c "$server_core" "$bin/yizhan-broker" --config "$dir/broker.ini" >>"$dir/log" 2>&1 &
  pid=$!
  until curl -sf "http://127.0.0.1:$http_port/healthz" >/dev/null; do
    kill -0 "$pid" || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
  done
}
stop() { kill "$pid"; wait "$pid" || true; pid=; }

start
"$bin/durable_messages" "tcp://127.0.0.1:$relay_port" "$dir/broker.pub" "$links" 4 task >/dev/null
stop
"$bin/probe_links" "$dir" >"$dir/links"
[ "$(wc -l <"$dir/links")" = "$links" ] || { echo "not every task has a probe" >&2; exit 1; }
start
url=http://127.0.0.1:$http_port
got=$(taskset -c "$others" wrk -t1 -c"$people" -d5s --latency "$url$(tail -n1 "$dir/links")")
pressed=$(taskset -c "$others" wrk -t"$people" -c"$people" -d5s --latency \
  -s "$here/press_buttons.lua" "$url" -- "$dir/links" "$people")
stop
get_rate=$(awk '/^Requests\/sec/ {print $2}' <<<"$got")
get_p99=$(awk '$1 == "99%" {print $2}' <<<"$got")
read -r done wrong seconds < <(awk '/^pressed/ {print $2, $4, $6}' <<<"$pressed")
kept=$(python3 - "$dir/server.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("SELECT COUNT(DISTINCT message) FROM activation WHERE state = 'accepted'").fetchone()[0])
PY
)
press_rate=$(awk -v n="$done" -v s="$seconds" 'BEGIN {printf "%.0f", n / s}')
errors=$(grep -E 'Non-2xx|Socket errors' <<<"$got" || true)
echo "live probe page: $get_rate GET/s, p99 $get_p99, goal 5000${errors:+ ($errors)}"
echo "page loaded and button pressed by $people people: $press_rate presses/s, goal 1000" \
  "($done answered, $kept on disk, $wrong wrong)"
[ -z "$errors" ] || exit 1
[ "$kept" -ge "$done" ] && [ "$wrong" = 0 ] || { echo "an answer is not on disk" >&2; exit 1; }
awk -v get="$get_rate" -v press="$press_rate" 'BEGIN {exit !(get >= 5000 && press >= 1000)}' ||
  { echo "below a goal" >&2; exit 1; }
