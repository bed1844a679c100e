"""Parts of a change: any choice of them gives the right text, byte for byte."""

from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine import hunks

# few different lines, so that they repeat; ends of every sort, so that none is lost
LINE = st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "d\x0ce\n", "f\rg\n", "é\u2028x\n", "    a\n"])
TEXT = st.builds(lambda lines, end: "".join(lines) + end, st.lists(LINE, max_size=40), st.sampled_from(["", "end"]))


@given(TEXT, TEXT)
def test_all_parts_give_the_new_text_and_none_gives_the_old(before: str, after: str) -> None:
    parts = hunks.split(before, after)
    assert hunks.merge(before, after, range(len(parts))) == after
    assert hunks.merge(before, after, ()) == before
    assert bool(parts) == (before != after)


@given(TEXT, TEXT, st.sets(st.integers(0, 12)))
def test_any_choice_is_what_a_person_sees_in_the_parts(before: str, after: str, chosen: set[int]) -> None:
    """Built a second way: from the shown lines alone."""
    rebuilt: list[str] = []
    reached = 0
    old = before.split("\n")
    for index, part in enumerate(hunks.split(before, after)):
        start = part.old_start - (1 if part.old_count else 0)
        rebuilt += [f"{line}\n" for line in old[reached:start]]
        keep = "+" if index in chosen else "-"
        kept = False
        for line in part.lines:
            if line.startswith("\\"):
                if kept:
                    rebuilt[-1] = rebuilt[-1].removesuffix("\n")
                continue
            kept = line[0] in (" ", keep)
            if kept:
                rebuilt.append(f"{line[1:]}\n")
        reached = start + part.old_count
    rest = "\n".join(old[reached:])
    assert hunks.merge(before, after, chosen) == "".join(rebuilt) + rest


def test_far_changes_are_parts_of_their_own() -> None:
    before = "".join(f"{n}\n" for n in range(30))
    after = before.replace("3\n", "three\n", 1).replace("25\n", "x\n")
    first, second = hunks.split(before, after)
    assert hunks.header(first) == "@@ -1,7 +1,7 @@"
    assert "-25" in second.lines
    assert "+x" in second.lines
    assert hunks.merge(before, after, {1}) == before.replace("25\n", "x\n")
