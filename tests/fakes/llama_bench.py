"""Writes a program that answers like llama-bench, and notes how it was called."""

import sys
from pathlib import Path

_PROGRAM = """#!{python}
import json, os, sys
from pathlib import Path
args = sys.argv[1:]
if "--help" in args:
    print({help!r})
    sys.exit()
with Path({calls!r}).open("a") as calls:
    calls.write(json.dumps({{"args": args, "wait": os.environ.get("OMP_WAIT_POLICY", "")}}) + "\\n")
if {error!r}:
    sys.exit({error!r})
count = {{name: int(args[args.index(name) + 1]) for name in ("-p", "-n")}}
rows = [{{"n_prompt": count["-p"], "n_gen": 0, "avg_ts": 1000.0}}] if count["-p"] else []
rows += [{{"n_prompt": 0, "n_gen": count["-n"], "avg_ts": 100.0}}] if count["-n"] else []
print(json.dumps(rows))
"""
NEW = "--n-gen <n> --n-depth <n> --load-mode <auto|mmap> --repack <0|1>"
OLD = "--n-gen <n> -mmp, --mmap <0|1>"


def write_llama_bench(folder: Path, *, options: str = NEW, error: str = "") -> tuple[Path, Path]:
    """The program, and the file of its calls: a JSON object a line."""
    program, calls = folder / "llama-bench", folder / "calls"
    program.write_text(_PROGRAM.format(python=sys.executable, help=options, calls=str(calls), error=error))
    program.chmod(0o755)
    return program, calls
