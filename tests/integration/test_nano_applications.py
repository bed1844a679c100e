"""The applications, pages and shell scripts that the bundled model recites: filled in as the engine fills them, they work."""

import contextlib
from pathlib import Path

import psutil
import pytest

from codey_tui.engine.planner import plan
from codey_tui.engine.slots import bind_entity
from codey_tui.protocol.models import Route
from models.nano import browser, fullstack_check, pages_check
from models.nano.places import HERE

TEXTS = HERE / "fullstack"
FOLDERS = {
    "": ("plain",),
    " with login": ("login", "plain"),
    " with a dashboard": ("dashboard", "plain"),
    " with login and a dashboard": ("both", "login", "dashboard", "plain"),
}
"""Where the texts of an application lie, the first folder that has one before the others."""


def write_application(request: str, ending: str, folder: Path) -> None:
    """Writes every file of the plan of `request` into `folder`, from the texts that the model learns."""
    route = Route(kind="fullstack", confidence=1.0, decided_by="rule", milliseconds=0.0)
    binding = bind_entity(request)
    for chunk in plan(request + ending, route, folder).chunks:
        if chunk.path:
            text = next(TEXTS / name / chunk.path for name in FOLDERS[ending] if (TEXTS / name / chunk.path).is_file())
            (folder / chunk.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / chunk.path).write_text(binding.fill(text.read_text("utf-8")), "utf-8")


def complaint(folder: Path, plural: str, ending: str, *, browser: bool = False) -> str:
    return fullstack_check.complaint(folder, plural, "login" in ending, "dashboard" in ending, browser)


@pytest.mark.parametrize(
    ("entity", "plural", "ending"),
    [
        *(("order", "orders", ending) for ending in FOLDERS),
        ("blog post", "blog_posts", ""),
        ("blog post", "blog_posts", " with login and a dashboard"),
        ("person", "people", " with login"),
        ("person", "people", " with a dashboard"),
    ],
)
def test_an_application_does_what_it_offers(entity: str, plural: str, ending: str, tmp_path: Path) -> None:
    write_application(f"Create a full-stack {entity} app", ending, tmp_path)
    shown = ending == "" and entity == "order" and bool(browser.program())
    assert complaint(tmp_path, plural, ending, browser=shown) == ""


@pytest.mark.parametrize(
    ("ending", "path", "old", "new", "said"),
    [
        ("", "app.py", "def save(", "def save((", "app.py does not start: SyntaxError"),
        ("", "init_db.py", "IF NOT EXISTS ", "", "init_db.py failed"),
        ("", "models.py", "notes = ? WHERE id = ?", "notes = ? WHERE 0 < ?", "A change changes other entries."),
        ("", "app.py", " if name.strip():", ":", "answers 200, not 400"),
        ("", "app.py", "not found.", "not found", "is not answered in a sentence"),
        ("", "static/js/app.js", None, None, "/static/js/app.js"),
        (" with login", "auth.py", "401", "200", "Without a login"),
        (" with a dashboard", "templates/dashboard.html", "rows | length", "0", "does not count"),
    ],
)
def test_a_slip_is_noticed(ending: str, path: str, old: str | None, new: str | None, said: str, tmp_path: Path) -> None:
    write_application("Create a full-stack order app", ending, tmp_path)
    place = tmp_path / path
    if old is None or new is None:
        place.unlink()
    else:
        text = place.read_text()
        assert old in text
        place.write_text(text.replace(old, new))
    assert said in complaint(tmp_path, "orders", ending)


def test_every_text_of_an_application_stays_below_the_ceiling_of_its_chunk(tmp_path: Path) -> None:
    """Four characters a token: a text that outgrows its chunk would be cut while it is recited."""
    route = Route(kind="fullstack", confidence=1.0, decided_by="rule", milliseconds=0.0)
    for ending, folders in FOLDERS.items():
        for chunk in plan(f"Create a full-stack app{ending}", route, tmp_path).chunks:
            found = [
                TEXTS / name / chunk.path for name in folders if chunk.path and (TEXTS / name / chunk.path).exists()
            ]
            assert not chunk.path or len(found[0].read_text()) < 4 * chunk.max_tokens, chunk.path


@pytest.mark.parametrize("name", sorted([*pages_check.PAGES, *pages_check.SCRIPTS]))
def test_a_page_or_a_script_does_what_it_is_for(name: str) -> None:
    suffix = ".html" if name in pages_check.PAGES else ".sh"
    source = (HERE / "pages" / f"{name}{suffix}").read_text("utf-8")
    assert pages_check.complaint(name, source, use=name == "todo_page") == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("counter_page", "</main>", "", "open"),
        ("counter_page", "<h1>Counter</h1>", "", "lacks h1"),
        ("count_lines", "exit 2", "exit 0", "Wrong use"),
        ("count_lines", "wc -l", "wc -c", "Five lines are counted"),
        ("rename_extension", '[ ! -e "$target" ]', "true", "overwritten"),
    ],
)
def test_a_slip_in_a_page_or_a_script_is_noticed(name: str, old: str, new: str, said: str) -> None:
    suffix = ".html" if name in pages_check.PAGES else ".sh"
    source = (HERE / "pages" / f"{name}{suffix}").read_text("utf-8")
    assert old in source
    assert said in pages_check.complaint(name, source.replace(old, new), use=False)


def test_no_application_is_left_running(tmp_path: Path) -> None:
    write_application("Create a full-stack order app", "", tmp_path)
    assert complaint(tmp_path, "orders", "") == ""
    with_folder: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(tmp_path):
                with_folder.append(process.pid)
    assert with_folder == []
