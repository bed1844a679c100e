"""Measures a GGUF file on requests that training never saw, by running what it writes: `python -m models.nano.evaluate`.

Prints the tables of the model card; `--card` also puts them into README.md.
"""

import argparse
import itertools
import random
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codey_tui.engine import prompts
from models.nano import checks, corpus, phrases, tokenizer
from models.nano.chats import chat, file_turns, question_turns
from models.nano.generation import Answer, Greedy
from models.nano.places import HERE, MODEL, RUNS

SEED = 77_000
"""The corpus that is measured as "trained phrasing" is drawn with a seed that training does not use."""
PYTHON = prompts.fence_for("source_file", "python")


@dataclass
class Score:
    """How many of a set were right, what went wrong, and the mean log-probabilities of the right answers."""

    title: str
    right: int = 0
    count: int = 0
    wrong: list[str] = field(default_factory=list[str])
    logprobs: list[float] = field(default_factory=list[float])

    def add(self, request: str, answer: Answer, complaint: str) -> None:
        """Counts one answer; an empty complaint means that it was right."""
        self.count += 1
        self.right += not complaint
        if not complaint:
            self.logprobs.append(answer.mean_logprob)
        else:
            self.wrong.append(f"{self.title}: {request!r}: {complaint}")

    def row(self) -> str:
        """A row of the Markdown table."""
        share = f"{100 * self.right / self.count:.0f} %" if self.count else "-"
        least = f"{min(self.logprobs):.3f}" if self.logprobs else "-"
        return f"| {self.title} | {self.count} | {self.right} | {share} | {least} |"


def program_score(model: Greedy, title: str, rows: Iterable[tuple[str, str, str]]) -> Score:
    """`rows` are (program, request, path); right means that what was written passes the program's assertions."""
    score = Score(title)
    for name, request, path in rows:
        answer = model.answer(file_turns(request, path), PYTHON)
        complaint = "refused" if answer.beyond else checks.complaint(name, answer.text)
        score.add(f"{request} -> {path}", answer, complaint)
    return score


def beyond_score(model: Greedy, title: str, data: dict[str, Any]) -> Score:
    """Held-out requests for files and questions outside the range; right means refused."""
    score = Score(title)
    for request, path, language in data["files"]:
        answer = model.answer(file_turns(request, path), prompts.fence_for("source_file", language), ceiling=60)
        score.add(f"{request} -> {path}", answer, "" if answer.beyond else f"wrote {answer.text[:40]!r}")
    for request in data["questions"]:
        answer = model.answer(question_turns(request), "", ceiling=60)
        score.add(request, answer, "" if answer.beyond else f"said {answer.text[:40]!r}")
    return score


def answer_score(model: Greedy) -> Score:
    """Held-out questions about the model itself; right means the trained answer, word for word."""
    score = Score("questions, held out")
    for name, texts in phrases.load("heldout")["answers"].items():
        for text in texts:
            answer = model.answer(question_turns(text), "", ceiling=120)
            wanted = phrases.load("answers")[name]["say"]
            score.add(text, answer, "" if answer.text == wanted else f"said {answer.text[:40]!r}")
    return score


def trained_rows(per_program: int) -> list[tuple[str, str, str]]:
    """Fresh requests from the training grammar."""
    rng = random.Random(SEED)
    rows: list[tuple[str, str, str]] = []
    for name in phrases.names():
        entry = phrases.load("requests")[name]
        for _ in range(per_program):
            request, words = phrases.request_for(rng, entry)
            path = f"{phrases.folder(rng)}{phrases.stem(rng, entry['paths'], words, request)}.py"
            rows.append((name, request, path))
    return rows


