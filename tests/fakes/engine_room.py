"""A real engine over a scripted model: real files, real database, real sandbox, and a client that answers as told."""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from codey_tui.engine.care import CareLimits
from codey_tui.engine.coder import Honesty
from codey_tui.engine.engine import Engine, EngineParts, ModelChoice
from codey_tui.engine.parts import ModelFiles
from codey_tui.engine.planner import plan
from codey_tui.engine.router import route, route_as
from codey_tui.engine.router.linear import Linear
from codey_tui.engine.router_model import RouterModel
from codey_tui.engine.turn_state import TurnOptions
from codey_tui.inference.ladder import Rung
from codey_tui.inference.residency import Residency
from codey_tui.protocol import events as ev
from codey_tui.protocol import ops
from codey_tui.protocol.actions import ApprovalMode, Rule, Verdict
from codey_tui.protocol.models import Gauges, ModelInfo
from codey_tui.sandbox import Limits, Rlimits, Sandbox
from codey_tui.store.database import Database
from codey_tui.tools.registry import NAMES
from tests.fakes.listening import Listening
from tests.fakes.scripted_provider import Script, ScriptedProvider


class EngineRoom(Listening):
    """An engine in `folder/work` with its state in `folder/state`; leave the `async with` block and it is closed."""

    def __init__(
        self,
        folder: Path,
        scripts: Iterable[Script] = (),
        *,
        mode: ApprovalMode = "ask",
        honesty: Honesty | None = None,
        attempts: int = 2,
        new_session: bool = False,
        rules: tuple[Rule, ...] = (),
        sandbox: Sandbox | None = None,
        instead: Callable[[], Sandbox | None] = lambda: None,
        busy_timeout_s: float = 5.0,
        other: ScriptedProvider | None = None,
        linear: Linear | None = None,
        router: RouterModel | None = None,
        ask_above_s: float = 0.0,
        care: CareLimits | None = None,
        files: ModelFiles | None = None,
        forget: Callable[[str], object] = lambda _session: None,
        residency: Residency | None = None,
        step_down: Callable[[ModelInfo], Rung | None] = lambda _info: None,
    ) -> None:
        self.workspace = folder / "work"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.state_dir = folder / "state"
        self.provider = ScriptedProvider(scripts)
        self.model_problem = ""
        self.reading = Gauges(engine_rss=1, models_rss=0, budget=1 << 30, cpu_percent=0.0)
        info = ModelInfo(id="scripted", title="the scripted model", path="", state="idle", n_ctx=4096)
        models = {"scripted": ModelChoice(info=info, honesty=honesty or Honesty(), labels=True)}
        if other is not None:
            models["other"] = ModelChoice(info=msgspec.structs.replace(info, id="other", title="another model"))
        engine = Engine(
            EngineParts(
                workspace=self.workspace,
                state_dir=self.state_dir,
                version="0",
                database=Database.open(self.state_dir / "codey.db", busy_timeout_s=busy_timeout_s),
                models=models,
                model="scripted",
                provider_for=lambda model: other if other is not None and model == "other" else self.provider,
                look_at=lambda _model: msgspec.structs.replace(info, problem=self.model_problem),
                sandbox=sandbox or Rlimits(),
                instead=instead,
                limits=Limits(seconds=120.0),
                route=lambda text, counsel: route(text, NAMES, self.workspace, model=linear, counsel=counsel),
                plan=lambda text, chosen, files, steps: plan(
                    text,
                    chosen,
                    self.workspace,
                    files,
                    NAMES,
                    lambda step, *rest: steps.get(step) or route(step, *rest),
                ),
                route_as=lambda text, kind: route_as(text, kind, NAMES, self.workspace),
                read_gauges=lambda rss: msgspec.structs.replace(self.reading, models_rss=rss),
                care=care or CareLimits(),
                files=files or ModelFiles(),
                forget=forget,
                mode=mode,
                rules=rules,
                options=TurnOptions(verify_attempts=attempts, ask_above_s=ask_above_s),
                router=router,
                residency=residency,
                step_down=step_down,
            )
        )
        super().__init__(engine, new_session=new_session)

    async def ask(
        self, text: str, *, plan: Verdict = "allow", action: Verdict = "allow", reason: str = ""
    ) -> ev.TurnEnded:
        """Submit a prompt, answer all that is asked in the same way, and wait for the end."""
        done = len(self.of(ev.TurnEnded))
        self.engine.submit(ops.SubmitPrompt(text=text))
        await self.answer_until_end(done, plan=plan, action=action, reason=reason)
        return self.of(ev.TurnEnded)[-1]

    async def answer_until_end(
        self, ended_before: int, *, plan: Verdict = "allow", action: Verdict = "allow", reason: str = ""
    ) -> None:
        """Answer plans and actions as they come until one more turn has ended."""
        answered: set[str] = {event.plan_id for event in self.of(ev.PlanDecided)}
        answered |= {event.action_id for event in self.of(ev.ActionSettled)}

        def step() -> bool:
            for proposed in self.of(ev.PlanProposed):
                if proposed.plan.id not in answered:
                    answered.add(proposed.plan.id)
                    self.engine.submit(ops.DecidePlan(plan_id=proposed.plan.id, verdict=plan, reason=reason))
            for waiting in self.of(ev.ActionProposed):
                if waiting.action.id not in answered:
                    answered.add(waiting.action.id)
                    self.engine.submit(ops.DecideAction(action_id=waiting.action.id, verdict=action, reason=reason))
            return len(self.of(ev.TurnEnded)) > ended_before

        await self.until(step, "the end of the turn")
