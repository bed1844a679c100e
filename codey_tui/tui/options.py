"""What the screen is told at start: values only, handed in by whoever opens it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.protocol.client import Client

Link = Literal["auto", "local", "slow"]
Gone = Callable[[str], None]
WatchGone = Callable[[Client, Gone], None]


class TuiOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of the workbench.

    `themes_dir` holds the themes (*.toml); `user_themes_dir` more of them, which win by name. `keymap` maps ids of
    commands to keys (`{"turn.retry": "ctrl+r,ctrl+x"}`). `mouse` False leaves the mouse to the terminal, so that it
    selects text. `link` is how fast the terminal is: on a slow one the chat is painted less often. `history_path` keeps
    the prompts over sessions, as `hide` leaves them; None keeps them in memory only. `budget` is the memory budget in bytes.
    `restart` starts or finds an engine after the first one went away (it may block, and raises `EngineGone`); None where
    that cannot be done. `watch_gone` is called with every client and a function that takes a sentence, from any thread,
    when that client's engine is gone. `left` is called when the person has
    left what runs to the engine, once the terminal is as it was. `notices` are sentences to show at start, such as settings not understood.
    """

    workspace: Path
    version: str = ""
    theme: str = "codey-dark"
    themes_dir: Path | None = None
    user_themes_dir: Path | None = None
    keymap: Mapping[str, str] = {}
    mouse: bool = True
    link: Link = "auto"
    history_path: Path | None = None
    hide: Callable[[str], str] = str
    budget: int = 0
    restart: Callable[[], Client] | None = None
    watch_gone: WatchGone | None = None
    left: Callable[[], object] = tuple
    watch_files: bool = True
    notices: tuple[str, ...] = ()
