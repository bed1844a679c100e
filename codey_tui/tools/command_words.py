"""Which commands only read, which are wrappers around others, and which can do harm that undo does not mend."""

from typing import NamedTuple

READERS = frozenset(
    "basename cat cd cksum cmp comm cut date df diff dirname du echo egrep expr false fgrep file fold free grep head "
    "hexdump hostname id jq less ls lscpu md5sum more nl nproc od paste pgrep pidof printf ps pwd readlink realpath rev "
    "rg seq sha1sum sha256sum sleep sort stat strings tac tail test tr tree true type uname uniq uptime wc which whoami "
    "[ [[ :".split()
)
"""Commands that change nothing, whatever their arguments, but for those below."""

WRITING_OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sort": ("o", ("--output", "--compress-program")),
    "tree": ("o", ("--output",)),
    "date": ("s", ("--set",)),
    "hostname": ("Fb", ("--file", "--boot")),
    "less": ("oO", ("--log-file", "--LOG-FILE")),
    "file": ("C", ("--compile",)),
}
"""The options, as letters and as words, with which a reader writes."""

MOST_OPERANDS: dict[str, int] = {"uniq": 1, "hostname": 0}
"""With more operands than these a reader writes to the last one."""

GIT_READERS = frozenset("blame describe diff grep log ls-files ls-tree rev-list rev-parse shortlog show status".split())


class Wrapper(NamedTuple):
    """How a command that runs another is called: its options that take the next word, and its operands before the
    other command."""

    values: frozenset[str] = frozenset()
    operands: int = 0


def _wrapper(values: str = "", operands: int = 0) -> Wrapper:
    return Wrapper(frozenset(values.split()), operands)


WRAPPERS: dict[str, Wrapper] = {
    "busybox": _wrapper(), "builtin": _wrapper(), "command": _wrapper(), "toybox": _wrapper(), "coproc": _wrapper(),
    "env": _wrapper("-u --unset -C --chdir -S --split-string"), "exec": _wrapper("-a"), "nohup": _wrapper(),
    "nice": _wrapper("-n --adjustment"), "ionice": _wrapper("-c -n -p --class --classdata"), "setsid": _wrapper(),
    "stdbuf": _wrapper("-i -o -e --input --output --error"), "time": _wrapper("-f -o --format --output"),
    "timeout": _wrapper("-s -k --signal --kill-after", 1), "watch": _wrapper("-n --interval"),
    "xargs": _wrapper("-I -n -P -L -d -E -s -a --max-args --max-procs --delimiter --replace --arg-file --max-lines"),
    "sudo": _wrapper("-u -g -h -p -C -D -R -T -U --user --group --chdir --host --prompt"), "doas": _wrapper("-u -C"),
    "pkexec": _wrapper("--user"), "runuser": _wrapper("-u -g"), "chroot": _wrapper("", 1), "chrt": _wrapper("-T -P -D", 1),
    "taskset": _wrapper("", 1), "flock": _wrapper("-w -E --timeout", 1), "unshare": _wrapper("-S -G"), "nsenter": _wrapper("-t -S -G"),
    "strace": _wrapper("-o -e -p -s -u -E"), "ltrace": _wrapper("-o -e -p -s"), "setarch": _wrapper("", 1), "fakeroot": _wrapper(),
    "parallel": _wrapper("-j --jobs -I"), "caffeinate": _wrapper("-t -w"), "proot": _wrapper("-r -b -w -q"),
    "systemd-run": _wrapper("-u -p -E"), "dbus-run-session": _wrapper(), "torsocks": _wrapper(), "prlimit": _wrapper(),
    "start-stop-daemon": _wrapper(), "script": _wrapper("-c -E -I -O -B -T -m -o"), "uv": _wrapper("", 1), "noglob": _wrapper(),
}  # fmt: skip
"""Commands that run the command in their arguments."""

BOUNDING = frozenset("command ionice nice nohup noglob setsid stdbuf time timeout".split())
"""Wrappers that change nothing about what a command does."""

CLEAR_WRAPPERS = BOUNDING | frozenset("builtin busybox env exec toybox xargs".split())
"""Wrappers that do nothing beside running the other command."""

TRUSTED_VARIABLES = frozenset(
    "PATH IFS ENV BASH_ENV PAGER EDITOR VISUAL SHELL PROMPT_COMMAND NODE_OPTIONS LESSOPEN LESSCLOSE MANPAGER RUBYOPT "
    "PERL5OPT PERL5LIB PYTHONSTARTUP PYTHONPATH PYTHONHOME JAVA_TOOL_OPTIONS RUSTC_WRAPPER CC CXX MAKEFLAGS".split()
)
TRUSTED_PREFIXES = ("LD_", "DYLD_", "GIT_", "BASH_FUNC_")
"""Variables by which programs choose other programs or libraries."""

LINE_OPTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys("ash bash dash fish ksh sh zsh flock".split(), ("-c",)),
    **dict.fromkeys("su runuser script sg".split(), ("-c", "--command")),
    "env": ("-S", "--split-string"),
}
"""Options whose value is a command line."""

KEYWORDS = frozenset("! { } if then elif else fi while until do done for in case esac function select coproc".split())

SHELLS = frozenset("ash bash dash fish ksh sh zsh".split())
INTERPRETERS = SHELLS | frozenset("node perl php python python2 python3 ruby".split())
DOWNLOADERS = frozenset("aria2c curl fetch wget".split())
NETWORK = DOWNLOADERS | frozenset("ftp nc ncat netcat rsync scp sftp socat ssh telnet".split())
INSTALLERS = frozenset(
    "apk apt apt-get brew cargo dnf gem go npm npx pacman pip pip3 pipx pkg pnpm snap uv yarn yum zypper".split()
)
ALWAYS_FETCHING = frozenset("npx pipx".split())
FETCHING = frozenset(
    "add audit ci clone create dlx download exec fetch get i install lock outdated publish search sync tidy update upgrade "
    "wheel".split()
)
FETCHING_GROUPS = frozenset("mod pip tool".split())
"""What installers are told that needs the network, and what may stand before it, as in `uv pip install`."""

CHANGERS = frozenset("chgrp chmod chown cp install ln mkdir mv rm rmdir sed shred tee touch truncate unlink".split())
"""Commands whose path arguments are written to, moved or removed."""

DANGEROUS: dict[str, str] = {
    "sudo": "gains administrator rights", "doas": "gains administrator rights", "su": "gains another user's rights",
    "pkexec": "gains administrator rights", "chroot": "leaves the system's own root",
    "shutdown": "ends the machine", "reboot": "ends the machine", "halt": "ends the machine", "poweroff": "ends the machine",
    "init": "ends the machine", "systemctl": "controls the system's services", "service": "controls the system's services",
    "kill": "ends other processes", "killall": "ends other processes", "pkill": "ends other processes",
    "dd": "writes raw data", "fdisk": "changes disks", "parted": "changes disks", "wipefs": "erases disks",
    "mount": "changes what is mounted", "umount": "changes what is mounted", "shred": "erases beyond recovery",
    "crontab": "changes what runs later", "at": "changes what runs later", "iptables": "changes the network",
    "nft": "changes the network", "passwd": "changes accounts", "useradd": "changes accounts", "userdel": "changes accounts",
    "usermod": "changes accounts", "visudo": "changes accounts", "insmod": "loads code into the kernel",
    "modprobe": "loads code into the kernel", "eval": "runs text that cannot be judged here",
    "docker": "reaches the machine through its containers", "podman": "reaches the machine through its containers",
}  # fmt: skip
