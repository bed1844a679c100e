"""Text that streams in ends as the same picture as text that was there at once, however it was cut."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from codey_tui.tui.widgets.transcript import Entry
from codey_tui.tui.widgets.transcript.code import CodeLines
from codey_tui.tui.widgets.transcript.item import Item
from codey_tui.tui.widgets.transcript.render import Renderer
from tests.fakes.transcript_host import TranscriptHost, drive, rows

PIECES = [
    "word ", "**bold** ", "`co", "de` ", "\n", "\n\n", "# ", "## Head\n", "- item\n", "  - nested\n", "1. ", "> quote\n",
    "```", "```python\n", "\n```\n", "def f(x):\n", "    '''doc\n", "'''\n", "| a | b |\n", "|---|--:|\n", "|", "---\n",
    "===\n", "漢字", "🎉", "e\u0301", "\t", "\x1b[3", "1m", "~~~\n", "    ", "*", "_", "[l](http://x)", "\\", "- [x] t\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
CUTS = st.lists(st.integers(0, 300), max_size=12)
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def cut(text: str, cuts: list[int]) -> list[str]:
    """All prefixes of the text that end at the cuts, and the text."""
    return [text[:end] for end in sorted({min(end, len(text)) for end in cuts} | {len(text)})]


def test_any_split_gives_the_same_rows() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        renderer = Renderer(24, host.transcript.visual_style)

        @RELAXED
        @given(TEXTS, CUTS, st.sampled_from(["assistant", "tool", "file"]))
        def check(text: str, cuts: list[int], role: str) -> None:
            def entry(part: str) -> Entry:
                return Entry("1", role, part, title="a.py")  # type: ignore[arg-type]

            grown = Item(entry(""))
            for part in cut(text, cuts):
                grown.replace(entry(part))
                grown.rows(renderer)
            whole = Item(entry(text)).rows(renderer)
            assert [row.text for row in grown.rows(renderer)] == [row.text for row in whole]
            assert [row.strip for row in grown.rows(renderer)] == [row.strip for row in whole]
            assert all(row.strip.cell_length == 24 for row in whole)

        check()

    drive(script)


def test_any_split_gives_the_same_screen() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        @settings(RELAXED, max_examples=25)
        @given(TEXTS, CUTS)
        def check(text: str, cuts: list[int]) -> None:
            host.transcript.load([Entry("0", "user", "before")])
            done = ""
            for part in cut(text, cuts):
                host.transcript.append("1", part[len(done) :])
                done = part
            grown = rows(host)
            host.transcript.load([Entry("0", "user", "before"), Entry("1", "assistant", text, open=True)])
            assert not text or grown == rows(host)

        check()

    drive(script)


def test_painted_cells_are_the_rendered_ones() -> None:
    """Only what changed is painted again; what is on the screen must be what a full repaint would show."""

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        text = "# Title\n\nSome *words* and more words\n\n- one\n- two\n\n```python\nx = 1\ny = 2\n```\n\nend\n" * 3
        for at in range(0, len(text), 7):
            host.transcript.append("1", text[at : at + 7])
            await pilot.pause()
            painted = host.transcript.render_lines(host.transcript.size.region)
            assert [strip.text[2:].rstrip() for strip in painted] == rows(host)

    drive(script, [Entry("0", "user", "hello")])


def test_growth_draws_only_the_open_block() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        renderer = Renderer(60, host.transcript.visual_style)
        item = Item(Entry("1", "assistant", "para\n\n" * 50 + "the last"))
        before = item.rows(renderer)
        item.replace(Entry("1", "assistant", "para\n\n" * 50 + "the last grew"))
        after = item.rows(renderer)
        same = sum(old is new for old, new in zip(before, after, strict=True))
        assert same >= len(before) - 4  # title, the open block, the blocks beside it, the row below

    drive(script)


def test_restarted_highlighting_equals_highlighting_from_the_start() -> None:
    source = str('def f(x):\n    """Doc\n    more\n    """\n    return [x, "y"]  # why\n\n\n' * 60).split("\n")

    async def script(_host: TranscriptHost, _pilot: Pilot[None]) -> None:
        open_block = CodeLines("python")
        for end in range(1, len(source), 9):
            open_block.lines(source[:end], closed=False)
        streamed = open_block.lines(source, closed=False)
        whole = CodeLines("python").lines(source, closed=True)
        assert open_block.restart > 300
        assert all(one.is_same(other) for one, other in zip(streamed, whole, strict=True))

    drive(script)


def test_upsert_of_other_text_replaces() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        host.transcript.upsert(Entry("1", "assistant", "something else"))
        assert rows(host)[:3] == ["Codey", "something else", ""]
        host.transcript.upsert(Entry("2", "user", "new", title="Me"))
        assert rows(host)[3:5] == ["Me", "new"]
        host.transcript.upsert(Entry("2", "user", "new", title="Renamed"))
        assert rows(host)[3:5] == ["Renamed", "new"]

    drive(script, [Entry("1", "assistant", "one\n\ntwo\n\nthree")])


def test_a_batch_ends_as_the_same_picture() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        entries = [Entry(str(n), "user", f"message {n}\n\n- item") for n in range(200)]
        with host.transcript.bulk():
            for entry in entries:
                host.transcript.upsert(Entry(entry.key, "user", "first"))
            for entry in entries:
                host.transcript.upsert(entry)
        batched = rows(host)
        host.transcript.load(entries)
        assert batched == rows(host) and "message 199" in batched

    drive(script)
