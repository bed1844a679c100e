"""The promises that the project's own files make: sizes, opening sentences, hashes, no address of a registry."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import codey_tui

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400
FUNCTION_LINES = 60
REGISTRY = re.compile(r"https?://|file:|--index-url|--find-links")


def sources() -> Iterator[Path]:
    yield from sorted((ROOT / "codey_tui").rglob("*.py"))
    yield from sorted((ROOT / ".ci").glob("*.py"))


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text().splitlines())) > FILE_LINES
    }
    assert long == {}


def test_no_function_is_too_long_to_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_the_locks_name_hashes_and_no_place() -> None:
    for lock in sorted((ROOT / ".ci").glob("*.lock")):
        text = lock.read_text()
        assert REGISTRY.search(text) is None, lock.name
        blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
        assert all("--hash=sha256:" in block for block in blocks), lock.name


def test_the_locks_hold_what_the_package_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in ("run.lock", "dev.lock"):
        lock = (ROOT / ".ci" / name).read_text()
        missing = [pin for pin in project["dependencies"] if f"{pin} " not in lock]
        assert missing == [], name


def test_the_version_is_one_of_the_changelog() -> None:
    assert f"## [{codey_tui.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
