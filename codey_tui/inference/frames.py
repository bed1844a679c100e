"""The frames between the engine and the child process that holds a model.

Each frame is four bytes of length, big-endian, and as many bytes of JSON: one struct, tagged by `type`. The parent
sends `Load` once, then `Generate`, `Score`, `Count` or `Keep`, one at a time, and `Cancel` and `SetThreads`, which have no answer, at any
moment. Every command is answered by exactly one last frame: `Load` by `Loaded`, `Generate` by `Finished` or `PromptHeld`, `Score` by `Scored`, `Count` by `Counted`,
`Keep` by `Kept`, and any of them by `Failed` instead. Before it come progress frames and `Noted`. The end of its input tells the child to exit.
"""

import struct
from typing import BinaryIO, Literal

import msgspec

from codey_tui.inference.provider import (
    ChatTurn,
    Finished,
    GenerateRequest,
    Loaded,
    LoadProgress,
    PromptHeld,
    PromptProgress,
    Token,
)

MAX_FRAME_BYTES = 64 * 1024 * 1024
HEADER = struct.Struct(">I")
# Below this size (bytes) a token takes less time than threads take to meet at the end of each operation; a second thread
# then gains nothing on an idle machine and loses nearly everything on a busy one.
_ONE_THREAD_BELOW = 64 * 1024 * 1024

KvType = Literal["f16", "q8_0"]
FailureKind = Literal["missing", "broken", "too_large", "too_long", "other"]


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is loaded.

    `render_special` names control tokens whose text is part of the output, such as a model's own markers; all others
    are silent. `nice` is added to the child's niceness. Of `n_threads`, `threads_generation` make tokens (0: all, or one where a
    model is small). `n_batch` tokens are evaluated at a time. With `mmap` the weights
    are pages of the file, which the kernel may drop and read again; without, they are memory of the process.
    `flash` says whether attention is computed in one pass, without a table of scores (None: as `footprint.flash_serves` has it).
    `n_gpu_layers` is 0 where no layer goes to a GPU. `prompt_rate` is how fast this machine read prompts before (tokens per
    second, 0: not known), `draft_gain` what drafts brought then (times as quick, 0: not known). `kv_folder` (absolute; empty: none) keeps evaluated prompts, of all models at most `kv_max_bytes`;
    what is evaluated again in less than `kv_least_s` seconds is not worth a file.
    """

    n_ctx: int = 4096
    n_threads: int = 2
    threads_generation: int = 0
    nice: int = 10
    n_batch: int = 256
    kv_type: KvType = "f16"
    flash: bool | None = None
    mmap: bool = True
    n_gpu_layers: int = 0
    render_special: tuple[str, ...] = ()
    prompt_rate: float = 0.0
    draft_gain: float = 0.0
    kv_folder: str = ""
    kv_max_bytes: int = 0
    kv_least_s: float = 0.5


def generating_threads(options: LoadOptions, weights: int) -> int:
    """How many threads make tokens with a model of so many bytes."""
    usual = 1 if weights < _ONE_THREAD_BELOW else options.n_threads
    return min(options.threads_generation or usual, options.n_threads)


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the frames that are no provider events."""


class Load(_Frame, frozen=True, kw_only=True):
    """Load the GGUF file at `path` (absolute)."""

    path: str
    options: LoadOptions


class Generate(_Frame, frozen=True, kw_only=True):
    """Generate; `id` grows with every command."""

    id: int
    request: GenerateRequest


class Score(_Frame, frozen=True, kw_only=True):
    """Say how likely each candidate, a text of one token, is right after a prompt."""

    id: int
    messages: tuple[ChatTurn, ...]
    candidates: tuple[str, ...]
    prefill: str = ""


class Count(_Frame, frozen=True, kw_only=True):
    """Count the tokens of a prompt."""

    id: int
    messages: tuple[ChatTurn, ...]
    prefill: str = ""


class Keep(_Frame, frozen=True, kw_only=True):
    """Save what the KV cache holds as the state of a conversation."""

    id: int
    conversation: str


class Cancel(_Frame, frozen=True, kw_only=True):
    """Stop the command with this id, and any before it; too late it does nothing."""

    id: int


class SetThreads(_Frame, frozen=True, kw_only=True):
    """Evaluate with at most this many threads from the next batch or token on; 0 goes back to those of the load."""

    threads: int


class Scored(_Frame, frozen=True, kw_only=True):
    """The answer to `Score`: a log-probability (natural) for each candidate; none when it was cancelled."""

    logprobs: tuple[float, ...]


class Counted(_Frame, frozen=True, kw_only=True):
    """The answer to `Count`."""

    tokens: int


class Kept(_Frame, frozen=True, kw_only=True):
    """The answer to `Keep`: tokens and bytes that were written, 0 where nothing was new or worth it."""

    tokens: int
    size: int


class Noted(_Frame, frozen=True, kw_only=True):
    """A sentence for the engine's log."""

    sentence: str


class Alive(_Frame, frozen=True, kw_only=True):
    """Work goes on though there is nothing to show: `tokens` generated so far."""

    tokens: int


class Failed(_Frame, frozen=True, kw_only=True):
    """A command came to nothing; the sentence says why and `kind` selects the error's type."""

    kind: FailureKind
    sentence: str


Command = Load | Generate | Score | Count | Keep
FromParent = Command | Cancel | SetThreads
FromChild = (
    LoadProgress
    | Loaded
    | PromptProgress
    | PromptHeld
    | Token
    | Finished
    | Scored
    | Counted
    | Kept
    | Noted
    | Alive
    | Failed
)

_encoder = msgspec.json.Encoder()
_from_parent = msgspec.json.Decoder(FromParent)
_from_child = msgspec.json.Decoder(FromChild)


def encode(frame: FromParent | FromChild) -> bytes:
    """A whole frame, header included. Raises ValueError when it is longer than `MAX_FRAME_BYTES`."""
    body = _encoder.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"A frame of {len(body):,} bytes is longer than the {MAX_FRAME_BYTES:,} allowed.")
    return HEADER.pack(len(body)) + body


def body_size(header: bytes) -> int:
    """Length of the body that follows `header`. Raises ValueError when it is too long to be a frame."""
    size: int = HEADER.unpack(header)[0]
    if size > MAX_FRAME_BYTES:
        raise ValueError("The stream of frames is damaged: a length is out of range.")
    return size


def decode_from_child(body: bytes) -> FromChild:
    """Raises `msgspec.MsgspecError` when it is no frame of a child."""
    return _from_child.decode(body)


def read_from_parent(stream: BinaryIO) -> FromParent | None:
    """The next command, or None at the end of the stream. Blocks."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    size = body_size(header)
    body = stream.read(size)
    return _from_parent.decode(body) if len(body) == size else None
