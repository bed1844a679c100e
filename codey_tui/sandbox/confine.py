"""Walls that a process builds around itself, with neither root nor namespaces: Landlock for files, seccomp for system calls.

Imported by the supervisor in the forked child, so it needs the standard library alone. What cannot be had is an OSError and
the command is not run: walls are never left out.
"""

import ctypes
import errno
import os
import struct
from typing import Any

# linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_MAKE_DEVICES = (1 << 6) | (1 << 11)
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP, _SCOPES = 3, 3  # bind and connect; abstract sockets and signals
# linux/prctl.h, linux/capability.h, linux/seccomp.h
_PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 24, 38, 2
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def confine(walls: dict[str, Any]) -> None:
    """Keep this process, and all that it starts, within `walls`: `read` and `write` (folders and files), `network`, `user`
    (ids, or none) and `filter` (a seccomp program in hexadecimal). Raises OSError with a sentence."""
    ruleset = _ruleset(walls)
    if os.geteuid() == 0:
        _drop_capabilities(walls["user"])
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no-new-privileges is refused here")
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "Landlock is refused here")
    os.close(ruleset)
    _install(bytes.fromhex(walls["filter"]))


def landlock_version() -> int:
    """The version of Landlock that the kernel speaks; 0 where it has none. On some systems the question kills the asker."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def _ruleset(walls: dict[str, Any]) -> int:
    version = landlock_version()
    if version < 1:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")
    handled = (1 << 13) - 1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if version >= since:
            handled |= right
    network = _TCP if version >= 4 and not walls["network"] else 0
    attributes = struct.pack("=QQQ", handled, network, _SCOPES)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset: int = _check(
        _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0), "Landlock makes no rules here"
    )
    for rights, places in ((_READING, walls["read"]), (handled & ~_MAKE_DEVICES, walls["write"])):
        for place in places:
            _allow(ruleset, place, rights & handled)
    return ruleset


def _allow(ruleset: int, place: str, rights: int) -> None:
    try:
        folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # what is not there, or hidden anyway, needs no permission
    try:
        if not os.path.isdir(place):  # noqa: PTH112 - pathlib is not loaded in this process
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, folder)
        _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), f"Landlock takes no rule for {place}")
    finally:
        os.close(folder)


def _drop_capabilities(user: list[int] | None) -> None:
    """Root becomes `user`, or stays root by name but with no more rights than an owner of files has."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # the kernel knows no more of them
    if user:
        os.setgroups([])
        os.setgid(user[1])
        os.setuid(user[0])
    none = struct.pack("=IIIIII", 0, 0, 0, 0, 0, 0)
    _check(_libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), none), "capabilities cannot be dropped")


def _install(program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))  # struct sock_fprog
    _check(_libc.prctl(_PR_SET_SECCOMP, _FILTER, described, 0, 0), "seccomp is refused here")


def _check(result: int, sentence: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{sentence} ({os.strerror(code)})")
    return result
