"""The names in a request: what a function or class is to be called, and the entity that an application is about."""

import keyword
import re

from codey_tui.engine.router.spans import looks_like_file
from codey_tui.engine.slots.binding import Binding
from codey_tui.engine.slots.plurals import is_plural, plural, singular

_CALLED = re.compile(
    r"\b(?P<verb>called|named|names?|call(?:ing)?|naming|as|titled|labelled)(?:\s+|\s*[:=]\s*)"
    r"(?:(?:it|them|this|that|the\s+(?:function|class|method)|is|be|should\s+be)\b)?\s*"
    r"(?:should\s+be\s+|is\s+|:\s*|=\s*)?(?P<quote>[`'\"“‘]?)(?P<name>[A-Za-z_]\w*)(?P<call>\(\)|\([\w\s,:=*]*\))?(?P=quote)?",
    re.IGNORECASE,
)
_METHOD = re.compile(r"(?:\bwith|\bw/|\bhas|\bhaving|\busing|\bvia)\s*$", re.IGNORECASE)
"""Before the name of a part of what is wanted: a graph with add_edge, a singleton with __new__."""
_QUOTED = re.compile(r"[`'\"“‘](?P<name>[A-Za-z_]\w*)(?:\(\))?[`'\"”’]")
_TECHNICAL = re.compile(r"[a-z0-9]_[a-z0-9]|[a-z][A-Z]|^[A-Z][a-z]+[A-Z]|\w+_$|^_\w")
_THING = r"(?:function|class|method|def|routine|procedure|helper|func|fn)"
_THING_CALLED = re.compile(rf"\b{_THING}\s+$", re.IGNORECASE)
_BESIDE_THING = re.compile(rf"\b{_THING}\s*$|^\s*{_THING}\b", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w./@-])(?P<name>[A-Za-z_]\w*)(?P<call>\(\))?(?![\w/-]|\.\w)")
_WISHED = re.compile(
    r"\b(?:(?:call|name)\s+(?:it|this|that|the\s+(?:function|class|method))|(?:with|under|by|has|have)\s+the\s+name|whose\s+name\s+is|"
    r"(?:it|which|that|function|class|method)\s+(?:must|should|shall|has\s+to|is\s+to)\s+be\s+(?:called|named)|"
    r"name\s+(?:must|should|shall)\s+be|let\s+the\s+name\s+be|,?\s+to\s+be\s+(?:called|named))\s+"
    r"(?P<name>[A-Za-z_]\w*)(?=\s*(?:[.,;:!?)]|$|(?:please|pls|thanks|thank|and)\b))",
    re.IGNORECASE,
)
_STYLES = frozenset(
    "camelcase pascalcase snakecase kebabcase snake_case camel_case kebab_case pascal_case title_case".split()
)
"""Words for a form of names, which name nothing."""
_PRODUCTS = frozenset(
    "iphone ipad ios macos ebay jquery hackernews github gitlab youtube javascript typescript coffeescript postgresql mysql mongodb mariadb "
    "sqlite latex pypi numpy scipy pytorch tensorflow wordpress beautifulsoup openai linkedin powershell fastapi graphql opencv openssl paypal "
    "whatsapp stackoverflow bitbucket docker compose webassembly websocket oauth".split()
)
_NO_NAMES = frozenset(
    "twice once again later quickly properly well nicely recursively appropriately accordingly sensibly first last then there here something "
    "anything whatever directly repeatedly so yourself myself too".split()
)


def name_in(text: str) -> str:
    """The identifier that a request wants a function or class to have, or nothing.

    A word after `called` or `named` counts when it is quoted, has the form of an identifier (`snake_case`, `camelCase`, a call),
    follows the word function, class or method, or ends a wish such as `call it`; elsewhere a quoted identifier counts, one in
    `snake_case` or `camelCase`, a call, and one in `CamelCase` beside the word function, class or method, or in a request for a class.
    """
    for match in _CALLED.finditer(text):
        name = match.group("name")
        plain = not (match.group("quote") or match.group("call") or _TECHNICAL.search(name))
        if plain and (not _THING_CALLED.search(text[: match.start()]) or _no_name(match)):
            continue
        if _fits(text, match.start("name"), name):
            return name
    for match in _WISHED.finditer(text):
        name = match.group("name")
        once = len(re.findall(rf"\b{name}\b", text, re.IGNORECASE)) == 1
        if once and name.lower() not in _NO_NAMES and _fits(text, match.start("name"), name):
            return name
    for match in _QUOTED.finditer(text):
        if _TECHNICAL.search(match.group("name")) and _fits(text, match.start("name"), match.group("name")):
            return match.group("name")
    for match in _BARE.finditer(text):
        name, (start, end) = match.group("name"), match.span()
        told = match.group("call") or (_TECHNICAL.search(name) and _names_something(name, text[:start], text[end:]))
        if told and not _METHOD.search(text[:start]) and _fits(text, start, name):
            return name
    return ""


