"""Models that come and go while the engine runs: fetched from a hub on loopback, chosen, used and removed without a restart."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest

from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.models import ModelOffer
from codey_tui.protocol.queries import GetStatus, ListModels
from codey_tui.settings import Settings, UserModel
from tests.fakes.model_hub import REPOSITORY, ModelHub
from tests.fakes.tiny_gguf import write_tiny_gguf
from tests.fakes.whole_engine import WholeEngine

pytestmark = pytest.mark.model
NAME = f"{REPOSITORY}/small.gguf"


class Place(WholeEngine):
    """An engine with a first model of its own."""

    def __init__(self, folder: Path) -> None:
        self.models = folder / "data_dir" / "models"
        first = write_tiny_gguf(folder / "first.gguf", say=["first"])
        super().__init__(
            folder,
            Settings(
                memory_budget_mb=1 << 20, n_threads=1, model="first", models={"first": UserModel(path=str(first))}
            ),
        )

    async def pull(self, count: int = 1) -> ev.ModelPullEnded:
        self.engine.submit(ops.PullModel(model=NAME))
        return await self.event(ev.ModelPullEnded, count)

    async def offer(self, name: str) -> ModelOffer | None:
        offers = (await self.engine.ask(ListModels())).offers
        return next((offer for offer in offers if offer.id == name), None)

    async def answer(self, text: str) -> str:
        count = len(self.of(ev.TurnEnded))
        self.engine.submit(ops.SubmitPrompt(text=text, kind="question"))
        ended = await self.event(ev.TurnEnded, count + 1)
        assert ended.result == "done", ended.reason
        return next(e.message.text for e in reversed(self.of(ev.MessageAdded)) if e.message.role == "assistant")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ModelHub]:
    """What the hub has is a real model of two megabytes that says a word of its own."""
    content = write_tiny_gguf(tmp_path / "there.gguf", say=["second"], layers=6).read_bytes()
    with ModelHub(content) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


def test_a_model_is_fetched_chosen_used_and_removed_without_a_restart(hub: ModelHub, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Place(tmp_path) as place:
            engine = place.engine
            assert await place.answer("Which one are you?") == "first"
            ended = await place.pull()
            assert (ended.result, ended.id) == ("done", "small") and "SHA-256" in ended.text
            told = place.of(ev.ModelPullProgressed)
            assert (told[0].done, told[-1].done) == (0, len(hub.content)) and told[-1].size == len(hub.content)
            offer = await place.offer("small")
            assert offer is not None and offer.fits and offer.removable == "file"

            engine.submit(ops.SetModel(model="small"))
            assert await place.answer("Which one are you?") == "second"
            engine.submit(ops.RemoveModel(model="small"))
            await place.until(lambda: any("in use" in notice.text for notice in place.of(ev.Noticed)))
            assert (place.models / "small.gguf").exists()

            engine.submit(ops.SetModel(model="first"))
            engine.submit(ops.RemoveModel(model="small"))
            assert (await place.event(ev.ModelRemoved)).model == "small"
            assert list(place.models.iterdir()) == []
            assert "small" not in {model.id for model in (await engine.ask(GetStatus())).models}
            assert await place.answer("And now?") == "first"

    asyncio.run(scenario())


def test_a_model_that_another_program_brought_is_known_when_it_is_asked_for(hub: ModelHub, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Place(tmp_path) as place:
            place.models.mkdir(parents=True)
            (place.models / "brought.gguf").symlink_to(tmp_path / "there.gguf")
            place.engine.submit(ops.SetModel(model="brought"))
            assert await place.answer("Which one are you?") == "second", "the prompt waited for the change"
            place.engine.submit(ops.SetModel(model="nobody"))
            assert "no model nobody" in (await place.event(ev.Noticed)).text
            place.engine.submit(ops.SetModel(model="first"))
            place.engine.submit(ops.RemoveModel(model="brought"))
            assert "its file stays" in (await place.event(ev.ModelRemoved)).text
            assert (tmp_path / "there.gguf").exists()

    asyncio.run(scenario())


def test_stopping_keeps_what_has_come_and_the_next_try_goes_on(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["cut:700000", *["503"] * 50]

    async def scenario() -> None:
        async with Place(tmp_path) as place:
            engine = place.engine
            engine.submit(ops.PullModel(model=NAME))
            await place.until(lambda: len(hub.ranges()) >= 2)
            assert (await engine.ask(GetStatus())).busy, "an engine that fetches does not end for want of clients"
            assert engine.idle_seconds < 1 and not engine.busy
            engine.submit(ops.CancelPull(model=NAME))
            ended = await place.event(ev.ModelPullEnded)
            assert ended.result == "cancelled" and "goes on" in ended.text
            assert next(place.models.glob("*.part")).stat().st_size == 700_000
            assert not (await engine.ask(GetStatus())).busy
            hub.trouble.clear()
            hub.heard.clear()
            assert (await place.pull(2)).result == "done"
            assert hub.ranges() == ["bytes=700000-"]
            engine.submit(ops.CancelPull(model=NAME))
            assert "not being fetched" in (await place.event(ev.Noticed)).text

    asyncio.run(scenario())


def test_a_client_that_comes_later_hears_how_far_it_is(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["cut:700000", *["503"] * 50]

    async def scenario() -> None:
        async with Place(tmp_path) as place:
            place.engine.submit(ops.PullModel(model=NAME))
            await place.until(lambda: any(event.done for event in place.of(ev.ModelPullProgressed)))
            assert await place.answer("A turn in between?") == "first"
            late: list[ev.Event] = []
            place.engine.listen(lambda envelope: late.append(envelope.event))
            assert [event.size for event in late if isinstance(event, ev.ModelPullProgressed)] == [len(hub.content)]
            place.engine.submit(ops.PullModel(model=NAME))
            assert "already" in (await place.event(ev.Noticed)).text

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "code", "said"), [(401, "GatedRepo", "HF_TOKEN"), (404, "EntryNotFound", "no small")]
)
def test_a_refusal_is_told_in_a_sentence(hub: ModelHub, tmp_path: Path, status: int, code: str, said: str) -> None:
    hub.status, hub.error_code = status, code

    async def scenario() -> None:
        async with Place(tmp_path) as place:
            ended = await place.pull()
            assert ended.result == "failed" and said in ended.text

    asyncio.run(scenario())


def test_what_the_engine_may_not_remove_stays(hub: ModelHub, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Place(tmp_path) as place:
            place.engine.submit(ops.RemoveModel(model="nano"))
            assert "came with Codey" in (await place.event(ev.Noticed)).text
            place.engine.submit(ops.PullModel(model="no-such-model"))
            assert "neither a model of the catalogue" in (await place.event(ev.ModelPullEnded)).text

    asyncio.run(scenario())
