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
# Verbs of what a program is to do: "reverse a string" asks for the program that does it.
TASK_VERBS = frozenset(
    "reverse compute calculate count flip rotate simulate solve encrypt decrypt draw plot train parse style sum merge filter "
    "swap roll sieve shuffle encode decode compress download resize play guess detect recognise recognize validate multiply "
    "invert transpose print".split()
)
# Programs that everyone knows by one word or two: naming one is asking for it.
PROGRAMS = frozenset(
    "fibonacci factorial primes palindrome fizzbuzz quicksort mergesort bubblesort calculator hanoi gcd lcm".split()
)
CODE_NOUNS = frozenset(
    "function script class program module algorithm test tests unittest page webpage website app application api endpoint "
    "route game calculator parser scraper server bot cli tool decorator generator iterator regex query component "
    "stylesheet html css javascript typescript python sql json yaml dockerfile makefile readme code snippet method "
    "loop recursion fibonacci factorial primes prime palindrome fizzbuzz quicksort mergesort sort sorter converter "
    "validator counter timer stack queue tree graph template form table schema database model crud hanoi "
    "string array matrix list search bubblesort gcd lcm divisor anagram dijkstra conversion numerals heap".split()
)
QUESTION_WORDS = frozenset(
    "what whats why how when who whom whose which where is are am was were does do did has have had explain describe "
    "compare summarise summarize tell teach define clarify whether should would discuss elaborate".split()
)
GREETINGS = frozenset("hi hello hey yo thanks thank cheers bye goodbye morning evening ok okay test ping".split())

SLASH_COMMANDS = frozenset({"undo", "retry", "cancel", "quit"})

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
    "flask django-admin gunicorn jq ssh scp rsync sudo apt apt-get pkg brew systemctl".split()
)
# These are English words as well: they are commands only when arguments of a command line follow.
ENGLISH_COMMANDS = frozenset(
    "make find touch head tail top echo sort test date go file time which sleep kill ping".split()
)
# Followed by nothing but words, one of these names what is to be written and runs nothing.
NOT_OF_WORDS = frozenset("flask node java php ruby perl bash sh zsh tree diff zip tar".split())
# Before one of these nouns the name of a command is an adjective: "flask web app", "bash script".
SPOKEN_COMMANDS = frozenset("flask python python3 node bash sh docker".split())
SPOKEN_NOUN = re.compile(
    r"(?:web|webapp|website|site|app|application|crud|api|script|program|function|class|page)\b(?!\.)", re.IGNORECASE
)

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
SHELL_FALLBACK = {"git": "git", "sqlite": "sqlite3", "environment": "pip", "python": "python3", "search": "grep"}

