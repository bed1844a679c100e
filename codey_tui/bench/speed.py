"""How fast a model reads and writes through all of Codey, against llama.cpp by itself, in turn and on the same settings."""

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from codey_tui.bench.reference import Setup, Speed
from codey_tui.bench.turns import BenchFailed, Turn, Watcher
from codey_tui.protocol.client import Client
from codey_tui.protocol.ops import NewSession

PROMPT = 512
"""Tokens of prompt, where the context has room for them."""
LEAST, MOST = 16, 384  # tokens of a generation
ENOUGH = 8  # tokens, below which a generation says nothing about speed

TRIES = 4
"""A busy machine may merge the news of an evaluation into one piece, which cannot be timed."""
_TOO_LATE = "The engine's news came too late to be timed: let nothing else run on this machine meanwhile."

Tell = Callable[[str], None]
Kind = Literal["question", "code"]
Ask = tuple[str, Kind]

# What models of any size answer at length; small ones that were trained for code alone end a story at once.
ASKS: tuple[Ask, ...] = (
    ("Tell me a very long story about a lighthouse, with as many words as you can.", "question"),
    ("Create a Fibonacci function in Python", "code"),
)
_WORDS = (
    "river stone window garden letter morning winter yellow market bridge silver table forest candle harbour music "
    "orange paper road summer tower village water engine mirror island cloud field horse kitchen ladder mountain"
).split()


