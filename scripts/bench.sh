#!/usr/bin/env bash
# Every benchmark beside its peers and limits, in one run. Usage: scripts/bench.sh [NAME…]
# Names: messages latency burst idle rules probes store pages history (all without one).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}" python3
cmake --preset bench >/dev/null
cmake --build --preset bench >/dev/null
bin=$PWD/build/bench/bin
scratch=$(mktemp -d "${TMPDIR:-/tmp}/yizhan-bench.XXXXXX")
pids=()
finish() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
wanted=" ${*:-messages latency burst idle rules probes store pages history} "
want() { [[ $wanted == *" $1 "* ]]; }

rabbit() { # a quorum queue with publisher confirms: on disk at the confirm
  cc -O2 -w -o "$scratch/rabbit_pub" bench/peers/rabbit_pub.c -lrabbitmq
  export RABBITMQ_NODENAME=bench@localhost RABBITMQ_MNESIA_BASE=$scratch/rabbit
  export RABBITMQ_LOG_BASE=$scratch/rabbit RABBITMQ_NODE_PORT=15672
  export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 ERL_EPMD_ADDRESS=127.0.0.1 HOME=$scratch
  /usr/lib/rabbitmq/bin/rabbitmq-server >"$scratch/rabbit.log" 2>&1 &
  local pid=$!
  for _ in $(seq 100); do
    "$scratch/rabbit_pub" 15672 1000 512 quorum >/dev/null 2>&1 && break
    sleep 0.5
  done
  "$scratch/rabbit_pub" 15672 100000 512 quorum | sed 's/^/RabbitMQ quorum: /'
  kill $pid; wait $pid 2>/dev/null || true
}
nats() { # JetStream, file store; acknowledges before fsync
  cc -O2 -w -o "$scratch/nats_pub" bench/peers/nats_pub.c -lnats
  printf 'listen: 127.0.0.1:14222\njetstream { store_dir: "%s" }\n' "$scratch/nats" >"$scratch/nats.conf"
  nats-server -c "$scratch/nats.conf" >"$scratch/nats.log" 2>&1 &
  local pid=$!
  sleep 1
  "$scratch/nats_pub" nats://127.0.0.1:14222 200000 512 | sed 's/^/NATS JetStream: /'
  kill $pid; wait $pid 2>/dev/null || true
}
ours() { # ROUND KIND
  local port=$((18500 + $1)) dir=$scratch/broker$1
  mkdir -p "$dir"
  printf '[broker]\nlisten = tcp://127.0.0.1:%s\nstate_dir = %s\nenroll = auto\n[rules]\npath = %s\n' \
    "$port" "$dir" "$PWD/config/rules" >"$dir.ini"
  "$bin/yizhan-broker" --config "$dir.ini" >"$dir.log" 2>&1 &
  local pid=$!
  until "$bin/yizhan" --config "$dir.ini" status >/dev/null 2>&1; do sleep 0.1; done
  "$bin/durable_messages" "tcp://127.0.0.1:$port" "$dir/broker.pub" 300000 8 "$2" | sed "s/^/Yizhan, kind $2: /"
  kill $pid; wait $pid 2>/dev/null || true
}

if want messages; then
  echo "== durable messages per second, 512 B, goals: 2 x RabbitMQ, 0.5 x SQLite"
  "$bin/sqlite_rows" "$scratch/a.db" 300000 1000
  ours 1 data
  rabbit
  ours 2 data
  nats
  ours 3 data
  ours 4 task
  "$bin/sqlite_rows" "$scratch/b.db" 300000 1000
fi
if want latency; then echo "== dropped file to handler"; python3 bench/handler_latency.py "$bin"; fi
if want burst; then echo "== burst of files"; python3 bench/file_burst.py "$bin"; fi
if want idle; then echo "== idleness"; python3 bench/idle.py "$bin"; fi
if want rules; then echo "== rule matching"; "$bin/rules_match"; fi
if want probes; then echo "== pending probes"; "$bin/pending_probes" "$scratch/probes"; fi
if want store; then echo "== store"; "$bin/store_insert"; fi
if want history; then
  echo "== history: a memory of a million units"
  "$bin/tmx_import" 1000000
  python3 bench/history_sync.py "$bin" 1000000
fi
if want pages; then
  echo "== probe pages"
  bench/http_pages.sh "$bin"
  bench/probe_links.sh "$bin"
fi
