"""Requests outside the range: their whole answer is the token that says so."""

import random

from codey_tui.engine import prompts
from codey_tui.engine.naming import new_path
from codey_tui.engine.slots import ask_for_file
from models.nano import applications, phrases
from models.nano.chats import BEYOND, END, Example, asked_turns, edit_turns, question_turns

TARGET = BEYOND + END
NAMED_SHARE = 0.15
"""The share of requests that say what a function or class is to be called."""
PLACED_SHARE = 0.1
"""The share of requests that say in words where the file is to be."""
EDIT_OPENING = "<<<<<<< SEARCH\n"
"""How the engine opens the answer to `prompts.edit_file`."""


def _unlisted(rng: random.Random) -> tuple[str, str]:
    """A request about something that does not exist, which stands for all that nobody listed; and its subject."""
    word = phrases.pseudo_word(rng)
    style = rng.random()
    if style < 0.4:
        kinds = ["tool", "app", "parser", "class", "model", "sort", "search", "checker", phrases.pseudo_word(rng)]
        subject = f"{word} {rng.choice(kinds)}"
    elif style < 0.7:
        verbs = ["print", "compute", "find", "sort", "check", "convert", "generate", "count", "load", "draw"]
        subject = f"{rng.choice(verbs)} {word} {rng.choice(['', 'numbers', 'values', 'files', 'words'])}".strip()
        return phrases.dress(rng, phrases.about_task(rng, subject)), subject
    elif style < 0.8:
        frames = ["given a {} list, return its {}", "takes a {} and gives back the {}", "input: {}, output: {}"]
        frames += ["a class for {} with {}", "I want to know the {} of my {}", "given a {}, print its {}"]
        subject = rng.choice(frames).format(word, phrases.pseudo_word(rng))
        return phrases.dress(rng, phrases.about_ask(rng, subject)), subject
    else:
        subject = word
    return phrases.dress(rng, phrases.about_thing(rng, subject)), subject


def _crossed(rng: random.Random) -> tuple[str, str]:
    """A request that begins as one inside the range does and goes on about something else, and its words: neither the verb nor the
    noun alone says what is wanted."""
    known, tasks = phrases.programs()[rng.choice(phrases.names())], phrases.beyond()["tasks"]
    head, tail = rng.choice(known["tasks"]).split(), ""
    while tail.count(" ") < 2:
        tail = rng.choice(tasks)
    if rng.random() < 0.5:
        words = " ".join([*head[: rng.randint(1, 2)], *tail.split()[rng.randint(1, 2) :]])
    else:
        words = " ".join([tail.split()[0], *head[1:], "and", *rng.choice(tasks).split()])
    return phrases.dress(rng, phrases.about_task(rng, words)), words


def _subject(rng: random.Random) -> tuple[str, list[str], str]:
    """A request for a Python file outside the range, fitting file names, and the words of its subject."""
    style = rng.random()
    if style < 0.84:
        request, words = (
            phrases.request_for(rng, phrases.beyond())
            if style < 0.67
            else _unlisted(rng)
            if style < 0.77
            else _crossed(rng)
        )
        return request, phrases.file_names(words), words
    known, data = phrases.programs()[rng.choice(phrases.names())], phrases.beyond()
    words = f"{rng.choice(known['things'])} {rng.choice(data['twists'])}"
    if rng.random() < 0.3:  # another thing that only begins with the same words
        words = f"{' '.join(known['things'][0].split()[:2])} {rng.choice(data['heads'])}"
    return phrases.dress(rng, phrases.about_thing(rng, words)), known["paths"], words


def _path(rng: random.Random, own: list[str], words: str, request: str, suffix: str) -> str:
    """The path that the planner would choose for a request, or another that a person might name."""
    if rng.random() < 0.42 and (name := new_path(request)).endswith(suffix):
        return name
    return f"{phrases.folder(rng)}{phrases.stem(rng, own, words, request)}{suffix}"


