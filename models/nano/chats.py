"""Chats as the engine sends them, in ChatML: shared by the corpus, the trainer and the measurement."""

from dataclasses import dataclass

from codey_tui.engine import prompts
from codey_tui.engine.slots import ask_for_file
from codey_tui.protocol.plan import Chunk

BEYOND = "<|beyond|>"
"""The whole answer to a request outside the range; the engine turns it into a sentence."""
END = "<|im_end|>"

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Example:
    """One chat: turns of (role, text), the start of the answer that is given, and the answer that is learned."""

    turns: Turns
    prefill: str
    target: str


def chat(turns: Turns) -> str:
    """The turns in ChatML, up to and including the opening of the assistant's turn."""
    return "".join(f"<|im_start|>{role}\n{text}{END}\n" for role, text in turns) + "<|im_start|>assistant\n"


def file_turns(request: str, path: str) -> Turns:
    """The turns of a request for one new file, as the engine sends them."""
    return (("system", prompts.system()), ("user", prompts.new_file(request, path)))


def asked_turns(request: str, path: str, language: str) -> tuple[Turns, bool]:
    """The turns of a request for one new file as the engine sends them, with a name behind a slot; and whether it found one."""
    user, binding = ask_for_file(request, Chunk(id="1", kind="source_file", title="", path=path, language=language))
    return (("system", prompts.system()), ("user", user)), "fn" in binding.values


def edit_turns(request: str, path: str, shown: str) -> Turns:
    """The turns of an edit of a Python file, of which `shown` is to be seen."""
    return (("system", prompts.system()), ("user", prompts.edit_file(request, path, "python", shown)))


def label_turns(request: str) -> Turns:
    """The turn that asks for the kind of a request: alone, so that little has to be read."""
    return (("user", prompts.label(request)),)


def question_turns(request: str, context: str = "") -> Turns:
    """The turns of a plain question, as the engine sends them."""
    return (("system", prompts.system()), ("user", prompts.question(request, context=context)))


def file_target(source: str) -> str:
    """A file's content with the closing fence and the end of the turn."""
    return f"{source.rstrip()}\n{prompts.FENCE}{END}"
