#!/usr/bin/env bash
# 1,000 power cuts each of broker and agent (about half an hour; needs root for mount).
# Usage: scripts/soak-powercut.sh [CUTS]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
cmake --preset release >/dev/null
cmake --build --preset release
for who in broker agent; do
  python3 tests/system/powercut.py build/release/bin "$who" "${1:-1000}"
done