def _python(rng: random.Random) -> Example:
    request, own, words = _subject(rng)
    if rng.random() < 0.06:  # the words decide, not the path
        own = phrases.programs()[rng.choice(phrases.names())]["paths"]
    path = _path(rng, own, words, request, ".py")
    if rng.random() < NAMED_SHARE:
        request = phrases.with_name(rng, request, phrases.invented_name(rng, rng.choice(["function", "class"])))
    if rng.random() < PLACED_SHARE:
        request = phrases.placed(rng, request, path)
    return Example(asked_turns(request, path, "python")[0], prompts.fence_for("source_file", "python"), TARGET)


def _other_language(rng: random.Random) -> Example:
    """Any subject, also a trained one, with a path of another language."""
    data = phrases.beyond()
    fence, suffix, name = rng.choice(data["languages"])
    known = phrases.programs()[rng.choice(phrases.names())]
    shared = suffix in ("sh", "html")  # pages and shell scripts are within the range, also of some of these subjects
    request, words = phrases.request_for(rng, known if rng.random() < 0.6 and not shared else data)
    if rng.random() < 0.4:
        request = f"{request.rstrip(' .!?')} in {name}"
    own = known["paths"] if words in known["things"] + known["tasks"] else phrases.file_names(words)
    path = _path(rng, own, words, request, f".{suffix}")
    if fence == "markdown" and rng.random() < 0.6:
        path = "README.md"
    return Example(asked_turns(request, path, fence)[0], prompts.fence_for("source_file", fence), TARGET)


def _edit(rng: random.Random) -> Example:
    """A change to an existing file that is none of the three edits."""
    data = phrases.beyond()
    lines = phrases.program(rng.choice(phrases.names())).splitlines()
    start = rng.randrange(len(lines) - 3)
    shown = "\n".join(lines[start : start + rng.randint(3, 14)])
    if rng.random() < 0.7:
        path = f"{phrases.folder(rng)}{phrases.stem(rng, ['utils.py'], 'utils', 'utils')}.py"
        request = rng.choice(data["edits"]).format(path=path)
        request = request if "<|" in request else phrases.dress(rng, request)
    else:
        request, words = phrases.request_for(
            rng, phrases.programs()[rng.choice(phrases.names())] if rng.random() < 0.4 else data
        )
        path = _path(rng, phrases.file_names(words), words, request, ".py")
    return Example(edit_turns(request, path, shown), EDIT_OPENING, TARGET)


def _application(rng: random.Random) -> Example:
    """A web application of another kind, asked for as the first chunks of a plan are."""
    chunk = rng.choice(applications.chunks(rng.choice(applications.VARIANTS)))
    request = phrases.dress(rng, rng.choice(phrases.beyond()["apps"]))
    user, _ = ask_for_file(request, chunk)
    return Example(
        (("system", prompts.system()), ("user", user)), prompts.fence_for(chunk.kind, chunk.language), TARGET
    )


def _question(rng: random.Random) -> Example:
    """A question that has no trained answer."""
    data = phrases.beyond()
    style = rng.random()
    if style < 0.5:
        text = rng.choice(data["questions"])
    elif style < 0.75:
        heads = [
            "what is a ",
            "explain ",
            "how does a {} work",
            "why is there a ",
            "what is the best ",
            "tell me about ",
        ]
        head, thing = rng.choice(heads), rng.choice(data["things"])
        text = head.format(thing) if "{}" in head else head + thing
    else:
        tasks = [*data["tasks"], *(f"{phrases.pseudo_word(rng)} {phrases.pseudo_word(rng)}" for _ in range(20))]
        if rng.random() < 0.7:
            return Example(question_turns(phrases.how_to(rng, rng.choice(tasks))), "", TARGET)
        text = rng.choice(["why should i ", "is it hard to ", "when would i "]) + rng.choice(tasks)
    text = phrases.dress(rng, text + rng.choice(["", "?", "?"]))
    return Example(question_turns(text), "", TARGET)


def example(rng: random.Random) -> Example:
    """One request outside the range, never a held-out one."""
    kinds = (_python, _other_language, _question, _edit, _application)
    while True:
        made = rng.choices(kinds, (0.60, 0.14, 0.13, 0.06, 0.07))[0](rng)
        first = made.turns[-1][1].partition("\n")[0].partition(": ")[2]
        if phrases.normal(first) not in phrases.held_out():
            return made
