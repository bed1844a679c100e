"""A corpus of command lines with the risk that is expected of each: quoting and nesting hide nothing."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.tools.command_risk import assess_command

LINES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("shell_lines.toml").read_text(encoding="utf-8"))
EVERY = [(line, expected) for expected, lines in LINES.items() for line in lines]
NESTS = [
    "bash -c {q}", "sh -c {q}", "eval {q}", "timeout 9 sh -c {q}", "env X=1 bash -c {q}", "echo $( {r} )", 'echo "$( {r} )"', "(\n{r}\n)",
    "if true; then\n{r}\nfi", "{{ {r}\n}}", "true && {r}", "ls | {r}", "f() {{ {r}\n}}; f", "x=$( {r} )", "xargs sh -c {q}",
]  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "project"
    (folder / "src").mkdir(parents=True)
    for name in (".env", "server.pem", "a.txt"):
        (folder / name).write_text("x\n")
    return folder


def judged(line: str, workspace: Path) -> str:
    risk = assess_command(line.replace("/home/somebody/project", str(workspace)), workspace)
    if risk.level == "execute" and risk.reason in ("Only reads.",):
        return "reads"
    return "runs" if risk.level == "execute" else risk.level


def test_the_corpus_is_large_and_each_line_stands_once() -> None:
    lines = [line for line, _ in EVERY]
    assert len(lines) >= 200
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(("line", "expected"), EVERY)
def test_a_line_is_judged_as_expected(line: str, expected: str, workspace: Path) -> None:
    assert judged(line, workspace) == expected


ORDER = ("reads", "runs", "dangerous")


@given(st.sampled_from(EVERY), st.lists(st.sampled_from(NESTS), min_size=1, max_size=3))
def test_nesting_never_makes_a_line_look_less_risky(workspace: Path, case: tuple[str, str], nests: list[str]) -> None:
    line, expected = case
    if line == "r\\\nm -r x" or "EOF" in line or "<<" in line:
        return  # what stands on lines of its own does not go into one line
    for nest in nests:
        quoted = "'" + line.replace("'", "'\\''") + "'"
        line = nest.format(q=quoted, r=line)
    assert ORDER.index(judged(line, workspace)) >= ORDER.index(expected)
