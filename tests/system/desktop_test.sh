#!/bin/sh
# What a desktop makes of task files once `yizhan desktop install` has run: their type by content,
# the program that opens them, and that other INI files stay what they were. Works without a screen.
#
#   desktop_test.sh PROGRAM     the built yizhan; any program that knows `desktop install`
set -eu
samples=$(cd "$(dirname "$0")/../.." && pwd)/../shared/samples/tasks

program=$(realpath "$1")
for tool in xdg-mime gio update-mime-database; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch/home" XDG_DATA_HOME="$scratch/data" XDG_CONFIG_HOME="$scratch/config"
export XDG_CURRENT_DESKTOP=GNOME  # xdg-mime then asks gio, as every GTK program does
unset DISPLAY WAYLAND_DISPLAY
mkdir -p "$HOME" "$scratch/files"
cd "$scratch/files"

failures=0
expect() {  # WHAT WANTED FOUND
  if [ "$2" = "$3" ]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: wanted '$2', found '$3'"
    failures=$((failures + 1))
  fi
}
type_of() { xdg-mime query filetype "$1"; }

task='application/x-yizhan-task'
body='version = 1\r\nkind = data\r\n[end]\r\n'
printf "[yizhan]\n$body" > plain.ini
printf "[yizhan]\n$body" > no_extension
printf "\357\273\277[yizhan]\r\n$body" > bom.ini
printf "; yizhan-task/1\n; from the project manager\n\n[yizhan]\n$body" > comment.ini
printf "# a comment\r\n[yizhan]\r\n$body" > hash.ini
printf "\n\n[yizhan]\n$body" > blank.ini
printf "\357\273\277; 任务\n[yizhan]\n$body" > bom_comment.ini
printf "[yizhan]\n$body" | iconv -f UTF-8 -t UTF-16LE | { printf '\377\376'; cat; } > utf16le.ini
printf "[yizhan]\n$body" | iconv -f UTF-8 -t UTF-16BE | { printf '\376\377'; cat; } > utf16be.ini
printf "; 任务\r\n[yizhan]\n$body" | iconv -f UTF-8 -t UTF-16LE | { printf '\377\376'; cat; } \
  > utf16_comment.ini
printf "told by its name" > by_name.ytask
printf "told by its name" > by_name.yizhan
ours="plain.ini no_extension bom.ini comment.ini hash.ini blank.ini bom_comment.ini
      utf16le.ini utf16be.ini utf16_comment.ini by_name.ytask by_name.yizhan"

printf "[.ShellClassInfo]\r\nIconIndex=0\r\n" > desktop.ini
printf "[PHP]\nengine = On\n; see [yizhan]\n[yizhan]\n" > php.ini
printf "A letter about [yizhan] files.\n" > letter.txt
printf "; yizhan\n[other]\nk = v\n" > other.ini
others="desktop.ini php.ini letter.txt other.ini"

for file in $others; do type_of "$file" > "$file.before"; done

"$program" desktop install

for file in $ours; do expect "$file is a task file" "$task" "$(type_of "$file")"; done
for file in $others; do expect "$file is what it was" "$(cat "$file.before")" "$(type_of "$file")"; done
expect "the default application" yizhan.desktop "$(xdg-mime query default $task)"
expect "gio's default application" yizhan.desktop \
  "$(gio mime $task | sed -n '1s/.*: //p')"
if command -v desktop-file-validate >/dev/null; then
  expect "the desktop entry is valid" "" \
    "$(desktop-file-validate "$XDG_DATA_HOME/applications/yizhan.desktop" 2>&1)"
fi
if [ -d "$samples" ]; then
  for file in "$samples"/*.ini; do
    expect "the sample $(basename "$file")" "$task" "$(type_of "$file")"
  done
fi

# Opening, as a double click does: gio starts the entry's Exec line with the files.
cat > "$scratch/opened" <<END
#!/bin/sh
for argument in "\$@"; do printf '%s\n' "\$argument"; done > "$scratch/arguments.new"
mv "$scratch/arguments.new" "$scratch/arguments"
END
chmod +x "$scratch/opened"
sed -i "s|^Exec=.*|Exec=\"$scratch/opened\" open %F|" "$XDG_DATA_HOME/applications/yizhan.desktop"
gio open plain.ini || true
tries=0
while [ ! -e "$scratch/arguments" ] && [ $tries -lt 100 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
expect "a click opens the file" "open $scratch/files/plain.ini" \
  "$(tr '\n' ' ' < "$scratch/arguments" | sed 's/ $//')"

"$program" desktop uninstall
expect "after uninstalling, nothing opens it" "" "$(xdg-mime query default $task)"
for file in $others; do expect "$file is what it was" "$(cat "$file.before")" "$(type_of "$file")"; done

[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }
