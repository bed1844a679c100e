"""Measures a GGUF file on requests that training never saw, by running what it writes: `python -m models.nano.evaluate`.

Every request is routed, planned and asked for by the engine's own functions. Prints the tables of the model card; `--card` also puts
them into README.md, `--browser` loads pages in headless Chromium.
"""

import argparse
import itertools
import random
import re
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codey_tui.engine import prompts
from codey_tui.engine.slots import TOKENS, name_in
from models.nano import checks, corpus, fullstack_check, pages_check, phrases, tokenizer
from models.nano.asking import Made, make
from models.nano.chats import chat, file_turns, label_turns, question_turns
from models.nano.edit_check import complaint as edit_complaint
from models.nano.generation import Greedy
from models.nano.places import HERE, MODEL, RUNS
from models.router import generator

SEED = 77_000
"""The corpus that is measured as "trained phrasing" is drawn with a seed that training does not use."""
BROWSED = 3
"""Applications whose pages are loaded in a browser."""


@dataclass
class Score:
    """How many of a set were right, how many of these as the answer to a question, what went wrong, and the mean log-probabilities
    of right answers."""

    title: str
    right: int = 0
    count: int = 0
    shown: int = 0
    wrong: list[str] = field(default_factory=list[str])
    logprobs: list[float] = field(default_factory=list[float])

    def add(self, request: str, made: Made | None, complaint: str) -> None:
        """Counts one request; an empty complaint means that what came of it was right."""
        self.count += 1
        self.right += not complaint
        if complaint:
            self.wrong.append(f"{self.title}: {request!r}: {complaint}")
        elif made is not None:
            self.logprobs += [answer.mean_logprob for answer in made.answers if not answer.beyond]

    def row(self) -> str:
        """A row of the Markdown table."""
        share = f"{100 * self.right / self.count:.1f} %" if self.count else "-"
        least = f"{min(self.logprobs):.4f}" if self.logprobs else "-"
        right = f"{self.right} ({self.shown} in an answer)" if self.shown else self.right
        return f"| {self.title} | {self.count} | {right} | {share} | {least} |"


def held_out(name: str) -> dict[str, Any]:
    """A file of heldout/."""
    return tomllib.loads((HERE / "heldout" / f"{name}.toml").read_text("utf-8"))


Row = tuple[str, str, str]
"""A program, a request for it, and the name that its main function or class must have."""


def program_score(model: Greedy, title: str, rows: Iterable[Row]) -> Score:
    """Right means that what was written, or shown in answer to a question, passes the program's assertions, under the name that was
    asked for."""
    score = Score(title)
    done = [(name, request, main, make(model, request)) for name, request, main in rows]

    def judged(row: tuple[str, str, str, Made]) -> str:
        name, _, main, made = row
        source = made.shown or next(iter(made.files.values()), "")
        if made.problem or not source:
            return made.problem or "nothing was written"
        return checks.complaint(name, source, main if phrases.programs()[name]["main"] else "")

    with ThreadPoolExecutor(2) as pool:
        for row, complaint in zip(done, pool.map(judged, done), strict=True):
            score.add(f"{row[0]}: {row[1]}", row[3], complaint)
            score.shown += bool(row[3].shown and not complaint)
    return score


def trained_rows(per_program: int) -> list[Row]:
    """Fresh requests from the training grammar; a third of those for functions and classes name one."""
    rng = random.Random(SEED)
    rows: list[Row] = []
    for name in phrases.names():
        entry = phrases.programs()[name]
        for _ in range(per_program):
            request, _ = phrases.request_for(rng, entry)
            main = ""
            if entry["main"] and rng.random() < corpus.NAMED_SHARE:
                request = phrases.with_name(rng, request, phrases.wished_name(rng, entry))
                main = name_in(request)
            rows.append((name, request, main))
    return rows


def heldout_rows(data: dict[str, Any]) -> list[Row]:
    """The two requests of each program; the first names the function or class where the table has a `name`."""
    rows: list[Row] = []
    for name, table in data.items():
        if name != "blind":
            first, *others = table["requests"]
            rows += [(name, first, table.get("name", "")), *((name, other, "") for other in others)]
    return rows


def beyond_score(model: Greedy, data: dict[str, Any]) -> Score:
    """Requests outside the range; right means that the model refuses or is too unsure, or that nothing is planned, and nothing is written
    or said."""
    score = Score("outside the range")
    for request in [*data["far"], *data["near"]]:
        made = make(model, request)
        honest = made.refused or made.route.kind == "clarify"
        wrote = ", ".join(made.files) or made.shown[:40] or made.problem
        score.add(request, made, "" if honest and not made.files else f"made {wrote}")
    return score


def question_score(model: Greedy, questions: list[str]) -> Score:
    """General questions; right means refused."""
    score = Score("general questions, refused")
    for request in questions:
        answer = model.answer(question_turns(request), "", ceiling=60)
        score.add(request, None, "" if answer.refused else f"said {answer.text[:40]!r}")
    return score


