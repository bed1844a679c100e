"""Turns chat turns into the prompt text that a model was trained on, by the template of its GGUF file."""

from collections.abc import Sequence
from typing import Any, cast

from jinja2 import TemplateError
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from codey_tui.inference.provider import ChatTurn

# What most small instruction models understand, for a file that brings no template or one that Jinja cannot read.
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


# A template is a program of the model's maker: it may also add a text to nothing, or ask for what is not there.
_REFUSED = (TemplateError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


class TemplateFailed(Exception):
    """The model's template refuses these turns; the text is the template's own reason."""


class ChatTemplate:
    """A compiled chat template."""

    def __init__(self, template: str, *, bos: str, eos: str) -> None:
        self.bos = bos
        try:
            self._format = Jinja2ChatFormatter(template=template or CHATML, eos_token=eos, bos_token=bos)
        except TemplateError:
            self._format = Jinja2ChatFormatter(template=CHATML, eos_token=eos, bos_token=bos)

    def render(self, turns: Sequence[ChatTurn], prefill: str, functions: Sequence[dict[str, Any]] = ()) -> str:
        """The prompt, up to and with the start of the assistant turn. Raises `TemplateFailed`."""
        try:
            return self._render(turns, functions) + prefill
        except _REFUSED as first:
            merged = _without_system(turns)
            if merged is None:
                raise TemplateFailed(str(first)) from first
        try:
            return self._render(merged, functions) + prefill
        except _REFUSED as error:
            raise TemplateFailed(str(error)) from error

    def _render(self, turns: Sequence[ChatTurn], functions: Sequence[dict[str, Any]]) -> str:
        messages = cast("Any", [{"role": turn.role, "content": turn.text} for turn in turns])
        return self._format(messages=messages, tools=cast("Any", list(functions) or None)).prompt


def _without_system(turns: Sequence[ChatTurn]) -> list[ChatTurn] | None:
    """The system text put before the first user turn, as templates without a system role want it."""
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    if not system or not rest or rest[0].role != "user":
        return None
    return [ChatTurn(role="user", text=f"{system}\n\n{rest[0].text}"), *rest[1:]]
