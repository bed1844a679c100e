"""The linear model: its file, its features, what it decides beside the rules, and its figures on held-out requests."""

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codey_tui.engine.router import Counsel, Opinion, Router, route
from codey_tui.engine.router.choice import KINDS
from codey_tui.engine.router.linear import Linear, WeightsBroken, features, pack
from codey_tui.engine.router.spelling import corrected
from codey_tui.engine.router.wording import worded_call
from codey_tui.engine.router.wording_parts import Parts
from codey_tui.protocol.models import RouteKind
from codey_tui.tools.registry import NAMES
from models.router import evaluate, generator, train

WEIGHTS = Path(__file__).parents[3] / "models" / "router.bin"
MODEL = Linear.load(WEIGHTS)
FLAT = Linear.parse(pack(MODEL.labels, [1.0] * 11, [0.0] * 11, bytes(11)))
"""A model that never knows."""


@pytest.fixture(scope="module")
def figures() -> dict:
    return evaluate.run(WEIGHTS)


def test_the_bundled_weights_are_small_and_know_the_kinds() -> None:
    assert WEIGHTS.stat().st_size <= 300_000
    assert set(MODEL.labels) == set(KINDS)


def test_at_least_300_requests_of_every_kind_are_held_out(figures: dict) -> None:
    assert figures["requests"] >= 300
    assert set(figures["groups"]) == set(KINDS)


def test_kinds_of_held_out_requests(figures: dict) -> None:
    assert figures["kinds"] >= 0.95


def test_tool_arguments_of_held_out_requests(figures: dict) -> None:
    assert figures["tool_arguments"] >= 0.92


def test_the_model_decides_some_and_is_measured_doing_so(figures: dict) -> None:
    assert figures["linear_decided"] >= 50
    assert figures["linear_p50_ms"] > 0


def test_no_held_out_request_is_trained_on() -> None:
    held = generator.heldout_texts()
    assert not [text for text, _ in generator.examples(train.SEED, 10) if generator.plain(text) in held]


def test_training_gives_the_same_bytes_for_a_seed_and_learns() -> None:
    found = generator.examples(3, 2)
    data = train.quantised(*train.fit(found))
    assert data == train.quantised(*train.fit(generator.examples(3, 2)))
    model = Linear.parse(data)
    right = sum(model.guess(text).label == label for text, label in found)
    assert right / len(found) > 0.6


def test_corrections_are_added_to_training(tmp_path: Path) -> None:
    lines = tmp_path / "more.jsonl"
    lines.write_text('{"text": "frobnicate the widget", "kind": "question"}\n{"text": "x", "kind": "tool"}\n')
    rows = train.corrections(lines)
    assert {row.text for row in rows} == {"frobnicate the widget"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: b"NOTCODEY" + data[8:], "version 1"),
        (lambda data: data[:-1], "cut short"),
        (lambda data: data[:20], "version 1"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
        (lambda data: b"", "version 1"),
    ],
)
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path, change, sentence: str) -> None:
    path = tmp_path / "router.bin"
    path.write_bytes(change(WEIGHTS.read_bytes()))
    with pytest.raises(WeightsBroken, match=sentence):
        Linear.load(path)


def test_without_weights_the_rules_decide_alone_and_it_is_told(tmp_path: Path) -> None:
    router = Router(tmp_path / "missing.bin")
    assert router("git status", NAMES, tmp_path).decided_by == "rule:git"
    assert router("walk me through closures", NAMES, tmp_path).decided_by.startswith("rule:")
    assert "missing.bin" in router.problem


def test_the_form_of_the_file_is_as_documented() -> None:
    data = pack(("a", "b"), [1.0, 1.0], [0.0, 0.5], bytes(4))
    magic, checksum, labels, buckets, length = struct.unpack_from("<8sIIII", data)
    assert (magic, labels, buckets, length) == (b"CODEYRT1", 2, 2, 3)
    assert checksum == zlib.crc32(data[12:])
    assert Linear.parse(data).guess("anything").label == "b"


