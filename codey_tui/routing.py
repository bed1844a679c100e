"""Puts the router of a workspace together: its rules and weights, and the larger model that the settings may name instead."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from codey_tui.catalogue import CatalogueError, ModelSpec, find_model
from codey_tui.engine.planner import plan
from codey_tui.engine.router import Counsel, Router, route_as
from codey_tui.engine.router_model import RouterModel
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Room, fitting, mb
from codey_tui.inference.provider import InferenceError
from codey_tui.offers import shape_here
from codey_tui.paths import Paths
from codey_tui.protocol.models import Route, RouteKind
from codey_tui.protocol.plan import Plan
from codey_tui.settings import Settings
from codey_tui.tools.call_forms import JSON, CallForm, form_of
from codey_tui.tools.registry import NAMES

RENDERED = "rendered"
"""Where a spec's `extra` names control tokens that have to be seen as text."""


def build_router(paths: Paths) -> Router:
    """The router with the bundled weights; they are read at the first request that needs them."""
    return Router(paths.assets / "models" / "router.bin")


def routing(paths: Paths, workspace: Path) -> Callable[[str], Route]:
    """How requests in a workspace are understood; needs no engine."""
    router = build_router(paths)
    return lambda text: router(text, NAMES, workspace)


class Routing:
    """Routes and plans requests in one workspace, with the tools that there are."""

    def __init__(self, router: Router, tools: Collection[str], workspace: Path) -> None:
        self._router = router
        self._tools = tools
        self._workspace = workspace

    def route(self, text: str, counsel: Counsel | None) -> Route:
        """What a request is, by rules, weights and perhaps a language model."""
        return self._router(text, self._tools, self._workspace, counsel)

    def as_kind(self, text: str, kind: RouteKind) -> Route:
        """A request that is what a person says it is."""
        return route_as(text, kind, self._tools, self._workspace)

    def plan(self, request: str, route: Route, files: tuple[str, ...], steps: Mapping[str, Route]) -> Plan:
        """The chunks for a request; `steps` are routes by the text of a step, where they are known already."""

        def route_step(text: str, tools: Collection[str], workspace: Path) -> Route:
            return steps.get(text) or self._router(text, tools, workspace)

        return plan(request, route, self._workspace, files, self._tools, route_step)


def router_model(
    specs: dict[str, ModelSpec], settings: Settings, published: Collection[str], room: Callable[[], Room]
) -> tuple[RouterModel | None, str]:
    """The model that the settings name to route in the place of the router's weights, which is put among the specs; or
    none, with a sentence where nobody knows what is named. `room` is what it may take when all other models are gone."""
    if not settings.router:
        return None, ""
    try:
        spec = find_model(tuple(specs.values()), settings.router, published)
    except CatalogueError as error:
        return None, f"The setting router cannot be used, so the built-in router decides. {error}"
    if spec.id in specs and specs[spec.id].path != spec.path:
        spec = replace(spec, id=f"router {spec.id}")
    form = _form_of(spec.path)
    specs[spec.id] = replace(spec, extra={**spec.extra, RENDERED: form.control})

    return RouterModel(model=spec.id, form=form, problem=lambda: _too_large(spec, settings, room)), ""


def _form_of(path: Path) -> CallForm:
    try:
        template = inspect(path).values.get("tokenizer.chat_template", "")
    except InferenceError:
        return JSON  # loading it will say what is wrong with the file
    return form_of(str(template))


def _too_large(router: ModelSpec, settings: Settings, room: Callable[[], Room]) -> str:
    """Why the model cannot be loaded even by itself, a sentence; empty where it can."""
    try:
        found = room()
        wanted = fitting(shape_here(router.path), found, settings.context_tokens, kv_type=settings.kv_type)
    except InferenceError:
        return ""  # loading it will say what is wrong with the file
    return "" if found.holds(wanted.needs) else f"{router.title} needs {mb(wanted.needs)}, but {found.sentence}."
