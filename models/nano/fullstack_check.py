"""Whether a generated web application works: its database is made, it starts, and everything it offers is asked of it over HTTP."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from models.nano import browser as chromium

SECONDS = 30
"""How long the application may take to start, and each answer."""
PASSWORD = "correct horse 7"


class Wrong(Exception):
    """What was wrong, in a sentence."""


class Visitor:
    """Someone with a browser of their own: asks, follows redirections and keeps cookies."""

    def __init__(self, base: str) -> None:
        self._base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, kind: str = "") -> tuple[int, str]:
        """The status and the text of an answer."""
        request = urllib.request.Request(urljoin(self._base, path), data=body, method=method)  # noqa: S310  always http to this machine
        if kind:
            request.add_header("Content-Type", kind)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise Wrong(f"{method} {path} got no answer: {error}") from error

    def send(self, method: str, path: str, value: object) -> tuple[int, str]:
        """Sends JSON."""
        return self.ask(path, method, json.dumps(value).encode(), "application/json")

    def post_form(self, path: str, **fields: str) -> tuple[int, str]:
        """Sends a form."""
        return self.ask(path, "POST", urlencode(fields).encode(), "application/x-www-form-urlencoded")


def complaint(folder: Path, entity_plural: str, login: bool, dashboard: bool, browser: bool = False) -> str:
    """What is wrong with the application in `folder`, or "". It keeps `entity_plural`, the name of its routes under /api/.

    `login` and `dashboard` say what it must have; with `browser` its pages are loaded in Chromium as well. The folder gets a database.
    """
    api = f"/api/{entity_plural}"
    try:
        for _ in range(2):
            _make_database(folder)
        with _running(folder) as base:
            visitor = Visitor(base)
            if login:
                _check_strangers(Visitor(base), api)
                _check_accounts(visitor, Visitor(base), api)
            _check_page(visitor)
            _check_entries(visitor, api)
            _check_bad_input(visitor, api)
            if dashboard:
                _check_dashboard(visitor)
            if browser:
                _check_browser(base, login, dashboard)
            if login:
                visitor.post_form("/logout")
                _want(visitor.ask(api)[0] in (401, 403), "After logging out the entries can still be read.")
    except Wrong as wrong:
        return str(wrong)
    except (KeyError, TypeError) as error:
        return f"An answer has not the form that it should have: {error!r}"
    return ""


def _want(right: object, sentence: str) -> None:
    if not right:
        raise Wrong(sentence)


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **more}


def _make_database(folder: Path) -> None:
    command = [sys.executable, "-s", "init_db.py"]
    try:
        done = subprocess.run(
            command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Wrong("init_db.py does not end.") from error
    _want(done.returncode == 0, f"init_db.py failed: {_last(done.stderr)}")


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    """The address of the application while it runs; it and what it started are killed at the end."""
    port = _free_port()
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-s", "app.py"]
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(PORT=str(port)), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        try:
            if not _answers(process, port):
                said.seek(0)
                raise Wrong(f"app.py does not start: {_last(said.read())}")
            yield f"http://127.0.0.1:{port}/"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the application comes to listen on its port."""
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def _check_strangers(stranger: Visitor, api: str) -> None:
    status, _ = stranger.ask(api)
    _want(status in (401, 403), f"Without a login GET {api} answers {status}, not 401.")
    status, _ = stranger.send("POST", api, {"name": "Stranger"})
    _want(status in (401, 403), f"Without a login POST {api} answers {status}, not 401.")
    status, page = stranger.ask("/")
    _want(status == 200 and 'type="password"' in page, "Without a login the page at / is not the login page.")
    _check_html(stranger, "/login", page)


def _check_accounts(visitor: Visitor, other: Visitor, api: str) -> None:
    visitor.post_form("/register", name="ann", password="short")
    _want(visitor.ask(api)[0] in (401, 403), "A password of five characters is accepted.")
    visitor.post_form("/register", name="ann", password=PASSWORD)
    _want(visitor.ask(api)[0] == 200, "Who has just registered is not signed in.")
    for path, password in (("/login", "wrong password"), ("/register", "another password")):
        _, page = other.post_form(path, name="ann", password=password)
        _want(other.ask(api)[0] in (401, 403), f"{path} lets somebody in with a wrong password.")
        _want(re.search(r"\w[^<>]*\.\s*<", page), f"{path} does not say why somebody is not let in.")
    other.post_form("/login", name="ann", password=PASSWORD)
    _want(other.ask(api)[0] == 200, "The right password does not log in.")


def _check_page(visitor: Visitor) -> None:
    status, page = visitor.ask("/")
    _want(status == 200, f"The page at / answers {status}.")
    _check_html(visitor, "/", page)
    _want("<label" in page and "<input" in page, "The page at / has no labelled input.")


def _check_html(visitor: Visitor, path: str, page: str) -> None:
    """A page has a title, fits a phone, and what it loads is there."""
    _want(re.search(r"<title>[^<]*\w[^<]*</title>", page), f"The page at {path} has no title.")
    _want('name="viewport"' in page, f"The page at {path} is not made for phones.")
    _want("<|" not in page and "{{" not in page and "{%" not in page, f"The page at {path} has a hole in it.")
    for place in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        _want(visitor.ask(place)[0] == 200, f"{place}, which the page at {path} loads, is not there.")


