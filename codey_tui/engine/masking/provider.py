"""A provider that sees no keys: the one way by which text reaches a model."""

from collections.abc import AsyncGenerator, Sequence

from msgspec.structs import replace

from codey_tui.engine.masking.placeholders import mask
from codey_tui.inference.provider import ChatTurn, GenerateRequest, Provider, ProviderEvent


class MaskedProvider:
    """A provider behind which every message has placeholders for its keys. What comes back is as the model wrote it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @property
    def model(self) -> str:
        """See `Provider`."""
        return self._provider.model

    @property
    def rss(self) -> int:
        """See `Provider`."""
        return self._provider.rss

    def generate(self, request: GenerateRequest) -> AsyncGenerator[ProviderEvent, None]:
        """See `Provider`."""
        return self._provider.generate(
            replace(request, messages=_masked(request.messages), prefill=mask(request.prefill))
        )

    def load(self) -> AsyncGenerator[ProviderEvent, None]:
        """See `Provider`."""
        return self._provider.load()

    async def count_tokens(self, messages: Sequence[ChatTurn], prefill: str = "") -> int:
        """See `Provider`: the tokens of what the model would see."""
        return await self._provider.count_tokens(_masked(messages), mask(prefill))

    async def score(
        self, messages: Sequence[ChatTurn], candidates: Sequence[str], prefill: str = "", *, patience_s: float = 2.0
    ) -> tuple[float, ...]:
        """See `Provider`."""
        return await self._provider.score(_masked(messages), candidates, mask(prefill), patience_s=patience_s)

    async def keep(self, conversation: str) -> int:
        """See `Provider`."""
        return await self._provider.keep(conversation)

    def use_threads(self, threads: int) -> None:
        """See `Provider`."""
        self._provider.use_threads(threads)

    async def unload(self) -> None:
        """See `Provider`."""
        await self._provider.unload()


def _masked(messages: Sequence[ChatTurn]) -> tuple[ChatTurn, ...]:
    return tuple(replace(turn, text=mask(turn.text)) for turn in messages)
