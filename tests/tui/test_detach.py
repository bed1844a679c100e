"""Leaving the screen to itself: the shell says that the engine goes on and how to come back."""

from pathlib import Path

from tests.fakes.real_codey import RealCodey


def test_detaching_says_how_to_come_back_and_the_engine_stays(tmp_path: Path) -> None:
    with RealCodey(tmp_path) as codey:
        pid = codey.engine_pid()
        screen = codey.screen(columns=120, rows=36)
        assert screen.shows("Ask for something"), screen.text
        screen.send("/detach\r")
        assert screen.wait(20.0) == 0
        assert "the engine goes on" in screen.raw.decode()
        assert screen.raw.rindex(b"?1049l") < screen.raw.rindex(b"Detached")
        screen.kill()
        assert codey.engine_pid() == pid
