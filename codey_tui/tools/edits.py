"""Applies search/replace blocks to a file's text: exactly, then forgiving white space, then by likeness, else refused in words.

The form is aider's (https://aider.chat/docs/more/edit-formats.html, "diff"); what models get wrong about it is forgiven where
the meaning is certain.
"""

import difflib
import re
from typing import NamedTuple

import msgspec

from codey_tui.tools.base import ToolError

MAX_BLOCKS = 64
NEAR_ENOUGH = 0.6
MAX_SHOWN = 80
ALIKE = 0.9
"""How alike the searched lines and the file's must be, of 1, where they are not the same; the next best place less."""
MIN_ALIKE_LINES = 3
MAX_ALIKE_WORK = 4_000_000
"""Characters to compare at most when looking for what is alike: a search in a huge file is refused rather than slow."""

_HEAD = re.compile(r"^\s*<{5,9}\s*(?:SEARCH|ORIGINAL|HEAD|OLD)?\s*$", re.IGNORECASE)
_DIVIDER = re.compile(r"^\s*={5,9}\s*$")
_FOOT = re.compile(r"^\s*>{5,9}\s*(?:REPLACE|UPDATED|NEW)?\s*$", re.IGNORECASE)
_FENCE = re.compile(r"^\s{0,3}(`{3,})([^`]*)$")


class EditRefused(ToolError):
    """An answer that cannot be applied; the sentence says which block and what stands nearest, fit for the model's next try."""


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """A file's new text and sentences about what was forgiven."""

    text: str
    notes: tuple[str, ...] = ()


class Block(NamedTuple):
    """One block: the lines to find and the lines to put there, without line ends."""

    search: list[str]
    replace: list[str]


def apply(original: str, answer: str) -> Edited:
    """The text after all blocks of `answer`, or after a whole file in a fence instead of blocks.

    Line ends and a missing final newline of `original` are kept. Raises `EditRefused`; then nothing is applied.
    """
    answer = answer.replace("\r\n", "\n")
    blocks, notes = parse(answer)
    ending = "\r\n" if original.count("\r\n") * 2 > original.count("\n") else "\n"
    before = original.replace("\r\n", "\n") if ending == "\r\n" else original
    if blocks:
        after = _apply_blocks(before, blocks, notes)
    else:
        after = _whole_file(answer, before)
        notes.append("The answer was a whole file and not blocks.")
    if after == before:
        raise EditRefused("The blocks change nothing: their search and replace parts are the same.")
    return Edited(text=after.replace("\n", ending) if ending == "\r\n" else after, notes=tuple(notes))


def parse(answer: str) -> tuple[list[Block], list[str]]:
    """The blocks of an answer and what was forgiven. Raises `EditRefused` for a block that is cut off in its search part."""
    blocks: list[Block] = []
    notes: list[str] = []
    search: list[str] = []
    replace: list[str] = []
    part = "outside"
    for line in [*answer.split("\n"), None]:
        if line is None:
            if part == "search" and any(search):
                raise EditRefused(f"Block {len(blocks) + 1} ends before its ======= line. Write whole blocks.")
            if part == "replace":
                notes.append("The last block had no end; it was taken as it is.")
                blocks.append(Block(search, _without_fence_end(replace)))
        elif _HEAD.match(line) and part in {"outside", "search"} and not any(search):
            part, search, replace = "search", [], []
        elif part == "search" and _DIVIDER.match(line):
            part = "replace"
        elif part == "replace" and (_FOOT.match(line) or (_HEAD.match(line) and _is_block_start(line))):
            blocks.append(Block(search, replace))
            part, search, replace = ("search" if _HEAD.match(line) else "outside"), [], []
        elif part == "search":
            search.append(line)
        elif part == "replace":
            replace.append(line)
    if len(blocks) > MAX_BLOCKS:
        raise EditRefused(f"The answer has more than {MAX_BLOCKS} blocks. Change less at once.")
    return blocks, notes


def _is_block_start(line: str) -> bool:
    return "SEARCH" in line.upper() or "ORIGINAL" in line.upper()