def heldout_rows(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(program, request, path) of a held-out set."""
    return [(name, *row) for name, rows in data["programs"].items() for row in rows]


def forced_logprobs(model: Greedy) -> list[float]:
    """Mean log-probabilities of what comes for requests outside the range when refusing is forbidden."""
    rows = phrases.load("heldout")["beyond"]["files"]
    answers = (
        model.answer(file_turns(request, path), prompts.fence_for("source_file", language), never_beyond=True)
        for request, path, language in rows
    )
    return sorted(answer.mean_logprob for answer in answers)


def ids_that_differ(model: Greedy, words: Path) -> tuple[int, int]:
    """(texts whose token ids differ between the trainer's tokenizer and llama.cpp, texts compared)."""
    bpe = tokenizer.load(words)
    texts = [chat(example.turns) + example.prefill for example in itertools.islice(corpus.examples(SEED), 500)]
    texts += [phrases.program(name) for name in phrases.names()]
    texts += ["  tabs\t and\n\n\n   spaces \r\n x", "Größe, naïve, 日本語 und 🙂", "a1b22c333 4444", "it's we'll I'D"]
    return sum(bpe.encode(text).ids != model.ids(text) for text in texts), len(texts)


def speed(model: Greedy, path: Path) -> str:
    """Seconds to load and tokens per second on one thread, on the machine at hand."""
    begin = time.perf_counter()
    Greedy(path)
    loaded = time.perf_counter()
    answer = model.answer(file_turns("Create Fibonacci function", "fibonacci.py"), PYTHON)
    rate = answer.tokens / (time.perf_counter() - loaded)
    return f"Loaded in {1000 * (loaded - begin):.0f} ms; Fibonacci's {answer.tokens} tokens at {rate:.0f} tokens/s, one thread."


def report(path: Path, words: Path, per_program: int) -> tuple[str, list[str]]:
    """The Markdown tables, and a line for every answer that was not right."""
    model = Greedy(path)
    heldout = phrases.load("heldout")
    blind = heldout["blind"]
    main = [("fibonacci", "Create Fibonacci function", "fibonacci.py")]
    scores = [
        program_score(model, "`Create Fibonacci function`", main),
        program_score(model, "programs, trained phrasing", trained_rows(per_program)),
        program_score(model, "programs, held-out phrasing, first set", heldout_rows(heldout)),
        program_score(model, "programs, held-out phrasing, second set", heldout_rows(blind)),
        answer_score(model),
        beyond_score(model, "outside the range, first set", heldout["beyond"]),
        beyond_score(model, "outside the range, second set", blind["beyond"]),
    ]
    forced = forced_logprobs(model)
    differ, compared = ids_that_differ(model, words)
    lines = [
        "| set | requests | right | share | least mean log-probability of a right answer |",
        "|---|---|---|---|---|",
    ]
    lines += [score.row() for score in scores]
    lines += ["", f"Token ids that differ between the trainer's tokenizer and llama.cpp: {differ} of {compared} texts."]
    points = ", ".join(f"{forced[int(part * (len(forced) - 1))]:.3f}" for part in (0, 0.25, 0.5, 0.75, 1))
    lines += [
        f"Outside the range with refusal forbidden, mean log-probability (minimum, quartiles, maximum): {points}."
    ]
    lines += [speed(model, path)]
    return "\n".join(lines), [line for score in scores for line in score.wrong]


def main() -> None:
    """Measures models/nano.gguf, unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--run", default="first", help="the run whose tokenizer is compared")
    parser.add_argument("--each", type=int, default=6, help="requests of trained phrasing for each program")
    parser.add_argument("--card", action="store_true", help="put the tables into README.md")
    args = parser.parse_args()
    tables, wrong = report(args.model, RUNS / args.run / "tokenizer.json", args.each)
    print(tables, *wrong, sep="\n")
    if args.card:
        card = HERE / "README.md"
        marks = r"(<!-- figures -->\n).*?(<!-- end of figures -->)"
        card.write_text(
            re.sub(marks, lambda m: f"{m[1]}{tables}\n{m[2]}", card.read_text("utf-8"), flags=re.S), "utf-8"
        )


if __name__ == "__main__":
    main()
