#!/bin/sh
# Summarise a git repository: branch, changes, latest commits.
set -eu

folder="${1:-.}"
if ! git -C "$folder" rev-parse --git-dir > /dev/null 2>&1; then
    echo "Usage: $0 [REPOSITORY]" >&2
    exit 2
fi
git -C "$folder" status --short --branch
git -C "$folder" log --oneline -n 5
git -C "$folder" shortlog -sn HEAD
