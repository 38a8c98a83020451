#!/usr/bin/env bash
# clang-tidy with the few checks of .clang-tidy, each an error, over what is shipped.
# Usage: scripts/lint.sh [FILE…]   (all: a quarter of an hour on two cores)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${LINT_PACKAGES[@]}"
cmake --preset release >/dev/null
cmake --build --preset release  # headers that are generated
[ $# -gt 0 ] || set -- {agent,broker,cli,config,exchange,rules,store,wire}/*.cpp
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" \
  clang-tidy -p build/release --quiet --extra-arg=-Wno-unknown-warning-option
