#!/usr/bin/env bash
# What Debian 12 must provide, in one place. Sourced by quickstart.sh and test.sh.

BUILD_PACKAGES=(
  g++ cmake ninja-build pkg-config ccache git ca-certificates
  libzmq3-dev cppzmq-dev libsqlite3-dev libmysqlcppconn-dev libinih-dev libspdlog-dev
  libprotobuf-dev protobuf-compiler nlohmann-json3-dev libcli11-dev libicu-dev libsodium-dev
  libre2-dev libexpat1-dev libssl-dev libsystemd-dev libmimalloc-dev libboost-dev catch2
)
# The real programs that tests run against.
TEST_PACKAGES=(
  mariadb-server sqlite3 strace file python3 xdg-utils shared-mime-info libglib2.0-bin
  desktop-file-utils curl openssl wget lftp vsftpd netcat-openbsd iproute2 mutt mpack chromium chromium-driver vim-tiny
  e2fsprogs mount procps systemd eatmydata
  omegat default-jre xvfb openbox xdotool imagemagick fonts-wqy-microhei libxml2-utils
)
# What the benchmarks compare with.
BENCH_PACKAGES=(
  rabbitmq-server librabbitmq-dev nats-server libnats-dev mosquitto mosquitto-clients
  libmosquitto-dev inotify-tools wrk
)
# What scripts/fuzz.sh builds with.
FUZZ_PACKAGES=(clang libclang-rt-14-dev llvm)
# What scripts/lint.sh looks with.
LINT_PACKAGES=(clang-tidy)

# install_packages PACKAGE…: installs what is missing and nothing else. Needs root only then.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These Debian packages are missing and must be installed by root: ${missing[*]}" >&2
      return 1
    }
    sudo=(sudo)
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  # No service is started by the installation: tests start their own, in folders of their own.
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
