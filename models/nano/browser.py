"""A page in headless Chromium, where there is one: its document once its scripts have run, and what the console said."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ADVICE = '"[DOM] Input elements should have autocomplete attributes'
"""What Chromium advises the authors of any form with a password; no error."""


@dataclass(frozen=True)
class Page:
    """The document after `milliseconds` of the page's own time, and the lines of its console."""

    document: str
    console: tuple[str, ...]


def program() -> str:
    """The path of Chromium, or an empty string."""
    return next((found for name in _NAMES if (found := shutil.which(name))), "")


def load(address: str, milliseconds: int = 4000) -> Page:
    """Loads `address` on a screen as narrow as a phone's. Raises RuntimeError where there is no Chromium or it gives up."""
    if not program():
        raise RuntimeError("There is no Chromium on this machine.")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program(), "--headless", "--disable-gpu", "--no-first-run", "--enable-logging=stderr", "--window-size=390,800",
            f"--user-data-dir={profile}", f"--virtual-time-budget={milliseconds}", "--dump-dom", address,
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # as root it starts in no other way
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"Chromium was still at it after {SECONDS} s.") from error
    if done.returncode:
        raise RuntimeError(f"Chromium ended with status {done.returncode}.")
    lines = (line for line in done.stderr.splitlines() if ":CONSOLE" in line)
    return Page(done.stdout, tuple(line for line in lines if _ADVICE not in line))


def load_file(path: Path, script: str = "") -> Page:
    """Loads an HTML file; `script` runs at its end, as the body of an asynchronous function."""
    text = path.read_text("utf-8")
    if script:
        text = text.replace("</body>", f"<script>(async () => {{ {script} }})();</script></body>")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(text, "utf-8")
        return load(copy.as_uri())
