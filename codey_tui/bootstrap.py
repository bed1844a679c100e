"""The composition root: the one place that names concrete classes and puts an engine together from settings."""

import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui import __version__
from codey_tui.catalogue import ModelSpec, find_model, read_catalogue, read_published
from codey_tui.engine.care import CareLimits
from codey_tui.engine.coder import Honesty, Sampling
from codey_tui.engine.engine import Engine, EngineParts, ModelChoice
from codey_tui.engine.parts import FetchedModel, ModelFiles
from codey_tui.engine.pruning import prune
from codey_tui.engine.removing import remove_stored
from codey_tui.engine.slots import TOKENS
from codey_tui.engine.turn_state import TurnOptions
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import inspect
from codey_tui.inference.kv_store import forget
from codey_tui.inference.provider import InferenceError, Provider
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.rates import Rates
from codey_tui.inference.residency import Residency
from codey_tui.keeping import remove_model
from codey_tui.memory_here import Memory
from codey_tui.offers import models_here
from codey_tui.paths import Paths
from codey_tui.protocol.actions import Rule
from codey_tui.protocol.models import ModelInfo, SessionInfo
from codey_tui.routing import RENDERED, Routing, build_router, router_model
from codey_tui.sandbox import Bubblewrap, Limits, Rlimits
from codey_tui.sandbox.choice import Candidate, Choice
from codey_tui.sandbox.docker import Docker
from codey_tui.sandbox.landlock import Landlock
from codey_tui.settings import Settings, SettingsError
from codey_tui.store.corrections import Correction
from codey_tui.store.database import Database
from codey_tui.telemetry import Telemetry
from codey_tui.tools.registry import TOOLS, ToolBox
from codey_tui.tools.trust import TrustStore
from codey_tui.tools.user import load_tools
from codey_tui.tuning import Tuning

MIB = 2**20
LEAST_CONTEXT = 256
"""Tokens: what the setting `context_tokens` may be at least."""
ALL = 1 << 31
"""More sessions than a workspace has."""


def _llama_cpp(spec: ModelSpec, info: ModelInfo, settings: Settings, paths: Paths, residency: Residency) -> Provider:
    tuning = Tuning(paths, settings, spec.path)
    return LlamaCppProvider(
        spec.id,
        spec.path,
        n_ctx=info.n_ctx,
        n_threads=settings.n_threads,
        timeout_s=settings.generation_timeout_s,
        tenancy=residency.tenant(spec.id),
        # The token with which a model says that something is beyond it is a special one: it has to be seen as text.
        options=LoadOptions(
            kv_type=info.kv_type,
            render_special=_rendered(spec),
            kv_folder=str(paths.prompt_states),
            kv_max_bytes=settings.prompt_cache_mb * MIB,
        ),
        rates=Rates(paths.rates),
        tune=tuning.options,
        used=tuning.used,
    )


PROVIDERS: dict[str, Callable[[ModelSpec, ModelInfo, Settings, Paths, Residency], Provider]] = {"llama_cpp": _llama_cpp}
"""Where text comes from, by the `provider` of a model's entry; a GGUF file runs in a child process of its own."""

SANDBOXES: dict[str, Callable[[Settings], Candidate]] = {
    "docker": lambda settings: Docker(settings.sandbox_environment),
    "bubblewrap": lambda _settings: Bubblewrap(),
    "landlock": lambda _settings: Landlock(),
    "rlimits": lambda _settings: Rlimits(),
}
"""Where commands run, the strongest first; the last one works everywhere."""


def choose_sandbox(settings: Settings) -> Choice:
    """The sandbox of the settings, by default the strongest that works here. Nothing is tried before the first need."""
    made = {name: partial(make, settings) for name, make in SANDBOXES.items()}
    return Choice(made, settings.sandbox)


def describe_model(spec: ModelSpec, settings: Settings) -> ModelInfo:
    """What is known of a model before it is loaded; what is wrong with its file is told as `problem`."""
    wanted = min(settings.context_tokens, spec.context or settings.context_tokens)
    info = ModelInfo(
        id=spec.id, title=spec.title, path=str(spec.path), state="absent", n_ctx=wanted, kv_type=settings.kv_type
    )
    try:
        found = inspect(spec.path)
    except InferenceError as error:
        return replace(info, state="failed" if spec.path.exists() else "absent", problem=str(error))
    return replace(
        info, state="idle", size=found.file_size, n_ctx=min(wanted, found.context_length or wanted), problem=""
    )


def _configured(
    specs: Mapping[str, ModelSpec], settings: Settings, info: ModelInfo, n_ctx: int, kv_type: str
) -> ModelInfo:
    """A model with another context and KV cache; 0 and empty leave them."""
    wanted = max(LEAST_CONTEXT, n_ctx or info.n_ctx)
    return describe_model(specs[info.id], replace(settings, context_tokens=wanted, kv_type=kv_type or info.kv_type))


@contextmanager
def _remembered(paths: Paths, workspace: Path) -> Generator[Database | None]:
    """The database of a workspace beside its engine; None where nothing is remembered. Raises StoreError."""
    if not paths.database(workspace).exists():
        yield None
        return
    database = Database.open(paths.database(workspace))
    try:
        yield database
    finally:
        database.close()


def read_corrections(paths: Paths, workspace: Path) -> list[Correction]:
    """The routes that the person put right in a workspace, the latest last. Raises StoreError."""
    with _remembered(paths, workspace) as database:
        return database.corrections.list() if database else []


def read_sessions(paths: Paths, workspace: Path) -> list[SessionInfo]:
    """All sessions of a workspace, the latest first. Raises StoreError."""
    with _remembered(paths, workspace) as database:
        return database.sessions.list(ALL) if database else []


