"""The fold: the same transcript with every delta and with none, idempotent deltas, and what each event shows."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from codey_tui.protocol import events as ev
from codey_tui.protocol.chat import Message
from codey_tui.protocol.events import DELTAS, Envelope, Event
from codey_tui.protocol.models import Figures, ModelInfo, SessionInfo
from codey_tui.tui.fold_parts import find_line, put_line
from codey_tui.tui.state import Line, View
from codey_tui.tui.view import fold
from codey_tui.tui.widgets.transcript.document import Document
from codey_tui.tui.widgets.transcript.entry import Entry
from tests.fakes import tui_script as script
from tests.fakes.scripted_client import MODEL, SESSION, START, envelopes


def folded(events: tuple[Event, ...]) -> View:
    view = View()
    for envelope in envelopes(events):
        view = fold(view, envelope)
    return view


@pytest.mark.parametrize("name", ["DONE", "FAILED", "UNDONE", "REJECTED", "ANSWERED"])
def test_a_replay_without_deltas_ends_in_the_same_transcript(name: str) -> None:
    sent = envelopes(getattr(script, name))
    all_of_them, durable = View(), View()
    for envelope in sent:
        all_of_them = fold(all_of_them, envelope)
        if not isinstance(envelope.event, DELTAS):
            durable = fold(durable, envelope)
    assert all_of_them.lines == durable.lines
    assert all_of_them.changed == durable.changed
    assert all_of_them.plan == durable.plan
    assert not any(line.open for line in durable.lines)


def test_a_durable_event_that_was_seen_changes_nothing() -> None:
    sent = envelopes(script.DONE)
    view = folded(script.DONE)
    again = view
    for envelope in sent:
        if not isinstance(envelope.event, DELTAS):
            again = fold(again, envelope)
    assert again.lines == view.lines
    assert again.seq == view.seq


def test_a_delta_twice_or_over_the_last_one_leaves_the_same_text() -> None:
    view = folded(script.STARTED)

    def delta(offset: int, text: str) -> Envelope:
        event = ev.TokensGenerated(stream="c1", offset=offset, text=text, tokens=1)
        return Envelope(seq=view.seq, session="s1", turn=1, at=START, event=event)

    for one in (delta(0, "def f"), delta(0, "def f"), delta(3, " fib"), delta(3, " fib(n)")):
        view = fold(view, one)
    assert view.lines[-1].text == "```python\ndef fib(n)"
    assert view.lines[-1].open


def test_streamed_text_only_grows_so_that_painting_it_is_cheap() -> None:
    view = folded(script.STARTED)
    texts: list[str] = []
    for envelope in envelopes(tuple(script.stream())):
        view = fold(view, replace(envelope, seq=view.seq))
        texts.append(view.lines[-1].text)
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))


def test_the_plan_carries_state_tokens_and_seconds_of_each_chunk() -> None:
    view = folded(script.WRITING)
    assert view.plan is not None
    assert [held.state for held in view.plan.chunks] == ["running", "pending"]
    assert view.plan.chunks[0].tokens > 0
    view = folded(script.DONE)
    assert view.plan is not None
    assert [held.state for held in view.plan.chunks] == ["done", "done"]
    assert view.plan.chunks[0].tokens == 93
    assert view.plan.chunks[0].seconds == 3.9


def test_a_decision_orders_the_plan_and_marks_what_was_dropped() -> None:
    decided = ev.PlanDecided(plan_id="p1", verdict="allow", chunks=("c2",), decided_by="person")
    view = folded((*script.PLANNED, decided))
    assert view.plan is not None
    assert [(held.chunk.id, held.state) for held in view.plan.chunks] == [("c2", "pending"), ("c1", "skipped")]


def test_progress_tells_loading_prompt_evaluation_tokens_chunk_and_time_left() -> None:
    loading = folded(script.LOADING).progress
    assert (loading.phase, loading.done, loading.chunk, loading.chunks) == ("loading", 0.4, 1, 2)
    reading = folded(script.READING).progress
    assert (reading.phase, reading.done, reading.total, reading.cached) == ("reading", 128, 212, 96)
    assert reading.seconds_left is not None
    writing = folded(script.WRITING)
    assert (writing.progress.phase, writing.progress.total) == ("writing", 384)
    assert writing.progress.rate > 0
    assert writing.progress.seconds_left is not None
    assert writing.rates
    assert [grown.path for grown in writing.growing] == ["fibonacci.py"]
    running = folded(script.RUNNING)
    assert running.progress.phase == "running"
    assert folded(script.DONE).progress.phase == "idle"


def test_an_action_waits_until_it_is_settled() -> None:
    assert [held.id for held in folded(script.ACTING).pending] == ["a1"]
    running = folded(script.RUNNING)
    assert not running.pending
    assert running.running is not None
    assert running.running.output == script.OUTPUT
    reason = "not on my machine"
    settled = ev.ActionSettled(action_id="a1", verdict="reject", scope="once", decided_by="person", reason=reason)
    rejected = folded((*script.ACTING, settled))
    assert rejected.lines[-1].title.endswith("Rejected: Run it")
    assert rejected.lines[-1].text == reason


def test_a_failed_turn_says_how_to_go_on() -> None:
    view = folded(script.FAILED)
    assert view.can_retry
    assert "/retry" in view.lines[-1].text
    assert "signal 9" in view.lines[-1].text


def test_a_queued_prompt_leaves_the_queue_when_its_turn_starts() -> None:
    view = folded((*script.WRITING, ev.PromptQueued(text="and tests", waiting=1)))
    assert view.queued == ("and tests",)
    message = Message(id="m9", role="user", text="and tests", at=START)
    view = folded(
        (
            *script.WRITING,
            ev.PromptQueued(text="and tests", waiting=1),
            ev.TurnEnded(result="done", figures=Figures()),
            ev.TurnStarted(message=message),
        )
    )
    assert view.queued == ()
    assert view.busy


def test_another_session_begins_empty_and_the_same_one_goes_on() -> None:
    view = folded(script.DONE)
    same = Envelope(
        seq=view.seq + 1,
        session="s1",
        turn=0,
        at=START,
        event=ev.SessionOpened(session=SESSION, mode="auto", model=MODEL),
    )
    assert fold(view, same).lines == view.lines
    assert fold(view, same).mode == "auto"
    other = SessionInfo(id="s2", title="", created=START, updated=START)
    opened = Envelope(
        seq=1, session="s2", turn=0, at=START, event=ev.SessionOpened(session=other, mode="ask", model=MODEL)
    )
    assert fold(view, opened).lines == ()
    assert fold(view, opened).seq == 1


def test_a_late_delta_after_the_turn_opens_nothing() -> None:
    view = folded(script.DONE)
    late = ev.TokensGenerated(stream="c1", offset=0, text="late", tokens=1)
    assert fold(view, Envelope(seq=view.seq, session="s1", turn=1, at=START, event=late)) == view


def test_control_codes_of_a_model_or_a_program_never_reach_the_screen() -> None:
    evil = "\x1b]52;c;aGk=\x07\x1b[2Jtext"
    message = Message(id="m5", role="assistant", text=evil, at=START)
    view = folded((*script.ASKED, ev.MessageAdded(message=message)))
    assert view.lines[-1].text == "text"


def test_a_model_with_a_problem_is_told_once() -> None:
    broken = ModelInfo(id="nano", title="nano", path="", state="failed", problem="The file is cut short.")
    view = folded((*script.OPENED, ev.ModelChanged(model=broken), ev.ModelChanged(model=broken)))
    assert [notice.text for notice in view.notices] == ["The file is cut short."]


def test_code_that_holds_a_fence_stays_one_block() -> None:
    content = "text = '''\n```\n'''\n"
    ended = ev.ChunkEnded(chunk_id="c1", state="done", figures=Figures(), content=content)
    assert folded((*script.STARTED, ended)).lines[-1].text.startswith("````python\n")


def test_views_that_grew_from_the_same_one_find_their_own_lines() -> None:
    stem = View()
    first = put_line(put_line(stem, Line(key="a", role="user", text="a")), Line(key="b", role="tool", text="1"))
    other = put_line(stem, Line(key="b", role="tool", text="2"))
    assert [find_line(first, key) for key in "abc"] == [0, 1, -1]
    assert [find_line(other, key) for key in "abc"] == [-1, 0, -1]
    assert [line.text for line in put_line(first, Line(key="b", role="tool", text="3")).lines] == ["a", "3"]


def test_a_chunk_without_a_text_is_told_as_a_sentence_and_not_as_code() -> None:
    why = "The disk is full; make room and try again."
    ended = ev.ChunkEnded(chunk_id="c1", state="failed", figures=Figures(seconds=0.2), reason=why)
    view = folded((*script.STARTED, ended))
    line = view.lines[-1]
    assert line.text == why
    assert Document(Entry(key=line.key, role=line.role, text=line.text, title=line.title)).blocks[0].kind == "text"


def test_a_reason_that_the_line_above_gives_is_not_given_again() -> None:
    why = "This is beyond the model."
    ended = ev.ChunkEnded(chunk_id="c1", state="failed", figures=Figures(), reason=why)
    for reason in (why, f"{why} /retry goes on from here."):
        end = ev.TurnEnded(result="failed", figures=Figures(), reason=reason, can_retry=True)
        lines = folded((*script.STARTED, ended, end)).lines
        assert sum(line.text.count(why) for line in lines) == 1
        assert lines[-1].text.count("/retry") == 1


def test_what_is_written_has_its_name_again_after_the_model_was_loaded() -> None:
    tokens = ev.TokensGenerated(stream="c1", offset=0, text="def", tokens=1)
    view = folded(
        (*script.STARTED, ev.ModelLoadProgressed(model="nano", fraction=0.5), ev.ModelChanged(model=MODEL), tokens)
    )
    assert view.progress.label == "fibonacci.py"
