"""What an empty chat says, and the keys that matter now."""

from textual.content import Content

from codey_tui.tui.meters import Segment, Segments
from codey_tui.tui.state import View

_EXAMPLES = ("Create Fibonacci function", "Explain @README.md", "/help")


def welcome(view: View) -> Content:
    """What can be done, or what is missing."""
    rows: list[Content] = [Content.styled("codey", "bold $primary"), Content("")]
    model = view.model
    if model is not None and model.state in ("absent", "failed"):
        rows += [
            Content.styled(f"No model answers: {model.problem or model.state}", "$text-error"),
            Content(""),
            Content.styled("/model chooses another one.", "$text-muted"),
        ]
        return Content("\n").join(rows)
    rows += [
        Content.styled("Say what you want in plain words.", "$foreground"),
        Content.styled("A plan comes first; nothing runs without you.", "$text-muted"),
        Content(""),
    ]
    rows += [Content.styled(example, "$text-primary") for example in _EXAMPLES]
    return Content("\n").join(rows)


def hints(view: View, room: int) -> Segments:
    """As many keys as fit, the useful ones first."""
    pairs = [("ctrl+p", "commands"), ("ctrl+o", "files"), ("ctrl+t", "panels"), ("ctrl+g", "help"), ("ctrl+q", "quit")]
    if view.busy:
        pairs.insert(0, ("ctrl+c", "cancel"))
    elif view.can_retry:
        pairs.insert(0, ("ctrl+r", "retry"))
    else:
        pairs.insert(0, ("enter", "send"))
        pairs.insert(1, ("ctrl+j", "new line"))
    shown: list[Segment] = []
    used = 0
    for key, word in pairs:
        length = len(key) + len(word) + 1 + (3 if shown else 0)
        if used + length > room:
            break
        used += length
        if shown:
            shown.append(("   ", "dim"))
        shown += [(key, "strong"), (f" {word}", "dim")]
    return tuple(shown)
