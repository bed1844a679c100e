"""Measures the router on the held-out requests: `python -m models.router.evaluate [--json] [--readme] [--rules] [--labels]`.

Prints how many kinds and tool arguments are right and how long a decision takes. Single failures are not shown: nobody
should choose a frame or a rule by them.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from codey_tui.engine.deciding import labelled
from codey_tui.engine.router import Counsel, Router, route
from codey_tui.engine.router.steps import split
from codey_tui.inference.provider import ChatTurn
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.protocol.models import Route
from codey_tui.tools.registry import NAMES
from models.router import meaning

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "router.bin"
LABELLER = "nano"
"""The id of the model whose label pass is measured."""
TOOLS = ("git", "file", "shell", "search", "sqlite")
README_MARKS = ("<!-- measured -->\n", "<!-- /measured -->")


class Row(NamedTuple):
    """One held-out request and what became of it; `right_args` is None where nothing but the kind is expected."""

    group: str
    text: str
    found: Route
    right_kind: bool
    right_args: bool | None


def workspace_in(folder: Path, names: list[str]) -> Path:
    """The files that the held-out requests speak of, empty."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()
    return folder


def measure(router: Any, workspace: Path, heldout: dict[str, Any]) -> list[Row]:
    """Every held-out request through the router."""
    rows = []
    for group, requests in heldout.items():
        for entry in requests:
            text, expected = (entry, None) if isinstance(entry, str) else entry
            found = router(text, NAMES, workspace)
            kind = "tool" if group in TOOLS else group
            right = found.kind == kind
            rows.append(
                Row(
                    group,
                    text,
                    found,
                    right,
                    None if expected is None else right and _fits(group, text, expected, found, workspace),
                )
            )
    return rows


def _fits(group: str, text: str, expected: Any, found: Route, workspace: Path) -> bool:
    """Whether the arguments (of a calc its result, of steps their number) are the expected ones."""
    if group == "calc":
        return found.reply.rstrip(".").endswith(f" {expected}")
    if group == "steps":
        return len(split(text)) == expected
    said = meaning.of_call(found.tool, found.args, workspace)
    if group == "search":
        return said == ("search", *expected)
    if group == "file":
        return said == meaning.of_call("file", expected, workspace)
    return said == meaning.of_line(expected, workspace)


def figures(rows: list[Row]) -> dict[str, Any]:
    """The figures of the model card; times in milliseconds."""
    called = [row for row in rows if row.group in TOOLS]
    linear = [row.found.milliseconds for row in rows if row.found.decided_by == "linear"]
    by_label = [row.found.milliseconds for row in rows if row.found.decided_by == LABELLER]
    groups = {}
    for group in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == group]
        args = [row.right_args for row in mine if row.right_args is not None]
        groups[group] = {
            "requests": len(mine),
            "kinds": sum(row.right_kind for row in mine),
            "arguments": sum(args) if args else None,
        }
    return {
        "requests": len(rows),
        "kinds": sum(row.right_kind for row in rows) / len(rows),
        "tool_requests": len(called),
        "tool_arguments": sum(bool(row.right_args) for row in called) / len(called),
        "linear_decided": len(linear),
        "linear_p50_ms": statistics.median(linear) if linear else 0.0,
        "label_decided": len(by_label),
        "label_p50_ms": statistics.median(by_label) if by_label else 0.0,
        "p50_ms": statistics.median(row.found.milliseconds for row in rows),
        "groups": groups,
    }


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = ["| held-out requests | number | right kind | right arguments |", "|---|---|---|---|"]
    for group, row in found["groups"].items():
        arguments = "" if row["arguments"] is None else f"{row['arguments']}"
        lines.append(f"| {group} | {row['requests']} | {row['kinds']} | {arguments} |")
    lines += [
        "",
        f"Kinds: {found['kinds']:.1%} of {found['requests']}. Arguments of tools: {found['tool_arguments']:.1%} of {found['tool_requests']}. "
        f"The linear model decided {found['linear_decided']}, at {found['linear_p50_ms']:.2f} ms (p50); "
        f"the label pass of the bundled model {found['label_decided']}, at {found['label_p50_ms']:.1f} ms; all: {found['p50_ms']:.2f} ms.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def labelling(router: Router, model: Path) -> Iterator[Any]:
    """`router` with the label pass of a loaded model where the linear model hesitates, as the engine has it."""
    with asyncio.Runner() as runner:
        provider = LlamaCppProvider(LABELLER, model, n_threads=1)
        runner.run(provider.count_tokens([ChatTurn(role="user", text="warm up")]))
        counsel = Counsel(lambda text: runner.run(labelled(provider, text)))
        try:
            yield lambda text, names, workspace: router(text, names, workspace, counsel)
        finally:
            runner.run(provider.unload())


def run(weights: Path | None, *, labels: bool = False) -> dict[str, Any]:
    """Measure with the weights of a file, or with None the rules alone; with `labels` the bundled model is asked too."""
    heldout = tomllib.loads((HERE / "heldout.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        workspace = workspace_in(Path(folder), heldout.pop("workspace"))
        router = Router(weights) if weights else route
        router("warm up", NAMES, workspace)
        if not (weights and labels):
            return figures(measure(router, workspace, heldout))
        with labelling(Router(weights), WEIGHTS.with_name("nano.gguf")) as asked:
            asked("so, well then", NAMES, workspace)
            return figures(measure(asked, workspace, heldout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--rules", action="store_true", help="without the linear model")
    parser.add_argument("--labels", action="store_true", help="with the bundled model's label pass where it hesitates")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    started = time.perf_counter()
    found = run(None if options.rules else options.weights, labels=options.labels)
    print(json.dumps(found, indent=2) if options.json else table(found))
    if options.readme:
        path = HERE / "README.md"
        text = path.read_text(encoding="utf-8")
        before, _, rest = text.partition(README_MARKS[0])
        path.write_text(
            before + README_MARKS[0] + table(found) + README_MARKS[1] + rest.partition(README_MARKS[1])[2],
            encoding="utf-8",
        )
    print(f"{time.perf_counter() - started:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
