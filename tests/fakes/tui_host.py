"""A tiny app for pty tests, run as a process: `python tui_host.py DRIVER WHAT`, DRIVER one of codey, plain.
The number of tokens shown goes into a file if a third argument names one."""

import atexit
import os
import signal
import sys
import time
from pathlib import Path

from textual.app import App, ComposeResult
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import Input, Static

from codey_tui.tui.driver.driver import CodeyDriver
from codey_tui.tui.driver.guard import install_signals
from codey_tui.tui.widgets.transcript import Entry, Transcript

WORDS = "the engine writes **words** into `a.py` and 漢字 too\n\n- an item\n\n```python\nx = [1, 2]\n```\n\n".split(" ")


LAST = 150  # tokens of a stream that ends


class Host(App[None]):
    """A transcript that is written to, a line that echoes, a counter that shows the loop is alive."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#beat { height: 1; } Input { height: 3; }"

    def __init__(self, driver: str, what: str) -> None:
        super().__init__(driver_class=CodeyDriver if driver == "codey" else LinuxDriver)
        self.what = what
        self.count = 0

    def compose(self) -> ComposeResult:
        yield Transcript()
        yield Static("READY", id="beat")
        yield Input()

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        if isinstance(self._driver, CodeyDriver):
            install_signals(self)
            signal.signal(signal.SIGUSR1, leave_by_force)
        if self.what.startswith("stream"):
            self.query_one(Transcript).load([Entry(str(n), "user", f"message {n}") for n in range(50)])
            self.timer = self.set_interval(0.01, self.token)
        if self.what == "crash":
            self.set_timer(0.2, self.crash)
        if self.what == "ignore-hangup":
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if self.what == "hang":
            self.set_timer(0.2, self.hang)
        if self.what == "hard-exit":  # the loop is left without Textual's own clean-up
            self.set_timer(0.2, lambda: signal.raise_signal(signal.SIGUSR1))

    def token(self) -> None:
        self.count += 1
        self.query_one(Transcript).append("answer", WORDS[self.count % len(WORDS)] + " ")
        if len(sys.argv) > 3:
            Path(sys.argv[3]).write_text(str(self.count))
        if self.count == LAST and self.what == "stream":
            self.timer.stop()
            self.query_one("#beat", Static).update("DONE")

    def crash(self) -> None:
        raise RuntimeError("the host was told to crash")

    def hang(self) -> None:
        Path(sys.argv[3]).write_text("1")
        time.sleep(3600)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value == "quit":
            self.exit()


def leave_by_force(_number: int, _frame: object) -> None:
    """End the interpreter at once, with its exit handlers but none of the app's."""
    atexit._run_exitfuncs()
    os._exit(3)


if __name__ == "__main__":
    host = Host(sys.argv[1], sys.argv[2])
    host.run()
    sys.exit(host.return_code)
