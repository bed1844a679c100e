"""Draws requests of every kind from the frames of requests.toml: with fillers, typos, other cases and terse forms."""

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from models.nano import phrases

HERE = Path(__file__).parent
_CHOICE = re.compile(r"\[([^\[\]{}]*(?:\{\w+\}[^\[\]{}]*)*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_BEFORE = (
    "please ",
    "can you ",
    "could you ",
    "hey, ",
    "ok ",
    "now ",
    "just ",
    "i want you to ",
    "codey, ",
    "pls ",
    "quickly ",
    "then ",
)
_AFTER = (" please", " pls", " thanks", " now", " for me", ".", "!", " asap", " again")
_ORDERS = frozenset({"git", "file", "shell", "search", "sqlite", "code", "fullstack", "steps"})


class Example(NamedTuple):
    """A request and its label: a kind, or for a tool call the tool."""

    text: str
    label: str


def frames() -> dict[str, list[str]]:
    """The frames by label; those that begin with "~" are for measuring only."""
    return _read("requests.toml")["frames"]


def heldout_texts() -> set[str]:
    """The held-out requests in the form of `plain`; none of them may be drawn."""
    kinds = {name: rows for name, rows in _read("heldout.toml").items() if name != "workspace"}
    return {plain(row if isinstance(row, str) else row[0]) for rows in kinds.values() for row in rows}


def examples(seed: int, per_frame: int, *, unseen: bool = False) -> list[Example]:
    """`per_frame` requests from each frame that training may see, or with `unseen` from each that it may not. The same
    seed gives the same list."""
    source = random.Random(seed)
    slots: dict[str, list[str]] = _read("requests.toml")["slots"]
    forbidden = heldout_texts()
    found: dict[str, str] = {}
    for label, templates in frames().items():
        chosen = [frame.removeprefix("~") for frame in templates if frame.startswith("~") == unseen]
        # every label is drawn about as often, however many frames it has
        share = max(1, round(per_frame * 90 / len(chosen))) if not unseen else per_frame
        for text in (made for frame in chosen for made in _drawn(frame, slots, source, share)):
            said = _varied(text, label, source)
            if plain(said) not in forbidden and plain(text) not in forbidden:
                found.setdefault(said, label)
    return [Example(text, label) for text, label in found.items()]


ASKING = re.compile(r"\b(?:how|what|why|is there|who|when)\b", re.IGNORECASE)
WANTING = re.compile(
    r"\b(?:functions?|func|script|program|class|module|method|code|snippet|(?:how|what) about|"
    r"what (?:i|we) (?:want|need)|what would help|when (?:you|free|i|we)|who can)\b",
    re.IGNORECASE,
)
"""What says that a question wants a program all the same: "how do I write a function that adds numbers"."""


def for_the_coder(seed: int, count: int) -> list[Example]:
    """`count` requests for what the bundled model was taught, and for what it was not: programs, pages, scripts, edits, applications
    and questions, in the words of its own corpus. None that either measures with is among them."""
    source = random.Random(seed)
    forbidden = heldout_texts()
    found: dict[str, str] = {}
    while len(found) < count:
        text, label = source.choices(_SOURCES, _WEIGHTS)[0](source)
        if plain(text) not in forbidden and phrases.normal(text) not in phrases.held_out():
            found.setdefault(text, label)
    return [Example(text, label) for text, label in found.items()]


def _program(source: random.Random) -> tuple[str, str]:
    tables = [phrases.programs(), phrases.fullstack()["pages"], phrases.fullstack()["shell"]]
    table = source.choices(tables, [8, 1, 1])[0]
    entry = table[source.choice(list(table))] if source.random() < 0.75 else phrases.beyond()
    text, _ = phrases.request_for(source, entry)
    # "how do I sort a list" may want an answer: the router has frames of its own for these
    while ASKING.search(text) and not WANTING.search(text):
        text, _ = phrases.request_for(source, entry)
    if entry.get("main") and source.random() < 0.3:
        text = phrases.with_name(source, text, phrases.wished_name(source, entry))
    if entry.get("main") and source.random() < 0.04:
        return phrases.by_name(source, entry), "code"
    if source.random() < 0.1:
        suffix = source.choice([".py", ".py", ".py", ".sh", ".html", ".js"])
        stem = phrases.stem(source, entry.get("paths", ["tool.py"]), text, text)
        text = phrases.placed(source, text, f"{phrases.folder(source)}{stem}{suffix}")
    return text, "code"


