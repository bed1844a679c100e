"""What would fit where a model does not: a q8_0 KV cache, a smaller context, both, or another model of this machine."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from codey_tui.inference.footprint import Footprint, contexts, forecast
from codey_tui.inference.frames import KvType
from codey_tui.inference.shape import ModelShape

LEAST_CONTEXT = 1024  # with less a plan, a file and an answer do not fit at all

RungKind = Literal["kv", "context", "both", "model"]


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that a model may take: `budget` by the settings, `available` on the machine now; 0 for no limit, or unknown.

    `taken` bytes of the setting are left out of `budget`, since Codey itself and models at work have them.
    """

    budget: int = 0
    available: int = 0
    taken: int = 0

    @property
    def bytes(self) -> int:
        """The tighter one; 0 when there is none."""
        return min((limit for limit in (self.budget, self.available) if limit > 0), default=0)

    def holds(self, needed: int) -> bool:
        """Whether so many bytes fit."""
        return not self.bytes or needed <= self.bytes

    @property
    def limit(self) -> str:
        """What limits it, in a few words; empty when nothing does."""
        if not self.bytes:
            return ""
        return "memory_budget_mb" if self.budget == self.bytes else "available on this machine now"

    @property
    def sentence(self) -> str:
        """What there is, and why no more."""
        if self.budget and self.budget == self.bytes:
            less = f" of {mb(self.budget + self.taken)}, less what Codey and models at work have" if self.taken else ""
            return f"models may use {mb(self.budget)} (memory_budget_mb{less})"
        return f"{mb(self.available)} are available on this machine now"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the disk that could be loaded instead."""

    id: str
    shape: ModelShape


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A way to make it fit: load `model` (empty: the same) with this context and cache, which takes `needs` bytes."""

    kind: RungKind
    n_ctx: int
    kv_type: KvType
    needs: int
    model: str = ""


def fitting(shape: ModelShape, room: Room, n_ctx: int, *, n_batch: int = 256, kv_type: KvType = "f16") -> Footprint:
    """What it will take as it will be loaded: with flash attention where it fits with nothing else."""
    usual = forecast(shape, n_ctx, n_batch=n_batch, kv_type=kv_type)
    return usual if room.holds(usual.needs) else forecast(shape, n_ctx, n_batch=n_batch, kv_type=kv_type, flash=True)


def ladder(
    shape: ModelShape,
    wanted: Footprint,
    room: Room,
    others: Sequence[Candidate] = (),
    *,
    n_batch: int = 256,
    known: Callable[[Footprint], Footprint] = lambda found: found,
) -> tuple[Rung, ...]:
    """What would fit in place of `wanted`, what gives up least first; nothing when nothing does. `known` adds what was measured."""

    def tried(n_ctx: int, kv_type: KvType) -> Footprint:
        return known(fitting(shape, room, n_ctx, n_batch=n_batch, kv_type=kv_type))

    found: list[Rung] = []
    quantised = tried(wanted.n_ctx, "q8_0")
    if wanted.kv_type == "f16" and room.holds(quantised.needs):
        found.append(_rung("kv", quantised))
    for n_ctx in contexts(wanted.n_ctx):
        if n_ctx >= LEAST_CONTEXT and room.holds((smaller := tried(n_ctx, wanted.kv_type)).needs):
            found.append(_rung("context", smaller))
            break
    if not found and wanted.kv_type == "f16":
        for n_ctx in contexts(wanted.n_ctx):
            if n_ctx >= LEAST_CONTEXT and room.holds((both := tried(n_ctx, "q8_0")).needs):
                found.append(_rung("both", both))
                break
    return (*found, *_other_models(wanted, room, others, n_batch))


def _rung(kind: RungKind, found: Footprint, model: str = "") -> Rung:
    return Rung(kind=kind, n_ctx=found.n_ctx, kv_type=found.kv_type, needs=found.needs, model=model)


def _other_models(wanted: Footprint, room: Room, others: Sequence[Candidate], n_batch: int) -> list[Rung]:
    """Smaller models that fit with the wanted context, the largest first."""
    smaller: list[Rung] = []
    for other in sorted(others, key=lambda candidate: candidate.shape.weights, reverse=True):
        if other.shape.weights < wanted.weights:
            found = fitting(other.shape, room, wanted.n_ctx, n_batch=n_batch, kv_type=wanted.kv_type)
            if room.holds(found.needs):
                smaller.append(_rung("model", found, other.id))
    return smaller


def refusal(name: str, wanted: Footprint, room: Room, rungs: Sequence[Rung]) -> str:
    """Why a model is not loaded, and what can be done, as sentences."""
    said = f"{name} needs {mb(wanted.needs)} with a context of {wanted.n_ctx:,} tokens, but {room.sentence}."
    if rungs:
        return f"{said} What fits: {'; '.join(describe(rung) for rung in rungs)}. In the workbench, /models takes it."
    return f"{said} Not even the smallest context fits: choose a smaller model (`codey models list` says which fits)."


def describe(rung: Rung) -> str:
    """A rung in words, with the flags that choose it."""
    size = mb(rung.needs)
    match rung.kind:
        case "kv":
            return f"a q8_0 KV cache ({size}, --kv q8_0)"
        case "context":
            return f"a context of {rung.n_ctx:,} tokens ({size}, --context {rung.n_ctx})"
        case "both":
            return f"{rung.n_ctx:,} tokens with a q8_0 KV cache ({size}, --context {rung.n_ctx} --kv q8_0)"
        case "model":
            return f"the model {rung.model} ({size}, --model {rung.model})"


def mb(size: int) -> str:
    """Bytes as megabytes, for sentences."""
    return f"{size / 1e6:,.0f} MB"
