"""Keys that are known by their name: `password=…`, `"api_key": "…"`, `--token …`, `Authorization: Bearer …`.

A name alone is no key: what it is given must look like one, and not like a word, a path, a variable or a piece of code.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from codey_tui.engine.masking.shapes import Found, drawn

HINTS = ("pass", "pwd", "secret", "token", "key", "credential", "auth", "bearer", "basic ")
"""In small letters: a text that holds none of them names no key."""

_WORD = r"pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|(?:api|access|account|private|signing|encryption|master|auth)[_-]?key"
_VALUE = (
    r"(?:\\?[\"'`](?P<quoted>[^\s\"'`\\]{8,128})"  # in quotation marks
    r"|(?P<bare>(?:[^\s\"'`,;<>&\\]|&(?!\w{1,30}=)){8,128}))"
)
_ASSIGNED = re.compile(
    rf"(?P<word>{_WORD})(?P<rest>[a-z0-9_-]{{0,24}})[\\\"'\])]{{0,3}}[ \t]{{0,3}}"
    r"(?P<sign>:=|=>|:[ \t]{0,3}(?:&?(?:'static[ \t])?str|string|bytes)[ \t]{0,3}=|=|:|>)(?!=)[ \t]{0,3}" + _VALUE,
    re.IGNORECASE,
)
_FLAG = re.compile(rf"--[a-z-]{{0,30}}(?P<word>{_WORD})(?P<rest>)[ \t]{{1,3}}" + _VALUE, re.IGNORECASE)
_HEADER = re.compile(r"(?<![a-z0-9])(?:bearer|basic)[ \t]{1,3}(?P<bare>[A-Za-z0-9._~+/=-]{16,})", re.IGNORECASE)
_REST_OF_VALUE = re.compile(r"[^\s\"'`,;<>&\\]*")

_NO_KEY = frozenset(
    "hash hashed sha sha1 sha256 sha512 md5 digest checksum fingerprint id name names type kind count path paths file files dir folder "
    "field fields column pattern regex prefix suffix len length size policy label title hint url uri endpoint expires expiry expiration "
    "expired at ttl date time age timeout lifetime ref version limit budget class func function handler error message text "
    "help description placeholder env var variable".split()
)
"""Last words of a name that names something about a key: `token_type`, `password_file`."""
_EXAMPLE = re.compile(
    r"example|change.?me|placeholder|your[_-]|dummy|redacted|insert|replace|hidden|x{5}|0{8}|1234567|\*{3}|\.{3}|abcdef|getenv|environ|process\.env|secrets?\.",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[${}%]|\|\||^[<(\[]")
_CODE = re.compile(r"[()\[\]{}]|^[A-Za-z_][\w-]*(?:(?:\.|->|::)[A-Za-z_][\w-]*)+[.:]?$")
_PLACE = re.compile(
    r"^(?:~|\.{0,2}/)[\w./@-]*$|://|\.(?:json|txt|pem|key|ya?ml|toml|py|js|ts|env|md|cfg|ini|crt|pub|sh)$",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"[\dTZ:.+/-]+")
_LABELS = (
    ("pass", "password"),
    ("pwd", "password"),
    ("token", "token"),
    ("secret", "secret"),
    ("credential", "credential"),
)


def assigned(text: str) -> Iterator[Found]:
    """Every key that is one by its name and its look."""
    small = text.lower()
    if not any(hint in small for hint in HINTS):
        return
    yield from _named(text, _ASSIGNED)
    if "--" in text:
        yield from _named(text, _FLAG)
    if "bearer" in small or "basic " in small:
        for match in _HEADER.finditer(text):
            if drawn(match["bare"]) and not _EXAMPLE.search(match["bare"]):
                yield Found(match.start("bare"), match.end("bare"), "token")


def names_a_key(name: str) -> bool:
    """Whether a name, as of a field, names a key."""
    match = re.search(_WORD, name, re.IGNORECASE)
    return match is not None and not _is_about(name[match.end() :])


def looks_like_a_key(value: str, name: str, *, quoted: bool = True) -> bool:
    """Whether what a name that names a key is given looks like one."""
    if len(value) < 8 or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if _EXAMPLE.search(value) or _VARIABLE.search(value) or _MOMENT.fullmatch(value):
        return False
    if not quoted and _CODE.search(value):
        return False
    if _PLACE.search(value) and not (value.startswith("/") and drawn(value) and "." not in value):
        return False
    if name.lower().startswith(("pass", "pwd")):  # people choose them: short ones, with a capital or a sign
        return any(char.isupper() or not char.isalnum() for char in value) or drawn(value)
    return drawn(value) or _is_uuid(value) or (len(value) >= 16 and _scattered(value))


def _named(text: str, pattern: re.Pattern[str]) -> Iterator[Found]:
    """Every fitting assignment. Where it is none after all, the search goes on within what looked like its value: bounded,
    since that has 128 characters at most."""
    at = 0
    while match := pattern.search(text, at):
        group = "quoted" if match["quoted"] is not None else "bare"
        start, end = match.span(group)
        at = start
        if _is_about(match["rest"]) or (match.groupdict().get("sign") == ">" and match["rest"].endswith("-")):
            continue
        if looks_like_a_key(match[group], match["word"], quoted=group == "quoted"):
            if end - start == 128 and (more := _REST_OF_VALUE.match(text, end)):
                end = more.end()
            yield Found(start, end, _label(match["word"]))
            at = end


def _is_about(rest: str) -> bool:
    """Whether the rest of a name says that it names something about a key, or something else (`tokenizer`, `secretary`)."""
    if not rest or rest in ("s", "S"):
        return False
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", rest)]
    glued = rest[0].islower() and not rest.startswith(("key", "access"))
    return glued or (bool(words) and words[-1] in _NO_KEY)


def _label(word: str) -> str:
    small = word.lower()
    return next((label for start, label in _LABELS if small.startswith(start)), "key")


def _is_uuid(value: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


def _scattered(value: str) -> bool:
    """Whether small letters, capitals, digits and signs follow each other as in a password that a machine made."""
    kinds = ["d" if char.isdigit() else "u" if char.isupper() else "l" if char.isalpha() else "s" for char in value]
    changes = sum(kind != other for kind, other in pairwise(kinds))
    return len(set(kinds)) >= 3 and changes * 2 >= len(value)
