"""`codey run`: one prompt, from its submission to the end of its turn, told in lines or as JSON events."""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from codey_tui.cli.asking import Asker
from codey_tui.cli.connect import open_client
from codey_tui.cli.failure import FAILED, NEEDS_ANSWER, InputError, say_error
from codey_tui.cli.narrator import Narrator
from codey_tui.cli.site import open_site
from codey_tui.cli.terminal import is_interactive, json_line, plain
from codey_tui.protocol.actions import Verdict
from codey_tui.protocol.client import Client, EngineGone
from codey_tui.protocol.events import (
    ActionProposed,
    ActionSettled,
    Envelope,
    Noticed,
    PlanDecided,
    PlanProposed,
    PromptForecast,
    PromptQueued,
    RouteChosen,
    TurnEnded,
    TurnPaused,
    TurnResumed,
    TurnStarted,
)
from codey_tui.protocol.ops import CancelTurn, DecideAction, DecidePlan, DecidePrompt, ResumeTurn, SubmitPrompt
from codey_tui.protocol.queries import GetStatus
from codey_tui.settings import OnLowBattery

Approve = Literal["ask", "all", "none"]
MAX_PROMPT_BYTES = 1024 * 1024
CANCEL_S = 10.0


def run_prompt(
    prompt: str, workspace: Path | None, flags: Mapping[str, object], *, approve: Approve, as_json: bool, new: bool
) -> int:
    """Run one prompt to its end; gives the exit status."""
    text = _read_prompt(prompt)
    site = open_site(workspace, flags)
    person = approve == "ask" and is_interactive() and prompt != "-" and not as_json

    async def work() -> int:
        run = _Run(approve, person=person, as_json=as_json, on_low_battery=site.settings.on_low_battery)
        async with open_client(site, new=new, on_gone=run.engine_gone, on_notice=run.notice) as client:
            return await run.carry_out(client, text)

    return asyncio.run(work())


def _read_prompt(prompt: str) -> str:
    if prompt == "-":
        try:
            prompt = sys.stdin.buffer.read(MAX_PROMPT_BYTES + 1).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"The prompt on standard input is not UTF-8 text ({error}).") from error
    if len(prompt.encode("utf-8", "surrogateescape")) > MAX_PROMPT_BYTES:
        raise InputError(f"The prompt is longer than {MAX_PROMPT_BYTES} bytes.")
    if not prompt.strip():
        raise InputError("The prompt is empty: say what you want done.")
    if not prompt.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in prompt):
        raise InputError("The prompt is not UTF-8 text.")
    return prompt


