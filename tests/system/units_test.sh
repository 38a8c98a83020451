#!/usr/bin/env bash
# The systemd units: correct, and as closed as they were made. Usage: units_test.sh
set -euo pipefail
cd "$(dirname "$0")/../../packaging"
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not installed"; exit 77; }

systemd-analyze security --offline=true --no-pager --threshold=15 yizhan-broker.service >/dev/null ||
  { echo "yizhan-broker.service is more exposed than 1.5"; exit 1; }
systemd-analyze security --offline=true --no-pager --threshold=70 yizhan-agent.service >/dev/null ||
  { echo "yizhan-agent.service is more exposed than 7.0"; exit 1; }
# Words that systemd does not know. That the programs are not installed here is no error of theirs.
if systemd-analyze verify --man=no yizhan-broker.service yizhan-agent.service 2>&1 |
  grep -v 'is not executable' | grep -E 'yizhan.*(Unknown|Failed to parse|Invalid)'; then
  exit 1
fi
echo "units: ok"
