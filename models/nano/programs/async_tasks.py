"""Async tasks: run several waits at the same time with asyncio."""

import asyncio


async def work(name: str, seconds: float) -> str:
    """Wait for the seconds and return a sentence about it."""
    if seconds < 0:
        raise ValueError("seconds must not be negative.")
    await asyncio.sleep(seconds)
    return f"{name} took {seconds} seconds"


async def run_tasks(tasks: dict[str, float]) -> list[str]:
    """Run the tasks together and return their results in order."""
    return await asyncio.gather(*(work(name, seconds) for name, seconds in tasks.items()))


if __name__ == "__main__":
    for line in asyncio.run(run_tasks({"first": 0.2, "second": 0.1, "third": 0.3})):
        print(line)
