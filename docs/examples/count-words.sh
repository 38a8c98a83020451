#!/bin/sh
# An example handler: gets a delivered task file and its folder, and says how much work it is.
# What it prints and its exit status go back to the sender as a status message.
set -eu
task=$1
folder=$2
echo "task: $(sed -n 's/^name = //p' "$task" | head -n 1)"
for attachment in "$folder"/*; do
  case $attachment in *.ini) continue ;; esac
  [ -f "$attachment" ] || continue
  echo "$(basename "$attachment"): $(wc -l <"$attachment") segments, $(wc -w <"$attachment") words"
done
