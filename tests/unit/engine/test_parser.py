"""Everything that a model may get wrong about a file, each with its defined outcome, and that splitting changes nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.parser import HOLD_CHARS, Outcome, StreamParser, stop_strings

CODE = "def f():\n    return 1\n"


def parse(
    stream: str,
    *pieces: str,
    kind: str = "source_file",
    path: str = "fibonacci.py",
    language: str = "python",
    fence: str = "```",
    reason: str = "stop",
) -> Outcome:
    parser = StreamParser(kind=kind, path=path, language=language, fence=fence)
    given_out = "".join(parser.feed(piece) for piece in (stream, *pieces))
    outcome = parser.close(reason)
    assert given_out + outcome.tail == outcome.text
    return outcome


def readme(stream: str, fence: str = "````") -> Outcome:
    return parse(stream, kind="readme", path="README.md", language="markdown", fence=fence)


@pytest.mark.parametrize(
    "stream",
    [
        CODE,
        CODE.rstrip("\n"),
        CODE + "```",
        CODE + "```\n",
        CODE + "\n\n\n```\n",
        "\n\n" + CODE,
        "```python\n" + CODE + "```\n",
        "```\n" + CODE + "```\n",
        "````python\n" + CODE + "````\n",
        CODE.replace("\n", "\r\n"),
        "\x1b[1;31m" + CODE + "\x1b[0m\x07\x1b]0;title\x07",
        "Here is the code:\n```python\n" + CODE + "```\n",
        "Here is the code:\n\n```\n" + CODE + "```\n",
        "Sure! Here you go:\n\n```python\n" + CODE + "```\nIt returns one.",
        "This function does what you ask for, simply.\n```python\n" + CODE + "```",
        "**fibonacci.py**\n```python\n" + CODE + "```",
        "fibonacci.py\n```\n" + CODE + "```",
        "First install flask:\n```bash\npip install flask\n```\nThen the file:\n```python\n" + CODE + "```\n",
    ],
)
def test_the_content_comes_out_whole_with_one_final_newline(stream: str) -> None:
    outcome = parse(stream)
    assert (outcome.state, outcome.text) == ("ok", CODE)


def test_prose_without_any_fence_is_content_as_it_is() -> None:
    text = "The answer is that you have to think about it.\n"
    assert parse(text).text == text


def test_prose_beyond_the_hold_back_is_content() -> None:
    text = "Here is " + "a long story " * 60
    parser = StreamParser(kind="source_file", path="a.py", language="python", fence="```")
    assert parser.feed(text[:HOLD_CHARS]) != ""


def test_code_is_given_out_as_it_comes() -> None:
    parser = StreamParser(kind="source_file", path="a.py", language="python", fence="```")
    assert parser.feed("import os\n") == "import os"
    assert parser.feed("x = ") == "\nx ="
    assert parser.feed("1") == " 1"


def test_a_fence_inside_an_indented_docstring_is_content() -> None:
    text = 'def f():\n    """\n    ```\n    x\n    ```\n    """\n'
    assert parse(text).text == text


def test_a_likely_first_line_before_a_closing_fence_is_content() -> None:
    outcome = parse("SELECT name FROM users\n```\n", path="a.sql", language="sql")
    assert outcome.text == "SELECT name FROM users\n"


def test_a_second_block_is_ignored_and_reported() -> None:
    outcome = parse(CODE + "```\nUse it so:\n```python\nf()\n```\n")
    assert outcome.text == CODE
    assert outcome.notes == ("A second block was ignored.",)


@pytest.mark.parametrize(
    "second",
    [
        "**app.py**\n```python\nx\n```",
        "```python app.py\nx\n```",
        "```python:app.py\nx\n```",
        "```\n# app.py\nx\n```",
        "### `app.py`:\n```\nx\n```",
    ],
)
def test_a_second_block_for_another_file_is_reported_as_the_wrong_file(second: str) -> None:
    outcome = parse(f"{CODE}```\n\n{second}")
    assert outcome.text == CODE
    assert outcome.notes == ("A second block for app.py was ignored: wrong file, fibonacci.py was asked for.",)


def test_a_block_headed_by_another_file_is_reported() -> None:
    outcome = parse(f"Here is app.py:\n```python\n{CODE}```\n")
    assert outcome.state == "ok"
    assert "wrong file" in " ".join(outcome.notes)


def test_text_behind_the_code_is_reported() -> None:
    assert parse(CODE + "```\nThis is it.").notes == ("Text after the code was dropped.",)


@pytest.mark.parametrize(
    "stream", ["", " \n\n", "```python\n```\n", "```", "Here is the code:\n```python\n", "\x1b[0m"]
)
def test_nothing_at_all_is_empty(stream: str) -> None:
    outcome = parse(stream)
    assert (outcome.state, outcome.text, outcome.tail) == ("empty", "", "")


def test_a_package_marker_may_be_empty() -> None:
    assert parse("", path="pkg/__init__.py").state == "ok"


def test_a_stream_that_ran_into_its_ceiling_is_truncated() -> None:
    assert parse(CODE, reason="length").state == "truncated"
    assert parse(CODE + "```\nmore", reason="length").state == "ok"
    assert parse("", reason="length").state == "empty"


@pytest.mark.parametrize(
    "text", ["I'm sorry, but I can't help with that.", "I cannot write this file.\n\nAsk me something else."]
)
def test_a_refusal_is_no_content(text: str) -> None:
    outcome = parse(text)
    assert (outcome.state, outcome.text) == ("refused", "")
    assert "refused" in outcome.notes[0]


def test_an_apology_before_a_block_is_prose() -> None:
    assert parse("I'm sorry for the error.\n```python\n" + CODE + "```").text == CODE


@pytest.mark.parametrize(
    "stream",
    [
        "x = 1\n" * 60,
        "a\nb\nc\n" * 30,
        "a" * 2000,
        "ab " * 700,
        "\n" * 200,
        "x = [" + "0, " * 500,
        "```bash\n" + "pip\n" * 60,
    ],
)
def test_an_endless_loop_is_noticed_and_ends_the_stream(stream: str) -> None:
    parser = StreamParser(kind="source_file", path="a.py", language="python", fence="```")
    parser.feed(stream)
    assert parser.finished
    assert parser.close("cancelled").state == "loop"


def test_repetition_within_reason_is_no_loop() -> None:
    text = "\n".join([*(["    0, 0, 0,"] * 10), *(f"x{number} = {number}" for number in range(80)), "#" * 300]) + "\n"
    assert parse("a = [\n" + text).state == "ok"


def test_the_stream_is_finished_at_the_closing_fence() -> None:
    parser = StreamParser(kind="source_file", path="a.py", language="python", fence="```")
    parser.feed(CODE)
    assert not parser.finished
    parser.feed("```\n")
    assert parser.finished
    assert parser.feed("more") == ""


README = "# T\n\n```bash\npip install .\n```\n\nText.\n\n```\nplain\n```\n"


def test_a_readme_keeps_its_inner_fences() -> None:
    assert readme(README + "````\n").text == README
    assert readme(README).text == README
    assert readme("Here is the README:\n\n````markdown\n" + README + "````\n").text == README


def test_a_readme_that_repeats_a_short_fence_is_balanced() -> None:
    text = "# T\n\n```bash\npip install .\n```\n\nText.\n"
    assert readme("```markdown\n" + text + "```\n").text == text


@pytest.mark.parametrize("end", ["```", "```\n", "\n```\n\n", "````", "```\n````\n"])
def test_a_readme_that_is_closed_by_too_short_a_fence(end: str) -> None:
    assert readme(README + end).text == README
    assert readme("# T\n" + end).text == "# T\n"


def test_plain_sentences_in_markdown_are_content() -> None:
    text = "Fibonacci prints the first numbers of the sequence.\n\n```bash\nrun\n```\n"
    assert readme(text).text == text


def test_the_blocks_of_an_edit_pass_as_they_are() -> None:
    text = "Here is it:\nx\n```\n=======\n```python\n>>>>>>> REPLACE\n"
    assert parse(text, kind="edit", fence="`" * 16).text == text


def test_a_generation_is_not_stopped_at_an_opening_fence() -> None:
    (stop,) = stop_strings("```")
    assert stop not in "Here is the code:\n```python\nx\n```"
    assert stop in "x\n```\n"


TOKENS = st.sampled_from(
    ["```", "````", "`", "python", "\n", "\r\n", " ", "    ", "x = 1", "Here is the code:", "# app.py", "\x1b[31m", "\x1b", "\ud800", "é", "app.py", "# T", "I cannot", "bash", "\t"]
)  # fmt: skip
STREAMS = st.lists(TOKENS, max_size=40).map("".join) | st.text(max_size=200)


@given(
    stream=STREAMS,
    cuts=st.lists(st.integers(0, 400), max_size=12),
    markdown=st.booleans(),
    reason=st.sampled_from(["stop", "length"]),
)
def test_splitting_never_changes_the_result(stream: str, cuts: list[int], markdown: bool, reason: str) -> None:
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(bounds)]

    def run(parts: list[str]) -> Outcome:
        language = "markdown" if markdown else "python"
        fence = "````" if markdown else "```"
        parser = StreamParser(kind="readme" if markdown else "source_file", path="a.py", language=language, fence=fence)
        given_out = "".join(parser.feed(part) for part in parts)
        outcome = parser.close(reason)
        assert given_out + outcome.tail == outcome.text
        return Outcome(state=outcome.state, text=outcome.text, notes=outcome.notes)

    whole = run([stream])
    assert run(pieces) == run(list(stream)) == whole
    assert whole.text == "" or (whole.text.endswith("\n") and not whole.text.endswith("\n\n"))
    assert not any(ord(char) < 32 and char not in "\t\n" for char in whole.text)
    whole.text.encode()
