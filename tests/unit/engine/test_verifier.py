"""What the verifier says about files of every kind it knows."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codey_tui.engine.verifier import CHECKS, Verification, short, verify


def run(argv: Sequence[str]) -> tuple[int, str]:
    raise AssertionError(f"nothing has to be run for a syntax check: {argv}")


def look(folder: Path, name: str, content: str | bytes) -> Verification:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return verify(place, folder, run)


@pytest.mark.parametrize(
    ("name", "content", "check"),
    [
        ("a.py", "import os\nx: int = 1\n", "python-syntax"),
        ("bom.py", "\ufeffx = 1\n", "python-syntax"),
        ("a.json", '{"a": [1]}', "json"),
        ("a.toml", "a = 1\n", "toml"),
        (
            "a.html",
            "<!doctype html><html><body><p>x<br><ul><li>a<li>b</ul>{% if x %}<b>{{ y }}</b>{% endif %}<img src=x></body></html>",
            "html",
        ),
        ("svg.html", "<svg><path d='M0'/></svg><script>if (a < b) { x('</p>') }</script>", "html"),
        ("a.sh", "for x in 1 2; do echo $x; done\n", "shell-syntax"),
        ("a.css", "a {", "none"),
        ("a.unknown", b"\xff\x00", "none"),
        ("Makefile", "x", "none"),
    ],
)
def test_ok(tmp_path: Path, name: str, content: str | bytes, check: str) -> None:
    assert look(tmp_path, name, content) == Verification(ok=True, check=check)


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("pkg/a.py", "x = 1\ndef f(:\n    pass\n", ["pkg/a.py, line 2", "SyntaxError", "def f(:"]),
        ("a.py", "def f():\npass\n", ["line 2", "IndentationError"]),
        ("a.py", "return 1\n", ["line 1", "return"]),
        ("a.py", "x = '\0'\n", ["a.py", "null"]),
        ("a.py", b"\xff", ["not UTF-8"]),
        ("a.json", '{\n"a": }', ["line 2"]),
        ("a.toml", "a = \n", ["a.toml", "line 1"]),
        ("a.html", "<div>\n<b>x</div>", ["line 2", "</div> stands where </b>"]),
        ("a.html", "<div>\n<span>", ["<span> is never closed"]),
        ("a.html", "</div>", ["closes nothing"]),
        ("a.sh", "if true; then\n", ["a.sh"]),
    ],
)
def test_wrong(tmp_path: Path, name: str, content: str | bytes, parts: list[str]) -> None:
    found = look(tmp_path, name, content)
    assert not found.ok
    assert all(part in found.detail for part in parts), found.detail


@pytest.mark.skipif(shutil.which("node") is None, reason="javascript is only checked where there is node")
def test_javascript(tmp_path: Path) -> None:
    assert look(tmp_path, "a.js", "const x = 1;\n").ok
    assert look(tmp_path, "b.js", "import x from './y.js';\nexport const z = 1;\n").ok
    found = look(tmp_path, "c.js", "const = ;\n")
    assert not found.ok
    assert "c.js" in found.detail


def test_nothing_is_run(tmp_path: Path) -> None:
    assert look(tmp_path, "a.py", f"open({str(tmp_path / 'ran')!r}, 'w')\n").ok
    assert look(tmp_path, "a.sh", f"touch {tmp_path / 'ran'}\n").ok
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert verify(tmp_path / "none.py", tmp_path, run).check == "read"


def test_deep_nesting_is_a_sentence(tmp_path: Path) -> None:
    assert not look(tmp_path, "a.py", "(" * 5000).ok
    assert not look(tmp_path, "a.json", "[" * 100_000).ok


def test_output_is_cut_to_its_last_lines() -> None:
    cut = short("\n".join(f"line {number}" for number in range(100)))
    assert cut.splitlines()[-1] == "line 99"
    assert len(cut.splitlines()) <= 8


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(content=st.binary(max_size=80), suffix=st.sampled_from(sorted(set(CHECKS) - {".js", ".mjs", ".sh", ".bash"})))
def test_no_content_is_an_error(tmp_path: Path, content: bytes, suffix: str) -> None:
    found = look(tmp_path, f"x{suffix}", content)
    assert found.ok or found.detail
