"""An engine process around the fake engine: `python -m tests.fakes.engine_process FOLDER VERSION [busy|deaf|broken]`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from codey_tui.server.host import Host
from codey_tui.server.lock import EngineLock, Holder, LockHeld
from tests.fakes.fake_engine import FakeEngine


async def serve(folder: Path, version: str, manner: str) -> None:
    engine = FakeEngine(version=version)
    engine.busy = manner == "busy"
    host = Host(engine, folder / "e.sock", workspace=folder, version=version)
    if manner == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf", flush=True)
        await asyncio.Event().wait()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, host.stopped.set)
    await host.start()
    await host.stopped.wait()
    await host.close()


def main() -> None:
    folder, version, manner = Path(sys.argv[1]), sys.argv[2], [*sys.argv, ""][3]
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if manner == "broken":
        raise SystemExit("Error: The model file is gone.")
    with (folder / "starts").open("a") as stream:
        stream.write(f"{os.getpid()}\n")
    try:
        lock = EngineLock(folder / "engine.lock", Holder(pid=os.getpid(), version=version, kind="engine"))
    except LockHeld as held:
        raise SystemExit(f"Error: {held}") from held
    asyncio.run(serve(folder, version, manner))
    lock.release()


if __name__ == "__main__":
    main()
