"""Starts the child process of a model, speaks frames with it, and says in words how it ended."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from pathlib import Path

import msgspec

import codey_tui
from codey_tui.inference.frames import HEADER, Cancel, FromChild, FromParent, body_size, decode_from_child, encode
from codey_tui.inference.memory import oom_kills, rss_of, was_short
from codey_tui.inference.provider import ChildDied, KilledForMemory, StalledGeneration

KEPT_LINES = 40
# What a child needs of the environment; secrets of the person's shell are not among it.
_PASSED_ON = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE",
    "CUDA_VISIBLE_DEVICES",
    "OMP_WAIT_POLICY",
    "GOMP_SPINCOUNT",
)
_LARGE = 3 << 30  # bytes of a model's file
_ENDED_BY = {
    signal.SIGILL: "llama.cpp was probably built for another processor; install it again on this machine",
    signal.SIGSEGV: "llama.cpp crashed",
    signal.SIGABRT: "llama.cpp gave up",
    signal.SIGBUS: "the model file changed or its disk failed while it was in use",
}


def waits(model: Path) -> dict[str, str]:
    """How the threads of the child of a model's file wait for each other, for libgomp: they look for some microseconds and then sleep.

    Threads that go on looking starve each other when anything else wants a core, and those that sleep at once are woken thousands of
    times a second. Measured on two cores, a 0.5B model generates 24.5 tokens a second with the count 1,000, 18.2 when threads sleep at once
    and 23.8 when they never do; beside one busy program 9.7, 11.8 and 2.3 (then `Crowding` takes one thread, which waits for
    nobody). Operations of large models take longer, and so does a thread that waits for the other: a 7B model generates 2.69 tokens a
    second with 1,000, 2.77 with 20,000 and 2.76 to 2.79 without end; models of 0.5B and 3B gain nothing by it.
    """
    try:
        large = model.stat().st_size >= _LARGE
    except OSError:  # its load will say so
        large = False
    return {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "20000" if large else "1000"}


def child_environment(model: Path) -> dict[str, str]:
    """A small environment in which the child of a model's file finds this package and nothing of the workspace."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    root = Path(codey_tui.__file__).resolve().parent.parent
    if root.name not in ("site-packages", "dist-packages"):
        # A checkout is found by path; an installed package is found anyway.
        passed["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), passed.get("PYTHONPATH", ""))))
    for name, value in waits(model).items():
        passed.setdefault(name, value)
    # llama.cpp's own backtrace starts a debugger; a crash is told by its signal.
    return {**passed, "PYTHONUTF8": "1", "GGML_NO_BACKTRACE": "1"}


class ChildProcess:
    """A running child. One command at a time; whoever sent it reads frames until the last one."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._frames: asyncio.Queue[FromChild | None] = asyncio.Queue()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._oom_before = oom_kills()
        self._killed_for = ""
        self._tasks = (asyncio.create_task(self._read_frames()), asyncio.create_task(self._read_log()))
        self.last_id = 0
        self.rss_seen = 0

    @classmethod
    async def start(cls, model: Path) -> "ChildProcess":
        """Spawn it for a model's file. Raises `ChildDied` when the operating system refuses."""
        try:
            # -P and the root as its folder: a workspace's own json.py must not be imported in place of Python's.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "codey_tui.inference.child",
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd="/",
                env=child_environment(model),
                start_new_session=True,
            )
        except OSError as error:
            raise ChildDied(f"The model's process could not be started: {error.strerror or error}.") from error
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether frames can still be exchanged."""
        return self._process.returncode is None and not self._tasks[0].done() and not self._killed_for

    @property
    def rss(self) -> int:
        """Resident bytes now; 0 once it has ended."""
        if self._process.returncode is not None:
            return 0
        self.rss_seen = rss_of(self.pid) or self.rss_seen
        return self.rss_seen

    def next_id(self) -> int:
        """An id for the next command."""
        self.last_id += 1
        return self.last_id

    def send(self, frame: FromParent) -> None:
        """Queue a frame. A child that is gone is noticed when its answer is read."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(encode(frame))

    def cancel(self) -> None:
        """Tell it to stop the present command; its last frame still comes."""
        self.send(Cancel(id=self.last_id))

    async def receive(self, timeout: float) -> FromChild:
        """The next frame. Raises `ChildDied`, or `StalledGeneration` after `timeout` seconds of silence."""
        try:
            async with asyncio.timeout(timeout):
                frame = await self._frames.get()
        except TimeoutError:
            await self.kill(f"nothing was heard from it for {timeout:g} s")
            raise StalledGeneration(
                f"The model said nothing for {timeout:g} s and its process was ended. "
                "Try again, or raise generation_timeout_s for a slow machine."
            ) from None
        if frame is None:
            raise await self._death()
        return frame

    async def close(self, grace: float = 1.0) -> None:
        """End it kindly by closing its input, and by force after `grace` seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._process.wait()
        await self.kill("it was to be unloaded")

    async def kill(self, why: str) -> None:
        """End it by force and wait until it is gone."""
        self._killed_for = self._killed_for or why
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read_frames(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while True:
                size = body_size(await stream.readexactly(HEADER.size))
                self._frames.put_nowait(decode_from_child(await stream.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the end of the stream: how the child ended is told by whoever waits for a frame
        except (ValueError, msgspec.MsgspecError) as error:
            self._killed_for = f"its frames are damaged ({error})"
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        finally:
            self._frames.put_nowait(None)

    async def _read_log(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        rest = b""
        # By blocks, since a line may be longer than the stream's limit.
        while block := await stream.read(65_536):
            *lines, rest = (rest + block).split(b"\n")
            self._lines.extend(line.decode("utf-8", "replace") for line in lines if line.strip())
            rest = rest[-65_536:]
        if rest.strip():
            self._lines.append(rest.decode("utf-8", "replace"))

    async def _death(self) -> ChildDied:
        """The sentence for a child that ended by itself or by somebody's hand."""
        code = await self._process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._killed_for:
            return ChildDied(f"The model's process was ended: {self._killed_for}.")
        if code >= 0:
            return ChildDied(f"The model's process ended with exit code {code}{self._last_words()}.")
        number = signal.Signals(-code) if -code in signal.Signals.__members__.values() else None
        name = number.name if number else f"signal {-code}"
        if number is signal.SIGKILL:
            if oom_kills() > self._oom_before or was_short(self.rss_seen):
                return KilledForMemory(
                    "The model's process was killed (SIGKILL), probably because memory ran out. "
                    "Use a smaller model or a smaller context, or close other programs."
                )
            return ChildDied(
                "The model's process was killed (SIGKILL) from outside Codey. Try again; if it happens again, memory may be "
                "short."
            )
        reason = _ENDED_BY.get(number, "") if number else ""
        return ChildDied(f"The model's process ended by {name}{f': {reason}' if reason else ''}{self._last_words()}.")

    def _last_words(self) -> str:
        """The last line of its log, which often names the cause."""
        line = self._lines[-1].strip().rstrip(".") if self._lines else ""
        return f" ({line[:200]})" if line else ""
