#!/usr/bin/env bash
# Everything that parses, against bytes that nobody meant, under ASan and UBSan. What is found stays
# in build/fuzz/found. Usage: scripts/fuzz.sh [SECONDS=60]   (for each target, two at a time)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz
seconds=${1:-60}
build=build/fuzz
mkdir -p $build/found

# A target and the files it begins with; what it learns is kept for the next run.
run() {
  local target=$1 corpus=$build/corpus/$1 log=$build/found/$1.log
  shift
  mkdir -p "$corpus"
  local seed
  for seed in "$@"; do cp -- "$seed" "$corpus/${seed//\//-}"; done
  if "$build/bin/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$build/found/$target-" "$corpus" >"$log" 2>&1; then
    echo "$target: nothing found; $(grep '^Done ' "$log")"
  else
    echo "$target: FOUND SOMETHING, see $log" >&2
    return 1
  fi
}

pids=()
start() {
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
  run "$@" &
  pids+=($!)
}
shopt -s nullglob
fixtures=tests/exchange/fixtures
start ini_fuzz config/*.ini tests/agent/fixtures/*.ini
start rules_fuzz config/rules/*.ini
start task_file_fuzz tests/agent/fixtures/*.ini docs/examples/*.ini
start frame_fuzz
start http_fuzz
start tmx_fuzz $fixtures/*.tmx
start tbx_fuzz $fixtures/*.tbx
start xliff_fuzz $fixtures/*.xlf $fixtures/*.*xliff
start glossary_fuzz
status=0
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit $status