@given(st.text(max_size=400))
def test_any_text_has_features_and_a_guess(text: str) -> None:
    assert features(text)
    guess = MODEL.guess(text)
    assert guess.label == guess.ranking[0]
    assert 0 <= guess.margin <= 1


@given(st.text(max_size=300))
def test_any_text_is_routed_to_a_tool_there_is_or_to_none(text: str) -> None:
    found = route(text, NAMES, Path("/nonexistent"), model=MODEL)
    assert (found.tool in NAMES) == (found.kind == "tool")
    assert found.kind != "clarify" or found.reply


def test_what_is_in_names_and_quotes_does_not_count() -> None:
    assert features("read main.py") == features("read delete.py")
    assert features("commit with message 'fix it'") == features("commit with message 'what is this?'")


def test_a_second_opinion_is_asked_only_where_the_margin_is_small(tmp_path: Path) -> None:
    asked: list[str] = []

    def opinion(text: str) -> Opinion:
        asked.append(text)
        return Opinion("nano", "question", 0.9)

    counsel = Counsel(opinion)
    route("git status", NAMES, tmp_path, model=MODEL, counsel=counsel)
    route("walk me through closures", NAMES, tmp_path, model=MODEL, counsel=counsel)
    assert asked == []
    found = route("walk me through closures", NAMES, tmp_path, model=FLAT, counsel=counsel)
    assert (found.kind, found.decided_by) == ("question", "nano")
    assert asked == ["walk me through closures"]


def test_in_the_linear_models_place_it_is_asked_wherever_the_rules_are_not_certain(tmp_path: Path) -> None:
    def opinion(text: str) -> Opinion | None:
        return None if "closures" in text else Opinion("big", "tool", 0.8, "shell", {"command": "uptime"})

    counsel = Counsel(opinion, instead=True)
    assert route("git status", NAMES, tmp_path, model=MODEL, counsel=counsel).decided_by == "rule:git"
    found = route("how long has this machine been up", NAMES, tmp_path, model=MODEL, counsel=counsel)
    assert (found.kind, found.tool, found.args, found.decided_by) == ("tool", "shell", {"command": "uptime"}, "big")
    # without an opinion everything is as it was
    assert route("walk me through closures", NAMES, tmp_path, model=MODEL, counsel=counsel).kind == "question"


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("main.py, what it holds, show that", "tool", ("tool", "file")),
        ("the tide is high today", "tool", ("clarify", "")),
        ("the tide is high today", "steps", ("clarify", "")),
        ("the tide is high today", "code", ("code", "")),
        ("the tide is high today", "clarify", ("clarify", "")),
    ],
)
def test_an_opinion_counts_where_the_request_has_what_it_takes(
    tmp_path: Path, text: str, kind: RouteKind, found: tuple[str, str]
) -> None:
    (tmp_path / "main.py").touch()
    counsel = Counsel(lambda _text: Opinion("nano", kind, 0.9))
    decided = route(text, NAMES, tmp_path, model=FLAT, counsel=counsel)
    assert (decided.kind, decided.tool) == found
    assert decided.reply or decided.kind != "clarify"


def test_where_nobody_knows_the_person_is_asked(tmp_path: Path) -> None:
    assert route("blorb flim", NAMES, tmp_path, model=FLAT).kind == "clarify"


