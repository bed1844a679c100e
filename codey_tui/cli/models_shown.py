"""`codey models list` and `codey models fit`: what there is, what it takes, what fits."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from codey_tui.catalogue import find_model, read_catalogue, read_published
from codey_tui.cli.failure import FAILED, InputError
from codey_tui.cli.terminal import json_line, plain
from codey_tui.inference.footprint import Footprint
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Candidate, Rung, describe, fitting, ladder, mb, refusal
from codey_tui.inference.provider import InferenceError
from codey_tui.inference.shape import ModelShape, shape_from_keys
from codey_tui.offers import models_elsewhere, models_here, room_here, shape_here
from codey_tui.paths import Paths
from codey_tui.protocol.models import ModelOffer
from codey_tui.settings import Settings, load
from codey_tui.tuning import in_words, probes_here

S = TypeVar("S", bound=msgspec.Struct)


def own_settings(flags: Mapping[str, object]) -> tuple[Paths, Settings]:
    """The user's settings, those of a workspace left aside. Raises PathsError and SettingsError."""
    paths = Paths.locate(os.environ)
    return paths, load(paths, paths.config_dir, os.environ, flags)


def show_models(flags: Mapping[str, object], *, as_json: bool) -> int:
    """The table of models."""
    paths, settings = own_settings(flags)
    here = models_here(paths, settings)
    if as_json:
        return print_json(here)
    offers = here.offers
    width = max(len(offer.id) for offer in offers)
    click.echo(f"Room for a model: {mb(here.room)} ({here.limit})\n")
    click.echo(f"  {'model':{width}}  {'needs':>9}  {'size':>9}  with a context of {settings.context_tokens:,} tokens")
    for offer in offers:
        mark = "*" if offer.recommended else " "
        needs = mb(offer.needs) if offer.needs else "?"
        click.echo(plain(f"{mark} {offer.id:{width}}  {needs:>9}  {mb(offer.size):>9}  {state_of(offer)}"))
    probes = probes_here(paths)
    for offer in offers:
        known = in_words(probes.get(inspect(Path(offer.path)))) if offer.path and not offer.problem else ""
        if known:
            click.echo(plain(f"\n{offer.id}: {known}"))
    best = next((offer for offer in offers if offer.recommended), None)
    if best is not None:
        how = f"--model {best.id}" if best.path else f"codey models pull {best.id}"
        click.echo(f"\n* recommended here: {best.title} ({how})")
    if others := models_elsewhere(paths):
        click.echo(f"\nOther programs have {len(others)} more here: `codey models import` shows them.")
    return 0


def state_of(offer: ModelOffer) -> str:
    """What can be said of a model in a few words."""
    if offer.problem:
        return offer.problem
    place = "here" if offer.path else "on the hub"
    if offer.fits:
        return f"fits, {place}" + (f"; {offer.licence}" if not offer.path and offer.licence else "")
    if not offer.needs:
        return f"{place}; what it takes is known once it is here"
    if offer.rungs:
        rung = offer.rungs[0]
        return f"fits with a context of {rung.n_ctx:,} and {rung.kv_type}, {place}"
    return f"too large, {place}"


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What `codey models fit --json` prints; sizes in bytes."""

    model: str
    n_ctx: int
    kv_type: str
    weights: int
    kv: int
    compute: int
    overhead: int
    total: int
    room: int
    available: int
    budget: int
    fits: bool
    ladder: tuple[Rung, ...]


def show_fit(name: str, flags: Mapping[str, object], *, as_json: bool) -> int:
    """What a model takes. Gives 1 when it does not fit. Raises InputError for a file that is no model."""
    paths, settings = own_settings(flags)
    try:
        shape, called = _find_shape(name, paths, settings)
    except InferenceError as error:
        raise InputError(str(error)) from error
    room = room_here(paths, settings)
    wanted = fitting(shape, room, settings.context_tokens, kv_type=settings.kv_type)
    fits = room.holds(wanted.needs)
    rungs = () if fits else ladder(shape, wanted, room, _others(paths, settings))
    if as_json:
        print_json(filled(Fit, wanted, room, model=called, room=room.bytes, fits=fits, ladder=rungs))
    elif fits:
        click.echo(_parts(called, wanted))
        click.echo(f"It fits: {room.sentence}.")
    else:
        click.echo(_parts(called, wanted))
        click.echo(
            refusal(called, wanted, room, rungs) if not rungs else f"It does not fit: {room.sentence}. What fits:"
        )
        for rung in rungs:
            click.echo(f"  {describe(rung)}")
    return 0 if fits else FAILED


def _find_shape(name: str, paths: Paths, settings: Settings) -> tuple[ModelShape, str]:
    """The shape of a model by its id or its file, and what to call it."""
    published = {model.id: model for model in read_published(paths)}
    specs = read_catalogue(paths, settings.models)
    hub = published.get(name)
    if hub is not None and hub.keys and all(spec.id != name for spec in specs):
        return shape_from_keys(hub.architecture, hub.keys, hub.size), hub.id
    spec = find_model(specs, name, published)
    return shape_here(spec.path), spec.id


def _others(paths: Paths, settings: Settings) -> list[Candidate]:
    """The models on the disk that can be read."""
    found: list[Candidate] = []
    for spec in read_catalogue(paths, settings.models):
        try:
            found.append(Candidate(id=spec.id, shape=shape_here(spec.path)))
        except InferenceError:
            continue  # `codey models list` says what is wrong with it
    return found


def _parts(name: str, wanted: Footprint) -> str:
    return (
        f"{name} with a context of {wanted.n_ctx:,} tokens and a KV cache of {wanted.kv_type} takes {mb(wanted.total)}: "
        f"weights {mb(wanted.weights)}, KV cache {mb(wanted.kv)}, buffers {mb(wanted.compute)}, "
        f"process and vocabulary {mb(wanted.overhead)}."
    )


def filled(kind: type[S], *sources: object, **more: object) -> S:
    """An answer in JSON: each field from the first of `sources` that has one of its name, or from `more`."""
    found = {
        name: next(getattr(source, name) for source in sources if hasattr(source, name))
        for name in kind.__struct_fields__
        if name not in more
    }
    return msgspec.convert(found | more, kind)


def print_json(answer: object) -> int:
    """On standard output, indented."""
    click.echo(json_line(answer, indent=2))
    return 0