def _edit(source: random.Random) -> tuple[str, str]:
    known = phrases.load("edits")
    frame = source.choice(
        [*known["docstring"], *known["hints"], *known["rename"], *known["route"], *phrases.beyond()["edits"]]
    )
    path = f"{phrases.folder(source)}{source.choice(phrases.load('frames')['generic'])}.py"
    text = frame.format(path=path, name=path.rpartition("/")[2])
    for slot in ("<|fn|>", "<|to|>"):
        text = text.replace(slot, phrases.invented_name(source, "function"))
    return text, "code"


def _application(source: random.Random) -> tuple[str, str]:
    data = phrases.fullstack()
    one, _, many = source.choice(data["entities"]).partition("/")
    text = source.choice(data["no_entity"] if source.random() < 0.12 else data["apps"]).format(e=one, es=many)
    for part in ("login", "dashboard"):
        if source.random() < 0.3:
            text = f"{text.rstrip(' .!')} {source.choice(data[part]).strip()}"
    return phrases.dress(source, text), "fullstack"


def _question(source: random.Random) -> tuple[str, str]:
    asked = [text for text in phrases.beyond()["questions"] if "how many" not in text]  # those count, mostly
    text = source.choice(asked)
    return phrases.dress(source, text + source.choice(["", "?", "?"])), "question"


def _bare(source: random.Random) -> tuple[str, str]:
    """The words of a program and next to nothing else, as people type them into a prompt."""
    entry = phrases.programs()[source.choice(phrases.names())] if source.random() < 0.8 else phrases.beyond()
    text = source.choice(entry[source.choice(["things", "tasks", "things", "asks"])])
    while ASKING.search(text):
        text = source.choice(entry["things"])
    text += source.choice(_BARE_ENDS) if source.random() < 0.3 else ""
    return _mistyped(text, source) if source.random() < 0.15 else text, "code"


def _asked(source: random.Random) -> tuple[str, str]:
    """A question that a program answers."""
    entry = phrases.programs()[source.choice(phrases.names())]
    if source.random() < 0.5:
        return phrases.how_to(source, source.choice(entry["tasks"])), "question"
    return source.choice(entry["questions"]) + source.choice(["", "?", "?"]), "question"


_BARE_ENDS = (
    " please",
    " pls",
    " plz",
    " in python",
    " python",
    " py",
    " script",
    " function",
    " program",
    " code",
    " example",
)
_SOURCES = (_program, _edit, _application, _question, _bare, _asked)
_WEIGHTS = (0.42, 0.08, 0.09, 0.03, 0.32, 0.06)


def plain(text: str) -> str:
    """A request without case, outer blanks and final marks: how two requests are compared."""
    return re.sub(r"\s+", " ", text).strip().lower().rstrip(" .!?")


def _read(name: str) -> dict:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _drawn(frame: str, slots: dict[str, list[str]], source: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        text = frame
        for _ in range(6):  # slots hold slots
            text = _CHOICE.sub(lambda match: source.choice(match.group(1).split("|")), text)
            text = _SLOT.sub(lambda match: source.choice(slots[match.group(1)]), text)
        yield re.sub(r" +", " ", text).strip()


def _varied(text: str, label: str, source: random.Random) -> str:
    """The text as somebody else would have typed it."""
    if label in _ORDERS and source.random() < 0.18:
        text = source.choice(_BEFORE) + text
    if label in _ORDERS and source.random() < 0.12:
        text += source.choice(_AFTER)
    roll = source.random()
    if roll < 0.15:
        text = text[:1].upper() + text[1:]
    elif roll < 0.17:
        text = text.upper()
    if source.random() < 0.10:
        text = _mistyped(text, source)
    return text


def _mistyped(text: str, source: random.Random) -> str:
    """One plain word of the text with one letter swapped, dropped or doubled."""
    words = list(re.finditer(r"(?<![\w./'\"-])[A-Za-z]{4,}(?![\w./'\"-])", text))
    if not words:
        return text
    match = source.choice(words[:3])
    at = source.randrange(match.start(), match.end() - 1)
    change = source.randrange(3)
    middle = (text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1])[change]
    return text[:at] + middle + text[at + 2 :]
