"""Start or attach: one engine per workspace, found, started, replaced or ended whatever state the last one was left in."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from codey_tui.protocol.client import EngineGone
from codey_tui.protocol.ops import StopEngine
from codey_tui.protocol.wire import WIRE_VERSION, Hello, Submit
from codey_tui.server.connection import AttachRefused, Connection
from codey_tui.server.lock import RETRY_S, Holder, exclusive, find_holder
from codey_tui.server.remote import RemoteClient

START_S = 60.0
STOP_S = 10.0
LOG_TAIL_BYTES = 4000
MAX_LOG_BYTES = 1024 * 1024


class EnginePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where the engine of one workspace lives. `folder` exists and holds its locks; all paths are absolute."""

    workspace: Path
    socket: Path
    folder: Path
    log: Path

    @property
    def lock(self) -> Path:
        """Held by the engine for as long as it lives."""
        return self.folder / "engine.lock"


class WorkspaceTaken(Exception):
    """Something else works in this workspace and must not be disturbed; the sentence says what to do."""


class EngineFailed(EngineGone):
    """The engine ended before it answered; the sentence is the last thing it said."""


def attach(
    place: EnginePlace,
    command: Sequence[str],
    *,
    version: str,
    name: str = "tui",
    env: Mapping[str, str] | None = None,
    on_gone: Callable[[str], None] | None = None,
    start_s: float = START_S,
) -> RemoteClient:
    """A client of the workspace's engine, which is started with `command` when there is none.

    A stale socket is removed; an idle engine of another version is ended and replaced. Raises WorkspaceTaken when a busy
    one, or a `codey run`, is there; EngineFailed when the engine ends at once; EngineGone when one does not answer.
    """

    def connect() -> RemoteClient:
        return RemoteClient(place.socket, version=version, workspace=place.workspace, name=name, on_gone=on_gone)

    try:
        return connect()
    except (EngineGone, AttachRefused):
        pass  # whatever the cause, it is looked into below, by one process at a time
    with exclusive(place.folder / "start.lock", start_s) as alone:
        if not alone:
            raise EngineGone(f"Another codey has been starting an engine here for {start_s:g} s; try again.")
        try:
            return connect()
        except AttachRefused as refused:
            _replace(place, version, refused)
        except EngineGone:
            if client := _await_holder(place, connect):
                return client
        place.socket.unlink(missing_ok=True)
        return _start(place, command, env, connect, start_s)


def find(place: EnginePlace) -> RemoteClient | None:
    """A client for asking about, or ending, whatever engine is there; None when none answers. It has no version."""
    try:
        return RemoteClient(place.socket, version="", name="control")
    except (EngineGone, AttachRefused):
        return None


def stop(place: EnginePlace, *, patience_s: float = STOP_S) -> Holder | None:
    """End the workspace's engine: by asking, then by SIGTERM, then by SIGKILL. Gives who was ended, None when nobody was
    there. Raises WorkspaceTaken for a `codey run`, which its own terminal ends."""
    holder = find_holder(place.lock)
    if holder is None:
        place.socket.unlink(missing_ok=True)
        return None
    if holder.kind == "run":
        raise WorkspaceTaken(_taken_by_run(holder))
    if _ask_to_end(place) and _await_free(place, patience_s):
        return holder
    for number in (signal.SIGTERM, signal.SIGKILL):
        holder = find_holder(place.lock) or holder
        if not holder.pid:
            break
        try:
            os.kill(holder.pid, number)
        except ProcessLookupError:
            pass  # it has just ended by itself
        except PermissionError as error:
            raise EngineGone(f"The engine (process {holder.pid}) belongs to another user.") from error
        if _await_free(place, patience_s / 2):
            place.socket.unlink(missing_ok=True)
            return holder
    raise EngineGone(f"The engine (process {holder.pid or 'unknown'}) does not end; end it by hand.")


