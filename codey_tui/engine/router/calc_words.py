"""Puts arithmetic in words into symbols: `half of thirty` becomes `(30/2)`, `20 as a percentage of 80` becomes `(20/80*100)`."""

import re

_UNITS = {word: value for value, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split()
)} | {word: 10 * value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = rf"(?:{'|'.join([*sorted(_UNITS, key=len, reverse=True), *_SCALES])})"
_SPOKEN = re.compile(rf"\b(?:a\s+(?=(?:{'|'.join(_SCALES)})\b))?{_WORD}(?:(?:\s+|-|\s+and\s+){_WORD})*\b")
_PARTS = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
    "hundredth": 100,
}
_TIMES = {"double": 2, "twice": 2, "triple": 3, "quadruple": 4, "thrice": 3}

NUMBER = r"\d+(?:\.\d+)?"
_N = rf"(-?{NUMBER})"
_PERCENT = r"\s*(?:%|percent)"
_AND = r"\s*(?:,\s*and\b|,|\band\b|\bwith\b)\s*"

PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (rf"^{_N}\s+(?:is|are)\s+what\s+(?:percent(?:age)?|%)\s+of\s+{_N}$", r"(\1/\2*100)"),
        (rf"^what\s+(?:percent(?:age)?|%)\s+(?:of\s+{_N}\s+(?:is|are)\s+{_N})$", r"(\2/\1*100)"),
        (rf"^{_N}\s+(?:as\s+(?:an?\s+)?percent(?:age)?\s+of|out\s+of)\s+{_N}(?:\s+(?:in|as)\s+(?:an?\s+)?(?:%|percent(?:age)?))?$", r"(\1/\2*100)"),
        (rf"^(?:increase|raise)\s+{_N}\s+by\s+{_N}{_PERCENT}$", r"(\1+\1*\2/100)"),
        (rf"^(?:reduce|decrease|lower)\s+{_N}\s+by\s+{_N}{_PERCENT}$", r"(\1-\1*\2/100)"),
        (rf"^{_N}\s+(?:plus|\+)\s+{_N}{_PERCENT}$", r"(\1+\1*\2/100)"),
        (rf"^{_N}\s+(?:minus|less|-)\s+{_N}{_PERCENT}$", r"(\1-\1*\2/100)"),
        (rf"^(?:the\s+)?sum\s+of\s+{_N}{_AND}{_N}$", r"\1+\2"),
        (rf"^(?:the\s+)?product\s+of\s+{_N}{_AND}{_N}$", r"\1*\2"),
        (rf"^(?:the\s+)?difference\s+(?:between|of)\s+{_N}{_AND}{_N}$", r"abs(\1-\2)"),
        (rf"^(?:the\s+)?quotient\s+of\s+{_N}{_AND}{_N}$", r"\1/\2"),
        (rf"^(?:the\s+)?(?:average|mean)\s+of\s+{_N}{_AND}{_N}$", r"(\1+\2)/2"),
        (rf"^(?:the\s+)?(max|maximum|min|minimum)\s+of\s+{_N}{_AND}{_N}$", r"\1(\2,\3)"),
        (rf"^(?:the\s+)?remainder\s+(?:of|when)\s+{_N}\s+(?:is\s+)?(?:divided\s+)?by\s+{_N}$", r"\1%\2"),
        (rf"^add\s+{_N}\s+(?:and|to|plus)\s+{_N}$", r"\1+\2"),
        (rf"^subtract\s+{_N}\s+from\s+{_N}$", r"\2-\1"),
        (rf"^multiply\s+{_N}\s+(?:by|with|and|times)\s+{_N}$", r"\1*\2"),
        (rf"^divide\s+{_N}\s+by\s+{_N}$", r"\1/\2"),
        (rf"\b({NUMBER})\s+over\s+({NUMBER})\b", r"\1/\2"),
        (rf"\b({NUMBER})\s*/\s*({NUMBER})\s+of\s+({NUMBER})", r"(\1/\2)*\3"),
        (rf"\b(?:the\s+)?square\s+of\s+({NUMBER})", r"\1**2"),
        (rf"\b(?:the\s+)?cube\s+of\s+({NUMBER})", r"\1**3"),
        (rf"\b({NUMBER})\s+factorial\b", r"factorial(\1)"),
        (r"\b(?:raised\s+)?to\s+the\s+(\d+)(?:st|nd|rd|th)\s+power\b", r"**\1"),
        (rf"\braised\s+to\s+(?=(?:the\s+)?{NUMBER})", "**"),
        (r"\bto\s+the\s+power\s+(?:of\s+)?", "**"),
    )
)  # fmt: skip


_LIST = re.compile(
    rf"^(?:the\s+)?(?P<what>sum|total|product|average|mean|max|maximum|min|minimum)\s+of\s+(?P<numbers>-?{NUMBER}(?:{_AND}-?{NUMBER}){{2,}})$"
)
"""Three numbers or more, in a list; two are among the phrases."""


def in_symbols(text: str) -> str:
    """`text`, in lower case, with number words as digits and whole phrases as expressions; the rest stays as it is."""
    text = _SPOKEN.sub(lambda match: _digits(match.group()), text)
    parts = "|".join(_PARTS)
    text = re.sub(
        rf"\b(?:(\d+|an?|one)\s+)?({parts})s?\s+of\s+({NUMBER})\b",
        lambda match: f"({_share(match.group(1))}*{match.group(3)}/{_PARTS[match.group(2)]})",
        text,
    )
    text = re.sub(
        rf"\b({'|'.join(_TIMES)})\s+({NUMBER})\b", lambda match: f"({_TIMES[match.group(1)]}*{match.group(2)})", text
    )
    text = _LIST.sub(_of_list, text)
    for pattern, made in PHRASES:
        text = pattern.sub(made, text)
    return text.replace("maximum(", "max(").replace("minimum(", "min(")


def _of_list(match: re.Match[str]) -> str:
    """The expression for what is asked of a list of numbers."""
    numbers = [number.strip() for number in re.split(_AND, match["numbers"])]
    what = match["what"]
    if what in ("max", "maximum", "min", "minimum"):
        return f"{what[:3]}({','.join(numbers)})"
    if what == "product":
        return "*".join(numbers)
    return f"({'+'.join(numbers)})/{len(numbers)}" if what in ("average", "mean") else "+".join(numbers)


def _share(word: str | None) -> str:
    return word if word and word.isdigit() else "1"


def _digits(words: str) -> str:
    """The number that English words say: `one hundred and five` is 105; words that are no one number stay."""
    total = group = 0
    last = 10**9
    for word in re.findall(r"[a-z]+", words):
        if word in ("and", "a"):
            continue
        if word in _SCALES:
            if word == "hundred":
                group = max(group, 1) * 100
            else:
                total, group = total + max(group, 1) * _SCALES[word], 0
            last = 10**9
            continue
        value = _UNITS[word]
        if last < 20 or (last < 100 and value >= 10):
            return words
        group += value
        last = value
    return str(total + group)
