"""Splits a request of several steps: numbered lists, bullets, and `do this and then do that`."""

import re
from typing import NamedTuple

from codey_tui.engine.router import spans
from codey_tui.engine.router.vocabulary import STEP_VERBS, without_politeness

MAX_STEPS = 24

_NUMBER = re.compile(r"(?:^|(?<=[\s;,.:]))(?:step\s+)?(\d{1,2})\s*[.):]\s+(?=\S)", re.IGNORECASE)
_LETTER = re.compile(r"(?:^|(?<=[\s;,.:]))([a-h])\)\s+(?=\S)", re.IGNORECASE)
_BULLET = re.compile(r"^\s*[-*•]\s+(.+)$", re.MULTILINE)
_THEN = re.compile(
    r"\s*(?:[,;.]\s*(?:and\s+|but\s+)?(?:then|after that|after which|afterwards?|finally|next|lastly|last)\b,?"
    r"|\s+and\s+(?:then|after that|afterwards|finally|lastly)\b,?|\s+followed by\s+|\s+then\b,?|;|\s+&&\s+|\s*(?:->|=>|→)\s*|\n+"
    r"|[,;.]?\s*\band\s+(?=(?:only\s+)?(?:if|when|once)\s))\s*",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*,\s*(?:and\s+|then\s+|finally\s+)*|\s+and\s+(?:finally\s+|then\s+)?", re.IGNORECASE)
_OPENING = re.compile(r"^\s*(?:first(?:ly)?|begin by|start by|to begin with)\b[\s,:]*", re.IGNORECASE)
_WENT_WELL = (
    r"(?:(?:the|all|these|those|they|it|that|this|everything|everybody|unit|tests?|suite|build|checks?|command|run|result)\s+)*"
    r"(?:(?:is|are|was|were|has|have|looks?|goes|went|turns? out)\s+)?(?:all\s+)?"
    r"(?:pass(?:es|ed)?|succeeds?|succeeded|works?|worked|ok|okay|green|fine|good|well|clean|successful|right)"
)
_CONDITION = re.compile(
    rf"^(?:but\s+)?(?:(?:only\s+)?(?:if|when|once|after)\s+{_WENT_WELL}|on success|if so)\s*(?:[,:]|\b)\s*(?:then\s+)?",
    re.IGNORECASE,
)
_CONDITION_AFTER = re.compile(
    rf"[\s,]+(?:but\s+)?(?:only\s+)?(?:if|when|once|provided|as soon as)\s+{_WENT_WELL}\s*\.?$", re.IGNORECASE
)
_OF_TESTS = re.compile(r"\btests?\b|\bsuite\b", re.IGNORECASE)
# A part that goes on about a thing, not a step of its own: "a function that reads a file and then prints it".
_RELATIVE = re.compile(r"\b(?:that|which|who|where|to|it|for)\s+(?!['\"`]?[\w.-]*[./])\w+", re.IGNORECASE)
# The arrow of `rename load -> read_all` stands between names, not between steps.
_MAPPED = re.compile(
    rf"\b(?:rename|replace|swap|move|mv|change)\s(?:(?!\s(?:to|into|as|with|by)\s)[^\n;,])+?(?P<arrow>->|=>|→)"
    rf"(?!\s*(?:{'|'.join(sorted(STEP_VERBS))})\s+(?!(?:in|inside|of|from|everywhere)\b)\S)",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")
# Verbs of what is done at once; lists of these are several orders also without a `then` between them.
_DEEDS = frozenset(
    "git run execute push pull commit install test pytest pip npm stage stash fetch merge checkout delete rename move copy mkdir "
    "launch start list read lint format refactor fix".split()
)
# What is done before something is written: after it any order is a step of its own.
_PREPARES = re.compile(
    r"(?:pip3?\s+|npm\s+)?install\s+\S|git\s+\S|(?:create|make|add|set\s?up)\s+(?:an?\s+|the\s+)?(?:new\s+|empty\s+|python\s+)*"
    r"(?:venv|virtual\s*env\w*|(?:folder|directory|dir)(?:\s+(?:named|called))?\s+['\"`]?[\w./-]+['\"`]?)$",
    re.IGNORECASE,
)
_ALONE = frozenset({"push", "pull", "commit", "pytest", "stash", "fetch", "lint"})


class Step(NamedTuple):
    """One step: its text without number and condition, and whether the step before it must have succeeded."""

    text: str
    if_succeeded: bool


def split(text: str) -> list[Step]:
    """The steps of `text`, two or more, or an empty list when it is one request. At most `MAX_STEPS`."""
    counted = _counted(text, _NUMBER, 1) or _counted(text, _LETTER, "a")
    if counted:
        return _steps(counted, chained=False)
    bullets = [match.group(1) for match in _BULLET.finditer(text)]
    if len(bullets) > 1 and all(_begins_with_verb(bullet) for bullet in bullets):
        return _steps(bullets, chained=False)
    text = _OPENING.sub("", without_politeness(text)) if not text.rstrip().endswith("?") else text
    return _steps(_chained(text) or _listed(text), chained=True) or _after_tests(text)


def _counted(text: str, mark: re.Pattern[str], first: int | str) -> list[str]:
    """The parts of `1. ... 2. ... 3. ...` or `a) ... b) ...`, without a gap from the first mark; at least two."""
    marks: list[re.Match[str]] = []
    for match in mark.finditer(text):
        wanted = str(first + len(marks)) if isinstance(first, int) else chr(ord(first) + len(marks))
        if match.group(1).lower() == wanted:
            marks.append(match)
    if len(marks) < 2:
        return []
    ends = [found.start() for found in marks[1:]] + [len(text)]
    parts = [_trimmed(text[found.end() : end]) for found, end in zip(marks, ends, strict=True)]
    lead = text[: marks[0].start()].strip()
    headed = not lead or (lead.endswith((":", ",", "-")) and len(spans.words(lead)) <= 12)
    return parts if headed or all(_begins_with_verb(part) for part in parts) else []


def _chained(text: str) -> list[str]:
    """The parts around `and then`: only where each begins with a verb of its own and none continues a relative clause. A part
    may itself be a list of deeds."""
    parts: list[str] = []
    for piece in _pieces(text, _THEN):
        if parts and (not _begins_with_verb(piece) or _RELATIVE.search(_QUOTES.sub("''", parts[-1]))):
            return []
        parts.append(piece)
    if len(parts) < 2 or not _begins_with_verb(parts[0]):
        return []
    return [deed for part in parts for deed in _listed(part) or [part]]


def _listed(text: str) -> list[str]:
    """The parts around commas and `and`, where each is a deed: `git pull, run the tests and push`."""
    parts = _pieces(text, _COMMA)
    found: list[str] = []
    verbs = STEP_VERBS if parts and _PREPARES.match(parts[0]) else _DEEDS
    for part in parts:
        said = spans.words(without_politeness(_CONDITION.sub("", part)))
        alone = said[:1] and said[0] in _ALONE
        if not said or said[0] not in verbs or not (len(said) > 1 or alone or spans.files(part)):
            return []
        if said == ["run", "it"] and found and verbs is STEP_VERBS:
            found.append(part)
            continue
        if said[-1] in {"it", "them", "that"} or _RELATIVE.search(_QUOTES.sub("''", part)):
            return []
        found.append(part)
    return found if len(found) > 1 else []


def _after_tests(text: str) -> list[Step]:
    """`if the tests pass, git push`: the tests are run first, though nobody said so."""
    for found, rest in ((_CONDITION.match(text), 1), (_CONDITION_AFTER.search(text), 0)):
        if found and _OF_TESTS.search(found.group()):
            body = (text[found.end() :] if rest else text[: found.start()]).strip(" \t\n,;.")
            if _begins_with_verb(body) and not _OF_TESTS.search(body):
                return [Step("run the tests", False), Step(body, True)]
    return []


def _pieces(text: str, between: re.Pattern[str]) -> list[str]:
    """`text` cut at a pattern, but never inside quotation marks; empty pieces are left out."""
    hidden = _QUOTES.sub(lambda quote: "\0" * len(quote.group()), text)
    hidden = _MAPPED.sub(lambda found: found.group().replace(found["arrow"], "\0" * len(found["arrow"])), hidden)
    pieces: list[str] = []
    start = 0
    for cut in between.finditer(hidden):
        pieces.append(text[start : cut.start()])
        start = cut.end()
    pieces.append(text[start:])
    return [piece for piece in map(_trimmed, pieces) if piece]


def _trimmed(piece: str) -> str:
    """A piece without what stands around it; a lone dot is an argument: `git add .`"""
    piece = piece.strip(" \t\n,;")
    return piece if piece.endswith(" .") else piece.strip(".")


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
