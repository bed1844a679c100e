"""What an engine is made of; the composition root fills it in."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from codey_tui.engine.care import CareLimits
from codey_tui.engine.coder import Honesty, Sampling
from codey_tui.engine.router import Counsel
from codey_tui.engine.router_model import RouterModel
from codey_tui.engine.turn_state import TurnOptions
from codey_tui.inference.ladder import Rung
from codey_tui.inference.provider import InferenceError, Provider
from codey_tui.inference.residency import Residency
from codey_tui.protocol.actions import ApprovalMode, Rule
from codey_tui.protocol.models import Gauges, ModelInfo, ModelsHere, Route, RouteKind
from codey_tui.protocol.plan import Plan
from codey_tui.sandbox import Limits, Sandbox
from codey_tui.store.database import Database
from codey_tui.tools.registry import BUILT_IN, ToolBox


@dataclass(frozen=True)
class ModelChoice:
    """A model that can be chosen: what is known of it, how it says that something is beyond it, whether names travel as slots,
    and whether it can say with one of `prompts.LABELS` what a request is."""

    info: ModelInfo
    honesty: Honesty = Honesty()
    slots: bool = False
    labels: bool = False


def with_context(info: ModelInfo, n_ctx: int, kv_type: str) -> ModelInfo:
    """The model with another context (tokens) or KV cache; 0 and empty leave them."""
    return replace(info, n_ctx=n_ctx or info.n_ctx, kv_type="q8_0" if (kv_type or info.kv_type) == "q8_0" else "f16")


@dataclass(frozen=True)
class FetchedModel:
    """A model that is whole: the id by which it can be chosen, and a sentence."""

    id: str
    text: str


Fetch = Callable[[str, Callable[[int, int], None], threading.Event], FetchedModel]
"""Fetches a model by its name, telling the bytes that are there of how many, until the event is set. Blocks; raises
InferenceError."""


def _no_hub(*_: object) -> FetchedModel:
    raise InferenceError("Models can be neither fetched nor removed here.")


@dataclass(frozen=True)
class ModelFiles:
    """Models on the disk: how one is fetched, how one is removed (a sentence comes back; raises InferenceError and OSError), and
    which there are now. All block."""

    fetch: Fetch = _no_hub
    remove: Callable[[str], str] = lambda model: _no_hub(model).text
    read: Callable[[], Mapping[str, ModelChoice]] = dict


@dataclass(frozen=True)
class EngineParts:
    """Everything that the engine is made of; the composition root fills it in.

    `instead` gives a weaker sandbox that a person may be asked for when `sandbox` refuses.
    `provider_for` gives the provider of a model id; `look_at` what its file is like now;
    `configure` the model with another context and KV cache, no more context than it can have. `list_models()` says what
    fits when loaded models have made way. `files` brings and removes models. `read_gauges(models_rss)` reads the machine.
    `forget` removes from the disk what models have read of a session; it blocks and raises OSError.
    `plan` takes the routes of steps by their texts. `router` is a model in the place of the router's linear model.
    `residency` keeps local models within the memory that there is; `step_down` says what a model that did not fit should be
    replaced by, None where nothing smaller fits.
    """

    workspace: Path
    state_dir: Path
    version: str
    database: Database
    models: dict[str, ModelChoice]
    model: str
    provider_for: Callable[[str], Provider]
    look_at: Callable[[str], ModelInfo]
    sandbox: Sandbox
    limits: Limits
    route: Callable[[str, Counsel | None], Route]
    plan: Callable[[str, Route, tuple[str, ...], Mapping[str, Route]], Plan]
    route_as: Callable[[str, RouteKind], Route]
    read_gauges: Callable[[int], Gauges]
    instead: Callable[[], Sandbox | None] = lambda: None
    mode: ApprovalMode = "ask"
    rules: tuple[Rule, ...] = ()
    sampling: Sampling = Sampling()
    configure: Callable[[ModelInfo, int, str], ModelInfo] = with_context
    list_models: Callable[[], ModelsHere] = lambda: ModelsHere(n_ctx=0, room=0, limit="", offers=())
    files: ModelFiles = ModelFiles()
    forget: Callable[[str], object] = lambda _session: None
    care: CareLimits = CareLimits()
    options: TurnOptions = TurnOptions()
    notices: tuple[str, ...] = ()
    tools: ToolBox = BUILT_IN
    router: RouterModel | None = None
    residency: Residency | None = None
    step_down: Callable[[ModelInfo], Rung | None] = lambda _info: None
    clock: Callable[[], float] = time.time
