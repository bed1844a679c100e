"""The environment a command gets: what programs need to work, and nothing that could be a secret."""

from collections.abc import Mapping

_KEPT = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "VIRTUAL_ENV",
        "JAVA_HOME",
        "GOPATH",
    }
)
_KEPT_WITH_NETWORK = frozenset(
    {
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "PIP_CERT",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "UV_INDEX_URL",
        "NPM_CONFIG_REGISTRY",
        "NPM_CONFIG_CAFILE",
        "GOPROXY",
    }
)
_KEPT_ON_TERMUX = frozenset({"PREFIX", "LD_PRELOAD", "ANDROID_ROOT", "ANDROID_DATA", "EXTERNAL_STORAGE"})
# nothing may wait for a key, ask for a password or draw on a screen that is not there
_SET = {
    "TERM": "dumb",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "DEBIAN_FRONTEND": "noninteractive",
    "PYTHONUNBUFFERED": "1",
}


def scrubbed(environ: Mapping[str, str], extra: Mapping[str, str], *, network: bool = False) -> dict[str, str]:
    """The variables of `environ` that are kept, what makes programs behave without a terminal, and `extra` on top. With
    `network` also those that say how this machine reaches it, but for addresses that hold a login."""
    kept = {name: value for name, value in environ.items() if name in _KEPT or name.startswith("LC_")}
    if "com.termux" in environ.get("PREFIX", ""):
        kept |= {name: value for name, value in environ.items() if name in _KEPT_ON_TERMUX}
    if network:
        ways = {name: value for name, value in environ.items() if name.upper() in _KEPT_WITH_NETWORK}
        kept |= {name: value for name, value in ways.items() if "@" not in value}
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    return kept | _SET | dict(extra)
