#!/bin/sh
# Rename the extension of all files in this folder.
set -eu

if [ "$#" -ne 2 ]; then
    echo "Usage: $0 OLD NEW" >&2
    exit 2
fi
for file in ./*."$1"; do
    target="${file%."$1"}.$2"
    if [ -f "$file" ] && [ ! -e "$target" ]; then
        mv "$file" "$target"
        echo "$file -> $target"
    fi
done
