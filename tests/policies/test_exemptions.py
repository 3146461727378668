"""An exemption turns one rule's violation by one resource into advice until its day; else it is a violation itself."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.errors import PolicyPackError
from tests.policies.pack_under_test import PACK, Fact, Pack, Said

TODAY = datetime.now(UTC).date()
RULES = ("database-backups", "exemptions")
BAD = Fact("aws:rds/instance:Instance", {"tags": {"slipway.dev/source": "systems/x/system.yaml:databases.x"}}, "x/x-db")
OTHER = Fact("aws:rds/instance:Instance", {}, "y/x-db")
ENTRY = {
    "rule": "database-backups",
    "stack": "trial",
    "resource": "Instance::x/x-db",
    "reason": "it is empty until the first of the month",
    "owner": "platform@example.com",
    "expires": TODAY,
}


def said(folder: Path, *entries: Any) -> list[Said]:
    """What the two rules say of both databases under these exemptions, on the stack `trial`."""
    return said_under(folder, yaml.safe_dump(list(entries)))


def said_under(folder: Path, text: str) -> list[Said]:
    directory = folder / "pack"
    shutil.copytree(PACK, directory, ignore=shutil.ignore_patterns("__pycache__", "venv"))
    (directory / "exemptions.yaml").write_text(text)
    pack = Pack(directory=directory)
    try:
        return pack.about(*RULES).judge(BAD, OTHER)
    finally:
        pack.close()


def told(found: list[Said]) -> list[tuple[str, str, str]]:
    return [(each.policy, each.level, each.name) for each in found]


def test_exempt_violation_is_advice(tmp_path: Path) -> None:
    """The finding stays, says until when and why, and blocks nothing; another resource's does."""
    found = said(tmp_path, ENTRY)
    assert told(found) == [
        ("database-backups", "advisory", "x/x-db"),
        ("database-backups", "mandatory", "y/x-db"),
    ]
    assert f"Exempt until {TODAY}: it is empty until the first of the month (platform@example.com" in found[0].message
    assert found[0].message.splitlines()[-1] == "mend: systems/x/system.yaml:databases.x.backup"


def test_expired_exemption_lets_nothing_through(tmp_path: Path) -> None:
    """From the next day on both the violation and the exemption block."""
    found = said(tmp_path, ENTRY | {"expires": TODAY - timedelta(days=1)})
    assert told(found) == [
        ("database-backups", "mandatory", "x/x-db"),
        ("database-backups", "mandatory", "y/x-db"),
        ("exemptions", "mandatory", ""),
    ]
    assert "expired" in found[-1].message
    assert found[-1].message.endswith("mend: policies/exemptions.yaml:1")


@pytest.mark.parametrize(
    "change",
    [{"rule": "data-ledger"}, {"resource": "Instance::x/gone"}, {"resource": "db"}, {"resource": "nstance::x/x-db"}],
)
def test_exemption_that_nothing_needs_is_a_violation(tmp_path: Path, change: dict[str, str]) -> None:
    """Of another rule, of a resource that is gone, or of a part of a name: it lets nothing through and says so."""
    found = said(tmp_path, ENTRY | change)
    assert told(found)[-1] == ("exemptions", "mandatory", "")
    assert "lets nothing through" in found[-1].message
    assert [each.level for each in found[:-1]] == ["mandatory"] * 2


def test_exemption_of_another_stack_is_not_ours(tmp_path: Path) -> None:
    """It holds in its stack alone, and is no violation elsewhere."""
    assert [each.policy for each in said(tmp_path, ENTRY | {"stack": "prod"})] == ["database-backups"] * 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b", "is not a list, for example"),
        ("[text]", "exemptions.yaml:1: is not a mapping, for example"),
        (yaml.safe_dump([ENTRY | {"rule": "database-backup"}]), "rule: database-backup is no rule"),
        (yaml.safe_dump([ENTRY | {"until": TODAY}]), "until: is no key of an exemption; known are rule, stack"),
        (yaml.safe_dump([ENTRY | {"owner": " "}]), "owner: is missing or no text"),
        (yaml.safe_dump([{key: ENTRY[key] for key in ENTRY if key != "reason"}]), "reason: is missing or no text"),
        (yaml.safe_dump([ENTRY | {"expires": "soon"}]), "expires: is missing or no date, for example 2027-01-31"),
        (yaml.safe_dump([ENTRY | {"expires": datetime(2027, 1, 31, tzinfo=UTC)}]), "expires: is missing or no date"),
    ],
)
def test_mistake_in_the_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """What cannot be understood ends the run with the line, the key and an example."""
    with pytest.raises(PolicyPackError) as refused:
        said_under(tmp_path, text)
    assert problem in str(refused.value)