def spawn(
    place: EnginePlace, command: Sequence[str], env: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start an engine process that outlives this one and its terminal: own session, output to the log."""
    if place.log.exists() and place.log.stat().st_size > MAX_LOG_BYTES:
        place.log.replace(place.log.with_name(place.log.name + ".1"))
    output = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=place.workspace,
            env=None if env is None else dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise EngineFailed(f"The engine cannot be started ({command[0]}: {error.strerror or error}).") from error
    finally:
        os.close(output)
    # Waits for the engine's end, so that an engine which ends before this process is no zombie meanwhile.
    threading.Thread(target=process.wait, name="codey-reaper", daemon=True).start()
    return process


def _start(
    place: EnginePlace,
    command: Sequence[str],
    env: Mapping[str, str] | None,
    connect: Callable[[], RemoteClient],
    start_s: float,
) -> RemoteClient:
    said_before = place.log.stat().st_size if place.log.exists() else 0
    if said_before > MAX_LOG_BYTES:
        said_before = 0
    process = spawn(place, command, env)
    end = time.monotonic() + start_s
    while time.monotonic() < end:
        ended = process.poll() is not None
        if place.socket.exists():
            try:
                return connect()
            except EngineGone:
                if not ended and process.poll() is None:
                    raise
        if ended:
            said = _last_words(place.log, said_before)
            raise EngineFailed(said or f"The engine ended at once (exit {process.returncode}); its log is {place.log}.")
        time.sleep(RETRY_S)
    process.terminate()
    raise EngineFailed(f"The engine was not ready after {start_s:g} s; its log is {place.log}.")


def _await_holder(place: EnginePlace, connect: Callable[[], RemoteClient]) -> RemoteClient | None:
    """Nothing answers: wait for an engine that is just starting or ending. None once the workspace is free."""
    end = time.monotonic() + STOP_S
    while (holder := find_holder(place.lock)) is not None:
        if holder.kind == "run":
            raise WorkspaceTaken(_taken_by_run(holder))
        if time.monotonic() > end:
            raise EngineGone(f"The engine (process {holder.pid}) does not answer: end it with `codey stop`.")
        time.sleep(RETRY_S * 5)
        if place.socket.exists():
            try:
                return connect()
            except EngineGone:
                continue
            except AttachRefused as refused:
                raise WorkspaceTaken(str(refused)) from refused
    return None


def _replace(place: EnginePlace, version: str, refused: AttachRefused) -> None:
    """End an idle engine of another version. Raises WorkspaceTaken when it may not be ended."""
    found = find(place)
    if found is None:
        return
    welcome = found.welcome
    found.close()
    if welcome.version == version and welcome.wire == WIRE_VERSION:
        raise WorkspaceTaken(str(refused)) from refused
    if welcome.busy:
        raise WorkspaceTaken(
            f"An engine of codey {welcome.version} (process {welcome.pid}) is at work in {place.workspace}, and this is"
            f" codey {version}. Wait until its turn has ended, or end it with `codey stop`."
        ) from refused
    stop(place)


def _ask_to_end(place: EnginePlace) -> bool:
    hello = Hello(wire=WIRE_VERSION, version="", workspace="", client="control")
    try:
        connection = Connection(place.socket, hello, timeout_s=3.0, read_timeout_s=STOP_S)
    except (EngineGone, AttachRefused):
        return False
    try:
        connection.send(Submit(op=StopEngine()))
        for _ in connection.frames():
            pass
    except (OSError, AttachRefused):
        return False
    finally:
        connection.close()
    return True


def _await_free(place: EnginePlace, patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while find_holder(place.lock) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(RETRY_S)
    return True


def _taken_by_run(holder: Holder) -> str:
    return f"A `codey run` (process {holder.pid}) works in this workspace: wait for its end, or end it in its terminal."


def _last_words(log: Path, after: int) -> str:
    """The last line that an engine wrote to its log, without the prefix of an error."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(after, log.stat().st_size - LOG_TAIL_BYTES))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("Error: ") if said else ""
