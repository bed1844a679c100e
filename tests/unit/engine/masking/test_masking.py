"""Placeholders, streams and values: what is hidden comes back where it should, and nothing of it is seen on the way."""

import time
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codey_tui.engine.masking import (
    StreamHider,
    StreamRestorer,
    has_key,
    hide,
    holds_key,
    is_masked,
    mask,
    masked,
    masked_json,
    restore,
    restored,
)
from codey_tui.protocol.actions import Action
from tests.fakes.keys import Keys

KEYS = Keys(11)
TOKEN = KEYS.github()
BLOCK = KEYS.block()
OUTPUT = (
    f"hello\ncloning https://ada:{TOKEN}@example.org/a.git\n..........F.. 50%\npassword: S3cr3t!Pass next\n"
    f"{BLOCK}\nTOKEN={TOKEN} and {TOKEN}\nthe end without a line end"
)


def test_the_same_key_has_the_same_placeholder_and_another_key_another() -> None:
    other = KEYS.github()
    assert mask(TOKEN) == mask(f"x {TOKEN}")[2:]
    assert mask(TOKEN) != mask(other)
    assert hide(TOKEN) == hide(other) == "[key hidden: GitHub token]"


def test_a_placeholder_of_another_process_or_one_made_up_stands_for_nothing() -> None:
    text = "token = '[key hidden: GitHub token #00000000]'"
    assert restore(text) == text
    assert is_masked(text)
    assert not is_masked("[key hidden: GitHub token]")


def test_a_text_may_hold_several_keys_and_keeps_all_between_them() -> None:
    text = f"a {TOKEN} b password='S3cr3t!Pass' c\n{BLOCK}\nd"
    found = mask(text)
    assert TOKEN not in found
    assert "S3cr3t" not in found
    assert BLOCK.split("\n")[1] not in found
    assert restore(found) == text
    assert found.startswith("a [key hidden: GitHub token #")
    assert holds_key(text)
    assert not holds_key(found)


@pytest.mark.parametrize("cut", [1, 3])
def test_a_block_whose_beginning_or_end_was_cut_off_is_hidden_too(cut: int) -> None:
    lines = BLOCK.split("\n")
    for part in (lines[:-cut], lines[cut:]):
        found = mask("before\n" + "\n".join(part) + "\nafter words")
        assert not any(line in found for line in lines[1:-1])
        assert found.startswith("before\n")
        assert found.endswith("\nafter words")


def test_values_keep_their_type_and_lose_their_keys() -> None:
    action = Action(id="a", tool="shell", args={"command": f"curl -H 'X: {TOKEN}'", "n": 1, "list": [TOKEN, "b"]})
    found = masked(action)
    assert isinstance(found, Action)
    assert TOKEN not in str(found)
    assert found.args["n"] == 1
    assert restored(found) == action
    assert has_key(action)
    assert not has_key(found)
    plain = Action(id="a", tool="file", args={"path": "a.py"})
    assert masked(plain) is plain


def test_a_field_that_names_a_key_hides_what_it_holds() -> None:
    action = Action(id="a", tool="own", args={"password": "S3cr3t!Pass", "password_file": "S3cr3t!Pass"})
    assert masked(action).args["password"].startswith("[key hidden: key #")
    assert masked(action).args["password_file"] == "S3cr3t!Pass"
    assert restored(masked(action)) == action


def test_json_is_masked_through_its_escapes() -> None:
    data = msgspec.json.encode({"text": f'key:\n{BLOCK}\n"{TOKEN}"'})
    found = masked_json(data)
    assert TOKEN.encode() not in found
    assert BLOCK.split("\n")[1].encode() not in found
    assert restore(msgspec.json.decode(found)["text"]) == f'key:\n{BLOCK}\n"{TOKEN}"'
    plain = b'{"a": 1}'
    assert masked_json(plain) is plain


def _pieces(text: str, cuts: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(edges)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=40))
def test_output_in_any_pieces_is_hidden_as_the_whole_is(cuts: list[int]) -> None:
    hider = StreamHider()
    shown = "".join([*(hider.feed(piece) for piece in _pieces(OUTPUT, cuts)), hider.close()])
    assert shown == hide(OUTPUT)


def test_output_in_single_characters_is_hidden_and_plain_lines_do_not_wait() -> None:
    hider = StreamHider()
    shown = ""
    for char in OUTPUT:
        shown += hider.feed(char)
        assert TOKEN[:12] not in shown
    assert shown + hider.close() == hide(OUTPUT)
    assert StreamHider().feed("........ 12% ") == "........ 12% "


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=40))
def test_a_stream_with_placeholders_becomes_the_text_with_keys(cuts: list[int]) -> None:
    text = f"a = [1, [2]]\ntoken = '{TOKEN}'\nb = [key for key in x]\n[key hidden: nothing\n{BLOCK}["
    restorer = StreamRestorer()
    found = "".join([*(restorer.feed(piece) for piece in _pieces(mask(text), cuts)), restorer.close()])
    assert found == text


HOSTILE = {
    "letters": "a",
    "assignments": "password=",
    "assignments of something": "password1=",
    "web tokens": "eyJ",
    "web tokens with dots": "eyJaaaaaaaa.",
    "beginnings of blocks": "-----BEGIN PRIVATE KEY-----\n",
    "ends of blocks": "-----END PRIVATE KEY-----\n",
    "a body without a beginning": "AAAA\n",
    "beginnings of keys": "sk-",
    "one long key": "sk-a1",
    "addresses": "a://b:",
    "flags": "--token ",
    "headers": "bearer ",
    "placeholders": "[key hidden: ",
    "brackets": "[",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Four times the text takes about four times as long; what looks back over all that came before takes sixteen times."""

    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            mask(text)
            restore(text)
            best = min(best, time.process_time() - started)
        return best

    small = seconds(100_000)
    large = seconds(400_000)
    assert large < max(small, 0.002) * 10


def test_a_million_characters_of_output_pass_through_the_stream_in_small_pieces() -> None:
    text = ("x" * 60 + " no key here\n") * 14_000
    hider = StreamHider()
    shown = [hider.feed(text[at : at + 4096]) for at in range(0, len(text), 4096)]
    assert "".join([*shown, hider.close()]) == text
