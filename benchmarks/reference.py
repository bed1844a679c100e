"""Builds llama.cpp's own benchmark tool from the source that the installed llama-cpp-python was built from, and prints its path.

`python -m benchmarks.reference FOLDER`; FOLDER keeps the source and what is built, so that a stopped build goes on. Needs the network once,
cmake and a C++ compiler; about ten minutes on one core.
"""

import argparse
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGE = "llama-cpp-python"
_SWITCHES = ("SERVER", "APP", "TESTS", "EXAMPLES", "UI")


def source(folder: Path) -> Path:
    """The unpacked llama.cpp of the installed release, fetched when it is not there yet."""
    release = version(PACKAGE)
    unpacked = folder / f"{PACKAGE.replace('-', '_')}-{release}"
    if not unpacked.is_dir():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"--no-binary={PACKAGE}"]
        subprocess.run([*command, "-d", str(folder), f"{PACKAGE}=={release}"], check=True)
        fresh = folder / "unpacking"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.unpack_archive(next(folder.glob("*.tar.gz")), fresh)
        next(fresh.iterdir()).rename(unpacked)
    return unpacked / "vendor" / "llama.cpp"


def build(folder: Path, jobs: int) -> Path:
    """The program. It is compiled for this CPU, as the package is."""
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / "build"
    switches = [f"-DLLAMA_BUILD_{name}=OFF" for name in _SWITCHES]
    command = ["cmake", "-S", str(source(folder)), "-B", str(built), "-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON"]
    subprocess.run([*command, "-DLLAMA_OPENSSL=OFF", *switches], check=True, stdout=sys.stderr)
    compile_it = ["cmake", "--build", str(built), "--target", "llama-bench", "-j", str(jobs)]
    subprocess.run(compile_it, check=True, stdout=sys.stderr)
    return built / "bin" / "llama-bench"


def main() -> None:
    """The command line; 1 when a step fails, after what it said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    try:
        print(build(given.folder.expanduser().resolve(), given.jobs))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"llama-bench was not built: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
