"""Which commands only read, which are wrappers around others, and which can do harm that undo does not mend."""

READERS = frozenset(
    "basename cat cd cksum cmp comm cut date df diff dirname du echo egrep expr false fgrep file fold free grep head "
    "hexdump hostname id jq less ls lscpu md5sum more nl nproc od paste pgrep pidof printf ps pwd readlink realpath rev "
    "rg seq sha1sum sha256sum sleep sort stat strings tac tail test tr tree true type uname uniq uptime wc which whoami "
    "[ :".split()
)
"""Commands that change nothing, whatever their arguments (output options of sort and tree are looked at apart)."""

GIT_READERS = frozenset("blame describe diff grep log ls-files ls-tree rev-list rev-parse shortlog show status".split())

WRAPPERS = frozenset(
    "busybox builtin command env exec ionice nice nohup setsid stdbuf time timeout watch xargs".split()
)
"""Commands that run the command in their arguments."""

KEYWORDS = frozenset("! { } if then elif else fi while until do done for in case esac function select coproc".split())

SHELLS = frozenset("ash bash dash fish ksh sh zsh".split())
INTERPRETERS = SHELLS | frozenset("node perl php python python2 python3 ruby".split())
DOWNLOADERS = frozenset("aria2c curl fetch wget".split())
NETWORK = DOWNLOADERS | frozenset("ftp nc ncat netcat rsync scp sftp socat ssh telnet".split())
INSTALLERS = frozenset(
    "apk apt apt-get brew cargo dnf gem go npm npx pacman pip pip3 pipx pkg pnpm snap uv yarn yum zypper".split()
)

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
