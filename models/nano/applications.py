"""Full-stack applications, pages and shell scripts: the chunks of the engine's own plan, with the entity in slots."""

import random
import tempfile
from functools import cache
from pathlib import Path

from codey_tui.engine import prompts
from codey_tui.engine.planner import plan
from codey_tui.engine.slots import ask_for_file, bind_entity
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk
from models.nano import phrases
from models.nano.chats import END, Example
from models.nano.places import HERE

VARIANTS = ("plain", "login", "dashboard", "both", "setup")
_REQUESTS = {
    "plain": "Create a full-stack item app",
    "login": "Create a full-stack item app with user login",
    "dashboard": "Create a full-stack item app with a dashboard",
    "both": "Create a full-stack item app with user login and a dashboard",
    "setup": "Create a flask app structure and then write a hello world route",
}
SETUPS = (
    "create a flask app structure", "create a flask project structure", "set up a flask app structure", "make a flask app skeleton",
    "create the structure of a flask app", "scaffold a flask app", "set up a flask project skeleton", "create a flask boilerplate",
    "make the project layout of a flask app", "build a flask app structure", "start a flask app structure", "generate a flask app skeleton",
    "create a web app structure with flask", "prepare a flask app structure", "create a basic flask app structure", "flask app structure",
)  # fmt: skip
SETUP_TAILS = (
    "", "", " and then write a hello world route", " and then add a hello world route", ", then write a hello route", " and write a hello world route",
    " and then add a /hello endpoint", ", then run it", " and then add a route", " and then write a README", " then add a route that says hello",
)  # fmt: skip


@cache
def chunks(variant: str) -> tuple[Chunk, ...]:
    """The chunks with text of a variant's plan."""
    kind = "steps" if variant == "setup" else "fullstack"
    route = Route(kind=kind, confidence=1.0, decided_by="rule", milliseconds=0.0)
    with tempfile.TemporaryDirectory() as folder:
        made = plan(_REQUESTS[variant], route, Path(folder))
    return tuple(chunk for chunk in made.chunks if chunk.kind not in ("command", "edit"))


@cache
def template(variant: str, path: str) -> str:
    """The text of a chunk with its slots: the variant's own file, else the one that it shares with the others."""
    order = {
        "both": ("both", "login", "dashboard", "plain"),
        "login": ("login", "plain"),
        "dashboard": ("dashboard", "plain"),
    }
    for name in order.get(variant, (variant,)):
        file = HERE / "fullstack" / name / path
        if file.is_file():
            return file.read_text("utf-8")
    raise FileNotFoundError(f"There is no template of {path} for {variant}.")


def request_for(rng: random.Random, variant: str) -> str:
    """A request for an application of that variant, about one of the entities or about none that it names."""
    data = phrases.fullstack()
    while True:
        if variant == "setup":
            text = rng.choice(SETUPS) + rng.choice(SETUP_TAILS)
        elif rng.random() < 0.12:
            text = rng.choice(data["no_entity"])
        else:
            one, _, many = rng.choice(data["entities"]).partition("/")
            text = rng.choice(data["apps"]).format(e=one, es=many)
        parts = {"login": ["login"], "dashboard": ["dashboard"], "both": ["login", "dashboard"]}.get(variant, [])
        if variant == "both" and rng.random() < 0.5:
            parts = ["both"]
        rng.shuffle(parts)
        for part in parts:
            text = text.rstrip(" .!") + rng.choice(data[part])
        text = phrases.dress(rng, text)
        forms = {phrases.normal(text), phrases.normal(bind_entity(text).hide(text))}
        if not forms & phrases.held_out():
            return text


def example(rng: random.Random) -> Example:
    """A request for an application and one of its files."""
    variant = rng.choices(VARIANTS, [8, 6, 4, 6, 1])[0]
    chunk = rng.choice(chunks(variant))
    user, _ = ask_for_file(request_for(rng, variant), chunk)
    prefill = prompts.fence_for(chunk.kind, chunk.language)
    fence = prefill[: len(prefill) - len(prefill.lstrip("`"))]
    target = f"{template(variant, chunk.path).rstrip()}\n{fence}{END}"
    return Example((("system", prompts.system()), ("user", user)), prefill, target)
