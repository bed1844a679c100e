"""How turns are timed by their news, and in which order both sides are measured."""

import threading
import time
from pathlib import Path

from codey_tui.bench.reference import Speed
from codey_tui.bench.speed import Speeds
from codey_tui.bench.turns import Watcher
from codey_tui.protocol import events as ev
from codey_tui.protocol.chat import Message
from codey_tui.protocol.ops import CancelTurn, Op, SubmitPrompt
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import START, ScriptedClient, envelopes

FIRST_PIECE, PIECE, PAUSE_S = 70, 60, 0.02


class QuickEngine(ScriptedClient):
    """Takes turns as an engine with a quick model: many tokens come in one piece, and further ones until it is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self._cancelled = threading.Event()

    def submit(self, op: Op) -> None:
        super().submit(op)
        if isinstance(op, CancelTurn):
            self._cancelled.set()
        elif isinstance(op, SubmitPrompt):
            self._cancelled.clear()
            threading.Thread(target=self._answer, args=(op.text,), daemon=True).start()

    def _answer(self, prompt: str) -> None:
        self._tell(ev.TurnStarted(message=Message(id="m", role="user", text=prompt, at=START)))
        for done in (0, 250):
            self._tell(ev.PromptEvaluated(stream="a", done=done, total=250, cached=7))
            time.sleep(PAUSE_S)
        for number in range(50):
            self._tell(ev.TokensGenerated(stream="a", offset=number, text="x", tokens=FIRST_PIECE + number * PIECE))
            if self._cancelled.wait(PAUSE_S):
                break
        self._tell(ev.TurnEnded(result="cancelled", figures=script.FIGURES))

    def _tell(self, event: ev.Event) -> None:
        assert self._deliver is not None
        self._deliver(envelopes((event,))[0])


class Noting:
    """A reference that notes what it is asked for."""

    name, differs = "noting", ""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int, int]] = []

    def measure(self, prompt: int, tokens: int, *, before_prompt: int = 0, before_tokens: int = 0) -> Speed:
        self.asked.append((prompt, before_prompt, tokens, before_tokens))
        return Speed(prompt=100.0 if prompt else 0.0, generation=10.0 if tokens else 0.0)


def test_a_quick_model_is_not_stopped_before_it_can_be_timed() -> None:
    watcher = Watcher(QuickEngine())
    turn = watcher.turn("Tell me.", tokens=32)
    assert (turn.generated, turn.result) == (PIECE, "cancelled") and turn.generation_rate > 0
    assert watcher.turn("Read this.", tokens=1).generated == 0, "where nothing is to be said, the first piece ends it"


def test_sides_take_turns_in_going_first(tmp_path: Path) -> None:
    against, told = Noting(), list[str]()
    speeds = Speeds(QuickEngine(), against, n_ctx=1024, seconds=0.01, workspace=tmp_path, tell=told.append)
    rounds = list(speeds.rounds(3))
    assert [(one.prompt_tokens, one.reference) for one in rounds] == [(250, Speed(prompt=100.0, generation=10.0))] * 3
    assert [what.rpartition(" ")[2] for what in told[1:]] == ["Codey", "noting"] * 2 + ["noting", "Codey"] * 2 + [
        "Codey",
        "noting",
    ] * 2
    assert against.asked[0] == (250, 7, 0, 0) and against.asked[1][:2] == (0, 0) and against.asked[1][3] == 257
