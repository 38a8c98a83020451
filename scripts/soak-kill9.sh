#!/usr/bin/env bash
# 10,000 tasks while broker and agents are killed with -9, 1,000 times each. Usage: scripts/soak-kill9.sh [KILLS]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
cmake --preset release >/dev/null
cmake --build --preset release
python3 tests/system/kill9.py build/release/bin 10000 "${1:-1000}"
