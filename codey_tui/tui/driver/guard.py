"""The last line of defence: however the process ends, short of SIGKILL, the terminal is brought back."""

import asyncio
import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType, TracebackType
from typing import Any

from textual.app import App

from codey_tui.tui.driver.sequences import Attributes, restore_terminal

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
BACKSTOP = 3.0  # seconds after a signal until the kernel ends the process
_OWN_END = 2.5  # seconds after a signal until a thread of ours restores the terminal and ends the process


class _Guard:
    """Whether the terminal is in the application's hands, and what to give back."""

    def __init__(self) -> None:
        self.attributes: Attributes | None = None
        self.armed = False
        self.hooked = False

    def arm(self, attributes: Attributes | None) -> None:
        self.attributes, self.armed = attributes, True
        if not self.hooked:
            self.hooked = True
            atexit.register(self.restore)
            previous = sys.excepthook

            def restore_then_tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
                self.restore()  # first, or the traceback would go away with the alternate screen
                previous(kind, error, trace)

            sys.excepthook = restore_then_tell

    def restore(self) -> None:
        if self.armed:
            self.armed = False
            restore_terminal(self.attributes)


_guard = _Guard()


def arm(attributes: Attributes | None) -> None:
    """From now on the terminal is brought back, to these line settings, if the process ends without `disarm`."""
    _guard.arm(attributes)


def disarm() -> None:
    """The terminal was brought back."""
    _guard.armed = False


def install_signals(app: App[Any]) -> Callable[[], None]:
    """Let SIGHUP, SIGTERM and SIGINT end the app as if the person had left. Call it from a handler of the app, such as
    `on_mount`: it needs the running loop (RuntimeError without one). The exit status is 128 + the signal's number. If the app does not manage within 3 s the process ends all
    the same. Returns a function that takes this back and must be called once the app has ended."""
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in SIGNALS}

    def leave(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, BACKSTOP)
        timer = threading.Timer(_OWN_END, end, (number,))
        timer.daemon = True
        timer.start()
        # Not `app.exit` itself: a signal alone does not wake a loop that waits.
        loop.call_soon_threadsafe(partial(app.exit, return_code=128 + number))

    def end(number: int) -> None:
        _guard.restore()
        os._exit(128 + number)

    def uninstall() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, leave)
    return uninstall