def _no_name(match: re.Match[str]) -> bool:
    """Whether a plain word after a verb of naming goes on with the sentence: a function as a file, a function call takes long."""
    verb, name = match.group("verb").lower(), match.group("name").lower()
    return verb == "as" or name in _NO_NAMES or (verb == "call" and name.endswith("s"))


def _names_something(name: str, before: str, after: str) -> bool:
    """Whether an identifier is no name of a product: `snake_case` and `camelCase` never are, `CamelCase` may be."""
    if name.lower() in _PRODUCTS:
        return False
    if "_" in name or name[0].islower():
        return True
    beside = _BESIDE_THING.search(before) or _BESIDE_THING.search(after)
    return bool(beside or re.search(r"\bclass\b", f"{before} {after}", re.IGNORECASE))


def _fits(text: str, at: int, name: str) -> bool:
    """Whether `name` can name a function: no keyword, no word for a form of names, no part of a file's name."""
    word = re.match(r"[\w./-]*", text[at:])
    return (
        not keyword.iskeyword(name)
        and not (name.startswith("__") and name.endswith("__"))
        and name.lower() not in _STYLES
        and not (word is not None and looks_like_file(word.group()))
    )


_KINDS = frozenset(
    "app apps application site website webapp crud tracker manager catalog catalogue organizer organiser database collection register registry "
    "directory list log archive system management inventory planner portal tool service backend project keeper diary administration thing".split()
)
"""Words for an application, whatever it is about: what it is about stands before them."""
_DESCRIBING = _KINDS | frozenset(
    "new simple basic small little tiny complete full stack fullstack full-stack web web-based flask python sqlite sqlite3 html css js nice quick "
    "working whole own personal online local plain modern responsive minimal good deluxe single-page multi-user self-hosted rest api json secure "
    "protected private shared mobile friendly mvp internal admin easy tidy neat handy useful lightweight browser-based database-driven "
    "data-driven database-backed sqlite-backed server-side home-made homemade in-house beginner-friendly clean elegant login-protected "
    "password-protected login-only".split()
)
_PLAIN = _DESCRIBING - {
    "project",
    "tool",
    "service",
    "log",
    "collection",
    "inventory",
    "directory",
    "register",
    "catalog",
    "catalogue",
    "archive",
    "list",
}
"""Without the words that are what an application is about where nothing else is."""
_STOPPING = frozenset(
    "a an the my our your their his her its some all every each any me us please with and or for of to in on at using use uses used based via where i "
    "we you they he she it that this which who what when can could will would should may be is are was create build make write develop generate "
    "code set up scaffold need want like lets let allow allows give do does has have having from into by as so but user users login logins log-in "
    "auth authentication accounts account password passwords sign signin sign-in dashboard page pages including together along secured supporting behind locked only overview requiring see get gets needed required wanted backend frontend another something anything "
    "everything things stuff kind sort type info information details data people's now then also plus thanks pls hi hello hey "
    "them one ones these those".split()
)
_FOREIGN = frozenset(
    "react vue angular svelte solid ember jquery htmx next nextjs nuxt remix gatsby astro django fastapi tornado bottle pyramid streamlit node "
    "nodejs express nest koa deno bun rails sinatra laravel symfony spring quarkus phoenix blazor net dotnet asp php ruby rust go golang java "
    "kotlin swift typescript elixir scala haskell perl c mongodb mongo postgres postgresql mysql mariadb redis firebase supabase dynamodb graphql "
    "grpc websocket websockets electron tauri flutter native ionic docker kubernetes serverless lambda aws azure wordpress stripe oauth machine "
    "learning ai llm ml chat messenger messaging weather commerce e-commerce ecommerce streaming multiplayer social "
    "network checkout crypto blockchain trading real-time realtime live microservice microservices offline pwa".split()
)
"""Other techniques and applications of another kind: no entity is taken from beside them, so that a model sees them as they are."""
_DOING = frozenset(
    "manage manages managing track tracks tracking organise organises organising organize organizes organizing store stores storing record records "
    "recording listing lists collect collects collecting catalogues catalogs cataloguing maintain maintains maintaining handle handles handling "
    "administer administers register registers registering save saves saving add adds adding edit edits editing logs logging crud keep keeps keeping "
    "browse view entity entities delete deletes remove removes enter enters update updates remember remembers "
    "remembering sell sells selling rent rents renting lend lends lending rule : for of about on over".split()
)
"""Words that an entity may follow."""
_PLURALS = frozenset(
    "accounts lists records applications tools requests services logs collections rooms projects stories items".split()
)
"""Ends of an entity's name that mean something else elsewhere: bank accounts, reading lists."""
_ARTICLES = frozenset(
    "a an the my our your their his her some all each every new different various several many track list record records :".split()
)


