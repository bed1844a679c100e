"""Figures as lines of text, and on a terminal as bars too, drawn by Rich: in 48 columns, with and without colours."""

from collections.abc import Sequence
from typing import TextIO

import msgspec


class Bar(msgspec.Struct, frozen=True):
    """One figure: what it is of, how much, and that in words. Those that are not `marked` are there to compare with."""

    label: str
    value: float
    said: str
    marked: bool = True


class Group(msgspec.Struct, frozen=True):
    """Bars below a title."""

    title: str
    bars: tuple[Bar, ...]


def lines(groups: Sequence[Group]) -> str:
    """The figures alone, as for a file or a pipe."""
    width = max((len(bar.label) for group in groups for bar in group.bars), default=0)
    told: list[str] = []
    for group in groups:
        told.append(group.title)
        told += [f"  {bar.label:{width}}  {bar.said}".rstrip() for bar in group.bars]
    return "\n".join(told) + "\n"


def tell(text: str, file: TextIO) -> None:
    """A line of words, which breaks between them on a narrow terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    if console.is_terminal:
        console.print(Text(text))
    else:
        file.write(text + "\n")


def draw(groups: Sequence[Group], file: TextIO, *, together: bool = False) -> None:
    """Write them, with bars where the file is a terminal that can move its cursor; all of one scale when `together`."""
    from rich.bar import Bar as Drawn
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        file.write(lines(groups))
        return
    highest = max((bar.value for group in groups for bar in group.bars), default=0.0)
    for group in groups:
        most = (highest if together else max((bar.value for bar in group.bars), default=0.0)) or 1.0
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, min_width=8)
        table.add_column(no_wrap=True, justify="right")
        for bar in group.bars:
            drawn = Drawn(most, 0, bar.value, color="green" if bar.marked else "bright_black")
            table.add_row(Text(bar.label), drawn, Text(bar.said))
        console.print(Text(group.title, style="bold"))
        console.print(table)
