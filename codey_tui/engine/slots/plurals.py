"""One and several of a noun: inflection's rules, with what they get wrong."""

_PAIRS = (
    "goose/geese man/men woman/women leaf/leaves loaf/loaves thief/thieves hoof/hooves tooth/teeth foot/feet index/indexes hero/heroes "
    "criterion/criteria phenomenon/phenomena cactus/cacti fungus/fungi alumnus/alumni syllabus/syllabi echo/echoes gas/gases lens/lenses "
    "virus/viruses campus/campuses octopus/octopuses deer/deer aircraft/aircraft taxi/taxis pie/pies tie/ties cookie/cookies selfie/selfies "
    "brownie/brownies canoe/canoes cache/caches moustache/moustaches ache/aches axe/axes headache/headaches zombie/zombies genie/genies "
    "rookie/rookies smoothie/smoothies hoodie/hoodies budgie/budgies bonus/bonuses calorie/calories specimen/specimens cow/cows "
    "aquarium/aquariums bonsai/bonsais cafe/cafes canvas/canvases haiku/haikus superhero/superheroes emoji/emojis geocache/geocaches"
)
_SEVERAL = {one: many for one, _, many in (pair.partition("/") for pair in _PAIRS.split())}
_ONE = {many: one for one, many in _SEVERAL.items()}
_F_WORDS = frozenset(
    "leaves loaves thieves hooves knives shelves wolves lives calves halves scarves elves wives".split()
)
"""Plurals in `ves` of words in `f`: others have an `e`, such as caves."""


def singular(word: str) -> str:
    """One of what `word`, in small letters, says; `word` itself where it is no plural."""
    import inflection  # only an application needs it

    if word in _ONE:
        return _ONE[word]
    if word in _SEVERAL or len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word  # tennis is no plural
    if word.endswith("ves") and word not in _F_WORDS and not word.endswith(("shelves", "knives", "wolves", "wives")):
        return word[:-1]
    if word.endswith("men"):
        return f"{word[:-3]}man"
    return str(inflection.singularize(word))


def plural(word: str) -> str:
    """Several of what `word`, in small letters, says."""
    import inflection

    if word in _SEVERAL or word in _ONE:
        return _SEVERAL.get(word, word)
    if word.endswith("man") and word not in ("human", "german", "roman", "talisman"):
        return f"{word[:-3]}men"
    return str(inflection.pluralize(word))


def is_plural(word: str) -> bool:
    """Whether `word` says several of something and has another form for one."""
    one = singular(word)
    return one != word and plural(one) == word
