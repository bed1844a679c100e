"""The models that Codey knows: those of models/catalogue.toml, with the user's own on top."""

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from codey_tui.paths import Paths
from codey_tui.settings import UserModel, looks_like_path


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A model by its id. Nothing says yet that the file is there.

    `context` is in tokens (0: what the file says). An answer whose mean log-probability per token (natural logarithm)
    lies under `min_mean_logprob`, or that holds the text `beyond_token`, is beyond what the model can do; `range` is
    the sentence that says what it can.
    """

    id: str
    title: str
    path: Path
    context: int = 0
    min_mean_logprob: float | None = None
    beyond_token: str = ""
    range: str = ""
    bundled: bool = False
    extra: dict[str, Any] = {}


class CatalogueError(Exception):
    """A model is not known or its entry cannot be used; the sentence says what to do."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A table of catalogue.toml. `file` is relative to models/."""

    title: str
    file: str
    context: int = 0
    min_mean_logprob: float | None = None
    beyond_token: str = ""
    range: str = ""


def read_catalogue(paths: Paths, user_models: Mapping[str, UserModel]) -> tuple[ModelSpec, ...]:
    """The user's models and the bundled ones, by id; a model of the user hides a bundled one of the same id. GGUF files
    that simply lie in the user's models folder are known by their name. Raises CatalogueError."""
    found = {spec.id: spec for spec in _bundled(paths.assets / "models")}
    if paths.user_models.is_dir():
        for file in sorted(paths.user_models.glob("*.gguf")):
            found.setdefault(file.stem, ModelSpec(id=file.stem, title=file.stem, path=file))
    for name, entry in user_models.items():
        path = Path(os.path.expanduser(entry.path))
        found[name] = ModelSpec(
            id=name,
            title=entry.title or name,
            path=path if path.is_absolute() else paths.config_dir / path,
            context=entry.context,
            min_mean_logprob=entry.min_mean_logprob,
        )
    return tuple(found.values())


def find_model(specs: Sequence[ModelSpec], name: str) -> ModelSpec:
    """The model of that id, or a nameless one when `name` is a path. Raises CatalogueError for an unknown id."""
    for spec in specs:
        if spec.id == name:
            return spec
    if looks_like_path(name):
        path = Path(os.path.abspath(os.path.expanduser(name)))
        return ModelSpec(id=path.stem, title=path.name, path=path)
    close = difflib.get_close_matches(name, [spec.id for spec in specs], n=1)
    known = ", ".join(spec.id for spec in specs) or "none"
    advice = f'Did you mean "{close[0]}"?' if close else f"Known models: {known}."
    raise CatalogueError(f'There is no model "{name}". {advice}')


def _bundled(folder: Path) -> list[ModelSpec]:
    file = folder / "catalogue.toml"
    if not file.is_file():
        return []
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file} cannot be read ({error}). Install Codey again.") from error
    # both forms are read: a table per id at the top level, or all of them under [models]
    entries = cast("dict[str, Any]", tables.get("models", tables))
    return [
        _spec(name, cast("dict[str, Any]", table), folder) for name, table in entries.items() if isinstance(table, dict)
    ]


def _spec(name: str, table: dict[str, Any], folder: Path) -> ModelSpec:
    try:
        entry = msgspec.convert(table, _Entry)
    except msgspec.ValidationError as error:
        raise CatalogueError(f'{folder / "catalogue.toml"}: model "{name}": {error}. Install Codey again.') from error
    extra = {key: value for key, value in table.items() if key not in _Entry.__struct_fields__}
    return ModelSpec(
        id=name,
        title=entry.title,
        path=folder / entry.file,
        context=entry.context,
        min_mean_logprob=entry.min_mean_logprob,
        beyond_token=entry.beyond_token,
        range=entry.range,
        bundled=True,
        extra=extra,
    )
