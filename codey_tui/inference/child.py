"""The child process that holds one model: `python -m codey_tui.inference.child`, frames on its input and output.

It exits when its input ends, so that it never outlives the engine.
"""

import contextlib
import ctypes
import os
import queue
import resource
import signal
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from codey_tui.inference.frames import (
    Cancel,
    Command,
    Count,
    Counted,
    Failed,
    FromChild,
    Generate,
    Keep,
    Kept,
    Load,
    Noted,
    Score,
    SetThreads,
    encode,
    read_from_parent,
)
from codey_tui.inference.memory import rss_of
from codey_tui.inference.provider import Loaded, LoadProgress
from codey_tui.inference.stopping import Stop

if TYPE_CHECKING:
    from codey_tui.inference.kv_state import KvStates
    from codey_tui.inference.runtime import Runtime

_PR_SET_PDEATHSIG = 1
_OOM_SCORE = "500"  # if memory runs out, the kernel should take this process before the engine or the screen


class Control:
    """What the reader thread tells the working thread: the next command, and whether the present one is cancelled, and with
    how many threads to go on (0: as loaded)."""

    def __init__(self) -> None:
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.stop = Stop()
        self.threads = 0
        self._lock = threading.Lock()
        self._running = 0
        self._cancelled = 0

    def begin(self, command_id: int) -> None:
        """The working thread starts a command; one cancelled while it waited is stopped at once."""
        with self._lock:
            self._running = command_id
            if self._cancelled < command_id:
                self.stop.clear()
            else:
                self.stop.set()

    def cancel(self, command_id: int) -> None:
        """Ids grow, so a cancel that comes late never hits the next command."""
        with self._lock:
            self._cancelled = max(self._cancelled, command_id)
            if self._cancelled >= self._running:
                self.stop.set()

    def read(self, stream: BinaryIO) -> None:
        """Body of the reader thread; ends the process when the parent is gone or speaks nonsense."""
        while True:
            try:
                frame = read_from_parent(stream)
            except (msgspec.MsgspecError, ValueError, OSError) as error:
                print(f"The stream of commands is damaged: {error}", file=sys.stderr, flush=True)
                frame = None
            if frame is None:
                # Not sys.exit: the working thread may be inside llama.cpp for seconds.
                os._exit(0)
            if isinstance(frame, Cancel):
                self.cancel(frame.id)
            elif isinstance(frame, SetThreads):
                self.threads = frame.threads
            else:
                self.commands.put(frame)


class Worker:
    """Carries out commands one after the other."""

    def __init__(self, control: Control, output: BinaryIO) -> None:
        self._control = control
        self._output = output
        self._runtime: Runtime | None = None
        self._states: KvStates | None = None
        self._log: deque[str] = deque(maxlen=40)
        self._keep: object = None

    def emit(self, frame: FromChild) -> None:
        try:
            self._output.write(encode(frame))
            self._output.flush()
        except OSError:
            os._exit(0)  # nobody listens any more

    def run(self) -> None:
        while True:
            command = self._control.commands.get()
            # Imported here: only a load needs llama.cpp, and its absence must become a sentence.
            try:
                from codey_tui.inference.runtime import RuntimeFailed
            except (ImportError, OSError, RuntimeError) as error:
                self.emit(Failed(kind="other", sentence=f"llama-cpp-python cannot be used here: {error}."))
                continue
            try:
                self._carry_out(command)
            except RuntimeFailed as error:
                self.emit(Failed(kind=error.kind, sentence=error.sentence))
            except MemoryError:
                self.emit(Failed(kind="too_large", sentence="There is not enough memory for this."))

    def _carry_out(self, command: Command) -> None:
        match command:
            case Load():
                self._load(command)
            case Generate():
                from codey_tui.inference.generation import Generation

                self._control.begin(command.id)
                runtime, states = self._loaded()
                generation = Generation(runtime, states, command.request, self.emit, self._control.stop)
                self.emit(generation.run(peak_rss))
            case Keep():
                self._control.begin(command.id)
                tokens, size = self._loaded()[1].keep(command.conversation)
                self.emit(Kept(tokens=tokens, size=size))
            case Score():
                from codey_tui.inference.scoring import score

                self._control.begin(command.id)
                self.emit(score(self._loaded()[0], command, self.emit, self._control.stop))
            case Count():
                self._control.begin(command.id)
                self.emit(Counted(tokens=len(self._loaded()[0].prompt_tokens(command.messages, command.prefill))))

    def _loaded(self) -> "tuple[Runtime, KvStates]":
        if self._runtime is None or self._states is None:
            from codey_tui.inference.runtime import RuntimeFailed

            raise RuntimeFailed("other", "No model is loaded.")
        return self._runtime, self._states

    def _load(self, command: Load) -> None:
        from codey_tui.inference.kv_state import KvStates
        from codey_tui.inference.runtime import Runtime, keep_log

        started = time.monotonic()
        shown = 0.0

        def progressed(fraction: float) -> None:
            nonlocal shown
            if fraction >= 1 or time.monotonic() - shown > 0.05:
                shown = time.monotonic()
                self.emit(LoadProgress(fraction=fraction))

        if command.options.nice > 0:
            os.nice(command.options.nice)
        self._keep = keep_log(self._log, sys.stderr.write)
        self._runtime = Runtime(
            command.path,
            command.options,
            on_progress=progressed,
            stop=self._control.stop,
            threads=lambda: self._control.threads,
            log=self._log,
        )
        self._states = KvStates(self._runtime, Path(command.path), lambda text: self.emit(Noted(sentence=text)))
        self.emit(
            Loaded(
                seconds=time.monotonic() - started,
                rss=rss_of(os.getpid()),
                n_ctx=self._runtime.n_ctx,
                description=self._runtime.description,
            )
        )


def peak_rss() -> int:
    """The most memory that this process ever took, in bytes. Linux counts it anew after exec only in VmHWM."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes for frames, moved away from 0 and 1, so that nothing llama.cpp prints gets between the frames."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(target, "wb")


def _settle_in() -> None:
    """Signals, limits and the kernel's view of this process."""
    # Ctrl+C in a terminal is for the engine to judge.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # The end of the input tells the same; this also covers a parent that dies while this process is frozen.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with contextlib.suppress(OSError):  # a container may forbid it, and then the usual order applies
            Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")


def main() -> None:
    """Run until the input ends."""
    source, target = _take_streams()
    _settle_in()
    control = Control()
    threading.Thread(target=control.read, args=(source,), name="frames", daemon=True).start()
    Worker(control, target).run()


if __name__ == "__main__":
    main()
