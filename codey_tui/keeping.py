"""The files of models in the user's models folder: which there are, what removing one does, what is left of a download."""

import shutil
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.catalogue import CatalogueError, ModelSpec, Published, find_model, read_catalogue
from codey_tui.inference.provider import InferenceError
from codey_tui.paths import Paths
from codey_tui.settings import Settings


class Removal(msgspec.Struct, frozen=True):
    """What removing a model does: its file goes, or, where it is `linked`, only its name here."""

    model: str
    path: Path
    linked: bool

    @property
    def question(self) -> str:
        """What a person is asked before."""
        return f"Forget {self.model}? {self.path.resolve()} stays." if self.linked else f"Remove {self.path}?"

    @property
    def done(self) -> str:
        """What is said after."""
        return f"{self.model} is {'forgotten; its file stays' if self.linked else 'removed'}."


def kept_as(paths: Paths, spec: ModelSpec) -> Literal["", "file", "link"]:
    """How a model lies in the user's models folder: as a file that was fetched, a link to one elsewhere, or not there at all."""
    if spec.bundled or spec.path.parent != paths.user_models or not (spec.path.exists() or spec.path.is_symlink()):
        return ""
    return "link" if spec.path.is_symlink() else "file"


def removal(paths: Paths, settings: Settings, name: str) -> Removal:
    """What removing a model would do. Raises CatalogueError for one that is not Codey's to remove."""
    spec = find_model(read_catalogue(paths, settings.models), name)
    if spec.bundled:
        raise CatalogueError(f"{spec.id} came with Codey and stays.")
    kept = kept_as(paths, spec)
    if not kept:
        raise CatalogueError(
            f"{spec.id} was neither fetched nor imported by Codey ({spec.path}). Remove its entry under models in "
            f"{paths.config_file}."
        )
    return Removal(spec.id, spec.path, linked=kept == "link")


def remove_model(paths: Paths, settings: Settings, name: str) -> str:
    """Remove it; gives a sentence. Raises InferenceError and OSError."""
    try:
        found = removal(paths, settings, name)
    except CatalogueError as error:
        raise InferenceError(str(error)) from error
    found.path.unlink()
    return found.done


def part_size(paths: Paths, known: Published) -> int:
    """Bytes that an earlier try to fetch a model left."""
    try:
        return (paths.user_models / f"{known.file.rpartition('/')[2]}.part").stat().st_size
    except OSError:
        return 0  # nothing was fetched yet, which is what most have


def disk_free(paths: Paths) -> int:
    """Bytes that are free on the disk of the user's models folder."""
    folder = next(place for place in (paths.user_models, *paths.user_models.parents) if place.is_dir())
    return shutil.disk_usage(folder).free
