"""Tool calls in JSON and in FunctionGemma's notation: what is read, and what is refused with a sentence."""

import pytest

from codey_tui.tools.call_forms import FUNCTIONGEMMA, JSON, CallForm, NoCall

CALL = "<start_function_call>call:{}<end_function_call>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("git{op:<escape>status<escape>}", ("git", {"op": "status"})),
        ("write_code{}", ("write_code", {})),
        ("file{op:<escape>read<escape>,path:<escape>a {b}, c<escape>,start:3}", ("file", {"op": "read", "path": "a {b}, c", "start": 3})),
        ("git{op:<escape>add<escape>,paths:[<escape>a<escape>,<escape>b<escape>]}", ("git", {"op": "add", "paths": ["a", "b"]})),
        ("search{pattern:<escape>x < y<escape>,literal:true,types:[]}", ("search", {"pattern": "x < y", "literal": True, "types": []})),
        ("shell{command:<escape>sleep 1<escape>,seconds:2.5}", ("shell", {"command": "sleep 1", "seconds": 2.5})),
    ],
)  # fmt: skip
def test_functiongemmas_calls_are_read(text: str, found: tuple[str, dict[str, object]]) -> None:
    assert FUNCTIONGEMMA.read(CALL.format(text)) == found
    # a new line before it, and what the model says after it, do not matter
    assert FUNCTIONGEMMA.read("\n" + CALL.format(text) + "<start_function_response>") == found


def test_calls_in_json_are_read() -> None:
    assert JSON.read('{"tool": "git", "args": {"op": "status"}}') == ("git", {"op": "status"})


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (JSON, ""),
        (JSON, '{"tool": "git"'),
        (JSON, '{"tool": "git"}'),
        (JSON, '{"tool": 3, "args": {}}'),
        (JSON, "[]"),
        (JSON, '"\\ud800"'),
        (FUNCTIONGEMMA, ""),
        (FUNCTIONGEMMA, "I cannot do that."),
        (FUNCTIONGEMMA, "<start_function_call>call:git"),
        (FUNCTIONGEMMA, "<start_function_call>call:git{op:<escape>status"),
        (FUNCTIONGEMMA, "<start_function_call>call:git{op:status}<end_function_call>"),
        (FUNCTIONGEMMA, "<start_function_call>call:git{op:1,}<end_function_call>"),
        (FUNCTIONGEMMA, "<start_function_call>call:git{op:[1 2]}<end_function_call>"),
        (FUNCTIONGEMMA, "<start_function_call>call:git{op:1}"),
    ],
)
def test_what_is_no_call_gets_a_sentence(form: CallForm, text: str) -> None:
    with pytest.raises(NoCall, match=r"\w+ .*\.$"):
        form.read(text)


@pytest.mark.parametrize("form", [JSON, FUNCTIONGEMMA])
def test_a_call_that_is_built_is_read_as_it_was(form: CallForm) -> None:
    text = form.head("git") + "{" + form.key("op") + form.constant("log") + form.comma + form.key("count")
    assert form.read(text + form.constant(4) + "}" + form.tail) == ("git", {"op": "log", "count": 4})
