"""KV states of a loaded model: restored before a prompt is evaluated, saved when a conversation rests. Child process only."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import llama_cpp
import llama_cpp.llama_cpp as lib
import msgspec

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.kv_store import Identity, KvStore, common
from codey_tui.inference.provider import ChatTurn, GenerateRequest
from codey_tui.inference.runtime import Runtime

# Tokens that have to be saved or won before a file is written or read: below it costs more than it spares.
_WORTH = 32
_HEAD_BYTES = 1 << 20
_TAIL_BYTES = 1 << 16


class KvStates:
    """The saved states of one loaded model. Without a folder it does nothing."""

    def __init__(self, runtime: Runtime, path: Path, note: Callable[[str], None]) -> None:
        options = runtime.options
        self._runtime = runtime
        self._least_s = options.kv_least_s
        self._note = note
        self._fixed: tuple[int, ...] = ()
        self._fixed_tokens: dict[tuple[str, bytes], int] = {}
        self._store: KvStore | None = None
        if options.kv_folder:
            try:
                identity = identity_of(path, options, runtime.n_ctx)
            except OSError as error:
                note(f"Evaluated prompts are not saved: {path.name} cannot be read ({error.strerror}).")
                return
            store = KvStore(Path(options.kv_folder), str(path), identity, options.kv_max_bytes, note)
            store.prune(options.kv_max_bytes)
            self._store = store if options.kv_max_bytes else None

    def prepare(self, prompt: Sequence[int], request: GenerateRequest) -> None:
        """Before a prompt is evaluated: take a saved state where it holds more of the prompt than memory does."""
        if self._store is None:
            return
        self._fixed = self._fixed_of(prompt, request)
        held = common(self._runtime.tokens, prompt)
        cut = self._runtime.can_cut and not self._runtime.memory.window
        if held < len(self._runtime.tokens) and not (self._runtime.can_cut and self._runtime.memory.reaches(held)):
            held = 0
        if not self._worth(len(prompt) - held):
            return
        found = self._store.longest(prompt[:-1], cut=cut)
        if found is None or found[1] - held < _WORTH:
            return
        saved, shared = found
        started = time.monotonic()
        if self._store.checked(saved, lambda file: self._runtime.restore(file, saved.tokens)):
            took = (time.monotonic() - started) * 1000
            self._note(f"{shared:,} evaluated tokens came from {saved.path.name} in {took:.0f} ms.")

    def keep(self, conversation: str) -> tuple[int, int]:
        """Save what memory holds as the state of a conversation, and the fixed beginning as a state of its own; tokens
        and bytes that were written."""
        if self._store is None:
            return 0, 0
        tokens = written = 0
        memory, held = self._runtime.memory, tuple(self._runtime.tokens)
        fixed = self._fixed
        there = len(fixed) >= _WORTH and common(held, fixed) == len(fixed)
        if there and self._runtime.can_cut and memory.reaches(len(fixed)):
            name = f"fixed-{hashlib.sha256(repr(fixed).encode()).hexdigest()[:16]}"
            if self._worth(len(fixed)) and not self._store.holds(name, fixed):
                size = self._store.save(
                    name,
                    fixed,
                    memory.state_bytes() * len(fixed) // len(held),
                    lambda file: memory.save_beginning(file, fixed),
                )
                written += size
                tokens += len(fixed) if size else 0
        if conversation and self._worth(len(held)) and not self._store.holds(conversation, held, slack=_WORTH):
            size = self._store.save(conversation, held, memory.state_bytes(), lambda file: memory.save(file, held))
            written += size
            tokens += len(held) if size else 0
        return tokens, written

    def _fixed_of(self, prompt: Sequence[int], request: GenerateRequest) -> tuple[int, ...]:
        """The tokens up to which every prompt with the same system message and functions is the same."""
        first = request.messages[0]
        if first.role not in ("system", "developer"):
            return ()
        key = (first.text, msgspec.json.encode(request.functions))
        if key not in self._fixed_tokens:
            turns = (first, ChatTurn(role="user", text="."))
            self._fixed_tokens.clear()  # one is enough: it changes with the kind of work only
            other = self._runtime.prompt_tokens(turns, "", request.functions)
            third = self._runtime.prompt_tokens((first, ChatTurn(role="user", text="?")), "", request.functions)
            self._fixed_tokens[key] = common(other, third)
        shared = self._fixed_tokens[key]
        return tuple(prompt[:shared])

    def _worth(self, tokens: int) -> bool:
        """Whether evaluating these tokens takes longer than reading them from a disk would."""
        rate = self._runtime.prompt_rate
        return tokens >= _WORTH and (rate <= 0 or tokens / rate >= self._least_s)


def identity_of(path: Path, options: LoadOptions, n_ctx: int) -> Identity:
    """All that the numbers in a KV cache depend on, by name. Raises OSError."""
    with path.open("rb") as stream:
        found = os.fstat(stream.fileno())
        digest = hashlib.sha256(stream.read(_HEAD_BYTES))
        stream.seek(max(0, found.st_size - _TAIL_BYTES))
        digest.update(stream.read(_TAIL_BYTES))
    return {
        "model file": f"{found.st_size} {found.st_mtime_ns} {digest.hexdigest()}",
        "context": str(n_ctx),
        "KV type": options.kv_type,
        "batch": str(options.n_batch),
        "flash attention": "off" if options.flash is False else "on",
        "GPU layers": str(options.n_gpu_layers),
        "llama.cpp": f"{llama_cpp.__version__} {_build()}",
        "form": "1",
    }


def _build() -> str:
    """Which build of llama.cpp this is: size and time of its library, which a new build or another processor's changes."""
    name = str(getattr(getattr(lib, "_lib", None), "_name", ""))
    with suppress(OSError):
        found = Path(name).stat()
        return f"{found.st_size} {found.st_mtime_ns}"
    return "unknown"
