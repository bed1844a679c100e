"""The driver in a real terminal: fewer bytes for the same picture, no waiting, no terminal left in a bad state."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from codey_tui.tui.driver.sequences import RESTORE_SEQUENCES
from tests.fakes.pty_harness import Emulated
from tests.fakes.tui_host import LAST

ROOT = Path(__file__).parents[2]
HOST = str(ROOT / "tests" / "fakes" / "tui_host.py")
MODES_OF_THE_APP = {1000, 1002, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048}


def host(driver: str, what: str, *more: str) -> Emulated:
    return Emulated(
        [sys.executable, HOST, driver, what, *more], env={"PYTHONPATH": str(ROOT)}, cwd=str(ROOT), columns=80, rows=24
    )


@pytest.fixture
def idle() -> Iterator[Emulated]:
    with host("codey", "idle") as terminal:
        assert terminal.shows("READY"), terminal.text
        yield terminal


@cache
def stream(driver: str) -> tuple[int, list[list[tuple[str, str, str, bool]]]]:
    with host(driver, "stream") as terminal:
        assert terminal.shows("READY") and terminal.shows("DONE"), terminal.text
        terminal.send("end")
        assert terminal.shows("end")
        return terminal.bytes_read, terminal.picture()


def test_same_picture_for_fewer_bytes() -> None:
    plain_bytes, plain = stream("plain")
    codey_bytes, codey = stream("codey")
    assert codey == plain
    assert codey_bytes < 0.75 * plain_bytes


def test_resize_paints_all_again(idle: Emulated) -> None:
    idle.send("hello")
    assert idle.shows("hello")
    idle.emulator.reset()
    idle.resize(60, 20)
    assert idle.shows("hello") and idle.shows("READY")


def tokens(file: Path) -> int:
    """How far the app has come; asked without reading the terminal."""
    return int((file.read_text() if file.exists() else "") or 0)


def wait_for_tokens(file: Path, count: int) -> None:
    deadline = time.monotonic() + 30
    while tokens(file) < count:
        assert time.monotonic() < deadline, f"the app stands still at {tokens(file)} tokens"
        time.sleep(0.02)


def test_stalled_terminal_does_not_stop_the_app(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    with host("codey", "stream-on", str(beat)) as terminal:
        assert terminal.shows("READY")
        # Nobody reads the terminal, and much more is painted meanwhile than a pty holds.
        wait_for_tokens(beat, tokens(beat) + 300)
        before = terminal.bytes_read
        terminal.send("back")
        assert terminal.shows("back"), terminal.text
        assert terminal.bytes_read - before < 64 * 1024, "a stalled terminal got all it missed instead of one picture"


def test_full_picture_after_a_stall(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    with host("codey", "stream", str(beat)) as terminal:
        assert terminal.shows("READY")
        wait_for_tokens(beat, LAST)
        assert terminal.shows("DONE"), terminal.text
        terminal.send("end")
        assert terminal.shows("end")
        assert terminal.picture() == stream("plain")[1]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_app_and_restores_the_terminal(idle: Emulated, number: signal.Signals) -> None:
    os.kill(idle.pid, number)
    status = idle.wait()
    assert status is not None and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 128 + number
    assert_restored(idle)


def test_hang_of_the_app_does_not_outlive_a_signal(tmp_path: Path) -> None:
    with host("codey", "hang", str(tmp_path / "beat")) as terminal:
        assert terminal.shows("READY")
        wait_for_tokens(tmp_path / "beat", 1)
        os.kill(terminal.pid, signal.SIGTERM)
        status = terminal.wait()
        assert status is not None and os.WEXITSTATUS(status) == 128 + signal.SIGTERM
        assert_restored(terminal)


def test_hang_up_ends_the_app() -> None:
    """The terminal vanishes under a stream of output: SIGHUP comes, and every write fails with EIO."""
    for _ in range(5):
        with host("codey", "stream") as terminal:
            assert terminal.shows("READY")
            terminal.hang_up()
            assert terminal.wait() is not None


def test_lost_terminal_ends_the_app_without_a_signal() -> None:
    """As `nohup` does: SIGHUP is ignored by a parent, so that only the failing terminal tells."""
    with host("codey", "ignore-hangup") as terminal:
        assert terminal.shows("READY"), terminal.text
        terminal.hang_up()
        assert terminal.wait() is not None


@pytest.mark.parametrize("what", ["crash", "hard-exit"])
def test_crash_restores_the_terminal(what: str) -> None:
    with host("codey", what) as terminal:
        assert terminal.wait() is not None
        assert_restored(terminal)
        if what == "crash":
            assert b"the host was told to crash" in terminal.raw.split(b"\x1b[?1049l")[-1]


def test_no_focus_reports_are_asked_for(idle: Emulated) -> None:
    assert 1004 not in idle.modes
    assert b"\x1b[?1004h" not in idle.raw


def test_restore_sequences_undo_every_mode(idle: Emulated) -> None:
    """What `codey reset` prints is enough after a kill -9."""
    os.kill(idle.pid, signal.SIGKILL)
    assert idle.wait() is not None
    assert idle.modes & MODES_OF_THE_APP
    idle.feed(RESTORE_SEQUENCES.encode())
    assert not idle.modes & MODES_OF_THE_APP
    assert {7, 25} <= idle.modes


def test_keys_arrive_whole(idle: Emulated) -> None:
    """Letters, an arrow as an escape sequence, a lone escape, characters of several bytes, a paste."""
    idle.send("ab\x1b[A\x1b[Bcé漢\x1b")
    assert idle.shows("abcé")
    idle.send("z\x1b[200~ pasted\x1b[201~")
    assert idle.shows("pasted")
    assert "[" not in idle.text
    idle.send("\r")


def assert_restored(terminal: Emulated) -> None:
    assert not terminal.modes & MODES_OF_THE_APP
    assert {7, 25} <= terminal.modes
    assert terminal.cooked()
