"""`slipway secrets`, against moto. The canary stands for a value that nobody may see."""

from __future__ import annotations

import base64
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from slipway.cli import secrets
from slipway.ops.aws.supplied_secrets import SecretsManager
from slipway.ops.azure.supplied_secrets import KeyVault
from slipway.ops.kubernetes.supplied_secrets import ClusterSecret
from slipway.settings.load import load_systems
from slipway.settings.project import find_project
from slipway.settings.services import Supplied
from tests.slipway.cli.conftest import ROOT, Copy
from tests.slipway.cli.inside import Inside, on_moto
from tests.slipway.ops.conftest import aws

__all__ = ["aws"]

CANARY = "canary-c0ffee-do-not-show"
ENTRY = "slipway-prod-main/smartwallet/CLERK_SECRET_KEY"
SET = ("secrets", "set", "--stack", "prod", "--system", "smartwallet")


@pytest.fixture
def client(aws: None) -> Any:
    client = boto3.client("secretsmanager", region_name="us-east-1")
    for name in SUPPLIED:
        client.create_secret(Name=f"slipway-prod-main/smartwallet/{name}")
    return client


SUPPLIED = (
    "SESSION_SECRET",
    "ENCRYPTION_KEY",
    "MONGODB_URI",
    "CLERK_SECRET_KEY",
    "CLERK_WEBHOOK_SECRET",
    "GEMINI_API_KEY",
    "GOOGLE_VISION_API_KEY",
    "SENDGRID_API_KEY",
    "SENTRY_DSN",
    "SMOKE_TEST_TOKEN",
)


@pytest.fixture
def slipway(client: Any, project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    return Inside(on_moto(project).root, monkeypatch, capfd)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (CANARY, CANARY),
        (f"{CANARY}\n", CANARY),
        (f"{CANARY}\r\n", CANARY),
        (f"{CANARY}\n\n", f"{CANARY}\n"),
        (f" {CANARY}\r", f" {CANARY}\r"),
    ],
)
def test_standard_input_becomes_the_value(slipway: Inside, client: Any, given: str, kept: str) -> None:
    """But for one newline at its end; where it went is told, what it is is not."""
    run = slipway(*SET, "CLERK_SECRET_KEY", given=given.encode())
    assert (run.status, run.out, run.err) == (0, f"smartwallet: CLERK_SECRET_KEY is set in {ENTRY}\n", "")
    assert client.get_secret_value(SecretId=ENTRY)["SecretString"] == kept


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "is empty: pipe it in"),
        (b"\n", "is empty: pipe it in"),
        (CANARY.encode() * 3000, "is longer than 65536 bytes, the limit of its store"),
        (CANARY.encode() + b"\xff", "is not UTF-8 text"),
        (CANARY.encode() + b"\0", "contains a zero byte"),
    ],
    ids=["nothing", "a newline", "long", "binary", "zero"],
)
def test_what_is_no_value(slipway: Inside, client: Any, given: bytes, message: str) -> None:
    """Exit status 2, nothing kept, nothing quoted."""
    run = slipway(*SET, "CLERK_SECRET_KEY", given=given)
    assert (run.status, run.out) == (2, "")
    assert f"the value of CLERK_SECRET_KEY {message}" in run.err
    assert CANARY not in run.everything
    assert client.list_secret_version_ids(SecretId=ENTRY)["Versions"] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CLERK_SECRET_KEYS", "CLERK_SECRET_KEYS is not a secret of smartwallet; did you mean 'CLERK_SECRET_KEY'?"),
        ("CLERK-SECRET-KEY", "this is not a secret of smartwallet"),
        (f"CLERK_SECRET_KEY={CANARY}", "this is not a secret of smartwallet"),
    ],
)
def test_a_name_that_is_not_supplied(slipway: Inside, name: str, message: str) -> None:
    """Exit status 2 and the fix; what may be a value in the name's place is not repeated."""
    run = slipway(*SET, name, given=CANARY.encode())
    assert (run.status, run.out) == (2, "")
    assert message in run.err
    assert CANARY not in run.everything


def test_a_value_in_place_of_the_name_is_not_repeated(slipway: Inside) -> None:
    """Also when it could be a name."""
    run = slipway(*SET, "sk_live_c0ffee0123456789", given=b"CLERK_SECRET_KEY")
    assert run.status == 2
    assert "c0ffee" not in run.everything


@pytest.mark.parametrize("words", [(CANARY,), (f"--value={CANARY}",), ("--value", CANARY)])
def test_a_value_on_the_command_line_is_refused(slipway: Inside, words: tuple[str, ...]) -> None:
    """And not repeated: the shell's history has it already."""
    run = slipway(*SET, "CLERK_SECRET_KEY", *words, given=CANARY.encode())
    assert run.status == 2
    assert "it is now in the shell's history: have a new one issued" in run.err
    assert CANARY not in run.everything