class _Run:
    """One turn seen from outside. Envelopes come from any thread into a queue and are taken up on the loop."""

    def __init__(self, approve: Approve, *, person: bool, as_json: bool, on_low_battery: OnLowBattery) -> None:
        self._approve = approve
        self._as_json = as_json
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Envelope | Exception | None] = asyncio.Queue()  # None: leave now
        self._asker = Asker() if person else None
        self._narrator = Narrator()
        self._turn = 0
        self._signal = 0
        self._unanswered = ""
        self._on_low_battery: OnLowBattery = on_low_battery
        self._stopped = ""
        self._unclear = False  # the turn ends with a question back
        self._question: asyncio.Task[None] | None = None

    def engine_gone(self, reason: str) -> None:
        """The engine in another process has ended; from any thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, EngineGone(reason))

    def notice(self, event: Noticed) -> None:
        """What the engine says at its start, such as tools that are not trusted. JSON lines hold events of sessions only."""
        if not self._as_json:
            self._narrator.tell(event)

    async def carry_out(self, client: Client, text: str) -> int:
        """Submit the prompt and follow its turn; gives the exit status."""
        after = (await client.ask(GetStatus())).seq

        def deliver(envelope: Envelope) -> None:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, envelope)

        unsubscribe = client.listen(deliver, after)
        self._loop.set_exception_handler(self._unforeseen)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            self._loop.add_signal_handler(number, self._interrupt, client, number)
        try:
            client.submit(SubmitPrompt(text=text))
            return await self._follow(client, text)
        except BrokenPipeError:
            if self._turn:
                client.submit(CancelTurn())
            raise
        finally:
            for number in numbers:
                self._loop.remove_signal_handler(number)
            self._drop_question()
            self._narrator.close()
            unsubscribe()

    async def _follow(self, client: Client, text: str) -> int:
        while (item := await self._queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            event = item.event
            if isinstance(event, TurnStarted) and not self._turn and event.message.text == text:
                self._turn = item.turn
            self._tell(item)
            if isinstance(event, Noticed) and event.level == "error" and not self._turn:
                return FAILED  # the engine could not even begin
            if not self._turn or item.turn != self._turn:
                continue
            self._answer(client, item)
            if isinstance(event, TurnEnded):
                return self._status(event)
        return 128 + self._signal

    def _unforeseen(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An engine in this process failed outside a turn: without this the turn would be waited for in vain."""
        error = context.get("exception")
        self._queue.put_nowait(error if isinstance(error, Exception) else RuntimeError(context["message"]))

    def _tell(self, item: Envelope) -> None:
        if self._as_json:
            sys.stdout.buffer.write(json_line(item).encode() + b"\n")
            sys.stdout.buffer.flush()
        elif (self._turn and item.turn == self._turn) or isinstance(item.event, Noticed | PromptQueued):
            self._narrator.tell(item.event)

    def _answer(self, client: Client, item: Envelope) -> None:
        match item.event:
            case PlanProposed(plan=plan):

                def decide_plan(verdict: Verdict, reason: str) -> None:
                    client.submit(DecidePlan(plan_id=plan.id, verdict=verdict, reason=reason))

                self._decide("the plan", decide_plan)
            case ActionProposed(action=action, preview=preview):

                def decide_action(verdict: Verdict, reason: str) -> None:
                    client.submit(DecideAction(action_id=action.id, verdict=verdict, reason=reason))

                self._decide(plain(preview.title) or action.tool, decide_action)
            case PromptForecast(question_id=question, asked=True):
                # It was told, it only takes time, and ctrl+c ends it.
                client.submit(DecidePrompt(question_id=question, verdict="allow"))
            case RouteChosen(route=route):
                self._unclear = route.kind == "clarify" and route.decided_by not in {"rule:greeting", "rule:help"}
            case TurnPaused():
                self._paused(client)
            case PlanDecided() | ActionSettled() | TurnResumed():
                self._drop_question()  # answered here, or on another screen first
            case _:
                return

    def _paused(self, client: Client) -> None:
        """The battery is low: go on, stop, or ask whoever is there."""

        def decide(verdict: Verdict, reason: str) -> None:
            client.submit(ResumeTurn() if verdict == "allow" else CancelTurn())

        if self._on_low_battery == "continue":
            decide("allow", "")
        elif self._on_low_battery == "pause" and self._asker is not None:
            self._narrator.close()
            self._question = asyncio.create_task(self._ask(self._asker, "the next step on a low battery", decide))
        else:
            why = (
                "as on_low_battery says" if self._on_low_battery == "stop" else "since nobody is there to let it go on"
            )
            self._stopped = (
                f"The battery is low, so the turn was stopped before its next step, {why}. "
                "`--on-low-battery continue` goes on all the same."
            )
            decide("reject", "")

    def _decide(self, what: str, decide: Callable[[Verdict, str], None]) -> None:
        if self._approve == "all":
            decide("allow", "")
        elif self._asker is not None:
            self._narrator.close()
            self._question = asyncio.create_task(self._ask(self._asker, what, decide))
        else:
            self._unanswered = what
            decide("reject", "Nobody was there to answer.")

    async def _ask(self, asker: Asker, what: str, decide: Callable[[Verdict, str], None]) -> None:
        if await asker.ask(f"Allow {what}? [y/n] "):
            decide("allow", "")
        else:
            decide("reject", "Rejected at the terminal.")

    def _drop_question(self) -> None:
        if self._question is not None:
            self._question.cancel()
            self._question = None

    def _interrupt(self, client: Client, number: int) -> None:
        """The first time: cancel the turn and wait for its end, but not for ever. The second time: leave."""
        again, self._signal = bool(self._signal), number
        if again or not self._turn:
            self._queue.put_nowait(None)
            return
        self._drop_question()
        client.submit(CancelTurn())
        self._loop.call_later(CANCEL_S, self._queue.put_nowait, None)

    def _status(self, event: TurnEnded) -> int:
        if self._signal:
            return 128 + self._signal
        self._narrator.close()
        if self._unanswered:
            say_error(
                f"An answer was needed for {self._unanswered}, and nobody could give one, so it was rejected."
                " Run it in a terminal, or with --approve all."
            )
            return NEEDS_ANSWER
        if self._stopped and event.result == "cancelled":
            say_error(plain(self._stopped))
            return FAILED
        if event.result == "done":
            return NEEDS_ANSWER if self._unclear else 0
        say_error(plain(event.reason) or f"The turn was {event.result}.")
        return FAILED
