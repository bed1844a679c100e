"""What llama.cpp does with the same file and settings by itself: its own benchmark tool where there is one, else a bare loop.

llama-bench: https://github.com/ggml-org/llama.cpp/tree/master/tools/llama-bench
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from codey_tui.bench.running import run_json
from codey_tui.bench.turns import BenchFailed
from codey_tui.protocol.models import KvType

TOOL = "llama-bench"
BARE = "codey_tui.inference.bare"
_OPTIONS = {
    "--repack": "not to repack the weights",
    "--n-depth": "what was read before",
}
"""What older ones cannot be told."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is loaded and computed, by both sides alike. `batch` and `n_ctx` are in tokens.

    `nice` is the niceness of Codey's child process. `spin`: threads of the reference wait for each other by spinning, which is
    llama.cpp's habit and not Codey's.
    """

    path: str
    n_ctx: int
    kv_type: KvType
    threads_prompt: int
    threads_generation: int
    batch: int
    nice: int
    flash_attention: bool = True
    mmap: bool = True
    repack: bool = False
    spin: bool = False


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens per second."""

    prompt: float
    generation: float


class Reference:
    """Measures with another program, whose threads wait for each other as the environment `waits` says. Raises BenchFailed where it
    cannot be used."""

    def __init__(self, setup: Setup, program: str = "", waits: Mapping[str, str] | None = None) -> None:
        self._setup = setup
        self._waits = dict(waits or {})
        self._program = _found(program)
        self._known = self._options() if self._program else ""

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        return TOOL if self._program else "a bare llama.cpp loop"

    @property
    def differs(self) -> str:
        """What could not be set alike; empty when all was."""
        if not self._program:
            return ""
        lacks = [what for option, what in _OPTIONS.items() if option not in self._known]
        return f"this {TOOL} is too old to be told {' and '.join(lacks)}" if lacks else ""

    def measure(self, prompt: int, tokens: int, *, before_prompt: int = 0, before_tokens: int = 0) -> Speed:
        """Evaluate so many tokens of prompt, and apart from it generate so many; each after so many tokens that are there. What is asked
        for no token is not measured: 0."""
        if not self._program:
            found = run_json(self._bare(prompt, tokens, before_prompt, before_tokens), self._environment())
            return msgspec.convert(found, Speed)
        setup = self._setup
        return Speed(
            prompt=self._run(setup.threads_prompt, prompt, 0, before_prompt) if prompt else 0.0,
            generation=self._run(setup.threads_generation, 0, tokens, before_tokens) if tokens else 0.0,
        )

    def _run(self, threads: int, prompt: int, tokens: int, before: int) -> float:
        """Tokens per second of the one or the other."""
        setup = self._setup
        command = [self._program, "-m", setup.path, "-p", str(prompt), "-n", str(tokens), "-r", "1", "-t", str(threads)]
        command += ["-b", str(setup.batch), "-ub", str(setup.batch), "-ctk", setup.kv_type, "-ctv", setup.kv_type]
        command += ["-fa", str(int(setup.flash_attention)), "-ngl", "0", "-o", "json"]
        if "--load-mode" in self._known:
            command += ["-lm", "mmap" if setup.mmap else "none"]
        else:
            command += ["-mmp", str(int(setup.mmap))]
        if "--repack" in self._known:
            command += ["--repack", str(int(setup.repack))]
        if "--n-depth" in self._known:
            command += ["-d", str(before)]
        rows = run_json(_niced(command, setup.nice), self._environment())
        if not isinstance(rows, list) or not rows:
            raise BenchFailed(f"{self._program} printed no figures.")
        return float(cast("list[dict[str, Any]]", rows)[0]["avg_ts"])

    def _bare(self, prompt: int, tokens: int, before_prompt: int, before_tokens: int) -> list[str]:
        setup = self._setup
        command = [sys.executable, "-P", "-m", BARE, setup.path, str(prompt), str(tokens)]
        command += [
            "--threads-prompt",
            str(setup.threads_prompt),
            "--threads-generation",
            str(setup.threads_generation),
        ]
        command += ["--batch", str(setup.batch), "--kv", setup.kv_type, *([] if setup.mmap else ["--no-mmap"])]
        command += ["--before-prompt", str(before_prompt), "--before-tokens", str(before_tokens)]
        command += [] if setup.flash_attention else ["--no-flash"]
        return _niced(command, setup.nice)

    def _environment(self) -> dict[str, str]:
        """How its threads wait."""
        return {} if self._setup.spin else self._waits

    def _options(self) -> str:
        """What the program can be told; older ones know fewer switches."""
        try:
            done = subprocess.run([self._program, "--help"], capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchFailed(f"{self._program} cannot be run: {error}.") from error
        if "--n-gen" not in done.stdout:
            raise BenchFailed(f"{self._program} is not llama.cpp's {TOOL}.")
        return done.stdout


def _found(program: str) -> str:
    """The benchmark tool that was named or, without a name, that is on PATH; empty when there is none. Raises BenchFailed."""
    found = shutil.which(os.path.expanduser(program or TOOL))
    if program and found is None:
        raise BenchFailed(f"There is no program {program} to compare with.")
    return found or ""


def _niced(command: list[str], nice: int) -> list[str]:
    """The command with the niceness that Codey's child has, where the system has a program for that."""
    program = shutil.which("nice")
    return [program, "-n", str(nice), *command] if program and nice else command