def test_an_unknown_system_is_refused_with_the_nearest(slipway: Inside) -> None:
    """Exit status 2."""
    run = slipway("secrets", "set", "--stack", "prod", "--system", "smartwalet", "CLERK_SECRET_KEY")
    assert run.status == 2
    assert "did you mean 'smartwallet'?" in run.err


def test_a_terminal_is_asked_without_echo(slipway: Inside, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the secret."""
    asked: list[str] = []
    monkeypatch.setattr(secrets.getpass, "getpass", lambda prompt: asked.append(prompt) or CANARY)
    run = slipway(*SET, "CLERK_SECRET_KEY", terminal=True)
    assert (run.status, asked) == (0, ["CLERK_SECRET_KEY: "])
    assert client.get_secret_value(SecretId=ENTRY)["SecretString"] == CANARY


def test_before_the_first_update_there_is_no_entry(slipway: Inside, client: Any) -> None:
    """Exit status 3: input was right, the cloud is not ready."""
    client.delete_secret(SecretId=ENTRY, ForceDeleteWithoutRecovery=True)
    run = slipway(*SET, "CLERK_SECRET_KEY", given=CANARY.encode())
    assert (run.status, run.out) == (3, "")
    assert run.err == f"slipway: aws: there is no entry {ENTRY} yet; run `pulumi up` first\n"


def test_the_list_names_every_secret_and_its_state(slipway: Inside, client: Any) -> None:
    """Kind, since when, and whom to ask for those that are empty; never a value."""
    slipway(*SET, "CLERK_SECRET_KEY", given=CANARY.encode())
    run = slipway("secrets", "list", "--stack", "prod", "--system", "smartwallet")
    assert (run.status, run.err) == (0, "")
    rows = {line.split()[1]: line for line in run.out.splitlines()[1:]}
    assert rows.keys() == set(SUPPLIED)
    (current,) = client.list_secret_version_ids(SecretId=ENTRY)["Versions"]
    assert f"supplied  {current['CreatedDate'].astimezone(UTC):%Y-%m-%d %H:%M} UTC" in rows["CLERK_SECRET_KEY"]
    assert rows["SENDGRID_API_KEY"].endswith("never                 supplied by SendGrid, API keys")
    assert rows["SESSION_SECRET"].endswith("never                 supplied by The current operator: the value in use")
    assert CANARY not in run.everything


@pytest.mark.parametrize(("days", "due"), [(90, ""), (91, "overdue by 1 d"), (100, "overdue by 10 d")])
def test_an_old_value_is_due(days: int, due: str) -> None:
    """Once it is older than its `rotateEvery`."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    state = secrets._state(Supplied(supplied="the vendor", rotate_every="90d"), now - timedelta(days=days), now)
    assert state == ("supplied", f"{now - timedelta(days=days):%Y-%m-%d} 00:00 UTC", due)


def test_without_a_login_the_fix_is_reported(project: Copy) -> None:
    """The real command, exit status 3 and one line."""
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"), "")
    nowhere = {name: str(project.root / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    run = project.slipway(*SET, "CLERK_SECRET_KEY", AWS_EC2_METADATA_DISABLED="true", **nobody, **nowhere)
    assert (run.status, run.out) == (3, "")
    assert run.err.startswith("slipway: aws: no credentials to read account 444455556666: log in")
    assert len(run.err.splitlines()) == 1


def test_the_page_on_secrets_is_true(slipway: Inside, tmp_path: Path) -> None:
    """docs/secrets.md: its example is well formed, its answer is printed, its limits are those of the stores."""
    page = (ROOT / "docs" / "secrets.md").read_text(encoding="utf-8")
    declared, in_use = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    said = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    for name, block in (("shop", declared), ("old-shop", in_use)):
        (tmp_path / "systems" / name).mkdir(parents=True)
        system = f"title: Shop\nowner: {{team: shop}}\nservices: {{api: {{image: api, port: 3000}}}}\n{block}"
        (tmp_path / "systems" / name / "system.yaml").write_text(system)
    systems = load_systems(find_project(tmp_path))
    assert systems["shop"].secrets.keys() == {"SESSION_SECRET", "CLERK_SECRET_KEY"}
    assert all(each.origin for each in systems["old-shop"].secrets.values())
    assert slipway(*SET, "CLERK_SECRET_KEY", given=b"value").out == said[-1]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith(("| AWS", "| Azure", "| local"))][:3]
    assert [int(row[2]) for row in rows] == [SecretsManager.limit, KeyVault.limit, ClusterSecret.limit]


OLD = "legacy/shop-env"
IMPORT = ("secrets", "import", "--stack", "prod", "--system", "smartwallet")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """With the Secret of a hand-made system."""
    encoded = base64.b64encode(CANARY.encode()).decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"SESSION_SECRET": encoded, "APP_KEY": encoded}}
    api = SimpleNamespace(get=lambda path: secret if path == "/api/v1/namespaces/legacy/secrets/shop-env" else None)
    monkeypatch.setattr(secrets, "connected", lambda *_: SimpleNamespace(api=api))
    return api


