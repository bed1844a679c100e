"""The command palette, fed by the table of commands."""

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from codey_tui.tui.commands import COMMANDS, Command
from codey_tui.tui.doing import Doing


class CommandsProvider(Provider):
    """Offers every command that makes sense now."""

    @property
    def _doing(self) -> Doing:
        return cast("Doing", self.app)  # pyright: ignore[reportUnknownMemberType]

    def _now(self) -> list[Command]:
        view = self._doing.view
        return [c for c in COMMANDS if c.scope == "app" and c.palette and c.when(view)]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for command in self._now():
            yield DiscoveryHit(command.title, partial(self._doing.perform, command, ""), help=command.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for command in self._now():
            score = matcher.match(f"{command.title} {command.slash}")
            if score > 0:
                run = partial(self._doing.perform, command, "")
                yield Hit(score, matcher.highlight(command.title), run, help=command.help)
