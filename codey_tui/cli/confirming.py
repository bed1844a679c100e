"""A question at the terminal before something is lost."""

import click

from codey_tui.cli.failure import InputError
from codey_tui.cli.terminal import is_interactive


def need_yes(question: str) -> None:
    """Go on with a yes only. Raises Abort for a no, and InputError where nobody can be asked."""
    if not is_interactive():
        raise InputError(f"{question} Say --yes to do it without a question.")
    click.confirm(question, abort=True)
