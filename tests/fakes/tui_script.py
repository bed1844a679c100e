"""The events of one Fibonacci turn and its variations, shared by snapshots, pilots and screenshots."""

import msgspec

from codey_tui.protocol import events as ev
from codey_tui.protocol.actions import Action, ActionResult, Preview, Risk
from codey_tui.protocol.chat import Message
from codey_tui.protocol.models import Figures, ModelInfo, PromptPart, Route
from codey_tui.protocol.plan import Chunk, Plan
from tests.fakes.scripted_client import GAUGES, MODEL, SESSION, START

CODE = '''def fibonacci(count: int) -> list[int]:
    """The first `count` Fibonacci numbers."""
    numbers = [0, 1]
    while len(numbers) < count:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:count]


if __name__ == "__main__":
    print(fibonacci(10))
'''
OUTPUT = "[0, 1, 1, 2, 3, 5, 8, 13, 21, 34]\n"
WRITE = Chunk(
    id="c1",
    kind="source_file",
    title="Write the function",
    path="fibonacci.py",
    language="python",
    max_tokens=384,
)
RUN = Chunk(id="c2", kind="command", title="Run it", command="python3 fibonacci.py", depends=("c1",))
PLAN = Plan(id="p1", request="Create Fibonacci function", chunks=(WRITE, RUN))
BIG_PLAN = Plan(
    id="p2",
    request="Build a todo app",
    chunks=(
        Chunk(id="b1", kind="backend_setup", title="Server", path="app.py", language="python", max_tokens=256),
        Chunk(id="b2", kind="database_schema", title="Tables", path="schema.sql", language="sql", max_tokens=192),
        Chunk(id="b3", kind="backend_routes", title="Routes", path="routes.py", language="python", max_tokens=384),
        Chunk(id="b4", kind="frontend_html", title="Page", path="static/index.html", language="html", max_tokens=384),
        Chunk(id="b5", kind="frontend_css", title="Style", path="static/style.css", language="css", max_tokens=256),
        Chunk(id="b6", kind="readme", title="Read me", path="README.md", language="markdown", max_tokens=256),
    ),
)
ASK = Message(id="m1", role="user", text="Create Fibonacci function", at=START)
ROUTE = Route(kind="code", confidence=0.98, decided_by="rules", milliseconds=0.2)
FIGURES = Figures(
    tokens_new=212,
    tokens_cached=96,
    tokens_out=93,
    seconds=4.8,
    generation_seconds=3.4,
    peak_rss=210 * 2**20,
    files=("fibonacci.py",),
)
CHUNK_FIGURES = Figures(tokens_new=212, tokens_cached=96, tokens_out=93, seconds=3.9, generation_seconds=3.4)
ACTION = Action(id="a1", tool="shell", args={"command": "python3 fibonacci.py"})
PROPOSAL = ev.ActionProposed(
    action=ACTION,
    risk=Risk(level="execute", reason="Runs a program that was just written.", touches=("fibonacci.py",)),
    preview=Preview(kind="command", title="Run it", body="python3 fibonacci.py"),
    sandbox="bubblewrap, no network",
)
DIFF = ev.ActionProposed(
    action=Action(id="a2", tool="file", args={"path": "greet.py"}),
    risk=Risk(level="write", reason="Changes a file that exists.", touches=("greet.py",)),
    preview=Preview(
        kind="diff",
        title="Change greet.py",
        path="greet.py",
        body="--- a/greet.py\n+++ b/greet.py\n@@ -1,3 +1,4 @@\n def greet(name):\n-    print('hi ' + name)\n"
        "+    if not name:\n+        name = 'world'\n+    print(f'Hello, {name}!')\n",
    ),
    sandbox="none",
)
DANGER = ev.ActionProposed(
    action=Action(id="a3", tool="shell", args={"command": "rm -rf build"}),
    risk=Risk(level="dangerous", reason="Deletes a directory and all that is in it.", touches=("build/",)),
    preview=Preview(kind="command", title="rm -rf build", body="rm -rf build"),
    sandbox="none",
)

