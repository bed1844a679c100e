"""Text from token bytes: characters cut by token borders, and stop strings."""

from hypothesis import given
from hypothesis import strategies as st

from codey_tui.inference.text_stream import StopMatcher, TextStream


def drain(pieces: list[str], stop: tuple[str, ...]) -> tuple[str, str]:
    matcher = StopMatcher(stop)
    text = "".join(matcher.feed(piece) for piece in pieces)
    return text + matcher.close(), matcher.stopped


def test_stop_string_across_token_borders_is_not_shown() -> None:
    assert drain(["print(1)\n`", "`", "`\nmore"], ("```",)) == ("print(1)\n", "```")


def test_a_partial_match_that_comes_to_nothing_is_shown() -> None:
    assert drain(["a``", "b"], ("```",)) == ("a``b", "")
    assert drain(["a``"], ("```",)) == ("a``", "")


def test_what_may_become_a_stop_string_is_held_back() -> None:
    matcher = StopMatcher(("</file>",))
    assert matcher.feed("x</fi") == "x"
    assert matcher.feed("ne>") == "</fine>"


def test_the_stop_string_that_is_complete_first_wins() -> None:
    assert drain(["one END two STOP"], ("STOP", "END")) == ("one ", "END")
    assert drain(["x```\n"], ("```\n", "```")) == ("x", "```")
    assert drain(["abb"], ("abb", "b")) == drain(["ab", "b"], ("abb", "b")) == ("a", "b")


def test_nothing_is_shown_after_a_stop() -> None:
    matcher = StopMatcher(("S",))
    assert matcher.feed("aSb") == "a"
    assert matcher.feed("c") + matcher.close() == ""


def test_characters_cut_by_token_borders_are_joined() -> None:
    stream = TextStream()
    raw = "grüße €".encode()
    assert "".join(stream.feed(raw[i : i + 1]) for i in range(len(raw))) + stream.close() == "grüße €"


def test_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    stream = TextStream()
    assert stream.feed(b"a\xffb\xe2\x82") + stream.close() == "a\ufffdb\ufffd"


@given(st.text("ab`\n", max_size=60), st.lists(st.text("ab`\n", min_size=1, max_size=4), max_size=3), st.data())
def test_any_split_gives_the_same_text(text: str, stop: list[str], data: st.DataObject) -> None:
    """Where the text is cut into tokens never changes what is shown nor which stop string is met."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    shown, met = drain(pieces, tuple(stop))
    assert (shown, met) == drain([text], tuple(stop))
    assert text.startswith(shown)
    assert not any(s in shown for s in stop)
    assert bool(met) == any(s in text for s in stop)
    assert met or shown == text