_COMPOUND = re.compile(
    r"\b(?:user (?:stor(?:y|ies)|manuals?|groups?)|(?:api|access|license) (?:keys?|tokens?)|code (?:snippets?|reviews?|samples?)|"
    r"data (?:sets?|sources?|points?)|web (?:links?|comics?|shops?)|(?:bank|savings|email) accounts?|"
    r"(?:garden|gardening|kitchen|power|hand) tools?|(?:trading|playing|business|flash) cards?|streaming links?|"
    r"(?:machine|spare|car) parts?|network (?:switch(?:es)?|devices?|cables?)|weather (?:reports?|stations?|records?)|"
    r"(?:dice|lego|box|chess|tea|train) sets?|(?:diary|landing|sketch|note) pages?|(?:whisky|wine|water|beer|milk) bottles?|"
    r"(?:arcade|washing|vending|coffee|sewing|pinball) machines?|(?:star|road|traffic) signs?|(?:vinyl|dns|medical|health) records?|"
    r"(?:service|change|feature|pull|leave|travel) requests?|(?:social|live) events?|chat rooms?|(?:sales|business) leads?|"
    r"(?:savings|life|fitness) goals?)\b",
    re.IGNORECASE,
)
"""Names of two words of which one means something else elsewhere."""
_PEOPLE = r"(?:users?|people|person|members?|visitors?|guests?|customers?|employees?|colleagues?|staff|team|family|friends?|boss)"
_SEVERAL = rf"(?:(?:each|every|all|several|many|whole|the\s+whole|my|our)\s+)+{_PEOPLE}\b"
_SIGNING_IN = re.compile(
    r"(?:^\s*|\b(?:where|in\s+which|so\s+that|(?:but\s+)?only\s+for|access\s+(?:only\s+)?for|but|and|for|must|should|needs?\s+to|ha(?:s|ve)\s+to)\s+|[,;.]\s*)"
    rf"(?:(?:{_PEOPLE}|everyone|everybody|nobody|you|they|the|my|our|each|every|all|only|first|then|must|should|can|could|have|has|needs?|"
    r"to|be|are|is|who|able|gets?|in|without|registration\s+and)\s+)*"
    r"(?:log(?:s|ged|ging)?[\s-]?ins?|sign(?:s|ed|ing)?[\s-]?(?:in|up|on)|authenticat\w+|registered)\b"
    rf"(?:\s+{_PEOPLE})?(?:\s+(?:only|first|needed|required|before\s+they\s+\w+\s+\w+))?(?:\s+with\s+(?:an?|their)\s+(?:name\s+and\s+)?(?:password|name)s?)?"
    rf"(?:\s+for\s+{_SEVERAL})?|\b(?:log-?ins?|accounts?)\s+for\s+{_SEVERAL}|\bregistration\s+and\s+log-?in\b",
    re.IGNORECASE,
)
"""Who signs in, and how: no entity is taken from there."""
_COUNTS = r"(?:counts?|totals?|numbers?|figures|sums?|stat(?:istic)?s|entry|entries|ones?|top)"
_COUNTING = re.compile(
    r"\b(?:dash[\s-]?board|page|overview)(?:\s+page)?\s+(?:of|for|with|on|about|that\s+\w+|showing|to\s+see)\s+"
    rf"(?:(?:the|all|my|some|latest|newest|last|recent|key|basic|number\s+of)\s+)*(?:{_COUNTS}|boss|(?:logged|signed)-in\s+users)\b",
    re.IGNORECASE,
)
"""What a page of numbers shows: no entity either."""
_OWN = r"(?:(?:an?|the|my|our|your|their|his|her|its|all|some|many|old|used)\s+)*"
_NOUNS = r"([\w-]+(?:\s+[\w-]+)?)"
_TREATED = (
    r"(?:(?:can|may|could|should|must|will)\s+(?:all\s+)?be|are|is|gets?)\s+(?:kept|stored|saved|listed|added|created|edited|changed|managed|tracked|"
    r"recorded|entered|logged|shown|deleted|removed|collected|organi[sz]ed|catalogu?ed|viewed|registered)\b"
)
_HAVING = r"(?:sell|collect|own|have|breed|build|repair|rent|grow|restore|buy|make|teach)"
_ACTING = r"(?=(?:to|who|can|could|may|log|sign|register|manage|keep|track|store|save|record|enter|add|collect|organi[sz]e|list|edit)\b)"
_REWORDED = (
    (
        re.compile(
            rf"(?:\b(?:for|lets?|letting|allow(?:s|ing)?|help(?:s|ing)?|where|in\s+which)\s+|(?:^|(?<=[.,;:]))\s*){_PEOPLE}\s+{_ACTING}",
            re.IGNORECASE,
        ),
        " ",
    ),
    (
        re.compile(
            r"\b(?:entity|resource|model|table)\s*(?:(?:is\s+|being\s+)?(?:named|called)\s|[=,])", re.IGNORECASE
        ),
        "entity : ",
    ),
    (
        re.compile(r"\b(?:an?|one|the)\s+([\w-]+(?:\s[\w-]+)?)\s+(?:model|entity|resource)\b", re.IGNORECASE),
        r"about \1 .",
    ),
    (
        re.compile(
            rf"\b(?:each|every|per)\s+(?!{_PEOPLE}\b){_NOUNS}(?=\s+(?:can|may|we|i|with|has|is|gets|should)\b|\s*(?:[.,;]|$))",
            re.IGNORECASE,
        ),
        r"about \1 .",
    ),
    (re.compile(r"\bto\s+log\b(?!\s*(?:in|on|out|into)\b)", re.IGNORECASE), "to record"),
    (re.compile(r"\b(?:entity|entities|records|resource|resources)\s+(?:is|are|being)\b", re.IGNORECASE), "entity :"),
    (re.compile(r"\beach\s+([\w-]+(?:\s+[\w-]+)?)\s+(?=has|with|having)", re.IGNORECASE), r"about \1 , "),
    (re.compile(r"\b(app|application|site|website|webapp)\s*\(([a-z]+(?:\s[a-z]+)?)\)", re.IGNORECASE), r"\1 for \2 ."),
    (
        re.compile(r"\b(app|application),\s*([a-z-]+(?:\s[a-z-]+)?)(?=,\s*(?:flask|sqlite|with)\b)", re.IGNORECASE),
        r"\1 for \2 ",
    ),
    (
        re.compile(rf"\b(?:in\s+which|where|so\s+that|whose)\s+{_OWN}{_NOUNS}\s+{_TREATED}", re.IGNORECASE),
        r"about \1 .",
    ),
    (
        re.compile(
            rf"\bwith\s+{_OWN}{_NOUNS}\s+as\s+{_OWN}(?:main\s+|only\s+)?(?:resource|entity|model|records?)\b",
            re.IGNORECASE,
        ),
        r"about \1 .",
    ),
    (re.compile(rf"^\s*(?:we|i)\s+{_HAVING}\s+{_OWN}{_NOUNS}\s*(?=[.:;,]|\band\b)", re.IGNORECASE), r"about \1 ."),
    (re.compile(r"\b(?:write|note|jot)\s+down\b", re.IGNORECASE), "record"),
    (re.compile(r"\btable\s+of\b", re.IGNORECASE), "list of"),
    (re.compile(r"-(?:tracking|keeping|managing|management|logging|collecting|cataloguing)\b", re.IGNORECASE), ""),
    (re.compile(r"^\s*for\s+(?:our|my|the)\s+(?:\w+\s*){1,3}:", re.IGNORECASE), ""),
    (re.compile(r"^\s*for\s+(?:our|my|the)\s+\w+(?=\s+(?:i|we)\b)", re.IGNORECASE), ""),
    (re.compile(r"^\s*(?:go\s+ahead\s+and\b|next(?:\s+(?:project|task|step))?\s*[:,])", re.IGNORECASE), ""),
    (
        re.compile(
            r"^\s*for\s+(?:an?|our|my|the)\s+(?:\w+\s+)?(?:project|course|class|homework|assignment|hackathon|demo)\s*,",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"\b(to|can|could|i|we|users|people)\s+list\b(?=\s+\w)", re.IGNORECASE), r"\1 listing"),
    (_SIGNING_IN, ""),
    (_COUNTING, ""),
)
"""Ways to say the entity, and the plainer ways that are looked for."""


