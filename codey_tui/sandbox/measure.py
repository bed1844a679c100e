"""Times one small command in a container that waited for it and in one made for it, in turn: JSON lists of seconds.

`python -m codey_tui.sandbox.measure ROUNDS`; `codey_tui.bench.sandbox` reads it. Removing the cold container is not counted.
"""

import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from codey_tui.sandbox.base import Limits
from codey_tui.sandbox.docker import Docker

COMMAND = ("python3", "-c", "print(1)")


def main() -> int:
    """Exit status 1, and the reason on standard error, where there is no Docker sandbox."""
    # a version manager's `python3` is a script that takes longer than the program itself
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    warm, cold = Docker(), Docker(pool_size=0)
    try:
        if problem := warm.problem():
            print(f"Docker cannot be used here: {problem}.", file=sys.stderr)
            return 1
        with tempfile.TemporaryDirectory(prefix="codey-") as folder:
            seconds: dict[str, list[float]] = {"cold": [], "warm": []}
            once(warm, Path(folder))
            for _ in range(int(sys.argv[1])):
                seconds["cold"].append(once(cold, Path(folder)))
                warm.pool().settle()
                seconds["warm"].append(once(warm, Path(folder)))
    finally:
        warm.close()
        cold.close()
    print(json.dumps(seconds))
    return 0


def once(sandbox: Docker, workspace: Path) -> float:
    """Seconds from the call until the whole output has been heard."""
    heard: list[float] = []
    started = time.monotonic()
    done = sandbox.run(
        COMMAND,
        cwd=workspace,
        workspace=workspace,
        env={},
        limits=Limits(),
        on_output=lambda _text: heard.append(time.monotonic()),
        cancel=threading.Event(),
    )
    if done.output != "1\n":
        raise RuntimeError(f"the command printed {done.output!r}")
    return heard[-1] - started


if __name__ == "__main__":
    sys.exit(main())
