"""What a model with slots is asked: the shortest prompt for a chunk, with the names of the request behind slots."""

import re

from codey_tui.engine import prompts
from codey_tui.engine.chunks import CHUNKS
from codey_tui.engine.context import cut
from codey_tui.engine.slots.binding import NOTHING, Binding
from codey_tui.engine.slots.edits import bind_edit
from codey_tui.engine.slots.names import bind_entity, bind_name
from codey_tui.protocol.plan import Chunk

SHOWN_TOKENS = 120
"""Of a file whose edit cannot be bound this much is shown: enough to see that it is beyond the model."""


def ask_for_file(request: str, chunk: Chunk) -> tuple[str, Binding]:
    """The user message for one new file, and what its slots stand for.

    The request is shown in small letters, since a small model spells them best; a name behind a slot keeps its own. Earlier files are
    not shown: such a model has learned how the parts of an application fit together.
    """
    part = any(entry.instruction and entry.kind == chunk.kind for entry in CHUNKS)
    if part:
        binding = bind_entity(request)
        shown = prompts.new_file(binding.hide(request).lower(), _own_path(chunk.path), instruction=chunk.instruction)
        return shown, binding
    request = _without_path(chunk.instruction or request, chunk.path)
    binding = bind_name(request)
    return prompts.new_file(binding.hide(request).lower(), chunk.path), binding


def _without_path(request: str, path: str) -> str:
    """`request` without the place where the file is to go: the prompt says it once, as the file's path."""
    names = "|".join(re.escape(name) for name in (path, path.rpartition("/")[2]))
    place = (
        rf"\s*\b(?:(?:in|into|inside|to|at|as)(?:\s+(?:the|a|an|file|script|module|new|python))*(?:\s+(?:called|named))?|called|named)"
        rf"\s+[`'\"“]?(?:{names})(?![\w/])[`'\"”]?"
    )
    shorter = re.sub(r"\s+(?=[.,;:!?]|$)", "", " ".join(re.sub(place, " ", request, flags=re.IGNORECASE).split()))
    return shorter if len(shorter.split()) > 1 else request


def ask_for_edit(request: str, chunk: Chunk, text: str) -> tuple[str, Binding]:
    """The user message for an edit of the file `text`, and what its slots stand for. Raises `EditUnbound`."""
    request = chunk.instruction or request
    bound = bind_edit(request, text) if chunk.language == "python" else None
    if bound is None:
        return prompts.edit_file(request, chunk.path, chunk.language, cut(text, SHOWN_TOKENS)), NOTHING
    shown = prompts.edit_file(bound.binding.hide(request), chunk.path, chunk.language, bound.shown)
    return shown, bound.binding


def _own_path(path: str) -> str:
    """A path within its application: the folder that a second application in a workspace gets is left out."""
    folders = ("templates/", "static/")
    at = min((found for folder in folders if (found := path.find(folder)) >= 0), default=path.rfind("/") + 1)
    return path[at:]
