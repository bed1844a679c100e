"""Textual's driver for Unix terminals, made fit for slow, stalled and vanishing ones.

It drops what the terminal shows already, holds frames back while the terminal falls behind (the app never waits for
it), leaves out focus reports, and ends the app when the terminal is gone. It builds on private parts of Textual 8.2.8,
which is pinned; the tests run it in a real pty.
"""

import os
import selectors
import shutil
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from codey_tui.tui.driver import guard
from codey_tui.tui.driver.rows import MOVE, Rows
from codey_tui.tui.driver.writer import TerminalWriter

SYNC_START = "\x1b[?2026h"
SYNC_END = "\x1b[?2026l"
FOCUS_REPORTS = "\x1b[?1004h"
ALTERNATE_SCREEN = "\x1b[?1049"

BEHIND = 0.15  # seconds: a terminal that is this far behind gets no more frames until it has caught up
MOST_WAITING = 256 * 1024  # bytes
HANG_UP_CODE = 129
_OUTPUT = 2  # Textual paints on standard error
_TICK = 0.05  # seconds between looks at an unfinished escape sequence
_TICKS = 4  # looks after each input; then the thread sleeps until the next


class CodeyDriver(LinuxDriver):
    """`App(driver_class=CodeyDriver)`."""

    def __init__(  # pyright: ignore[reportUnknownMemberType]
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)  # pyright: ignore[reportUnknownMemberType]
        self._rows = Rows()
        self._writer: TerminalWriter | None = None
        self._in_sync = False
        self._held_back = False  # frames were dropped: the screen is to be painted anew once the terminal caught up
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self.frames_dropped = 0
        self.bytes_sent = 0

    # --- output --------------------------------------------------------------------------------------------------
    def write(self, data: str) -> None:
        if data == SYNC_START:
            self._in_sync = True
        elif data == SYNC_END:
            self._in_sync = False
        elif MOVE.match(data):
            self._frame(data)
        elif data != FOCUS_REPORTS:
            if ALTERNATE_SCREEN in data:
                self._rows.forget()
            self._put(data)

    def under_pressure(self) -> bool:
        """Whether the terminal takes text more slowly than it comes."""
        writer = self._writer
        return self._held_back or (writer is not None and writer.behind() > BEHIND / 3)

    def _frame(self, data: str) -> None:
        writer = self._writer
        if writer is None:
            return
        if self._held_back or writer.behind() > BEHIND or writer.waiting > MOST_WAITING:
            # Not recorded as shown: the full picture that follows is compared with what the terminal really has.
            self.frames_dropped += 1
            if not self._held_back:
                self._held_back = True
                writer.tell_when_drained()
            return
        changes = self._rows.changes(data)
        if changes:
            self._put(f"{SYNC_START}{changes}{SYNC_END}" if self._in_sync else changes, frame=True)

    def _put(self, data: str, frame: bool = False) -> None:
        if self._writer is not None:
            self.bytes_sent += len(data)
            self._writer.write(data, frame)

    def _paint_anew(self) -> None:
        self._held_back = False
        if self._app.is_running:
            self._app.refresh(layout=True)

    def _drained(self) -> None:
        self._in_loop(self._paint_anew)

    def _gone(self) -> None:
        self._in_loop(partial(self._app.exit, return_code=HANG_UP_CODE))

    def _in_loop(self, call: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    # --- the terminal's modes ------------------------------------------------------------------------------------
    def start_application_mode(self) -> None:
        self._rows.forget()
        self._held_back = False
        self._writer = TerminalWriter(_OUTPUT, self._drained, self._gone)
        self._writer.start()
        super().start_application_mode()
        if self._writer_thread is not None:  # started by the line above; nothing is written through it
            self._writer_thread.stop()
            self._writer_thread = None
        guard.arm(self.attrs_before)

    def stop_application_mode(self) -> None:
        if self._writer is not None:
            self._writer.discard_frames()
        super().stop_application_mode()
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        guard.disarm()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
            self._writer = None

    def _get_terminal_size(self) -> tuple[int, int]:
        # Asked for at SIGWINCH: terminals move or cut what they show when their size changes.
        self._rows.forget()
        # A terminal that tells 0x0 must be 80x25 here because Rich takes it for that: with Textual's 24 lines the
        # two never agree, and the screen is laid out again for ever.
        return shutil.get_terminal_size(fallback=(80, 25))

    def send_message(self, message: Message) -> None:
        if isinstance(message, events.Resize):
            self._in_loop(self._rows.forget)
        super().send_message(message)

    # --- input ---------------------------------------------------------------------------------------------------
    def disable_input(self) -> None:
        os.write(self._wake_write, b"x")
        super().disable_input()

    def run_input_thread(self) -> None:
        """Read keys until told to stop. It sleeps while there are none, and ends the app when the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        ticks = 0
        self._forget_wakes()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = {key.fd for key, _ in selector.select(_TICK if ticks else None)}
                if self.fileno in ready:
                    data = self._read_keys()
                    if not data:
                        self._gone()
                        break
                    for message in parser.feed(decode(data)):
                        self.process_message(message)
                    ticks = _TICKS
                elif not ready:
                    ticks -= 1
                else:
                    time.sleep(0.001)  # woken to stop: the event is about to be set
                for message in parser.tick():
                    self.process_message(message)

    def _forget_wakes(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_read, 4096)

    def _read_keys(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""
