"""The remote Client against a real host: answers, events, two screens, and an engine that goes away."""

import asyncio
import threading
from pathlib import Path

import pytest

from codey_tui.protocol.client import EngineGone, QueryFailed
from codey_tui.protocol.events import ActionSettled, Envelope, Noticed, SessionOpened, TokensGenerated
from codey_tui.protocol.ops import CancelTurn, DecideAction, NewSession, SubmitPrompt
from codey_tui.protocol.queries import GetChunkText, GetStatus, ListSessions
from codey_tui.server.connection import AttachRefused
from codey_tui.server.outbox import Outbox
from codey_tui.server.remote import RemoteClient
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.served import Served, eventually, served


def remote(site: Served, **options: object) -> RemoteClient:
    return RemoteClient(site.path, version="0.0.0", **options)  # pyright: ignore[reportArgumentType]


def test_answers_come_back_typed_from_any_loop(tmp_path: Path):
    async def ask(client: RemoteClient) -> tuple[object, ...]:
        return await asyncio.gather(
            client.ask(GetStatus()), client.ask(ListSessions()), client.ask(GetChunkText(chunk_id="c9"))
        )

    with served(tmp_path / "e.sock") as site:
        client = remote(site)
        status, sessions, text = asyncio.run(ask(client))
        assert asyncio.run(client.ask(GetStatus())) == status
        assert sessions == [site.engine.session]
        assert text == "text of c9"
        with pytest.raises(QueryFailed, match="no chunk missing"):
            client.ask_now(GetChunkText(chunk_id="missing"))
        client.close()


def test_ops_arrive_in_order_and_before_the_client_leaves(tmp_path: Path):
    with served(tmp_path / "e.sock") as site:
        client = remote(site)
        ops = [SubmitPrompt(text=str(number)) for number in range(50)] + [CancelTurn()]
        for op in ops:
            client.submit(op)
        client.close()
        eventually(lambda: site.engine.ops == ops)


def test_two_screens_see_the_same_and_both_hear_the_answer(tmp_path: Path):
    with served(tmp_path / "e.sock") as site:
        first, second = remote(site), remote(site)
        seen: tuple[list[Envelope], list[Envelope]] = ([], [])
        first.listen(seen[0].append)
        second.listen(seen[1].append)
        first.submit(SubmitPrompt(text="go"))
        eventually(lambda: site.engine.busy)
        site.do(site.engine.propose)
        second.submit(DecideAction(action_id="a1", verdict="reject", reason="no"))
        eventually(lambda: site.engine.waiting_action == "")
        first.submit(DecideAction(action_id="a1", verdict="allow"))
        eventually(lambda: len(site.engine.ops) == 3)
        eventually(lambda: len(seen[0]) == len(seen[1]) == 4)
        assert seen[0] == seen[1] == site.engine.journal
        settled = seen[0][-1].event
        assert isinstance(settled, ActionSettled)
        assert settled.verdict == "reject"
        first.close()
        second.close()


def test_a_new_session_is_followed_and_replayed_from_its_start(tmp_path: Path):
    with served(tmp_path / "e.sock") as site:
        client = remote(site)
        seen: list[Envelope] = []
        client.listen(seen.append)
        eventually(lambda: seen)
        client.submit(NewSession())
        eventually(lambda: len(seen) == 2)
        assert [envelope.session for envelope in seen] == ["s1", "s2"]
        assert isinstance(seen[1].event, SessionOpened)
        client.close()


def test_a_listener_that_leaves_hears_no_more(tmp_path: Path):
    with served(tmp_path / "e.sock") as site:
        client = remote(site)
        seen: list[Envelope] = []
        unsubscribe = client.listen(seen.append)
        eventually(lambda: seen)
        unsubscribe()
        site.do(site.engine.emit, Noticed(level="info", text="late"))
        eventually(lambda: not site.engine.listeners)
        assert len(seen) == 1
        client.close()


def test_a_subscription_comes_back_after_it_was_too_slow(tmp_path: Path):
    engine = FakeEngine()
    with served(tmp_path / "e.sock", engine, new_outbox=lambda: Outbox(max_backlog=50_000)) as site:
        client = remote(site)
        seen: list[Envelope] = []
        go_on = threading.Event()

        def slow(envelope: Envelope) -> None:
            seen.append(envelope)
            go_on.wait(20)

        client.listen(slow)
        eventually(lambda: seen)
        for number in range(2000):
            site.do(engine.emit, Noticed(level="info", text=f"{number} " + "x" * 500))
            site.do(engine.emit, TokensGenerated(stream="c", offset=number, text="y", tokens=1))
        go_on.set()
        durable = lambda: [e for e in seen if not isinstance(e.event, TokensGenerated)]  # noqa: E731
        eventually(lambda: len(durable()) == len(engine.journal))
        assert durable() == engine.journal
        client.close()


def test_an_engine_that_ends_is_told_once_and_everything_after_raises(tmp_path: Path):
    gone: list[str] = []
    seen: list[Envelope] = []
    with served(tmp_path / "e.sock") as site:
        client = remote(site, on_gone=gone.append)
        client.listen(seen.append)
        eventually(lambda: seen)
        site.do(site.engine.emit, Noticed(level="info", text="last words"))
        site.close()
        eventually(lambda: gone)
        assert isinstance(seen[-1].event, Noticed)
        with pytest.raises(EngineGone):
            client.submit(CancelTurn())
        with pytest.raises(EngineGone):
            asyncio.run(client.ask(GetStatus()))
        with pytest.raises(EngineGone):
            client.listen(seen.append)
        client.close()
    assert len(gone) == 1


def test_questions_under_way_fail_when_the_engine_ends(tmp_path: Path):
    class Mute(FakeEngine):
        async def ask(self, query):  # pyright: ignore
            if isinstance(query, GetChunkText):
                await asyncio.Event().wait()
            return await super().ask(query)

    with served(tmp_path / "e.sock", Mute()) as site:
        client = remote(site)

        async def ask_and_lose() -> None:
            question = asyncio.create_task(client.ask(GetChunkText(chunk_id="c")))
            await asyncio.sleep(0)
            await asyncio.to_thread(site.close)
            with pytest.raises(EngineGone):
                await question

        asyncio.run(ask_and_lose())
        client.close()


def test_leaving_on_purpose_is_not_told_as_a_loss(tmp_path: Path):
    gone: list[str] = []
    with served(tmp_path / "e.sock") as site:
        client = remote(site, on_gone=gone.append)
        client.listen(lambda envelope: None)
        client.close()
        eventually(lambda: site.host.clients == 0)
    assert gone == []


def test_nothing_there_and_a_refusal_are_told_apart(tmp_path: Path):
    with pytest.raises(EngineGone, match="does not answer"):
        RemoteClient(tmp_path / "none.sock", version="0.0.0")
    with served(tmp_path / "e.sock") as site:
        with pytest.raises(AttachRefused, match=r"codey 1\.2\.3"):
            RemoteClient(site.path, version="1.2.3")
        with pytest.raises(AttachRefused, match="not in /other"):
            RemoteClient(site.path, version="0.0.0", workspace=Path("/other"))
