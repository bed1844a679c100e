"""The models that Codey knows: those of models/catalogue.toml, with the user's own on top."""

import difflib
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from codey_tui.paths import Paths
from codey_tui.settings import UserModel, looks_like_path


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A model by its id. Nothing says yet that the file is there.

    `context` is in tokens (0: what the file says). An answer whose first tokens have a log-probability (natural logarithm) under
    `least_opening`, all of them together, or under `min_mean_logprob` per token of the whole, or that holds the text `beyond_token`, is beyond what the model can do; `range` is
    the sentence that says what it can. `slots`: names travel to it as fixed tokens (`engine.slots`). `labels`: it can say
    with one token what kind of request something is.
    """

    id: str
    title: str
    path: Path
    context: int = 0
    least_opening: float | None = None
    min_mean_logprob: float | None = None
    beyond_token: str = ""
    range: str = ""
    slots: bool = False
    labels: bool = False
    bundled: bool = False
    extra: dict[str, Any] = {}


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the Hugging Face hub in the catalogue: one file of one revision of a repository, `size` in bytes.

    `keys` are those of its GGUF header that decide how much memory it takes, without the architecture's name; `scores` are
    published ones.
    """

    id: str = ""
    title: str
    repository: str
    revision: str
    file: str
    size: int
    sha256: str
    licence: str
    role: Literal["coder", "router"] = "coder"
    template: str = ""
    edit_format: str = ""
    scores: dict[str, float] = {}
    architecture: str = ""
    keys: dict[str, int | list[int]] = {}

    @property
    def free(self) -> bool:
        """Whether anybody may use it for anything lawful."""
        return self.licence in ("Apache-2.0", "MIT")


class CatalogueError(Exception):
    """A model is not known or its entry cannot be used; the sentence says what to do."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A table of catalogue.toml. `file` is relative to models/."""

    title: str
    file: str
    context: int = 0
    least_opening: float | None = None
    min_mean_logprob: float | None = None
    beyond_token: str = ""
    range: str = ""
    slots: bool = False
    labels: bool = False


def read_catalogue(paths: Paths, user_models: Mapping[str, UserModel]) -> tuple[ModelSpec, ...]:
    """The user's models and the bundled ones, by id; a model of the user hides a bundled one of the same id. GGUF files
    that simply lie in the user's models folder are known by their name. Raises CatalogueError."""
    tables = _tables(paths.assets / "models")
    found = {
        name: _spec(name, table, paths.assets / "models") for name, table in tables.items() if "repository" not in table
    }
    if paths.user_models.is_dir():
        pulled = {model.file: model for model in read_published(paths)}
        for file in sorted(paths.user_models.glob("*.gguf")):
            known = pulled.get(file.name)
            name, title = (known.id, known.title) if known else (file.stem, file.stem)
            found.setdefault(name, ModelSpec(id=name, title=title, path=file))
    for name, entry in user_models.items():
        path = Path(os.path.expanduser(entry.path))
        found[name] = ModelSpec(
            id=name,
            title=entry.title or name,
            path=path if path.is_absolute() else paths.config_dir / path,
            context=entry.context,
            least_opening=entry.least_opening,
            min_mean_logprob=entry.min_mean_logprob,
        )
    return tuple(found.values())


def read_published(paths: Paths) -> tuple[Published, ...]:
    """The models of the catalogue that the hub has, whether they are here or not. Raises CatalogueError."""
    tables = _tables(paths.assets / "models")
    return tuple(_published(name, table) for name, table in tables.items() if "repository" in table)


def find_model(specs: Sequence[ModelSpec], name: str, published: Collection[str] = ()) -> ModelSpec:
    """The model of that id, or a nameless one when `name` is a path. Raises CatalogueError for an unknown id, and for one
    of those that are `published` and not here."""
    for spec in specs:
        if spec.id == name:
            return spec
    if looks_like_path(name):
        path = Path(os.path.abspath(os.path.expanduser(name)))
        return ModelSpec(id=path.stem, title=path.name, path=path)
    if name in published:
        raise CatalogueError(
            f'The model "{name}" is not on this machine yet. Fetch it with `codey models pull {name}`.'
        )
    close = difflib.get_close_matches(name, [*(spec.id for spec in specs), *published], n=1)
    known = ", ".join(spec.id for spec in specs) or "none"
    more = " `codey models list` shows those that can be fetched." if published else ""
    advice = f'Did you mean "{close[0]}"?' if close else f"Known models: {known}.{more}"
    raise CatalogueError(f'There is no model "{name}". {advice}')


def _tables(folder: Path) -> dict[str, dict[str, Any]]:
    file = folder / "catalogue.toml"
    if not file.is_file():
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file} cannot be read ({error}). Install Codey again.") from error
    # both forms are read: a table per id at the top level, or all of them under [models]
    entries = cast("dict[str, Any]", tables.get("models", tables))
    return {name: cast("dict[str, Any]", table) for name, table in entries.items() if isinstance(table, dict)}


def _published(name: str, table: dict[str, Any]) -> Published:
    try:
        return msgspec.convert({**table, "id": name}, Published)
    except msgspec.ValidationError as error:
        raise CatalogueError(f'The catalogue: model "{name}": {error}. Install Codey again.') from error


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
        least_opening=entry.least_opening,
        min_mean_logprob=entry.min_mean_logprob,
        beyond_token=entry.beyond_token,
        range=entry.range,
        slots=entry.slots,
        labels=entry.labels,
        bundled=True,
        extra=extra,
    )
