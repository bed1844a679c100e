"""What Markdown looks like in the transcript."""

from textual.pilot import Pilot

from codey_tui.tui.widgets.transcript import Entry
from tests.fakes.transcript_host import TranscriptHost, drive, rows, shown


def styles_of(text: str, needle: str, theme: str = "textual-dark") -> set[str]:
    """The Rich styles of the segments that show `needle`."""
    found: set[str] = set()

    async def script(host: TranscriptHost, pilot: Pilot[None]) -> None:
        host.theme = theme
        await pilot.pause()
        for y in range(host.transcript.size.height):
            found.update(
                str(segment.style) for segment in host.transcript.render_line(y) if needle in segment.text and needle
            )

    drive(script, [Entry("1", "assistant", text)])
    return found


def test_title_line_and_gutter() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        lines = [host.transcript.render_line(y).text.rstrip() for y in range(7)]
        assert lines == ["▎ You", "▎ hello", "", "▎ Codey …", "▎ hi", "", "▎ Ran it"]

    drive(
        script,
        [
            Entry("1", "user", "hello"),
            Entry("2", "assistant", "hi", open=True),
            Entry("3", "tool", "out", title="Ran it"),
        ],
    )


def test_paragraphs_keep_their_lines_and_wrap_at_words() -> None:
    assert shown("one two\nthree\n\n\nfour", width=12) == ["one two", "three", "", "four"]
    assert shown("alpha beta gamma", width=14) == ["alpha beta", "gamma"]


def test_inline_marks_are_shown_as_styles() -> None:
    text = "**bold** *it* `code` ~~no~~ snake_case_name 2*3*4 \\*raw\\*"
    assert shown(text, width=80) == ["bold it code no snake_case_name 234 *raw*"]
    assert any("bold" in style for style in styles_of(text, "bold"))
    assert any("italic" in style for style in styles_of(text, "it"))
    assert any("strike" in style for style in styles_of(text, "no"))


def test_links_show_where_they_go() -> None:
    assert shown("see [docs](https://a.b/c) and https://x.y/z.", width=80) == [
        "see docs (https://a.b/c) and https://x.y/z."
    ]


def test_headings() -> None:
    assert shown("# One\ntext\nTitle\n=====\n## Two ##\n#hashtag") == [
        "One",
        "text",
        "Title",
        "=====",
        "Two",
        "#hashtag",
    ]
    assert shown("Title\n=====\n\nSub\n---") == ["Title", "", "Sub"]
    assert any("bold" in style for style in styles_of("# One", "One"))


def test_lists_hang() -> None:
    text = "- alpha beta gamma\n  - nested\n    more\n- [x] done\n10. ten\n\n    under ten\n\nnext"
    assert shown(text, width=17) == [
        "• alpha beta",
        "  gamma",
        "  • nested",
        "    more",
        "☑ done",
        "10. ten",
        "",
        "  under ten",
        "",
        "next",
    ]


def test_quotes_and_rules() -> None:
    assert shown("> one\n> > two\n\n---\nend", width=12) == ["▎ one", "▎ ▎ two", "", "─" * 9, "end"]


def test_tables_are_aligned_and_cut() -> None:
    text = "| a | right |\n|:--|--:|\n| 漢字 | 1 |\n| b |\n\nafter"
    assert shown(text) == ["a    │ right", "─────┼──────", "漢字 │     1", "b    │", "", "after"]
    wide = shown("| name | what |\n|---|---|\n| x | " + "long " * 20 + "|", width=30)
    assert all(len(row) <= 27 for row in wide) and wide[2].endswith("…")


def test_code_keeps_its_lines_and_colours() -> None:
    text = "```python\ndef f():\n\treturn 'x'\n\n```\nafter"
    assert shown(text) == ["python", "def f():", "    return 'x'", "", "after"]
    assert styles_of(text, "def") != styles_of(text, "f")
    assert shown("```nosuchlanguage\na  b\n```") == ["nosuchlanguage", "a  b"]
    assert shown("~~~\n```\n~~~") == ["```"]


def test_long_code_lines_are_folded_not_lost() -> None:
    code = "x" * 50
    assert "".join(shown(f"```\n{code}\n```", width=30)) == code


def test_open_code_block_is_code_already() -> None:
    assert shown("text\n```js\nlet a") == ["text", "js", "let a"]


def test_wide_characters_take_two_cells() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        for y in range(host.transcript.size.height):
            assert host.transcript.render_line(y).cell_length >= host.transcript.size.width - 1

    drive(script, [Entry("1", "assistant", "漢字かな混じり文 🎉 é e\u0301 ok " * 5)], (24, 20))
    assert shown("漢字漢字漢字", width=13) == ["漢字漢字漢", "字"]
    assert shown("e\u0301a") == ["e\u0301a"]


def test_control_characters_never_reach_the_terminal() -> None:
    text = "a\x1b[31mred\x1b[0m\x07 \x1b]0;title\x07b\rc \u202eevil\u200d\ufe0f"
    assert shown(text) == ["ared bc \ufffdevil"]
    assert shown(text, role="tool") == ["ared bc \ufffdevil"]


def test_tool_output_and_files_are_not_markdown() -> None:
    assert shown("# not a heading\n**x**", role="tool") == ["# not a heading", "**x**"]
    assert shown("def f():\n  pass", role="file", title="a.py") == ["py", "def f():", "  pass"]
    assert shown("```python\nx\n```", role="file", title="a.py") == ["python", "x"]


def test_theme_change_recolours_what_is_shown() -> None:
    dark = styles_of("`code`", "code")
    assert dark and dark != styles_of("`code`", "code", theme="textual-light")


def test_empty_text() -> None:
    assert shown("") == []
    assert shown("\n\n") == []


def test_narrow_screens() -> None:
    for width in (10, 12, 16):
        assert shown(
            "# Title\n\n- an item\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```py\nx = 1\n```", width=width
        )


def test_two_messages_are_one_row_apart() -> None:
    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        assert rows(host)[:6] == ["You", "a", "", "You", "b", ""]

    drive(script, [Entry("1", "user", "a"), Entry("2", "user", "b\n\n")])
