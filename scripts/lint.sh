#!/usr/bin/env bash
# clang-tidy with the few checks of .clang-tidy, each an error, over what is shipped.
# Usage: scripts/lint.sh [FILE…]   (all: half an hour on two cores)
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${LINT_PACKAGES[@]}"
cmake --preset release >/dev/null
cmake --build --preset release  # headers that are generated
[ $# -gt 0 ] || set -- {agent,broker,cli,config,exchange,rules,store,wire}/*.cpp
# What cmake/libraries.cmake tells clang 14 of its own coroutines, which release is not built with.
clang=(-Wno-unknown-warning-option -D__cpp_impl_coroutine=201902L -DBOOST_ASIO_HAS_CO_AWAIT
  -DBOOST_ASIO_HAS_STD_COROUTINE)
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" \
  clang-tidy -p build/release --quiet "${clang[@]/#/--extra-arg=}"
