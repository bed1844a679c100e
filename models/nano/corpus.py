"""The training corpus, made on the fly: chats whose prompts are the engine's own and whose answers are whole files.

`examples(seed)` is an endless, reproducible stream; no request of heldout/*.toml is ever in it.
"""

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from codey_tui.engine import prompts
from codey_tui.engine.naming import new_path
from codey_tui.engine.slots import bind_name
from models.nano import applications, beyond, edits, phrases
from models.nano.chats import END, Example, asked_turns, file_target, label_turns, question_turns
from models.nano.places import HERE
from models.router import generator

MIX = (
    ("program", 0.38),
    ("beyond", 0.28),
    ("application", 0.10),
    ("label", 0.06),
    ("edit", 0.05),
    ("page", 0.05),
    ("answer", 0.03),
    ("asked", 0.05),
)
"""The share of examples of each kind."""
NAMED_SHARE = 0.3
"""The share of requests for a function or class that say what it is to be called."""
BY_NAME_SHARE = 0.05
"""The share of requests for a function or class that say nothing but its name."""
PLACED_SHARE = 0.12
"""The share of requests that say in words where the file is to be."""
CODE_OPENING = "```python\n"
"""How an answer that is a program begins."""
FENCES = {".py": "python", ".html": "html", ".sh": "bash"}


def _path(rng: random.Random, entry: dict[str, Any], words: str, request: str, suffix: str) -> str:
    """The path that the planner would choose for a request, or another that a person might name."""
    if rng.random() < 0.45:
        return _planned(request, suffix)
    return f"{phrases.folder(rng)}{phrases.stem(rng, entry['paths'], words, request)}{suffix}"


def _planned(request: str, suffix: str) -> str:
    name = new_path(request)
    return name if name.endswith(suffix) else f"main{suffix}"


def _request(rng: random.Random, entry: dict[str, Any], suffix: str) -> tuple[str, str]:
    """A request for the file of `entry`, perhaps with a name for its function or class or with its place, and its path: that says what
    is wanted where the request says it by a name only, which a slot hides."""
    if entry.get("main") and rng.random() < BY_NAME_SHARE:
        request = phrases.by_name(rng, entry)
        return request, _planned(request, suffix)
    request, words = phrases.request_for(rng, entry)
    if entry.get("main") and rng.random() < NAMED_SHARE:
        request = phrases.with_name(rng, request, phrases.wished_name(rng, entry))
    left = bind_name(request).hide(request).lower()
    told = any(word in left for word in re.findall(r"\w{2,}", words.lower()))
    path = _path(rng, entry, words, request, suffix) if told else _planned(request, suffix)
    return (phrases.placed(rng, request, path) if rng.random() < PLACED_SHARE else request), path


def file_example(rng: random.Random, entry: dict[str, Any], source: str, slotted: str, suffix: str) -> Example:
    """A request for the file of `entry`, and the file: with the slot of a name where the engine finds one in the request."""
    while True:
        request, path = _request(rng, entry, suffix)
        turns, bound = asked_turns(request, path, FENCES[suffix])
        shown = turns[-1][1].partition("\n")[0].partition(": ")[2]
        if not {phrases.normal(request), phrases.normal(shown)} & phrases.held_out():
            break
    return Example(turns, prompts.fence_for("source_file", FENCES[suffix]), file_target(slotted if bound else source))


def program_example(rng: random.Random, name: str) -> Example:
    """A request inside the range, and its file."""
    return file_example(rng, phrases.programs()[name], phrases.program(name), phrases.slotted(name), ".py")


def page_example(rng: random.Random) -> Example:
    """A request for a page or a shell script, and its file."""
    group, suffix = rng.choice([("pages", ".html"), ("shell", ".sh")])
    tables = phrases.fullstack()[group]
    name = rng.choice(list(tables))
    source = (HERE / "pages" / f"{name}{suffix}").read_text("utf-8")
    return file_example(rng, tables[name], source, source, suffix)


@cache
def _labelled() -> list[tuple[str, str]]:
    """Requests with their kinds, as the router is trained on."""
    return [(text, _KIND_OF.get(label, label)) for text, label in generator.examples(1, 40)]


_KIND_OF = dict.fromkeys(("git", "file", "shell", "search", "sqlite", "environment", "python"), "tool")


def label_example(rng: random.Random) -> Example:
    """A request and the token of its kind."""
    if rng.random() < 0.25:
        request, kind = phrases.request_for(rng, phrases.programs()[rng.choice(phrases.names())])[0], "code"
    else:
        request, kind = rng.choice(_labelled())
    return Example(label_turns(request), "", f"{prompts.LABELS[kind]}{END}")


def answer_example(rng: random.Random) -> Example:
    """A question that has an answer."""
    entries = [(entry["ask"], entry["say"], 6) for entry in phrases.load("answers").values()]
    entries += [(row["answer_to"], row["answer"], 1) for row in phrases.programs().values() if "answer" in row]
    asks, say, _ = rng.choices(entries, [weight for *_, weight in entries])[0]
    while True:
        text = phrases.dress(rng, rng.choice(["", "", "", "please, ", "so ", "hey, ", "codey, "]) + rng.choice(asks))
        text += rng.choice(["", "", "?", "?", "!", "."]) if text[-1].isalnum() else ""
        if phrases.normal(text) not in phrases.held_out():
            return Example(question_turns(text), "", f"{say}{END}")


def asked_example(rng: random.Random) -> Example:
    """A question that a program answers, and the program in a code block."""
    name = rng.choice(phrases.names())
    entry = phrases.programs()[name]
    while True:
        if rng.random() < 0.5:
            text = phrases.dress(rng, phrases.reworded(rng, rng.choice(entry["questions"]))) + rng.choice(
                ["", "?", "?"]
            )
        else:
            text = phrases.how_to(rng, phrases.reworded(rng, rng.choice(entry["tasks"])))
        if phrases.normal(text) not in phrases.held_out():
            return Example(question_turns(text), "", f"{CODE_OPENING}{phrases.program(name).rstrip()}\n```{END}")


def examples(seed: int) -> Iterator[Example]:
    """The endless corpus. The same seed gives the same examples on every machine."""
    rng = random.Random(seed)
    kinds, weights = zip(*MIX, strict=True)
    names = phrases.names()
    makers: dict[str, Callable[[random.Random], Example]] = {
        "beyond": beyond.example,
        "application": applications.example,
        "label": label_example,
        "asked": asked_example,
        "edit": edits.example,
        "page": page_example,
        "answer": answer_example,
    }
    while True:
        kind = rng.choices(kinds, weights)[0]
        yield program_example(rng, rng.choice(names)) if kind == "program" else makers[kind](rng)
