"""What goes into a prompt besides the request, and that it stays within its budget."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.context import (
    chunk_context,
    count_tokens,
    cut,
    earlier_outlines,
    fence,
    outline,
    question_context,
)
from codey_tui.protocol.plan import Chunk, Plan


@dataclass
class Model:
    n_ctx: int = 4096


@dataclass
class Options:
    context_share: float = 0.5


@dataclass
class Turn:
    workspace: Path
    request: str = "Create it"
    files: tuple[str, ...] = ()
    coder: Model = field(default_factory=Model)
    options: Options = field(default_factory=Options)


def chunk(path: str, language: str = "python", chunk_id: str = "") -> Chunk:
    return Chunk(id=chunk_id or path, kind="source_file", title=path, path=path, language=language, max_tokens=256)


def plan(*chunks: Chunk) -> Plan:
    return Plan(id="p", request="r", chunks=chunks)


def test_a_question_gets_the_files_it_names(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\r\n", encoding="utf-8", newline="")
    (tmp_path / "b.md").write_text("```\ny\n```\n", encoding="utf-8")
    shown = question_context("what does @a.py do, and b.md?", tmp_path, (), 500)
    assert shown == "File a.py:\n```python\nx = 1\n```\nFile b.md:\n````markdown\n```\ny\n```\n````"


def test_no_files_no_context(tmp_path: Path) -> None:
    assert question_context("what is a closure?", tmp_path, (), 500) == ""


@pytest.mark.parametrize("name", ["missing.py", "../out.py", "binary.py", "null.txt", "folder.d", "link.py"])
def test_what_cannot_be_shown_is_left_out(tmp_path: Path, name: str) -> None:
    workspace = tmp_path / "w"
    (workspace / "folder.d").mkdir(parents=True)
    (tmp_path / "out.py").write_text("secret", encoding="utf-8")
    (workspace / "binary.py").write_bytes(b"\xff\xfe")
    (workspace / "null.txt").write_bytes(b"a\0b")
    (workspace / "link.py").symlink_to(tmp_path / "out.py")
    assert question_context(f"explain @{name}", workspace, (name,), 500) == ""


def test_the_budget_is_shared_and_kept(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("\n".join(f"{name} line {number}" for number in range(400)), encoding="utf-8")
    shown = question_context("compare", tmp_path, ("a.py", "b.py", "c.py"), 600)
    assert count_tokens(shown) <= 600
    for name in ("a.py", "b.py", "c.py"):
        assert f"{name} line 0" in shown
        assert f"{name} line 399" in shown


def test_a_cut_keeps_head_and_tail_and_counts_the_rest() -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    shown = cut(text, 60).split("\n")
    middle = next(line for line in shown if line.startswith("["))
    assert shown[0] == "line 0"
    assert shown[-1] == "line 99"
    assert middle == f"[... {100 - len(shown) + 1} lines left out ...]"


@given(st.text(max_size=600), st.integers(20, 200))
def test_a_cut_never_exceeds_its_budget(text: str, tokens: int) -> None:
    assert count_tokens(cut(text, tokens)) <= tokens + 1


@given(st.text(alphabet="`a\n", max_size=40))
def test_a_fence_is_longer_than_any_within(text: str) -> None:
    opening, *body, closing = fence("a.py", text).split("\n")
    ticks = opening.removesuffix("python")
    assert ticks == closing
    assert ticks not in "\n".join(body)


def test_outlines() -> None:
    code = "import os\nMAX = 3\n@app.route('/x')\ndef f(a,\n      b):\n    def inner(): pass\nasync def g() -> int:\n    ...\nclass C(B):\n"
    assert outline(code, "python") == ["MAX = 3", "@app.route('/x')", "async def g() -> int", "class C(B)"]
    assert outline("<div id='a'><p>x</p><form class='f'>", "html") == ["<div id='a'>", "<form class='f'>"]
    assert outline("function f(a) {\nconst g = (x) => x\n", "javascript") == ["function f(a)", "const g = (x) =>"]
    assert outline("create table a (b int);", "sql") == ["create table a (b int);"]
    assert outline("x", "text") == []


def test_a_chunk_learns_what_earlier_chunks_defined(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("def add(title: str) -> int:\n    return 1\n", encoding="utf-8")
    first, second, third = chunk("models.py"), chunk("app.py"), chunk("later.py")
    (tmp_path / "later.py").write_text("def later(): pass\n", encoding="utf-8")
    made = plan(first, second, third)
    assert earlier_outlines(made, second, tmp_path, 100) == "models.py has:\ndef add(title: str) -> int"
    assert earlier_outlines(made, first, tmp_path, 100) == ""
    assert earlier_outlines(made, second, tmp_path, 5) == ""
    assert chunk_context(Turn(tmp_path), second, made).startswith("models.py has:")


def test_a_chunk_sees_named_files_but_not_its_own_or_planned_ones(tmp_path: Path) -> None:
    for name in ("config.json", "a.py", "b.py"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    turn = Turn(tmp_path, request="write a.py that reads config.json")
    shown = chunk_context(turn, chunk("a.py"), plan(chunk("a.py"), chunk("b.py")))
    assert "config.json" in shown
    assert "File a.py" not in shown


def test_a_chunk_sees_the_present_text_of_its_file_within_the_budget(tmp_path: Path) -> None:
    turn = Turn(tmp_path, coder=Model(n_ctx=1024))
    shown = chunk_context(turn, chunk("a.py"), plan(chunk("a.py")), present="x = 1\n" * 2000)
    assert shown.startswith("The file a.py as it is now:\n```python\n")
    assert count_tokens(shown) <= 1024 * 0.5


def test_a_tiny_context_gives_nothing_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}" * 900, encoding="utf-8")
    assert (
        chunk_context(
            Turn(tmp_path, request="use config.json", coder=Model(n_ctx=128)), chunk("a.py"), plan(chunk("a.py"))
        )
        == ""
    )
