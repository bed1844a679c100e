"""Cuts a tool's output to what a model can read: its head and its tail, and how much lies between. People get the whole."""

MODEL_CHARS = 3000
"""About 1,000 tokens: a quarter of a small context."""


def for_model(output: str, chars: int = MODEL_CHARS) -> str:
    """The output as it is, or its first and its last lines with a count of what was left out; the end, where errors stand,
    gets two thirds. A line that is too long is cut within."""
    text = output.strip("\n")
    if len(text) <= chars:
        return text
    first, last = chars // 3, chars - chars // 3
    head, tail = text[:first], text[-last:]
    if "\n" in head:
        head = head[: head.rindex("\n")]
    if "\n" in tail:
        tail = tail[tail.index("\n") + 1 :] or tail
    between = len(text) - len(head) - len(tail)
    lines = text.count("\n") - head.count("\n") - tail.count("\n") - 1
    count = f"{lines:,} lines, " if lines > 0 else ""
    return f"{head}\n[... {count}{between:,} characters left out ...]\n{tail}"
