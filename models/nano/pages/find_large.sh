#!/bin/sh
# Find the files of a folder that are larger than a size in MB.
set -eu

folder="${1:-.}"
size="${2:-100}"
if [ ! -d "$folder" ]; then
    echo "Usage: $0 [FOLDER] [MB]" >&2
    exit 2
fi
find "$folder" -type f -size "+$((size * 1024))k" -exec du -k {} + | sort -rn
