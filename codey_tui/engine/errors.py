"""Errors of the engine that end a turn with a sentence."""


class EngineError(Exception):
    """Base: the message is a sentence for the person."""


class TurnFailed(EngineError):
    """The turn cannot go on; `can_retry` says whether trying again makes sense, `beyond` that a larger model may do it."""

    beyond = False

    def __init__(self, sentence: str, *, can_retry: bool = True) -> None:
        super().__init__(sentence)
        self.can_retry = can_retry


class TurnRejected(EngineError):
    """The person said no to the plan or to an action."""


class StepFailed(EngineError):
    """One chunk came to nothing; the others go on where they do not need it."""
