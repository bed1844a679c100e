"""Finds the GGUF files that other programs keep: LM Studio, Ollama, llama.cpp and the hub's own cache."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

_MODEL_LAYER = "application/vnd.ollama.image.model"
# Parts after the first are loaded with it; a projector is an addition to a model.
_LEFT_OUT = re.compile(r"(?:-(?!00001)\d{5}-of-\d{5}\.gguf$)|(?:^|[-_.])mmproj", re.IGNORECASE)
_MAX_FILES = 2000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A model file and whose it is; `name` may serve as its id."""

    name: str
    path: Path
    owner: str


class _Layer(msgspec.Struct):
    media_type: str = msgspec.field(name="mediaType", default="")
    digest: str = ""


class _Manifest(msgspec.Struct):
    layers: list[_Layer] = []


def usual_places(env: Mapping[str, str], home: Path) -> list[tuple[str, Path]]:
    """Owners and the folders where they keep models, whether these exist or not."""
    cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache")
    hub = Path(env.get("HF_HOME") or cache / "huggingface") / "hub"
    llama = home / "Library" / "Caches" / "llama.cpp" if sys.platform == "darwin" else cache / "llama.cpp"
    return [
        ("LM Studio", home / ".lmstudio" / "models"),
        ("LM Studio", cache / "lm-studio" / "models"),
        ("Ollama", Path(env.get("OLLAMA_MODELS") or home / ".ollama" / "models")),
        ("llama.cpp", Path(env.get("LLAMA_CACHE") or llama)),
        ("Hugging Face", Path(env.get("HF_HUB_CACHE") or hub)),
    ]


def find_models(env: Mapping[str, str], home: Path) -> list[Found]:
    """What lies in the usual places, each file once."""
    found: dict[Path, Found] = {}
    for owner, folder in usual_places(env, home):
        for model in models_in(folder, owner):
            found.setdefault(model.path.resolve(), model)
    return list(found.values())


def models_in(folder: Path, owner: str = "") -> Iterator[Found]:
    """The models below a folder; one of Ollama's, whose files have no names, is read by its manifests."""
    for root in (folder, folder / "models"):
        if (root / "manifests").is_dir() and (root / "blobs").is_dir():
            yield from _of_ollama(root)
            return
    for number, path in enumerate(sorted(folder.rglob("*.gguf"))):
        if number >= _MAX_FILES:
            return
        if path.is_file() and not _LEFT_OUT.search(path.name):
            yield Found(name=model_id(path.stem), path=path, owner=owner or str(folder))


def model_id(text: str) -> str:
    """Letters, digits, dots, dashes and underscores of a name."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "model"


def _of_ollama(root: Path) -> Iterator[Found]:
    for file in sorted((root / "manifests").rglob("*")):
        if not file.is_file():
            continue
        try:
            manifest = msgspec.json.decode(file.read_bytes(), type=_Manifest)
        except (OSError, msgspec.MsgspecError):
            continue  # no manifest: an unfinished one, or a file of the system
        for layer in manifest.layers:
            blob = root / "blobs" / layer.digest.replace(":", "-")
            if (
                layer.media_type == _MODEL_LAYER
                and re.fullmatch(r"sha256:[0-9a-f]{64}", layer.digest)
                and blob.is_file()
            ):
                yield Found(name=model_id(f"{file.parent.name}-{file.name}"), path=blob, owner="Ollama")
