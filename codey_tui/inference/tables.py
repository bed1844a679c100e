"""Small tables in JSON files that threads and processes share: replaced whole, and begun anew where they cannot be read."""

import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

log = logging.getLogger(__name__)

T = TypeVar("T")

_MAX_BYTES = 1 << 20
_changing = threading.Lock()


def read_table(file: Path, kind: type[dict[str, T]]) -> dict[str, T]:
    """What a file holds; nothing where there is none, or where it cannot be read, which is logged."""
    try:
        with file.open("rb") as stream:
            return msgspec.json.decode(stream.read(_MAX_BYTES), type=kind)
    except FileNotFoundError:
        return {}  # nothing was measured yet
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("What is known in %s cannot be read (%s); it is measured anew.", file.name, error)
        return {}


def put_in_table(
    file: Path,
    kind: type[dict[str, T]],
    entry: dict[str, T],
    trimmed: Callable[[dict[str, T]], dict[str, T]] = lambda table: table,
) -> None:
    """Add an entry to what the file holds by now, and keep what `trimmed` leaves of it. Of two processes that write at the same
    moment the last one wins; no thread of this one loses another's entry. Raises OSError."""
    with _changing:
        table = trimmed(read_table(file, kind) | entry)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, table)


def write_whole(file: Path, value: object) -> None:
    """Put a value's JSON in the place of what the file held, at one stroke: nobody reads half of it. A process that is killed
    meanwhile leaves a draft, whose name `drafts_of` finds. Raises OSError."""
    number, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(msgspec.json.encode(value))
        Path(draft).replace(file)
    finally:
        Path(draft).unlink(missing_ok=True)


def drafts_of(file: Path) -> list[Path]:
    """What processes that were killed left of a file of that name."""
    return list(file.parent.glob(f".{file.name}.*"))
