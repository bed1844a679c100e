"""Puts right one wrong, missing, doubled or swapped letter in the words that orders are made of."""

import re
from functools import cache

from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words

_ORDERS = frozenset(
    "read show list open print display delete remove rename move copy create make write find search grep look install run "
    "execute start launch commit push pull stash branch switch checkout status restore blame fetch merge folder directory "
    "file files tests test contents lines schema tables query branches changes message empty named called where which "
    "python pytest sqlite git explain what uses usages function script refactor generate build implement".split()
)
_KNOWN = (
    _ORDERS
    | words.CODE_VERBS
    | words.STEP_VERBS
    | words.CODE_NOUNS
    | words.QUESTION_WORDS
    | words.TASK_VERBS
    | words.COMMANDS
    | words.ENGLISH_COMMANDS
    | words.GREETINGS
    | words.PROGRAMS
    | spans.PROSE_WORDS
    | frozenset(
        "reach head load lost last list late state stats rum fun sun gun run ran row raw log logs lib tag tags text rest "
        "tree true time item items user users order orders name names same game more move love live line line's lone "
        "files fill film fine fire pile tile mile rule role note notes code coda mode node mine pint point paint post past "
        "pass path push bush wash crush star stars stare store stored sore shoe shot how slow snow shown here there these "
        "lists tasks task takes take tests texts word words work works world form from farm form forms font front back "
        "cope core cover over open oven often pull full fully bull call calls cell said mode".split()
    )
)
_WORD = re.compile(r"(?<![\w./'\"`@-])[A-Za-z]{3,}(?![\w./'\"`@-])")
_LOOKED_AT = 4


def corrected(text: str) -> str:
    """`text` with the first few of its unknown words replaced by the word of orders that they nearly are."""
    looked = 0

    def mended(match: re.Match[str]) -> str:
        nonlocal looked
        looked += 1
        return _mended(match.group()) if looked <= _LOOKED_AT else match.group()

    return _WORD.sub(mended, text)


@cache
def _edits() -> dict[str, str]:
    """Every misspelling by one letter left out, doubled or swapped, and the word that it stands for."""
    found: dict[str, str] = {}
    for word in sorted(_ORDERS):
        swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
        dropped = {word[:at] + word[at + 1 :] for at in range(len(word))} if len(word) > 4 else set[str]()
        doubled = {word[:at] + word[at] + word[at:] for at in range(len(word))}
        for wrong in swapped | dropped | doubled:
            found.setdefault(wrong, word)
    return found


def _mended(word: str) -> str:
    lower = word.lower()
    return word if lower in _KNOWN else _edits().get(lower, word)
