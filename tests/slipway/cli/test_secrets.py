"""`slipway secrets`, against moto. The canary stands for a value that nobody may see."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
    blocks = dict(re.findall(r"```(yaml|text)\n(.*?)```", page, re.DOTALL))
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "systems" / "shop").mkdir(parents=True)
    system = f"title: Shop\nowner: {{team: shop}}\nservices: {{api: {{image: api, port: 3000}}}}\n{blocks['yaml']}"
    (tmp_path / "systems" / "shop" / "system.yaml").write_text(system)
    assert load_systems(find_project(tmp_path))["shop"].secrets.keys() == {"SESSION_SECRET", "CLERK_SECRET_KEY"}
    assert slipway(*SET, "CLERK_SECRET_KEY", given=b"value").out == blocks["text"]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith(("| AWS", "| Azure", "| local"))][:3]
    assert [int(row[2]) for row in rows] == [SecretsManager.limit, KeyVault.limit, ClusterSecret.limit]
