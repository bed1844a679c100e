"""Fetches a model file: goes on where an earlier try stopped, and keeps nothing that is not exactly what was promised."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Generator, Sequence
from io import BufferedRandom
from pathlib import Path

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from codey_tui.inference.gguf import inspect
from codey_tui.inference.hub import Hub, HubBusy, HubFile, PullFailed, Remote
from codey_tui.inference.ladder import mb
from codey_tui.inference.provider import ModelBroken

Progress = Callable[[int, int], None]
"""Bytes that are there, of how many."""
Wait = Callable[[float], object]

CHUNK = 256 * 1024
SPARE_BYTES = 64 * 2**20  # left free on the disk, so that the rest of the machine goes on
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)


class _Mark(msgspec.Struct):
    """Which file a part belongs to."""

    mark: str
    size: int


def part_of(target: Path) -> Path:
    """Where the bytes lie until they are all there."""
    return target.with_name(target.name + ".part")


def pull(
    hub: Hub,
    wanted: HubFile,
    folder: Path,
    progress: Progress,
    *,
    pauses_s: Sequence[float] = PAUSES_S,
    wait: Wait = time.sleep,
) -> tuple[Path, bool]:
    """The fetched file, and whether its SHA-256 was checked. Raises PullFailed; what was fetched so far is kept then, unless
    it is wrong, and an interruption keeps it too: an error that `progress` or `wait` (seconds) raises ends it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / wanted.name
    with hub.pool() as pool, _held(part_of(target)) as part:
        remote = _patiently(lambda: hub.look_up(wanted, pool), pauses_s, wait)
        have = _begin(part, part_of(target), remote)
        _check_room(folder, remote.size - have, wanted.name)
        _fetch(hub, wanted, remote, pool, part, progress, pauses_s, wait)
        checked = _check(part, part_of(target), remote, wanted)
        part_of(target).replace(target)
        _mark_file(target).unlink(missing_ok=True)
    return target, checked


@contextlib.contextmanager
def _held(path: Path) -> Generator[BufferedRandom]:
    """The part, opened and locked, so that two processes never write into each other's."""
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PullFailed(f"Another `codey models pull` fetches {path.stem} just now.") from error
        try:
            yield file
        finally:
            if path.exists() and path.stat().st_size == 0:
                path.unlink()
                path.with_name(path.name + ".json").unlink(missing_ok=True)


def _mark_file(target: Path) -> Path:
    return target.with_name(target.name + ".part.json")


def _begin(part: BufferedRandom, path: Path, remote: Remote) -> int:
    """How many bytes of this very file are there already; those of another one are thrown away."""
    mark_file = path.with_name(path.name + ".json")
    try:
        known = msgspec.json.decode(mark_file.read_bytes(), type=_Mark)
    except (OSError, msgspec.MsgspecError):
        known = None
    have = os.fstat(part.fileno()).st_size
    if known != _Mark(mark=remote.mark, size=remote.size) or have > remote.size:
        part.truncate(0)
        have = 0
    mark_file.write_bytes(msgspec.json.encode(_Mark(mark=remote.mark, size=remote.size)))
    return have


def _check_room(folder: Path, needed: int, name: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise PullFailed(
            f"{name} needs {mb(needed)} more on the disk, but {folder} has {mb(free)} free. Make room, or set CODEY_DATA_DIR "
            "to a folder on another disk; nothing was fetched."
        )


def _fetch(
    hub: Hub,
    wanted: HubFile,
    remote: Remote,
    pool: urllib3.PoolManager,
    part: BufferedRandom,
    progress: Progress,
    pauses_s: Sequence[float],
    wait: Wait,
) -> None:
    """Append until everything is there; each try that brings something counts as a first one."""
    failures = 0
    while (have := os.fstat(part.fileno()).st_size) < remote.size:
        try:
            _fetch_once(hub, wanted, remote, pool, part, progress)
        except HubBusy:
            failures = 0 if os.fstat(part.fileno()).st_size > have else failures + 1
            if failures >= len(pauses_s):
                raise
            wait(pauses_s[failures])
    progress(remote.size, remote.size)


def _fetch_once(
    hub: Hub, wanted: HubFile, remote: Remote, pool: urllib3.PoolManager, part: BufferedRandom, progress: Progress
) -> None:
    have = os.fstat(part.fileno()).st_size
    # The pool drops the token by itself where it is sent on to another host.
    retries = urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=5, raise_on_redirect=True)
    try:
        answer = pool.request(
            "GET", remote.url, headers=hub.headers(first=have), preload_content=False, retries=retries
        )
    except HTTPError as error:
        raise hub.unreachable(error) from error
    try:
        _check_answer(hub, wanted, remote, answer, have)
        if answer.status == 200 and have:
            part.truncate(0)  # a host without ranges sends it all again
            have = 0
        _append(answer, part, have, remote.size, wanted, progress)
    except HTTPError as error:
        raise HubBusy(
            f"{hub.host} broke off after {mb(os.fstat(part.fileno()).st_size)} of {mb(remote.size)} of {wanted.name}. What is "
            "there is kept; fetching it again goes on from there."
        ) from error
    finally:
        answer.close()


def _check_answer(hub: Hub, wanted: HubFile, remote: Remote, answer: urllib3.BaseHTTPResponse, have: int) -> None:
    """Refuses an answer that is not the bytes that were asked for."""
    if answer.status not in (200, 206):
        raise hub.refusal(answer.status, answer.headers, wanted)
    if answer.status == 206:
        told = answer.headers.get("Content-Range", "")
        right = told == f"bytes {have}-{remote.size - 1}/{remote.size}"
    else:
        told = f"{answer.headers.get('Content-Length', '?')} bytes"
        right = told == f"{remote.size} bytes"
    if not right:
        raise PullFailed(
            f"{hub.host} announced {remote.size:,} bytes of {wanted.name}, but sends something else ({told}). "
            "Try again later, or set HF_ENDPOINT to another mirror."
        )


def _append(
    answer: urllib3.BaseHTTPResponse, part: BufferedRandom, have: int, size: int, wanted: HubFile, progress: Progress
) -> None:
    progress(have, size)
    while block := answer.read(CHUNK, decode_content=False):
        have += len(block)
        if have > size:
            part.truncate(0)
            raise PullFailed(f"More than the announced {size:,} bytes of {wanted.name} came; nothing was kept.")
        part.write(block)
        part.flush()
        progress(have, size)


def _check(part: BufferedRandom, path: Path, remote: Remote, wanted: HubFile) -> bool:
    """Whether there was a SHA-256 to compare with; what is wrong is thrown away."""
    os.fsync(part.fileno())
    if remote.sha256:
        part.seek(0)
        found = hashlib.file_digest(part, "sha256").hexdigest()
        if found != remote.sha256:
            part.truncate(0)
            raise PullFailed(
                f"{wanted.name} arrived damaged: its SHA-256 is not the one that was published. Nothing was kept; fetch it again."
            )
    try:
        inspect(path)
    except ModelBroken as error:
        part.truncate(0)
        raise PullFailed(f"What was fetched as {wanted.name} cannot be used: {error}") from error
    return bool(remote.sha256)


def _patiently(ask: Callable[[], Remote], pauses_s: Sequence[float], wait: Wait) -> Remote:
    """Ask again while the hub is busy, but do not wait long for one that is not there at all."""
    for pause in (*pauses_s[:2], None):
        try:
            return ask()
        except HubBusy:
            if pause is None:
                raise
            wait(pause)
    raise AssertionError("the last try returns or raises")
