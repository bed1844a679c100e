"""The models of this machine and of the catalogue as rows of a screen: which fit, what would fit instead, what is coming."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec
from textual.content import Content

from codey_tui.protocol.models import KvType, ModelInfo, ModelOffer, ModelsHere
from codey_tui.protocol.ops import SetModel
from codey_tui.tui.screens.choice import Row
from codey_tui.tui.state import PullView
from codey_tui.tui.telling import clean, duration, memory


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row and what it stands for: to load a model, as it is (0 and empty) or on a rung of the ladder; or to `fetch` it first.
    Sizes in bytes."""

    row: Row
    model: str
    title: str = ""
    fetch: bool = False
    n_ctx: int = 0
    kv_type: KvType | str = ""
    size: int = 0
    part: int = 0
    licence: str = ""
    fits: bool = False
    known: bool = True
    removable: Literal["", "file", "link"] = ""


def entries(here: ModelsHere, present: ModelInfo, pulls: Mapping[str, PullView]) -> list[Entry]:
    """A row for each model, and below one that does not fit a row for each way to load it; those of the present model have
    a key each. Models that are fetched and stand in no catalogue come last."""
    found: list[Entry] = []
    for offer in here.offers:
        found.append(
            Entry(
                row=Row(offer.id, _label(offer), _detail(offer, here.n_ctx)),
                model=offer.id,
                title=clean(offer.title or offer.id),
                fetch=not offer.path,
                size=offer.size,
                part=offer.part,
                licence=clean(offer.licence),
                fits=offer.fits,
                known=bool(offer.needs),
                removable=offer.removable,
            )
        )
        if offer.path:
            found += _rungs(offer, keys=offer.id == present.id)
    known = {offer.id for offer in here.offers}
    found += [
        Entry(row=Row(name, clean(name)), model=name, title=clean(name), fetch=True)
        for name in pulls
        if name not in known
    ]
    return found


def room_text(here: ModelsHere) -> str:
    """How much memory a model may take, and how much the disk holds."""
    room = f"Room for a model: {memory(here.room)} ({clean(here.limit)}). " if here.room else ""
    disk = f" {_bytes(here.disk_free)} are free on the disk." if here.disk_free else ""
    return f"{room}Figures for {here.n_ctx:,} tokens of context.{disk}"


def op_for(entry: Entry) -> SetModel:
    """The Op that loads it."""
    kv_type: KvType = "q8_0" if entry.kv_type == "q8_0" else "f16"
    return SetModel(model=entry.model, n_ctx=entry.n_ctx, kv_type=kv_type if entry.kv_type else "")


def fetch_text(entry: Entry, here: ModelsHere) -> str:
    """What a person should know before bytes are spent."""
    left = entry.size - entry.part
    size = f"{_bytes(left)} of {_bytes(entry.size)} are left" if entry.part else _bytes(entry.size)
    parts = [f"Fetch {entry.title} from the hub? {size}."]
    if entry.licence:
        parts.append(f"Licence: {entry.licence}.")
    if entry.known and not entry.fits:
        parts.append("It does not fit this machine as it is set up now.")
    if here.disk_free and left > here.disk_free:
        parts.append(f"The disk has {_bytes(here.disk_free)} free, which is not enough.")
    return " ".join(parts)


def remove_text(entry: Entry) -> str:
    """What removing means."""
    if entry.removable == "link":
        return f"Forget {entry.title}? Its file stays where it is."
    return f"Remove {entry.title} from the disk? {_bytes(entry.size)} become free."


def pull_line(pull: PullView, width: int) -> Content:
    """A bar, and as much of percent, bytes, rate and time as fits `width` cells."""
    return _styled(pull_words(pull), width, pull)


def pull_words(pull: PullView) -> list[str]:
    """How far a download is, the important words first."""
    if not pull.size:
        return ["asking the hub …"]
    words = [f"{100 * pull.done // pull.size}%"]
    if pull.done >= pull.size:
        return [*words, "checking"]
    words.append(f"{_bytes(pull.done)} of {_bytes(pull.size)}")
    if pull.rate >= 1:
        words.insert(1, f"{pull.rate / 1e6:.1f} MB/s")
        words.insert(2, f"{duration(pull.seconds_left or 0.0)} left")
    else:
        words.append("waiting for the hub")
    return words


def _styled(words: list[str], width: int, pull: PullView) -> Content:
    while len(words) > 1 and len(" · ".join(words)) > width:
        words = words[:-1]
    text = " · ".join(words)
    cells = min(20, width - len(text) - 2) if pull.size else 0
    if cells < 6:
        return Content.styled(text, "$text-primary")
    full = round(cells * pull.done / pull.size)
    return Content.assemble(("━" * full, "$primary"), ("─" * (cells - full), "$text-muted"), "  ", text)


def _bytes(count: int) -> str:
    """Bytes of a file or a disk, in units of a thousand as hubs and shops count."""
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def _rungs(offer: ModelOffer, *, keys: bool) -> Iterator[Entry]:
    for number, rung in enumerate(offer.rungs, 1):
        label = f"↳ {offer.id} with {rung.n_ctx:,} tokens, KV cache {rung.kv_type}"
        row = Row(
            f"{offer.id} {number}", label, f"  takes {memory(rung.needs)}, which fits", str(number) if keys else ""
        )
        yield Entry(row=row, model=offer.id, n_ctx=rung.n_ctx, kv_type=rung.kv_type)


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
    parts.append("here" if offer.path else f"{100 * offer.part // offer.size}% fetched" if offer.part else "on the hub")
    if offer.licence and not offer.path:
        parts.append(clean(offer.licence))
    return " · ".join(parts)
