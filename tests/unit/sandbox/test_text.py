"""Output made fit to be shown, whatever the pieces in which it arrives."""

from hypothesis import given
from hypothesis import strategies as st

from codey_tui.sandbox.text import Cleaner, Collector

PLAIN = [
    (b"plain\n", "plain\n"),
    (b"\x1b[2J\x1b[1;1Hx", "x"),
    (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
    (b"\x1bP1$r0m\x1b\\dcs", "dcs"),
    (b"\x1b(Bascii\x1b7\x1b8\x1bM", "ascii"),
    (b"10%\r20%\r\n", "10%\n20%\n"),
    (b"a\x00\x07\x08\x7fb", "ab"),
    (b"\xc2\x9b31mred", "31mred"),
    (b"\xff\xfe", "\ufffd\ufffd"),
    ("\u202eevil\u2066".encode(), "evil"),
    (b"tail \x1b", "tail "),
    (b"open \x1b]0;never ends", "open ]0;never ends"),
    (b"tab\tkept", "tab\tkept"),
]


def cleaned(pieces: list[bytes]) -> str:
    cleaner = Cleaner()
    return "".join(cleaner.feed(piece) for piece in pieces) + cleaner.feed(b"", final=True)


def test_sequences_are_removed_and_text_is_kept() -> None:
    for data, text in PLAIN:
        assert cleaned([data]) == text, data


def test_a_cut_at_any_place_changes_nothing() -> None:
    for data, text in PLAIN:
        for at in range(len(data) + 1):
            assert cleaned([data[:at], data[at:]]) == text, (data, at)
        assert cleaned([data[i : i + 1] for i in range(len(data))]) == text, data


@given(st.lists(st.binary(max_size=30) | st.sampled_from([data for data, _ in PLAIN]), max_size=10))
def test_no_control_character_comes_through(pieces: list[bytes]) -> None:
    text = cleaned(pieces)
    assert not [char for char in text if (ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160]


def test_a_string_that_never_ends_does_not_hide_the_rest() -> None:
    text = cleaned([b"\x1b]0;" + b"x" * 10_000, b"rest"])
    assert text.endswith("rest")


@given(st.lists(st.binary(max_size=50), max_size=30), st.integers(2, 200))
def test_the_collector_keeps_its_bound_and_both_ends(pieces: list[bytes], limit: int) -> None:
    collector = Collector(limit)
    shown = "".join(collector.feed(piece) for piece in pieces)
    rest, whole, truncated = collector.close()
    assert shown + rest == whole
    data = b"".join(pieces)
    assert truncated == (len(data) > limit // 2 * 2)
    if not truncated:
        assert whole == cleaned([data])
    assert len(whole.encode()) <= limit * 3 + 80
