"""What was measured of models on this machine, and what their files say of their habits; kept from one start to the next.

A measurement counts for every file of the same shape, as long as the machine and llama.cpp are the same.
"""

import functools
import hashlib
import logging
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui.inference.gguf import GgufInfo
from codey_tui.inference.tables import put_in_table, read_table

log = logging.getLogger(__name__)
_KEPT = 100
_CHANGED = 0.2  # share by which a rate must change to be written anew
_LEAST_TOKENS = 16  # of a generation that says how fast a model is

_TEMPLATES = (
    ("chatml", "<|im_start|>"),
    ("llama 3", "<|start_header_id|>"),
    ("gemma", "<start_of_turn>"),
    ("mistral", "[INST]"),
    ("phi", "<|assistant|>"),
    ("granite", "<|start_of_role|>"),
    ("deepseek", "<｜Assistant｜>"),
)
_CALLS = (
    ("<tool_call>", "<tool_call>"),
    ("[TOOL_CALLS]", "[TOOL_CALLS]"),
    ("<start_function_call>", "<start_function_call>"),
    ("<|tool_call|>", "<|tool_call|>"),
    ("<|python_tag|>", "<|python_tag|>"),
)


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate and its medians in tokens per second; 0 where it does not matter."""

    what: str
    value: str
    prompt: float = 0.0
    generation: float = 0.0


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """How a model runs best here. Rates in tokens per second, `at` in seconds since the epoch; `flash` says whether flash attention
    generates as quickly as the other way (None: the machine is too slow to find out in the time)."""

    threads_prompt: int
    threads_generation: int
    n_batch: int
    prompt_rate: float
    generation_rate: float
    flash: bool | None = None
    speeds: tuple[Speed, ...] = ()
    at: float = 0.0


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What the first generation and the header tell: the chat template's family (`own`: not a known one, empty: none), how it
    calls tools (empty: its template knows none), whether a shared beginning of prompts is read once, its rates, and how many times
    quicker text comes by drafts from the prompt (0: none was tried)."""

    template: str
    calls: str
    reuses: bool
    prompt_rate: float
    generation_rate: float
    draft_gain: float = 0.0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a shape of model here."""

    probe: Probe | None = None
    habits: Habits | None = None
    at: float = 0.0


class Probes:
    """The file of them. One that cannot be read is begun anew; one that cannot be written costs a measurement and no more."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def get(self, info: GgufInfo) -> Known:
        """What is known of a model."""
        return self._read().get(key_of(info), Known())

    def put(self, info: GgufInfo, probe: Probe) -> None:
        """Keep a measurement. Raises OSError."""
        now = self._clock()
        self._write(key_of(info), replace(self.get(info), probe=replace(probe, at=now), at=now))

    def note(self, info: GgufInfo, tokens: int, habits: Habits) -> None:
        """Keep what a generation of so many tokens has told, where it is news. Never raises."""
        if tokens < _LEAST_TOKENS:
            return
        known = self.get(info)
        if known.habits is not None:
            if not habits.draft_gain:  # no draft was tried this time
                habits = replace(habits, draft_gain=known.habits.draft_gain)
            if _alike(known.habits, habits):
                return
        try:
            self._write(key_of(info), replace(known, habits=habits, at=self._clock()))
        except OSError as error:
            log.warning("What a model is like cannot be remembered (%s).", error)

    def _read(self) -> dict[str, Known]:
        return read_table(self._file, dict[str, Known])

    def _write(self, key: str, known: Known) -> None:
        put_in_table(self._file, dict[str, Known], {key: known}, _latest)


def _latest(table: dict[str, Known]) -> dict[str, Known]:
    return dict(sorted(table.items(), key=lambda item: item[1].at)[-_KEPT:])


def _alike(old: Habits, new: Habits) -> bool:
    """Whether nothing is news but small changes of rates."""
    return _rest(old) == _rest(new) and all(
        abs(was - now) <= _CHANGED * max(was, now) for was, now in zip(_rates(old), _rates(new), strict=True)
    )


def _rates(habits: Habits) -> tuple[float, float, float]:
    return habits.prompt_rate, habits.generation_rate, habits.draft_gain


def _rest(habits: Habits) -> tuple[str, str, bool]:
    return habits.template, habits.calls, habits.reuses


def habits_of(
    info: GgufInfo, *, reuses: bool, prompt_rate: float, generation_rate: float, draft_gain: float = 0.0
) -> Habits:
    """The habits of a model whose rates were measured."""
    template = info.values.get("tokenizer.chat_template", "")
    text = template if isinstance(template, str) else ""
    family = next((name for name, mark in _TEMPLATES if mark in text), "own" if text else "")
    calls = next((name for name, mark in _CALLS if mark in text), "JSON" if "tools" in text else "")
    return Habits(
        template=family,
        calls=calls,
        reuses=reuses,
        prompt_rate=prompt_rate,
        generation_rate=generation_rate,
        draft_gain=draft_gain,
    )


def key_of(info: GgufInfo) -> str:
    """A name for the shape of a model on this machine: the sizes that decide its speed, the processor and llama.cpp."""
    shape = (
        info.architecture,
        info.tensor_bytes,
        *(info.number(key) for key in ("block_count", "embedding_length", "feed_forward_length")),
        info.array_lengths.get("tokenizer.ggml.tokens", 0),
        str(info.values.get("tokenizer.chat_template", "")),
    )
    digest = hashlib.sha256(repr((shape, _machine())).encode()).hexdigest()[:16]
    return f"{info.architecture} {info.tensor_bytes >> 20} MiB {digest}"


@functools.cache
def _machine() -> tuple[str | int, ...]:
    try:
        built = version("llama-cpp-python")
    except PackageNotFoundError:
        built = ""
    return (platform.machine(), _processor(), os.cpu_count() or 1, built)


def _processor() -> str:
    """The processor's name, where the system tells one."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Hardware")))
    return next(names, platform.processor())
