"""The training corpus, made on the fly: chats whose prompts are the engine's own and whose answers are whole files.

`examples(seed)` is an endless, reproducible stream; no request of heldout.toml is ever in it.
"""

import random
from collections.abc import Iterator

from codey_tui.engine import prompts
from models.nano import beyond, phrases
from models.nano.chats import END, Example, Turns, file_target, file_turns, question_turns

MIX = (("program", 0.47), ("beyond", 0.39), ("answer", 0.12), ("repair", 0.02))
"""The share of examples of each kind."""
NUMBER_SHARE = 0.1
"""The share of a program's requests that name a number. The file keeps its own: copying a number was not learned."""
PRESENT_SHARE = 0.04
"""The share of a program's requests for a path that already holds a file, which is then written anew."""


def _present(rng: random.Random, path: str) -> str:
    """A file as it is now, in the words of the engine's context."""
    lines = phrases.program(rng.choice(phrases.names())).splitlines()
    start = rng.choice([0, 0, rng.randrange(len(lines) - 3)])
    text = "\n".join(lines[start : start + rng.randint(3, 30)])
    return f"The file {path} as it is now:\n{prompts.FENCE}python\n{text}\n{prompts.FENCE}"


def program_example(rng: random.Random, name: str) -> Example:
    """A request inside the range, and its file."""
    entry, source = phrases.load("requests")[name], phrases.program(name)
    if "number_tasks" in entry and rng.random() < NUMBER_SHARE:
        words = rng.choice(entry["number_tasks"]).format(n=rng.choice([5, 10, 20, 50, 100, rng.randint(3, 99)]))
        request = phrases.dress(rng, phrases.about_task(rng, words))
    else:
        request, words = phrases.request_for(rng, entry)
    path = f"{phrases.folder(rng)}{phrases.stem(rng, entry['paths'], words, request)}.py"
    extras = phrases.extras(rng, request, path)
    if rng.random() < PRESENT_SHARE:
        extras["context"] = _present(rng, path)
    turns = file_turns(request, path, **extras)
    return Example(turns, prompts.fence_for("source_file", "python"), file_target(source))


def repair_example(rng: random.Random) -> Example:
    """A file with a slip, the verifier's words, and the right file: the second turn of a repair."""
    first = program_example(rng, rng.choice(phrases.names()))
    source = first.target.removesuffix(f"\n{prompts.FENCE}{END}")
    lines = source.splitlines()
    at = rng.randrange(2, len(lines))
    lines[at] = lines[at][: len(lines[at]) // 2]
    path = first.turns[-1][1].rpartition("File: ")[2]
    error = rng.choice(["SyntaxError: invalid syntax", "SyntaxError: unterminated string literal", "IndentationError"])
    broken = first.prefill + "\n".join(lines[: at + rng.randint(1, 4)]) + f"\n{prompts.FENCE}"
    turns: Turns = (*first.turns, ("assistant", broken), ("user", prompts.repair(path, f"{error} (line {at + 1})")))
    return Example(turns, first.prefill, first.target)


def answer_example(rng: random.Random) -> Example:
    """A question that has an answer."""
    entries = [(entry["ask"], entry["say"], 6) for entry in phrases.load("answers").values()]
    entries += [(entry["answer_to"], entry["answer"], 1) for entry in phrases.load("requests").values()]
    asks, say, _ = rng.choices(entries, [weight for *_, weight in entries])[0]
    while True:
        text = phrases.dress(rng, rng.choice(["", "", "", "please, ", "so ", "hey, ", "codey, "]) + rng.choice(asks))
        text += rng.choice(["", "", "?", "?", "!", "."]) if text[-1].isalnum() else ""
        if phrases.normal(text) not in phrases.held_out():
            return Example(question_turns(text), "", f"{say}{END}")


def examples(seed: int) -> Iterator[Example]:
    """The endless corpus. The same seed gives the same examples on every machine."""
    rng = random.Random(seed)
    kinds, weights = zip(*MIX, strict=True)
    weight_of = {name: 2.0 if name == "fibonacci" else 1.0 for name in phrases.names()}
    while True:
        kind = rng.choices(kinds, weights)[0]
        if kind == "program":
            yield program_example(rng, rng.choices(list(weight_of), list(weight_of.values()))[0])
        elif kind == "beyond":
            yield beyond.example(rng)
        elif kind == "answer":
            yield answer_example(rng)
        else:
            yield repair_example(rng)
