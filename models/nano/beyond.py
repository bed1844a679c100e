"""Requests outside the range: their whole answer is the token that says so."""

import random

from codey_tui.engine import prompts
from models.nano import phrases
from models.nano.chats import BEYOND, END, Example, file_turns, question_turns

TARGET = BEYOND + END
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
    else:
        subject = word
    return phrases.dress(rng, phrases.about_thing(rng, subject)), subject


def _subject(rng: random.Random) -> tuple[str, list[str], str]:
    """A request for a Python file outside the range, fitting file names, and the words of its subject."""
    style = rng.random()
    if style < 0.80:
        request, words = phrases.request_for(rng, phrases.load("beyond")) if style < 0.65 else _unlisted(rng)
        return request, phrases.file_names(words), words
    known, data = phrases.load("requests")[rng.choice(phrases.names())], phrases.load("beyond")
    words = f"{rng.choice(known['things'])} {rng.choice(data['twists'])}"
    if rng.random() < 0.3:  # another thing that only begins with the same words
        words = f"{' '.join(known['things'][0].split()[:2])} {rng.choice(data['heads'])}"
    return phrases.dress(rng, phrases.about_thing(rng, words)), known["paths"], words


def _python(rng: random.Random) -> Example:
    request, own, words = _subject(rng)
    if rng.random() < 0.06:  # the words decide, not the path
        own = phrases.load("requests")[rng.choice(phrases.names())]["paths"]
    path = f"{phrases.folder(rng)}{phrases.stem(rng, own, words, request)}.py"
    turns = file_turns(request, path, **phrases.extras(rng, request, path))
    return Example(turns, prompts.fence_for("source_file", "python"), TARGET)


def _other_language(rng: random.Random) -> Example:
    """Any subject, also a trained one, with a path of another language."""
    data = phrases.load("beyond")
    fence, suffix, name = rng.choice(data["languages"])
    known = phrases.load("requests")[rng.choice(phrases.names())]
    request, words = phrases.request_for(rng, known if rng.random() < 0.6 else data)
    if rng.random() < 0.4:
        request = f"{request.rstrip(' .!?')} in {name}"
    own = known["paths"] if words in known["things"] + known["tasks"] else phrases.file_names(words)
    path = f"{phrases.folder(rng)}{phrases.stem(rng, own, words, request)}.{suffix}"
    if fence == "markdown" and rng.random() < 0.6:
        path = "README.md"
    turns = file_turns(request, path, **phrases.extras(rng, request, path))
    return Example(turns, prompts.fence_for("source_file", fence), TARGET)


def _edit(rng: random.Random) -> Example:
    """A change to an existing file: the model can write its programs only as a whole."""
    known = phrases.load("requests")[rng.choice(phrases.names())]
    request, words = phrases.request_for(rng, known if rng.random() < 0.3 else phrases.load("beyond"))
    lines = phrases.program(rng.choice(phrases.names())).splitlines()
    start = rng.randrange(len(lines) - 3)
    path = f"{phrases.folder(rng)}{phrases.stem(rng, phrases.file_names(words), words, request)}.py"
    user = prompts.edit_file(request, path, "python", "\n".join(lines[start : start + rng.randint(3, 12)]))
    return Example((("system", prompts.system()), ("user", user)), EDIT_OPENING, TARGET)


def _question(rng: random.Random) -> Example:
    """A question that has no trained answer."""
    data = phrases.load("beyond")
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
        heads = ["how do i ", "how can i ", "why should i ", "is it hard to ", "can you "]
        text = rng.choice(heads) + rng.choice(
            [*data["tasks"], f"{phrases.pseudo_word(rng)} {phrases.pseudo_word(rng)}"]
        )
    text = phrases.dress(rng, text + rng.choice(["", "?", "?"]))
    return Example(question_turns(text), "", TARGET)


def example(rng: random.Random) -> Example:
    """One request outside the range, never a held-out one."""
    kinds = (_python, _other_language, _question, _edit)
    while True:
        made = rng.choices(kinds, (0.62, 0.2, 0.14, 0.04))[0](rng)
        first = made.turns[-1][1].partition("\n")[0].partition(": ")[2]
        if phrases.normal(first) not in phrases.held_out():
            return made
