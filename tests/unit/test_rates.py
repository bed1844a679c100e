"""How fast prompts are read, remembered by model in a file that may be missing, broken or shared."""

import logging
from pathlib import Path

import pytest

from codey_tui.inference.rates import Rates


def test_rates_outlive_the_process_and_keep_each_others_models(tmp_path: Path) -> None:
    file = tmp_path / "data" / "rates.json"
    one, other = Rates(file), Rates(file)
    assert one.get("a") == 0
    one.note("a", 120.0)
    other.note("b", 30.0)
    assert (Rates(file).get("a"), Rates(file).get("b")) == (120.0, 30.0)
    assert one.get("b") == 30.0
    assert [path.name for path in file.parent.iterdir()] == ["rates.json"]


def test_small_changes_and_nothing_measured_are_not_written(tmp_path: Path) -> None:
    file = tmp_path / "rates.json"
    rates = Rates(file)
    rates.note("a", 0.0)
    assert not file.exists()
    rates.note("a", 100.0)
    before = file.stat().st_mtime_ns
    rates.note("a", 104.0)
    assert file.stat().st_mtime_ns == before
    rates.note("a", 50.0)
    assert Rates(file).get("a") == 50.0


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": "fast"}', b"\xff\xfe"])
def test_a_broken_file_costs_the_forecast_only(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    file = tmp_path / "rates.json"
    file.write_bytes(content)
    rates = Rates(file)
    assert rates.get("a") == 0
    assert "measured anew" in caplog.text
    rates.note("a", 10.0)
    assert Rates(file).get("a") == 10.0


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    rates = Rates(tmp_path / "file" / "rates.json")
    rates.note("a", 10.0)
    assert rates.get("a") == 10.0
    assert "cannot be remembered" in caplog.text
