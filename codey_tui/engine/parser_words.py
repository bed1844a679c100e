"""What the stream parser recognises: fences, prose before code, refusals, and file names around a block."""

import re
from typing import Literal

from codey_tui.engine.router.spans import looks_like_file

MARKDOWN = frozenset({"markdown", "md"})
PLAIN = frozenset({"", "text", "txt", "plaintext"})
CONSOLE = frozenset(
    {"bash", "sh", "shell", "zsh", "console", "terminal", "shell-session", "text", "plaintext", "output"}
)
MAY_BE_EMPTY = frozenset({"__init__.py", ".gitkeep", "py.typed"})

FENCE_LINE = re.compile(r"^\s{0,3}(`{3,})([^`]*)$")
REFUSAL = re.compile(
    r"(?:I(?:'|’)?m (?:sorry|afraid|unable)|I am (?:sorry|afraid|unable)|Sorry,|I apologi[sz]e|I (?:can(?:'|’)?t|cannot|can not|"
    r"won(?:'|’)?t|will not)\b|Unfortunately,? I\b|As an AI\b)",
    re.IGNORECASE,
)
_OPENERS = re.compile(
    r"(?:sure|certainly|of course|absolutely|great|okay|ok|here(?:'|’)?s|here is|here are|below is|below are|the following|"
    r"i(?:'|’)ll|i will|i have|i(?:'|’)ve|let me|let(?:'|’)?s|to (?:create|write|implement|solve|do|fix|build) (?:this|the|an?)|"
    r"you can|we can|this is (?:the|an?)|first,|explanation)\b",
    re.IGNORECASE,
)
_CODE_CHARS = re.compile(r"[=(){}\[\];<>#@$\\|]|^\s|^[\"'/*%\-]")


def prose(line: str, *, markdown: bool) -> Literal["", "likely", "certain"]:
    """Whether a first line is talk about code and not code. In Markdown only the usual openers count."""
    text = line.strip()
    if REFUSAL.match(text):
        return "certain"
    if _OPENERS.match(text) and len(text.split()) >= 2 and not _CODE_CHARS.search(text):
        return "certain"
    if markdown:
        return ""
    if looks_like_file(text.strip("*`:# ").removeprefix("File: ").removeprefix("file: ")):
        return "certain"
    if not text[:1].isupper() or _CODE_CHARS.search(line):
        return ""
    words = text.split()
    if len(words) >= 3 and text.endswith(":"):
        return "certain"
    return "likely" if len(words) >= 4 else ""


def is_console(info: str) -> bool:
    """Whether an info string marks commands or output."""
    return (info.split() or [""])[0].lower() in CONSOLE


def file_name(text: str) -> str:
    """A file name in an info string (`python app.py`, `python:app.py`, `title="app.py"`) or in a heading above a block."""
    for word in re.split(r"[\s:=,]+", text):
        bare = word.strip("*`\"'()#.")
        if bare and looks_like_file(bare):
            return bare
    return ""


def file_comment(line: str) -> str:
    """The file name of a first comment such as `# app.py` or `<!-- templates/index.html -->`."""
    match = re.match(r"^\s*(?:#|//|<!--|/\*|--)\s*(\S+)", line)
    return match.group(1) if match and looks_like_file(match.group(1)) else ""
