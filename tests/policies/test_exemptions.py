"""An exemption turns one rule's violation by one resource into advice until its day; else it is a violation itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.rehearsal.errors import PolicyPackError
from tests.policies.pack_under_test import Fact, Finding, Pack, copied

TODAY = date(2026, 11, 2)
CLOCK = f"from datetime import date\n\n\ndef today():\n    return date.fromisoformat('{TODAY}')\n"
RULES = ("database-backups", "exemptions")
BAD = Fact("aws:rds/instance:Instance", {"tags": {"slipway.dev/source": "systems/x/system.yaml:databases.x"}}, "x/x-db")
OTHER = Fact("aws:rds/instance:Instance", {}, "y/x-db")
ENTRY = {
    "rule": "database-backups",
    "stack": "trial",
    "resource": "Instance::x/x-db",
    "reason": "it is empty until the first of the month",
    "owner": "platform@example.com",
    "since": TODAY - timedelta(days=90),
    "expires": TODAY,
}


def findings(folder: Path, *entries: Any) -> list[Finding]:
    """What the two rules say of both databases under these exemptions, on the stack `trial`."""
    return findings_under(folder, yaml.safe_dump(list(entries)))


def findings_under(folder: Path, text: str) -> list[Finding]:
    directory = copied(folder / "pack")
    (directory / "exemptions.yaml").write_text(text)
    (directory / "framework" / "clock.py").write_text(CLOCK)
    pack = Pack(directory=directory)
    try:
        return pack.about(*RULES).evaluate(BAD, OTHER)
    finally:
        pack.close()


def summary(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.policy, each.level, each.name) for each in found]


def test_exempt_violation_is_advice(tmp_path: Path) -> None:
    """The finding stays, says until when and why, and blocks nothing; another resource's does."""
    found = findings(tmp_path, ENTRY)
    assert summary(found) == [
        ("database-backups", "advisory", "x/x-db"),
        ("database-backups", "mandatory", "y/x-db"),
    ]
    assert f"Exempt until {TODAY}: it is empty until the first of the month (platform@example.com" in found[0].message
    assert found[0].message.splitlines()[-1] == "fix: systems/x/system.yaml:databases.x.backup.retentionDays = 7"


def test_days_may_be_quoted(tmp_path: Path) -> None:
    """As text they mean the same."""
    quoted = {key: str(ENTRY[key]) for key in ("since", "expires")}
    assert summary(findings(tmp_path, ENTRY | quoted)) == summary(findings(tmp_path / "again", ENTRY))


def test_expired_exemption_lets_nothing_through(tmp_path: Path) -> None:
    """From the next day on both the violation and the exemption block."""
    found = findings(tmp_path, ENTRY | {"expires": TODAY - timedelta(days=1)})
    assert summary(found) == [
        ("database-backups", "mandatory", "x/x-db"),
        ("database-backups", "mandatory", "y/x-db"),
        ("exemptions", "mandatory", ""),
    ]
    assert "expired" in found[-1].message
    assert found[-1].message.endswith("fix: policies/exemptions.yaml:1")


def test_exemption_of_a_later_day_is_not_in_force(tmp_path: Path) -> None:
    """A row of them could be written at once, and none would ever be looked at again."""
    found = findings(tmp_path, ENTRY | {"since": TODAY + timedelta(days=1), "expires": TODAY + timedelta(days=2)})
    assert summary(found)[-1] == ("exemptions", "mandatory", "")
    assert "is not in force yet" in found[-1].message
    assert [each.level for each in found[:-1]] == ["mandatory"] * 2


@pytest.mark.parametrize(
    "change",
    [{"rule": "data-ledger"}, {"resource": "Instance::x/gone"}, {"resource": "db"}, {"resource": "nstance::x/x-db"}],
)
def test_exemption_that_nothing_needs_is_a_violation(tmp_path: Path, change: dict[str, str]) -> None:
    """Of another rule, of a resource that is gone, or of a part of a name: it is not used and says so."""
    found = findings(tmp_path, ENTRY | change)
    assert summary(found)[-1] == ("exemptions", "mandatory", "")
    assert "is not used" in found[-1].message
    assert [each.level for each in found[:-1]] == ["mandatory"] * 2


def test_exemption_of_another_stack_is_not_ours(tmp_path: Path) -> None:
    """It holds in its stack alone, and is no violation elsewhere."""
    assert [each.policy for each in findings(tmp_path, ENTRY | {"stack": "prod"})] == ["database-backups"] * 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b", "is not a list, for example"),
        ("- a: [", "is not valid YAML: did not find"),
        ("- {since: 2026-02-31}", "exemptions.yaml: is not valid YAML: day is out of range"),
        ("[text]", "exemptions.yaml:1: is not a mapping, for example"),
        (yaml.safe_dump([ENTRY | {"rule": "database-backup"}]), "rule: database-backup is not a rule"),
        (yaml.safe_dump([ENTRY | {"until": TODAY}]), "until: is not a key of an exemption; allowed are rule, stack"),
        (yaml.safe_dump([ENTRY | {"owner": " "}]), "owner: is missing or not a string"),
        (yaml.safe_dump([{key: ENTRY[key] for key in ENTRY if key != "reason"}]), "reason: is missing or not a string"),
        (yaml.safe_dump([ENTRY | {"since": TODAY - timedelta(days=91)}]), "expires: is not within 90 days after since"),
        (yaml.safe_dump([ENTRY | {"since": TODAY + timedelta(days=1)}]), "expires: is not within 90 days after since"),
        (yaml.safe_dump([{key: ENTRY[key] for key in ENTRY if key != "since"}]), "since: is missing or not a date"),
        (yaml.safe_dump([ENTRY | {"expires": "soon"}]), "expires: is missing or not a date, for example 2027-01-31"),
        (yaml.safe_dump([ENTRY | {"expires": datetime(2027, 1, 31, tzinfo=UTC)}]), "expires: is missing or not a date"),
    ],
)
def test_mistake_in_the_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """What cannot be understood ends the run with the line, the key and an example."""
    with pytest.raises(PolicyPackError) as refused:
        findings_under(tmp_path, text)
    assert problem in str(refused.value)
    assert "Traceback" not in str(refused.value)
