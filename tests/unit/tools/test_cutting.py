"""What a model gets of a long output: both ends, and the count of the rest."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codey_tui.tools.cutting import for_model


def test_short_output_is_whole() -> None:
    assert for_model("a\nb\n") == "a\nb"


def test_long_output_keeps_both_ends_and_counts_the_rest() -> None:
    lines = [f"line {number}" for number in range(2000)]
    cut = for_model("\n".join(lines))
    assert cut.startswith("line 0\n")
    assert cut.endswith("\nline 1999")
    kept = [line for line in cut.splitlines() if line.startswith("line ")]
    assert f"[... {2000 - len(kept):,} lines," in cut
    assert set(kept) <= set(lines)


@given(st.text(alphabet="ab\n", max_size=400), st.integers(30, 120))
def test_nothing_is_invented_and_the_count_is_right(text: str, chars: int) -> None:
    cut = for_model(text, chars)
    found = re.search(r"\n\[\.\.\. (?:[\d,]+ lines, )?([\d,]+) characters left out \.\.\.\]\n", cut)
    if found is None:
        assert cut == text.strip("\n")
        return
    head, tail = cut[: found.start()], cut[found.end() :]
    assert text.strip("\n").startswith(head)
    assert text.strip("\n").endswith(tail)
    assert int(found.group(1).replace(",", "")) == len(text.strip("\n")) - len(head) - len(tail)
    assert len(head) + len(tail) <= chars