def remove_sessions(paths: Paths, workspace: Path, sessions: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Remove sessions of a workspace whose engine does not run: those that are gone, and what stopped it. Raises StoreError."""
    with _remembered(paths, workspace) as database:
        if database is None:
            return (), "There are no sessions in this folder."
        checkpoints = paths.checkpoints(workspace)
        return remove_stored(database, checkpoints, partial(forget, paths.prompt_states), sessions)


def build_engine(workspace: Path, settings: Settings, paths: Paths) -> Engine:
    """An engine that has not been started. Loads no model and starts no process that stays.

    Raises StoreError, CatalogueError, SettingsError and PathsError.
    """
    specs = {spec.id: spec for spec in read_catalogue(paths, settings.models)}
    published = {model.id for model in read_published(paths)}
    chosen = find_model(tuple(specs.values()), settings.model, published)
    specs[chosen.id] = chosen
    models = {spec.id: _choice(spec, settings) for spec in specs.values()}
    database = Database.open(paths.database(workspace))
    prune(paths.checkpoints(workspace), database, settings.checkpoint_days)
    sandbox = choose_sandbox(settings)
    memory = Memory(paths, settings, specs, workspace, sandbox)
    larger, unknown = router_model(specs, settings, published, memory.room)

    def provider_for(model: str) -> Provider:
        spec = specs[model]
        info = models[model].info if model in models else describe_model(spec, settings)
        return PROVIDERS[spec.extra.get("provider", "llama_cpp")](spec, info, settings, paths, memory.residency)

    own, untrusted = load_tools(tool_folders(workspace, paths), trust_store(paths), (tool.name for tool in TOOLS))
    tools = ToolBox((*TOOLS, *own))
    routed = Routing(build_router(paths), tools.names, workspace)

    return Engine(
        EngineParts(
            workspace=workspace,
            state_dir=paths.workspace_dir(workspace),
            version=__version__,
            database=database,
            models=models,
            model=chosen.id,
            provider_for=provider_for,
            look_at=lambda model: describe_model(specs[model], settings),
            configure=partial(_configured, specs, settings),
            list_models=partial(models_here, paths, settings, own=memory.ledger.own_id),
            files=_model_files(paths, settings, specs),
            forget=partial(forget, paths.prompt_states),
            care=_care(settings),
            sandbox=sandbox,
            instead=sandbox.weaker,
            limits=Limits(),
            route=routed.route,
            plan=routed.plan,
            route_as=routed.as_kind,
            router=larger,
            residency=memory.residency,
            step_down=memory.step_down,
            read_gauges=partial(memory.gauges, Telemetry()),
            mode=settings.approval_mode,
            rules=(*shipped_rules(paths), *settings.rules),
            sampling=Sampling(temperature=settings.temperature, max_tokens_per_s=settings.max_tokens_per_s),
            options=TurnOptions(verify_attempts=settings.verify_attempts, ask_above_s=settings.prompt_ask_s),
            notices=(*database.notices, *untrusted, *filter(None, (unknown,))),
            tools=tools,
        )
    )


def _care(settings: Settings) -> CareLimits:
    return CareLimits(
        heat_c=settings.heat_limit_c,
        battery=settings.low_battery_percent,
        on_low=settings.on_low_battery,
        threads=settings.n_threads,
    )


def _model_files(paths: Paths, settings: Settings, specs: dict[str, ModelSpec]) -> ModelFiles:
    """How models come and go; those that are found anew join `specs`."""

    def fetch(name: str, report: Callable[[int, int], None], stop: threading.Event) -> FetchedModel:
        from codey_tui.fetching import fetch_model  # what speaks to the hub is loaded when it is needed

        return FetchedModel(*fetch_model(paths, os.environ, name, report, stop))

    def read() -> dict[str, ModelChoice]:
        found = {spec.id: spec for spec in read_catalogue(paths, settings.models)}
        # the spec of the router says more than the catalogue does
        specs.update({name: spec for name, spec in found.items() if name not in specs or specs[name].path != spec.path})
        return {name: _choice(spec, settings) for name, spec in found.items()}

    return ModelFiles(fetch=fetch, remove=partial(remove_model, paths, settings), read=read)


def shipped_rules(paths: Paths) -> tuple[Rule, ...]:
    """The approval rules that come with Codey. Raises SettingsError when their file is missing or broken."""
    file = paths.assets / "config" / "approvals.toml"
    try:
        found = msgspec.toml.decode(file.read_bytes(), type=dict[str, tuple[Rule, ...]])
    except (OSError, msgspec.DecodeError) as error:
        advice = "Install Codey again: its own files are not complete."
        raise SettingsError(str(file), "", f"cannot be read ({error})", advice) from error
    return tuple(replace(rule, source="default") for rule in found.get("rules", ()))


def tool_folders(workspace: Path, paths: Paths) -> tuple[Path, ...]:
    """Where a person's own tools may lie: with the workspace, and with the settings."""
    return (workspace / ".codey" / "tools", paths.config_dir / "tools")


def trust_store(paths: Paths) -> TrustStore:
    """What was trusted, in the user's data folder, where no workspace reaches."""
    return TrustStore(paths.data_dir / "trusted.json")


def _rendered(spec: ModelSpec) -> tuple[str, ...]:
    own: tuple[str, ...] = spec.extra.get(RENDERED, ())
    return ((spec.beyond_token,) if spec.beyond_token else ()) + (TOKENS if spec.slots else ()) + own


def _choice(spec: ModelSpec, settings: Settings) -> ModelChoice:
    honesty = Honesty(spec.beyond_token, spec.least_opening, spec.min_mean_logprob, spec.range)
    return ModelChoice(describe_model(spec, settings), honesty, spec.slots, spec.labels)
