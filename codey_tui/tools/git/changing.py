"""The changing half of the git tool: what each operation would do, and doing it."""

from codey_tui.protocol.actions import ActionResult, Preview, Risk, RiskLevel
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.git.arguments import GitArgs, shown
from codey_tui.tools.git.looking import places
from codey_tui.tools.git.repository import Repository
from codey_tui.tools.places import is_secret

_MAX_PATHS = 2000
_HOOKS: dict[str, tuple[str, ...]] = {
    "commit": ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"),
    "switch": ("post-checkout",),
    "pull": ("pre-merge-commit", "post-merge", "post-checkout", "pre-rebase", "post-rewrite"),
    "push": ("pre-push",),
}
_NETWORK = frozenset({"pull", "push"})
_REASONS = {
    "add": "Puts files into the index.",
    "commit": "Records a commit in this repository.",
    "branch": "Creates a branch.",
    "switch": "Changes the files of the workspace to another branch; git keeps both.",
    "stash": "Puts uncommitted changes aside or back; git keeps them.",
    "tag": "Creates a tag.",
    "pull": "Fetches commits over the network and merges them into the files.",
    "push": "Sends commits to a remote repository, where /undo does not reach.",
}


def assess(repository: Repository, args: GitArgs) -> tuple[Risk, Preview]:
    """The risk with all that would run besides git, and the command line with what it would be about."""
    level, reason, body = _level(args), _reason(args), shown(args)
    notes: list[str] = []
    touches: list[str] = list(args.paths)
    hooks = repository.hooks(*_HOOKS.get(args.op, ()))
    if hooks:
        notes.append(f"Runs this repository's hooks, outside the sandbox: {', '.join(hooks)}.")
        level = _worse(level, "execute")
    programs = repository.programs()
    if programs:
        notes.append(f"This repository's settings name programs that git may run: {', '.join(programs)}.")
        level = _worse(level, "execute")
    if args.op in _NETWORK:
        remote, address = _remote(repository, args)
        touches.append(address)
        notes.append(f"{remote} is {address}.")
    secrets = [path for path in _taken_in(repository, args) if is_secret(path)]
    if secrets:
        notes.append(f"It takes in {', '.join(secrets[:3])}, which looks like a file of passwords or keys.")
        level = "dangerous"
    if repository.above:
        notes.append(f"The repository begins above the workspace, in {repository.root}.")
    body = "\n".join([body, *_about(repository, args)])
    risk = Risk(level=level, reason=" ".join([reason, *notes]), touches=tuple(touches), network=args.op in _NETWORK)
    return risk, Preview(kind="text", title=shown(args).splitlines()[0], body=body)


def change(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    """Do it; the sentence of the result is git's own where git has one."""
    if args.op == "restore" and not args.staged:
        for path in _restored(repository, args):
            context.before_change(path)
    command = _command(repository, args)
    runs_hooks = args.op in _HOOKS
    done = repository.run(context, command, hooks=runs_hooks, network=args.op in _NETWORK)
    ok = done.exit_code == 0 and not done.killed_by
    lines = [line.strip() for line in done.output.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(("fatal:", "error:", "! ["))), lines[-1] if lines else "")
    if args.op == "commit" and not ok and not said.startswith(("fatal:", "error:")):
        said = said or "nothing to commit"
    summary = _summary(repository, args, said) if ok else f"git {args.op} failed: {said or done.killed_by}"
    return ActionResult(
        ok=ok, summary=summary, output=done.output, exit_code=done.exit_code, seconds=done.seconds,
        truncated=done.truncated,
    )  # fmt: skip


def _level(args: GitArgs) -> RiskLevel:
    if args.op in _NETWORK:
        return "dangerous" if args.force else "execute"
    if (args.op == "tag" and args.delete) or (args.op == "stash" and args.action == "drop"):
        return "dangerous"
    return "write"


def _worse(one: RiskLevel, other: RiskLevel) -> RiskLevel:
    order: list[RiskLevel] = ["read", "write", "execute", "dangerous"]
    return max(one, other, key=order.index)


def _reason(args: GitArgs) -> str:
    if args.op == "push" and args.force:
        return "Rewrites the history of a remote repository."
    if args.op == "branch" and args.delete:
        return "Deletes a branch that has been merged."
    if args.op == "tag" and args.delete:
        return "Deletes a tag, which git does not keep."
    if args.op == "stash" and args.action == "drop":
        return "Throws stashed changes away for good."
    if args.op == "restore":
        return (
            "Takes changes out of the index."
            if args.staged
            else "Throws uncommitted changes of these files away; /undo brings them back."
        )
    return _REASONS[args.op]


def _remote(repository: Repository, args: GitArgs) -> tuple[str, str]:
    """The remote's name and address. Raises ToolError where there is none."""
    found = {remote.name: next(iter(remote.urls), "") for remote in repository.repo.remotes}
    if not found:
        raise ToolError("This repository has no remote. `git remote add origin ADDRESS` names one.")
    follows = repository.query("config", "--get", f"branch.{repository.branch}.remote", check=False).strip()
    name = args.remote or follows or ("origin" if "origin" in found else next(iter(found)))
    if name not in found:
        raise ToolError(f"There is no remote “{name}” here; the remotes are {', '.join(found)}.")
    return name, _without_password(found[name])