def entity_in(text: str) -> tuple[str, str]:
    """(singular, plural) of what an application is about, in lower case with blanks; empty when the request does not say."""
    for pattern, plainer in _REWORDED:
        text = pattern.sub(plainer, text)
    text = _COMPOUND.sub(lambda match: match.group().replace(" ", "-"), text)
    words = [match.group().lower() for match in re.finditer(r"[^\W_][\w-]*|[.,;:!?()]", text)]
    nouns = (
        []
        if _FOREIGN.intersection(words)
        else _before_kind(words, _DESCRIBING) or _after_doing(words) or _before_kind(words, _PLAIN)
    )
    if not nouns:
        return "", ""
    nouns = [part for noun in nouns for part in re.split(r"[-_]", noun.removesuffix("-taking")) if part]
    *head, last = nouns
    one = singular(last)
    if plural(one) != last:  # it was no plural
        one = last
    return " ".join([*head, one]), " ".join([*head, plural(one)])


def _before_kind(words: list[str], describing: frozenset[str]) -> list[str]:
    """The nouns right before a word such as app or tracker."""
    for at, word in enumerate(words):
        if word not in _KINDS:
            continue
        while at and words[at - 1] in describing:
            at -= 1
        found = _run(list(reversed(words[max(at - 2, 0) : at])), describing)
        if found:
            return found[::-1]
    return []