@pytest.mark.parametrize(
    ("text", "tool", "expected"),
    [
        ("show me the last 4 commits", "git", {"op": "log", "count": 4}),
        ("start a new branch called topic/x", "git", {"op": "switch", "name": "topic/x", "create": True}),
        ("who last edited main.py?", "git", {"op": "blame", "paths": ["main.py"]}),
        ("bring back my stash", "git", {"op": "stash", "action": "pop"}),
        ("stage main.py", "git", {"op": "add", "paths": ["main.py"]}),
        ("take a look at main.py", "file", {"op": "read", "path": "main.py"}),
        ("lines 4 to 9 of main.py", "file", {"op": "read", "path": "main.py", "start": 4, "end": 9}),
        ("throw main.py away", "file", {"op": "delete", "path": "main.py"}),
        ("which folder is main.py in?", "file", {"op": "find", "path": ".", "pattern": "main.py"}),
        ("usages of load_user in src", "search", {"pattern": "load_user", "literal": True, "path": "src"}),
        ("how many books are in library.db?", "sqlite", {"op": "query", "path": "library.db", "sql": "SELECT count(*) FROM books"}),
        ("columns of books in library.db", "sqlite", {"op": "schema", "path": "library.db", "table": "books"}),
        ("how many lines does main.py have?", "shell", {"command": "wc -l main.py"}),
        ("find main.py", "file", {"op": "find", "path": ".", "pattern": "main.py"}),
        ("take main.py out of staging", "git", {"op": "restore", "staged": True, "paths": ["main.py"]}),
        ("undo my edits in main.py", "git", {"op": "restore", "paths": ["main.py"]}),
        ("main.py should be named app.py", "file", {"op": "move", "path": "main.py", "target": "app.py"}),
        ("raed main.py", "file", {"op": "read", "path": "main.py"}),
        ("get rid of the package rich", "shell", {"command": "python3 -m pip uninstall -y rich"}),
        ("check the disk space", "shell", {"command": "df -h"}),
    ],
)  # fmt: skip
def test_arguments_are_taken_from_the_words_of_the_request(
    tmp_path: Path, text: str, tool: str, expected: dict[str, object]
) -> None:
    (tmp_path / "main.py").touch()
    (tmp_path / "src").mkdir()
    found = route(text, NAMES, tmp_path, model=MODEL)
    assert (found.kind, found.tool, found.args) == ("tool", tool, expected)


def leaning(**biases: float) -> Linear:
    """A model that says the same of everything."""
    return Linear.parse(pack(MODEL.labels, [1.0] * 11, [biases.get(label, 0.0) for label in MODEL.labels], bytes(11)))


def test_two_tools_together_outdo_another_kind(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    text = "main.py, what it holds, show that"
    undecided = leaning(shell=6.0, file=5.9, code=5.5)
    found = route(text, NAMES, tmp_path, model=undecided)
    assert (found.tool, found.args) == ("file", {"op": "read", "path": "main.py"})
    assert route(text, NAMES, tmp_path, model=leaning(shell=6.0, code=5.9)).kind != "tool"


@pytest.mark.parametrize(
    ("tool", "text", "expected"),
    [
        ("file", "let me have a look at delete.py", {"op": "read", "path": "delete.py"}),
        ("file", "show me what is in move.py", {"op": "read", "path": "move.py"}),
        ("git", "commit all as 'drop the stash'", {"op": "commit", "everything": True, "message": "drop the stash"}),
        ("git", "who changed stash.py", {"op": "blame", "paths": ["stash.py"]}),
    ],
)
def test_what_a_name_or_a_message_says_is_no_order(
    tmp_path: Path, tool: str, text: str, expected: dict[str, object]
) -> None:
    for name in ("delete.py", "move.py", "stash.py"):
        (tmp_path / name).touch()
    call = worded_call(tool, Parts(text, tmp_path))
    assert call is not None and call.args == expected


@pytest.mark.parametrize("text", ["commit this", "folder contents please", "delete the branch", "remove it"])
def test_nothing_is_made_up_where_an_argument_is_missing(tmp_path: Path, text: str) -> None:
    found = route(text, NAMES, tmp_path, model=MODEL)
    assert found.args.get("op") not in {"commit", "mkdir", "delete"}
    assert not found.args.get("delete")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("what does git status do?", "question"),
        ("explain how rebase differs from merge", "question"),
        ("how do I delete main.py?", "question"),
        ("what would happen if I ran git push?", "question"),
        ("write a script that runs git status every hour", "code"),
        ("create a function called delete_file", "code"),
    ],
)
def test_traps(tmp_path: Path, text: str, kind: str) -> None:
    assert route(text, NAMES, tmp_path, model=MODEL).kind == kind


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("gti stauts", "git status"), ("delte a.py", "delete a.py"), ("serach for x", "search for x"), ("reach b.py", "reach b.py")],
)  # fmt: skip
def test_one_wrong_letter_is_put_right(wrong: str, right: str) -> None:
    assert corrected(wrong) == right
