"""Reading a long transcript: the place, following, the cursor, copying, selecting, searching."""

from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from codey_tui.tui.widgets.transcript import Entry, Transcript
from codey_tui.tui.widgets.transcript.layout import Heights, Place
from tests.fakes.transcript_host import TranscriptHost, drive, rows

PARA = "Some words that have to be wrapped at every width there is, and a **few** more.\n\n- one\n- two\n"
LONG = [Entry(str(n), "user" if n % 2 else "assistant", f"Message {n}.\n\n{PARA * (n % 4)}") for n in range(300)]


def test_starts_at_the_end_and_follows() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        transcript = host.transcript
        assert transcript.following
        transcript.append("last", "the first line\n")
        assert "the first line" in rows(host)
        for number in range(40):
            transcript.append("last", f"\nline {number}\n")
            assert f"line {number}" in rows(host)

    drive(script, LONG)


def test_scrolling_up_stops_following_and_the_end_starts_it_again() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.press("pageup")
        assert not host.transcript.following
        before = rows(host)
        host.transcript.append("last", "text\n\n" * 30)
        assert rows(host) == before
        await pilot.press("end")
        assert host.transcript.following
        host.transcript.append("last", "more")
        assert "more" in rows(host)
        await pilot.press("pageup", "pagedown")
        assert host.transcript.following

    drive(script, LONG)


def test_scrolling_up_moves_by_whole_pages_over_unmeasured_entries() -> None:
    """Estimated heights are put right on the way without a jump: each page ends where the one after it began."""

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        height = host.transcript.size.height
        for _ in range(12):
            above = rows(host)
            before = host.transcript.picture.heights.total - host.transcript.scroll_offset.y
            await pilot.press("pageup")
            after = host.transcript.picture.heights.total - host.transcript.scroll_offset.y
            assert after - before == height
            assert rows(host) != above
            host.transcript.scroll_relative(y=height - 1, animate=False, immediate=True)
            assert rows(host)[1:] == above[:-1]
            host.transcript.scroll_relative(y=-(height - 1), animate=False, immediate=True)

    drive(script, LONG)


def test_home_shows_the_first_message() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.press("home")
        assert rows(host)[1] == "Message 0."
        assert not host.transcript.following

    drive(script, LONG)