def origins(project: Copy, **found: str) -> None:
    """Where values in use are, in the stack alone."""
    said = ", ".join(f"{name}: {{existing: true, from: {place}}}" for name, place in found.items())
    existing = "secrets: {ENCRYPTION_KEY: {existing: true}, SESSION_SECRET: {existing: true}}"
    project.edit("Pulumi.prod.yaml", existing, f"secrets: {{{said}}}")


def kept_value(client: Any, name: str) -> str | None:
    entry = f"slipway-prod-main/smartwallet/{name}"
    found = client.list_secret_version_ids(SecretId=entry)["Versions"]
    return client.get_secret_value(SecretId=entry)["SecretString"] if found else None


def test_values_in_use_are_copied(project: Copy, slipway: Inside, client: Any, cluster: Any) -> None:
    """From a Secret and from the cloud's store; a second run leaves them alone, and none is shown."""
    client.create_secret(Name="wallet/old", SecretString=json.dumps({"key": f"stored-{CANARY}"}))
    places = {"SESSION_SECRET": f"{{secret: {OLD}}}", "ENCRYPTION_KEY": "{entry: wallet/old, key: key}"}
    origins(project, **places)
    run = slipway(*IMPORT)
    assert (run.status, run.err) == (0, "")
    assert f"SESSION_SECRET is copied from Secret {OLD} into slipway-prod-main/smartwallet/SESSION_SECRET" in run.out
    assert kept_value(client, "SESSION_SECRET") == CANARY
    assert kept_value(client, "ENCRYPTION_KEY") == f"stored-{CANARY}"
    client.put_secret_value(SecretId="slipway-prod-main/smartwallet/SESSION_SECRET", SecretString="rotated")
    again = slipway(*IMPORT)
    assert again.out.count("is unchanged, set since") == 2
    assert kept_value(client, "SESSION_SECRET") == "rotated"
    assert slipway(*IMPORT, "--replace").status == 0
    assert kept_value(client, "SESSION_SECRET") == CANARY
    assert CANARY not in run.everything + again.everything


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("{secret: legacy/other}", "there is no Secret legacy/other"),
        (f"{{secret: {OLD}, key: KEY}}", f"Secret {OLD} has no key KEY: it has APP_KEY, SESSION_SECRET"),
        ("{entry: wallet/none}", "wallet/none does not exist, or has no value"),
        ("{entry: wallet/text, key: a}", "wallet/text is not a JSON object, so it has no key a"),
        ("{entry: wallet/json, key: a}", "wallet/json has no text under a: it has b"),
    ],
)
def test_one_that_is_missing_copies_none(
    project: Copy, slipway: Inside, client: Any, cluster: Any, place: str, message: str
) -> None:
    client.create_secret(Name="wallet/text", SecretString=CANARY)
    client.create_secret(Name="wallet/json", SecretString=json.dumps({"b": CANARY}))
    origins(project, SESSION_SECRET=f"{{secret: {OLD}}}", ENCRYPTION_KEY=place)
    run = slipway(*IMPORT)
    assert run.status == 3
    assert message in run.err
    assert kept_value(client, "SESSION_SECRET") is None
    assert CANARY not in run.everything


def test_without_a_place_there_is_nothing_to_import(slipway: Inside) -> None:
    run = slipway(*IMPORT)
    assert run.status == 2
    assert "no secret of smartwallet says where its value is: set `from`" in run.err


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("{secret: legacy/shop-env, entry: a}", "must name one of secret, entry"),
        (CANARY, "never put a value here"),
        ("{secret: shop-env}", "is not the namespace and the name of a Secret"),
        ("{entry: 'https://shop.vault.azure.net/secrets/a'}", "which is not a name or an ARN in Secrets Manager"),
    ],
)
def test_a_place_of_the_wrong_form_is_refused(project: Copy, slipway: Inside, place: str, message: str) -> None:
    origins(project, SESSION_SECRET=place)
    run = slipway(*IMPORT)
    assert run.status == 2
    assert message in run.err
    assert CANARY not in run.everything
