"""A root file system from this machine: the running interpreter, the usual commands, and the libraries they load.

The same machine always gives the same bytes (fixed times and order), so an image made of them keeps its id.
"""

import hashlib
import importlib.util
import io
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from codey_tui.sandbox.environment import scrubbed

Tell = Callable[[str], None]

COMMANDS = (
    "awk basename bash cat chmod cmp comm cp cut date dd df diff dirname du echo env expand expr false file find fmt fold "
    "git grep egrep fgrep gzip gunzip head hostname id install join jq kill less ln ls make md5sum mkdir mkfifo mktemp mv "
    "nl nproc od paste patch perl pgrep pkill printenv printf ps pwd readlink realpath rev rg rm rmdir sed seq sh sha1sum "
    "sha256sum shuf sleep sort split sqlite3 stat stty tail tar tee test timeout touch tr tree true truncate tsort tty "
    "uname unexpand uniq unlink unzip wc which whoami xargs xz yes zip zcat zstd setsid"
).split()  # perl itself without its library: small scripts and git's own helpers want no more

_SKIPPED = {
    "__pycache__", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test", "tkinter", "turtledemo",
}  # fmt: skip
_DATA = ("/usr/share/python-wheels", "/usr/share/git-core/templates")
"""What commands look for: the pip that Debian's Python gives to a new virtual environment, the form of a new repository."""

_TIME = 1_700_000_000
_FORMAT = "3"
_MERGED = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")
_LOADED = re.compile(r"(?:=> )?(/\S+) \(0x")
_PASSWD = b"root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n"


def fingerprint(programs: Iterable[Path] = ()) -> str:
    """Twelve hexadecimal digits that change when the image would: cheap, nothing is read."""
    parts = [_FORMAT, sys.version, sys.base_prefix, str(programs)]
    for path in [_interpreter(), *_commands().values(), *programs]:
        told = path.stat()
        parts.append(f"{path} {told.st_size} {told.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def pack(programs: Iterable[Path], tell: Tell) -> bytes:
    """A tar archive of the root file system, `programs` (such as node) included. Raises OSError."""
    tell("collecting the interpreter")
    files, binaries = _standard_library()
    binaries.append(_interpreter())
    for name, real in [*_commands().items(), *((str(path), path) for path in programs)]:
        files[_place(name)] = real.read_bytes()
        binaries.append(real)
    files[_place(str(_interpreter()))] = _interpreter().read_bytes()
    tell(f"finding the libraries of {len(binaries)} programs")
    for library in _closure(binaries):
        files[_place(library)] = Path(library).read_bytes()
    tell("compiling the standard library")
    files |= _compiled(files)
    tell("packing")
    return _tar(files)


def _interpreter() -> Path:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    beside = Path(sys.base_prefix, "bin", version)
    return Path(os.path.realpath(beside if beside.exists() else sys.executable))


def _commands() -> dict[str, Path]:
    """Where the usual commands are, and the files that they really are."""
    path = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin"
    found = {name: shutil.which(name, path=path) for name in sorted(COMMANDS)}
    return {place: Path(os.path.realpath(place)) for place in found.values() if place}


def _standard_library() -> tuple[dict[str, bytes], list[Path]]:
    """The interpreter's own modules by place, and those of them that are shared libraries."""
    files = {str(path): path.read_bytes() for folder in _DATA for path in Path(folder).rglob("*") if path.is_file()}
    shared: list[Path] = []
    for folder, folders, names in os.walk(sysconfig.get_path("stdlib")):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("config-"))
        for name in names:
            path = Path(folder, name)
            if path.suffix in {".a", ".pyc"} or not path.is_file():
                continue
            files[str(path)] = path.read_bytes()
            if ".so" in name:
                shared.append(path)
    return files, shared


def _closure(binaries: Iterable[Path]) -> list[str]:
    """All libraries that these load, the loader itself included; a script among them has none."""
    inner = scrubbed(os.environ, {})
    done = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False, env=inner)
    return sorted(set(_LOADED.findall(done.stdout)))


def _compiled(files: dict[str, bytes]) -> dict[str, bytes]:
    """Bytecode for every module: on a read-only system each import would compile again."""
    compiled: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="codey-") as folder:
        target = str(Path(folder, "module.pyc"))
        for place in [place for place in files if place.endswith(".py")]:
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            try:
                py_compile.compile(place, cfile=target, dfile=place, doraise=True, invalidation_mode=mode)
            except py_compile.PyCompileError:
                continue  # a template or a file that is broken on purpose
            compiled[importlib.util.cache_from_source(place)] = Path(target).read_bytes()
    return compiled


def _place(name: str) -> str:
    """The name with its folder as it really is: where /bin is a link to /usr/bin, so it is in the image."""
    return str(Path(os.path.realpath(Path(name).parent), Path(name).name))


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        made: set[str] = set()

        def add(name: str, kind: bytes, mode: int, data: bytes = b"", link: str = "") -> None:
            entry = tarfile.TarInfo(name.strip("/"))
            entry.type, entry.mode, entry.linkname, entry.size, entry.mtime = kind, mode, link, len(data), _TIME
            archive.addfile(entry, io.BytesIO(data))

        def folder(path: Path, mode: int = 0o755) -> None:
            for part in [*reversed(path.parents), path][1:]:
                if str(part) not in made:
                    made.add(str(part))
                    add(str(part), tarfile.DIRTYPE, mode if part == path else 0o755)

        for place, mode in (("/dev", 0o755), ("/etc", 0o755), ("/proc", 0o755), ("/sys", 0o755), ("/tmp", 0o1777)):  # noqa: S108
            folder(Path(place), mode)
        folder(Path("/workspace"))
        folder(Path("/usr/bin"))
        for merged in map(Path, _MERGED):
            if merged.is_symlink():
                made.add(str(merged))
                folder(Path(_place(f"{merged}/x")).parent)
                add(str(merged), tarfile.SYMTYPE, 0o777, link=str(merged.readlink()))
        add("/etc/passwd", tarfile.REGTYPE, 0o644, _PASSWD)
        add("/etc/group", tarfile.REGTYPE, 0o644, b"root:x:0:\nnogroup:x:65534:\n")
        for place in sorted(files):
            folder(Path(place).parent)
            program = os.access(place, os.X_OK) or ".so" in Path(place).name
            add(place, tarfile.REGTYPE, 0o755 if program else 0o644, files[place])
        for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
            if f"/usr/bin/{name}" not in files:
                add(f"/usr/bin/{name}", tarfile.SYMTYPE, 0o777, link=_place(str(_interpreter())))
    return buffer.getvalue()
