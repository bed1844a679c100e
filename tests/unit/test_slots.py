"""Slots: names found in requests, hidden in prompts, and put back into streams that break anywhere."""

import pytest

from codey_tui.engine import edits, prompts
from codey_tui.engine.drafting import EDIT_FORM
from codey_tui.engine.slots import (
    NOTHING,
    TOKENS,
    EditUnbound,
    Filler,
    SlotUnbound,
    ask_for_edit,
    ask_for_file,
    bind_edit,
    bind_entity,
    bind_name,
    entity_in,
    name_in,
)
from codey_tui.protocol.plan import Chunk

SOURCE = '''import os


def load_users(path, limit=10):
    users = []
    for line in open(path):
        users.append(line)
    return users


class Door:
    async def is_ready(self, count):
        return count > 3

    def told(self):
        """Has one."""


print(load_users("x"), "load_users")
'''


@pytest.mark.parametrize(
    ("request_text", "name"),
    [
        ("write a function called my_fib that computes fibonacci", "my_fib"),
        ("function named fib, please", "fib"),
        ("make a class called BoxOfThings for a stack", "BoxOfThings"),
        ("write compute_total() to sum a list", "compute_total"),
        ("bubble sort. Name it `sortUp`.", "sortUp"),
        ("csv to json as to_json", "to_json"),
        ("reverse a string; call it 'flip'", "flip"),
        ("Create Fibonacci function", ""),
        ("a game called tic tac toe", ""),
        ("a script named backup.py", ""),
        ("write fetch_page.py for me", ""),
        ("a function called class", ""),
        ("bubble sort in python, call it sorter.", "sorter"),
        ("reverse a string, it should be named flip please", "flip"),
        ("a stack with the name Pile", "Pile"),
        ("a backup script, call it backup", ""),
        ("reverse a string and call it from main", ""),
        ("reverse a string and call it twice", ""),
        ("turn camelCase into snake_case", ""),
        ("function for changing CamelCase to kebab_case", ""),
        ("scrape HackerNews with python", ""),
        ("scrape HackerNews with a class", ""),
        ("sum the odd ones: sumOdds", "sumOdds"),
        ("BoxPile: a class that is a stack", "BoxPile"),
        ("implement a LinkedList class", "LinkedList"),
        ("a function called is_prime", "is_prime"),
        ("a checker, call it isEven", "isEven"),
        ("a function named itemize", "itemize"),
        ("a class called BetterStack", "BetterStack"),
        ("a stack (name: PlatePile)", "PlatePile"),
        ("median of a list, to be called middle", "middle"),
        ("sum of digits. Let the name be crosswise.", "crosswise"),
        ("write the class BankAccount with deposit", "BankAccount"),
        ("a standard deviation function as a python file", ""),
        ("a decorator that tells how long a function call takes", ""),
        ("a function as well as a list go in", ""),
        ("a singleton w/ __new__", ""),
        ("a graph with add_edge and neighbors", ""),
        ("write the sum_up function", "sum_up"),
    ],
)
def test_a_name_is_found_where_a_request_gives_one(request_text: str, name: str) -> None:
    assert name_in(request_text) == name
    assert bind_name(request_text).hide(request_text) == (
        request_text.replace(name, "<|fn|>") if name else request_text
    )


