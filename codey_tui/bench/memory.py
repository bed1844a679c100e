"""What a model takes, by the forecast and in truth, with several contexts and both kinds of KV cache."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec

from codey_tui.bench.running import read_json_lines
from codey_tui.protocol.models import KvType

MEASURE = "codey_tui.inference.measure"
MOST = 8192
"""Tokens: the largest context that is measured, unless the settings have a larger one."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One way to load the model. Bytes of its process; `measured_bytes` is 0 where it does not fit here and was not tried."""

    n_ctx: int
    kv_type: KvType
    forecast_bytes: int
    measured_bytes: int = 0

    @property
    def off(self) -> float:
        """By how much the forecast is over what was measured, as a share; 0 where nothing was measured."""
        return self.forecast_bytes / self.measured_bytes - 1 if self.measured_bytes else 0.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of `codey bench memory`. `worst_over_ratio` and `worst_under_ratio` are shares of what was measured."""

    model: str
    available_bytes: int
    cases: tuple[Taken, ...]
    worst_over_ratio: float
    worst_under_ratio: float
    complete: bool


def cases(n_ctx: int, trained: int) -> list[tuple[int, KvType]]:
    """Contexts and caches worth measuring for a model that was trained for `trained` tokens (0: not known) and is set to
    `n_ctx` here, the smallest first."""
    most = min(max(MOST, n_ctx), trained or MOST)
    sizes = sorted({most // 4, most // 2, most, min(n_ctx, most)})
    kinds: tuple[KvType, ...] = ("f16", "q8_0")
    return [(size, kind) for size in sizes for kind in kinds]


def measure(path: str, wanted: Sequence[tuple[int, KvType]], *, available: int) -> Iterator[Taken]:
    """Load the model in one way after the other, in processes of their own. Raises BenchFailed."""
    command = [sys.executable, "-P", "-m", MEASURE, path, str(available), *(f"{size}/{kind}" for size, kind in wanted)]
    with closing(read_json_lines(command)) as lines:
        for told in lines:
            yield msgspec.convert(told, Taken)


def report(found: Sequence[Taken], *, model: str, available: int, wanted: int) -> Report:
    """The figures of the ways that were measured."""
    off = [one.off for one in found if one.measured_bytes] or [0.0]
    return Report(
        model=model,
        available_bytes=available,
        cases=tuple(found),
        worst_over_ratio=max(0.0, *off),
        worst_under_ratio=max(0.0, *(-value for value in off)),
        complete=len(found) == wanted,
    )
