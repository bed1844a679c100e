"""What `codey doctor` asks Codey itself: version, folders, settings, models, and the engine of the workspace."""

import concurrent.futures
import os
import time
from pathlib import Path

from codey_tui import __version__
from codey_tui.cli.failure import InputError
from codey_tui.cli.finding import Finding
from codey_tui.cli.site import Site, find_workspace, open_site, place_of
from codey_tui.paths import Paths, PathsError
from codey_tui.settings import SettingsError

MIB = 2**20
ANSWER_S = 5.0


def check(workspace: Path | None) -> list[Finding]:
    """Everything of Codey's own, as far as it can be looked at."""
    found = [Finding("Codey", "ok", __version__)]
    try:
        folder = find_workspace(workspace)
    except InputError as error:
        return [*found, Finding("workspace", "bad", str(error))]
    found.append(Finding("workspace", "ok", str(folder)))
    try:
        paths = Paths.locate(os.environ)
    except PathsError as error:
        return [*found, Finding("folders", "bad", str(error))]
    found += _folders(paths, folder)
    try:
        site = open_site(folder)
    except (SettingsError, PathsError) as error:
        found.append(Finding("settings", "bad", str(error)))
    else:
        found.append(Finding("settings", "ok", str(paths.config_file)))
        found.append(Finding("memory budget", "ok", f"{site.settings.memory_budget_mb} MiB"))
        found.append(Finding("threads", "ok", str(site.settings.n_threads)))
        found += _models(site)
        found.append(_router(site))
    return [*found, *_engine(paths, folder)]


def _folders(paths: Paths, workspace: Path) -> list[Finding]:
    try:
        socket = paths.socket_path(workspace)
    except PathsError as error:
        return [Finding("folders", "bad", str(error))]
    return [
        Finding("data", "ok", str(paths.workspace_dir(workspace))),
        Finding("socket", "ok", str(socket)),
        Finding("assets", "ok" if paths.assets.is_dir() else "bad", str(paths.assets)),
    ]


def _models(site: Site) -> list[Finding]:
    """Every known model; one that is chosen and cannot be used is bad, another only a warning."""
    from codey_tui.bootstrap import describe_model
    from codey_tui.catalogue import CatalogueError, find_model, read_catalogue, read_published

    try:
        specs = {spec.id: spec for spec in read_catalogue(site.paths, site.settings.models)}
        published = {model.id for model in read_published(site.paths)}
        chosen = find_model(tuple(specs.values()), site.settings.model, published)
    except CatalogueError as error:
        return [Finding("models", "bad", str(error))]
    specs[chosen.id] = chosen
    found: list[Finding] = []
    for spec in specs.values():
        info = describe_model(spec, site.settings)
        name = f"model {spec.id}" + (" (chosen)" if spec.id == chosen.id else "")
        if info.problem:
            hint = "Choose another with --model, or put the file there."
            found.append(Finding(name, "bad" if spec.id == chosen.id else "warn", info.problem, hint))
        else:
            found.append(Finding(name, "ok", f"{spec.path}, {info.size / MIB:.1f} MiB, context {info.n_ctx} tokens"))
            found += _speed(site, spec.id, spec.path, chosen=spec.id == chosen.id)
    return found


def _speed(site: Site, name: str, path: Path, *, chosen: bool) -> list[Finding]:
    """What was measured of a model here; that nothing was is worth a line for the chosen one only."""
    from codey_tui.inference.gguf import inspect
    from codey_tui.tuning import in_words, probes_here

    known = probes_here(site.paths).get(inspect(path))
    told = in_words(known)
    if not told and not chosen:
        return []
    hint = "" if known.probe else f"`codey models probe {name}` finds the threads and the batch that are best here."
    return [Finding(f"speed {name}", "ok", told or "not measured yet", hint)]


def _router(site: Site) -> Finding:
    """The trained router; without its weights the rules decide alone."""
    from codey_tui.routing import build_router

    router = build_router(site.paths)
    router.load()
    if router.problem:
        return Finding("router", "warn", f"{router.problem} The rules decide alone.", "Install Codey again.")
    return Finding(
        "router", "ok", "rules and linear model" + (f", {site.settings.router}" if site.settings.router else "")
    )


def _engine(paths: Paths, workspace: Path) -> list[Finding]:
    """The engine of the workspace, also one of another version or one that does not answer."""
    from codey_tui.protocol.client import EngineGone, QueryFailed
    from codey_tui.protocol.queries import GetStatus
    from codey_tui.server.lifecycle import find
    from codey_tui.server.lock import find_holder

    try:
        place = place_of(paths, workspace)
    except PathsError as error:
        return [Finding("engine", "bad", str(error))]
    holder = find_holder(place.lock)
    client = find(place)
    if client is None:
        if holder is None:
            return [Finding("engine", "ok", "none runs; `codey` starts one")]
        if holder.kind == "run":
            return [Finding("engine", "ok", f"`codey run` (process {holder.pid}) works here")]
        return [Finding("engine", "bad", f"process {holder.pid} does not answer", "End it with `codey stop`.")]
    try:
        status = client.ask_now(GetStatus(), ANSWER_S)
    except (EngineGone, QueryFailed, concurrent.futures.TimeoutError) as error:
        reason = str(error) or f"no answer within {ANSWER_S:g} s"
        return [Finding("engine", "bad", f"process {client.welcome.pid}: {reason}", "End it with `codey stop`.")]
    finally:
        client.close()
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status.started))
    doing = f"turn {status.turn} runs" if status.turn else "at work" if status.busy else "idle"
    value = f"process {status.pid}, version {status.version}, {doing}, {status.clients} screens, since {since}"
    if status.version != __version__:
        hint = f"This is codey {__version__}: the next start replaces an idle engine; `codey stop` ends it now."
        return [Finding("engine", "warn", value, hint)]
    return [Finding("engine", "ok", value)]
