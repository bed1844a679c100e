"""`codey forget`: removes what models have read (KV states) from the disk, of one session or of all."""

import os

import click

from codey_tui.cli.failure import FAILED, say_error
from codey_tui.cli.terminal import plain
from codey_tui.inference.kv_store import forget
from codey_tui.paths import Paths

MIB = 2**20


def forget_prompts(session: str) -> int:
    """Remove the states of a session (empty: of all) and say how many they were; gives the exit status."""
    try:
        count, size = forget(Paths.locate(os.environ).prompt_states, session)
    except OSError as error:
        say_error(f"{error.filename} cannot be removed ({error.strerror}). Make its folder writable.")
        return FAILED
    what = f"of the session {plain(session)}" if session else "of all sessions"
    if not count:
        click.echo(f"No prompts {what} are on the disk.")
    else:
        click.echo(f"Removed {count} saved prompt{'' if count == 1 else 's'} {what} ({size / MIB:.1f} MiB).")
    return 0
