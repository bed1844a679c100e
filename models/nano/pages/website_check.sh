#!/bin/sh
# Check whether a website answers.
set -eu

if [ "$#" -ne 1 ]; then
    echo "Usage: $0 URL" >&2
    exit 2
fi
if curl -fsS -o /dev/null --max-time 10 "$1"; then
    echo "$1 is up."
else
    echo "$1 is down." >&2
    exit 1
fi
