"""Whether a generated page or shell script does what it should: pages are parsed and used in Chromium, where there is one; scripts are
run in an empty folder with something to work on."""

import html
import http.server
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from models.nano import browser

SECONDS = 20
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Wrong(Exception):
    """What was wrong, in a sentence."""


def complaint(id: str, source: str, use: bool = True) -> str:
    """What is wrong with `source` as the page or the script `id`, or "". Pages are opened and used where there is a Chromium and
    `use` is true."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            if id in PAGES:
                _check_page(id, source, Path(folder), use)
            else:
                _check_script(id, source, Path(folder))
        except Wrong as wrong:
            return str(wrong)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}: {error}"
    return ""


def _want(right: object, sentence: str) -> None:
    if not right:
        raise Wrong(sentence)


# --- pages ------------------------------------------------------------------------------------------------------------------
class _Elements(HTMLParser):
    """The elements of a page in order, and the first that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.unclosed = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.unclosed = self.unclosed or tag

    def close(self) -> None:
        super().close()
        self.unclosed = self.unclosed or " ".join(self._open)


_FILL = "const fill = (name, value) => { document.querySelector(`[name=${name}]`).value = value; };"
_PRESS = (
    "const press = (word) => [...document.querySelectorAll('button')]"
    ".find((button) => button.textContent.trim().toLowerCase() === word.toLowerCase()).click();"
)
_WAIT = "const wait = (time) => new Promise((done) => setTimeout(done, time));"
PAGES: dict[str, tuple[str, str, str]] = {
    "landing_page": ("h1 h2 section ul li a", "return document.querySelector('a[href^=\"#\"]').textContent.trim() !== '';", "true"),
    "contact_form": (
        "h1 form label input textarea button",
        "fill('name', 'Ann'); fill('email', 'ann@example.com'); fill('message', 'Hello'); press('Send');"
        "return document.querySelector('#message').textContent + fields('name') + fields('message');",
        "Thank you, Ann.",
    ),
    "login_page": (
        "h1 form label input button",
        "const field = document.querySelector('[name=password]'); const before = field.type;"
        "document.querySelector('[type=checkbox]').click(); return [before, field.type, field.minLength].join();",
        "password,text,8",
    ),
    "portfolio": (
        "header h1 nav a section h2 article h3",
        "return [...document.querySelectorAll('nav a')].every((link) => document.querySelector(link.getAttribute('href')));",
        "true",
    ),
    "todo_page": (
        "h1 form label input button ul",
        "for (const task of ['a <b>', 'c']) { document.querySelector('input').value = task; press('Add'); }"
        "press('Done'); return [...document.querySelectorAll('li')].map((item) => item.innerHTML).join();",
        "c <button>Done</button>",
    ),
    "stopwatch_page": (
        "h1 button",
        "press('Start'); await wait(1050); press('Stop'); const read = () => document.querySelector('#time').textContent;"
        "const stopped = read(); await wait(500); const later = read(); press('Reset'); return [stopped, later, read()].join();",
        "1.0,1.0,0.0",
    ),
    "calculator_page": (
        "h1 form label input button output",
        "const found = []; for (const [a, sign, b] of [[6, '*', 7], [1, '-', 3], [1.5, '+', 2], [1, '/', 4], [1, '/', 0]]) {"
        "fill('left', a); fill('operator', sign); fill('right', b); press('=');"
        "found.push(document.querySelector('output').value); } return found.join();",
        "42,-2,3.5,0.25,Cannot divide by zero.",
    ),
    "counter_page": (
        "h1 button",
        "const read = () => document.querySelector('#count').textContent; press('+'); press('+'); press('-'); const one = read();"
        "press('Reset'); press('-'); return [one, read()].join();",
        "1,-1",
    ),
}  # fmt: skip
"""For every page the elements that it needs, what is done with it, and what must come of that."""


def _check_page(name: str, source: str, folder: Path, use: bool) -> None:
    elements = _Elements()
    elements.feed(source)
    elements.close()
    _want(source.lower().startswith("<!doctype html>"), "The page does not begin with its doctype.")
    _want(not elements.unclosed, f"The page leaves an element open: {elements.unclosed}.")
    _want(re.search(r"<title>[^<]*\w[^<]*</title>", source), "The page has no title.")
    _want('name="viewport"' in source, "The page is not made for phones.")
    needed, script, wanted = PAGES[name]
    missing = set(needed.split()) - set(elements.found)
    _want(not missing, f"The page lacks {', '.join(sorted(missing))}.")
    if not use or not browser.program():
        return
    path = folder / "page.html"
    path.write_text(source, "utf-8")
    fields = "const fields = (name) => document.querySelector(`[name=${name}]`).value;"
    used = f"{_FILL}{_PRESS}{_WAIT}{fields} const use = async () => {{ {script} }}; document.title = 'Came: ' + await use();"
    page = browser.load_file(path, used)
    _want(not page.console, f"The console says: {''.join(page.console[:1])}")
    came = re.search(r"<title>Came: (.*?)</title>", page.document, re.DOTALL)
    _want(
        came and html.unescape(came.group(1)) == wanted,
        f"Used, the page shows {came and came.group(1)!r}, not {wanted!r}.",
    )


