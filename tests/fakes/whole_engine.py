"""An engine as `codey` puts it together, with models that are real files, in folders of a test."""

from pathlib import Path

from codey_tui.bootstrap import build_engine
from codey_tui.paths import Paths, find_assets
from codey_tui.settings import Settings
from tests.fakes.listening import Listening


class WholeEngine(Listening):
    """Works in `folder/work`, with its data in `folder/data_dir`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        places = {name: folder / name for name in ("config_dir", "data_dir", "runtime_dir")}
        work = folder / "work"
        work.mkdir(exist_ok=True)
        super().__init__(build_engine(work, settings, Paths(**places, assets=find_assets())))
