"""Before a prompt is read: what it will cost, and whether a person wants to pay that."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from codey_tui.engine.approvals import Approvals
from codey_tui.engine.conversation import Conversation, room_for
from codey_tui.engine.errors import TurnRejected
from codey_tui.engine.prompt import Prompt
from codey_tui.inference.provider import ChatTurn, PromptHeld
from codey_tui.protocol import events as ev

NO_REUSE = (
    "{title} keeps one state for all that it has read, which can go on but not back: when the end of a prompt changes, all of "
    "it is read again."
)


@dataclass
class Reading:
    """How the prompts of a session are read. `ask_above_s` seconds is what reading may take unasked (0: anything)."""

    approvals: Approvals
    conversation: Conversation
    ask_above_s: float = 0.0
    told: set[str] = field(default_factory=set[str])  # models of which it was said that they cannot go back

    def prompt(self, messages: tuple[ChatTurn, ...], max_tokens: int, n_ctx: int) -> Prompt:
        """The messages with as many of the earlier turns as there is room for."""
        earlier = self.conversation.within(room_for(messages, max_tokens, n_ctx))
        return Prompt((messages[0], *earlier, *messages[1:]), len(earlier))

    async def decide(self, stream: str, held: PromptHeld, prompt: Prompt, emit: Callable[[ev.Event], None]) -> Prompt:
        """Ask whether to read a prompt that takes long; the prompt as it is to be sent. In the mode that asks nothing it is
        only told. Raises TurnRejected."""
        asked = self.approvals.mode != "auto"
        question = uuid.uuid4().hex
        emit(
            ev.PromptForecast(
                question_id=question,
                stream=stream,
                new=held.new,
                cached=held.cached + held.read,
                seconds=held.seconds,
                parts=prompt.parts,
                asked=asked,
            )
        )
        if not asked:
            return prompt
        try:
            decision = await self.approvals.ask(question)
        except BaseException:
            emit(ev.PromptDecided(question_id=question, verdict="reject", decided_by="cancel"))
            raise
        known = {part.id for part in prompt.parts}
        left_out = tuple(part for part in decision.chunks if part in known)
        emit(
            ev.PromptDecided(
                question_id=question, verdict=decision.verdict, decided_by=decision.decided_by, left_out=left_out
            )
        )
        if decision.verdict == "reject":
            raise TurnRejected("The prompt was not sent.")
        return prompt.without(left_out)
