"""The many ways to ask for a command, a search or a look into a database, each as a line or a call."""

import re
import shlex

from codey_tui.engine.router import spans
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.router.tool_calls import ToolCall, shell
from codey_tui.engine.router.wording_parts import Parts, Wording

_CHECKERS = {
    "ruff": "ruff check",
    "black": "black",
    "mypy": "mypy",
    "flake8": "flake8",
    "isort": "isort",
    "pyright": "pyright",
    "pylint": "pylint",
}
# What people ask of the machine, and the command that says it.
_LOOKS: tuple[tuple[str, str], ...] = (
    (r"\bdisk\b|\bspace left\b|\bfree space\b", "df -h"),
    (r"^(?!.*\bkill\b).*\bprocess(?:es)?\b", "ps aux"),
    (r"\bmemory\b|\bram\b", "free -h"),
    (r"\benvironment variables\b|\benv vars\b", "env"),
    (r"\bpython version\b|\bversion of python\b|\bwhich python\b", "python3 --version"),
    (
        r"\b(?:current|working|present) (?:directory|folder)\b|\bwhere am i\b|\b(?:directory|folder) (?:am i|are we)\b",
        "pwd",
    ),
    (r"\bwho am i\b", "whoami"),
    (r"\bwhat time is it\b|\b(?:the|current) (?:date|time)(?: now| today)?$", "date"),
    (r"\binstalled packages\b", "python3 -m pip list"),
)
_TESTS = r"\b(?:unit )?(?:tests?|test suite|pytest)\b"
_RUN = r"\b(?:re)?(?:run|execute|exec|start|launch|invoke|try|boot|fire up|spin up|kick off)\b"
_WHERE_WORDS = frozenset(
    "code project repo repository codebase files folder sources source everything here all workspace where".split()
)


def shell_wording(parts: Parts) -> Wording:
    """The command that a request means, as the exact rules know it, or None."""
    for make in (_command, _executable, _checker, _count, _install, _tests, _program, _look):
        if wording := make(parts):
            return wording
    return None


def _command(parts: Parts) -> Wording:
    """A command line in quotation marks or after `the command`."""
    if (parts.has(_RUN) or parts.has(r"\bcommand\b")) and parts.quoted:
        first = (spans.shlex_words(parts.quoted[0]) or [""])[0]
        if first in words.COMMANDS | words.ENGLISH_COMMANDS | {"git"}:
            return f"run {parts.quoted[0]}"
    if said := re.search(r"\bcommand:?\s+(?P<line>[a-z][\w.-]*(?:\s+\S.*)?)$", parts.text):
        line = said.group("line").strip("`'\"")
        return shell("wording", line) if spans.reads_as_arguments(line.partition(" ")[2]) else None
    said = re.search(rf"{_RUN}\s+(?P<line>\S.*)$", parts.text, re.IGNORECASE)
    line = said.group("line") if said else ""
    known = line.split()[0] in words.COMMANDS if line else False
    return f"run {line}" if known and spans.reads_as_arguments(line) else None


def _checker(parts: Parts) -> Wording:
    """`run black on a.py`, `lint a.py with ruff`."""
    named = next((name for name in _CHECKERS if parts.has(rf"\b{name}\b")), "")
    if not named:
        named = "ruff" if parts.has(r"\blint\b") else "mypy" if parts.has(r"\btype[ -]?check\b") else ""
    if not named:
        return None
    targets = [name for name in parts.files + parts.folders if name != named] or ["."]
    return shell("wording", f"{_CHECKERS[named]} {shlex.join(targets)}")


def _count(parts: Parts) -> Wording:
    if (
        not parts.has(r"\blines?\b")
        or not parts.has(r"\b(?:count|how many|number of|lines of code)\b")
        or not parts.files
    ):
        return None
    return shell("wording", f"wc -l {shlex.join(parts.files)}")


def _install(parts: Parts) -> Wording:
    found = re.search(
        r"\b(?:install|get|fetch|add|grab|load)\s+(?:me\s+|the\s+|all\s+|latest\s+|newest\s+)*(?:python\s+)?(?:package\s+|library\s+|lib\s+|module\s+)?(?P<names>[\w.\-\[\], ]+?)(?:\s+(?:from|with|via|using)\s+pip|\s+package)?$",
        parts.text,
        re.IGNORECASE,
    )
    if parts.has(r"\binstall(?:ed)?\b") and parts.has(
        r"\b(?:needed|needs|required|requirements(?:\.txt)?|dependencies|deps)\b"
    ):
        return "install the requirements"
    if needed := parts.has(
        r"\b(?:need|want|have)\s+([\w.-]+)\s+installed\b|([\w.-]+)\s+(?:should|must|has to) be installed\b"
    ):
        return f"install {needed.group(1) or needed.group(2)}"
    package = r"(?:\s+the)?\s+(?:package|library|module)"
    gone = parts.has(rf"\buninstall\b|\b(?:remove|drop|delete|get rid of|throw out){package}\b")
    if gone or parts.has(rf"\bupgrade\b|\b(?:update|bump){package}\b"):
        verb = "uninstall -y" if gone else "install --upgrade"
        name = parts.after(rf"\b(?:\w+install|upgrade|update|bump|remove|drop|delete|of|out)(?:{package})?")
        return (
            shell("wording", f"python3 -m pip {verb} {shlex.quote(name)}") if re.fullmatch(r"[\w.-]+", name) else None
        )
    wanted = parts.has(r"^\W*install\b") or parts.has(r"\bpip\b|\bpackages?\b|\blib(?:rary)?\b")
    return f"install {found.group('names')}" if found and wanted else None


