"""A question at the terminal that can be withdrawn while it waits, because another screen answered first."""

import asyncio
import os
import sys

YES = frozenset({"y", "yes"})
NO = frozenset({"n", "no"})


class Asker:
    """Asks on standard error and reads lines of standard input on the loop, without a thread that nothing can stop."""

    def __init__(self) -> None:
        self._buffer = b""

    async def ask(self, question: str) -> bool:
        """Ask until the answer is yes or no. The end of the input means no."""
        while True:
            sys.stderr.write(question)
            sys.stderr.flush()
            line = await self._line()
            answer = "" if line is None else line.strip().lower()
            if line is None or answer in NO:
                return False
            if answer in YES:
                return True
            question = "Please answer y or n: "

    async def _line(self) -> str | None:
        loop = asyncio.get_running_loop()
        descriptor = sys.stdin.fileno()
        while b"\n" not in self._buffer:
            ready: asyncio.Future[None] = loop.create_future()
            loop.add_reader(descriptor, _settle, ready)
            try:
                await ready
            finally:
                loop.remove_reader(descriptor)
            data = os.read(descriptor, 4096)
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace")


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
