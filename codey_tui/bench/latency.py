"""How soon an answer begins, with nothing prepared, with a prompt whose beginning was read before, and after a restart; and how
soon a key and an event are on the screen meanwhile."""

import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec

from codey_tui.bench.attached import Screen
from codey_tui.bench.screen import KEY_GAP, LETTERS, quantile
from codey_tui.bench.speed import ASKS, filler
from codey_tui.bench.turns import BenchFailed, Turn, Watcher
from codey_tui.protocol.client import Client
from codey_tui.protocol.ops import CancelTurn, NewSession

PROMPT = 2000
"""Tokens that the prompts have in common, where the context has room for them."""
KEYS = 30
_SHARE = 0.6  # of the context for what the prompts have in common
_SAMPLE = 1000  # letters, read first to learn how many of them make a token

Case = Literal["cold", "warm", "restored"]


class First(msgspec.Struct, frozen=True, kw_only=True):
    """How soon the first text came: `load_s` seconds of it were for the model and its process, `prompt_s` for reading the new
    tokens."""

    case: Case
    first_text_s: float
    load_s: float
    prompt_s: float
    tokens_new: int
    tokens_cached: int


class Quick(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds while the model generates: from a key to its echo on the screen, and from the engine to a client."""

    keys: int
    echo_p50_s: float
    echo_p99_s: float
    events: int
    event_p50_s: float
    event_p99_s: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of `codey bench latency`. The ratios say how many times sooner than cold; 0 where it was not measured."""

    model: str
    n_ctx: int
    first_text: tuple[First, ...]
    warm_ratio: float
    restored_ratio: float
    screen: Quick | None
    complete: bool


class Prompts:
    """Prompts that begin alike and end differently."""

    def __init__(self, n_ctx: int) -> None:
        self._tokens = min(PROMPT, int(n_ctx * _SHARE))
        self._letters = min(_SAMPLE, n_ctx // 2)  # a letter is at most a token
        self._source = random.Random(11)  # noqa: S311 - words to read, not secrets
        self._common = ""
        self._count = 0

    @property
    def sample(self) -> str:
        """A text by which `fit` learns how long a token is."""
        return filler(self._letters, self._source)

    def fit(self, turn: Turn) -> None:
        """Know from the turn of the sample how many letters make a token. Raises BenchFailed where nothing was read."""
        if not turn.tokens_new:
            raise BenchFailed(turn.reason or "The model read no prompt.")
        self._common = filler(int(self._tokens * self._letters / turn.tokens_new), self._source)

    def next(self) -> str:
        """The next prompt."""
        self._count += 1
        return f"{self._common}\nQuestion {self._count}: what was said?"


def ask(watcher: Watcher, case: Case, text: str) -> First:
    """Time the first text of an answer. Raises BenchFailed when there is none."""
    turn = watcher.turn(text)
    watcher.rest()
    if not turn.tokens_new:
        raise BenchFailed(turn.reason or "The model read no prompt.")
    # A model that ends at once says no text; then the end of reading counts.
    return First(
        case=case,
        first_text_s=turn.first_text_s or turn.read_s,
        load_s=turn.load_s,
        prompt_s=turn.prompt_s,
        tokens_new=turn.tokens_new,
        tokens_cached=turn.tokens_cached,
    )


def quick(client: Client, watcher: Watcher, screen: Screen, *, keys: int) -> Quick:
    """Type while the model generates. Raises BenchFailed."""
    echoes: list[float] = []
    turns: list[Turn] = []
    with ThreadPoolExecutor(1, "turn") as pool:

        def generate() -> Turn:
            watcher.rest()
            client.submit(NewSession())
            return watcher.turn(ASKS[0][0], tokens=10**6)

        running = pool.submit(generate)
        try:
            for letter in LETTERS[:keys]:
                if running.done():  # a model of few words
                    turns.append(running.result())
                    running = pool.submit(generate)
                time.sleep(KEY_GAP)
                echoes.append(screen.echo(letter))
        finally:
            client.submit(CancelTurn())
        turns.append(running.result())
    late = [seconds for turn in turns for seconds in turn.late_s]
    return Quick(
        keys=len(echoes),
        echo_p50_s=statistics.median(echoes),
        echo_p99_s=quantile(echoes, 0.99),
        events=len(late),
        event_p50_s=statistics.median(late),
        event_p99_s=quantile(late, 0.99),
    )


def report(found: Sequence[First], seen: Quick | None, *, model: str, n_ctx: int, complete: bool) -> Report:
    """The figures that were measured."""
    by_case = {first.case: first for first in found}
    cold = by_case["cold"].first_text_s - by_case["cold"].load_s if "cold" in by_case else 0.0

    def ratio(case: Case) -> float:
        """How many times sooner, loading left aside on both sides."""
        other = by_case.get(case)
        return cold / (other.first_text_s - other.load_s) if other else 0.0

    return Report(
        model=model,
        n_ctx=n_ctx,
        first_text=tuple(found),
        warm_ratio=ratio("warm"),
        restored_ratio=ratio("restored"),
        screen=seen,
        complete=complete,
    )
