"""Settings: one frozen struct, read once from five layers, with a sentence for every field and for every mistake."""

import difflib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args, get_type_hints

import msgspec
from msgspec import Meta

from codey_tui.paths import Paths
from codey_tui.protocol.actions import ApprovalMode, Rule
from codey_tui.telemetry.machine import physical_cores, total_memory

Link = Literal["auto", "local", "slow"]
KvType = Literal["f16", "q8_0"]
OnLowBattery = Literal["pause", "continue", "stop"]
SandboxName = Literal["auto", "docker", "bubblewrap", "landlock", "rlimits"]
Environment = Literal["local", "python3.11", "python3.12", "python3.13", "node20", "node22"]


class UserModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A GGUF file of the user's own. `context` in tokens, 0 for what the file says."""

    path: str
    title: str = ""
    context: Annotated[int, Meta(ge=0)] = 0
    least_opening: float | None = None
    min_mean_logprob: float | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a user may turn. Each field's description is what `codey doctor` and the documentation show."""

    memory_budget_mb: Annotated[
        int,
        Meta(
            ge=0, le=1 << 24, description="RAM in MiB that Codey and its models may use; 0 takes 70% of the machine's."
        ),
    ]
    n_threads: Annotated[
        int, Meta(ge=1, le=1024, description="Threads that evaluate a model; best is the number of physical cores.")
    ]
    context_tokens: Annotated[
        int, Meta(ge=256, le=1 << 20, description="Tokens of context of a loaded model: prompt and answer together.")
    ] = 4096
    kv_type: Annotated[
        KvType,
        Meta(
            description="Numbers of the KV cache: f16, or q8_0, which takes half the memory and is slower, the more so the longer the text."
        ),
    ] = "f16"
    keep_alive_s: Annotated[
        float, Meta(ge=-1, description="Seconds that an idle model stays in memory; -1 until its memory is needed.")
    ] = 900
    keep_alive_models: Annotated[
        dict[str, Annotated[float, Meta(ge=-1)]],
        Meta(description="Models that stay for another time than keep_alive_s: id to seconds, or -1."),
    ] = {}
    generation_timeout_s: Annotated[
        float, Meta(gt=0, le=86400, description="Seconds without any progress after which a generation is given up.")
    ] = 300
    prompt_ask_s: Annotated[
        float,
        Meta(ge=0, le=86400, description="Seconds of reading a prompt above which you are asked first; 0 never asks."),
    ] = 60
    prompt_cache_mb: Annotated[
        int,
        Meta(
            ge=0,
            le=1 << 24,
            description="MiB on the disk for prompts that were read once; 0 keeps none and removes all.",
        ),
    ] = 1024
    approval_mode: Annotated[
        ApprovalMode,
        Meta(description="What runs unasked: plan (nothing), ask (reading), auto-edit (edits too), auto (all)."),
    ] = "ask"
    sandbox: Annotated[
        SandboxName,
        Meta(description="Where commands run: docker, bubblewrap, landlock, rlimits; auto takes the first that works."),
    ] = "auto"
    sandbox_environment: Annotated[
        Environment,
        Meta(
            description="What the docker sandbox holds: local (from this machine), python3.11 to 3.13, node20, node22."
        ),
    ] = "local"
    theme: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="Colour theme: a file's name in themes/, without .toml."
        ),
    ] = "codey-dark"
    model: Annotated[
        str, Meta(min_length=1, description="Model to use: an id of the catalogue, or a path to a .gguf.")
    ] = "nano"
    router: Annotated[
        str, Meta(description="Language model that routes in place of the built-in weights: an id, a .gguf, or empty.")
    ] = ""
    models: Annotated[
        dict[str, UserModel],
        Meta(description="GGUF files of your own: id to title, path, context, least_opening, min_mean_logprob."),
    ] = {}
    rules: Annotated[
        tuple[Rule, ...],
        Meta(
            description="What happens with actions: tool, pattern, verdict (allow, ask, forbid); `codey rules` shows all."
        ),
    ] = ()
    mouse: Annotated[
        bool, Meta(description="Whether the screen listens to the mouse; off leaves it to the terminal.")
    ] = True
    keymap: Annotated[
        dict[str, str], Meta(description="Keys by binding id, for example approval.allow to ctrl+y.")
    ] = {}
    max_tokens_per_s: Annotated[
        float, Meta(ge=0, description="Pace of generation in tokens per second, which keeps a phone cool; 0 for none.")
    ] = 0
    heat_limit_c: Annotated[
        float,
        Meta(
            ge=0, le=130, description="Degrees Celsius of the CPU from which on models take half the threads; 0: never."
        ),
    ] = 85
    low_battery_percent: Annotated[
        float, Meta(ge=0, le=100, description="Charge from which on a battery that is not charging is low; 0: never.")
    ] = 15
    on_low_battery: Annotated[
        OnLowBattery,
        Meta(
            description="Between two steps on a low battery: pause (until you say go on), continue, or stop the turn."
        ),
    ] = "pause"
    link: Annotated[
        Link, Meta(description="How fast the way to your terminal is: auto measures, slow redraws less, local more.")
    ] = "auto"
    temperature: Annotated[
        float, Meta(ge=0, le=2, description="Randomness of the model: 0 always takes the likeliest token.")
    ] = 0.0
    verify_attempts: Annotated[
        int, Meta(ge=0, le=10, description="How often a file that fails its check goes back to the model.")
    ] = 2
    checkpoint_days: Annotated[
        int,
        Meta(ge=0, le=36500, description="Days without use after which a session's /undo is given up; 0 keeps all."),
    ] = 90
    idle_exit_s: Annotated[
        float, Meta(ge=0, description="Seconds that an engine without a client or a turn waits before it ends.")
    ] = 300