@pytest.mark.parametrize(
    ("request_text", "one", "many"),
    [
        ("Create a full-stack todo app with Flask backend and SQLite database", "todo", "todos"),
        ("build a web app to manage my recipes", "recipe", "recipes"),
        ("a web app for people to manage their violins, full-stack", "violin", "violins"),
        ("web app for people who collect violins", "violin", "violins"),
        ("flask app, people register and then record violins", "violin", "violins"),
        ("a full-stack app for customers", "customer", "customers"),
        ("Full-stack app with an entity named violin", "violin", "violins"),
        ("Full stack, resource = violin", "violin", "violins"),
        ("full-stack app around a violin entity", "violin", "violins"),
        ("CRUD app, a row per violin", "violin", "violins"),
        ("a full-stack app: each violin can be added, edited, deleted", "violin", "violins"),
        ("full-stack violin thing with flask", "violin", "violins"),
        ("Make a Flask app in which violins can be added, edited and deleted", "violin", "violins"),
        ("a web application where a wind turbine can be created and removed", "wind turbine", "wind turbines"),
        ("Develop a violin-tracking web app", "violin", "violins"),
        ("for my hobby I want to manage violins on the web: flask and sqlite", "violin", "violins"),
        ("Flask app that helps me remember violins", "violin", "violins"),
        ("Set up a Flask/SQLite CRUD with violins as the resource", "violin", "violins"),
        ("a place on the web to write down violins, flask + sqlite", "violin", "violins"),
        ("We sell violins. Make a full-stack app to administer them.", "violin", "violins"),
        ("one full-stack app to rule my violins", "violin", "violins"),
        ("Make a login-protected full-stack app for our violins, with an overview dashboard", "violin", "violins"),
        ("people log in and see a dashboard of their violins: full-stack app please", "violin", "violins"),
        ("web app that shows a table of violins and lets me add more", "violin", "violins"),
        ("full stack people directory with login", "person", "people"),
        ("Create a Flask and SQLite app for categories", "category", "categories"),
        ("flask crud for blog posts", "blog post", "blog posts"),
        ("make me a full-stack inventory of boxes", "box", "boxes"),
        ("make a site for tracking expenses daily", "expense", "expenses"),
        ("CRUD app: students", "student", "students"),
        ("create a web app to log train rides", "train ride", "train rides"),
        ("create a web app to log in", "", ""),
        ("generate a full stack application (wolves) using flask", "wolf", "wolves"),
        ("build a Flask app with SQLite where the entity is museum", "museum", "museums"),
        ("full-stack web app: each sea shell has a name and notes", "sea shell", "sea shells"),
        ("full-stack note-taking app", "note", "notes"),
        ("Build a web application with user authentication and a dashboard", "", ""),
        ("a web app for tennis courts", "tennis court", "tennis courts"),
        ("create a code snippet app with flask", "code snippet", "code snippets"),
        ("full-stack app for whisky bottles", "whisky bottle", "whisky bottles"),
        ("I need a web app to keep track of my savings goals", "savings goal", "savings goals"),
        ("crud web app, planets, flask", "planet", "planets"),
        ("a web app in which comets are kept", "comet", "comets"),
        ("for our office: a web app for volunteers", "volunteer", "volunteers"),
        ("build a web app with a dashboard of counts", "", ""),
        ("full-stack app where members log in with a password", "", ""),
        ("a web app for members where guests must sign in", "member", "members"),
        ("create a web app with accounts for the whole family", "", ""),
        ("web application for registered members only", "", ""),
        ("a tidy web app for canvases, login needed", "canvas", "canvases"),
        ("go ahead and build a full-stack cow app", "cow", "cows"),
        ("for a school project, build a web app for haikus", "haiku", "haikus"),
        ("create a website where we can list bonuses", "bonus", "bonuses"),
        ("web page and api for people, full-stack app for people with login", "person", "people"),
    ],
)
def test_the_entity_of_an_application_is_found_in_both_numbers(request_text: str, one: str, many: str) -> None:
    assert entity_in(request_text) == (one, many)


def test_an_entity_of_two_words_has_all_its_forms() -> None:
    binding = bind_entity("flask crud for blog posts")
    assert binding.fill("<|e|> <|es|> <|E|> <|T|> <|Ts|>") == "blog_post blog_posts BlogPost Blog post Blog posts"
    assert (
        binding.hide("flask crud for Blog posts, a blog-post has a title")
        == "flask crud for <|es|>, a <|e|> has a title"
    )
    assert bind_entity("a web app").fill("<|e|>/<|es|>") == "item/items"


def test_a_stream_is_filled_wherever_it_breaks() -> None:
    binding = bind_name("a function called f_x")
    text = "def <|fn|>(a):\n    return a < 3 | <|fn|>(a <| 1)<|"
    for size in range(1, 9):
        filler = Filler(binding)
        made = "".join(filler.feed(text[at : at + size]) for at in range(0, len(text), size)) + filler.close()
        assert made == "def f_x(a):\n    return a < 3 | f_x(a <| 1)<|"


