#!/bin/sh
# Count the lines of all files with an extension.
set -eu

if [ "$#" -ne 1 ]; then
    echo "Usage: $0 EXTENSION" >&2
    exit 2
fi
find . -type f -name "*.$1" -exec cat {} + | wc -l
