#!/bin/sh
# Organize a folder: move each file into a folder named after its extension.
set -eu

folder="${1:-$HOME/Downloads}"
if [ ! -d "$folder" ]; then
    echo "Usage: $0 [FOLDER]" >&2
    exit 2
fi
for file in "$folder"/*.*; do
    target="$folder/${file##*.}"
    if [ -f "$file" ] && [ ! -e "$target/${file##*/}" ]; then
        mkdir -p "$target"
        mv "$file" "$target/"
    fi
done
