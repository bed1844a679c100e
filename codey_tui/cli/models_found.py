"""`codey models import`: GGUF files that are here already, used where they lie."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from codey_tui.catalogue import read_catalogue
from codey_tui.cli.failure import FAILED, InputError, say_error
from codey_tui.cli.models_shown import own_settings, print_json
from codey_tui.cli.terminal import plain
from codey_tui.inference.found import Found, model_id, models_in
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import mb
from codey_tui.inference.provider import InferenceError
from codey_tui.offers import models_elsewhere
from codey_tui.paths import Paths, private_dir
from codey_tui.settings import Settings

_NONE = "No other models were found where LM Studio, Ollama, llama.cpp and the hub keep theirs."


def show_found(*, as_json: bool) -> int:
    """List them."""
    found = models_elsewhere(own_settings({})[0])
    if as_json:
        return print_json([{"name": model.name, "path": str(model.path), "owner": model.owner} for model in found])
    for model in found:
        click.echo(plain(f"{model.owner:12s}  {mb(model.path.stat().st_size):>9}  {model.name}  {model.path}"))
    if found:
        click.echo("\nUse one with `codey models import PATH`, or all of them with `codey models import --all`.")
    else:
        click.echo(_NONE)
    return 0


def import_all(*, as_json: bool) -> int:
    """Use every model that was found."""
    paths, settings = own_settings({})
    found = models_elsewhere(paths)
    if not found and not as_json:
        click.echo(_NONE)
    return _import(paths, settings, found, as_json=as_json)


def import_path(path: Path, name: str, *, as_json: bool) -> int:
    """Use a file, or every model in a folder. Gives 1 when one of them cannot be used."""
    paths, settings = own_settings({})
    path = Path(os.path.abspath(path.expanduser()))
    if not path.exists():
        raise InputError(f"There is no {path}.")
    if path.is_dir():
        if name:
            raise InputError("A folder may hold many models, so --id goes with a single file only.")
        found = list(models_in(path))
        if not found:
            raise InputError(f"There is no GGUF file in {path}.")
        return _import(paths, settings, found, as_json=as_json)
    return _import(paths, settings, [Found(name=model_id(name or path.stem), path=path, owner="")], as_json=as_json)


def _import(paths: Paths, settings: Settings, models: Sequence[Found], *, as_json: bool) -> int:
    folder = private_dir(paths.user_models)
    others = {spec.id: spec.path for spec in read_catalogue(paths, settings.models) if spec.path.parent != folder}
    done: list[dict[str, str]] = []
    failed = False
    for model in models:
        try:
            inspect(model.path)
            link = _link(folder, model, others)
        except (InferenceError, InputError) as error:
            say_error(str(error))
            failed = True
            continue
        done.append({"model": link.stem, "path": str(model.path)})
        if not as_json:
            click.echo(plain(f"{link.stem}  {model.path}"))
    if as_json:
        print_json(done)
    elif done:
        click.echo("They are used where they are. `codey models list` says which of them fit.")
    return FAILED if failed else 0


def _link(folder: Path, model: Found, others: Mapping[str, Path]) -> Path:
    """A name in the models folder for a file elsewhere. Raises InputError when the name means another file: one in the folder,
    or one of `others`, which came with Codey or stand in the settings and would hide it."""
    if model.path.parent == folder:
        return model.path
    if model.name in others:
        raise InputError(
            f"There is another model {model.name} already ({others[model.name]}). Name this one with --id."
        )
    link = folder / f"{model.name}.gguf"
    if link.is_symlink() or link.exists():
        if link.resolve() == model.path.resolve():
            return link
        raise InputError(f"There is another model {model.name} already ({link.resolve()}). Name this one with --id.")
    link.symlink_to(model.path)
    return link
