"""Runs the chunks of a plan one by one: a file that grows, an edit that becomes one diff, or a command."""

import asyncio
from dataclasses import replace

from codey_tui.engine.coder import BeyondModel, Totals
from codey_tui.engine.drafting import Progress
from codey_tui.engine.edit_run import EditRun
from codey_tui.engine.errors import EngineError, TurnFailed, TurnRejected
from codey_tui.engine.file_run import FileRun
from codey_tui.engine.reports import ChunkReport
from codey_tui.engine.turn_state import TurnState
from codey_tui.engine.workspace_paths import resolve
from codey_tui.inference.provider import InferenceError
from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import ActionResult
from codey_tui.protocol.plan import Chunk, ChunkState, Plan
from codey_tui.store.connection import StoreError
from codey_tui.tools.cutting import for_model


class ChunkRunner:
    """The chunks of one plan; `reports` tells how each came out."""

    def __init__(self, state: TurnState, plan: Plan) -> None:
        self._state = state
        self._plan = plan
        self.reports: list[ChunkReport] = []
        self._files: dict[str, FileRun] = {}  # path -> the run that wrote it in this turn, for repairs

    async def run(self, chunk: Chunk, index: int, total: int, blocked: str = "") -> ChunkState:
        """Run one chunk and say how it ended. What the whole turn cannot survive comes as `TurnFailed`."""
        state = self._state
        state.emit(
            ev.ChunkStarted(
                chunk_id=chunk.id,
                index=index,
                total=total,
                title=chunk.title,
                path=chunk.path,
                language=chunk.language,
                max_tokens=chunk.max_tokens,
            )
        )
        started = state.seconds
        before = replace(state.totals)
        run = Progress()
        try:
            report = await self._work(chunk, run, blocked)
        except asyncio.CancelledError:
            self._end(ChunkReport(chunk, "cancelled", f"Cancelled.{_unfinished(chunk, run)}"), run, started, before)
            raise
        except BeyondModel as error:
            self._end(ChunkReport(chunk, "failed", str(error)), run, started, before)
            raise
        except TurnRejected as error:
            self._end(ChunkReport(chunk, "cancelled", f"{error}{_unfinished(chunk, run)}"), run, started, before)
            raise
        except InferenceError as error:
            reason = f"{error}{_unfinished(chunk, run)}"
            self._end(ChunkReport(chunk, "failed", reason), run, started, before)
            raise TurnFailed(f"{reason} /retry goes on from here.") from error
        except (EngineError, StoreError, OSError) as error:
            report = ChunkReport(chunk, "failed", str(error))
        except Exception as error:
            self._end(ChunkReport(chunk, "failed", f"{type(error).__name__}: {error}"), run, started, before)
            raise
        self._end(report, run, started, before)
        return report.state

    def _end(self, report: ChunkReport, run: Progress, started: float, before: Totals) -> None:
        state = self._state
        self.reports.append(report)
        state.emit(
            ev.ChunkEnded(
                chunk_id=report.chunk.id,
                state=report.state,
                figures=state.totals.since(before).figures(state.seconds - started),
                content=run.text,
                reason=report.reason,
            )
        )

    async def _work(self, chunk: Chunk, run: Progress, blocked: str) -> ChunkReport:
        if blocked:
            return ChunkReport(chunk, "skipped", blocked)
        if chunk.kind == "command":
            return await self._command(chunk)
        if chunk.kind == "edit":
            return await EditRun(self._state, chunk, run).run()
        files = FileRun(self._state, chunk, self._plan, run)
        earlier = chunk.path in self._files
        self._files[chunk.path] = files
        place = resolve(self._state.workspace, chunk.path)
        if not (place.exists() or place.is_symlink()):
            return await files.create()
        return await (files.extend() if earlier else files.overwrite())

    async def _command(self, chunk: Chunk) -> ChunkReport:
        """Run a command or call a tool; one that trips over a file of this turn hands the error to the coder, at most as often as
        the settings say, and runs again."""
        state = self._state
        attempt = 1
        while True:
            tool = chunk.tool or "shell"
            args = dict(chunk.args) if chunk.tool else {"command": chunk.command}
            settled = await state.executor.call(state.scope, tool, args)
            result = settled.result
            if result is None:
                return ChunkReport(chunk, "skipped", settled.reason or "rejected")
            if result.ok:
                return ChunkReport(chunk, "done", result=result)
            culprit = self._culprit(result)
            if culprit is None or attempt > state.options.verify_attempts:
                return ChunkReport(chunk, "failed", result.summary, result=result)
            attempt += 1
            await self._repair(culprit, for_model(result.output), attempt)

    async def _repair(self, culprit: FileRun, error: str, attempt: int) -> None:
        """A repair of a chunk that had ended: it begins and ends once more, with the text that stands in its file."""
        state, started, before = self._state, self._state.seconds, replace(self._state.totals)
        outcome: ChunkState = "failed"
        reason = "The repair came to nothing; the file is as it was."
        try:
            await culprit.repair(error, attempt)
            outcome, reason = "done", ""
        except asyncio.CancelledError:
            outcome, reason = "cancelled", "Cancelled; the file is as it was."
            raise
        finally:
            figures = state.totals.since(before).figures(state.seconds - started)
            state.emit(
                ev.ChunkEnded(
                    chunk_id=culprit.chunk_id, state=outcome, figures=figures, content=culprit.text, reason=reason
                )
            )

    def _culprit(self, result: ActionResult) -> FileRun | None:
        """The file of this turn that the command's output names last, as a traceback does."""
        named = [(result.output.rfind(path), path) for path in self._files]
        position, path = max(named, default=(-1, ""))
        return self._files[path] if position >= 0 else None


def _unfinished(chunk: Chunk, progress: Progress) -> str:
    """What became of a file that was being written."""
    return f" The unfinished {chunk.path} was not kept; its text stays in the session." if progress.text else ""
