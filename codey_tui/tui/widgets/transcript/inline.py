"""Inline Markdown to styled text: emphasis, code, links, strikethrough, escapes. Styles are theme variables only."""

import re
from functools import lru_cache

from textual.content import Content, Span

CODE = "$text-warning on $surface-lighten-1"
LINK = "$text-accent underline"
URL = "$text-muted"

_TOKENS = re.compile(
    r"\\(?P<escape>[\\`*_{}\[\]()#+\-.!~|<>])"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]]*)\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)"
    r"|<?(?P<bare>https?://[^\s<>\"'`)\]]+[^\s<>\"'`)\].,;:!?*_])>?"
    r"|\*\*(?P<bold>(?=\S).+?(?<=\S))\*\*(?!\*)"
    r"|(?<![A-Za-z0-9_])__(?P<bold2>(?=\S).+?(?<=\S))__(?![A-Za-z0-9_])"
    r"|\*(?P<italic>(?=[^\s*]).*?(?<=[^\s*]))\*(?!\*)"
    r"|(?<![A-Za-z0-9_])_(?P<italic2>(?=[^\s_]).*?(?<=[^\s_]))_(?![A-Za-z0-9_])"
    r"|~~(?P<strike>(?=\S).+?(?<=\S))~~"
)
_SPECIAL = re.compile(r"[\\`*_\[~]|://")
_STYLES = {"bold": "bold", "bold2": "bold", "italic": "italic", "italic2": "italic", "strike": "strike"}


@lru_cache(maxsize=512)
def inline(text: str) -> Content:
    """One line of Markdown as Content."""
    if _SPECIAL.search(text) is None:
        return Content(text)
    pieces: list[str] = []
    spans: list[Span] = []
    _walk(text, 0, pieces, spans)
    return Content("".join(pieces), spans)


def _walk(text: str, at: int, pieces: list[str], spans: list[Span]) -> int:
    """Append the shown form of `text` to `pieces`; `at` is the offset where it begins. Returns the offset after it."""
    position = 0
    for match in _TOKENS.finditer(text):
        at = _put(text[position : match.start()], at, pieces)
        position = match.end()
        kind = match.lastgroup or ""
        if match["label"] is not None:
            at = _link(match["label"], match["target"] or "", at, pieces, spans)
        elif match["code"] is not None:
            end = _put(_trim(match["code"]), at, pieces)
            spans.append(Span(at, end, CODE))
            at = end
        elif match["bare"] is not None:
            end = _put(match["bare"], at, pieces)
            spans.append(Span(at, end, LINK))
            at = end
        elif match["escape"] is not None:
            at = _put(match["escape"], at, pieces)
        else:
            place = len(spans)
            end = _walk(match[kind], at, pieces, spans)
            spans.insert(place, Span(at, end, _STYLES[kind]))
            at = end
    return _put(text[position:], at, pieces)


def _put(text: str, at: int, pieces: list[str]) -> int:
    pieces.append(text)
    return at + len(text)


def _trim(code: str) -> str:
    """CommonMark: one space on both sides of a code span is padding."""
    return code[1:-1] if len(code) > 2 and code[0] == code[-1] == " " and code.strip() else code


def _link(label: str, target: str, at: int, pieces: list[str], spans: list[Span]) -> int:
    """The label, and the target after it unless they say the same: a terminal cannot show where a link goes."""
    place = len(spans)
    end = _walk(label or target, at, pieces, spans)
    spans.insert(place, Span(at, end, LINK))
    if label and target and target != label:
        shown = f" ({target})"
        after = _put(shown, end, pieces)
        spans.append(Span(end, after, URL))
        return after
    return end
