"""How a command fails: a sentence on standard error, an exit status, and a traceback only in the log."""

import errno
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from codey_tui.cli.terminal import plain

FAILED, BAD_INPUT, NEEDS_ANSWER, INTERRUPTED = 1, 2, 3, 130

_MACHINE = {
    errno.ENOSPC: "Make room on the disk and try again.",
    errno.EDQUOT: "Make room within your quota and try again.",
    errno.EROFS: "Choose another place with CODEY_DATA_DIR and CODEY_CONFIG_DIR.",
    errno.ENOTDIR: "Choose another place with CODEY_DATA_DIR and CODEY_CONFIG_DIR.",
    errno.EACCES: "Give yourself access to it, or choose another place with CODEY_DATA_DIR and CODEY_CONFIG_DIR.",
    errno.EPERM: "Give yourself access to it, or choose another place with CODEY_DATA_DIR and CODEY_CONFIG_DIR.",
}


class InputError(Exception):
    """What the person gave cannot be used; the sentence says what to do."""


def say_error(sentence: str) -> None:
    """One line on standard error."""
    click.echo(f"Error: {plain(sentence)}", err=True)


def guarded(command: Callable[[], Any]) -> int:
    """Run a command; whatever goes wrong becomes a sentence. Gives the exit status."""
    try:
        status = command()
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return close_broken_pipe()
    except Exception as error:  # noqa: BLE001 the last line of defence: told, and written to the log
        known = _known(error)
        if known is not None:
            say_error(str(error))
            return known
        if isinstance(error, OSError) and error.errno in _MACHINE:
            where = f"{error.filename} cannot be used" if error.filename else "Codey's own folders cannot be written"
            say_error(f"{where}: {error.strerror}. {_MACHINE[error.errno]}")
            return FAILED
        log = _write_log()
        where = f"; details are in {log}" if log else ""
        say_error(f"Something went wrong inside Codey ({type(error).__name__}: {error}){where}.")
        return FAILED


def close_broken_pipe() -> int:
    """The reader of our output has gone: say no more, also not while Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return FAILED


def _known(error: Exception) -> int | None:
    """The exit status for an error that carries a sentence; None for one that nobody foresaw."""
    from codey_tui.catalogue import CatalogueError
    from codey_tui.engine.errors import EngineError
    from codey_tui.inference.provider import InferenceError
    from codey_tui.paths import PathsError
    from codey_tui.protocol.client import EngineGone, QueryFailed
    from codey_tui.sandbox import SandboxError
    from codey_tui.server.connection import AttachRefused
    from codey_tui.server.lifecycle import WorkspaceTaken
    from codey_tui.server.lock import LockHeld
    from codey_tui.settings import SettingsError
    from codey_tui.store.connection import StoreError

    if isinstance(error, InputError | SettingsError | PathsError | CatalogueError | AttachRefused | WorkspaceTaken):
        return BAD_INPUT
    if isinstance(
        error, EngineGone | StoreError | InferenceError | SandboxError | EngineError | QueryFailed | LockHeld
    ):
        return FAILED
    return None


def _write_log() -> Path | None:
    """Append the present traceback to the log; None where there is no place for it."""
    from codey_tui.engine.masking import hide
    from codey_tui.paths import Paths, PathsError, private_dir

    try:
        log = private_dir(Paths.locate(os.environ).data_dir) / "codey.log"
        with log.open("a", encoding="utf-8") as stream:
            stream.write(
                f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(sys.argv[:2])}\n{hide(traceback.format_exc())}\n"
            )
    except (OSError, PathsError):
        return None
    return log
