"""Measures how sure the model is of right answers and of wrong ones: `python -m models.nano.calibrate`, with `--write` for the threshold.

The first tokens of an answer say what it will be. On fresh requests of the training grammar, never on held-out ones, the likelihood
of these tokens together is taken for each answer, and the threshold is chosen that turns SPARED of the right answers away.
"""

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

from models.nano import corpus
from models.nano.chats import BEYOND, END, Example
from models.nano.generation import OPENING, Greedy
from models.nano.places import CATALOGUE, MODEL, note

SEED = 88_000
"""No training and no evaluation draws the corpus with this seed."""
SPARED = 0.005
"""The share of right answers that the threshold may turn away."""
MOST = -0.1
"""A threshold above this would ask for near certainty."""


@dataclass(frozen=True)
class Opening:
    """How an answer begins: the natural log-probability of its first tokens together, whether these are right, and whether the request is
    outside the range (the model did not say so itself)."""

    logprob: float
    right: bool
    beyond: bool


def opening(model: Greedy, example: Example) -> Opening | None:
    """How the model answers; None where it refuses by itself, or says in one token what was asked for as one."""
    answer = model.answer(example.turns, example.prefill, ceiling=OPENING)
    if answer.beyond or not answer.text:
        return None
    wanted = example.target.replace(END, "")
    return Opening(answer.opening, wanted.startswith(answer.text.rstrip("\n")), wanted.startswith(BEYOND))


def openings(model: Greedy, count: int) -> list[Opening]:
    """The beginnings of the answers to `count` requests that are no questions for a label."""
    asked = (example for example in corpus.examples(SEED) if len(example.turns) > 1)
    found = (opening(model, example) for example in itertools.islice(asked, count))
    return [one for one in found if one is not None]


def table(found: list[Opening]) -> tuple[str, float]:
    """A Markdown table of what thresholds turn away, and the threshold."""
    right = sorted(one.logprob for one in found if one.right)
    chosen = min(MOST, round(right[int(len(right) * SPARED)], 2))
    groups = {
        "right answers": right,
        "wrong answers in the range": [one.logprob for one in found if not one.right and not one.beyond],
        "answers outside it": [one.logprob for one in found if one.beyond],
    }
    lines = [
        "| least log-probability of the opening | "
        + " | ".join(f"{name}, of {len(g)}" for name, g in groups.items())
        + " |"
    ]
    lines.append("|---|---|---|---|")
    for least in sorted({-2.0, -1.0, -0.5, -0.3, -0.2, -0.1, chosen}):
        turned = " | ".join(str(sum(value < least for value in group)) for group in groups.values())
        lines.append(f"| {least:.2f}{' (chosen)' if least == chosen else ''} | {turned} |")
    return "\n".join(lines), chosen


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--count", type=int, default=4000, help="requests")
    parser.add_argument("--write", action="store_true", help="put the threshold into catalogue.toml")
    args = parser.parse_args()
    text, chosen = table(openings(Greedy(args.model), args.count))
    print(text)
    if args.write:
        note(CATALOGUE, {"least_opening": str(chosen)})


if __name__ == "__main__":
    main()
