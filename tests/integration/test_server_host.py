"""The engine's socket as any program sees it: JSON lines in, JSON lines out, and a sentence for what is wrong."""

import json
import os
import socket
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codey_tui.protocol.events import Noticed, TokensGenerated
from codey_tui.protocol.wire import WIRE_VERSION
from codey_tui.server.outbox import Outbox
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.served import Served, eventually, served


@pytest.fixture
def site(tmp_path: Path) -> Generator[Served]:
    with served(tmp_path / "run" / "e.sock", workspace=tmp_path) as it:
        yield it


class Line:
    """A bare socket that speaks lines, as `nc -U` would."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rwb")

    def say(self, **frame: Any) -> None:
        self.raw(json.dumps(frame).encode() + b"\n")

    def raw(self, data: bytes) -> None:
        self.file.write(data)
        self.file.flush()

    def hello(self, **fields: Any) -> None:
        self.say(
            **{"type": "Hello", "wire": WIRE_VERSION, "version": "0.0.0", "workspace": "", "client": "test"} | fields
        )

    def hear(self) -> dict[str, Any]:
        line = self.file.readline()
        return json.loads(line) if line else {}

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@contextmanager
def line_to(site: Served) -> Generator[Line]:
    line = Line(site.path)
    try:
        yield line
    finally:
        line.close()


def test_the_socket_is_private_and_goes_with_the_host(site: Served):
    assert stat.S_IMODE(site.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.path.parent.stat().st_mode) == 0o700
    assert list(site.path.parent.iterdir()) == [site.path]
    site.close()
    assert not site.path.exists()


def test_a_hello_is_welcomed_with_where_the_engine_stands(site: Served):
    with line_to(site) as line:
        line.hello()
        welcome = line.hear()
    assert welcome["type"] == "Welcome"
    assert (welcome["session"], welcome["seq"], welcome["pid"]) == ("s1", 1, os.getpid())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wire": 99}, "codey stop"),
        ({"version": "9.9.9"}, "codey 9.9.9"),
        ({"workspace": "/elsewhere"}, "not in /elsewhere"),
    ],
)
def test_a_client_that_does_not_fit_is_refused_with_a_sentence(site: Served, fields: dict[str, Any], sentence: str):
    with line_to(site) as line:
        line.hello(**fields)
        refused = line.hear()
        assert refused["type"] == "Refused"
        assert sentence in refused["reason"]
        assert line.hear() == {}


def test_control_is_welcome_whatever_its_version(site: Served):
    with line_to(site) as line:
        line.hello(client="control", version="9.9.9", wire=99)
        assert line.hear()["version"] == "0.0.0"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"type": "Ask", "id": 1, "query": {"type": "GetStatus"}}\n',
        b'{"type": "Hello"}\n',
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b"\n",
    ],
)
def test_what_is_no_hello_is_refused_and_the_host_goes_on(site: Served, data: bytes):
    with line_to(site) as line:
        line.raw(data)
        assert line.hear()["type"] == "Refused"
    with line_to(site) as line:
        line.hello()
        assert line.hear()["type"] == "Welcome"


def test_a_bad_frame_later_ends_only_that_connection(site: Served):
    with line_to(site) as good, line_to(site) as bad:
        for line in (good, bad):
            line.hello()
            line.hear()
        bad.say(type="Submit", op={"type": "Fly"})
        assert "Fly" in bad.hear()["reason"]
        good.say(type="Submit", op={"type": "SubmitPrompt", "text": "hi"})
        eventually(lambda: site.engine.ops)


def test_questions_are_answered_and_one_that_fails_says_why(site: Served):
    with line_to(site) as line:
        line.hello()
        line.hear()
        line.say(type="Ask", id=7, query={"type": "GetChunkText", "chunk_id": "c1"})
        assert line.hear() | {"error": ""} == {"type": "Answered", "id": 7, "answer": "text of c1", "error": ""}
        line.say(type="Ask", id=8, query={"type": "GetChunkText", "chunk_id": "missing"})
        assert line.hear()["error"] == "There is no chunk missing."


def test_events_are_replayed_after_the_number_a_client_names(site: Served):
    for number in range(3):
        site.do(site.engine.emit, Noticed(level="info", text=f"n{number}"))
    with line_to(site) as line:
        line.hello(listen_after=2, session="s1")
        line.hear()
        assert [line.hear()["envelope"]["seq"] for _ in range(2)] == [3, 4]
        site.do(site.engine.emit, Noticed(level="info", text="live"))
        assert line.hear()["envelope"]["event"]["text"] == "live"


def test_another_session_is_replayed_from_its_start(site: Served):
    with line_to(site) as line:
        line.hello(listen_after=1, session="older")
        line.hear()
        assert line.hear()["envelope"]["seq"] == 1


def test_a_slow_client_gets_merged_deltas_and_every_durable_event(site: Served):
    pieces = 200_000
    with line_to(site) as line:
        line.hello(listen_after=1, session="s1")
        line.hear()

        def flood() -> None:
            for number in range(pieces):
                site.engine.emit(TokensGenerated(stream="c1", offset=number, text="x", tokens=number))
                if number % 20_000 == 0:
                    site.engine.emit(Noticed(level="info", text=str(number)))

        site.do(flood)
        site.do(site.engine.emit, Noticed(level="info", text="last"))
        frames, notices, text = 0, [], ""
        while not notices or notices[-1] != "last":
            event = line.hear()["envelope"]["event"]
            frames += 1
            if event["type"] == "Noticed":
                notices.append(event["text"])
            else:
                text = text[: event["offset"]] + event["text"]
    assert notices == [*(str(n) for n in range(0, pieces, 20_000)), "last"]
    assert text == "x" * pieces
    assert frames < 100


def test_a_client_that_falls_too_far_behind_is_hung_up_on_and_can_come_back(tmp_path: Path):
    engine = FakeEngine()
    small = {"new_outbox": lambda: Outbox(max_backlog=100_000)}
    with served(tmp_path / "e.sock", engine, **small) as site, line_to(site) as line:
        line.hello(listen_after=0, session="s1")
        line.hear()
        for number in range(3000):
            site.do(engine.emit, Noticed(level="info", text=f"{number} " + "x" * 1000))
        seqs: list[int] = []
        while frame := line.hear():
            seqs.append(frame["envelope"]["seq"])
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) < 3001
        with line_to(site) as again:
            again.hello(listen_after=len(seqs), session="s1")
            again.hear()
            assert again.hear()["envelope"]["seq"] == len(seqs) + 1


def test_stop_engine_reaches_the_host_and_not_the_engine(site: Served):
    with line_to(site) as line:
        line.hello(client="control")
        line.hear()
        line.say(type="Submit", op={"type": "StopEngine"})
        eventually(site.host.stopped.is_set)
    assert site.engine.ops == []


def test_a_client_that_hangs_up_is_forgotten(site: Served):
    with line_to(site) as line:
        line.hello(listen_after=0)
        line.hear()
        eventually(lambda: site.engine.listeners)
    eventually(lambda: not site.engine.listeners and site.host.clients == 0)


def test_an_idle_host_stops_but_not_while_a_turn_runs_or_a_client_is_there(tmp_path: Path):
    engine = FakeEngine()
    engine.busy = True
    with served(tmp_path / "e.sock", engine, idle_exit_s=0.2) as site:
        with line_to(site) as line:
            line.hello()
            line.hear()
            site.do(lambda: None)
            assert not site.host.stopped.is_set()
        assert not site.host.stopped.is_set()
        site.do(engine.end_turn)
        eventually(site.host.stopped.is_set)
