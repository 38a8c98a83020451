#!/usr/bin/env bash
# Probe pages per second, the server on one core. Usage: bench/http_pages.sh BIN-FOLDER [SECONDS]
# Goal: 5,000 GET/s. Both threads of the server (HTTP, and the one that renders) share the core;
# wrk runs on the others. Each connection ends after 100 requests, as with any client.
set -euo pipefail
bin=$1
seconds=${2:-5}
port=18480
server_core=0
others=$([ "$(nproc)" -gt 1 ] && echo "1-$(($(nproc) - 1))" || echo 0)
coproc server { exec taskset -c "$server_core" "$bin/http_echo_pages" "127.0.0.1:$port"; }
server_pid=$server_PID
trap 'kill "$server_pid" 2>/dev/null || true' EXIT
read -r url <&"${server[0]}"
size=$(curl -sf "$url" | wc -c)
result=$(taskset -c "$others" wrk -t1 -c64 -d"${seconds}s" --latency "$url")
rate=$(awk '/^Requests\/sec/ {print $2}' <<<"$result")
p99=$(awk '$1 == "99%" {print $2}' <<<"$result")
errors=$(grep -E 'Non-2xx|Socket errors' <<<"$result" || true)
echo "probe pages: $rate GET/s on one core, $size B each, p99 $p99, goal 5000 ${errors:+($errors)}"
awk -v rate="$rate" 'BEGIN {exit !(rate >= 5000)}' || { echo "below the goal" >&2; exit 1; }