def application_score(model: Greedy, apps: list[dict[str, str]], browser: bool) -> Score:
    """Whole applications for names that training never saw; right means that they work over HTTP."""
    score = Score("full-stack applications")
    for number, app in enumerate(apps):
        request = app["request"]
        made = make(model, request)
        complaint = made.problem
        if not complaint:
            with tempfile.TemporaryDirectory() as folder:
                for path, text in made.files.items():
                    (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                    (Path(folder) / path).write_text(text, "utf-8")
                complaint = fullstack_check.complaint(
                    Path(folder),
                    "_".join(re.split(r"[ -]", app["plural"].lower())),
                    login="auth.py" in made.files,
                    dashboard="templates/dashboard.html" in made.files,
                    browser=browser and number < BROWSED,
                )
        score.add(request, made, complaint)
    return score


def page_score(model: Greedy, data: dict[str, Any]) -> Score:
    """Pages and shell scripts."""
    score = Score("pages and shell scripts")
    for name, table in {**data["pages"], **data["shell"]}.items():
        for request in table["requests"] if isinstance(table, dict) else table:
            made = make(model, request)
            complaint = made.problem or pages_check.complaint(name, next(iter(made.files.values()), ""))
            score.add(request, made, complaint)
    return score


def edit_score(model: Greedy, data: dict[str, Any]) -> Score:
    """Edits of a shown function."""
    score = Score("docstrings, type hints and renames")
    for kind, rows in data.items():
        for row in rows:
            made = make(model, row["request"], {row["path"]: row["content"]})
            after = made.files.get(row["path"], "")
            score.add(row["request"], made, made.problem or edit_complaint(kind, row, after))
    return score


def label_score(model: Greedy) -> Score:
    """The kinds of requests by their label tokens, on the router's own held-out requests."""
    score = Score("kinds by label token")
    groups = tomllib.loads((generator.HERE / "heldout.toml").read_text("utf-8"))
    del groups["workspace"]
    for group, rows in groups.items():
        kind = group if group in prompts.LABELS else "tool"
        for request in (row if isinstance(row, str) else row[0] for row in rows):
            answer = model.answer(label_turns(request), "", ceiling=2)
            said = next((name for name, token in prompts.LABELS.items() if answer.text == token), answer.text)
            score.add(request, None, "" if said == kind else f"said {said}, not {kind}")
    return score


def ids_that_differ(model: Greedy, words: Path) -> tuple[int, int]:
    """(texts whose token ids differ between the trainer's tokenizer and llama.cpp, texts compared)."""
    bpe = tokenizer.load(words)
    texts = [chat(example.turns) + example.prefill for example in itertools.islice(corpus.examples(SEED), 500)]
    texts += [phrases.slotted(name) for name in phrases.names()]
    texts += [
        "  tabs\t and\n\n\n   spaces \r\n x",
        "Größe, naïve, 日本語 und 🙂",
        "a1b22c333 4444",
        "it's we'll I'D",
        "".join(TOKENS),
    ]
    return sum(bpe.encode(text).ids != model.ids(text) for text in texts), len(texts)


def speed(model: Greedy, path: Path) -> str:
    """Seconds to load and tokens per second on one thread, on the machine at hand."""
    begin = time.perf_counter()
    Greedy(path)
    loaded = time.perf_counter()
    fence = prompts.fence_for("source_file", "python")
    answer = model.answer(file_turns("Create Fibonacci function", "fibonacci.py"), fence)
    rate = answer.tokens / (time.perf_counter() - loaded)
    return f"Loaded in {1000 * (loaded - begin):.0f} ms; Fibonacci's {answer.tokens} tokens at {rate:.0f} tokens/s, one thread."


def report(path: Path, words: Path, per_program: int, browser: bool) -> tuple[str, list[str]]:
    """The Markdown tables, and a line for every request that did not come right."""
    model = Greedy(path)
    programs, beyond = held_out("programs"), held_out("beyond")
    parts: list[Callable[[], Score]] = [
        lambda: program_score(model, "programs, trained phrasing", trained_rows(per_program)),
        lambda: program_score(model, "programs, held out", heldout_rows(programs)),
        lambda: program_score(
            model, "programs, held out, second set", [(name, text, "") for name, text in programs["blind"].items()]
        ),
        lambda: application_score(model, held_out("entities")["app"], browser),
        lambda: page_score(model, held_out("pages")),
        lambda: edit_score(model, held_out("edits")),
        lambda: beyond_score(model, beyond),
        lambda: question_score(model, beyond["questions"]),
        lambda: label_score(model),
    ]
    scores: list[Score] = []
    for part in parts:
        scores.append(part())
        print(scores[-1].row(), flush=True)
    differ, compared = ids_that_differ(model, words)
    lines = [
        "| set | requests | right | share | least mean log-probability of a right answer |",
        "|---|---|---|---|---|",
        *(score.row() for score in scores),
        "",
        f"Token ids that differ between the trainer's tokenizer and llama.cpp: {differ} of {compared} texts.",
        speed(model, path),
    ]
    return "\n".join(lines), [line for score in scores for line in score.wrong]


def main() -> None:
    """Measures models/nano.gguf, unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--run", default="first", help="the run whose tokenizer is compared")
    parser.add_argument("--each", type=int, default=3, help="requests of trained phrasing for each program")
    parser.add_argument("--card", action="store_true", help="put the tables into README.md")
    parser.add_argument("--browser", action="store_true", help="load pages in headless Chromium")
    args = parser.parse_args()
    tables, wrong = report(args.model, RUNS / args.run / "tokenizer.json", args.each, args.browser)
    print(tables, *wrong, sep="\n")
    if args.card:
        card = HERE / "README.md"
        marks = r"(<!-- figures -->\n).*?(<!-- end of figures -->)"
        card.write_text(
            re.sub(marks, lambda m: f"{m[1]}{tables}\n{m[2]}", card.read_text("utf-8"), flags=re.S), "utf-8"
        )


if __name__ == "__main__":
    main()
