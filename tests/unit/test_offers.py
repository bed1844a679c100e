"""The models of the catalogue and of this machine: what fits, what is recommended, what is said of one that is not here."""

import re
from pathlib import Path

import msgspec
import pytest

from codey_tui.catalogue import CatalogueError, Published, find_model, read_catalogue, read_published
from codey_tui.inference.ledger import SOON
from codey_tui.offers import models_here
from codey_tui.paths import Paths, find_assets
from codey_tui.protocol.models import ModelOffer
from codey_tui.settings import Settings, UserModel
from codey_tui.telemetry.machine import available_memory
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.tiny_gguf import write_tiny_gguf

MIB = 2**20
SETTINGS = Settings(memory_budget_mb=1 << 24, n_threads=1)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The catalogue that Codey ships, and empty folders of the user's."""
    return Paths(
        config_dir=tmp_path / "config",
        data_dir=tmp_path / "data",
        runtime_dir=tmp_path / "run",
        assets=find_assets(),
    )


def offers(paths: Paths, budget_mb: int, **more: object) -> dict[str, ModelOffer]:
    budget_mb += SOON // MIB  # what the engine and the screen will take is no part of them either
    settings = msgspec.structs.replace(SETTINGS, memory_budget_mb=budget_mb, **more)
    # The machine's own memory is no part of these tests.
    given_back = max(0, (budget_mb + 1) * MIB - available_memory())
    return {offer.id: offer for offer in models_here(paths, settings, given_back=given_back).offers}


def test_every_entry_of_the_catalogue_is_whole() -> None:
    assets = find_assets()
    published = read_published(Paths(config_dir=assets, data_dir=assets, runtime_dir=assets, assets=assets))
    assert len(published) >= 11
    assert len({model.file for model in published}) == len(published)
    for model in published:
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256), model.id
        assert re.fullmatch(r"[0-9a-f]{40}", model.revision), model.id
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.repository), model.id
        assert model.file.endswith(".gguf") and "/" not in model.file
        assert model.licence and model.size > 10**8
        assert bool(model.keys) == bool(model.architecture)


def test_what_the_issue_names_is_in_the_catalogue(paths: Paths) -> None:
    names = {model.id for model in read_published(paths)}
    assert {"functiongemma-270m", *(f"qwen2.5-coder-{size}b" for size in ("0.5", "1.5", "3", "7", "14"))} <= names


def test_the_shape_in_the_catalogue_is_the_true_one(paths: Paths, tmp_path: Path) -> None:
    """The same model in the catalogue and as a file of its own shape needs the same."""
    file = write_shape_gguf(tmp_path / "seven.gguf", SHAPES["qwen2-7b"])
    found = offers(paths, 16_000, models={"seven": UserModel(path=str(file))})
    assert found["qwen2.5-coder-7b"].needs == pytest.approx(found["seven"].needs, rel=0.01)
    assert set(found["seven"].needs_at) == {4096, 8192, 16_384}


@pytest.mark.parametrize(
    ("budget_mb", "best"),
    [
        (300, ""),
        (1200, "qwen2.5-coder-0.5b"),
        (2400, "qwen2.5-coder-1.5b"),
        (5600, "qwen2.5-coder-1.5b"),
        (11_000, "qwen2.5-coder-7b"),
        (22_000, "qwen2.5-coder-14b"),
    ],
)
def test_the_best_that_fits_with_room_to_spare_is_recommended(paths: Paths, budget_mb: int, best: str) -> None:
    """3B is never: its licence forbids commercial use."""
    found = offers(paths, budget_mb)
    assert [offer.id for offer in found.values() if offer.recommended] == ([best] if best else [])
    order = list(found.values())
    assert order[0].id == (best or "nano")
    for part in (order[1:2], order[2:]):  # after the recommended one what is here, then the hub
        assert [offer.fits for offer in part] == sorted((offer.fits for offer in part), reverse=True)


def test_one_that_does_not_fit_has_its_ladder(paths: Paths) -> None:
    seven = offers(paths, 5000, context_tokens=16_384)["qwen2.5-coder-7b"]
    assert not seven.fits
    assert [(rung.n_ctx, rung.kv_type) for rung in seven.rungs] == [(4096, "f16")]
    assert seven.needs > 5000 * MIB >= seven.rungs[0].needs


def test_a_model_that_was_fetched_is_known_by_its_id(paths: Paths) -> None:
    published = next(model for model in read_published(paths) if model.id == "qwen2.5-coder-0.5b")
    with pytest.raises(CatalogueError, match=r"codey models pull qwen2.5-coder-0.5b"):
        find_model(read_catalogue(paths, {}), published.id, {published.id})
    assert offers(paths, 8000)[published.id].path == ""
    paths.user_models.mkdir(parents=True)
    write_tiny_gguf(paths.user_models / published.file)
    spec = find_model(read_catalogue(paths, {}), published.id)
    assert (spec.path, spec.title) == (paths.user_models / published.file, published.title)
    here = offers(paths, 8000)[published.id]
    assert (here.path, here.licence, here.scores["aider_edit"]) == (str(spec.path), "Apache-2.0", "14.3")


def test_a_broken_file_is_told_and_fits_nowhere(paths: Paths) -> None:
    paths.user_models.mkdir(parents=True)
    (paths.user_models / "torn.gguf").write_bytes(b"GGUF" + bytes(40))
    torn = offers(paths, 8000)["torn"]
    assert "torn.gguf" in torn.problem and not torn.fits


def test_licences_that_anybody_may_use() -> None:
    model = Published(title="", repository="", revision="", file="", size=0, sha256="", licence="Apache-2.0")
    assert model.free
    assert not msgspec.structs.replace(model, licence="Gemma Terms of Use").free
