"""The full view of one message: Markdown from every role, copying, going back."""

import asyncio

import pytest
from textual.app import App
from textual.widgets import Markdown

from codey_tui.tui.screens.message import MessageScreen, as_markdown
from codey_tui.tui.widgets.transcript import Entry


@pytest.mark.parametrize("key", ["q", "enter", "escape"])
def test_opens_copies_and_goes_back(key: str) -> None:
    async def drive() -> None:
        app = App[None]()
        async with app.run_test(size=(60, 20)) as pilot:
            await app.push_screen(MessageScreen(Entry("1", "assistant", "# Head\n\n- *item*\n")))
            await pilot.pause()
            assert app.screen.query_one(Markdown).source == "# Head\n\n- *item*\n"
            await pilot.press("c")
            assert app.clipboard == "# Head\n\n- *item*\n"
            await pilot.press(key)
            assert not isinstance(app.screen, MessageScreen)

    asyncio.run(drive())


def test_output_and_files_become_code() -> None:
    assert as_markdown(Entry("1", "tool", "\x1b[31mred\x1b[0m\n```\nx")) == "````\nred\n```\nx\n````"
    assert as_markdown(Entry("1", "file", "x = 1", title="a/b.py")) == "```py\nx = 1\n```"
    assert as_markdown(Entry("1", "file", "```js\n1\n```", title="a.js")) == "```js\n1\n```"
