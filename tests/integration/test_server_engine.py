"""The real engine behind its socket: what a screen that went away misses is there when the next one comes."""

from collections.abc import Callable

import pytest

from codey_tui import __version__
from codey_tui.cli.site import Site
from codey_tui.protocol.events import (
    DELTAS,
    ActionProposed,
    Envelope,
    Event,
    PlanProposed,
    TokensGenerated,
    TurnEnded,
)
from codey_tui.protocol.ops import DecideAction, DecidePlan, SubmitPrompt
from codey_tui.protocol.queries import GetStatus
from codey_tui.server.lifecycle import attach
from codey_tui.server.remote import RemoteClient
from tests.fakes.served import eventually
from tests.fakes.shell import environment

pytestmark = pytest.mark.model


class Screen:
    """A client that keeps what it hears."""

    def __init__(self, site: Site, after: int = 0, env: dict[str, str] | None = None) -> None:
        self.client: RemoteClient = attach(site.place, site.engine_command(), version=__version__, env=environment(env))
        self.heard: list[Envelope] = []
        self.client.listen(self.heard.append, after)

    def await_event(self, kind: type[Event]) -> Envelope:
        """The first event of a kind, once it is there."""
        return eventually(lambda: next((e for e in list(self.heard) if isinstance(e.event, kind)), None), 60)

    def durable(self) -> list[Envelope]:
        return [envelope for envelope in self.heard if not isinstance(envelope.event, DELTAS)]

    def answer_all(self) -> None:
        """Say yes to the plan and to every action until the turn ends."""
        answered: set[str] = set()

        def done() -> bool:
            for envelope in list(self.heard):
                match envelope.event:
                    case PlanProposed(plan=plan) if plan.id not in answered:
                        answered.add(plan.id)
                        self.client.submit(DecidePlan(plan_id=plan.id, verdict="allow"))
                    case ActionProposed(action=action) if action.id not in answered:
                        answered.add(action.id)
                        self.client.submit(DecideAction(action_id=action.id, verdict="allow"))
                    case _:
                        pass
            return any(isinstance(envelope.event, TurnEnded) for envelope in list(self.heard))

        eventually(done, 60)


def test_a_question_waits_for_the_next_screen(site: Site):
    first = Screen(site, env={"CODEY_IDLE_EXIT_S": "0.3"})
    first.client.submit(SubmitPrompt(text="Create Fibonacci function"))
    proposed = first.await_event(PlanProposed)
    first.client.close()

    # the engine would end after 0.3 s without a client if a waiting question were no running turn
    watch = attach(site.place, site.engine_command(), version=__version__)
    eventually(lambda: watch.ask_now(GetStatus()).clients == 0)
    assert watch.ask_now(GetStatus()).busy
    watch.close()

    second = Screen(site)
    assert second.client.welcome.pid == first.client.welcome.pid
    assert second.await_event(PlanProposed) == proposed
    second.answer_all()
    assert (site.workspace / "fibonacci.py").exists()
    second.client.close()


def test_screens_that_come_and_go_miss_nothing(site: Site):
    steady = Screen(site, env={"CODEY_MAX_TOKENS_PER_S": "60"})
    steady.client.submit(SubmitPrompt(text="Create Fibonacci function"))
    plan = steady.await_event(PlanProposed).event
    assert isinstance(plan, PlanProposed)
    steady.client.submit(DecidePlan(plan_id=plan.plan.id, verdict="allow"))
    steady.await_event(TokensGenerated)

    pieced: list[Envelope] = []
    text = ""
    ended: Callable[[], bool] = lambda: any(isinstance(e.event, TurnEnded) for e in steady.heard)  # noqa: E731
    while not ended():
        screen = Screen(site, after=pieced[-1].seq if pieced else 0)
        eventually(lambda here=screen: here.heard)
        for question in [e.event for e in list(steady.heard) if isinstance(e.event, ActionProposed)]:
            screen.client.submit(DecideAction(action_id=question.action.id, verdict="allow"))
        screen.client.close()
        pieced += screen.durable()
        for envelope in screen.heard:
            if isinstance(envelope.event, TokensGenerated):
                text = text[: envelope.event.offset] + envelope.event.text
    last = Screen(site, after=pieced[-1].seq)
    eventually(lambda: pieced[-1].seq + len(last.durable()) >= last.client.ask_now(GetStatus()).seq)
    pieced += last.durable()
    last.client.close()

    fresh = Screen(site)
    eventually(lambda: len(fresh.durable()) >= len(pieced))
    turn = [envelope for envelope in pieced if envelope.turn]
    assert turn == [envelope for envelope in fresh.durable() if envelope.turn]
    assert turn == [envelope for envelope in steady.durable() if envelope.turn]
    assert text
    fresh.client.close()
    steady.client.close()