def _tests(parts: Parts) -> Wording:
    if not parts.orders(_TESTS) and not parts.has(r"^test (?:everything|it all|the (?:code|project|app))"):
        return None
    if parts.has(r"\b(?:write|create|add|fix|generate|make)\b"):
        return None
    below = [
        name
        for name in parts.folders
        if parts.has(rf"\b(?:in|of|from|under|on)\s+(?:the\s+)?{re.escape(name.lower())}")
    ]
    places = [name for name in parts.files if name.endswith(".py")] or below
    return shell("wording", f"python3 -m pytest {shlex.join(places[:1])}") if places else "run the tests"


def _program(parts: Parts) -> Wording:
    """A file to run, with what follows `with` as its arguments."""
    if not (parts.orders(_RUN) or parts.has(r"\b(?:give|put)\b.*\brun\b|\btry out\b")):
        return None
    if not parts.files:
        return "run the app" if parts.has(r"\b(?:app|application|server|program|project|site)\b") else None
    with_them = re.search(
        r"\bwith\s+(?:the\s+)?(?:(?:arguments?|options?|flags?|parameters?)\s+)?(?P<rest>[^'\"]+)$", parts.text
    )
    rest = with_them.group("rest") if with_them and parts.files[0] not in with_them.group("rest") else ""
    fits = rest and not set("|&;<>$`") & set(rest) and not spans.PROSE_WORDS.intersection(rest.lower().split())
    return f"run {parts.files[0]} {rest}".strip() if fits or not rest else None


def _executable(parts: Parts) -> Wording:
    if parts.files and parts.has(r"\b(?:make|mark)\b.*\b(?:executable|runnable)\b|\bexecut\w+ permission"):
        return shell("wording", f"chmod +x {shlex.quote(parts.files[0])}")
    return None


def _look(parts: Parts) -> Wording:
    if parts.files and parts.orders(r"\bhow (?:big|large|heavy)\b|\bsize of\b"):
        return shell("wording", f"du -sh {shlex.join(parts.files)}")
    if wanted := parts.has(r"\bversion of ([\w.-]+) is installed\b"):
        return shell("wording", f"python3 -m pip show {wanted.group(1)}")
    return next((shell("wording", command) for pattern, command in _LOOKS if parts.has(pattern)), None)


def search_wording(parts: Parts) -> Wording:
    """The search tool's call: what is quoted or looks like a name, else what follows the verb; a file or folder is where."""
    if parts.orders(r"\b(?:renamed|(?:should|must|shall|to) be (?:called|named))\b"):
        return None
    path = next(
        (
            name
            for name in parts.existing
            if parts.has(rf"\b(?:in|inside|within|under|of|from|through|does|is)\b.*{re.escape(name.lower())}")
            or name in parts.files
        ),
        "",
    )
    pattern = next((text for text in parts.quoted if text != path), "") or _pattern(parts, path)
    if not pattern or (pattern.lower() in spans.PROSE_WORDS | _WHERE_WORDS) or (path and pattern == path):
        return None
    args: dict[str, object] = {"pattern": pattern, "literal": True}
    args |= {"path": path} if path else {}
    args |= {"ignore_case": True} if parts.has(r"\bcase[ -]insensitive\b|\bignor\w+ case\b") else {}
    return ToolCall("wording", "search", args, f"grep -rnF -- {shlex.quote(pattern)} {shlex.quote(path or '.')}")


