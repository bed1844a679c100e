"""Fetching models from a hub that cuts, lies, refuses and moves: what is kept is always exactly what was published."""

import fcntl
import json
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from codey_tui.inference.download import PullFailed, part_of, pull
from codey_tui.inference.hub import Hub, HubFile, read_name
from tests.fakes.model_hub import REPOSITORY, ModelHub
from tests.fakes.served import eventually
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.shell import codey, command, environment
from tests.fakes.tiny_gguf import write_tiny_gguf

NAME = "small.gguf"
NO_PAUSES = (0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real model of a megabyte."""
    return write_tiny_gguf(tmp_path_factory.mktemp("hub") / NAME, say=["hello"], layers=2).read_bytes()


@pytest.fixture
def hub(content: bytes) -> Generator[ModelHub]:
    with ModelHub(content) as hub:
        yield hub


def fetch(hub: ModelHub, folder: Path, *, token: str = "", **expected: object) -> bool:
    wanted = HubFile(repository=REPOSITORY, file=NAME, **expected)  # type: ignore[arg-type]
    told: list[tuple[int, int]] = []
    where = Hub(endpoint=hub.endpoint, token=token)
    path, checked = pull(where, wanted, folder, lambda done, size: told.append((done, size)), pauses_s=NO_PAUSES)
    assert path == folder / NAME
    assert path.read_bytes() == hub.content
    assert told[-1] == (len(hub.content), len(hub.content))
    assert sorted(path.name for path in folder.iterdir()) == [NAME], "no part is left"
    return checked


def refused(hub: ModelHub, folder: Path, *, token: str = "", **expected: object) -> str:
    with pytest.raises(PullFailed) as caught:
        fetch(hub, folder, token=token, **expected)
    assert not (folder / NAME).exists()
    return str(caught.value)


def test_a_whole_file_is_fetched_and_checked(hub: ModelHub, tmp_path: Path) -> None:
    assert fetch(hub, tmp_path, size=len(hub.content), sha256=hub.sha256)
    assert hub.ranges() == [""]


def test_it_goes_on_after_cuts_and_after_troubles_that_pass(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["cut:300000", "503", "cut:100000", "503", "503"]
    assert fetch(hub, tmp_path)
    assert hub.ranges() == ["", *["bytes=300000-"] * 2, *["bytes=400000-"] * 3]


def test_a_part_of_an_earlier_run_is_taken_up(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["cut:500000", *["503"] * 9]
    assert "status 503" in refused(hub, tmp_path)
    assert part_of(tmp_path / NAME).stat().st_size == 500_000
    hub.trouble.clear()
    hub.heard.clear()
    assert fetch(hub, tmp_path)
    assert hub.ranges() == ["bytes=500000-"]


def test_a_part_of_another_file_is_not(hub: ModelHub, tmp_path: Path, content: bytes) -> None:
    hub.trouble += ["cut:500000", *["503"] * 9]
    refused(hub, tmp_path)
    with ModelHub(content[:-1] + bytes([content[-1] ^ 1])) as changed:
        assert fetch(changed, tmp_path)
        assert changed.ranges() == [""]


def test_a_host_without_ranges_sends_it_all_again(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["cut:500000", "no-range"]
    assert fetch(hub, tmp_path)


def test_bytes_that_were_changed_are_thrown_away(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["flip"]
    assert "SHA-256" in refused(hub, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert fetch(hub, tmp_path)


@pytest.mark.parametrize("lie", ["short", "wrong-range"])
def test_lengths_and_ranges_that_do_not_fit_are_refused(hub: ModelHub, tmp_path: Path, lie: str) -> None:
    hub.trouble += ["cut:1000", lie] if lie == "wrong-range" else [lie]
    assert "sends something else" in refused(hub, tmp_path)


def test_more_bytes_than_announced_are_not_read(hub: ModelHub, tmp_path: Path) -> None:
    hub.trouble += ["more"]
    assert fetch(hub, tmp_path)


def test_another_file_than_the_catalogue_knows_is_not_even_begun(hub: ModelHub, tmp_path: Path) -> None:
    assert "nothing was fetched" in refused(hub, tmp_path, size=len(hub.content) + 1)
    assert "another SHA-256" in refused(hub, tmp_path, sha256="0" * 64)
    assert hub.ranges() == []
    assert list(tmp_path.iterdir()) == []


def test_without_a_published_hash_it_says_that_nothing_was_compared(content: bytes, tmp_path: Path) -> None:
    with ModelHub(content, linked=False) as hub:
        assert not fetch(hub, tmp_path)


def test_what_is_no_model_is_not_kept(tmp_path: Path) -> None:
    with ModelHub(b"<html>" + bytes(100)) as hub:
        assert "GGUF" in refused(hub, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "code", "token", "said"),
    [
        (404, "EntryNotFound", "", f"no {NAME} in {REPOSITORY}"),
        (401, "RepoNotFound", "", f"no repository {REPOSITORY}"),
        (401, "GatedRepo", "", "set HF_TOKEN"),
        (403, "GatedRepo", "secret", "the token in HF_TOKEN"),
        (503, "", "", "overloaded"),
        (400, "", "", "status 400"),
    ],
)
def test_refusals_say_what_to_do(hub: ModelHub, tmp_path: Path, status: int, code: str, token: str, said: str) -> None:
    hub.status, hub.error_code = status, code
    sentence = refused(hub, tmp_path, token=token)
    assert said in sentence and "secret" not in sentence
    assert list(tmp_path.iterdir()) == []


def test_the_token_goes_to_the_hub_and_not_to_where_the_bytes_are(content: bytes, tmp_path: Path) -> None:
    with ModelHub(content, elsewhere=True) as hub:
        assert fetch(hub, tmp_path, token="secret")
        told = {host.partition(":")[0]: token for _, host, _, token in hub.heard}
    assert told == {"127.0.0.1": "Bearer secret", "localhost": ""}


def test_a_token_is_not_sent_in_the_clear() -> None:
    assert "Authorization" not in Hub(endpoint="http://hub.example", token="secret").headers()
    assert "Authorization" in Hub(endpoint="https://hub.example", token="secret").headers()


def test_no_hub_at_all_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    with ModelHub(content) as gone:
        pass
    sentence = refused(gone, tmp_path)
    assert "cannot be reached" in sentence and "HF_ENDPOINT" in sentence


def test_a_disk_without_room_is_noticed_before_the_first_byte(tmp_path: Path) -> None:
    """The 7B shape a thousand times over; only its length is promised."""

    class Endless(bytes):
        def __len__(self) -> int:
            return 1 << 60

    with ModelHub(b"GGUF") as hub:
        hub.content = Endless(b"GGUF")
        assert "Make room" in refused(hub, tmp_path)
        assert hub.ranges() == []


def test_two_processes_do_not_write_into_one_part(hub: ModelHub, tmp_path: Path) -> None:
    with part_of(tmp_path / NAME).open("a+b") as held:
        held.write(b"x")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "Another" in refused(hub, tmp_path)


@pytest.mark.parametrize("name", ["small", "owner/small.gguf", "a/b/../c.gguf", "a/b/c.bin", "a/b c/d.gguf", ""])
def test_names_that_mean_no_file(name: str) -> None:
    with pytest.raises(PullFailed):
        read_name(name)


def test_a_file_in_parts_is_refused() -> None:
    with pytest.raises(PullFailed, match="one of 3 parts"):
        read_name("owner/large/q4/large-00001-of-00003.gguf")
    assert read_name("hf:owner/repo/sub/m.gguf").file == "sub/m.gguf"


# --- the command line --------------------------------------------------------------------------------------------------
def test_the_command_fetches_lists_and_removes(hub: ModelHub, home: Path) -> None:
    env = {"HF_ENDPOINT": hub.endpoint}
    done = codey("models", "pull", f"{REPOSITORY}/{NAME}", "--json", env=env)
    assert done.returncode == 0, done.stderr
    pulled = json.loads(done.stdout)
    assert (pulled["model"], pulled["checked"], pulled["fits"]) == ("small", True, True)
    again = codey("models", "pull", f"{REPOSITORY}/{NAME}", env=env)
    assert again.returncode == 0 and "is here already" in again.stdout
    listed = json.loads(codey("models", "list", "--json").stdout)
    assert pulled["path"] in {offer["path"] for offer in listed["offers"]}
    assert "small" in codey("models", "list").stdout
    assert "--yes" in codey("models", "remove", "small").stderr
    assert codey("models", "remove", "small", "--yes").returncode == 0
    assert not Path(pulled["path"]).exists()
    assert codey("models", "remove", "nano", "--yes").returncode == 2


def test_an_ending_in_capitals_is_a_model_too(content: bytes, home: Path) -> None:
    with ModelHub(content) as hub:
        done = codey("models", "pull", f"{REPOSITORY}/Small.GGUF", "--json", env={"HF_ENDPOINT": hub.endpoint})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == "Small"


def test_a_name_that_another_model_has_is_told(hub: ModelHub, home: Path, content: bytes, tmp_path: Path) -> None:
    """What came with Codey and what the settings name would hide the file for good."""
    env = {
        "CODEY_MODELS": json.dumps({"small": {"path": str(tmp_path / "other.gguf")}}),
        "HF_ENDPOINT": hub.endpoint,
    }
    for name in ("nano", "small"):
        (tmp_path / f"{name}.gguf").write_bytes(content)
        taken = codey("models", "import", str(tmp_path / f"{name}.gguf"), env=env)
        assert taken.returncode == 1 and "--id" in taken.stderr
    assert codey("models", "import", str(tmp_path / "nano.gguf"), "--id", "mine", env=env).returncode == 0
    bundled = codey("models", "pull", "owner/repo/nano.gguf", env=env)
    assert bundled.returncode == 2 and "came with Codey" in bundled.stderr
    hidden = codey("models", "pull", f"{REPOSITORY}/{NAME}", env=env)
    assert hidden.returncode == 1 and "in your settings hides it" in hidden.stderr


def test_ctrl_c_keeps_the_part_and_the_next_run_goes_on(hub: ModelHub, home: Path) -> None:
    hub.trouble += ["cut:400000", *["503"] * 50]
    args = command("models", "pull", f"{REPOSITORY}/{NAME}")
    running = subprocess.Popen(
        args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment({"HF_ENDPOINT": hub.endpoint})
    )
    try:
        eventually(lambda: len(hub.ranges()) >= 2, 30)
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == 130
    assert "the same command goes on" in error and "Traceback" not in error
    hub.trouble.clear()
    hub.heard.clear()
    done = codey("models", "pull", f"{REPOSITORY}/{NAME}", env={"HF_ENDPOINT": hub.endpoint})
    assert done.returncode == 0, done.stderr
    assert hub.ranges() == ["bytes=400000-"]


def test_models_of_other_programs_are_found_and_used_in_place(home: Path, content: bytes) -> None:
    assert "No other models" in codey("models", "import", "--all").stdout
    studio = home / ".lmstudio" / "models" / "owner" / "repo" / "Studio-Model.gguf"
    studio.parent.mkdir(parents=True)
    studio.write_bytes(content)
    (studio.parent / "mmproj-Studio.gguf").write_bytes(content)
    ollama = home / ".ollama" / "models"
    digest = "a" * 64
    (ollama / "blobs").mkdir(parents=True)
    (ollama / "blobs" / f"sha256-{digest}").write_bytes(content)
    manifest = ollama / "manifests" / "registry.ollama.ai" / "library" / "qwen" / "7b"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}
    manifest.write_text(json.dumps({"layers": [layer, {"mediaType": "text", "digest": "sha256:0"}]}))

    found = {model["name"]: model for model in json.loads(codey("models", "import", "--json").stdout)}
    assert set(found) == {"Studio-Model", "qwen-7b"}
    assert "import" in codey("models", "list").stdout
    done = codey("models", "import", "--all")
    assert done.returncode == 0, done.stderr
    offers = {offer["id"]: offer for offer in json.loads(codey("models", "list", "--json").stdout)["offers"]}
    assert offers["qwen-7b"]["fits"] and offers["Studio-Model"]["fits"]
    assert codey("models", "fit", "qwen-7b").returncode == 0
    assert json.loads(codey("models", "import", "--json").stdout) == []
    assert codey("models", "remove", "qwen-7b", "--yes").returncode == 0
    assert (ollama / "blobs" / f"sha256-{digest}").exists(), "only the name is forgotten"


def test_a_file_or_a_folder_of_ones_own_is_used_in_place(home: Path, content: bytes, tmp_path: Path) -> None:
    own = tmp_path / "My model (1).gguf"
    own.write_bytes(content)
    (tmp_path / "torn.gguf").write_bytes(content[:5000])
    done = codey("models", "import", str(own), "--id", "mine")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mine  ")
    both = codey("models", "import", str(tmp_path))
    assert both.returncode == 1
    assert "torn.gguf" in both.stderr and "My-model-1" in both.stdout
    assert codey("models", "import", str(tmp_path / "none")).returncode == 2
    assert codey("models", "import", str(tmp_path), "--id", "x").returncode == 2


def test_fit_says_what_would_fit_instead(home: Path, tmp_path: Path) -> None:
    file = write_shape_gguf(tmp_path / "seven.gguf", SHAPES["qwen2-7b"])
    small = {"CODEY_MEMORY_BUDGET_MB": "5100"}
    done = codey("models", "fit", str(file), "--ctx", "16384", env=small)
    assert done.returncode == 1
    assert "--context 4096" in done.stdout and "--model nano" in done.stdout
    told = json.loads(codey("models", "fit", str(file), "--ctx", "16384", "--json", env=small).stdout)
    assert told["total"] == told["weights"] + told["kv"] + told["compute"] + told["overhead"]
    assert not told["fits"] and told["ladder"][0]["n_ctx"] == 4096
    halved = json.loads(codey("models", "fit", str(file), "--kv", "q8_0", "--json").stdout)
    assert halved["kv"] * 64 == json.loads(codey("models", "fit", str(file), "--json").stdout)["kv"] * 34


def test_names_of_nothing_are_sentences(home: Path) -> None:
    gone = codey("models", "fit", "/nowhere.gguf")
    assert gone.returncode == 2 and "no model file" in gone.stderr
    unknown = codey("models", "pull", "nothing")
    assert unknown.returncode == 2 and "codey models list" in unknown.stderr
