"""A pty with a small terminal emulator behind it: what a person would see, and in which modes the terminal is left."""

import codecs
import re
import termios
from collections.abc import Mapping, Sequence

import pyte

from codey_tui.bench.pty import Pty

# pyte 0.8.2 does not know the kitty keyboard protocol and would show its sequences' last letter.
_KITTY = re.compile(r"\x1b\[[<>=]\d*u")
_QUERY = re.compile(r"\x1b\[\?\d+\$p")
_MODE = re.compile(r"\x1b\[\?(\d+)([hl])")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*)?$")


class Emulated(Pty):
    """`screen` holds the picture; `modes` the private modes that are set; `raw` all bytes that came."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self.emulator = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.emulator)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self.modes: set[int] = set()
        self.raw = bytearray()
        super().__init__(argv, columns=columns, rows=rows, env=env, cwd=cwd, on_output=self.feed)

    def feed(self, data: bytes) -> None:
        """Let the emulator see bytes."""
        self.raw += data
        text = self._rest + self._decode(data)
        cut = _UNFINISHED.search(text)
        self._rest, text = (text[cut.start() :], text[: cut.start()]) if cut is not None else ("", text)
        for mode, state in _MODE.findall(text):
            (self.modes.add if state == "h" else self.modes.discard)(int(mode))
        self._stream.feed(_QUERY.sub("", _KITTY.sub("", text)))

    def resize(self, columns: int, rows: int) -> None:
        super().resize(columns, rows)
        self.emulator.resize(rows, columns)

    @property
    def text(self) -> str:
        """The rows on the screen."""
        return "\n".join(line.rstrip() for line in self.emulator.display)

    def shows(self, text: str, timeout: float = 20.0) -> bool:
        """Wait until the text is on the screen."""
        return self.until(lambda: text in self.text, timeout)

    def picture(self) -> list[list[tuple[str, str, str, bool]]]:
        """Every cell: character, colours, bold."""
        buffer = self.emulator.buffer
        return [
            [(cell.data, cell.fg, cell.bg, cell.bold) for cell in (buffer[y][x] for x in range(self.emulator.columns))]
            for y in range(self.emulator.lines)
        ]

    def cooked(self) -> bool:
        """Whether the line settings are a shell's: echo, line by line, signals from keys."""
        local = termios.tcgetattr(self.fd)[3]
        wanted = termios.ECHO | termios.ICANON | termios.ISIG
        return local & wanted == wanted
