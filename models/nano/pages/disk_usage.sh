#!/bin/sh
# Show the disk usage of a folder: what takes the most space.
set -eu

folder="${1:-.}"
if [ ! -d "$folder" ]; then
    echo "Usage: $0 [FOLDER]" >&2
    exit 2
fi
df -h "$folder"
du -ak "$folder" | sort -rn | head -n 10