FIELDS: tuple[str, ...] = Settings.__struct_fields__
_TYPES: dict[str, Any] = get_type_hints(Settings, include_extras=True)
DESCRIPTIONS: dict[str, str] = {name: cast(Meta, get_args(_TYPES[name])[1]).description or "" for name in FIELDS}
"""One sentence per field, by its name."""

WORKSPACE_FIELDS = frozenset(
    {
        "approval_mode",
        "context_tokens",
        "keymap",
        "kv_type",
        "link",
        "max_tokens_per_s",
        "model",
        "mouse",
        "rules",
        "temperature",
        "theme",
    }
)
"""What a workspace's own file may set: it came with the code, so whoever wrote the code wrote it too."""

_NOT_SETTINGS = frozenset({"config_dir", "data_dir", "runtime_dir"})
_SHORT = {"context_tokens": "context", "kv_type": "kv"}
"""The names that these flags have in every command that has them."""
_STRICTEST_FIRST: tuple[ApprovalMode, ...] = ("plan", "ask", "auto-edit", "auto")
_MAX_FILE_BYTES = 1 << 20


class SettingsError(Exception):
    """A setting cannot be used. The sentence names where it stands, the key, what is wrong and what to do."""

    def __init__(self, where: str, key: str, problem: str, advice: str) -> None:
        subject = f'{where}: "{key}" ' if key else f"{where} "
        super().__init__(f"{subject}{problem}. {advice}")
        self.where, self.key, self.problem, self.advice = where, key, problem, advice


