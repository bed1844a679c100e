"""What models there are for this machine, on its disk and in the catalogue, which of them fit, and which one to take."""

import os
from functools import lru_cache
from pathlib import Path

from msgspec.structs import replace

from codey_tui.catalogue import ModelSpec, Published, read_catalogue, read_published
from codey_tui.inference.footprint import forecast
from codey_tui.inference.found import Found, find_models
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Room, fitting, ladder
from codey_tui.inference.ledger import SOON, Ledger
from codey_tui.inference.provider import InferenceError
from codey_tui.inference.shape import ModelShape, shape_from_keys, shape_of
from codey_tui.keeping import disk_free, kept_as, part_size
from codey_tui.paths import Paths
from codey_tui.protocol.models import ModelOffer, ModelRung, ModelsHere
from codey_tui.settings import Settings
from codey_tui.telemetry.machine import available_memory

MIB = 2**20
SHOWN_CONTEXTS = (4096, 8192, 16_384)
# Beside a recommended model there must be room for the screen, the engine, the sandbox and whatever else runs.
_COMFORT = 0.6


def room_here(paths: Paths, settings: Settings, own: str = "", given_back: int = 0) -> Room:
    """What a model may take now: idle models make way for it, and all of the engine whose account is `own`; `given_back` are
    bytes that others will have given back by then."""
    budget = settings.memory_budget_mb * MIB
    ledger = Ledger(memory_folder(paths), budget=budget, available=lambda: available_memory() + given_back, kind=None)
    survey = ledger.survey()
    leaving = {holding.key for holding in survey.idle()} | {
        holding.key for line in survey.lines if line.account.id == own for holding in line.account.holdings
    }
    return survey.room(without=leaving, soon=SOON)


def memory_folder(paths: Paths) -> Path:
    """Where the processes of all workspaces say what memory they take."""
    return paths.data_dir / "memory"


def models_here(paths: Paths, settings: Settings, *, own: str = "", given_back: int = 0) -> ModelsHere:
    """Every model, the recommended one first, then those that are here, each time those that fit first; `own` and
    `given_back` as for `room_here`.

    Raises CatalogueError.
    """
    room = room_here(paths, settings, own, given_back)
    published = {model.id: model for model in read_published(paths)}
    specs = read_catalogue(paths, settings.models)
    offers = [_offer_here(paths, spec, published.get(spec.id), settings, room) for spec in specs]
    here = {spec.id for spec in specs}
    offers += [_offer_of_hub(paths, model, settings, room) for name, model in published.items() if name not in here]
    best = _recommended(offers, published, room)
    offers = [replace(offer, recommended=offer.id == best) for offer in offers]
    offers.sort(key=lambda offer: (not offer.recommended, not offer.path, not offer.fits, -offer.needs))
    return ModelsHere(
        room=room.bytes,
        n_ctx=settings.context_tokens,
        limit=room.limit,
        offers=tuple(offers),
        disk_free=disk_free(paths),
    )


def models_elsewhere(paths: Paths) -> list[Found]:
    """Models that other programs keep and Codey does not use yet."""
    known = {file.resolve() for file in paths.user_models.glob("*.gguf")} if paths.user_models.is_dir() else set[Path]()
    home = Path(os.path.expanduser("~"))
    if not home.is_absolute():
        return []  # nobody's home, so no other program keeps anything there
    return [model for model in find_models(os.environ, home) if model.path.resolve() not in known]


def shape_here(path: Path) -> ModelShape:
    """The shape of a file, read once for each state of it. Raises ModelMissing and ModelBroken."""
    try:
        state = path.stat()
    except OSError:
        return shape_of(inspect(path))  # which says what is wrong
    return _shape(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _shape(path: Path, _changed_ns: int, _size: int) -> ModelShape:
    return shape_of(inspect(path))


def _offer_here(paths: Paths, spec: ModelSpec, known: Published | None, settings: Settings, room: Room) -> ModelOffer:
    offer = ModelOffer(
        id=spec.id,
        title=spec.title,
        path=str(spec.path),
        n_ctx=min(settings.context_tokens, spec.context or settings.context_tokens),
        kv_type=settings.kv_type,
        role=str(spec.extra.get("role", "coder")),
        licence=str(spec.extra.get("licence", "")),
        removable=kept_as(paths, spec),
    )
    if known is not None:
        offer = _described(offer, known)
    try:
        shape = shape_here(spec.path)
        return _measured(replace(offer, size=spec.path.stat().st_size), shape, room)
    except (InferenceError, OSError) as error:
        return replace(offer, problem=str(error))


def _offer_of_hub(paths: Paths, model: Published, settings: Settings, room: Room) -> ModelOffer:
    offer = ModelOffer(
        id=model.id,
        title=model.title,
        path="",
        n_ctx=settings.context_tokens,
        kv_type=settings.kv_type,
        size=model.size,
        part=part_size(paths, model),
    )
    offer = _described(offer, model)
    if not model.keys:
        return offer
    return _measured(offer, shape_from_keys(model.architecture, model.keys, model.size), room)


def _described(offer: ModelOffer, model: Published) -> ModelOffer:
    return replace(
        offer,
        role=model.role,
        licence=model.licence,
        edit_format=model.edit_format,
        template=model.template,
        repository=model.repository,
        scores={name: f"{score:g}" for name, score in model.scores.items()},
    )


def _measured(offer: ModelOffer, shape: ModelShape, room: Room) -> ModelOffer:
    """With what it needs, and with the ladder when that is more than there is."""
    wanted = fitting(shape, room, offer.n_ctx, kv_type=offer.kv_type)
    fits = room.holds(wanted.needs)
    rungs = () if fits else ladder(shape, wanted, room)
    return replace(
        offer,
        n_ctx=wanted.n_ctx,
        needs=wanted.needs,
        needs_at={n_ctx: forecast(shape, n_ctx, kv_type=offer.kv_type).needs for n_ctx in SHOWN_CONTEXTS},
        fits=fits,
        rungs=tuple(ModelRung(n_ctx=rung.n_ctx, kv_type=rung.kv_type, needs=rung.needs) for rung in rungs),
    )


def _recommended(offers: list[ModelOffer], published: dict[str, Published], room: Room) -> str:
    """The coder with the best published score at editing code that fits with room to spare and is free to use."""
    fitting = [
        offer
        for offer in offers
        if offer.fits and (not room.bytes or offer.needs <= _COMFORT * room.bytes) and offer.id in published
    ]
    scored = [
        (published[offer.id].scores["aider_edit"], offer.id)
        for offer in fitting
        if published[offer.id].free and "aider_edit" in published[offer.id].scores
    ]
    return max(scored)[1] if scored else ""