class Against(Protocol):
    """What Codey is compared with."""

    @property
    def name(self) -> str: ...
    @property
    def differs(self) -> str: ...
    def measure(self, prompt: int, tokens: int, *, before_prompt: int = 0, before_tokens: int = 0) -> Speed: ...


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of each side, in tokens per second, of so many tokens of prompt and generation."""

    prompt_tokens: int
    generation_tokens: int
    codey: Speed
    reference: Speed


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A median with the least and the most."""

    median: float
    least: float
    most: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of `codey bench speed`. Ratios are the median of Codey divided by the reference, round by round."""

    model: str
    setup: Setup
    reference: str
    screen_attached: bool
    rounds: int
    prompt_tokens: int
    generation_tokens: int
    codey_prompt_tokens_per_s: Spread
    reference_prompt_tokens_per_s: Spread
    prompt_ratio: Spread
    codey_generation_tokens_per_s: Spread
    reference_generation_tokens_per_s: Spread
    generation_ratio: Spread
    complete: bool


class Speeds:
    """Measures round after round, generations of about so many `seconds`. Raises BenchFailed when the model cannot be used, or says too little."""

    def __init__(
        self, client: Client, against: Against, *, n_ctx: int, seconds: float, workspace: Path, tell: Tell
    ) -> None:
        self._client = client
        self._watcher = Watcher(client)
        self._against = against
        self._seconds = seconds
        self._prompt = min(PROMPT, n_ctx // 2)
        self._workspace = workspace
        self._tell = tell
        self._random = random.Random(7)  # noqa: S311 - words to read, not secrets
        self._letters = 2.0  # of the words, a token; measured before the first round

    def rounds(self, count: int) -> Iterator[Round]:
        """Load, warm up, then measure both sides so many times; whatever has come is good when this is left early."""
        self._tell("loading the model and warming up")
        sample = self._read(self._prompt // 2)
        self._letters *= self._prompt / 2 / sample.tokens_new
        ask, tokens = self._choose()
        read: Turn | None = None
        written: Turn | None = None
        for number in range(1, count + 1):
            where = f"round {number} of {count}"
            # Every other round the reference goes first: a machine that slows down does so for both.
            first = number % 2 == 0
            read, their_reading = self._both(
                f"{where}, prompt",
                lambda: self._read(self._prompt),
                lambda turn: self._against.measure(turn.tokens_new, 0, before_prompt=turn.tokens_cached).prompt,
                read if first else None,
            )
            written, their_writing = self._both(
                f"{where}, generation",
                lambda: self._say(ask, tokens),
                lambda turn: (
                    self._against.measure(
                        0, turn.generated, before_tokens=turn.tokens_cached + turn.tokens_new
                    ).generation
                ),
                written if first else None,
            )
            yield Round(
                prompt_tokens=read.tokens_new,
                generation_tokens=written.generated,
                codey=Speed(prompt=read.prompt_rate, generation=written.generation_rate),
                reference=Speed(prompt=their_reading, generation=their_writing),
            )

    def _both(
        self, where: str, ours: Callable[[], Turn], theirs: Callable[[Turn], float], like: Turn | None
    ) -> tuple[Turn, float]:
        """Codey's turn and the reference's tokens per second at the same; the reference goes first where a turn is given that it is
        to be `like`."""
        if like is not None:
            self._tell(f"{where}: {self._against.name}")
            rate = theirs(like)
            self._tell(f"{where}: Codey")
            return ours(), rate
        self._tell(f"{where}: Codey")
        turn = ours()
        self._tell(f"{where}: {self._against.name}")
        return turn, theirs(turn)

    def close(self) -> None:
        """Listen no longer."""
        self._watcher.leave()

    def _choose(self) -> tuple[Ask, int]:
        """The request that this model answers at greater length, and for how many tokens."""
        best: tuple[Ask, Turn] | None = None
        for ask in ASKS:
            turn = self._write(ask, LEAST * 2)
            if best is None or turn.generated > best[1].generated:
                best = (ask, turn)
            if turn.result == "cancelled":
                break  # it would have gone on
        assert best is not None
        ask, turn = best
        if turn.generated < ENOUGH:
            raise BenchFailed(
                f"The model said {turn.generated} tokens and ended: too few to measure its speed. {turn.reason}".strip()
            )
        return ask, max(LEAST, min(MOST, int(turn.generation_rate * self._seconds)))

    def _read(self, tokens: int) -> Turn:
        """A turn whose prompt has about so many new tokens: only what every prompt begins with is in the KV cache."""
        turn = self._turn(lambda: filler(int(tokens * self._letters), self._random), "question", 1)
        if not turn.prompt_rate:
            raise BenchFailed(turn.reason or _TOO_LATE)
        return turn

    def _say(self, ask: Ask, tokens: int) -> Turn:
        """A generation that is long enough to be measured."""
        turn = self._write(ask, tokens)
        if turn.generated < ENOUGH:
            raise BenchFailed(f"The model said {turn.generated} tokens: too few to measure its speed.")
        return turn

    def _write(self, ask: Ask, tokens: int) -> Turn:
        text, kind = ask
        return self._turn(lambda: text, kind, tokens)

    def _turn(self, text: Callable[[], str], kind: Kind, tokens: int) -> Turn:
        """A turn in a session of its own, taken again where its news could not be timed."""
        left = TRIES
        while True:
            self._fresh()
            turn = self._watcher.turn(text(), kind=kind, tokens=tokens)
            left -= 1
            timed = turn.prompt_rate if tokens == 1 else turn.generation_rate
            if timed or not left or (turn.result == "failed" and not turn.tokens_new):
                return turn

    def _fresh(self) -> None:
        """A session of its own, and none of the files that an earlier turn wrote."""
        self._watcher.rest()
        self._client.submit(NewSession())
        for path in self._workspace.iterdir():
            if path.is_file():
                path.unlink()


def filler(letters: int, source: random.Random) -> str:
    """Words that mean nothing, about so many letters of them, with a beginning that was not there before."""
    words = [f"{source.randrange(10**6)}"]
    length = len(words[0])
    while length < letters:
        words.append(source.choice(_WORDS))
        length += 1 + len(words[-1])
    return " ".join(words)


def spread(values: Sequence[float]) -> Spread:
    """The median, the least and the most of at least one value."""
    return Spread(median=statistics.median(values), least=min(values), most=max(values))


def report(
    rounds: Sequence[Round], *, model: str, setup: Setup, against: Against, screen_attached: bool, wanted: int
) -> Report:
    """The figures of the rounds that were measured, of which there is at least one."""

    def of(figure: Callable[[Round], float]) -> Spread:
        return spread([figure(one) for one in rounds])

    return Report(
        model=model,
        setup=setup,
        reference=against.name,
        screen_attached=screen_attached,
        rounds=len(rounds),
        prompt_tokens=int(of(lambda one: one.prompt_tokens).median),
        generation_tokens=int(of(lambda one: one.generation_tokens).median),
        codey_prompt_tokens_per_s=of(lambda one: one.codey.prompt),
        reference_prompt_tokens_per_s=of(lambda one: one.reference.prompt),
        prompt_ratio=of(lambda one: one.codey.prompt / one.reference.prompt),
        codey_generation_tokens_per_s=of(lambda one: one.codey.generation),
        reference_generation_tokens_per_s=of(lambda one: one.reference.generation),
        generation_ratio=of(lambda one: one.codey.generation / one.reference.generation),
        complete=len(rounds) == wanted,
    )
