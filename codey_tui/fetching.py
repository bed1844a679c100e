"""Fetches models of the catalogue, or others of the hub, into the user's models folder."""

import threading
from collections.abc import Mapping

from codey_tui.catalogue import CatalogueError, Published, read_catalogue, read_published
from codey_tui.inference.download import Progress, pull
from codey_tui.inference.hub import Hub, HubFile, PullFailed, read_name
from codey_tui.paths import Paths


class PullStopped(PullFailed):
    """Somebody no longer wants it; what has come is kept."""


def wanted_file(paths: Paths, name: str) -> tuple[HubFile, Published | None]:
    """Where a model lies on the hub, by its id in the catalogue or as OWNER/REPOSITORY/FILE, and what the catalogue says of
    it. Raises PullFailed and CatalogueError."""
    known = next((model for model in read_published(paths) if model.id == name), None)
    if known is None:
        other = read_name(name)
        _unlike_bundled(paths, other)
        return other, None
    at = HubFile(
        repository=known.repository, file=known.file, revision=known.revision, size=known.size, sha256=known.sha256
    )
    return at, known


def _unlike_bundled(paths: Paths, wanted: HubFile) -> None:
    """A model that came with Codey would hide one of the same name. Raises PullFailed and CatalogueError."""
    if any(spec.bundled and f"{spec.id}.gguf" == wanted.name for spec in read_catalogue(paths, {})):
        raise PullFailed(
            f"A model with the name of {wanted.name} came with Codey. Fetch the file by other means, and use it with "
            "`codey models import FILE --id NAME`."
        )


def fetch_model(
    paths: Paths, env: Mapping[str, str], name: str, report: Progress, stop: threading.Event
) -> tuple[str, str]:
    """Fetch a model until `stop` is set; gives its id here and a sentence. Blocks. Raises PullFailed, PullStopped."""
    try:
        wanted, known = wanted_file(paths, name)
    except CatalogueError as error:
        raise PullFailed(str(error)) from error
    target = paths.user_models / wanted.name
    model, title = (known.id, known.title) if known else (target.stem, target.stem)
    if target.exists():
        return model, f"{title} is here already."

    def told(done: int, size: int) -> None:
        _unless(stop.is_set())
        report(done, size)

    try:
        _, checked = pull(
            Hub.of_environment(env), wanted, paths.user_models, told, wait=lambda seconds: _unless(stop.wait(seconds))
        )
    except OSError as error:
        raise PullFailed(
            f"{wanted.name} cannot be written to {paths.user_models}: {error.strerror or error}."
        ) from error
    return model, f"{title} is here{', its SHA-256 is the published one' if checked else ''}. It can be chosen now."


def _unless(stopped: bool) -> None:
    if stopped:
        raise PullStopped("It is no longer wanted; what has come is kept.")
