"""The command palette, fed by the table of commands."""

from functools import partial
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from codey_tui.tui.commands import COMMANDS, Command
from codey_tui.tui.state import View


class Performer(Protocol):
    """What the palette needs of the app: the state that says which commands make sense, and the way to do one."""

    @property
    def view(self) -> View: ...

    def perform(self, command: Command, argument: str) -> None: ...


class CommandsProvider(Provider):
    """Offers every command that makes sense now."""

    @property
    def _performer(self) -> Performer:
        return cast("Performer", self.app)  # pyright: ignore[reportUnknownMemberType]

    def _now(self) -> list[Command]:
        view = self._performer.view
        return [c for c in COMMANDS if c.scope == "app" and c.palette and c.when(view)]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for command in self._now():
            yield DiscoveryHit(command.title, partial(self._performer.perform, command, ""), help=command.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for command in self._now():
            score = matcher.match(f"{command.title} {command.slash}")
            if score > 0:
                run = partial(self._performer.perform, command, "")
                yield Hit(score, matcher.highlight(command.title), run, help=command.help)