def _pattern(parts: Parts, path: str) -> str:
    """The word that is looked for."""
    clean = re.sub(rf"(?<![\w/.]){re.escape(path)}(?![\w/.])", " ", parts.text) if path else parts.text
    if imported := re.search(r"\bimport \w+(?=$|\s+(?:in|ignoring)\b|\s*$)", clean):
        if not re.search(r"\b(?:files?|which|what|who|where|does|do)\b", clean, re.IGNORECASE):
            return imported.group()
    named = re.search(r"(?<![\w.])(?:[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*|[A-Z]{3,}\w*|[A-Z][a-z]+[A-Z]\w*)(?![\w.])", clean)
    if named and named.group().lower() not in words.COMMANDS:
        return named.group()
    for pattern in (
        r"\b(?:function|method|class|variable|constant|word|text|string|term|symbol|module|phrase)\s+(?P<what>[\w.]+)",
        r"\b(?:uses?|usages?|occurrences?|mentions?|references?|calls?|definition|imports?|lines)\s+(?:of|to|for|with|containing)\s+(?:the\s+)?(?P<what>[\w.]+)",
        r"\b(?:where|how often)\s+(?:is|are|was|do|does|we|i)\s+(?:we\s+|i\s+|the\s+)?(?:(?:use|call|define|set|import)\s+)?(?P<what>[\w.]+)",
        r"\b(?:contain|containing|mention|mentioning|use|uses|using|import|imports|call|calls|have|with)\s+(?:the\s+)?(?P<what>[\w.]+)",
        r"\b(?:search|grep|look|hunt|scan|rg)\s+(?:.*\b)?for\s+(?:the\s+)?(?P<what>[\w.]+)",
        r"^(?:search|grep|find|locate|rg|trace|is)\s+(?:all\s+|every\s+|the\s+|for\s+|-\w+\s+)*(?P<what>[\w.]+)",
    ):
        found = re.search(pattern, clean, re.IGNORECASE)
        if found and found.group("what").lower() not in spans.PROSE_WORDS | _WHERE_WORDS:
            return found.group("what").rstrip(".")
    return ""


def sqlite_wording(parts: Parts) -> Wording:
    """The sqlite tool's call: a statement where one is written out, else tables, a schema, or the rows of a table."""
    if parts.orders(r"\b(?:back\s?up|copy|duplicate|rename|move|zip|size|how (?:big|large)|stage|commit)\b"):
        return None  # of the file, not of what is in it
    path = next((name for name in parts.files if name.rsplit(".", 1)[-1] in ("db", "sqlite", "sqlite3", "db3")), "")
    if not path:
        return None
    named = shlex.quote(path)
    if sql := _statement(parts, path):
        return f"sqlite query {named} {sql}"
    if parts.has(r"\bis there\b|\bwhich tables\b"):
        return f"sqlite tables {named}"
    table = parts.has(r"\btable\s+(?!in\b|of\b|from\b)(\w+)") or parts.has(
        r"\b(?:columns|rows)\s+(?:of|in|does)\s+(?:the\s+)?(?!table\b)(\w+)"
    )
    name = (
        table.group(1) if table and table.group(1) not in spans.PROSE_WORDS and table.group(1) + "." not in path else ""
    )
    if parts.has(r"\bcolumns\b|\bschema\b|\bdescribe\b|\bstructure\b|\blayout\b|\binspect\b|\blook like\b|\bindexes\b"):
        return f"sqlite schema {named} {name}".strip()
    if parts.has(r"\btables\b") or not parts.has(r"\brows?\b|\ball\b|\beverything\b|\bhow many\b|\bselect\b|\btable\b"):
        return f"sqlite tables {named}"
    name = name or _noun(parts, path)
    if not name:
        return f"sqlite schema {named}"
    if parts.has(r"\bhow many\b|\bcount\b"):
        return f"sqlite query {named} SELECT count(*) FROM {name}"  # noqa: S608 - shown and judged before it runs
    if parts.has(r"\b(?:delete|drop|insert|update|create)\b"):
        return None
    limit = f" LIMIT {parts.count()}" if parts.count() else ""
    return f"sqlite query {named} SELECT * FROM {name}{limit}"  # noqa: S608 - a word of the request, as above


def _statement(parts: Parts, path: str) -> str:
    """The SQL that is written out in a request, without what says where to run it."""
    verbs = r"(?:select|insert\s+into|update|delete\s+from|create\s+(?:table|index|view)|drop\s+table|alter\s+table|pragma)\b"
    quoted = next((text for text in parts.quoted if re.match(verbs, text.strip(), re.IGNORECASE)), "")
    if quoted:
        return quoted
    found = re.search(rf"\b{verbs}.*", parts.text, re.IGNORECASE | re.DOTALL)
    if not found or not re.search(
        r"\bfrom\b|\binto\b|\bset\b|\btable\b|\bpragma\b|\bselect\s+\d", found.group(), re.IGNORECASE
    ):
        return ""
    sql = re.sub(
        rf"\s+(?:on|in|against|from|using|of)\s+(?:the\s+)?(?:database\s+)?['\"`]?{re.escape(path)}['\"`]?\s*$",
        "",
        found.group(),
    )
    return (
        ""
        if path in sql
        or re.search(r"\b(?:from|into|table)\s*$", sql, re.IGNORECASE)
        or re.match(r"(?:select|delete from)\s+(?:all\s+)?\w+$", sql, re.IGNORECASE)
        else sql
    )


def _noun(parts: Parts, path: str) -> str:
    """The table's name where nobody says `table`: the noun before `in <path>`."""
    before = re.search(
        rf"\b(\w+)\s+(?:are\s+|stored\s+)*(?:in|from|of)\s+(?:the\s+)?(?:database\s+)?{re.escape(path.lower())}",
        parts.lower,
    )
    word = before.group(1) if before else ""
    return (
        "" if word in spans.PROSE_WORDS | {"tables", "schema", "rows", "everything", "database", "structure"} else word
    )
