"""What the engine says about models, the machine and itself."""

from typing import Literal

import msgspec

ModelState = Literal["absent", "idle", "loading", "ready", "busy", "failed"]
KvType = Literal["f16", "q8_0"]
RouteKind = Literal["calc", "tool", "question", "code", "steps", "fullstack", "clarify"]


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A model that this engine knows. Sizes in bytes; `n_ctx` in tokens; `kv_type` is that of its KV cache."""

    id: str
    title: str
    path: str
    state: ModelState
    size: int = 0
    n_ctx: int = 0
    rss: int = 0
    problem: str = ""
    kv_type: KvType = "f16"


class ModelRung(msgspec.Struct, frozen=True, kw_only=True):
    """A way to load a model that does not fit as it is: with this context (tokens) and KV cache it takes `needs` bytes."""

    n_ctx: int
    kv_type: KvType
    needs: int


class ModelOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A model of this machine or of the catalogue, and whether it fits here.

    `path` is empty while it is not on the disk. Sizes in bytes: `size` of the file, `needs` of the loaded model with
    `n_ctx` tokens of context (0 where its shape is not known), `needs_at` the same by context. `rungs` are there when
    it does not fit. `scores` are published ones, each with its source. `removable` says whether Codey may remove its file, or
    forget the link to one elsewhere. `part` bytes came in an earlier try to fetch it.
    """

    id: str
    title: str
    path: str
    n_ctx: int
    kv_type: KvType
    size: int = 0
    needs: int = 0
    needs_at: dict[int, int] = {}
    fits: bool = False
    recommended: bool = False
    role: str = ""
    licence: str = ""
    edit_format: str = ""
    template: str = ""
    repository: str = ""
    scores: dict[str, str] = {}
    rungs: tuple[ModelRung, ...] = ()
    problem: str = ""
    removable: Literal["", "file", "link"] = ""
    part: int = 0


class ModelsHere(msgspec.Struct, frozen=True, kw_only=True):
    """What fits this machine with `n_ctx` tokens of context: `room` is the bytes that a model may take now (0: no limit),
    `limit` says what limits it. `disk_free` is what models fetched from the hub may take on the disk."""

    n_ctx: int
    room: int
    limit: str
    offers: tuple[ModelOffer, ...]
    disk_free: int = 0


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of the machine. Memory in bytes, temperature in degrees Celsius (None where the system tells none).

    `beside_rss` is what Codey takes besides this engine and its models: screens, sandboxes, and other engines of the same budget.
    `charging` says whether the battery is on a cable (None: not told). `threads` is what models are held to because of heat (0: not at all).
    """

    engine_rss: int
    models_rss: int
    budget: int
    cpu_percent: float
    temperature: float | None = None
    battery_percent: float | None = None
    charging: bool | None = None
    threads: int = 0
    beside_rss: int = 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a turn or a chunk: tokens in (new and cached), tokens out, seconds, bytes of peak RSS. `tokens_lost`
    were sent and never read by the model: what it wrote cannot be trusted. `slowed` is a sentence where heat or
    the battery made it slower."""

    tokens_new: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    tokens_lost: int = 0
    seconds: float = 0.0
    generation_seconds: float = 0.0
    peak_rss: int = 0
    slowed: str = ""
    files: tuple[str, ...] = ()


class PromptPart(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a prompt could do without: a file of its context, or the earlier turns; about `tokens` long."""

    id: str
    title: str
    tokens: int


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is, who decided it, how surely (0..1) and in how many milliseconds."""

    kind: RouteKind
    confidence: float
    decided_by: str
    milliseconds: float
    tool: str = ""
    args: dict[str, object] = {}
    reply: str = ""


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A stored session: one conversation in one workspace."""

    id: str
    title: str
    created: float
    updated: float
    turns: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The engine as it is now."""

    version: str
    pid: int
    workspace: str
    session: SessionInfo
    seq: int
    mode: str
    model: ModelInfo
    models: tuple[ModelInfo, ...]
    busy: bool
    turn: int
    clients: int
    started: float
    gauges: Gauges | None = None
