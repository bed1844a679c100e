"""Edits of a shown file: a docstring, type hints, another name, a route. All that must be copied exactly travels in slots."""

import random

from models.nano import phrases
from models.nano.chats import END, Example, edit_turns

OPENING = "<<<<<<< SEARCH\n"
MIDDLE = "\n=======\n"
CLOSING = "\n>>>>>>> REPLACE"


ROUTE = '''@app.get("/hello")
def hello():
    """Greet the world."""
    return "Hello, World!"


'''


def _block(before: str, after: str) -> str:
    return f"{before}{MIDDLE}{after}{CLOSING}"


def example(rng: random.Random) -> Example:
    """A request for one of the edits, and its search/replace blocks."""
    kind = rng.choice(["docstring", "hints", "hints", "rename", "route"])
    data = phrases.load("edits")
    path = f"{phrases.folder(rng)}{phrases.stem(rng, ['utils.py'], 'utils', 'utils')}.py"
    request = ""
    while not request or phrases.normal(request) in phrases.held_out():
        request = _dressed(rng, rng.choice(data[kind]).format(path=path, name=path.rpartition("/")[2]))
    if kind == "docstring":
        shown, answer = "<|l1|>", _block("<|l1|>", '<|l1|>\n<|in|>"""<|doc|>."""')
    elif kind == "route":
        shown, answer = "app = Flask(__name__)\n<|l1|>", _block("<|l1|>", f"{ROUTE}<|l1|>")
    elif kind == "rename":
        count = rng.choice([1, 2, 2, 3, 3, 4, 5, 6])
        shown = "\n".join(f"<|l{number}|>" for number in range(1, count + 1))
        blocks = [_block(f"<|l{number}|>", f"<|r{number}|>") for number in range(1, count + 1)]
        answer = f"\n{OPENING}".join(blocks)
    else:
        shown, answer = _hints(rng, data)
    return Example(edit_turns(request, path, shown), OPENING, f"{answer}{END}")


def _hints(rng: random.Random, data: dict) -> tuple[str, str]:
    """The parameters as the model sees them, and the block that hints their types."""
    count = rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4, 5])
    method = count > 0 and rng.random() < 0.2
    shown, hinted = ["<|l1|>"], []
    for number in range(1, count + 1):
        if method and number == 1:
            shown.append("<|a1|> self")
            hinted.append("<|a1|>")
            continue
        kind = rng.choice(list(data["types"]))
        words = rng.choice(data["types"][kind]) if rng.random() < 0.8 else phrases.pseudo_word(rng)
        known = words in data["types"][kind]
        default = ""
        if rng.random() < 0.25:
            default = rng.choice(list(data["defaults"]))
            if default != "None":
                kind, known = data["defaults"][default], True
        hint = kind if known else "object"
        if default == "None":
            hint = f"{hint} | None"
        shown.append(f"<|a{number}|> {words}" + (f" = {default}" if default else ""))
        hinted.append(f"<|a{number}|>: {hint}<|v{number}|>")
    returned = rng.choice(list(data["returns"]))
    shown.append(f"return {returned}")
    after = f"<|in|>def <|fn|>({', '.join(hinted)}) -> {data['returns'][returned]}:"
    return "\n".join(shown), _block("<|l1|>", after)


def _dressed(rng: random.Random, request: str) -> str:
    """A request with a lead or a tail now and then; its slots stay as they are."""
    frames = phrases.load("frames")
    if rng.random() < 0.3:
        request = rng.choice(frames["openings"]) + request
    if rng.random() < 0.12:
        request = rng.choice(frames["leads"]) + request
    if rng.random() < 0.2:
        request = request.rstrip(" .!?") + rng.choice([" please", ".", "!", " thanks", " for me", ", please", " now"])
    return request[:1].upper() + request[1:] if rng.random() < 0.4 else request
