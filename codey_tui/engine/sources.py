"""Files that a request speaks of without meaning to change them: what a program reads or writes, what is translated, what `it` is."""

import re
import shlex
from pathlib import PurePosixPath

from codey_tui.engine import naming
from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.slots.edits import defined

DATA = frozenset(
    ".csv .tsv .json .xml .log .txt .yaml .yml .toml .ini .md .html .xlsx .pdf .png .jpg .jpeg .svg .zip".split()
)
"""Files that hold data: a program that is asked for reads or writes them, and is not written in their place."""
BINARY = frozenset(".db .sqlite .sqlite3 .db3 .xlsx .pdf .png .jpg .jpeg .zip .gz".split())
"""Files that cannot be edited as text."""

_PROGRAM = re.compile(
    r"\b(?:script|program|function|class|code|parser|tool|snippet|module|one-liner|command)"
    r"(?:\s*:\s|\s+(?:in\s+\w+\s+)?"
    r"(?:(?:that|which|for|of|reading|writing)\b|to\s+(?!\S*\.\w)\w|(?:called|named)\s+\S+\s+(?:that|which|to)\b))",
    re.IGNORECASE,
)
_USES = words.TASK_VERBS | frozenset(
    "read load open use take analyse analyze visualise visualize process import".split()
)
_PORT = re.compile(
    r"(?:convert|translate|port|rewrite|transform|turn)\s+(?:the\s+)?(?:file\s+|code\s+(?:in|of)\s+)?[`'\"@]*(?P<path>[\w./-]*\w)[`'\"]*\s+"
    r"(?:to|into|in|as)\s+(?P<form>\S.*)$",
    re.IGNORECASE,
)
_FORMATS = re.compile(
    r"(?:an? )?(?:json|csv|tsv|xml|ya?ml|toml|html|markdown|pdf|excel|sql(?:ite)?|dict(?:ionary)?)\b", re.IGNORECASE
)
_IT = re.compile(
    r"(?P<verb>\w+)(?: me)?\s+(?:it|them|that|this|the file)\b(?=\s*$|\s+(?:to|into|as|with|in|from|so|for|and|again)\b)",
    re.IGNORECASE,
)
_OF_ALL = frozenset({"commit", "push", "pull", "install"})
"""Orders whose `it` is all that was changed."""


_NAMED = re.compile(
    r"\b(?:function|method|class)\s+[`'\"]?(?P<said>[A-Za-z_]\w*)|(?<![\w./-])(?P<form>[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*)(?![\w./-])"
)
"""A name that stands after the word function or class, or has the form of an identifier."""


def defines(source: str, request: str) -> bool:
    """Whether the Python text `source` defines a function or class that a request names."""
    names = {match["said"] or match["form"] for match in _NAMED.finditer(request)}
    return not names.isdisjoint(defined(source))


def works_on(bare: str, path: str) -> bool:
    """Whether a request is for a program that reads or writes the data file `path`, and not for the file itself."""
    program = _PROGRAM.search(bare)
    return PurePosixPath(path).suffix.lower() in DATA and program is not None and program.end() <= bare.find(path)


def made_of(bare: str, path: str) -> str:
    """The name of a new file that does something with the file `path`, or says it in another language; nothing where neither is
    asked for."""
    suffix = PurePosixPath(path).suffix.lower()
    port = _PORT.match(bare)
    if port and port["path"] == path:
        if suffix in DATA:
            return naming.new_path(bare) if _FORMATS.match(port["form"]) else ""
        language = next((entry for entry in naming.LANGUAGES if entry.words.search(f"in {port['form']}")), None)
        if language and language.extension not in ("", suffix):
            return PurePosixPath(path).with_suffix(language.extension).as_posix()
    first, *rest = spans.words(bare) or [""]
    uses = first in _USES and not words.EDIT_VERBS.intersection(rest)
    named = first not in words.CODE_VERBS and works_on(bare, path)  # "script to parse data.csv"
    return naming.new_path(bare) if suffix in DATA and (uses or named) else ""


def said_out(step: str, named: str) -> str:
    """A step with the file that its `it` means: the one that the step before it names."""
    found = _IT.match(step)
    verb = found["verb"].lower() if found else ""
    if not found or not named or verb not in words.STEP_VERBS - words.CREATE_VERBS - _OF_ALL:
        return step
    return f"{found['verb']} {shlex.quote(named)}{step[found.end() :]}"
