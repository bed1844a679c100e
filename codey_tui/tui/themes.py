"""Colour themes from TOML files; a file that is not a theme is reported and skipped."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT_THEME = "codey-dark"


class ThemeError(Exception):
    """A theme file cannot be used; the sentence names the file and what is wrong."""


class ThemeColors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Textual's base colours; what is left out is derived from `primary`."""

    primary: str
    secondary: str | None = None
    accent: str | None = None
    foreground: str | None = None
    background: str | None = None
    surface: str | None = None
    panel: str | None = None
    success: str | None = None
    warning: str | None = None
    error: str | None = None


class ThemeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a theme file. `variables` are Textual's CSS variables, without the dollar sign."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    title: str = ""
    dark: bool = True
    colors: ThemeColors
    variables: dict[str, str] = {}


def read_theme(path: Path) -> Theme:
    """The theme in a file. Raises `ThemeError`."""
    try:
        held = msgspec.convert(tomllib.loads(path.read_text("utf-8")), ThemeFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ThemeError(f"The theme {path.name} was skipped: {error}") from error
    colors = {name: color for name, color in msgspec.structs.asdict(held.colors).items() if color is not None}
    for name, color in colors.items():
        try:
            Color.parse(color)
        except ColorParseError as error:
            raise ThemeError(f"The theme {path.name} was skipped: {name} = {color!r} is not a colour.") from error
    return Theme(name=held.name, dark=held.dark, variables=held.variables, **colors)


def theme_files(folders: Sequence[Path | None]) -> list[Path]:
    """All theme files; a later folder comes later, so that its themes win by name."""
    return [path for folder in folders if folder is not None for path in sorted(folder.glob("*.toml"))]


def read_themes(folders: Sequence[Path | None]) -> tuple[list[Theme], list[str]]:
    """All themes that could be read, and a sentence for each that could not."""
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for path in theme_files(folders):
        try:
            theme = read_theme(path)
        except ThemeError as error:
            problems.append(str(error))
        else:
            themes[theme.name] = theme
    return list(themes.values()), problems


def stamp(folders: Sequence[Path | None]) -> tuple[tuple[str, int], ...]:
    """A value that changes when a theme file changes: paths and modification times in nanoseconds."""
    stamps: list[tuple[str, int]] = []
    for path in theme_files(folders):
        try:
            stamps.append((str(path), path.stat().st_mtime_ns))
        except FileNotFoundError:
            continue  # removed between the listing and this: the next look sees the shorter list
    return tuple(stamps)
