"""The memory of an engine, put together from the settings: its ledger, what models took before, and how long they stay."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from codey_tui.catalogue import ModelSpec, read_published
from codey_tui.inference.footprint import Footprint
from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ladder import Candidate, Room, Rung, fitting, ladder
from codey_tui.inference.ledger import Ledger
from codey_tui.inference.measured import Measured
from codey_tui.inference.provider import InferenceError
from codey_tui.inference.residency import Residency
from codey_tui.offers import memory_folder, shape_here
from codey_tui.paths import Paths
from codey_tui.protocol.models import Gauges, ModelInfo
from codey_tui.sandbox.choice import Choice
from codey_tui.settings import Settings
from codey_tui.telemetry import Telemetry, processes
from codey_tui.telemetry.machine import available_memory

MIB = 2**20


class Memory:
    """What keeps the models of one engine within the budget. `specs` may grow while the engine runs."""

    def __init__(
        self, paths: Paths, settings: Settings, specs: Mapping[str, ModelSpec], workspace: Path, sandbox: Choice
    ) -> None:
        self._specs = specs
        self._routers = {model.id for model in read_published(paths) if model.role == "router"}
        self._sandbox = sandbox
        folder = memory_folder(paths)
        self.ledger = Ledger(
            folder,
            budget=settings.memory_budget_mb * MIB,
            available=available_memory,
            workspace=str(workspace),
            beside=self._commands,
        )
        self.measured = Measured(folder / "measured.json")
        self.residency = Residency(
            self.ledger,
            self.measured,
            keep_alive=lambda model: settings.keep_alive_models.get(model, settings.keep_alive_s),
            others=self._candidates,
            patience_s=settings.generation_timeout_s,
        )

    def gauges(self, telemetry: Telemetry, models_rss: int) -> Gauges:
        """A reading of the machine, with what Codey takes besides this engine's process and its models."""
        survey = self.ledger.survey()
        own = sum(
            line.rss + sum(found.rss for _, found in line.models)
            for line in survey.lines
            if line.account.pid == os.getpid()
        )
        return replace(telemetry.gauges(models_rss, self.ledger.budget), beside_rss=survey.resident - own)

    def room(self) -> Room:
        """What a model may take when all others of this engine, and idle ones of other engines, are gone."""
        survey = self.ledger.survey()
        own = [
            holding.key
            for line in survey.lines
            for holding in line.account.holdings
            if line.account.id == self.ledger.own_id
        ]
        return survey.room(without=[*own, *(holding.key for holding in survey.idle())], soon=survey.soon)

    def step_down(self, info: ModelInfo) -> Rung | None:
        """What to load in place of a model for which memory did not suffice: the first rung of the ladder that takes less."""
        spec = self._specs[info.id]
        options = LoadOptions()

        def known(found: Footprint) -> Footprint:
            return self.measured.corrected(spec.path, options, found)

        try:
            shape = shape_here(spec.path)
        except InferenceError:
            return None  # the file has gone too
        room = self.room()
        forecast = fitting(shape, room, info.n_ctx, kv_type=info.kv_type)
        wanted = known(forecast)
        less = min(room.available or wanted.needs, forecast.needs - 1)
        rungs = ladder(shape, wanted, replace(room, available=less), self._candidates(), known=known)
        return rungs[0] if rungs else None

    def _candidates(self) -> list[Candidate]:
        found: list[Candidate] = []
        for spec in tuple(self._specs.values()):
            if spec.id in self._routers:
                continue  # it chooses tools and writes no code
            try:
                found.append(Candidate(id=spec.id, shape=shape_here(spec.path)))
            except InferenceError:
                continue  # it cannot be offered; the list of models says what is wrong with it
        return found

    def _commands(self, models: Collection[int]) -> int:
        """Bytes of the commands that this engine runs, and of its containers."""
        own = [pid for pid in processes.descendants(os.getpid()) if pid not in models]
        return sum(map(processes.rss, own)) + sum(map(processes.tree_rss, self._sandbox.pids))
