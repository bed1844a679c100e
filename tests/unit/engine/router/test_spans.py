"""File names, mentions and quotes in requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.router import spans


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Fix the bug in line 42 of main.py", ["main.py"]),
        ("Refactor src/utils.py, then static/css/style.css.", ["src/utils.py", "static/css/style.css"]),
        ("read 'my notes.txt'", ["my notes.txt"]),
        ("look at @src/app.py please", ["src/app.py"]),
        ("use @Makefile", ["Makefile"]),
        ("create ./run.sh", ["run.sh"]),
        ("create ../x.py", ["../x.py"]),
        ("a Node.js server on Python 3.11, e.g. https://example.org/a.html", []),
        ("edit .env", [".env"]),
        ("main.py and main.py", ["main.py"]),
    ],
)
def test_files(text: str, names: list[str]) -> None:
    assert spans.files(text) == names


def test_mentions_and_quotes() -> None:
    assert spans.mentions("see @a.py and @docs/x.md, not me@host.org") == ["a.py", "docs/x.md"]
    assert spans.quoted("make 'a' and \"b c\" and `d` but don't") == ["a", "b c", "d"]


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(text: str) -> None:
    for name in spans.files(text):
        assert name in text
    spans.reads_as_arguments(text)