def _without_password(address: str) -> str:
    scheme, mark, rest = address.partition("://")
    login, at, host = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}@{host}" if mark and at else address


def _taken_in(repository: Repository, args: GitArgs) -> list[str]:
    """Paths that an add or a commit would put into the history."""
    if args.op == "add":
        wanted = places(repository, args.paths) or ["."]
        return repository.paths("ls-files", "-z", "--others", "--modified", "--exclude-standard", "--", *wanted)
    if args.op == "commit":
        staged = repository.paths("diff", "--cached", "--name-only", "--no-ext-diff", "-z")
        return staged + (repository.paths("ls-files", "-z", "--modified") if args.everything else [])
    return []


def _about(repository: Repository, args: GitArgs) -> list[str]:
    """What a person wants to see before saying yes."""
    if args.op in ("add", "commit"):
        found = _taken_in(repository, args)
        more = [f"  and {len(found) - 20} more"] if len(found) > 20 else []
        return ["", *(f"  {path}" for path in found[:20]), *more] if found else []
    if args.op == "restore" and not args.staged:
        return ["", *(f"  {path}" for path in _restored(repository, args)[:20])]
    if args.op == "push" and repository.born:
        remote, _ = _remote(repository, args)
        ref = f"refs/remotes/{remote}/{args.name or repository.branch}"
        base = ["^" + ref] if repository.query("rev-parse", "--verify", "--quiet", ref, check=False) else []
        log = repository.query("log", "--oneline", "-n", "20", "HEAD", *base).rstrip()
        return ["", *(f"  {line}" for line in log.splitlines())]
    return []


def _restored(repository: Repository, args: GitArgs) -> list[str]:
    """Paths of the workspace, relative to it, whose content a restore would change."""
    chosen = places(repository, args.paths)
    against = [args.revision] if args.revision else []
    names = repository.paths("diff", "--name-only", "--no-ext-diff", "-z", *against, "--", *chosen)
    found = [path for name in dict.fromkeys(names) if (path := repository.relative(name))]
    if len(found) > _MAX_PATHS:
        raise ToolError(f"That would change more than {_MAX_PATHS} files: too many to bring back.")
    return found


def _command(repository: Repository, args: GitArgs) -> list[str]:
    paths = places(repository, args.paths)
    match args.op:
        case "add":
            return ["add", "--all", "--", *(paths or ["."])]
        case "restore":
            if args.staged and not repository.born:  # there is no commit to restore from
                return ["rm", "--cached", "-r", "-q", "--", *paths]
            source = [f"--source={args.revision}"] if args.revision else []
            return ["restore", *(["--staged"] if args.staged else []), *source, "--", *paths]
        case "commit":
            return ["commit", *(["--all"] if args.everything else []), "-m", args.message, *_only(paths)]
        case "branch":
            return ["branch", *(["--delete"] if args.delete else []), args.name, *_given(args.revision)]
        case "switch":
            return ["switch", *(["--create"] if args.create else []), args.name]
        case "stash":
            note = ["-m", args.message] if args.message and args.action == "push" else []
            return ["stash", args.action, *note]
        case "tag":
            note = ["--delete"] if args.delete else ["-m", args.message] if args.message else []
            return ["tag", *note, args.name, *([] if args.delete else _given(args.revision))]
        case "pull":
            return ["pull", "--no-edit", *_given(args.remote or (args.name and "origin")), *_given(args.name)]
        case _:
            return ["push", *_push(repository, args)]


def _push(repository: Repository, args: GitArgs) -> list[str]:
    """A branch that follows nothing yet is pushed under its own name, and follows that from then on."""
    remote, _ = _remote(repository, args)
    detached = repository.repo.head.is_detached
    follows = None if detached else repository.repo.active_branch.tracking_branch()
    upstream = args.upstream or (follows is None and not args.name and not detached)
    flags = ["--porcelain", *(["--force-with-lease"] if args.force else []), *(["--set-upstream"] if upstream else [])]
    name = args.name or (repository.branch if upstream else "")
    return [*flags, remote, *_given(name)]


def _summary(repository: Repository, args: GitArgs, said: str) -> str:
    match args.op:
        case "add":
            return f"Added {', '.join(args.paths) or 'all changes'} to the index"
        case "commit":
            commit = repository.repo.head.commit
            return f"Committed {commit.hexsha[:9]} on {repository.branch}: {commit.summary!s}"
        case "switch":
            return f"Now on {repository.branch}"
        case "restore":
            return f"Restored {', '.join(args.paths)}"
        case "push":
            return f"Pushed {args.name or repository.branch} to {_remote(repository, args)[0]}"
        case "branch" | "tag":
            return f"{'Deleted' if args.delete else 'Created'} the {args.op} {args.name}"
        case _:
            return said or f"git {args.op}: done"


def _given(word: str) -> list[str]:
    return [word] if word else []


def _only(paths: list[str]) -> list[str]:
    return ["--", *paths] if paths else []
