"""Search/replace blocks: applied exactly or forgivingly, or refused with the nearest line."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codey_tui.engine.edits import EditFailed, apply, parse, unified_diff

FILE = "import os\n\n\ndef add(a, b):\n    total = a + b\n    return total\n\n\ndef sub(a, b):\n    return a - b\n"


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def test_an_exact_block() -> None:
    edited = apply(FILE, block("    return a - b", "    return b - a"))
    assert edited.text == FILE.replace("a - b", "b - a")
    assert edited.notes == ()


def test_several_blocks_in_order_each_on_what_the_one_before_left() -> None:
    answer = (
        block("import os", "import sys")
        + "and\n"
        + block("import sys", "import re")
        + block("    return total", "    return int(total)")
    )
    assert apply(FILE, answer).text == FILE.replace("import os", "import re").replace(
        "return total", "return int(total)"
    )


def test_an_empty_replacement_deletes() -> None:
    assert apply("a\nb\nc\n", "<<<<<<< SEARCH\nb\n=======\n>>>>>>> REPLACE\n").text == "a\nc\n"


@pytest.mark.parametrize(
    "answer",
    [
        block("return a - b", "return b - a"),
        block("        return a - b", "        return b - a"),
        block("    return  a  -  b   ", "    return b - a"),
        block("\n    return a - b\n", "\n    return b - a\n"),
        "Here it is:\n```python\n" + block("    return a - b", "    return b - a") + "```\nDone.",
        "<<<<<<< ORIGINAL\n    return a - b\n=======\n    return b - a\n>>>>>>> UPDATED\n",
        "<<<<<<<\n    return a - b\n=====\n    return b - a\n>>>>>>>\n",
        "<<<<<<< SEARCH\n    return a - b\n=======\n    return b - a\n",
        "<<<<<<< SEARCH\n    return a - b\n=======\n    return b - a\n```\n",
        "<<<<<<< SEARCH\n<<<<<<< SEARCH\n    return a - b\n=======\n    return b - a\n>>>>>>> REPLACE\n",
    ],
)
def test_what_is_forgiven(answer: str) -> None:
    assert apply(FILE, answer).text == FILE.replace("a - b", "b - a")


def test_the_indentation_of_the_file_is_kept() -> None:
    answer = block("total = a + b\nreturn total", "total = a + b\nif total:\n    return total\nreturn 0")
    expected = "    total = a + b\n    if total:\n        return total\n    return 0\n"
    assert expected in apply(FILE, answer).text


def test_line_ends_and_a_missing_final_newline_are_kept() -> None:
    assert apply("a\r\nb\r\nc", block("b", "x\ny")).text == "a\r\nx\r\ny\r\nc"
    assert apply("a\nb", block("b", "c")).text == "a\nc"
    assert apply("a\nb\n", block("b", "c").replace("\n", "\r\n")).text == "a\nc\n"


def test_a_block_that_fits_nowhere_is_refused_with_the_nearest_line() -> None:
    with pytest.raises(EditFailed, match=r"Block 1 .*“    ?return a \+ c”|return a"):
        apply(FILE, block("    return a -- b", "x"))
    with pytest.raises(EditFailed, match=r"nearest is line 10: “return a - b”"):
        apply(FILE, block("    return a -- b", "x"))
    with pytest.raises(EditFailed, match="none is near it"):
        apply(FILE, block("completely different words here", "x"))
    with pytest.raises(EditFailed, match=r"line 10 reads .* around it differ"):
        apply(FILE, block("    return a - b\n    print(1)", "x"))


def test_a_block_that_fits_twice_is_refused() -> None:
    with pytest.raises(EditFailed, match=r"2 places \(lines 1, 3\)"):
        apply("x\ny\nx\n", block("x", "z"))


def test_nothing_is_applied_when_one_block_fails() -> None:
    with pytest.raises(EditFailed, match="Block 2"):
        apply(FILE, block("import os", "import sys") + block("not there at all", "x"))


@pytest.mark.parametrize(
    "answer", ["", "I changed it.", "<<<<<<< SEARCH\nimport os\n", block("import os", "import os"), block("", "x")]
)
def test_answers_without_a_usable_change_are_refused(answer: str) -> None:
    with pytest.raises(EditFailed):
        apply(FILE, answer)


def test_an_empty_file_is_filled() -> None:
    assert apply("", block("", "x = 1")).text == "x = 1\n"


def test_a_whole_file_instead_of_blocks() -> None:
    edited = apply(FILE, f"Sure:\n```python\n{FILE.replace('a - b', 'b - a')}```\n")
    assert edited.text == FILE.replace("a - b", "b - a")
    assert "whole file" in edited.notes[0]


def test_a_block_of_something_else_is_not_taken_for_the_file() -> None:
    with pytest.raises(EditFailed, match="neither"):
        apply(FILE, "```bash\npip install x\n```")


def test_a_diff_names_the_file_and_shows_a_missing_newline() -> None:
    assert (
        unified_diff("a.py", "x\n", "y")
        == "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n\\ No newline at end of file\n"
    )
    assert unified_diff("a.py", "", "x\n").startswith("--- /dev/null\n+++ b/a.py\n")
    assert unified_diff("a.py", "x\n", "x\n") == ""


LINES = st.lists(st.text(alphabet="abc \t(){}=", max_size=12), min_size=1, max_size=12)


@given(before=LINES, at=st.integers(0, 11), replace=LINES, crlf=st.booleans())
def test_an_exact_unique_block_replaces_exactly_its_lines(
    before: list[str], at: int, replace: list[str], crlf: bool
) -> None:
    at %= len(before)
    assume(before[at].strip() and before.count(before[at]) == 1 and replace != [before[at]])
    assume(not any(set(line.strip()) <= {"="} and len(line.strip()) >= 5 for line in [*replace, before[at]]))
    end = "\r\n" if crlf and len(before) > 1 else "\n"
    expected = end.join([*before[:at], *replace, *before[at + 1 :]])
    assert apply(end.join(before), block(before[at], "\n".join(replace))).text == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_answer_is_anything_but_an_edit_or_a_sentence(original: str, answer: str) -> None:
    try:
        apply(original, answer)
    except EditFailed as failed:
        assert str(failed)


def test_blocks_are_counted() -> None:
    assert len(parse(block("a", "b") * 3)[0]) == 3
    with pytest.raises(EditFailed, match="more than 64"):
        parse(block("a", "b") * 65)