def load(paths: Paths, workspace: Path, env: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Settings:
    """Read the layers, the later ones winning: packaged defaults, the user's config.json (written here on the first
    run), the workspace's .codey/config.json, CODEY_* variables, flags (None: not given). Raises SettingsError."""
    layer = _packaged(paths)
    user_file = paths.config_file
    if not user_file.exists():
        _write_first(user_file, layer)
    layer |= _checked(_read_object(user_file), str(user_file))
    workspace_file = workspace / ".codey" / "config.json"
    if workspace_file.exists():
        layer |= _from_workspace(_read_object(workspace_file), str(workspace_file), layer)
    layer |= _from_environment(env)
    layer |= _from_flags(flags or {})
    layer["memory_budget_mb"] = layer["memory_budget_mb"] or computed_defaults()["memory_budget_mb"]
    return Settings(**layer)


def describe(settings: Settings) -> list[tuple[str, object, str]]:
    """Name, value and sentence of every setting, in order."""
    return [(name, msgspec.to_builtins(getattr(settings, name)), DESCRIPTIONS[name]) for name in FIELDS]


def computed_defaults() -> dict[str, Any]:
    """The defaults that hang on the machine: 70% of its RAM, its physical cores."""
    return {"memory_budget_mb": max(64, total_memory() * 7 // 10 >> 20), "n_threads": physical_cores()}


def _packaged(paths: Paths) -> dict[str, Any]:
    file = paths.assets / "config" / "default.json"
    if not file.is_file():
        raise SettingsError(str(file), "", "is missing", "Install Codey again: its own files are not complete.")
    return computed_defaults() | _checked(_read_object(file), str(file))


def _read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file. A file that is broken is told about and left exactly as it is."""
    where = str(file)
    try:
        if not file.is_file():
            raise SettingsError(where, "", "is not a regular file", "Remove it, or put a JSON object there.")
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise SettingsError(where, "", "is larger than 1 MiB", "Settings are small: this is some other file.")
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(where, "", f"cannot be read ({error.strerror})", "Make it readable to you.") from error
    try:
        found: object = msgspec.json.decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        advice = "Mend it, or move it away and a new one is written. It was not changed."
        raise SettingsError(where, "", f"is not valid JSON ({error})", advice) from error
    if not isinstance(found, dict):
        raise SettingsError(where, "", "does not hold a JSON object", 'It must look like {"theme": "codey-dark"}.')
    return cast("dict[str, Any]", found)


def _checked(values: Mapping[str, object], where: str, *, text: bool = False) -> dict[str, Any]:
    """Every value converted to its field's type; with `text` from strings, as variables hold them."""
    return {key: _value(key, value, where, text=text) for key, value in values.items()}


def _value(key: str, value: object, where: str, *, text: bool) -> object:
    if key not in FIELDS:
        raise SettingsError(where, key, "is not a setting", _advice(key))
    try:
        if text and key in ("models", "keymap", "rules", "keep_alive_models"):
            value = msgspec.json.decode(str(value))
        found: object = msgspec.convert(value, _TYPES[key], strict=not text)
        if isinstance(found, float) and not math.isfinite(found):
            raise msgspec.ValidationError("Expected a finite number")
        return found
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        problem = f"has a value that does not fit: {value!r} ({_plain(str(error))})"
        raise SettingsError(where, key, problem, DESCRIPTIONS[key]) from error


def _plain(message: str) -> str:
    said = message[:1].lower() + message[1:].replace("`", "'")
    return said.replace("'bool', got 'str'", "true or false")


def _advice(key: str) -> str:
    close = difflib.get_close_matches(key.lower().replace("-", "_"), FIELDS, n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else f"The settings are: {', '.join(FIELDS)}."


def _from_workspace(values: dict[str, Any], where: str, below: Mapping[str, Any]) -> dict[str, Any]:
    checked = _checked(values, where)
    for key in checked:
        if key not in WORKSPACE_FIELDS:
            advice = "It came with the code, so it may only set harmless things; put this one in your own config.json."
            raise SettingsError(where, key, "may not be set by a workspace", advice)
    mode = checked.get("approval_mode")
    if mode and _STRICTEST_FIRST.index(mode) > _STRICTEST_FIRST.index(below["approval_mode"]):
        problem = f'may not be "{mode}": a workspace may only be stricter than your own "{below["approval_mode"]}"'
        raise SettingsError(where, "approval_mode", problem, "Remove the line, or use --approval-mode yourself.")
    if looks_like_path(checked.get("model", "")):
        advice = "Name a model of the catalogue or of your own config.json by its id."
        raise SettingsError(where, "model", "may not be a path in a workspace", advice)
    decisions = [name for name in checked.get("keymap", {}) if name.startswith(("approval.", "plan."))]
    if decisions:
        advice = "A key that says yes is yours to choose: put it in your own config.json."
        raise SettingsError(where, f"keymap.{decisions[0]}", "may not be set by a workspace", advice)
    if "rules" in checked:
        checked["rules"] = below.get("rules", ()) + _strict_rules(checked["rules"], where)
    if "keymap" in checked:
        checked["keymap"] = {**below["keymap"], **checked["keymap"]}
    return checked


def _strict_rules(rules: tuple[Rule, ...], where: str) -> tuple[Rule, ...]:
    """The rules of a workspace: they came with the code, so they may make things stricter and nothing else."""
    for rule in rules:
        if rule.verdict == "allow":
            problem = f'may not allow "{rule.tool} {rule.pattern}": a workspace may only ask or forbid'
            raise SettingsError(where, "rules", problem, "Put what you allow into your own config.json.")
    return tuple(msgspec.structs.replace(rule, source="workspace") for rule in rules)


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable in sorted(env):
        if not variable.startswith("CODEY_"):
            continue
        key = variable.removeprefix("CODEY_").lower()
        if key in FIELDS:
            found[key] = _located(key, _value(key, env[variable].strip(), f"the variable {variable}", text=True))
        elif key not in _NOT_SETTINGS and (close := difflib.get_close_matches(key, FIELDS, n=1, cutoff=0.8)):
            advice = f"Did you mean CODEY_{close[0].upper()}?"
            raise SettingsError("the environment", variable, "is not a variable of Codey", advice)
    return found


def _from_flags(flags: Mapping[str, object]) -> dict[str, Any]:
    given = {key: value for key, value in flags.items() if value is not None}
    checked = {
        key: _value(key, value, f"the flag --{_SHORT.get(key) or key.replace('_', '-')}", text=isinstance(value, str))
        for key, value in given.items()
    }
    return {key: _located(key, value) for key, value in checked.items()}


def _located(key: str, value: Any) -> Any:
    """A model's path as the engine, which has another working directory, must see it."""
    if key in ("model", "router") and looks_like_path(value):
        return os.path.abspath(os.path.expanduser(value))
    return value


def looks_like_path(model: str) -> bool:
    """Whether a model is named by its file and not by its id."""
    return "/" in model or os.sep in model or model.lower().endswith(".gguf")


def _write_first(file: Path, values: Mapping[str, Any]) -> None:
    """Write the first config.json whole or not at all; one that appeared meanwhile is left alone."""
    text = msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n"
    draft = file.with_name(f".config.json.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with draft.open("wb") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            if not file.exists():
                draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise SettingsError(str(file), "", problem, "Make the folder writable, or set CODEY_CONFIG_DIR.") from error
