"""Short ways to ask a provider for text in tests."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.ladder import Room
from codey_tui.inference.provider import (
    ChatTurn,
    Finished,
    GenerateRequest,
    Loaded,
    LoadProgress,
    PromptProgress,
    Provider,
    ProviderEvent,
    Token,
)
from codey_tui.inference.providers.llama_cpp import LlamaCppProvider
from codey_tui.inference.rates import Rates
from codey_tui.inference.tenancy import Alone

# Long enough for any machine; what is slower than this is a defect.
PATIENCE_S = 60.0


def ask(
    text: str = "hello",
    *,
    prefill: str = "",
    stop: tuple[str, ...] = (),
    max_tokens: int = 64,
    temperature: float = 0.0,
    seed: int = 0,
    pace: float = 0.0,
    least_opening: float | None = None,
) -> GenerateRequest:
    """A request of one user turn."""
    return GenerateRequest(
        messages=(ChatTurn(role="user", text=text),),
        prefill=prefill,
        stop=stop,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        max_tokens_per_s=pace,
        least_opening=least_opening,
    )


class Answer:
    """All events of one generation, by kind."""

    def __init__(self, events: list[ProviderEvent]) -> None:
        self.events = events
        self.loading = [event for event in events if isinstance(event, LoadProgress)]
        self.loaded = [event for event in events if isinstance(event, Loaded)]
        self.prompt = [event for event in events if isinstance(event, PromptProgress)]
        self.tokens = [event for event in events if isinstance(event, Token)]
        self.text = "".join(event.text for event in self.tokens)
        last = events[-1]
        assert isinstance(last, Finished)
        self.finished = last


async def answer(provider: Provider, request: GenerateRequest) -> Answer:
    """Run a generation to its end."""
    return Answer([event async for event in provider.generate(request)])


async def until_first_token(provider: Provider, request: GenerateRequest) -> str:
    """Run a generation up to its first text and close it there."""
    async with aclosing(provider.generate(request)) as events:
        async for event in events:
            if isinstance(event, Token):
                return event.text
    raise AssertionError("The generation had no token.")


@asynccontextmanager
async def llama(
    path: Path,
    *,
    n_ctx: int = 512,
    options: LoadOptions | None = None,
    budget: int = 0,
    n_threads: int = 1,
    rates: Rates | None = None,
) -> AsyncIterator[LlamaCppProvider]:
    """A provider of the real child process, unloaded afterwards."""
    provider = LlamaCppProvider(
        "tiny",
        path,
        n_ctx=n_ctx,
        n_threads=n_threads,
        nice=0,
        timeout_s=PATIENCE_S,
        tenancy=Alone(lambda: Room(budget=budget)),
        options=options,
        rates=rates,
    )
    try:
        yield provider
    finally:
        await provider.unload()