def _after_doing(words: list[str]) -> list[str]:
    """The nouns after a word such as manage or for."""
    for at, word in enumerate(words):
        if word not in _DOING:
            continue
        at += 1
        while at < len(words) and (words[at] in _ARTICLES or words[at] in _DOING or words[at] in _DESCRIBING):
            at += 1
        if found := _run(words[at : at + 2]):
            if is_plural(found[0]) and not (len(found) > 1 and is_plural(found[1])):
                return found[:1]
            after = words[at + 1] if at + 1 < len(words) else ""
            if len(found) == 1 and after in _PLURALS:
                return [found[0], after]
            return found
    return []


def _run(words: list[str], describing: frozenset[str] = _DESCRIBING) -> list[str]:
    """The words up to the first that names no entity."""
    kept: list[str] = []
    for word in words:
        if word in _FOREIGN or word in _STOPPING or word in describing or word in _DOING or not word[0].isalpha():
            break
        kept.append(word)
    return kept


def bind_name(request: str) -> Binding:
    """The slot `<|fn|>` for a request that says what the function or class is to be called."""
    name = name_in(request)
    return Binding({"fn": name}, {name: "fn"}) if name else Binding()


def bind_entity(request: str) -> Binding:
    """The slots of the entity of an application; `item` where the request names none."""
    one, many = entity_in(request)
    hidden: dict[str, str] = {}
    for form, slot in ((many, "es"), (one, "e")):
        hidden |= {form.replace(" ", glue): slot for glue in " _-" if form}
    return Binding(_forms(one or "item", many or "items"), hidden)


def _forms(said: str, several: str) -> dict[str, str]:
    one, many = said.replace(" ", "_"), several.replace(" ", "_")
    return {
        "e": one,
        "es": many,
        "E": "".join(part.capitalize() for part in one.split("_")),
        "T": said.capitalize(),
        "Ts": several.capitalize(),
    }