def test_resize_keeps_the_place() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        transcript = host.transcript
        transcript.show_row(100, 1)
        assert rows(host)[0] == "Message 100."
        for size in ((60, 20), (24, 12), (80, 30), (40, 20)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert rows(host)[0] == "Message 100.", size

    drive(script, LONG)


def test_resize_at_the_end_stays_at_the_end() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        for size in ((60, 20), (24, 12), (80, 30)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert rows(host)[-2] == "• two", size
            assert host.transcript.following

    drive(script, LONG)


def test_cursor_goes_over_messages_and_copies() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        transcript = host.transcript
        await pilot.press("up")
        assert transcript.selected == LONG[-1]
        await pilot.press("up", "up", "up", "up", "up", "up")
        assert transcript.selected is not None and transcript.selected != LONG[-1]
        selected = transcript.selected
        assert any(transcript.render_line(y).text.startswith("┃") for y in range(transcript.size.height))
        await pilot.press("c")
        assert host.clipboard == selected.text
        await pilot.press("enter")
        assert host.heard[-1] == selected

    drive(script, LONG)


def test_a_message_taller_than_the_screen_is_read_before_the_cursor_leaves_it() -> None:
    entries = [Entry("1", "user", "first"), Entry("2", "assistant", "\n\n".join(f"line {n}" for n in range(60)))]

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        seen: set[str] = set(rows(host))
        await pilot.press("up")
        assert host.transcript.selected == entries[1]
        for _ in range(20):
            await pilot.press("up")
            seen |= set(rows(host))
        assert {f"line {n}" for n in range(60)} <= seen
        assert host.transcript.selected == entries[0]

    drive(script, entries)


def test_copy_code_gives_the_raw_text() -> None:
    code = "all:\n\tmake it\n"
    entries = [Entry("1", "assistant", f"a\n```make\n{code}```\nb"), Entry("2", "user", "thanks")]

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.press("x")
        assert host.clipboard == code
        assert host.heard[-1] == ("code", code)

    drive(script, entries)


def test_code_in_a_list_is_copied_without_its_indent() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.press("x")
        assert host.clipboard == "if a:\n  b\n"

    drive(script, [Entry("1", "assistant", "- do\n\n  ```py\n  if a:\n    b\n  ```\n")])


def test_mouse_selection_gives_the_text_with_wrapped_lines_joined() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        transcript = host.transcript
        host.screen.selections = {transcript: Selection(Offset(6, 1), Offset(3, 3))}
        assert transcript.selected_text == "beta gamma delta\nnex"
        assert host.screen.get_selected_text() == transcript.selected_text
        host.screen.selections = {transcript: Selection(None, None)}
        assert transcript.selected_text == "alpha beta gamma delta\nnext\n\nsecond"

    drive(script, [Entry("1", "user", "alpha beta gamma delta\nnext"), Entry("2", "user", "second")], (16, 12))


def test_mouse_drag_selects() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.mouse_down(Transcript, offset=(2, 1))
        await pilot.hover(Transcript, offset=(7, 1))
        await pilot.mouse_up(Transcript, offset=(7, 1))
        assert host.transcript.selected_text.startswith("alpha")
        await pilot.press("c")
        assert host.heard[-1] == ("selection", host.transcript.selected_text)

    drive(script, [Entry("1", "user", "alpha beta")], (30, 12))


def test_search_finds_marks_and_goes_round() -> None:
    entries = [Entry(str(n), "user", f"text {n}\n\n{'Needle' if n % 10 == 0 else 'hay'}") for n in range(100)]

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        transcript = host.transcript
        assert transcript.search("needle") == 10
        assert transcript.selected == entries[90]
        marked = [y for y in range(transcript.size.height) if "Needle" in transcript.render_line(y).text]
        styles = {str(segment.style) for segment in transcript.render_line(marked[0]) if segment.text == "Needle"}
        assert len(marked) == 1 and styles
        await pilot.press("n")
        assert transcript.selected == entries[0]
        await pilot.press("N")
        assert transcript.selected == entries[90]
        transcript.next_match(-1)
        assert transcript.selected == entries[80]
        assert transcript.search("nowhere") == 0
        assert transcript.search("") == 0

    drive(script, entries)


def test_search_sees_what_came_later() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        assert host.transcript.search("needle") == 0
        host.transcript.upsert(Entry("new", "user", "a needle"))
        host.transcript.next_match(1)
        assert host.transcript.selected == Entry("new", "user", "a needle")

    drive(script, LONG)


def test_entry_text_clear_and_duplicates() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        transcript = host.transcript
        assert transcript.entry_text("7") == LONG[7].text
        transcript.clear()
        assert transcript.entries == [] and not any(rows(host))
        transcript.load([Entry("1", "user", "a"), Entry("1", "user", "b")])
        assert [entry.text for entry in transcript.entries] == ["b"]

    drive(script, LONG)


def test_actions_on_an_empty_transcript_do_nothing() -> None:
    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        await pilot.press("up", "down", "c", "x", "enter", "n", "N", "end", "home", "pageup")
        assert host.heard == []

    drive(script)


def test_a_coarser_step_keeps_the_last_row_in_sight() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        host.transcript.scroll_step = 5
        tops: set[int] = set()
        for number in range(60):
            host.transcript.append("last", f"line {number}\n\n")
            assert f"line {number}" in rows(host)
            tops.add(host.transcript.scroll_offset.y)
        assert len(tops) < 40

    drive(script, LONG)


def test_heights_find_entries_by_row() -> None:
    heights = Heights()
    heights.reset([2, 3, 1])
    assert [heights.locate(y) for y in range(6)] == [
        Place(0, 0), Place(0, 1), Place(1, 0), Place(1, 1), Place(1, 2), Place(2, 0)
    ]  # fmt: skip
    heights.set(0, 5)
    heights.add(4)
    assert (heights.total, heights.top(2), heights.locate(99)) == (13, 8, Place(3, 3))
