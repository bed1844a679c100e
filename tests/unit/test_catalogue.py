"""The catalogue of models: the bundled ones, the user's own, and names that are not known."""

from pathlib import Path

import pytest

from codey_tui.catalogue import CatalogueError, find_model, read_catalogue
from codey_tui.paths import Paths, find_assets
from codey_tui.settings import UserModel

CATALOGUE = """
[small]
title = "Small one"
file = "small.gguf"
context = 1024
min_mean_logprob = -0.5
beyond_token = "<|beyond|>"
range = "Small things."
licence = "MIT"
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "assets" / "models").mkdir(parents=True)
    (tmp_path / "assets" / "models" / "catalogue.toml").write_text(CATALOGUE)
    return Paths(
        config_dir=tmp_path / "config",
        data_dir=tmp_path / "data",
        runtime_dir=tmp_path / "run",
        assets=tmp_path / "assets",
    )


def test_a_bundled_model_is_read_whole(paths: Paths) -> None:
    (spec,) = read_catalogue(paths, {})
    assert (spec.id, spec.title, spec.context, spec.min_mean_logprob) == ("small", "Small one", 1024, -0.5)
    assert spec.path == paths.assets / "models" / "small.gguf"
    assert (spec.beyond_token, spec.range, spec.bundled) == ("<|beyond|>", "Small things.", True)
    assert spec.extra == {"licence": "MIT"}


def test_the_users_models_come_on_top(paths: Paths, home: Path) -> None:
    paths.user_models.mkdir(parents=True)
    (paths.user_models / "dropped.gguf").write_bytes(b"")
    own = {"small": UserModel(path="~/mine.gguf", title="Mine"), "near": UserModel(path="near.gguf", context=512)}
    specs = {spec.id: spec for spec in read_catalogue(paths, own)}
    assert set(specs) == {"small", "dropped", "near"}
    assert (specs["small"].path, specs["small"].bundled) == (home / "mine.gguf", False)
    assert specs["near"].path == paths.config_dir / "near.gguf"
    assert specs["dropped"].path == paths.user_models / "dropped.gguf"


def test_a_model_is_found_by_id_or_path(paths: Paths, tmp_path: Path) -> None:
    specs = read_catalogue(paths, {})
    assert find_model(specs, "small") is specs[0]
    loose = find_model(specs, str(tmp_path / "other.gguf"))
    assert (loose.id, loose.path) == ("other", tmp_path / "other.gguf")


def test_an_unknown_model_gets_a_sentence(paths: Paths) -> None:
    specs = read_catalogue(paths, {})
    with pytest.raises(CatalogueError, match=r'no model "smal"\. Did you mean "small"\?'):
        find_model(specs, "smal")
    with pytest.raises(CatalogueError, match="Known models: small"):
        find_model(specs, "gpt")


def test_a_broken_catalogue_gets_a_sentence(paths: Paths) -> None:
    file = paths.assets / "models" / "catalogue.toml"
    file.write_text("[small\n")
    with pytest.raises(CatalogueError, match="Install Codey again"):
        read_catalogue(paths, {})
    file.write_text('[small]\ntitle = 3\nfile = "x"\n')
    with pytest.raises(CatalogueError, match=r'model "small"'):
        read_catalogue(paths, {})


def test_the_catalogue_that_ships_can_be_read(tmp_path: Path) -> None:
    paths = Paths(config_dir=tmp_path, data_dir=tmp_path, runtime_dir=tmp_path, assets=find_assets())
    specs = read_catalogue(paths, {})
    assert find_model(specs, "nano").path.name == "nano.gguf"


def test_a_slip_in_the_name_of_a_model_of_the_hub_is_told() -> None:
    with pytest.raises(CatalogueError, match=r'Did you mean "qwen2\.5-coder-7b"'):
        find_model((), "qwen2.5-coder-7", {"qwen2.5-coder-7b", "granite"})
    with pytest.raises(CatalogueError, match="codey models list"):
        find_model((), "something", {"qwen2.5-coder-7b"})
