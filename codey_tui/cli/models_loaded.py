"""`codey models ps`: what Codey has in memory, in all workspaces, and what is left."""

import time
from pathlib import Path

import click
import msgspec

from codey_tui.cli.models_shown import filled, own_settings, print_json
from codey_tui.cli.terminal import plain
from codey_tui.inference.accounts import Holding
from codey_tui.inference.ladder import mb
from codey_tui.inference.ledger import Ledger, Survey
from codey_tui.offers import memory_folder
from codey_tui.telemetry.machine import available_memory

MIB = 2**20


class LoadedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model in memory: bytes put aside for it (`needs`) and taken now (`rss`), for what it works (`leases`), and when it will be
    given back (seconds since the epoch; 0: not before its memory is needed)."""

    model: str
    workspace: str
    engine: int
    pid: int
    state: str
    needs: int
    rss: int
    n_ctx: int
    kv_type: str
    leases: tuple[str, ...]
    until: float


class WaitingLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A load that waits for `needs` bytes, of which none are put aside, until the models at work of `awaits`, a few words, are done."""

    model: str
    workspace: str
    engine: int
    needs: int
    n_ctx: int
    kv_type: str
    awaits: str


class ProcessTaken(msgspec.Struct, frozen=True, kw_only=True):
    """An engine or a screen, in bytes; `beside` is what its commands and containers take."""

    kind: str
    pid: int
    workspace: str
    rss: int
    beside: int


class InMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What `codey models ps --json` prints; sizes in bytes. `used` counts what is put aside, `resident` what is there."""

    models: tuple[LoadedModel, ...]
    waiting: tuple[WaitingLoad, ...]
    processes: tuple[ProcessTaken, ...]
    used: int
    resident: int
    budget: int
    available: int


def show_loaded(*, as_json: bool) -> int:
    """The table of what is loaded. Raises PathsError and SettingsError."""
    paths, settings = own_settings({})
    budget = settings.memory_budget_mb * MIB
    found = _in_memory(Ledger(memory_folder(paths), budget=budget, available=available_memory, kind=None).survey())
    if as_json:
        return print_json(found)
    if found.models:
        width = max(5, *(len(model.model) for model in found.models))
        click.echo(f"{'model':{width}}  {'takes':>9}  {'put aside':>9}  {'context':>8}  state")
        for model in found.models:
            size = f"{mb(model.rss):>9}  {mb(model.needs):>9}  {model.n_ctx:>8,}"
            where = f", in {Path(model.workspace).name}" if model.workspace else ""
            click.echo(plain(f"{model.model:{width}}  {size}  {_state(model)}{where}"))
    else:
        click.echo("No model is loaded.")
    for load in found.waiting:
        where = f" in {Path(load.workspace).name}" if load.workspace else ""
        click.echo(plain(f"{load.model}{where} waits for {mb(load.needs)}: the memory of {load.awaits}."))
    for process in found.processes:
        beside = f", its commands and containers {mb(process.beside)}" if process.beside else ""
        click.echo(plain(f"{process.kind} {process.pid} of {process.workspace}: {mb(process.rss)}{beside}"))
    click.echo(
        f"{mb(found.resident)} in memory, {mb(found.used)} with what is put aside, of {mb(budget)} (memory_budget_mb); "
        f"{mb(found.available)} are available on this machine."
    )
    return 0


def _in_memory(survey: Survey) -> InMemory:
    return filled(
        InMemory,
        survey,
        models=tuple(
            filled(LoadedModel, held, taken, line.account, engine=line.account.pid, state=_named(held, taken.rss))
            for line in survey.lines
            for held, taken in line.models
        ),
        waiting=tuple(
            filled(WaitingLoad, load, line.account, engine=line.account.pid)
            for line in survey.lines
            for load in line.account.waiting
        ),
        processes=tuple(filled(ProcessTaken, line.account, line) for line in survey.lines),
    )


def _named(held: Holding, rss: int) -> str:
    if held.loading:
        return "loading"
    if not rss:
        return "ended"
    return "at work" if held.leases else "idle"


def _state(model: LoadedModel) -> str:
    if model.leases:
        return f"{model.state} for {', '.join(model.leases)}"
    if model.state != "idle":
        return model.state
    if not model.until:
        return "idle, stays until its memory is needed"
    minutes = max(0.0, model.until - time.time()) / 60
    left = "less than a minute" if minutes < 1 else "a minute" if minutes < 2 else f"{minutes:.0f} minutes"
    return f"idle, given back in {left}"