def _entries(visitor: Visitor, api: str) -> list[dict[str, Any]]:
    status, text = visitor.ask(api)
    _want(status == 200, f"GET {api} answers {status}.")
    rows = _json(text, f"GET {api}")
    _want(isinstance(rows, list) and all(isinstance(row, dict) for row in rows), f"GET {api} is no list of objects.")
    return rows


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Wrong(f"The answer to {what} is no JSON.") from error


def _check_entries(visitor: Visitor, api: str) -> None:
    """Create, list, update and delete; quotes and tags are kept as they are."""
    _want(_entries(visitor, api) == [], "A new database has entries.")
    first, second = 'First "1" <b>', "x'); DROP TABLE x; --"
    for name in (first, second):
        status, text = visitor.send("POST", api, {"name": name, "notes": f"About {name}"})
        _want(status in (200, 201), f"POST {api} answers {status}.")
    _want(isinstance(_json(text, f"POST {api}"), dict), f"POST {api} gives no object.")
    rows = {row.get("name"): row for row in _entries(visitor, api)}
    _want(set(rows) == {first, second}, "The list is not what was added.")
    row = rows[first]
    _want(row.get("notes") == f"About {first}" and row.get("created"), "An entry lacks its notes or its date.")
    place = f"{api}/{row['id']}"
    status, _ = visitor.send("PUT", place, {"name": "Changed", "notes": "New"})
    _want(status == 200, f"PUT {place} answers {status}.")
    changed = {row["id"]: (row["name"], row["notes"]) for row in _entries(visitor, api)}
    _want(changed[row["id"]] == ("Changed", "New"), "A change is not kept.")
    _want(changed[rows[second]["id"]][0] == second, "A change changes other entries.")
    status, _ = visitor.ask(place, "DELETE")
    _want(status in (200, 204), f"DELETE {place} answers {status}.")
    _want([row["name"] for row in _entries(visitor, api)] == [second], "A deleted entry is still there.")


def _check_bad_input(visitor: Visitor, api: str) -> None:
    before = _entries(visitor, api)
    nowhere = f"{api}/987654"
    cases = [
        ("POST", api, {"name": ""}, 400),
        ("POST", api, {"name": "   ", "notes": "x"}, 400),
        ("POST", api, {"notes": "x"}, 400),
        ("POST", api, {"name": 5}, 400),
        ("POST", api, ["name"], 400),
        ("PUT", f"{api}/{before[0]['id']}", {"name": ""}, 400),
        ("PUT", nowhere, {"name": "Nobody", "notes": ""}, 404),
        ("DELETE", nowhere, None, 404),
    ]
    for method, path, value, wanted in cases:
        status, text = visitor.send(method, path, value)
        _want(status == wanted, f"{method} {path} with {json.dumps(value)} answers {status}, not {wanted}.")
        _check_sentence(text, f"{method} {path} with {json.dumps(value)}")
    status, text = visitor.ask(api, "POST", b"{no json", "application/json")
    _want(status == 400, f"POST {api} with broken JSON answers {status}, not 400.")
    _check_sentence(text, f"POST {api} with broken JSON")
    _want(_entries(visitor, api) == before, "Bad input has changed the entries.")


def _check_sentence(text: str, what: str) -> None:
    answer = _json(text, what)
    said = answer.values() if isinstance(answer, dict) else ()
    _want(
        any(isinstance(value, str) and value.endswith(".") for value in said), f"{what} is not answered in a sentence."
    )


def _check_dashboard(visitor: Visitor) -> None:
    status, page = visitor.ask("/dashboard")
    _want(status == 200, f"The page at /dashboard answers {status}.")
    _check_html(visitor, "/dashboard", page)
    text = re.sub(r"<[^>]*>", " ", page.partition("<body")[2])
    _want(re.search(r"\b1\b", text), "The dashboard does not count the one entry.")
    _want("DROP TABLE x; --" in text, "The dashboard does not show the latest entry.")


def _check_browser(base: str, login: bool, dashboard: bool) -> None:
    """The pages in Chromium say nothing on the console, and the list is filled by the script."""
    try:
        pages = {"/": _signed_in(base) if login else chromium.load(base)}
        if login:
            pages["/login"] = chromium.load(urljoin(base, "/login"))
        elif dashboard:
            pages["/dashboard"] = chromium.load(urljoin(base, "/dashboard"))
    except RuntimeError as error:
        raise Wrong(str(error)) from error
    for path, page in pages.items():
        _want(not page.console, f"The console says on {path}: {''.join(page.console[:1])}")
    year = str(time.gmtime().tm_year)
    body = pages["/"].document.partition("<body")[2]
    _want("DROP TABLE x; --" in body or year in body, "The page at / does not show the entry.")


def _signed_in(base: str) -> chromium.Page:
    """The page that a browser ends on when it sends the login form."""
    fields = f'<input name="name" value="ann"><input name="password" value="{PASSWORD}">'
    form = f'<form method="post" action="{urljoin(base, "/login")}">{fields}</form><script>document.forms[0].submit()</script>'
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start.html"
        start.write_text(f"<!doctype html><html><body>{form}</body></html>", "utf-8")
        return chromium.load(start.as_uri())
