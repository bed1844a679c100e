"""Spans of a request: file names, quoted words, mentions and command lines, taken as they stand and never invented."""

import re
import shlex

CODE_EXTENSIONS = frozenset(
    "py pyi js mjs ts tsx jsx html htm css scss json toml yaml yml md rst txt csv tsv xml svg sql sh bash zsh c h cpp hpp "
    "cc java kt go rs rb php pl lua r swift cs ini cfg conf env lock log db sqlite sqlite3 ipynb bat ps1 vue".split()
)
BARE_FILE_NAMES = frozenset({"makefile", "dockerfile", "license", "readme", "procfile", "jenkinsfile"})
NOT_FILES = frozenset(
    {"node.js", "next.js", "vue.js", "react.js", "express.js", "three.js", "d3.js", "nuxt.js", "p5.js"}
)
PROSE_WORDS = frozenset(
    "a an the my your our his her their this that these those it its in on at to for from with without of and or but "
    "if then is are was were be me i you we please how why what when which who all every some any everything needed against "
    "over again now once".split()
)

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_QUOTED = re.compile(r"`([^`\n]+)`|\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|“([^”\n]+)”|‘([^’\n]+)’")
_PATH = re.compile(r"(?<![\w/.@-])@?((?:~|\.{0,2})/?(?:[\w.+-]+/)*[\w.+-]*\w)")
_MENTION = re.compile(r"(?<![\w@])@([\w./+-]*[\w/])")


def quoted(text: str) -> list[str]:
    """The quoted words of `text`, without their quotation marks."""
    return [next(group for group in match.groups() if group) for match in _QUOTED.finditer(text)]


def mentions(text: str) -> list[str]:
    """The `@file` mentions of `text`, in order, each once."""
    return list(dict.fromkeys(_MENTION.findall(text)))


def looks_like_file(word: str) -> bool:
    """Whether a word reads as a file name: a known extension, a well-known bare name, or a path that has an extension."""
    lower = word.lower()
    if lower in NOT_FILES or lower.startswith(("http:", "https:")):
        return False
    name = lower.rsplit("/", 1)[-1]
    stem, dot, extension = name.rpartition(".")
    if dot and extension in CODE_EXTENSIONS and (stem or extension in {"env", "conf"}):
        return True
    return bool("/" in word and dot and stem and extension.isalnum() and not extension.isdigit())


def files(text: str) -> list[str]:
    """The file names in `text`, in order, each once; quoted names may hold spaces."""
    clean = _URL.sub(" ", text)
    found: list[tuple[int, str]] = []
    for match in _QUOTED.finditer(clean):
        word = next(group for group in match.groups() if group)
        if looks_like_file(word.strip()) and len(shlex_words(word)) <= 3:
            found.append((match.start(), word.strip()))
    for match in _PATH.finditer(_QUOTED.sub(lambda quote: " " * len(quote.group()), clean)):
        word = match.group(1)
        if looks_like_file(word) or (match.group(0).startswith("@") and word):
            found.append((match.start(), word.removeprefix("./")))
    return list(dict.fromkeys(word for _, word in sorted(found)))


def words(text: str) -> list[str]:
    """The words of `text` in lower case: letters, digits and inner apostrophes or hyphens."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())


def shlex_words(line: str) -> list[str]:
    """The arguments of a command line, or an empty list when its quotes do not match."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


def reads_as_arguments(rest: str) -> bool:
    """Whether what follows a command's name reads as arguments of a command line and not as prose."""
    if not rest.strip():
        return True
    arguments = shlex_words(rest)
    if not arguments or rest.rstrip().endswith("?"):
        return False
    plain = [word for word in arguments if word.lower() in PROSE_WORDS]
    return not plain or any(word.startswith("-") for word in arguments) or "|" in arguments
