"""The manifest of a turn: one JSON line for every path, on disk before the path is touched."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from codey_tui.engine.growing import sync_folder
from codey_tui.engine.snapshots import Entry


def read_entries(manifest: Path) -> list[Entry]:
    """All entries; a line that a power cut tore belongs to a change that never began, and is passed over."""
    try:
        lines = manifest.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    entries: list[Entry] = []
    for line in lines:
        try:
            entries.append(msgspec.convert(json.loads(line), Entry))
        except (ValueError, msgspec.ValidationError):
            continue
    return entries


def append_entries(manifest: Path, entries: Iterable[Entry]) -> None:
    """Append entries as JSON lines; on disk when this returns. Raises OSError."""
    manifest.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    created = not manifest.exists()
    data = b"".join(_encoded(entry) + b"\n" for entry in entries)
    descriptor = os.open(manifest, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            data = b"\n" + data  # the line before was torn by a power cut
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        sync_folder(manifest.parent)


def _encoded(entry: Entry) -> bytes:
    """An entry as a line of ASCII: names that are not UTF-8 pass as escaped surrogates."""
    return json.dumps(msgspec.to_builtins(entry)).encode("ascii")


def firsts(entries: Iterable[Entry]) -> dict[str, Entry]:
    """The first `before` entry of every path."""
    firsts: dict[str, Entry] = {}
    for entry in entries:
        if entry.phase == "before":
            firsts.setdefault(entry.path, entry)
    return firsts