# --- shell scripts ----------------------------------------------------------------------------------------------------------
Run = Callable[..., tuple[int, str, str]]


def _check_script(name: str, source: str, folder: Path) -> None:
    script, work = folder / "script.sh", folder / "work"
    work.mkdir()
    script.write_text(source, "utf-8")
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}
    env |= {f"GIT_{who}_{what}": "ann@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def run(*args: str, program: str = "") -> tuple[int, str, str]:
        command = [program] if program else ["sh", str(script)]
        done = subprocess.run(
            [*command, *args], cwd=work, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return done.returncode, done.stdout, done.stderr

    _want(run("-n", str(script), program="sh")[0] == 0, "sh cannot read the script.")
    status, _, said = run("/nowhere", "a", "b", "c")
    _want(status == 2 and said.lower().startswith("usage"), "Wrong use does not end with a usage line and status 2.")
    SCRIPTS[name](work, run)


def _backup(work: Path, run: Run) -> None:
    (work / "my data").mkdir()
    (work / "my data" / "a.txt").write_text("a\n")
    _want(run("my data")[0] == 0, "The backup fails.")
    found = list(work.glob("*.tar.gz"))
    _want(len(found) == 1, "There is no archive.")
    with tarfile.open(found[0]) as archive:
        _want("my data/a.txt" in archive.getnames(), "The archive lacks a file.")


def _disk_usage(work: Path, run: Run) -> None:
    (work / "small").write_bytes(b"x" * 10_000)
    (work / "big one").write_bytes(b"x" * 400_000)
    status, shown, _ = run(".")
    _want(status == 0 and 0 <= shown.find("big one") < shown.find("small"), "The biggest file is not shown first.")


def _rename(work: Path, run: Run) -> None:
    for name in ("a b.txt", "c.txt", "c.md", "d.py"):
        (work / name).write_text(name)
    status, _, _ = run("txt", "md")
    _want(status == 0 and (work / "a b.md").read_text() == "a b.txt", "A file is not renamed.")
    _want((work / "c.md").read_text() == "c.md" and (work / "c.txt").exists(), "A file is overwritten.")
    _want((work / "d.py").exists(), "Another file is renamed.")


def _find_large(work: Path, run: Run) -> None:
    (work / "big one").write_bytes(b"x" * 2_100_000)
    (work / "small").write_bytes(b"x" * 1000)
    status, shown, _ = run(".", "1")
    _want(status == 0 and "big one" in shown and "small" not in shown, "The large files are not what is listed.")


def _organize(work: Path, run: Run) -> None:
    (work / "txt").mkdir()
    for name in ("a b.txt", "c.jpg", "plain", "txt/d.txt", "d.txt"):
        (work / name).write_text(name)
    _want(run(".")[0] == 0, "The script fails.")
    _want(
        (work / "txt/a b.txt").exists() and (work / "jpg/c.jpg").exists(),
        "A file is not in the folder of its extension.",
    )
    _want((work / "plain").exists(), "A file without extension is moved.")
    _want((work / "txt/d.txt").read_text() == "txt/d.txt" and (work / "d.txt").exists(), "A file is overwritten.")


def _website(work: Path, run: Run) -> None:
    if not shutil.which("curl"):
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        status, shown, _ = run(address)
        _want(status == 0 and " up" in shown, "A website that answers is not up.")
        status, _, said = run(address + "missing")
        _want(status == 1 and " down" in said, "A website that answers with an error is not down.")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    _want(run(address)[0] == 1, "A website that is gone is not down.")


class _Quiet(http.server.BaseHTTPRequestHandler):
    """Answers / and nothing else, and writes no log."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that the base class gives
        del format, args


def _count_lines(work: Path, run: Run) -> None:
    (work / "sub dir").mkdir()
    (work / "a.py").write_text("1\n2\n3\n")
    (work / "sub dir" / "b.py").write_text("1\n2\n")
    (work / "c.txt").write_text("1\n")
    status, shown, _ = run("py")
    _want(status == 0 and shown.strip() == "5", f"Five lines are counted as {shown.strip()!r}.")


def _git_summary(work: Path, run: Run) -> None:
    _want(run("init", "-q", "-b", "trunk", program="git")[0] == 0, "There is no git here.")
    (work / "a.txt").write_text("a")
    run("add", "a.txt", program="git")
    run("commit", "-q", "-m", "Say a", program="git")
    (work / "b.txt").write_text("b")
    status, shown, _ = run(".")
    _want(status == 0, "The summary fails.")
    _want(
        all(part in shown for part in ("trunk", "b.txt", "Say a")),
        "The summary lacks the branch, a change or a commit.",
    )


SCRIPTS: dict[str, Callable[[Path, Run], None]] = {
    "backup_script": _backup,
    "disk_usage": _disk_usage,
    "rename_extension": _rename,
    "find_large": _find_large,
    "organize_downloads": _organize,
    "website_check": _website,
    "count_lines": _count_lines,
    "git_summary": _git_summary,
}
