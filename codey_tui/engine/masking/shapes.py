"""What keys look like by themselves: the prefixes that vendors give their keys, private key blocks, passwords in addresses.

Every pattern begins with a literal and goes on with one class of characters at a time, and cannot begin in the middle of a run of
its own characters: looking through a text takes time in proportion to its length, whatever stands in it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

MIN_RANDOM = 12
"""Characters that a run of letters and digits must have before it is taken for drawn at random."""


class Found(NamedTuple):
    """A key in a text, from `start` to before `end`, and what sort it is, in words."""

    start: int
    end: int
    label: str


class Shape(NamedTuple):
    """A sort of key: a text that holds none of the hints holds none of it. `random`: a run of it must look drawn at random, since
    the prefix alone is common."""

    label: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    random: bool = False


def _shape(label: str, hints: str, pattern: str, *, random: bool = False) -> Shape:
    return Shape(label, tuple(hints.split()), re.compile(pattern), random)


# As the vendors document them, and as gitleaks and detect-secrets look for them.
SHAPES = (
    _shape("AWS key", "AKIA ASIA ABIA ACCA", r"(?<![A-Za-z0-9/+])A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9/+])"),
    _shape("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{36,}"),
    _shape("GitHub token", "github_pat_", r"(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{22,}"),
    _shape(
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glimt- glagent- gloas-",
        r"(?<![A-Za-z0-9_.-])gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_.-]{20,}",
    ),
    _shape("Anthropic key", "sk-ant-", r"(?<![A-Za-z0-9_-])sk-ant-[A-Za-z0-9_-]{20,}"),
    _shape("OpenAI key", "sk-", r"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{20,}", random=True),
    _shape("Google key", "AIza", r"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _shape("Google token", "ya29.", r"(?<![A-Za-z0-9_.-])ya29\.[A-Za-z0-9_-]{20,}"),
    _shape("Google secret", "GOCSPX-", r"(?<![A-Za-z0-9_-])GOCSPX-[A-Za-z0-9_-]{28}"),
    _shape("Slack token", "xoxa- xoxb- xoxp- xoxr- xoxs- xoxe- xoxo- xoxc- xoxd-", r"(?<![A-Za-z0-9-])xox[abeoprscd]-[A-Za-z0-9%-]{10,}"),
    _shape("Slack token", "xapp-", r"(?<![A-Za-z0-9-])xapp-\d-[A-Za-z0-9-]{20,}"),
    _shape("Slack address", "hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/]{20,}"),
    _shape("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_", r"(?<![A-Za-z0-9_])[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    _shape("signing secret", "whsec_", r"(?<![A-Za-z0-9_])whsec_[A-Za-z0-9+/=]{20,}"),
    _shape("npm token", "npm_", r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _shape("PyPI token", "pypi-", r"(?<![A-Za-z0-9_-])pypi-[A-Za-z0-9_-]{50,}"),
    _shape("Hugging Face token", "hf_ api_org_", r"(?<![A-Za-z0-9_])(?:hf|api_org)_[A-Za-z0-9]{30,}(?![A-Za-z0-9_])", random=True),
    _shape("web token", "eyJ", r"(?<![A-Za-z0-9_.-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _shape("SendGrid key", "SG.", r"(?<![A-Za-z0-9_.-])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,}"),
    _shape("Docker token", "dckr_pat_ dckr_oat_", r"(?<![A-Za-z0-9_])dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    _shape("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"(?<![A-Za-z0-9_])do[por]_v1_[a-f0-9]{64}"),
    _shape("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"(?<![A-Za-z0-9_])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _shape("Vault token", "hvs. hvb.", r"(?<![A-Za-z0-9_.-])hv[sb]\.[A-Za-z0-9_-]{24,}"),
    _shape("Groq key", "gsk_", r"(?<![A-Za-z0-9_])gsk_[A-Za-z0-9]{40,}"),
    _shape("Databricks token", "dapi", r"(?<![A-Za-z0-9_])dapi[a-f0-9]{32}(?![A-Za-z0-9])"),
    _shape("Postman key", "PMAK-", r"(?<![A-Za-z0-9_-])PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _shape("Linear key", "lin_api_", r"(?<![A-Za-z0-9_])lin_api_[A-Za-z0-9]{40}"),
    _shape("age key", "AGE-SECRET-KEY-1", r"(?<![A-Z0-9-])AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _shape("Telegram token", ":AA", r"(?<![A-Za-z0-9:_-])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])"),
)  # fmt: skip

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>`]{0,128}:([^\s/@\"'<>`]{1,256})@[A-Za-z0-9\[]"
)
_BLOCK = re.compile(r"-----(BEGIN|END) (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=\s\\\"',:;.\-()#>]*")
_CODED = re.compile(r"[A-Za-z0-9+/=]{32,}")
_RUN = re.compile(r"[A-Za-z0-9]+")
_VARIABLE = re.compile(r"[${}%*<>]|^\.+$")


def shaped(text: str) -> Iterator[Found]:
    """Every key that is one by its shape, sort by sort; blocks first."""
    if "PRIVATE KEY" in text:
        yield from _blocks(text)
    for shape in SHAPES:
        if any(hint in text for hint in shape.hints):
            for match in shape.pattern.finditer(text):
                if not shape.random or drawn(match.group()):
                    yield Found(match.start(), match.end(), shape.label)
    if "://" in text:
        for match in _ADDRESS.finditer(text):
            if not _VARIABLE.search(match[1]):
                yield Found(match.start(1), match.end(1), "password")


def drawn(text: str) -> bool:
    """Whether some run of letters and digits in it looks drawn at random: long, and changing between small letters, capitals and digits
    far more often than words and numbers do."""
    return any(_changes(run.group()) for run in _RUN.finditer(text))


def _changes(run: str) -> bool:
    if len(run) < MIN_RANDOM or run.isdigit() or run.isalpha():
        return False
    kinds = ["d" if char.isdigit() else "u" if char.isupper() else "l" for char in run]
    changes = sum(kind != other for kind, other in pairwise(kinds))
    return changes >= 3 and changes * 5 >= len(run)


def _blocks(text: str) -> Iterator[Found]:
    """Private key blocks; also one whose end, or whose beginning, was cut off."""
    opened: re.Match[str] | None = None
    reached = 0
    for mark in _BLOCK.finditer(text):
        if mark[1] == "BEGIN":
            if opened is not None and (found := _cut_end(text, opened, mark.start())):
                yield found
            opened = mark
            reached = mark.end()
            continue
        start = opened.end() if opened is not None else reached
        found = _whole(text, opened, mark) if opened is not None else _cut_start(text, start, mark)
        if found:
            yield found
        opened, reached = None, mark.end()
    if opened is not None and (found := _cut_end(text, opened, len(text))):
        yield found


def _whole(text: str, opened: re.Match[str], closed: re.Match[str]) -> Found | None:
    body = text[opened.end() : closed.start()]
    if _coded(body) and _BODY.fullmatch(body):
        return Found(opened.start(), closed.end(), "private key")
    return _cut_end(text, opened, closed.start())


def _cut_end(text: str, opened: re.Match[str], limit: int) -> Found | None:
    body = _BODY.match(text, opened.end(), limit)
    if body is None or not _coded(body.group()):
        return None
    last = max(match.end() for match in _CODED.finditer(body.group()))
    return Found(opened.start(), opened.end() + last, "private key")


def _cut_start(text: str, start: int, closed: re.Match[str]) -> Found | None:
    """The lines of code before a lone end."""
    first = end = closed.start()
    while first > start:
        begin = text.rfind("\n", start, first - 1) + 1 or start
        line = text[begin:first].strip()
        least = 1 if first == end else 32  # only the last line is short
        if not least <= len(line) <= 76 or not re.fullmatch(r"[A-Za-z0-9+/=]*", line):
            break
        first = begin
    return Found(first, closed.end(), "private key") if _coded(text[first:end]) else None


def _coded(text: str) -> bool:
    """Whether it holds Base64, and no words only."""
    return any(drawn(match.group()) for match in _CODED.finditer(text))
