"""An app that shows nothing but a transcript, and what a test wants to know of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from codey_tui.tui.widgets.transcript import Entry, Transcript


class TranscriptHost(App[None]):
    """A transcript over the whole screen, with the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.transcript = Transcript()
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_mount(self) -> None:
        self.transcript.focus()

    def on_transcript_opened(self, message: Transcript.Opened) -> None:
        self.heard.append(message.entry)

    def on_transcript_copied(self, message: Transcript.Copied) -> None:
        self.heard.append((message.what, message.text))


Script = Callable[[TranscriptHost, Pilot[None]], Awaitable[None]]


def drive(script: Script, entries: Sequence[Entry] = (), size: tuple[int, int] = (40, 20)) -> None:
    """Run a script on a host of that size that shows these entries."""

    async def run() -> None:
        host = TranscriptHost()
        async with host.run_test(size=size) as pilot:
            await pilot.pause()
            host.transcript.load(entries)
            await pilot.pause()
            await script(host, pilot)

    asyncio.run(run())


def rows(host: TranscriptHost) -> list[str]:
    """The rows on the screen, without the gutter and trailing spaces."""
    transcript = host.transcript
    return [transcript.render_line(y).text[2:].rstrip() for y in range(transcript.size.height)]


def shown(text: str, width: int = 40, height: int = 40, role: str = "assistant", title: str = "") -> list[str]:
    """The rows of one entry, without its title and the empty row below."""
    out: list[str] = []

    async def script(host: TranscriptHost, _pilot: Pilot[None]) -> None:
        out.extend(rows(host)[1:])

    drive(script, [Entry("1", role, text, title)], (width, height))  # type: ignore[arg-type]
    while out and not out[-1]:
        out.pop()
    return out
