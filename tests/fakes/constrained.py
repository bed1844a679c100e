"""Tool calls from a model of random weights that is held to the grammar: `python -m tests.fakes.constrained 1000` counts."""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, Token
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.tools import registry
from codey_tui.tools.grammar import tool_call_grammar
from codey_tui.tools.registry import Call
from tests.fakes.tiny_gguf import write_tiny_gguf

MAX_TOKENS = 900


def grammars() -> list[str]:
    """One over all tools, then one of each tool by itself, so that random weights come to all of them."""
    tools = registry.TOOLS
    return [tool_call_grammar(chosen, max_text=10, max_items=3) for chosen in (tools, *((tool,) for tool in tools))]


async def answers(folder: Path, count: int) -> AsyncGenerator[tuple[str, Finished]]:
    """Whole answers, each with the end of its generation; the weights are random and the temperature high."""
    provider = LlamaCppProvider("random", write_tiny_gguf(folder / "random.gguf", n_ctx=1024), n_ctx=1024, n_threads=1)
    allowed = grammars()
    try:
        for number in range(count):
            request = GenerateRequest(
                messages=(ChatTurn(role="user", text=str(number)),),
                grammar=allowed[number % len(allowed)],
                temperature=4.0,
                top_k=0,
                top_p=1.0,
                seed=number,
                max_tokens=MAX_TOKENS,
            )
            text = ""
            async with aclosing(provider.generate(request)) as events:
                async for event in events:
                    if isinstance(event, Token):
                        text += event.text
                    elif isinstance(event, Finished):
                        yield text, event
    finally:
        await provider.unload()


def as_call(text: str) -> Call:
    """The call that a text is. Raises what json and the registry raise for one that is none."""
    said = json.loads(text)
    assert set(said) == {"tool", "args"}
    assert said["tool"] in registry.NAMES
    return registry.BUILT_IN.call(said["tool"], said["args"])


async def _count(count: int) -> None:
    kinds: Counter[str] = Counter()
    tokens, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async for text, finished in answers(Path(folder), count):
            call = as_call(text)
            kinds[f"{call.tool.name} {getattr(call.args, 'op', '')}".strip()] += 1
            tokens += finished.tokens_out
    seconds = time.monotonic() - started
    print(
        f"{count} generations, {count} valid calls, {len(kinds)} kinds, {tokens / seconds:,.0f} tok/s, {seconds:.1f} s"
    )
    print(", ".join(f"{kind}: {number}" for kind, number in kinds.most_common()))


if __name__ == "__main__":
    asyncio.run(_count(int(sys.argv[1])))
