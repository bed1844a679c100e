"""Names of languages and the endings of their files, for searches in files of one type."""

import re

from codey_tui.tools.base import ToolError

_TYPES: dict[str, tuple[str, ...]] = {
    "py": (".py", ".pyi"), "python": (".py", ".pyi"), "js": (".js", ".mjs", ".cjs", ".jsx"),
    "javascript": (".js", ".mjs", ".cjs", ".jsx"), "ts": (".ts", ".tsx", ".mts"), "typescript": (".ts", ".tsx", ".mts"),
    "html": (".html", ".htm"), "css": (".css", ".scss", ".less"), "md": (".md", ".markdown"),
    "markdown": (".md", ".markdown"), "yaml": (".yaml", ".yml"), "yml": (".yaml", ".yml"), "c": (".c", ".h"),
    "cpp": (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".h"), "rust": (".rs",), "go": (".go",), "java": (".java",),
    "ruby": (".rb",), "shell": (".sh", ".bash", ".zsh"), "sh": (".sh", ".bash", ".zsh"), "make": ("Makefile", ".mk"),
    "docker": ("Dockerfile",), "text": (".txt", ".md", ".rst"),
}  # fmt: skip


def globs(types: tuple[str, ...]) -> tuple[str, ...]:
    """Endings such as `.py`, or whole names, of the types; a type that is no language is an ending. Raises ToolError."""
    found: list[str] = []
    for name in types:
        plain = name.strip().lower().removeprefix("*").removeprefix(".")
        if not re.fullmatch(r"[a-z0-9_+-]{1,16}", plain):
            raise ToolError(f"“{name[:40]}” is no type of file; py, js and md are.")
        found += _TYPES.get(plain, (f".{plain}",))
    return tuple(dict.fromkeys(found))
