"""What every `codey bench` needs: the model's file, an engine of its own in folders that go away again, and the way out."""

import os
import signal
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from msgspec.structs import replace

from codey_tui import __version__
from codey_tui.catalogue import find_model, read_catalogue, read_published
from codey_tui.cli.failure import InputError
from codey_tui.cli.models_shown import own_settings
from codey_tui.cli.site import Site, place_of
from codey_tui.cli.terminal import plain
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import GgufInfo, inspect
from codey_tui.inference.provider import InferenceError
from codey_tui.inference.tenancy import settled
from codey_tui.paths import Paths
from codey_tui.server.lifecycle import EnginePlace, attach, stop
from codey_tui.server.remote import RemoteClient
from codey_tui.settings import Settings
from codey_tui.tuning import Tuning, probes_here

# What would slow the engine down on purpose, or bring in what is not measured.
_UNHINDERED = {
    "CODEY_APPROVAL_MODE": "ask",
    "CODEY_IDLE_EXIT_S": "5",
    "CODEY_MAX_TOKENS_PER_S": "0",
    "CODEY_PROMPT_ASK_S": "0",
    "CODEY_ROUTER": "",
    "CODEY_TEMPERATURE": "0",
}

NO_FILES = {"CODEY_PROMPT_CACHE_MB": "0"}
"""For an engine that keeps no evaluated prompt on the disk."""


@dataclass(frozen=True)
class Measured:
    """A model that can be measured: its file, its name for people, the settings, how it is loaded with them, and what its
    header says. `n_ctx` is in tokens."""

    path: Path
    title: str
    settings: Settings
    options: LoadOptions
    n_ctx: int
    info: GgufInfo


def find_measured(flags: Mapping[str, object]) -> Measured:
    """The model of the flags or of the settings. Raises InputError for a file that is no model."""
    paths, settings = own_settings(flags)
    published = {model.id for model in read_published(paths)}
    spec = find_model(read_catalogue(paths, settings.models), settings.model, published)
    path = Path(os.path.abspath(spec.path))
    try:
        found = inspect(path)
    except InferenceError as error:
        raise InputError(str(error)) from error
    n_ctx = min(settings.context_tokens, found.context_length or settings.context_tokens)
    asked = LoadOptions(kv_type=settings.kv_type, n_ctx=n_ctx)
    return Measured(
        path=path,
        title=plain(spec.title),
        settings=settings,
        options=settled(path, Tuning(paths, settings, path).options(asked)),
        n_ctx=n_ctx,
        info=found,
    )


class Stage:
    """Folders that last for one measurement, and the engine in them."""

    def __init__(self, folder: Path, measured: Measured) -> None:
        self.workspace = folder / "codey-bench"
        self.workspace.mkdir()
        self._measured = measured
        here = Paths.locate(os.environ)
        self._paths = replace(here, data_dir=folder / "data", runtime_dir=folder / "run")
        if probe := probes_here(here).get(measured.info).probe:  # loaded here as it is everywhere
            probes_here(self._paths).put(measured.info, probe)

    @property
    def place(self) -> EnginePlace:
        """Where the engine lives."""
        return place_of(self._paths, self.workspace)

    @contextmanager
    def engine(self, *, new: bool = False, env: Mapping[str, str] | None = None) -> Generator[RemoteClient]:
        """A client of an engine that ends with the block; it opens the last session or a `new` one. Raises EngineGone."""
        settings = replace(self._measured.settings, model=str(self._measured.path))
        flags = {"model": settings.model, "context_tokens": settings.context_tokens, "kv_type": settings.kv_type}
        site = Site(workspace=self.workspace, paths=self._paths, settings=settings, flags=flags)
        env = {**site.engine_env(), **_UNHINDERED, **(env or {})}
        env |= {"CODEY_DATA_DIR": str(self._paths.data_dir), "CODEY_RUNTIME_DIR": str(self._paths.runtime_dir)}
        place = self.place
        try:
            client = attach(place, site.engine_command(new=new), version=__version__, name="bench", env=env)
            try:
                yield client
            finally:
                client.close()
        finally:
            stop(place)


@contextmanager
def stage(measured: Measured) -> Generator[Stage]:
    """Folders for a measurement; nothing of it is left."""
    with ended_early(), tempfile.TemporaryDirectory(prefix="codey-bench-") as folder:
        yield Stage(Path(folder), measured)


@contextmanager
def ended_early() -> Generator[None]:
    """SIGTERM and a lost terminal end the block as Ctrl+C does: by KeyboardInterrupt, after which nothing is left running."""
    with ExitStack() as cleanup:
        for number in (signal.SIGTERM, signal.SIGHUP):
            cleanup.callback(signal.signal, number, signal.signal(number, _interrupt))
        yield


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


class Progress:
    """What goes on, on standard error: one moving line on a terminal, lines elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def __call__(self, text: str) -> None:
        click.echo(f"\r\x1b[K{plain(text)} ..." if self._live else f"{plain(text)} ...", nl=not self._live, err=True)

    def end(self) -> None:
        """The line is done with."""
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)
