"""Names for new files: from a request's own words, never from a model, and never one that is taken."""

import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

from codey_tui.engine.router import spans
from codey_tui.engine.router.spelling import corrected
from codey_tui.engine.router.vocabulary import CREATE_VERBS, without_politeness

MAX_WORDS = 4
MAX_STEM_CHARS = 40


class Language(NamedTuple):
    """A language: its file extension, the info string of its code fence, a usual name, and how a request names it."""

    extension: str
    fence: str
    default: str
    words: re.Pattern[str]


def _language(extension: str, fence: str, default: str, words: str) -> Language:
    return Language(extension, fence, default, re.compile(words, re.IGNORECASE))


PYTHON = _language(".py", "python", "", r"\bpython3?\b|\bflask\b|\bdjango\b|\bfastapi\b|\bpytest\b")
# Files with a name of their own, looked for in what is asked for, not in what it is to do.
NAMED: tuple[Language, ...] = (
    _language("", "dockerfile", "Dockerfile", r"\bdockerfile\b"),
    _language("", "makefile", "Makefile", r"\bmakefile\b"),
    _language("", "gitignore", ".gitignore", r"\.?\bgitignore\b"),
    _language(".md", "markdown", "README.md", r"\breadme\b|\bmarkdown (?:file|document)\b|\bin markdown\b"),
)
OWN_NAMES = frozenset(language.default for language in NAMED)
"""Files of which a project has one: an order to change it needs no path."""
# What follows a noun that stands for the thing itself: not "website checker", not "json file formatter".
_END = (
    r"(?=\s*$|\s*[.,;:!?]|\s+(?:with|in|about|where|of|using|please|and|called|named|like|listing|by|on|without|as|"
    r"from|inside|into|here|now)\b)"
)
# What is seen on a page: with CSS it is a page, and not a style sheet alone.
_SEEN = (
    r"(?:template|clock|chronometer|stopwatch|timer|counter|calculator|calendar|gallery|portfolio|website|webpage|web page|"
    r"landing page|quiz|resume|cv|invitation|contact form|login form)"
)
# Files that are as often read by a program as they are made: looked for in what is made only.
MADE: tuple[Language, ...] = (
    _language(
        ".html",
        "html",
        "index.html",
        rf"\b{_SEEN}s?\b.{{,40}}\b(?:with|using|and|plus)\s+(?:\w+\s+){{0,2}}css\b|"
        r"\bhtml5?\b.{,80}\b(?:css|javascript|js)\b|\b(?:css|javascript|js)\b.{,80}\bhtml5?\b|"
        rf"(?<!front )\b(?:page|web ?pages?|(?:web|portfolio )?site|portfolio|web (?:calculator|stopwatch|counter|clock|timer|form)){_END}|"
        rf"\b(?:contact|feedback|log-?in|sign-?in|sign-?up|log in|sign in|sign up|registration) (?:form|screen){_END}|"
        rf"\bin (?:the|a|my) browser\b|\bhtml5?\b(?!\s+(?!calculator|counter|timer|header|footer|chronometer|banner|container|slider|poster|flyer|(?:news)?letter|player|loader|spinner|drawer|ticker)\w*(?:er|or)\b)",
    ),
    _language(".yaml", "yaml", "", rf"\byaml(?: (?:file|config|document))?{_END}"),
    _language(".toml", "toml", "", rf"\btoml (?:file|config){_END}"),
    _language(".json", "json", "", rf"\bjson (?:file|config|document){_END}"),
)
# The first whose words occur in the request wins.
LANGUAGES: tuple[Language, ...] = (
    PYTHON,
    _language(".ts", "typescript", "", r"\btypescript\b"),
    _language(
        ".js",
        "javascript",
        "",
        r"\bjavascript\b|(?<![.\w])js\b|\b(?:node|express)\.?js\b|\b(?:in|with|using) (?:node|express)\b|"
        r"\b(?:node|express) (?:server|app|application|api|backend|script|program|module|project)\b",
    ),
    _language(".jsx", "jsx", "", r"\breact\b"),
    _language(".css", "css", "style.css", r"\bcss\b(?!.*\bhtml\b)|\bstyle ?sheet\b"),
    _language(
        ".html",
        "html",
        "index.html",
        r"\b(?:in|as|an?) html5?\b(?!\s+\w*(?:er|or)\b)|\bhtml5? (?:page|file|form|document|template|table|code|email)\b|"
        r"\b(?:landing|home|contact|login|portfolio) ?page\b",
    ),
    _language(".sh", "bash", "", r"\b(?:shell|bash|sh) script\b|\bin (?:bash|shell|sh)\b|\bbash\b"),
    _language(".sql", "sql", "schema.sql", r"\bsql (?:query|script|schema|file)\b|\bin sql\b"),
    _language(".cpp", "cpp", "", r"\bc\+\+|\bcpp\b"),
    _language(".cs", "csharp", "", r"\bc#|\bcsharp\b"),
    _language(".c", "c", "", r"\bin c\b|\bc (?:program|function|code|file)\b"),
    _language(".java", "java", "Main.java", r"\bjava\b"),
    _language(".kt", "kotlin", "", r"\bkotlin\b"),
    _language(".go", "go", "", r"\bin go\b|\bgolang\b|\bgo (?:program|function|code|file)\b"),
    _language(".rs", "rust", "", r"\brust\b"),
    _language(".rb", "ruby", "", r"\bruby\b"),
    _language(".php", "php", "", r"\bphp\b"),
)
FENCES = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".mjs": "javascript", ".jsx": "jsx", ".ts": "typescript",
    ".tsx": "tsx", ".html": "html", ".htm": "html", ".css": "css", ".scss": "scss", ".json": "json", ".toml": "toml",
    ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".sh": "bash", ".bash": "bash", ".zsh": "zsh", ".sql": "sql",
    ".c": "c", ".h": "c", ".cpp": "cpp", ".hpp": "cpp", ".cc": "cpp", ".cs": "csharp", ".java": "java", ".kt": "kotlin",
    ".go": "go", ".rs": "rust", ".rb": "ruby", ".php": "php", ".xml": "xml", ".svg": "xml", ".txt": "text", ".csv": "csv",
    ".ini": "ini", ".cfg": "ini", ".vue": "vue",
}  # fmt: skip
_BARE_FENCES = {"makefile": "makefile", "dockerfile": "dockerfile", "readme": "markdown", ".gitignore": "gitignore"}

