"""Splits a request of several steps: numbered lists, bullets, and `do this and then do that`."""

import re
from typing import NamedTuple

from codey_tui.engine.router import spans
from codey_tui.engine.router.vocabulary import STEP_VERBS, without_politeness

MAX_STEPS = 24

_NUMBER = re.compile(r"(?:^|(?<=[\s;,.]))(?:step\s+)?(\d{1,2})\s*[.):]\s+(?=\S)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[-*•]\s+(.+)$", re.MULTILINE)
_THEN = re.compile(
    r"\s*(?:[,;.]\s*(?:and\s+)?(?:then|after that|afterwards|finally|next|lastly)\b,?|\s+and\s+(?:then|after that|finally)\b,?|"
    r"\s+then\b|;|\n+)\s*",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^(?:(?:only\s+)?(?:if|when|once|after)\s+(?:(?:the|all|these|those|they|it|that|this|everything|tests?|build|checks?)\s+)*"
    r"(?:pass(?:es|ed)?|succeeds?|succeeded|works?|worked|is ok|are ok|ok|green|are green|is green|is fine|are fine|successful|"
    r"is successful|goes well)|on success|if so)\s*[,:]?\s*(?:then\s+)?",
    re.IGNORECASE,
)
_CONDITION_AFTER = re.compile(
    r"[\s,]+(?:only\s+)?(?:if|when|once)\s+(?:(?:the|all|they|it|that|everything|tests?|build|checks?)\s+)*"
    r"(?:pass(?:es|ed)?|succeeds?|succeeded|works?|worked|ok|are green|is green|successful)\s*\.?$",
    re.IGNORECASE,
)
# A part that goes on about a thing, not a step of its own: "a function that reads a file and then prints it".
_RELATIVE = re.compile(r"\b(?:that|which|who|where|to|it|for)\s+\w+", re.IGNORECASE)


class Step(NamedTuple):
    """One step: its text without number and condition, and whether the step before it must have succeeded."""

    text: str
    if_succeeded: bool


def split(text: str) -> list[Step]:
    """The steps of `text`, two or more, or an empty list when it is one request. At most `MAX_STEPS`."""
    numbered = _numbered(text)
    if numbered:
        return _steps(numbered, chained=False)
    bullets = [match.group(1) for match in _BULLET.finditer(text)]
    if len(bullets) > 1 and all(_begins_with_verb(bullet) for bullet in bullets):
        return _steps(bullets, chained=False)
    return _steps(_chained(text), chained=True)


def _numbered(text: str) -> list[str]:
    """The parts of `1. ... 2. ... 3. ...`, numbered from 1 without a gap; at least two."""
    marks: list[re.Match[str]] = []
    for match in _NUMBER.finditer(text):
        if int(match.group(1)) == len(marks) + 1:
            marks.append(match)
    if len(marks) < 2:
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [text[mark.end() : end].strip(" \t\n;,.") for mark, end in zip(marks, ends, strict=True)]
    lead = text[: marks[0].start()].strip()
    headed = not lead or (lead.endswith((":", ",", "-")) and len(spans.words(lead)) <= 12)
    return parts if headed or all(_begins_with_verb(part) for part in parts) else []


def _chained(text: str) -> list[str]:
    """The parts around `and then`: only where each begins with a verb of its own and none continues a relative clause."""
    parts: list[str] = []
    for piece in _THEN.split(text):
        piece = piece.strip(" \t\n,;.")
        if not piece:
            continue
        if parts and (not _begins_with_verb(piece) or _RELATIVE.search(parts[-1])):
            return []
        parts.append(piece)
    return parts if len(parts) > 1 and _begins_with_verb(parts[0]) else []


def _begins_with_verb(part: str) -> bool:
    """Whether a part is an imperative: its first word, conditions and politeness aside, is a verb that Codey knows."""
    found = spans.words(without_politeness(_CONDITION.sub("", part.strip())))
    return bool(found) and found[0] in STEP_VERBS


def _steps(parts: list[str], *, chained: bool) -> list[Step]:
    """Parts with their conditions taken off; chained parts depend on the one before."""
    steps: list[Step] = []
    for part in parts[:MAX_STEPS]:
        body = _CONDITION_AFTER.sub("", _CONDITION.sub("", part.strip()))
        body = body.strip(" \t\n,;")
        if body:
            steps.append(Step(body, bool(steps) and (chained or body != part.strip(" \t\n,;"))))
    return steps if len(steps) > 1 else []
