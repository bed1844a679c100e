"""The seccomp program: which system calls fail inside the walls, as the bytes that the kernel takes.

Written out by hand, since a filter of a few dozen comparisons needs no library. Numbers from asm/unistd_64.h and
asm-generic/unistd.h.
"""

import errno
import platform
import socket
import struct

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# name: number on x86_64, number on aarch64 (-1: it has none)
_REFUSED = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "move_mount": (429, 429),
    "open_tree": (428, 428), "mount_setattr": (442, 442), "swapon": (167, 224), "swapoff": (168, 225),
    "quotactl": (179, 60), "unshare": (272, 97), "setns": (308, 268), "open_by_handle_at": (304, 265),
    # ways around this filter, and large parts of the kernel that no build or test needs
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "lookup_dcookie": (212, 18),
    # the machine itself
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "acct": (163, 89), "syslog": (103, 116), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1), "ioperm": (173, -1),
}  # fmt: skip
_TRUNCATE = (76, 45)
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
_CLONE_NEWUSER = 0x10000000
_X32 = 0x40000000
_WITH_NETWORK = (socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_NETLINK", 16))

# linux/bpf_common.h, linux/seccomp.h
_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return platform.machine() in _ARCHITECTURES


def program(*, network: bool, truncate: bool) -> bytes:
    """The filter of this machine. Sockets are for the network alone, and only with `network`; a pair of sockets that are
    connected to each other is always allowed. `truncate` says that files may be truncated by name."""
    column, architecture = _ARCHITECTURES[platform.machine()]
    refused = [numbers[column] for numbers in _REFUSED.values() if numbers[column] >= 0]
    if not truncate:
        refused.append(_TRUNCATE[column])
    code = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_ABOVE, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    for number in refused:
        code += [_step(_EQUAL, number, 0, 1), _fail(errno.EPERM)]
    code += [_step(_EQUAL, _CLONE3[column], 0, 1), _fail(errno.ENOSYS)]  # its flags lie where a filter cannot look
    code += [
        _step(_EQUAL, _CLONE[column], 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_ANY_BIT, _CLONE_NEWUSER, 0, 1),
        _fail(errno.EPERM),
        _step(_RETURN, _ALLOW),
    ]
    families = _WITH_NETWORK if network else ()
    code += [_step(_EQUAL, _SOCKET[column], 0, 2 + len(families)), _step(_LOAD, _FIRST_ARGUMENT_AT)]
    for place, family in enumerate(families):
        code.append(_step(_EQUAL, family, len(families) - place, 0))
    code += [_fail(errno.EACCES), _step(_RETURN, _ALLOW)]
    return b"".join(code)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)


def _fail(number: int) -> bytes:
    return _step(_RETURN, _FAIL | number)