# Words for the kind of thing asked for: "Fibonacci function" is named after what stands before them.
_KIND_WORDS = frozenset(
    "function functions script scripts program programs code module class classes method algorithm implementation file "
    "snippet example application tool utility command line page demo package library interface".split()
)
_FILLER = spans.PROSE_WORDS | frozenset(
    "new simple basic small little short complete full nice good great working python python3 javascript js typescript "
    "html css java rust ruby bash shell golang php c c++ cpp sql node nodejs please using use uses given number numbers's "
    "named called can will which whose where able into via does do some new called also so should must version one whether up by pls i d love need very of react kotlin first last some out own".split()
)
_SPOKEN_VERBS = frozenset(
    "calculates computes prints returns reads checks finds gets takes shows displays does makes calculate compute print "
    "return check find get show display".split()
)
_DEFAULT_STEMS = frozenset({"readme", "index", "web", "landing", "home", "style", "styles", "stylesheet"})
_BREAK = re.compile(r"\b(?:that|which|to|for|who)\b", re.IGNORECASE)
_TO_DO = re.compile(r"\bto-do\b|\bto do(?= (?:list|app|page|item))", re.IGNORECASE)
_SIGN_IN = re.compile(r"\b(log|sign)[ -](in|up)(?= (?:page|form|screen))", re.IGNORECASE)
# "Fetch a web page" asks for a program that reads one; so does "a CSV from a JSON file".
_READS = re.compile(
    r"\s*(?:pretty[ -]?print|fetch|get|download|scrape|crawl|parse|read|print|show|display|check|monitor|ping|host|serve|test|open|save|format|"
    r"prettify|tidy|validate|convert|turn|change|load|extract|watch|list|count|find|search|sort|merge|minify|send|request|rotate|split|remove|delete)\b",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\b(?:from|of)\b", re.IGNORECASE)
_SCRIPTED = re.compile(
    r"\b(?:python3?|flask|django|fastapi|php|react|node\.?js|typescript|vue|ruby|golang|java|rust|kotlin|c#|c\+\+|bash|"
    r"shell|sh|class|function|module|script|program|parser|scraper)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\band (?:then |also )?(?:run|execute|start|test|save|print|show|call|use) .*$|"
    r"\b(?:in|using|with|via|from) (?:the )?(?:python3?|javascript|js|typescript|html|css|java|rust|ruby|bash|shell|golang|go|php|c|"
    r"c\+\+|sql|node(?:\.?js)?|flask|django|fastapi|tkinter|pygame|only the standard library)\b.*$",
    re.IGNORECASE | re.DOTALL,
)


def language_of(request: str) -> Language:
    """The language that a request names, else Python."""
    request = _TO_DO.sub("todo", request)
    noun = _BREAK.split(request, maxsplit=1)[0]
    made = "" if _READS.match(noun) or _SCRIPTED.search(noun) else _SOURCE.split(noun, maxsplit=1)[0]
    for languages, text in ((NAMED, noun), (MADE, made), (LANGUAGES, noun), (LANGUAGES, request)):
        for language in languages:
            if language.words.search(text):
                return language
    return PYTHON


def fence_of(path: str) -> str:
    """The info string of the code fence for a path, empty where none is known."""
    place = PurePosixPath(path)
    return FENCES.get(place.suffix.lower()) or _BARE_FENCES.get(place.name.lower(), "")


def new_path(request: str) -> str:
    """A file name for what `request` asks for, such as `fibonacci.py`."""
    language = language_of(request)
    stem = stem_of(request)
    if language.default and (language in NAMED or not stem or stem in _DEFAULT_STEMS):
        return language.default
    if language.default == "index.html" and stem.split("_")[-1] in {"site", "website", "webpage"}:
        return language.default
    stem = stem or "main"
    if language.extension == ".java":
        return "".join(word.capitalize() for word in stem.split("_")) + ".java"
    return _unshadowed(stem, language) + language.extension


def stem_of(request: str) -> str:
    """The snake-case stem of the name: from the noun before `function`, else from what the thing is to do."""
    text = _SIGN_IN.sub(r"\1\2", _TO_DO.sub("todo", without_politeness(request).split("\n")[0]))
    text = _without_verb(corrected(text))
    text = re.split(r"[.;:!?]\s|,|\s[-–—]\s", _ASIDE.sub("", text))[0]
    noun, *rest = _BREAK.split(text, maxsplit=1)
    picked = _telling(noun)
    if not picked and rest:
        purpose = re.split(r"\band\b", rest[0], maxsplit=1, flags=re.IGNORECASE)[0]
        picked = _telling(_BREAK.split(purpose, maxsplit=1)[0], verbs=True) or _telling(rest[0])
    numbers = [word for word in picked if word[0].isdigit()]
    ordered = [word for word in picked if not word[0].isdigit()] + numbers
    if ordered and ordered[0][0].isdigit():
        ordered.insert(0, "n")
    return "_".join(ordered[:MAX_WORDS])[:MAX_STEM_CHARS].strip("_")


def free_path(path: str, taken: Callable[[str], bool]) -> str:
    """`path`, or the first of `name_2.py`, `name_3.py` ... that is not taken."""
    place = PurePosixPath(path)
    number = 2
    while taken(path):
        path = place.with_name(f"{place.stem}_{number}{place.suffix}").as_posix()
        number += 1
    return path


def _telling(phrase: str, *, verbs: bool = False) -> list[str]:
    """The words of a phrase that say what it is about, as parts of a name."""
    found = [re.sub(r"\W+", "_", word.replace("'s", "").replace("’s", "")) for word in spans.words(phrase)]
    kept = [word for word in found if word not in _FILLER and word not in _KIND_WORDS]
    kept = [word for word in (re.sub(r"[^a-z0-9_]", "", _plain(word)).strip("_") for word in kept) if word]
    if verbs and len(kept) > 1 and kept[0] in _SPOKEN_VERBS:
        kept = kept[1:]
    return kept


def _plain(word: str) -> str:
    """A word with its accents taken off, so that the name can be typed everywhere."""
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


def _without_verb(text: str) -> str:
    """A request without its first verb of creation and the article after it."""
    text = re.sub(
        r"^(?:give|show|send|get|hand)\s+(?:me|us)\s+(?:the\s+code\s+(?:for|of)\s+)?", "", text, flags=re.IGNORECASE
    )
    head, _, rest = text.partition(" ")
    if head.lower() in CREATE_VERBS | {"add", "set", "code"}:
        text = re.sub(r"^(?:me|us|up)\s+", "", rest.strip(), flags=re.IGNORECASE)
    return re.sub(r"^(?:an?|the|some|my|one)\s+", "", text.strip(), flags=re.IGNORECASE)


def _unshadowed(stem: str, language: Language) -> str:
    """A stem that does not hide a module of Python's standard library from the file's own imports."""
    return f"{stem}_example" if language is PYTHON and stem in sys.stdlib_module_names else stem