def test_what_is_no_slot_stays_and_a_slot_without_a_value_is_refused() -> None:
    assert NOTHING.fill("<|im_end|> <|x|>") == "<|im_end|> <|x|>"
    with pytest.raises(SlotUnbound, match=r"<\|fn\|>"):
        NOTHING.fill("def <|fn|>():")
    assert len(set(TOKENS)) == len(TOKENS)


def applied(request_text: str, answer: str) -> str:
    """The file after a model's answer to an edit."""
    bound = bind_edit(request_text, SOURCE)
    assert bound is not None
    return edits.apply(SOURCE, EDIT_FORM.prefill + bound.binding.fill(answer)).text


def test_a_docstring_is_put_under_the_definition() -> None:
    answer = '<|l1|>\n=======\n<|l1|>\n<|in|>"""<|doc|>."""\n>>>>>>> REPLACE'
    assert 'count):\n        """Return whether it is ready."""\n        return' in applied("document is_ready", answer)
    assert 'limit=10):\n    """Load users."""\n    users' in applied("add a docstring to load_users in a.py", answer)


def test_types_are_hinted_with_names_and_defaults_kept() -> None:
    bound = bind_edit("add type hints to load_users", SOURCE)
    assert bound is not None
    assert bound.shown == "<|l1|>\n<|a1|> path\n<|a2|> limit = int\nreturn list"
    answer = "<|l1|>\n=======\n<|in|>def <|fn|>(<|a1|>: str<|v1|>, <|a2|>: int<|v2|>) -> list:\n>>>>>>> REPLACE"
    assert "\ndef load_users(path: str, limit: int = 10) -> list:\n" in applied("annotate load_users", answer)


def test_a_name_is_changed_in_code_and_not_in_texts() -> None:
    bound = bind_edit("rename load_users to read_people", SOURCE)
    assert bound is not None
    assert bound.binding.hide("rename load_users to read_people") == "rename <|fn|> to <|to|>"
    blocks = [f"<|l{n}|>\n=======\n<|r{n}|>\n>>>>>>> REPLACE" for n in (1, 2)]
    made = applied("rename load_users to read_people", "\n<<<<<<< SEARCH\n".join(blocks))
    assert made == SOURCE.replace("def load_users", "def read_people").replace("print(load_users", "print(read_people")


def test_lines_that_stand_twice_are_told_apart_by_their_neighbours() -> None:
    text = "def f():\n    x = g(1)\n    return x\n\n\ndef h():\n    x = g(1)\n    return 2\n"
    bound = bind_edit("rename g to double", text)
    assert bound is not None
    shown = [name for name in bound.binding.values if name.startswith("l")]
    blocks = [f"<|{name}|>\n=======\n<|r{name[1:]}|>\n>>>>>>> REPLACE" for name in shown]
    made = edits.apply(text, EDIT_FORM.prefill + bound.binding.fill("\n<<<<<<< SEARCH\n".join(blocks))).text
    assert made == text.replace("g(1)", "double(1)")


@pytest.mark.parametrize(
    ("request_text", "says"),
    [
        ("add a docstring to told", "docstring already"),
        ("rename load_users to os", "already"),
        ("rename users to users", "cannot be the new name"),
    ],
)
def test_what_cannot_be_done_is_said(request_text: str, says: str) -> None:
    with pytest.raises(EditUnbound, match=says):
        bind_edit(request_text, SOURCE)


def test_a_file_that_is_no_python_is_told() -> None:
    with pytest.raises(EditUnbound, match="cannot be read as Python"):
        bind_edit("add a docstring to f", "def f(:\n")


@pytest.mark.parametrize(
    "text",
    [
        "I want g renamed to double in numbers.py",
        "g should be renamed to double",
        "the function g should be called double",
        "g() in numbers.py has to be called double",
        "rename g -> double",
    ],
)
def test_a_wish_for_another_name_is_a_renaming(text: str) -> None:
    bound = bind_edit(text, "def g(x):\n    return x\n")
    assert bound is not None
    assert (bound.binding.values["fn"], bound.binding.values["to"]) == ("g", "double")


