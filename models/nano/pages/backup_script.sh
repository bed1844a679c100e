#!/bin/sh
# Back up a folder to a dated archive.
set -eu

if [ "$#" -ne 1 ] || [ ! -d "$1" ]; then
    echo "Usage: $0 FOLDER" >&2
    exit 2
fi
archive="$(basename "$1")-$(date +%Y-%m-%d-%H%M%S).tar.gz"
tar -czf "$archive" -C "$(dirname "$1")" "$(basename "$1")"
echo "Saved $archive"