def _without_fence_end(lines: list[str]) -> list[str]:
    """The lines of a block that was cut off, without the fence that closed the answer."""
    kept = list(lines)
    while kept and (not kept[-1].strip() or _FENCE.match(kept[-1])):
        kept.pop()
    return kept


def _apply_blocks(text: str, blocks: list[Block], notes: list[str]) -> str:
    """All blocks in order, each on what the ones before left."""
    for number, block in enumerate(blocks, 1):
        text = _apply_block(text, block, number, notes)
    return text


def _apply_block(text: str, block: Block, number: int, notes: list[str]) -> str:
    search, replace = block
    if not any(line.strip() for line in search):
        if text.strip():
            raise EditRefused(f"Block {number} searches for nothing. Copy the lines to change into its search part.")
        return "\n".join(replace) + "\n"
    lines = text.split("\n")
    for tolerant in (False, True):
        for candidate in (search, _trimmed(search)):
            places = _find(lines, candidate, tolerant=tolerant)
            if not places:
                continue
            return _replaced(
                lines, places, candidate, _trimmed(replace) if candidate != search else replace, number, notes
            )
    place, likeness = _most_alike(lines, _trimmed(search))
    if place >= 0:
        wanted, change = _trimmed(search), _trimmed(replace)
        span = f"lines {place + 1} to {place + len(wanted)}"
        notes.append(f"Block {number} was matched to {span}, which are {likeness:.0%} like its search part.")
        found = lines[place : place + len(wanted)]
        return "\n".join([*lines[:place], *_carried_over(found, wanted, change), *lines[place + len(wanted) :]])
    raise EditRefused(_not_found(lines, search, number))


def apply_one(original: str, search: str, replace: str) -> Edited:
    """The text after one replacement. Line ends are kept. Raises `EditRefused`; then nothing is applied."""
    ending = "\r\n" if original.count("\r\n") * 2 > original.count("\n") else "\n"
    before = original.replace("\r\n", "\n") if ending == "\r\n" else original
    wanted, change = search.replace("\r\n", "\n"), replace.replace("\r\n", "\n")
    if not wanted:
        raise EditRefused("The search part is empty. Copy the lines to change into it.")
    notes: list[str] = []
    if before.count(wanted) == 1:
        after = before.replace(wanted, change)
    elif before.count(wanted) > 1:
        raise EditRefused(f"The search part fits {before.count(wanted)} places. Copy more lines around the change.")
    else:
        block = Block(wanted.removesuffix("\n").split("\n"), change.removesuffix("\n").split("\n") if change else [])
        after = _apply_block(before, block, 1, notes)
    if after == before:
        raise EditRefused("The edit changes nothing: its search and replace parts are the same.")
    return Edited(text=after.replace("\n", ending) if ending == "\r\n" else after, notes=tuple(notes))


def _most_alike(lines: list[str], search: list[str]) -> tuple[int, float]:
    """Where as many lines stand that are most like the searched ones, and how like; -1 where none or more than one is."""
    span = len(search)
    size = sum(map(len, search)) + span
    if sum(1 for line in search if line.strip()) < MIN_ALIKE_LINES or span > len(lines):
        return -1, 0.0
    if size * (len(lines) - span + 1) > MAX_ALIKE_WORK:
        return -1, 0.0
    matcher = difflib.SequenceMatcher(None, autojunk=False)
    matcher.set_seq2("\n".join(_collapsed(search)))
    present = _collapsed(lines)
    best, at, second = 0.0, -1, 0.0
    for start in range(len(lines) - span + 1):
        matcher.set_seq1("\n".join(present[start : start + span]))
        if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
            continue
        likeness = matcher.ratio()
        if likeness > best:
            best, at, second = likeness, start, best
        else:
            second = max(second, likeness)
    return (at, best) if best >= ALIKE and second < ALIKE else (-1, 0.0)


def _carried_over(found: list[str], search: list[str], replace: list[str]) -> list[str]:
    """The replacement, where lines that the edit does not change stay as the file has them."""
    theirs = next((_indent(line) for line in search if line.strip()), "")
    ours = next((_indent(line) for line in found if line.strip()), "")
    moved = replace if theirs == ours else _indented_like(found, search, replace)
    kept: list[str] = []
    for what, first, last, start, end in difflib.SequenceMatcher(None, search, replace, autojunk=False).get_opcodes():
        kept += found[first:last] if what == "equal" else moved[start:end]
    return kept


