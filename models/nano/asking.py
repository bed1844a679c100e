"""Asks a model as the engine does: the request is routed and planned, and each chunk is asked for with its names behind slots."""

import math
import re
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from codey_tui.engine import prompts
from codey_tui.engine.deciding import LABEL_CHARS, SURE
from codey_tui.engine.drafting import EDIT_FORM, file_form
from codey_tui.engine.edits import EditFailed, apply
from codey_tui.engine.planner import PlanRefused, plan
from codey_tui.engine.router import Counsel, Opinion, Router
from codey_tui.engine.slots import EditUnbound, SlotUnbound, ask_for_edit, ask_for_file
from codey_tui.engine.turn import ANSWER_TOKENS
from codey_tui.protocol.models import Route
from codey_tui.protocol.plan import Chunk
from codey_tui.tools.registry import NAMES
from models.nano.chats import label_turns, question_turns
from models.nano.generation import Answer, Greedy
from models.nano.places import MODEL

_CODE = re.compile(r"```python\n(.*?)\n```", re.DOTALL)


@dataclass
class Made:
    """What came of a request: texts by path, the program in the answer to a question, all that the model said, and why it ended
    early, if it did."""

    route: Route
    files: dict[str, str] = field(default_factory=dict[str, str])
    shown: str = ""
    answers: list[Answer] = field(default_factory=list[Answer])
    problem: str = ""

    @property
    def refused(self) -> bool:
        """Whether the model said that it is beyond it, or was too unsure for the engine to let it write."""
        return bool(self.answers) and self.answers[-1].refused


@cache
def _router() -> Router:
    return Router(MODEL.with_name("router.bin"))


def _opinion(model: Greedy, text: str) -> Opinion | None:
    """The model's own label, as the engine asks for it where the linear model hesitates."""
    found = model.score(label_turns(text[:LABEL_CHARS]), tuple(prompts.LABELS.values()))
    logprob, kind = max(zip(found, prompts.LABELS, strict=True))
    return Opinion("nano", kind, math.exp(logprob)) if math.exp(logprob) >= SURE else None


def route(model: Greedy, request: str, workspace: Path) -> Route:
    """The route of a request, with the model's label where the engine would ask for it."""
    return _router()(request, NAMES, workspace, Counsel(lambda text: _opinion(model, text)))


def _turns(user: str) -> tuple[tuple[str, str], ...]:
    return (("system", prompts.system()), ("user", user))


def make(model: Greedy, request: str, present: dict[str, str] | None = None) -> Made:
    """Carries `request` out in an empty workspace, or in one with the files of `present` (text by path); commands are not run."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        for path, text in (present or {}).items():
            (workspace / path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / path).write_text(text, "utf-8")
        routed = route(model, request, workspace)
        made = Made(routed)
        if routed.kind == "question" and not present:
            return _answered(model, request, made)
        if routed.kind not in ("code", "fullstack", "steps"):
            made.problem = f"routed as {routed.kind}"
            return made
        try:
            chunks = plan(request, routed, workspace).chunks
        except PlanRefused as refused:
            made.problem = str(refused)
            return made
        for chunk in chunks:
            if chunk.kind == "command":
                continue
            made.problem = _chunk(model, request, chunk, made, (present or {}).get(chunk.path, ""))
            if made.problem:
                break
    return made


def _answered(model: Greedy, request: str, made: Made) -> Made:
    """Asks for the answer to a question, and takes the program out of it, if it holds one."""
    answer = model.answer(question_turns(request), "", ceiling=ANSWER_TOKENS)
    made.answers.append(answer)
    found = _CODE.search(answer.text)
    if answer.refused or not answer.ended or not found:
        made.problem = f"routed as question, {'refused' if answer.refused else f'answered {answer.text[:40]!r}'}"
    else:
        made.shown = found.group(1)
    return made


def _chunk(model: Greedy, request: str, chunk: Chunk, made: Made, present: str) -> str:
    """Asks for one chunk and keeps its text; what went wrong, or nothing."""
    edit = chunk.kind == "edit"
    try:
        user, binding = ask_for_edit(request, chunk, present) if edit else ask_for_file(request, chunk)
    except EditUnbound as error:
        return str(error)
    form = EDIT_FORM if edit else file_form(chunk)
    answer = model.answer(_turns(user), form.prefill, ceiling=chunk.max_tokens)
    made.answers.append(answer)
    if answer.refused:
        return f"{chunk.path} refused"
    if not answer.ended:
        return f"{chunk.path} did not end within {chunk.max_tokens} tokens"
    try:
        text = binding.fill(answer.text)
        made.files[chunk.path] = apply(present, form.prefill + text).text if edit else text
    except (SlotUnbound, EditFailed) as error:
        return f"{chunk.path}: {error}"
    return ""
