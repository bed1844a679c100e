"""Where a model file lies on the Hugging Face hub, and what the hub says of it before a byte is fetched.

The hub's habits: a file's size and SHA-256 (for files in Git LFS) stand in the headers X-Linked-Size and X-Linked-ETag of
the first answer, which redirects to the host that has the bytes.
"""

import ipaddress
import re
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from codey_tui import __version__
from codey_tui.inference.provider import InferenceError

ENDPOINT = "https://huggingface.co"
CONNECT_S, SILENCE_S = 15.0, 60.0
_REDIRECTS = 5
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SPLIT = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)


class PullFailed(InferenceError):
    """A model could not be fetched; the sentence says why and what to do."""


class HubBusy(PullFailed):
    """The hub cannot be reached, is overloaded or broke off: it may work in a moment."""


class HubFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a repository of the hub. `size` and `sha256` are what is expected; 0 and empty where nothing is known."""

    repository: str
    file: str
    revision: str = "main"
    size: int = 0
    sha256: str = ""

    @property
    def name(self) -> str:
        """The file's name here: its own without folders, with the ending that models are found by."""
        name = self.file.rpartition("/")[2]
        return f"{name[:-5]}.gguf" if name.lower().endswith(".gguf") else name


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the hub tells of it. `mark` changes when the file does; `sha256` is empty where the hub tells none."""

    url: str
    size: int
    mark: str
    sha256: str = ""


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint with the token for it, and the files it has."""

    endpoint: str = ENDPOINT
    token: str = ""

    @classmethod
    def of_environment(cls, env: Mapping[str, str]) -> "Hub":
        """HF_ENDPOINT and HF_TOKEN, or the token that the hub's own tools have stored."""
        endpoint = env.get("HF_ENDPOINT", "").strip().rstrip("/") or ENDPOINT
        return cls(endpoint=endpoint, token=env.get("HF_TOKEN", "").strip() or _stored_token(env))

    @property
    def host(self) -> str:
        """The endpoint's host, for sentences."""
        return urlsplit(self.endpoint).netloc or self.endpoint

    def headers(self, *, first: int = 0) -> dict[str, str]:
        """Headers of a request for the bytes from `first` on. A token is never sent where others could read it."""
        found = {"User-Agent": f"codey/{__version__}", "Accept-Encoding": "identity"}
        if self.token and _is_private(self.endpoint):
            found["Authorization"] = f"Bearer {self.token}"
        if first:
            found["Range"] = f"bytes={first}-"
        return found

    def pool(self) -> urllib3.PoolManager:
        """Connections to the endpoint, by the proxy of the environment where there is one."""
        timeout = urllib3.Timeout(connect=CONNECT_S, read=SILENCE_S)
        parts = urlsplit(self.endpoint)
        proxy = urllib.request.getproxies().get(parts.scheme)
        if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
            return urllib3.ProxyManager(proxy, timeout=timeout)
        return urllib3.PoolManager(timeout=timeout)

    def look_up(self, wanted: HubFile, pool: urllib3.PoolManager) -> Remote:
        """What the hub says of a file. Raises PullFailed."""
        url = f"{self.endpoint}/{quote(wanted.repository)}/resolve/{quote(wanted.revision)}/{quote(wanted.file)}"
        size, mark = 0, ""
        at = url
        for _ in range(_REDIRECTS):
            answer = self._head(at, pool)
            if answer.status >= 400:
                raise self.refusal(answer.status, answer.headers, wanted)
            size = size or _number(answer.headers.get("X-Linked-Size"))
            mark = mark or answer.headers.get("X-Linked-ETag", "")
            target = answer.headers.get("Location")
            if target is None or not 300 <= answer.status < 400:
                size = size or _number(answer.headers.get("Content-Length"))
                mark = mark or answer.headers.get("ETag", "")
                break
            target = urljoin(at, target)
            if urlsplit(target).netloc != urlsplit(at).netloc:
                break  # where the bytes are; what is to be known stands in the answer before
            at = target
        else:
            raise PullFailed(f"{self.host} sends in circles for {wanted.file}. Try again later, or set HF_ENDPOINT.")
        mark = mark.removeprefix("W/").strip('"')
        return _checked(Remote(url=url, size=size, mark=mark, sha256=mark if _SHA256.fullmatch(mark) else ""), wanted)

    def _head(self, url: str, pool: urllib3.PoolManager) -> urllib3.BaseHTTPResponse:
        try:
            return pool.request("HEAD", url, headers=self.headers(), redirect=False, retries=False)
        except HTTPError as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: Exception) -> HubBusy:
        """What is said when there is no connection."""
        if isinstance(error, MaxRetryError) and error.reason is not None:
            error = error.reason
        why = "no connection" if isinstance(error, NewConnectionError) else (str(error) or type(error).__name__)
        return HubBusy(
            f"The model hub at {self.host} cannot be reached ({why}). Check the network or set HF_ENDPOINT to a mirror; "
            "`codey models list` shows what is on this machine already."
        )

    def refusal(self, status: int, headers: Mapping[str, str], wanted: HubFile) -> PullFailed:
        """What is said when the hub says no."""
        code = headers.get("X-Error-Code", "")
        if status in (401, 403) and code != "RepoNotFound":
            if self.token:
                return PullFailed(
                    f"{self.host} does not let the token in HF_TOKEN read {wanted.repository}. Accept the model's licence on "
                    "its page with the account of that token, or use another token."
                )
            return PullFailed(
                f"{wanted.repository} is gated or private. Accept its licence on its page at {self.host}, then set HF_TOKEN "
                "to a token of your account."
            )
        if status in (401, 404):
            what = f"no repository {wanted.repository}" if code == "RepoNotFound" else f"no {wanted.file}"
            where = "" if code == "RepoNotFound" else f" in {wanted.repository} at revision {wanted.revision}"
            return PullFailed(f"There is {what}{where} on {self.host}. Check the name.")
        if status == 429 or status >= 500:
            return HubBusy(f"{self.host} answers with status {status}: it is overloaded or broken. Try again later.")
        return PullFailed(f"{self.host} refuses {wanted.file} with status {status}.")