def _replaced(
    lines: list[str], places: list[int], search: list[str], replace: list[str], number: int, notes: list[str]
) -> str:
    """The text with `replace` at the one place found; several places are refused."""
    if len(places) > 1:
        where = ", ".join(str(place + 1) for place in places[:5])
        raise EditRefused(
            f"Block {number} fits {len(places)} places (lines {where}). Copy more lines around the change."
        )
    start = places[0]
    found = lines[start : start + len(search)]
    if found != search:
        replace = _indented_like(found, search, replace)
        notes.append(f"Block {number} was matched without regard to white space.")
    return "\n".join([*lines[:start], *replace, *lines[start + len(search) :]])


def _find(lines: list[str], search: list[str], *, tolerant: bool) -> list[int]:
    """The indices where the search lines stand; `tolerant` compares them without outer and repeated white space."""
    wanted, present = (search, lines) if not tolerant else (_collapsed(search), _collapsed(lines))
    span = len(wanted)
    return [at for at in range(len(present) - span + 1) if present[at : at + span] == wanted] if span else []


def _collapsed(lines: list[str]) -> list[str]:
    """Lines without outer white space, inner runs of it as one blank."""
    return [" ".join(line.split()) for line in lines]


def _trimmed(lines: list[str]) -> list[str]:
    """Lines without blank ones at the start and the end."""
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return lines[first:last]


def _indented_like(found: list[str], search: list[str], replace: list[str]) -> list[str]:
    """`replace` with the indentation that the file has where the model wrote another."""
    theirs = next((_indent(line) for line in search if line.strip()), "")
    ours = next((_indent(line) for line in found if line.strip()), "")
    if theirs == ours:
        return replace
    moved: list[str] = []
    for line in replace:
        if not line.strip():
            moved.append(line)
        elif line.startswith(theirs):
            moved.append(ours + line[len(theirs) :])
        else:
            moved.append(ours + line.lstrip() if len(_indent(line)) < len(theirs) else line)
    return moved


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _not_found(lines: list[str], search: list[str], number: int) -> str:
    """The sentence about a block that fits nowhere, naming the line nearest to its first telling line."""
    wanted = max(_trimmed(search), key=lambda line: (len(line.strip()) > 3, -search.index(line)))
    stripped = [line.strip() for line in lines]
    near = difflib.get_close_matches(wanted.strip(), [line for line in stripped if line], n=1, cutoff=NEAR_ENOUGH)
    said = f"Block {number} does not fit: no line reads “{_cut(wanted)}”"
    if near and near[0] == wanted.strip():
        return f"Block {number} does not fit: line {stripped.index(near[0]) + 1} reads “{_cut(wanted)}”, but the lines around it differ."
    if near:
        return f"{said}. The nearest is line {stripped.index(near[0]) + 1}: “{_cut(near[0])}”."
    return f"{said}, and none is near it. Copy the search part from the file exactly."


def _whole_file(answer: str, before: str) -> str:
    """The content of the one fenced block, when the answer is a whole file. Raises `EditRefused`."""
    lines = answer.split("\n")
    opening = next((at for at, line in enumerate(lines) if _FENCE.match(line)), None)
    body = ""
    if opening is not None:
        match = _FENCE.match(lines[opening])
        ticks = len(match.group(1)) if match else 3
        closing = [at for at in range(opening + 1, len(lines)) if re.fullmatch(rf"`{{{ticks},}}", lines[at].strip())]
        body = "\n".join(lines[opening + 1 : closing[-1] if closing else len(lines)]).strip("\n")
    if not body.strip():
        raise EditRefused("The answer holds no search/replace block. Write <<<<<<< SEARCH, =======, >>>>>>> REPLACE.")
    if before.strip() and difflib.SequenceMatcher(None, before.splitlines(), body.splitlines()).ratio() < 0.3:
        raise EditRefused(
            "The answer is neither a search/replace block nor this file changed. Write search/replace blocks."
        )
    return body + ("\n" if before.endswith("\n") or not before else "")


def _cut(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + "…"