OPENED: tuple[ev.Event, ...] = (
    ev.SessionOpened(session=SESSION, mode="ask", model=MODEL),
    ev.GaugesRead(gauges=GAUGES),
)
ASKED: tuple[ev.Event, ...] = (*OPENED, ev.TurnStarted(message=ASK), ev.RouteChosen(route=ROUTE))
PLANNED: tuple[ev.Event, ...] = (*ASKED, ev.PlanProposed(plan=PLAN))
DECIDED: tuple[ev.Event, ...] = (
    *PLANNED,
    ev.PlanDecided(plan_id="p1", verdict="allow", chunks=("c1", "c2"), decided_by="person"),
)
STARTED: tuple[ev.Event, ...] = (
    *DECIDED,
    ev.ChunkStarted(
        chunk_id="c1", index=1, total=2, title=WRITE.title, path=WRITE.path, language="python", max_tokens=384
    ),
)
LOADING: tuple[ev.Event, ...] = (
    *STARTED,
    ev.ModelChanged(model=ModelInfo(id="nano", title="Codey nano", path="nano.gguf", state="loading", n_ctx=4096)),
    ev.ModelLoadProgressed(model="nano", fraction=0.4),
)
READING: tuple[ev.Event, ...] = (
    *STARTED,
    ev.PromptEvaluated(stream="c1", done=64, total=212, cached=96),
    ev.PromptEvaluated(stream="c1", done=128, total=212, cached=96),
)


def stream(text: str = CODE, name: str = "c1", pieces: int = 12, tokens: int = 93) -> list[ev.Event]:
    """A text as deltas, each followed by the growth of the file."""
    out: list[ev.Event] = []
    wobble = (0, 3, 1, 4, 2, 0, 5, 2, 4, 1, 3, 0)
    for number in range(pieces):
        start, end = len(text) * number // pieces, len(text) * (number + 1) // pieces
        so_far = text[:end]
        out.append(
            ev.TokensGenerated(
                stream=name,
                offset=start,
                text=text[start:end],
                tokens=tokens * (number + 1) // pieces - wobble[-number % 12],
            )
        )
        if name == "c1":
            out.append(ev.FileGrew(path="fibonacci.py", size=len(so_far.encode()), lines=so_far.count("\n")))
    return out