def read_name(text: str) -> HubFile:
    """A file of the hub as a person names it: OWNER/REPOSITORY/FILE, with an optional hf: before it. Raises PullFailed."""
    parts = text.removeprefix("hf:").removeprefix("//").strip("/").split("/")
    if len(parts) < 3 or not all(re.fullmatch(r"[\w.\-]+", part) for part in parts) or ".." in parts:
        raise PullFailed(
            f'"{text}" is neither a model of the catalogue (`codey models list`) nor OWNER/REPOSITORY/FILE.gguf of the hub.'
        )
    wanted = HubFile(repository="/".join(parts[:2]), file="/".join(parts[2:]))
    if not wanted.name.lower().endswith(".gguf"):
        raise PullFailed(
            f"{wanted.name} is no GGUF file; llama.cpp reads no other. Look for a repository that has one."
        )
    if split := _SPLIT.search(wanted.name):
        raise PullFailed(f"{wanted.name} is one of {int(split[1])} parts. Choose a file that is whole.")
    return wanted


def _checked(remote: Remote, wanted: HubFile) -> Remote:
    """Refuses a file that is not the one that is known."""
    if remote.size <= 0:
        raise PullFailed(f"The hub does not say how large {wanted.name} is, so it is not fetched.")
    if wanted.size and remote.size != wanted.size:
        raise PullFailed(
            f"{wanted.name} has {remote.size:,} bytes on the hub, but the one that Codey knows has {wanted.size:,}. "
            "It was replaced, or the endpoint serves another file; nothing was fetched."
        )
    if wanted.sha256 and remote.sha256 and remote.sha256 != wanted.sha256:
        raise PullFailed(
            f"{wanted.name} has another SHA-256 on the hub than the one that Codey knows. It was replaced, or the endpoint "
            "serves another file; nothing was fetched."
        )
    return msgspec.structs.replace(remote, sha256=wanted.sha256 or remote.sha256)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _is_private(url: str) -> bool:
    """Whether what is sent there cannot be read on the way: encrypted, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _stored_token(env: Mapping[str, str]) -> str:
    home = Path(env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    file = Path(env.get("HF_TOKEN_PATH") or home / "token").expanduser()
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""  # there is none, which is what most people have
