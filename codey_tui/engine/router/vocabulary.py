"""The words that the router's rules look for; small tables, so that a new phrasing is one word in one place."""

import re

CREATE_VERBS = frozenset(
    "create write build make generate implement develop code program design draft produce scaffold prepare bootstrap "
    "compose craft".split()
)
EDIT_VERBS = frozenset(
    "fix refactor update change rename modify edit improve optimise optimize extend convert port translate rewrite replace "
    "clean simplify debug repair correct document annotate format speed handle migrate split remove delete insert append "
    "patch adjust adapt tidy finish complete".split()
)
CODE_VERBS = CREATE_VERBS | EDIT_VERBS | frozenset({"add", "test", "scrape", "set", "setup"})
STEP_VERBS = CODE_VERBS | frozenset(
    "run execute install git mkdir commit push pull list show read start open copy move touch pytest pip npm python python3 "
    "launch checkout fetch merge explain describe summarise summarize".split()
)
CODE_NOUNS = frozenset(
    "function script class program module algorithm test tests unittest page webpage website app application api endpoint "
    "route game calculator parser scraper server bot cli tool decorator generator iterator regex query component "
    "stylesheet html css javascript typescript python sql json yaml dockerfile makefile readme code snippet method "
    "loop recursion fibonacci factorial primes prime palindrome fizzbuzz quicksort mergesort sort sorter converter "
    "validator counter timer stack queue tree graph template form table schema database model crud hanoi".split()
)
QUESTION_WORDS = frozenset(
    "what whats why how when who whom whose which where is are am was were does do did has have had explain describe "
    "compare summarise summarize tell teach define clarify whether should would discuss elaborate".split()
)
GREETINGS = frozenset("hi hello hey yo thanks thank cheers bye goodbye morning evening ok okay test ping".split())

GIT_COMMANDS = frozenset(
    "add am apply bisect blame branch checkout cherry-pick clean clone commit config describe diff fetch grep init log "
    "ls-files merge mv notes pull push rebase reflog remote reset restore revert rev-parse rm shortlog show stash status "
    "switch tag worktree".split()
)
# A command line that begins with one of these is one, whatever follows.
COMMANDS = frozenset(
    "ls pwd cat grep egrep rg mkdir rmdir cp mv rm chmod chown ln pytest python python3 pip pip3 npm npx node yarn pnpm "
    "ruff mypy pyright black flake8 tox uv poetry cargo rustc gcc g++ clang cmake javac java ruby php perl bash sh zsh curl "
    "wget tar unzip zip gzip df du ps uname whoami env printenv wc awk sed xargs diff tree docker sqlite3 pydoc uvicorn "
    "flask django-admin gunicorn jq ssh scp rsync".split()
)
# These are English words as well: they are commands only when arguments of a command line follow.
ENGLISH_COMMANDS = frozenset("make find touch head tail top echo sort test date go file time which sleep kill".split())

INTERPRETERS = {
    ".py": "python3",
    ".js": "node",
    ".mjs": "node",
    ".sh": "sh",
    ".bash": "bash",
    ".rb": "ruby",
    ".php": "php",
}
TEST_RUNNERS: tuple[tuple[str, str], ...] = (
    ("package.json", "npm test"),
    ("Cargo.toml", "cargo test"),
    ("go.mod", "go test ./..."),
)
DEPENDENCY_FILES: tuple[tuple[str, str], ...] = (
    ("requirements.txt", "python3 -m pip install -r requirements.txt"),
    ("pyproject.toml", "python3 -m pip install -e ."),
    ("package.json", "npm install"),
)

# A tool name that a person, a rule or a model may say, and the tool it means.
TOOL_ALIASES = {
    "read": "file",
    "write": "file",
    "files": "file",
    "filesystem": "file",
    "terminal": "shell",
    "bash": "shell",
    "sh": "shell",
    "command": "shell",
    "exec": "shell",
    "db": "sqlite",
    "database": "sqlite",
    "vcs": "git",
}
# Tools whose work a command line can do where they are missing.
SHELL_FALLBACK = {"git": "git", "sqlite": "sqlite3"}

FULLSTACK = re.compile(r"\bfull[\s-]?stack\b", re.IGNORECASE)
WEB_APP = re.compile(r"\bweb[\s-]?(?:app|application|site with|service with)\b|\bwebapp\b", re.IGNORECASE)
# A request for an app that names parts of two of these groups is a full-stack one.
STACK_PARTS: tuple[re.Pattern[str], ...] = (
    re.compile(r"\b(?:backend|back-end|flask|django|fastapi|server|rest api|api)\b", re.IGNORECASE),
    re.compile(r"\b(?:frontend|front-end|html|css|javascript|dashboard|templates?|user interface|ui)\b", re.IGNORECASE),
    re.compile(r"\b(?:database|sqlite|sql|db|postgres|mysql|authentication|auth|login|sign[- ]?up)\b", re.IGNORECASE),
)
APP = re.compile(r"\b(?:app|application|site|website|platform|system|project)\b", re.IGNORECASE)

POLITE = re.compile(
    r"^\s*(?:(?:hi|hello(?!\s+world)|hey|ok|okay|so|now|well|codey|please|kindly|just|then|also|next|finally|first(?:ly)?)[\s,!:]+|"
    r"(?:can|could|would|will) (?:you|we)(?: please)?\s+|"
    r"(?:i|we)(?:'d| would)? (?:want|need|like)(?: you)? to\s+|i'd like to\s+|let'?s\s+|help me(?: to)?\s+|go ahead and\s+|"
    r"you (?:should|must|need to)\s+)",
    re.IGNORECASE,
)
WISH = re.compile(r"^\s*(?:i|we)(?:'d| would)? (?:want|need|like)\s+(?=(?:an?|the|some)\b)", re.IGNORECASE)


def without_politeness(text: str) -> str:
    """`text` without what people say before the imperative: please, can you, I want you to."""
    while (shorter := POLITE.sub("", text, count=1)) != text and shorter.strip():
        text = shorter
    return WISH.sub("create ", text).strip()
