"""The models of this machine and of the catalogue as rows of a screen: which fit, and what would fit instead."""

from collections.abc import Iterator

import msgspec

from codey_tui.protocol.models import KvType, ModelInfo, ModelOffer, ModelsHere
from codey_tui.protocol.ops import SetModel
from codey_tui.tui.screens.choice import Row
from codey_tui.tui.telling import clean, memory


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a row stands for: to load a model, as it is (0 and empty) or on a rung; or to say how it is fetched."""

    model: str
    fetch: bool = False
    n_ctx: int = 0
    kv_type: KvType | str = ""


def offer_rows(here: ModelsHere, present: ModelInfo) -> list[tuple[Row, Chosen]]:
    """A row for each model, and below one that does not fit a row for each way to load it; those of the present model have
    a key each."""
    rows: list[tuple[Row, Chosen]] = []
    for offer in here.offers:
        rows.append(
            (Row(offer.id, _label(offer), _detail(offer, here.n_ctx)), Chosen(model=offer.id, fetch=not offer.path))
        )
        if offer.path:
            rows += _rung_rows(offer, keys=offer.id == present.id)
    return rows


def room_text(here: ModelsHere) -> str:
    """How much memory a model may take."""
    room = f"Room for a model: {memory(here.room)} ({clean(here.limit)}). " if here.room else ""
    return f"{room}Figures for {here.n_ctx:,} tokens of context."


def op_for(chosen: Chosen) -> SetModel:
    """The Op that loads it."""
    kv_type: KvType = "q8_0" if chosen.kv_type == "q8_0" else "f16"
    return SetModel(model=chosen.model, n_ctx=chosen.n_ctx, kv_type=kv_type if chosen.kv_type else "")


def _rung_rows(offer: ModelOffer, *, keys: bool) -> Iterator[tuple[Row, Chosen]]:
    for number, rung in enumerate(offer.rungs, 1):
        label = f"↳ {offer.id} with {rung.n_ctx:,} tokens, KV cache {rung.kv_type}"
        row = Row(
            f"{offer.id} {number}", label, f"  takes {memory(rung.needs)}, which fits", str(number) if keys else ""
        )
        yield row, Chosen(model=offer.id, n_ctx=rung.n_ctx, kv_type=rung.kv_type)


def _label(offer: ModelOffer) -> str:
    return clean(offer.title or offer.id) + ("  ★ recommended" if offer.recommended else "")


def _detail(offer: ModelOffer, n_ctx: int) -> str:
    """What it takes, whether that fits, and where it is."""
    if offer.problem:
        return clean(offer.problem)
    less = f" with {offer.n_ctx:,} tokens" if offer.n_ctx < n_ctx else ""
    parts = [f"takes {memory(offer.needs)}{less}" if offer.needs else f"file of {memory(offer.size)}"]
    if offer.needs:
        parts.append("fits" if offer.fits else "does not fit")
    parts.append("here" if offer.path else "on the hub")
    if offer.licence and not offer.path:
        parts.append(clean(offer.licence))
    return " · ".join(parts)
