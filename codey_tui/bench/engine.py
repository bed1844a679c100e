"""An engine without a model, in a process of its own: a history of any length, then tokens at a steady rate.

`python -m codey_tui.bench.engine SOCKET MESSAGES RATE`. A submitted prompt starts the stream, which ends with the process.
"""

import contextlib
import itertools
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator

import msgspec

from codey_tui import __version__
from codey_tui.protocol.chat import Message
from codey_tui.protocol.events import (
    Envelope,
    Event,
    GaugesRead,
    MessageAdded,
    SessionOpened,
    TokensGenerated,
    TurnEnded,
    TurnStarted,
)
from codey_tui.protocol.models import Figures, Gauges, ModelInfo, SessionInfo
from codey_tui.protocol.ops import SubmitPrompt
from codey_tui.protocol.wire import WIRE_VERSION, Answered, Ask, ClientFrame, Delivered, Hello, Submit, Welcome

LAST = "the-last-of-the-history"
STREAMING = "Go on with it."
SESSION = SessionInfo(id="bench", title="Bench", created=0.0, updated=0.0)
MODEL = ModelInfo(id="bench", title="Bench", path="", state="ready")
ANSWER = (
    "It **works** like this: `total` is the sum of what came before, and the loop adds to it.\n\n"
    "- first the numbers are read\n- then they are added\n\n"
    "```python\ndef add(numbers: list[int]) -> int:\n    total = 0\n    for number in numbers:\n        total += number\n"
    "    return total\n```\n\n"
)
WORDS = tuple(word + " " for word in ANSWER.split(" "))


class BenchEngine:
    """Answers every connection: Ops and Queries on one, events on another."""

    def __init__(self, path: str, messages: int, rate: float) -> None:
        self._messages = messages
        self._rate = rate
        self._go = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()

    def serve(self) -> None:
        """Accept connections until the process is ended."""
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        decoder = msgspec.json.Decoder(ClientFrame)

        def send(frame: object) -> None:
            connection.sendall(msgspec.json.encode(frame) + b"\n")

        with contextlib.suppress(ConnectionError, BrokenPipeError):
            for line in lines:
                frame = decoder.decode(line)
                if isinstance(frame, Hello):
                    send(
                        Welcome(
                            wire=WIRE_VERSION,
                            version=frame.version or __version__,
                            pid=os.getpid(),
                            session="bench",
                            seq=0,
                        )
                    )
                    if frame.listen_after is not None:
                        for envelope in self._events():
                            send(Delivered(envelope=envelope))
                elif isinstance(frame, Submit) and isinstance(frame.op, SubmitPrompt):
                    self._go.set()
                elif isinstance(frame, Ask):
                    send(Answered(id=frame.id, error="The benchmark's engine answers no queries."))

    def _events(self) -> Iterator[Envelope]:
        seq = itertools.count(1)
        for turn, event in self._history():
            yield _envelope(next(seq), turn, event)
        last, turn = next(seq), self._messages // 2 + 1
        while not self._go.wait(1.0):
            yield _envelope(last, 0, _gauges())
        question = Message(id="question", role="user", text=STREAMING, at=time.time())
        yield _envelope(last + 1, turn, TurnStarted(message=question))
        offset = 0
        start = read = time.monotonic()
        for number in itertools.count(1):
            word = WORDS[number % len(WORDS)]
            time.sleep(max(0.0, start + number / self._rate - time.monotonic()))
            token = TokensGenerated(stream="answer", offset=offset, text=word, tokens=number)
            yield _envelope(last + 1, turn, token)
            offset += len(word)
            if time.monotonic() - read > 1.0:
                read = time.monotonic()
                yield _envelope(last + 1, turn, _gauges())

    def _history(self) -> Iterator[tuple[int, Event]]:
        yield 0, SessionOpened(session=SESSION, mode="ask", model=MODEL)
        for turn in range(1, self._messages // 2 + 1):
            ask = Message(id=f"q{turn}", role="user", text=f"Question {turn}: how does it work?", at=1.0 * turn)
            text = ANSWER + (LAST if turn == self._messages // 2 else "")
            yield turn, TurnStarted(message=ask)
            yield turn, MessageAdded(message=Message(id=f"a{turn}", role="assistant", text=text, at=1.0 * turn))
            yield turn, TurnEnded(result="done", figures=Figures())


def _envelope(seq: int, turn: int, event: Event) -> Envelope:
    return Envelope(seq=seq, session="bench", turn=turn, at=time.time(), event=event)


def _gauges() -> GaugesRead:
    """A reading that differs from the one before, as real ones do."""
    now = int(time.time())
    return GaugesRead(
        gauges=Gauges(
            engine_rss=60_000_000 + now % 97 * 4096,
            models_rss=150_000_000,
            budget=4_000_000_000,
            cpu_percent=50.0 + now % 40,
            temperature=48.0 + now % 7,
        )
    )


if __name__ == "__main__":
    BenchEngine(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])).serve()
