"""The prompts that the coder sends, built from the `.md` files beside this one; training uses the same functions."""

from functools import cache
from importlib import resources

from codey_tui.protocol.models import RouteKind

FENCE = "```"
README_FENCE = "````"
LABELS: dict[RouteKind, str] = {
    "calc": "<|calc|>",
    "tool": "<|tool|>",
    "question": "<|question|>",
    "code": "<|code|>",
    "steps": "<|steps|>",
    "fullstack": "<|fullstack|>",
    "clarify": "<|clarify|>",
}
"""The kinds of request, each with the single token with which a model that knows labels says it."""


@cache
def text(name: str) -> str:
    """The prompt text `name` (a file `<name>.md` in this package), without a final newline."""
    return (resources.files(__package__ or "codey_tui.engine.prompts") / f"{name}.md").read_text("utf-8").rstrip("\n")


def system() -> str:
    """The system prompt of the coder: it never changes within a session, so that the KV cache keeps it."""
    return text("system")


def new_file(request: str, path: str, *, instruction: str = "", context: str = "") -> str:
    """The user message that asks for one new file. `context` is Markdown about files that already exist."""
    parts = [f"Request: {request.strip()}"]
    if context:
        parts.append(context.strip())
    if instruction and instruction.strip() != request.strip():
        parts.append(f"Task: {instruction.strip()}")
    parts.append(f"File: {path}")
    return "\n".join(parts)


def edit_file(request: str, path: str, language: str, content: str, *, instruction: str = "") -> str:
    """The user message that asks for search/replace blocks on an existing file."""
    fence = README_FENCE if FENCE in content else FENCE
    parts = [f"Request: {request.strip()}"]
    if instruction and instruction.strip() != request.strip():
        parts.append(f"Task: {instruction.strip()}")
    parts += [f"Edit: {path}", f"{fence}{language}\n{content}\n{fence}", text("edit")]
    return "\n".join(parts)


def question(request: str, *, context: str = "") -> str:
    """The user message of a plain question."""
    return (f"{context.strip()}\n" if context else "") + f"Question: {request.strip()}"


def label(request: str) -> str:
    """The user message, without a system prompt, whose answer is one token of `LABELS`; the request is on one line."""
    return text("label").format(request=" ".join(request.split()))


def router(functions: str) -> str:
    """The system prompt of a language model that routes; `functions` is a line for each."""
    return text("router").format(functions=functions)


def repair(path: str, error: str) -> str:
    """The user message that hands a verifier's failure back: the file is written again, whole."""
    return text("repair").format(path=path, error=error.strip())


def rejected(path: str, problem: str) -> str:
    """A person's no to a whole file, or to parts of it, and why."""
    return text("rejected").format(path=path, problem=problem.strip())


def fence_for(kind: str, language: str) -> str:
    """The opening of the assistant turn: the fence with its info string and a newline."""
    return f"{README_FENCE if kind == 'readme' or language == 'markdown' else FENCE}{language}\n"