FULLSTACK = re.compile(r"\bfull[\s-]?stack\b", re.IGNORECASE)
WEB_APP = re.compile(
    r"\bweb[\s-]?(?:app|application|site with|service with)\b|\bwebapp\b|"
    r"\b(?:web)?site (?:where|in which|on which) (?:i|we|you|people|users|customers|everyone)\b|"
    r"\bweb[\s-]based (?:[\w-]+ ){0,3}?(?:app|application|manager|tracker|database|register|organi[sz]er|management system)\b",
    re.IGNORECASE,
)
# A web application named without a verb: "webapp for messages".
WEB_APP_NOUN = re.compile(
    r"(?:an? )?(?:[\w-]+ ){0,2}?web[\s-]?app(?:lication)?,? (?:for|with|using|to (?:manage|track|keep|list)|that|where)\b|"
    r"(?:an? |simple |small |tiny |basic |little |minimal )+(?:[\w-]+ ){1,2}web[\s-]?app(?:lication)?[.!]?$|"
    r"(?:an? )?(?:[\w-]+ ){0,3}(?:manager|management|tracker|catalog(?:ue)?|organi[sz]er|planner|inventory|register|database|journal|log|list) "
    r"web[\s-]?app(?:lication)?(?: (?:in|with|using) (?:python3?|flask))?[.!]?$|"
    r"(?:a )?(?:small |simple )?flask (?:web[\s-]?)?app(?:lication)?[.!]?$",
    re.IGNORECASE,
)
# The language of what is to be written, said last: such a request is for a file, whatever it is to do.
WRITTEN_IN = re.compile(
    r"\b(?:in|with|using|as) an? (?:\w+ )?(?:bash|shell|sh) script[.!]?$|\bin bash[.!]?$|"
    r"\b(?:in|on|as) (?:an? )?html5?(?: page| form)?(?:(?:,? and|,) (?:css|javascript|js))*[.!]?$",
    re.IGNORECASE,
)
# Questions that want the code: "how do I write a function that adds numbers?", "is there a script to rename files?"
_WORK = r"(?:an? |some |the )?(?:[\w-]+ ){0,3}(?:function|script|program|class|code|snippet|one-liner|module|utility)"
ASKS_FOR_CODE = re.compile(
    rf"how (?:(?:do|can|could|would|should) (?:i|you|we|one)|to) (?:go about )?"
    rf"(?:(?:write|code|program|make|create|build|implement|get)|(?:writing|coding|making|creating|building|implementing)) (?:me )?"
    rf"{_WORK} (?:that|which|to|for)\b|"
    rf"(?:how|what) about (?:writing |making |coding |building |creating )?(?:an?|some) (?:[\w-]+ ){{0,3}}(?:function|script|program|class|code|snippet|game)\b|"
    rf"why (?:not|don't (?:you|we)) (?:write|make|code|build|create|program|implement)\b|"
    rf"(?:is|are) there (?:any chance of |any way to (?:get|have) |a way to (?:get|have) )?{_WORK} (?:that|which|to)\b|"
    rf"(?:do you have|have you got|do you know(?: of)?|where (?:can|do|could) (?:i|we) (?:get|find)|who can (?:write|make|give|code|build)(?: me| us)?|"
    rf"is it possible to (?:get|have|write|make|create)|(?:can|could|may|might) (?:i|we) (?:get|have)) {_WORK} (?:that|which|to|for)\b|"
    rf"what (?:would|does|might|could) (?:an? )(?:[\w-]+ ){{0,3}}(?:function|script|program|class|snippet) (?:that|which|to|for)\b.* looks? like\b|"
    rf"what(?:'s| is| would be) (?:the |a |some )?python(?:3)? (?:code|script|program|snippet|function) (?:that|which|to|for)\b",
    re.IGNORECASE,
)
# A file that does not work is to be mended: "main.py crashes when the list is empty".
TROUBLE = re.compile(
    r"\b(?:crash(?:es|ed|ing)?|fail(?:s|ed|ing)?|breaks?|is broken|bugs?|buggy|(?:doesn'?t|does not|won'?t|isn'?t|is not) (?:work|working|run|start|compile)|"
    r"(?:throws|raises|gives|shows|has|with|gets) (?:an? |the )?(?:\w+ )?(?:error|exception|traceback|warning))\b",
    re.IGNORECASE,
)
# "list vs tuple"
VERSUS = re.compile(r"(?:[\w+#.-]+ ){1,3}(?:vs\.?|versus) (?:[\w+#.-]+ ?){1,3}$", re.IGNORECASE)
# A file that is read for its change: "open a.py and fix the bug".
READ_THEN = re.compile(
    r"(?:read|open|look (?:at|into)|view|check|go (?:in)?to|load|take)\s+(?:the\s+)?(?:file\s+)?[`'\"@]?(?P<path>[\w./-]*\w)[`'\"]?"
    r"(?:,|,?\s+and)\s+(?:then\s+)?(?P<verb>[a-z]+)\b(?P<it>\s+(?:it|them|that)\b)?",
    re.IGNORECASE,
)
OF_FILES = frozenset({"delete", "remove", "rename", "move", "split"})
# A thing with what it is for is wished for, also without a verb: "unit tests for utils.py", "website for my restaurant".
THING_FOR = re.compile(
    r"(?:an? |some |the )?(?:(?:simple|small|little|personal|modern|unit|pytest|new|nice) )*"
    r"(?:tests?|website|web ?page|landing page|script|program|function|class|game|page) (?:for|to|that|which)\b(?! (?:me|you)\b)",
    re.IGNORECASE,
)
RUN_VERBS = frozenset("run execute start launch open install search grep look read cat".split())
# A request for an app that names parts of two of these groups is a full-stack one.
STACK_PARTS: tuple[re.Pattern[str], ...] = (
    re.compile(r"\b(?:backend|back-end|flask|django|fastapi|server|rest api|api)\b", re.IGNORECASE),
    re.compile(r"\b(?:frontend|front-end|html|css|javascript|dashboard|templates?|user interface|ui)\b", re.IGNORECASE),
    re.compile(r"\b(?:database|sqlite|sql|db|postgres|mysql|authentication|auth|login|sign[- ]?up)\b", re.IGNORECASE),
)
APP = re.compile(r"\b(?:app|application|site|website|platform|system|project)\b", re.IGNORECASE)