@pytest.mark.parametrize("text", ["create a function to be called double", "a class called double, please"])
def test_the_name_of_a_new_thing_renames_nothing(text: str) -> None:
    assert bind_edit(text, "def function(x):\n    return x\n\n\nclass A:\n    a = 1\n") is None


@pytest.mark.parametrize(
    ("request_text", "slot"),
    [
        ("change the name of g to double", "r1"),
        ("rename all uses of g to double", "r1"),
        ("rename each occurrence of g to double", "r1"),
        ("make the function g typed", "a1"),
    ],
)
def test_the_name_before_of_is_not_the_one_to_rename_and_typed_asks_for_hints(request_text: str, slot: str) -> None:
    bound = bind_edit(request_text, "def g(x):\n    return x\n")
    assert bound is not None
    assert slot in bound.binding.values


def test_other_edits_are_not_bound() -> None:
    assert bind_edit("refactor this to asyncio", SOURCE) is None
    assert bind_edit("add a docstring to nothing_here", SOURCE) is None


def test_the_parts_of_an_application_are_asked_for_with_slots_and_without_other_files() -> None:
    chunk = Chunk(
        id="1",
        kind="frontend_html",
        title="t",
        path="todo_app/templates/index.html",
        language="html",
        max_tokens=9,
        instruction="Write it.",
    )
    user, binding = ask_for_file("Create a full-stack todo app", chunk)
    assert user == "Request: create a full-stack <|e|> app\nTask: Write it.\nFile: templates/index.html"
    assert binding.fill("<|es|>") == "todos"


def test_a_step_is_asked_for_by_itself() -> None:
    chunk = Chunk(
        id="1",
        kind="source_file",
        title="t",
        path="a.py",
        language="python",
        max_tokens=9,
        instruction="write fib called my_fib",
    )
    user, binding = ask_for_file("1. write fib called my_fib 2. run it", chunk)
    assert user == "Request: write fib called <|fn|>\nFile: a.py"
    assert binding.fill("<|fn|>") == "my_fib"


def test_an_edit_that_is_not_bound_shows_a_part_of_the_file() -> None:
    chunk = Chunk(id="1", kind="edit", title="t", path="a.py", language="python", max_tokens=9)
    user, binding = ask_for_edit("make it faster", chunk, SOURCE * 40)
    assert binding is NOTHING
    assert "lines left out" in user
    assert len(user) < 1000


@pytest.mark.parametrize(
    ("request_text", "path", "asked"),
    [
        ("Create Fibonacci function in fib4.py", "fib4.py", "Create Fibonacci function"),
        ("write a stack class into the file src/pile.py, please", "src/pile.py", "write a stack class, please"),
        ("write a stack class to pile.py", "src/pile.py", "write a stack class"),
        ("write a script called `backup.py` that copies files", "backup.py", "write a script that copies files"),
        ("create notes.py with a stack", "notes.py", "create notes.py with a stack"),
        ("in main.py", "main.py", "in main.py"),
        ("bubble sort in fib.py3", "fib.py", "bubble sort in fib.py3"),
    ],
)
def test_the_place_of_a_file_is_said_once(request_text: str, path: str, asked: str) -> None:
    chunk = Chunk(id="1", kind="source_file", title="", path=path, language="python", max_tokens=100)
    user, _ = ask_for_file(request_text, chunk)
    assert user == prompts.new_file(asked.lower(), path)


def test_a_name_is_hidden_as_it_is_written_and_the_rest_is_in_small_letters() -> None:
    chunk = Chunk(id="1", kind="source_file", title="", path="pile.py", language="python", max_tokens=100)
    user, binding = ask_for_file("WRITE a class called Stack that is a stack", chunk)
    assert user == prompts.new_file("write a class called <|fn|> that is a stack", "pile.py")
    assert binding.fill("class <|fn|>:") == "class Stack:"
