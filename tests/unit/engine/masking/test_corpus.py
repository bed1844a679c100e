"""What is a key and what is none, case by case."""

import base64
import hashlib
import re
import uuid
from pathlib import Path

import pytest

from codey_tui.engine.masking import hide, mask, restore
from tests.fakes.keys import HEX, Keys

K = Keys()
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# text with %s where the key stands, and the key
TRUE: list[tuple[str, str]] = [
    ("%s", "AKIA" + K.drawn(16, UPPER)),
    ("aws_access_key_id = %s", "ASIA" + K.drawn(16, UPPER)),
    ("aws_secret_access_key = %s", K.encoded(30)),
    ('AWS_SECRET_ACCESS_KEY="%s"', K.encoded(30)),
    ("git clone %s", K.github()),
    ("export GITHUB_TOKEN=%s", "gho_" + K.drawn(36)),
    ("(%s)", "ghs_" + K.drawn(36)),
    ("remote: ghu %s.", "ghu_" + K.drawn(36)),
    ("%s\n", "github_pat_" + K.drawn(22) + "_" + K.drawn(59)),
    ("https://%s@github.com/a/b.git", "ghp_" + K.drawn(36)),
    ("PRIVATE-TOKEN: %s", "glpat-" + K.drawn(20)),
    ("deploy with %s", "gldt-" + K.drawn(20)),
    ("CI_JOB_TOKEN=%s", "glcbt-64_" + K.drawn(20)),
    ("openai.api_key = '%s'", "sk-" + K.drawn(48)),
    ("%s", "sk-proj-" + K.drawn(40) + "-" + K.drawn(20)),
    ("key %s is used", "sk-svcacct-" + K.drawn(60)),
    ("ANTHROPIC_API_KEY=%s", "sk-ant-api03-" + K.drawn(93) + "AA"),
    ("router %s", "sk-or-v1-" + K.drawn(64, HEX)),
    ("maps?key=%s&q=1", "AIza" + K.drawn(35)),
    ("access %s", "ya29." + K.drawn(60)),
    ("client %s", "GOCSPX-" + K.drawn(28)),
    ("slack %s", "xoxb-" + K.drawn(12, "0123456789") + "-" + K.drawn(24)),
    ("%s", "xoxp-" + K.drawn(40)),
    ("%s", "xapp-1-" + K.drawn(11) + "-" + K.drawn(40)),
    ("curl https://%s", "hooks.slack.com/services/T" + K.drawn(8) + "/B" + K.drawn(8) + "/" + K.drawn(24)),
    ("stripe.api_key = %s", "sk_live_" + K.drawn(24)),
    ("%s", "rk_test_" + K.drawn(24)),
    ("%s", "whsec_" + K.drawn(32)),
    ("//registry/:_authToken=%s", "npm_" + K.drawn(36)),
    ("password = %s", "pypi-AgEIcHlwaS5vcmc" + K.drawn(80)),
    ("HF_TOKEN=%s", "hf_" + K.drawn(34)),
    ("login(%s)", "hf_" + K.drawn(34)),
    ("Cookie: session=%s", K.web_token()),
    ("Authorization: Bearer %s", K.web_token()),
    ("Authorization: Bearer %s", K.drawn(40)),
    ("Authorization: Basic %s", K.encoded(24)),
    ('-H "X-Api-Key: %s"', K.drawn(32)),
    ("%s", "SG." + K.drawn(22) + "." + K.drawn(43)),
    ("%s", "dckr_pat_" + K.drawn(27)),
    ("%s", "dop_v1_" + K.drawn(64, HEX)),
    ("%s", "shpat_" + K.drawn(32, HEX)),
    ("VAULT_TOKEN=%s", "hvs." + K.drawn(90)),
    ("%s", "gsk_" + K.drawn(52)),
    ("%s", "dapi" + K.drawn(32, HEX)),
    ("%s", "PMAK-" + K.drawn(24, HEX) + "-" + K.drawn(34, HEX)),
    ("%s", "lin_api_" + K.drawn(40)),
    ("bot %s", K.drawn(9, "123456789") + ":AA" + K.drawn(33)),
    ("%s", K.block()),
    ("key:\n%s\nend", K.block("")),
    ("%s", K.block("EC ")),
    ("%s", K.block("OPENSSH ")),
    ('"private_key": "%s\\n"', K.block("").replace("\n", "\\n")),
    ("postgres://app:%s@db:5432/shop", "s3cret"),
    ("DATABASE_URL=mysql://root:%s@127.0.0.1/x", "hunter2"),
    ("https://me:%s@example.org/a.git", K.drawn(20)),
    ("redis://:%s@cache:6379/0", "Tr0ub4dor&3"),
    ('password = "%s"', "S3cr3t!Pass"),
    ("password: %s", "Hunter2!x"),
    ("DB_PASSWORD=%s", "xK9$mQ2vLp".replace("$", "!")),
    ('{"db_password": "%s"}', "Winter2024!"),
    ("<password>%s</password>", "Winter2024!"),
    ("Server=db;User=sa;Password=%s;", "Qwertz123!"),
    ("AccountKey=%s;EndpointSuffix=x", K.encoded(64)),
    ("mysql --password=%s", "Gr33nApple!"),
    ("tool --token %s run", K.drawn(24)),
    ("api_key: '%s'", K.drawn(32, HEX)),
    ('apiKey: "%s",', K.drawn(24)),
    ('client_secret="%s"', K.drawn(40)),
    ("SECRET_KEY = '%s'", K.drawn(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#^&*-_=+")),
    ('accessToken => "%s"', K.drawn(30)),
    ("?access_token=%s&expires=3", K.drawn(40)),
    ('password: str = "%s"', "Hunter22!"),
    ('heroku_api_key = "%s"', str(uuid.UUID(int=0x1F3A9C5B7D2E4F60812A3B4C5D6E7F80))),
    ("signing_key := %s", K.drawn(44)),
    ("passphrase = '%s'", "Korrekt-Pferd-7"),
]

IMAGE = base64.b64encode(bytes(range(256)) * 40).decode()
RANDOM_IMAGE = Keys(3).encoded(6000)
SHA1 = hashlib.sha1(b"a", usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(b"a").hexdigest()
SHA512 = hashlib.sha512(b"a").hexdigest()

FALSE: list[str] = [
    SHA1,
    SHA256,
    SHA512,
    hashlib.md5(b"a", usedforsecurity=False).hexdigest(),
    f"commit {SHA1}\nAuthor: A <a@b.org>",
    f"index {SHA1[:7]}..{SHA1[8:15]} 100644",
    f"sha256:{SHA256}",
    f"--hash=sha256:{SHA256} \\",
    f'"integrity": "sha512-{base64.b64encode(bytes.fromhex(SHA512)).decode()}"',
    f"password_hash = '{SHA256}'",
    f"token_digest: {SHA1}",
    f"FROM python@sha256:{SHA256}",
    str(uuid.UUID(int=0x1F3A9C5B7D2E4F60812A3B4C5D6E7F80)),
    f'id = "{uuid.UUID(int=5)}"',
    f"request-id: {uuid.UUID(int=0x1F3A9C5B7D2E4F60812A3B4C5D6E7F80)}",
    f"data:image/png;base64,{IMAGE}",
    f"data:image/png;base64,{RANDOM_IMAGE}",
    f'<img src="data:image/svg+xml;base64,{RANDOM_IMAGE[:400]}">',
    "AbstractSingletonProxyFactoryBeanConfigurationManager2Builder",
    "test_that_a_very_long_name_of_a_function_with_40_words_in_it_stays_as_it_is",
    "sk-folding-cube-container-with-a-long-name-of-a-class",
    "class='sk-chase sk-chase-dot-large-container-element'",
    "https://example.org/a/b?q=1#token",
    "https://example.org:8080/path@2x.png",
    "http://localhost:3000/@user/profile",
    "git@github.com:owner/repository.git",
    "ssh://git@github.com:22/owner/repository.git",
    "postgres://app:${DB_PASSWORD}@db/shop",
    "postgres://app:<password>@db/shop",
    "postgres://{user}:{password}@{host}/x",
    "password = input('Password: ')",
    "password = getpass.getpass()",
    "password = os.environ['DB_PASSWORD1']",
    "token = os.getenv('API_TOKEN2')",
    "const token = process.env.API_TOKEN2;",
    "token = request.headers.get('X-Token-2')",
    "password: str",
    "password: Optional[str] = None",
    "def login(user: str, password: str, token: str | None = None) -> bool:",
    'password = ""',
    'password = "changeme123"',
    'api_key = "your_api_key_here_123"',
    'api_key = "YOUR-API-KEY-123456"',
    "API_KEY=<insert your key 1 here>",
    "API_KEY=${API_KEY_2}",
    "token: {{ secrets.TOKEN2 }}",
    "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    "password: ********",
    "password: xxxxxxxx1X",
    "tokenizer = AutoTokenizer.from_pretrained('gpt2-medium-2')",
    'tokenizer = "GPT2TokenizerFastVersion2a"',
    "max_tokens = 4096000000",
    "tokens_per_second: 1234.5678",
    "token_type = 'Bearer2Token3Type4x'",
    "token_expires_at: 2026-01-01T00:00:00Z",
    'secret_name = "prod/db2/Password3X"',
    'password_file = "/run/secrets/db_password_2"',
    "ssl_private_key: /etc/ssl/private/server2.key",
    "private_key_path = ~/.ssh/id_ed25519",
    "public_key = load('a.pub')",
    "primary_key = 'customer_identifier_2'",
    "foreign_key: customers.identifier2",
    "key = value2.something_else3",
    "keyboard = Keyboard1Layout2Of3The4User",
    "if token == expected_token2:",
    "token->next_token_value_1",
    "the password is checked by check_password(user1, given2)",
    "bearer authentication-is-not-supported-here",
    "basic understanding-of-things-is-enough",
    "-----BEGIN PRIVATE KEY-----",
    'if text.startswith("-----BEGIN PRIVATE KEY-----") and text.endswith("-----END PRIVATE KEY-----"):',
    "-----BEGIN CERTIFICATE-----\n" + Keys(4).encoded(300) + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + Keys(5).encoded(60) + "\n-----END PUBLIC KEY-----",
    "ssh-ed25519 " + Keys(6).encoded(51) + " ada@machine",
    "eyJhbGciOiJIUzI1NiJ9",
    "AKIA is how a key of Amazon begins",
    "pk_live_51H8x2eZvKYlo2C is for the browser",
    "ghp_short",
    "npm_config_cache=/home/ada/.npm",
    "hf_hub_download_and_cache_the_files_of_a_model",
    "AIzaSy is the beginning of one",
    "xoxb- begins a token of a bot",
    "model-00001-of-00002.safetensors " + SHA256,
    "Qwen2.5-Coder-0.5B-Instruct-Q4_K_M.gguf",
    "const A1B2 = 0xDEADBEEFCAFEBABE1234;",
    "pytest tests/unit/test_a.py::TestB1::test_c2[param-3]",
    "4f 9a 0c 1d 2e 3f 40 51 62 73 84 95 a6 b7 c8 d9",
    "[key hidden: GitHub token #0a1b2c3d]",
    'password = "[key hidden: password #0a1b2c3d]"',
    "https://u:[key hidden: password #0a1b2c3d]@h/x",
    "author = 'Ada Lovelace 1815'",
    "authors: [a1b2@example.org]",
    "compass: N12E34S56W78",
    "passed=12 failed=3 skipped=45678901",
    "bypass_cache2=True1234567",
]


def test_there_are_enough_cases() -> None:
    assert len(TRUE) >= 60
    assert len(FALSE) >= 60


@pytest.mark.parametrize(("text", "key"), TRUE)
def test_a_key_is_hidden_and_comes_back(text: str, key: str) -> None:
    whole = text.replace("%s", key)
    found = mask(whole)
    assert key not in found, found
    assert found.replace(found[found.index("[key") : found.index("]", found.index("[key")) + 1], key) == whole
    assert restore(found) == whole
    assert mask(found) == found  # a second time changes nothing
    assert key not in hide(whole)
    assert re.search(r"\[key hidden: [A-Za-z ]+\]", hide(whole))


@pytest.mark.parametrize("text", FALSE)
def test_what_is_no_key_stays(text: str) -> None:
    assert mask(text) == text


def test_the_package_itself_and_its_lock_hold_no_key() -> None:
    root = Path(__file__).parents[4]
    places = [*root.glob("codey_tui/**/*.py"), *root.glob("*.toml"), *root.glob("config/**/*.toml"), *root.glob("*.md")]
    assert len(places) > 100
    assert [place for place in places if mask(text := place.read_text("utf-8")) != text] == []