POLITE = re.compile(
    r"^\s*(?:(?:hi|hello(?!\s+world)|hey|ok|okay|so|now|well|alright|codey|please|pl[sz]|kindly|just|then|also|next|finally|"
    r"first(?:ly)?|urgent|today|again|yes|right|good (?:morning|afternoon|evening|day)|greetings|yo|dear \w+|quick (?:one|question)|"
    r"if (?:you (?:can|could|have (?:the )?time|don't mind)|possible)|thanks|sorry|excuse me|listen|fyi|btw|asap)(?:[\s,!:]+(?:codey\b)?[\s,!:]*)|"
    r"(?:can|could|would|will) (?:you|we)(?!\s+(?:have|get|please have))(?:\s+(?:please|kindly))?\s+|"
    r"(?:i|we)(?:'d| would)? (?:want|need|like|have)(?: you)? to\s+|i'd like to\s+|i was asked to\s+|let'?s\s+|help me(?: to)?\s+|"
    r"(?:i|we) (?:have|must|am asked|are asked|am supposed|are supposed|was told|were told)(?: to)?\s+(?=\w+ (?:an?|the|some|one)\b)|"
    r"(?:i|we)(?:'d| would) (?:really )?(?:love|like|want|need|appreciate)(?: it)? (?:for you to|you to|if you (?:could|would))\s+|"
    r"(?:(?:do you think|i (?:was )?wonder(?:ing)? (?:if|whether)|any chance|it would be (?:nice|great|good|cool) if|i was hoping|i hope) "
    r"(?:that )?you (?:can|could|would|might|will)|would you be (?:so kind as|able|willing) to|would it be possible (?:for you )?to"
    r"(?!\s+(?:have|get))|be so kind (?:and|as to)|feel free to|your (?:job|task) is to|time to)\s+|"
    r"(?:my|the|our) (?:teacher|professor|prof|boss|manager|client|customer|tutor) (?:wants|asked|told|asks|tells) (?:me|us) to\s+|"
    r"go ahead and\s+|you (?:should|must|need to)\s+|"
    r"(?:my |the |a |your )?(?:homework|task|exercise|assignment|todo|goal|idea|note|step|question|ticket)(?: \d+| today| is| one)?\s*:\s*)",
    re.IGNORECASE,
)
FAREWELL = re.compile(r"[\s,]*\b(?:please|pl[sz]|thanks|thank you|cheers)\b[\s.!]*$", re.IGNORECASE)
# Ways to ask for a thing without a verb of making; they count only before a determiner, as in "I need a script".
WISH = re.compile(
    r"^\s*(?:(?:(?:i|we)(?:'d| would)? (?:want|need|like|love|could use)(?: to have)?|i'm looking for|there should be|"
    r"(?:can|could|may) (?:i|we) (?:please )?(?:have|get)|(?:give|get|send|hand|show) me|how about|(?:i|we) (?:require|could do with)|"
    r"(?:i'm|i am|we're|we are) (?:after|looking for)|any chance of|would it be possible to (?:have|get)|i was hoping for|"
    r"what (?:i|we) (?:need|want) is|(?:it would|it'd|would) be (?:nice|great|good) to have|(?:my|the|our) (?:teacher|professor|prof|"
    r"boss|manager|client|customer|tutor) (?:wants|needs|asked for|asks for)|need|needed|wanted|want|looking for)\s+(?=(?:an?|the|some|one)\b)|"
    r"(?:put|throw|hack|knock|cobble) (?:me )?(?:together|up)\s+|(?:whip|cook) up\s+|knock out\s+|come up with\s+|set up\s+)",
    re.IGNORECASE,
)


def without_politeness(text: str) -> str:
    """`text` without what people say around the imperative: please, can you, I want you to; a wish becomes `create`."""
    while (shorter := POLITE.sub("", text, count=1)) != text and shorter.strip():
        text = shorter
    shorter = FAREWELL.sub("", text)
    text = (shorter if shorter.strip() else text).strip()
    wish = WISH.match(text)
    if wish and _LOOKS.match(wish.group()):
        rest = text[wish.end() :].lower()
        wish = wish if not rest.startswith("the ") and CODE_NOUNS.intersection(re.findall(r"[a-z]+", rest)) else None
    if wish:
        text = f"create {text[wish.end() :]}"
    return text


# "Show me the log" and "can I have a look" are not wishes for code unless something of code is named.
_LOOKS = re.compile(r"\s*(?:can|could|give|get|send|hand|show|how)\b", re.IGNORECASE)
