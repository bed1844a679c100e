"""The git tool: version control through GitPython and git itself, outside the sandbox, with the network where it is needed.

Looking runs none of the repository's code. What changes something tells, before anyone says yes, which hooks would run.
"""

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import ToolContext
from codey_tui.tools.git import changing, looking
from codey_tui.tools.git.arguments import LOOKS, GitArgs, checked, shown
from codey_tui.tools.git.repository import Repository

__all__ = ["GitArgs", "GitTool"]


class GitTool:
    """The workspace's repository."""

    name = "git"
    summary = "Look at and change the git repository: status, log, diff, commit, branches, stash, tags, pull, push."
    Args = GitArgs

    def assess(self, args: GitArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`."""
        args = checked(args)
        with Repository(context.workspace) as repository:
            looking.places(repository, args.paths)
            if not _looks(args):
                return changing.assess(repository, args)
            programs = repository.programs()
        line = shown(args)
        reason = "Only looks at the repository."
        if programs:
            reason = f"Looks at the repository, whose settings name programs that git may run: {', '.join(programs)}."
        level = "execute" if programs else "read"
        return Risk(level=level, reason=reason, touches=args.paths), Preview(kind="text", title=line, body=line)

    def run(self, args: GitArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        args = checked(args)
        with Repository(context.workspace) as repository:
            if _looks(args):
                return looking.look(repository, args, context)
            return changing.change(repository, args, context)


def _looks(args: GitArgs) -> bool:
    """Whether nothing is changed: some operations list where they are given no name."""
    return (
        args.op in LOOKS
        or (args.op in ("branch", "tag") and not args.name)
        or (args.op == "stash" and args.action == "list")
    )