WRITING: tuple[ev.Event, ...] = (*READING, *stream()[:16])
WRITTEN: tuple[ev.Event, ...] = (
    *READING,
    *stream(),
    ev.ChunkEnded(chunk_id="c1", state="done", figures=CHUNK_FIGURES, content=CODE),
    ev.FileWritten(path="fibonacci.py", size=len(CODE), sha256="0" * 64, created=True),
    ev.VerificationEnded(path="fibonacci.py", ok=True, check="compiles", attempt=1),
)
RUN_STARTED = ev.ChunkStarted(chunk_id="c2", index=2, total=2, title=RUN.title, path="", language="", max_tokens=0)
ACTING: tuple[ev.Event, ...] = (*WRITTEN, RUN_STARTED, PROPOSAL)
RUNNING: tuple[ev.Event, ...] = (
    *ACTING,
    ev.ActionSettled(action_id="a1", verdict="allow", scope="once", decided_by="person"),
    ev.ActionStarted(action=ACTION, title="python3 fibonacci.py", sandbox="bubblewrap"),
    ev.ActionOutput(action_id="a1", offset=0, text=OUTPUT),
)
DONE: tuple[ev.Event, ...] = (
    *RUNNING,
    ev.ActionEnded(
        action_id="a1",
        result=ActionResult(ok=True, summary="exit 0", output=OUTPUT, exit_code=0, seconds=0.2, sandbox="bubblewrap"),
    ),
    ev.ChunkEnded(chunk_id="c2", state="done", figures=Figures(seconds=0.2)),
    ev.MessageAdded(
        message=Message(
            id="m2",
            role="assistant",
            at=START + 30,
            text="Wrote `fibonacci.py` and ran it: the first ten Fibonacci numbers are right.",
        )
    ),
    ev.TurnEnded(result="done", figures=FIGURES),
)
COSTLY: tuple[ev.Event, ...] = (
    *OPENED,
    ev.TurnStarted(message=msgspec.structs.replace(ASK, text="Explain @app.py and @tests/test_app.py")),
    ev.RouteChosen(route=msgspec.structs.replace(ROUTE, kind="question")),
    ev.PromptForecast(
        question_id="q1",
        stream="m2",
        new=2140,
        cached=312,
        seconds=86.4,
        parts=(
            PromptPart(id="earlier", title="earlier turns", tokens=820),
            PromptPart(id="app.py", title="app.py", tokens=910),
            PromptPart(id="tests/test_app.py", title="tests/test_app.py", tokens=330),
        ),
    ),
)
DIFFING: tuple[ev.Event, ...] = (*WRITTEN, RUN_STARTED, DIFF)
DANGEROUS: tuple[ev.Event, ...] = (*WRITTEN, RUN_STARTED, DANGER)
BIG_PLANNED: tuple[ev.Event, ...] = (
    *OPENED,
    ev.TurnStarted(message=Message(id="m1", role="user", text="Build a todo app with a REST backend", at=START)),
    ev.RouteChosen(route=Route(kind="fullstack", confidence=0.87, decided_by="rules", milliseconds=0.3)),
    ev.PlanProposed(plan=BIG_PLAN),
)
UNDONE: tuple[ev.Event, ...] = (*DONE, ev.TurnUndone(turn=1, restored=(), removed=("fibonacci.py",)))
FAILED: tuple[ev.Event, ...] = (
    *WRITING,
    ev.ChunkEnded(
        chunk_id="c1",
        state="failed",
        figures=Figures(tokens_out=61, seconds=2.9, generation_seconds=2.3),
        content=CODE[:200],
        reason="The model's process ended (signal 9). The unfinished fibonacci.py was removed.",
    ),
    ev.TurnEnded(
        result="failed",
        figures=Figures(tokens_new=212, tokens_out=61, seconds=3.1, generation_seconds=2.3),
        reason="The model's process was killed (signal 9).",
        can_retry=True,
    ),
)
REJECTED: tuple[ev.Event, ...] = (
    *PLANNED,
    ev.PlanDecided(plan_id="p1", verdict="reject", chunks=(), decided_by="person", reason="use a generator"),
    ev.TurnEnded(result="rejected", figures=Figures(), reason="The plan was rejected: use a generator"),
)
ANSWER = """A **generator** yields values one at a time:

- it keeps its place between two calls
- it needs no list in memory

| | list | generator |
|---|---|---|
| memory | all values | one value |
| reuse | yes | no |

```python
def count(limit):
    for number in range(limit):
        yield number
```
"""
ANSWERED: tuple[ev.Event, ...] = (
    *OPENED,
    ev.TurnStarted(message=Message(id="m1", role="user", text="What is a generator?", at=START)),
    ev.RouteChosen(route=Route(kind="question", confidence=0.91, decided_by="rules", milliseconds=0.1)),
    ev.PromptEvaluated(stream="m2", done=120, total=120, cached=96),
    *stream(ANSWER, "m2", 6, 88),
    ev.MessageAdded(message=Message(id="m2", role="assistant", text=ANSWER, at=START + 9)),
    ev.TurnEnded(result="done", figures=Figures(tokens_new=120, tokens_out=88, seconds=4.0, generation_seconds=3.2)),
)
NO_MODEL: tuple[ev.Event, ...] = (
    ev.SessionOpened(
        session=SESSION,
        mode="ask",
        model=ModelInfo(
            id="nano",
            title="Codey nano",
            path="nano.gguf",
            state="absent",
            problem="The model file nano.gguf is missing. codey doctor says where it is looked for.",
        ),
    ),
    ev.GaugesRead(gauges=GAUGES),
)
PULLING: tuple[ev.Event, ...] = (
    *OPENED,
    ev.ModelPullProgressed(model="qwen2.5-coder-1.5b", done=383_000_000, size=1_117_320_768, rate=5.2e6),
)
BEYOND: tuple[ev.Event, ...] = (
    *ASKED,
    ev.TurnEnded(
        result="failed",
        figures=Figures(seconds=0.4),
        reason="This is beyond Codey nano, so nothing was written. It writes small programs.",
        beyond=True,
    ),
)
