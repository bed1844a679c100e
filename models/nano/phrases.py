"""Random requests in plain words: the grammar of frames.toml spread over the subjects of requests/*.toml and beyond_requests/*.toml."""

import io
import random
import re
import tokenize
import tomllib
from functools import cache
from typing import Any

from codey_tui.engine.slots import bind_entity, bind_name
from models.nano.places import HERE

VOWELS = "aeiou"
NOISE_RATE = 0.12
"""The share of requests whose verb or surroundings hold a word that does not exist, so that strange words around a subject do
not matter."""
REWORDED_RATE = 0.4
"""The share of subjects in which words may be replaced by others that mean the same."""
DETAILED_RATE = 0.12
"""The share of requests with sentences after them that change nothing."""
TYPO_RATE = 0.02
"""The share of requests with one letter dropped or two swapped."""


@cache
def load(name: str) -> dict[str, Any]:
    """The data of `<name>.toml` beside this module."""
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def normal(text: str) -> str:
    """`text` without case, punctuation and doubled spaces: how two requests are compared."""
    return " ".join(re.findall(r"[a-z0-9+#!]+", text.lower())).rstrip("! ")


@cache
def programs() -> dict[str, dict[str, Any]]:
    """The tables of all trained programs by name, from requests/*.toml."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((HERE / "requests").glob("*.toml")):
        if file.stem != "fullstack":
            found |= tomllib.loads(file.read_text("utf-8"))
    return found


@cache
def fullstack() -> dict[str, Any]:
    """How people ask for applications, pages and shell scripts."""
    return tomllib.loads((HERE / "requests" / "fullstack.toml").read_text("utf-8"))


@cache
def beyond() -> dict[str, list[Any]]:
    """What lies outside the range, from beyond_requests/*.toml: the lists of the same name in all files, one after the other."""
    found: dict[str, list[Any]] = {}
    for file in sorted((HERE / "beyond_requests").glob("*.toml")):
        for name, rows in tomllib.loads(file.read_text("utf-8")).items():
            found.setdefault(name, []).extend(rows)
    return found


@cache
def held_out() -> frozenset[str]:
    """The normal forms of every request that training must not see, with the names that they hold and with slots."""
    rows: list[str] = []
    for file in sorted((HERE / "heldout").glob("*.toml")):
        rows += _texts(tomllib.loads(file.read_text("utf-8")))
    return frozenset(
        normal(form) for row in rows for form in (row, bind_name(row).hide(row), bind_entity(row).hide(row))
    )


def _texts(found: Any) -> list[str]:
    """All texts in a table of a held-out file."""
    if isinstance(found, str):
        return [found]
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, list) else []
    return [text for part in parts for text in _texts(part)]


_SECOND_VERB = re.compile(r"(?<=\band )(?:return|give|tell|say|print|show|compute|report|keep|merge|swap|hand)\b")


def third_person(task: str) -> str:
    """`read a list and return its sum` -> `reads a list and returns its sum`."""
    verb, _, rest = task.partition(" ")
    return f"{_third(verb)} {_SECOND_VERB.sub(lambda match: _third(match.group()), rest)}".strip()


def _third(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        verb += "es"
    elif verb.endswith("y") and verb[-2:-1] not in VOWELS:
        verb = verb[:-1] + "ies"
    else:
        verb += "s"
    return verb


def gerund(task: str) -> str:
    """`read a list and return its sum` -> `reading a list and returning its sum`."""
    verb, _, rest = task.partition(" ")
    return f"{_ing(verb)} {_SECOND_VERB.sub(lambda match: _ing(match.group()), rest)}".strip()


def _ing(verb: str) -> str:
    short = re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", verb)
    if verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    elif short:
        verb += verb[-1]
    return f"{verb}ing"


def _verb(rng: random.Random) -> str:
    return pseudo_word(rng) if rng.random() < NOISE_RATE else rng.choice(load("frames")["verbs"])


def about_thing(rng: random.Random, thing: str) -> str:
    """A request for a thing, such as `please write a small fibonacci function in python`."""
    frames = load("frames")
    style = rng.random()
    if style < 0.10:
        name = rng.choice(frames["articles"]) + thing
        return rng.choice(frames["wrappers"]).format(thing=name, verb=_verb(rng)) + rng.choice(frames["endings"])
    if style < 0.20:
        return rng.choice(frames["adjectives"]) + thing + rng.choice(frames["endings"])
    head = rng.choice(frames["wishes"]) if style < 0.4 else rng.choice(frames["openings"]) + _verb(rng) + " "
    more = rng.choice(frames["adjectives"]) if rng.random() < 0.25 else ""
    name = rng.choice(frames["articles"]) + more + rng.choice(frames["adjectives"]) + thing
    return head + name + rng.choice(frames["kinds"]) + rng.choice(frames["endings"])


def about_task(rng: random.Random, task: str) -> str:
    """A request for something done, such as `a script that computes fibonacci numbers`."""
    frames = load("frames")
    if rng.random() < 0.5:
        frame, opening = rng.choice(frames["bare_tasks"]), ""
    else:
        frame, opening = rng.choice(frames["carriers"]), rng.choice(frames["openings"])
    text = frame.format(
        verb=_verb(rng),
        article=rng.choice(frames["articles"]),
        adj=rng.choice(frames["adjectives"]),
        task=task,
        tasks=third_person(task),
        tasking=gerund(task),
    )
    return opening + text + rng.choice(frames["endings"])


def in_context(rng: random.Random, words: str, *, task: bool) -> str:
    """A request that tells what it is for, such as `I'm building a chat bot and need a word counter`."""
    frames = load("frames")
    project = rng.choice(frames["projects"])
    if task:
        frame = rng.choice(frames["context_tasks"])
        return frame.format(project=project, task=words, tasks=third_person(words))
    thing = rng.choice(["", "a ", "a ", "a ", "the "]) + rng.choice(frames["adjectives"]) + words
    return rng.choice(frames["context_things"]).format(project=project, thing=thing)


def about_ask(rng: random.Random, ask: str) -> str:
    """A request that is told in sentences of its own, such as `given a list of numbers, return the largest`."""
    frames = load("frames")
    if rng.random() < 0.4:
        ask = rng.choice(frames["ask_leads"]) + ask
    return ask + (rng.choice(frames["endings"]) if rng.random() < 0.5 else "")


def how_to(rng: random.Random, task: str) -> str:
    """A question that a program answers, such as `how do I reverse a string in python?`."""
    frames = load("frames")
    text = dress(rng, rng.choice(frames["how_heads"]).format(task=task) + rng.choice(frames["how_ends"]))
    return text + rng.choice(["", "?", "?", "?"]) if text[-1].isalnum() else text


def dress(rng: random.Random, text: str) -> str:
    """`text` with a random case, spacing and now and then a slip of the keyboard."""
    frames = load("frames")
    if rng.random() < 0.15:
        text = rng.choice(frames["leads"]) + text
    if rng.random() < 0.15:
        text = text.rstrip(" .!?") + rng.choice(frames["tails"])
    if rng.random() < NOISE_RATE:
        word = f"{pseudo_word(rng)} {rng.choice(['', 'the ', 'and ', 'for ', 'of '])}{pseudo_word(rng)}"
        text = f"{word}{rng.choice([' ', ', ', ': '])}{text}" if rng.random() < 0.5 else f"{text} {word}"
    text = " ".join(text.split())
    style = rng.random()
    if style < 0.30:
        text = text[:1].upper() + text[1:]
    elif style < 0.55:
        text = text.lower()
    elif style < 0.60:
        text = text.title()
    elif style < 0.63:
        text = text.upper()
    if rng.random() < TYPO_RATE and len(text) > 8:
        at = rng.randrange(1, len(text) - 2)
        text = text[:at] + rng.choice([text[at + 1], text[at + 1] + text[at]]) + text[at + 2 :]
    return text


def snake(text: str) -> str:
    """`Fibonacci's numbers` -> `fibonacci_s_numbers`, as a file would be named."""
    return "_".join(re.findall(r"[a-z0-9]+", text.lower())) or "file"


def pseudo_word(rng: random.Random) -> str:
    """A word that does not exist, to stand for every subject that the corpus does not list."""
    starts = [
        "b",
        "c",
        "d",
        "f",
        "g",
        "h",
        "k",
        "l",
        "m",
        "n",
        "p",
        "r",
        "s",
        "t",
        "v",
        "w",
        "z",
        "tr",
        "st",
        "pl",
        "gr",
    ]
    parts = [rng.choice(starts) + rng.choice(["a", "e", "i", "o", "u", "ea", "oo"]) for _ in range(rng.randint(1, 3))]
    return "".join(parts) + rng.choice(["", "n", "r", "s", "x", "l", "tor", "ing", "ic"])


def stem(rng: random.Random, own: list[str], words: str, request: str) -> str:
    """The name of a file without suffix: from `own`, from the words of the request, general or meaningless."""
    style = rng.random()
    if style < 0.32:
        name = rng.choice(own).rpartition("/")[2].removesuffix(".py")
    elif style < 0.46:
        name = snake(words)[:40].strip("_")
    elif style < 0.52:
        name = snake(request)[:40].strip("_")
    elif style < 0.86:
        name = rng.choice(load("frames")["generic"])
    else:
        name = "_".join(pseudo_word(rng) for _ in range(rng.randint(1, 2)))
    return _restyled(rng, name) if rng.random() < 0.3 else name


def _restyled(rng: random.Random, name: str) -> str:
    """The name as somebody else would have typed it: with a number, hyphens, capitals or without its marks."""
    style = rng.random()
    if style < 0.35:
        return f"{name}{rng.choice(['', '_', '-', '_v', '_0'])}{rng.randint(1, 12)}"
    if style < 0.5:
        return f"{rng.choice(['my_', 'my', 'test_', 'new_', 'the_', 'ex1_', '01_', 'x'])}{name}"
    if style < 0.6:
        return f"{name}{rng.choice(['_new', '_old', '_final', '_test', '_copy', '_py', '_try', '_mine'])}"
    if style < 0.75:
        return name.replace("_", "-")
    if style < 0.85:
        return "".join(part.capitalize() for part in name.split("_"))
    return name.replace("_", "") if style < 0.93 else name.capitalize()


def folder(rng: random.Random) -> str:
    """A folder with its slash, often none."""
    return rng.choice(load("frames")["folders"])


def file_names(words: str) -> list[str]:
    """File names that a subject outside the range would get."""
    parts = snake(words).split("_")
    return ["_".join(parts)[:30].strip("_"), "_".join(parts[-2:]), parts[-1], "_".join(parts[:2]), parts[0]]


@cache
def _synonyms() -> re.Pattern[str]:
    words = sorted(load("frames")["synonyms"], key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")


def reworded(rng: random.Random, words: str) -> str:
    """The words of a subject, some of them replaced by others that mean the same; an article may be left out."""
    if rng.random() > REWORDED_RATE:
        return words
    swaps = load("frames")["synonyms"]
    words = _synonyms().sub(
        lambda match: rng.choice(swaps[match.group()]) if rng.random() < 0.6 else match.group(), words
    )
    if rng.random() < 0.15:
        words = re.sub(r"\b(?:a|an|the) ", "", words)
    return words


def request_for(rng: random.Random, entry: dict[str, list[str]]) -> tuple[str, str]:
    """A dressed request for the subject `entry` that is not held out, and the words of its subject."""
    while True:
        style = rng.random()
        if "asks" in entry and style > 0.91:
            words = reworded(rng, rng.choice(entry["asks"]))
            text = dress(rng, about_ask(rng, words))
        elif "questions" in entry and style > 0.87:
            words = reworded(rng, rng.choice(entry["questions"]))
            text = words + rng.choice(["?", "?", ".", ",", ":", " -"]) + rng.choice(load("frames")["wants"])
            text = dress(rng, text)
        elif style > 0.77:
            words = reworded(rng, rng.choice(entry["tasks" if style > 0.82 else "things"]))
            text = dress(rng, in_context(rng, words, task=style > 0.82))
        elif style < 0.38:
            words = reworded(rng, rng.choice(entry["tasks"]))
            text = dress(rng, about_task(rng, words))
        else:
            words = reworded(rng, rng.choice(entry["things"]))
            text = dress(rng, about_thing(rng, words))
        if rng.random() < DETAILED_RATE:
            text = (
                f"{text.rstrip(' .!?,')}. {' '.join(rng.sample(load('frames')['details'], rng.choice([1, 1, 2, 3])))}"
            )
        if normal(text) not in held_out():
            return text, words


@cache
def program(name: str) -> str:
    """The source of a trained program."""
    return (HERE / "programs" / f"{name}.py").read_text("utf-8")


@cache
def slotted(name: str) -> str:
    """The source of a trained program with `<|fn|>` in place of the name of its main function or class."""
    source, main = program(name), programs()[name]["main"]
    return renamed(source, main, "<|fn|>") if main else source


def renamed(source: str, old: str, new: str) -> str:
    """Python source with one name for another: in code and in the braces of f-strings, not in prose."""
    spots: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, column = token.start
        if token.type == tokenize.NAME and token.string == old:
            spots.append((row, column))
        elif token.type == tokenize.STRING and token.string[:1] in "fF" and "\n" not in token.string:
            braces = [match.span() for match in re.finditer(r"\{[^{}]*\}", token.string)]
            found = [match.start() for match in re.finditer(rf"(?<!\w){old}(?!\w)", token.string)]
            spots += [(row, column + at) for at in found if any(first < at < last for first, last in braces)]
    lines = source.splitlines(keepends=True)
    for row, column in sorted(spots, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + len(old) :]
    return "".join(lines)


def names() -> list[str]:
    """The trained programs."""
    return list(programs())


def with_name(rng: random.Random, text: str, name: str) -> str:
    """A request that also says what the function or class is to be called."""
    frames = load("frames")
    nouns = list(re.finditer(r"\b(?:function|class|method|helper)\b", text, re.IGNORECASE))
    style = rng.random()
    if nouns and style < 0.45:
        at = rng.choice(nouns).end()
        named = f"{text[:at]} {rng.choice(frames['name_inner'])}{text[at:]}"
    elif style < 0.90:
        named = text.rstrip(" .!?,") + rng.choice(frames["name_tails"])
    else:
        named = rng.choice(frames["name_leads"]) + text
    return named.replace("<|fn|>", name)


def by_name(rng: random.Random, entry: dict[str, Any]) -> str:
    """A request that says what it wants by the name of the function or class alone."""
    frames = load("frames")
    frame = rng.choice(frames["class_only" if entry["kind"] == "class" else "name_only"])
    return dress_lightly(rng, frame.format(name=telling_name(rng, entry)))


def dress_lightly(rng: random.Random, text: str) -> str:
    """`text` with a capital at its beginning or an ending, the names in it as they are."""
    text = text[:1].upper() + text[1:] if rng.random() < 0.3 else text
    return text + (rng.choice(load("frames")["endings"]) if rng.random() < 0.3 else "")


def placed(rng: random.Random, text: str, path: str) -> str:
    """A request that also says in words where the file is to be."""
    frames = load("frames")
    if rng.random() < 0.6:
        return text.rstrip(" .!?,") + rng.choice(frames["place_tails"]).format(path=path)
    return rng.choice(frames["place_leads"]).format(path=path) + text


def invented_name(rng: random.Random, kind: str) -> str:
    """A name that a person might want, of words that do not exist."""
    return _joined(rng, [pseudo_word(rng) for _ in range(rng.randint(1, 3))], kind)


def telling_name(rng: random.Random, entry: dict[str, Any]) -> str:
    """A name of the words of a subject, such as `get_prime_factors`."""
    own = [path.removesuffix(".py") for path in entry["paths"] if "/" not in path]
    short = [snake(thing) for thing in entry["things"] if len(thing.split()) <= 3 and thing.replace(" ", "").isalpha()]
    words = rng.choice([*own, *short[:8]]).split("_")
    if rng.random() < 0.35 and entry["kind"] != "class":
        words.insert(0, rng.choice(load("frames")["name_verbs"]))
    return _joined(rng, words, entry["kind"])


def wished_name(rng: random.Random, entry: dict[str, Any]) -> str:
    """A name for the function or class of a program: of its own words, of words that mean nothing, or both."""
    style = rng.random()
    if style < 0.45:
        return invented_name(rng, entry["kind"])
    name = telling_name(rng, entry)
    return name if style < 0.8 else f"{name}{rng.choice(['2', '_2', '_fn', 'X', '_v2', '_new', '_of', '_for_me'])}"


def _joined(rng: random.Random, words: list[str], kind: str) -> str:
    words = [word for word in words if word]
    style = rng.random()
    if kind == "class" or style < 0.07:
        return "".join(word[:1].upper() + word[1:] for word in words)
    if style < 0.25:
        return words[0] + "".join(word.capitalize() for word in words[1:])
    return "_".join(words)
