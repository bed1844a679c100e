"""The escape sequences and line settings that bring a terminal back to a shell's. Imports nothing slow."""

import os
import select
import termios
from typing import Any

Attributes = list[Any]

RESTORE_SEQUENCES = "".join(
    (
        "\x1b[?2026l",  # end a synchronised update
        "\x1b[<u",  # leave the kitty keyboard protocol; before the alternate screen, which has its own stack
        "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l",  # no mouse reports
        "\x1b[?1004l",  # no focus reports
        "\x1b[?2004l",  # no bracketed paste
        "\x1b[?2048l",  # no in-band resize reports
        "\x1b[?7h",  # wrap long lines
        "\x1b7\x1b[?1049l",  # leave the alternate screen; on the main screen the cursor stays where it is
        "\x1b[0m",  # plain colours
        "\x1b[?25h",  # show the cursor
    )
)

_IFLAG, _OFLAG, _LFLAG = 0, 1, 3
_PATIENCE = 1.0  # seconds to wait for a terminal that does not take anything


def restore_terminal(attributes: Attributes | None = None, output: int = 2, source: int = 0) -> bool:
    """Bring the terminal back: line settings on the descriptor `source`, escape sequences on `output`.

    Without `attributes` the usual settings of a shell are set. False if the terminal is gone or takes nothing for a
    second; nothing is raised, since this runs when all else has failed.
    """
    try:
        _set_line(source, attributes)
        written = _send(output, RESTORE_SEQUENCES.encode())
    except (OSError, termios.error, ValueError):
        return False
    return written


def _set_line(source: int, attributes: Attributes | None) -> None:
    if not os.isatty(source):
        return
    if attributes is None:
        attributes = termios.tcgetattr(source)
        attributes[_IFLAG] |= termios.ICRNL | termios.IXON | termios.BRKINT
        attributes[_IFLAG] &= ~(termios.INLCR | termios.IGNCR)
        attributes[_OFLAG] |= termios.OPOST | termios.ONLCR
        attributes[_LFLAG] |= termios.ICANON | termios.ECHO | termios.ECHOE | termios.ISIG | termios.IEXTEN
    termios.tcsetattr(source, termios.TCSANOW, attributes)


def _send(output: int, data: bytes) -> bool:
    if not os.isatty(output):
        return False
    if not select.select([], [output], [], _PATIENCE)[1]:
        return False
    os.write(output, data)
    return True
