"""The models that can be chosen: which one is, what comes by a download, and what goes."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from codey_tui.engine.choosing import choose_model
from codey_tui.engine.parts import EngineParts
from codey_tui.engine.providers import Providers
from codey_tui.engine.pulls import Pulls
from codey_tui.inference.provider import InferenceError
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.models import ModelInfo

ModelOp = ops.SetModel | ops.PullModel | ops.CancelPull | ops.RemoveModel
AT_ONCE = (ops.DecidePlan, ops.DecideAction, ops.DecidePrompt, ops.ResumeTurn, ops.CancelPull, ops.StopEngine)
"""Ops for what goes on now: no change of the models holds them back. All others keep their order."""


class Models:
    """Belongs to the engine's loop. `present` is the id of the chosen model, `running` says whether a turn runs, `failed`
    hears of errors that nobody foresaw."""

    def __init__(
        self,
        parts: EngineParts,
        providers: Providers,
        emit: Callable[[ev.Event], object],
        running: Callable[[], bool],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.present = parts.model
        self._parts = parts
        self._providers = providers
        self._emit = emit
        self._running = running
        self._failed = failed
        self._pulls = Pulls(parts.files.fetch, self._emit, self._look_again)
        self._task: asyncio.Task[None] | None = None

    @property
    def info(self) -> ModelInfo:
        """The chosen model."""
        return self._parts.models[self.present].info

    @property
    def all(self) -> tuple[ModelInfo, ...]:
        """Every model that can be chosen."""
        return tuple(choice.info for choice in self._parts.models.values())

    @property
    def fetching(self) -> bool:
        """Whether a model is being fetched."""
        return self._pulls.running

    def defer(self, later: Callable[[], None]) -> bool:
        """Whether a change is under way that must be over first; `later` is called then."""
        if self._task is None or self._task.done():
            return False
        self._task.add_done_callback(lambda _task: later())
        return True

    def carry_out(self, op: ModelOp) -> None:
        """Do what a client asks for."""
        match op:
            case ops.SetModel(model=model):
                if model in self._parts.models:
                    self._choose(op)
                else:
                    self._start(self._look_and_choose(op))
            case ops.PullModel(model=model):
                if not self._pulls.begin(model):
                    self._notice("info", f"{model} is being fetched already.")
            case ops.CancelPull(model=model):
                if not self._pulls.cancel(model):
                    self._notice("info", f"{model} is not being fetched.")
            case ops.RemoveModel(model=model):
                self._start(self._remove(model))

    async def close(self) -> None:
        """Stop fetching, and wait for a change that is under way."""
        self._pulls.close()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Changes come one after the other: while one is under way, `defer` holds the next one back."""
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    def _choose(self, op: ops.SetModel) -> None:
        chosen = choose_model(self._parts, self._providers, self.present, op)
        if isinstance(chosen, str):
            self._notice("warning", chosen)
        elif chosen is not None:
            self.present = op.model
            self._emit(ev.ModelChanged(model=chosen))
            if not self._running():
                self._providers.leave_replaced()

    async def _look_and_choose(self, op: ops.SetModel) -> None:
        """One that nobody knows may have been fetched or imported by another program meanwhile."""
        await self._read()
        self._choose(op)

    def _look_again(self) -> None:
        if not self.defer(self._look_again):
            self._start(self._read())

    async def _read(self) -> None:
        """Take in what is on the disk now; the settings that a person gave a model stay, and what is in use too."""
        models = self._parts.models
        found = await asyncio.to_thread(self._parts.files.read)
        kept = {self.present, self._parts.router.model if self._parts.router else ""}
        for name in [name for name in models if name not in found and name not in kept]:
            del models[name]
            self._providers.make_anew(name)
        for name, choice in found.items():
            held = models.get(name)
            if held is None or held.info.path != choice.info.path or held.info.problem:
                models[name] = choice
                self._providers.make_anew(name)

    async def _remove(self, model: str) -> None:
        if model == self.present or (self._parts.router is not None and model == self._parts.router.model):
            self._notice("warning", f"{model} is in use. Choose another one first, then remove it.")
            return
        try:
            text = await asyncio.to_thread(self._parts.files.remove, model)
        except (InferenceError, OSError) as error:
            self._notice("error", f"{model} was not removed: {error}")
            return
        await self._read()
        if not self._running():
            self._providers.leave_replaced()
        self._emit(ev.ModelRemoved(model=model, text=text))

    def _notice(self, level: ev.NoticeLevel, text: str) -> None:
        self._emit(ev.Noticed(level=level, text=text))
