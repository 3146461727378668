"""docs/alerts/: that the address in every alert leads to a paragraph, and that pages say what alerts do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from components.cluster.monitoring.manifests.alerting import labels, pages, system_alerts
from components.cluster.monitoring.manifests.alerting.pages import GENERATED, THRESHOLDS
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings.generated_files import main
from slipway.settings.operations import Alert, KnownIssue
from slipway.settings.project import find_project
from slipway.settings.stacks import DeployedSystem, SystemDeployment
from slipway.settings.system import System

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "docs" / "alerts"
SYSTEMS = sorted(path.parent.name for path in ROOT.glob("systems/*/system.yaml"))
BOOKS = "https://books"


@cache
def deployed_systems() -> Mapping[str, DeployedSystem]:
    return pages.deployed_systems(find_project(ROOT))


def written(system: str) -> str:
    return (ALERTS / f"{system}.md").read_text(encoding="utf-8")


def alerts(deployed: DeployedSystem) -> list[Rule]:
    return [rule for rules in system_alerts.of_system(deployed).values() for rule in rules]


def headings(page: str) -> list[str]:
    """As they are read, not as they are written; none of those in code."""
    plain = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^#{1,6} (.+?) *$", plain, re.MULTILINE)
    return [re.sub(r"\\(?=\W)", "", heading).replace("`", "") for heading in found]


def anchors(page: str) -> list[str]:
    """As GitHub makes them: lower case, words joined by hyphens, and a number where one was there already."""
    found: list[str] = []
    for heading in headings(page):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        again = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each) is not None for each in found)
        found.append(f"{anchor}-{again}" if again else anchor)
    return found


def shop(**more: object) -> DeployedSystem:
    fields = {
        "title": "Shop",
        "owner": {"team": "shop"},
        "services": {"api": {"image": "api", "port": 3000}},
    }
    return DeployedSystem("shop", System.model_validate(fields | more), SystemDeployment())


def section(page: str, heading: str) -> str:
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`make alerts`, committed."""
    monkeypatch.chdir(ROOT)
    status = main(GENERATED, ["--verify"])
    assert status == 0, capsys.readouterr().out


def test_every_system_has_a_page() -> None:
    assert {path.stem for path in ALERTS.glob("*.md")} == {*SYSTEMS, "README", "cluster"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_address_of_every_alert_leads_to_its_paragraph(system: str) -> None:
    deployed = deployed_systems()[system]
    found = system_alerts.prometheus_rule(deployed, BOOKS)
    rules = [rule for group in found["groups"] for rule in group["rules"] if "alert" in rule]
    assert len(rules) > 15
    for rule in rules:
        page, anchor = rule["annotations"]["runbook_url"].removeprefix(f"{BOOKS}/").split("#")
        text = (ALERTS / page).read_text(encoding="utf-8")
        assert headings(text)[anchors(text).index(anchor)] == rule["alert"]


def test_anchors_are_those_of_github() -> None:
    page = "# API is `slow`: why?\n## B_c-d\n## Twice\n```promql\n# code\n```\n### Twice\n### a\\*b\n"
    assert anchors(page) == ["api-is-slow-why", "b_c-d", "twice", "twice-1", "ab"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_paragraph_says_what_fires_and_what_to_do(system: str) -> None:
    """Expression, severity, time, and the steps."""
    text = written(system)
    for rule in alerts(deployed_systems()[system]):
        paragraph = section(text, rule.name)
        assert f"\n{rule.expr}\n" in paragraph.partition("```promql")[2].partition("```")[0]
        assert rule.severity in paragraph.lower()
        assert rule.for_ in paragraph or (rule.for_ == "0m" and "immediately" in paragraph)
        assert "\n1. " in paragraph


TROUBLES = [
    (name, trouble) for name, deployed in deployed_systems().items() for trouble in deployed.definition.known_issues
]


@pytest.mark.parametrize(("system", "trouble"), TROUBLES, ids=[trouble.symptom for _, trouble in TROUBLES])
def test_every_trouble_is_reported(system: str, trouble: KnownIssue) -> None:
    """With its symptom as a heading, its cause and all of its steps."""
    text = written(system)
    read = text.replace("\\", "").replace("`", "")
    assert trouble.symptom in headings(text)
    assert trouble.cause in read
    assert all(step in read for step in trouble.steps)


@pytest.mark.parametrize("system", SYSTEMS)
def test_everybody_is_named(system: str) -> None:
    """The owner, and contacts in the order of their levels."""
    definition = deployed_systems()[system].definition
    people = section(written(system), "Who answers")
    assert definition.owner.team in people
    assert all(contact.role in people for contact in definition.contacts)
    levels = [int(found) for found in re.findall(r"^\| (\d) \|", people, re.MULTILINE)]
    assert levels == sorted(levels)
    assert len(levels) == sum(contact.level is not None for contact in definition.contacts)


def test_fleets_own_alerts_say_how_they_differ() -> None:
    text = written("fleet")
    assert "0.01 is a ratio" in section(text, "PersonalUseAPIHighErrorRate")
    assert "by `le` first" in section(text, "PersonalUseAPISlowResponse")


def test_alerts_of_one_name_share_a_heading() -> None:
    """A window or a database each is a row; what differs in nothing else is said once."""
    burning = section(pages.system_page(shop()), "ErrorBudgetBurn")
    assert re.findall(r"^\| (\d+[hd]) \| (\w+) \|", burning, re.MULTILINE) == [
        ("1h", "critical"),
        ("6h", "critical"),
        ("1d", "warning"),
        ("3d", "warning"),
    ]
    stale = section(pages.system_page(shop(databases={"orders_db": {}, "users": {}})), "BackupTooOld")
    assert re.findall(r"^\| (\w+) \| critical \|", stale, re.MULTILINE) == ["orders_db", "users"]
    assert stale.count("\n1. ") == 1
    assert "--from=cronjob/<database>-dump <database>-dump-now" in stale


def test_steps_that_differ_are_reported_one_by_one() -> None:
    """A database that is called like the namespace cannot be told from it."""
    page = pages.system_page(shop(databases={"shop": {}, "users": {}}))
    stale = section(page, "BackupTooOld")
    assert stale.count("\n1. ") == 2
    assert "cronjob/shop-dump" in stale
    assert "cronjob/users-dump" in stale


def test_text_is_taken_for_no_markup() -> None:
    trouble = {"symptom": "A * in <b>", "cause": "a|b.", "steps": ["Ask: kubectl -n <namespace> get pods, twice", "C"]}
    page = pages.system_page(shop(knownIssues=[trouble]))
    assert "### A \\* in \\<b>\n\nCause: a|b.\n" in page
    assert "1. Ask: `kubectl -n shop get pods`, twice\n2. C\n" in page


def test_thresholds_name_alerts_that_exist() -> None:
    """The table of docs/alerts/README.md, over all systems and one with schedules, of which they have none."""
    nightly = {"service": "api", "schedule": "0 2 * * *", "deadline": "1h"}
    deployed = [*deployed_systems().values(), shop(schedules={"nightly": nightly})]
    every = {rule.name for each in deployed for rule in alerts(each)}
    assert {name for named in THRESHOLDS.values() for name in named} <= every


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what pages are made from, with its pages."""
    for file in ("Pulumi.yaml", "Pulumi.local.yaml"):
        shutil.copy(ROOT / file, tmp_path)
    shutil.copytree(ROOT / "systems", tmp_path / "systems")
    monkeypatch.chdir(tmp_path)
    assert main(GENERATED, ["--update"]) == 0
    assert main(GENERATED, ["--verify"]) == 0
    return tmp_path


def test_a_new_alert_without_a_page_fails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Until the page is regenerated."""
    file = project / "systems" / "fleet" / "system.yaml"
    new = "\nalerts:\n  - {name: NoTrips, summary: Nobody drives, kind: rate, metric: trips_total, above: 5}"
    file.write_text(file.read_text(encoding="utf-8").replace("\nalerts:", new, 1), encoding="utf-8")
    assert main(GENERATED, ["--verify"]) == 1
    assert "+## NoTrips" in capsys.readouterr().out
    assert main(GENERATED, ["--update"]) == 0
    assert main(GENERATED, ["--verify"]) == 0
    assert labels.runbook(BOOKS, "fleet", "NoTrips") == f"{BOOKS}/fleet.md#notrips"
    assert "notrips" in anchors((project / "docs" / "alerts" / "fleet.md").read_text(encoding="utf-8"))


def test_pages_come_and_go_with_their_systems(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also with one that the stack has not placed."""
    folder = project / "docs" / "alerts"
    shutil.copytree(project / "systems" / "expenses", project / "systems" / "payroll")
    (folder / "gone.md").write_text("# Alerts of nobody\n", encoding="utf-8")
    assert main(GENERATED, ["--verify"]) == 1
    assert main(GENERATED, ["--update"]) == 0
    output = capsys.readouterr().out
    assert "removed docs/alerts/gone.md" in output
    assert "wrote docs/alerts/payroll.md" in output
    assert not (folder / "gone.md").exists()
    assert main(GENERATED, ["--verify"]) == 0


def test_what_is_wrong_in_a_definition_is_reported(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "systems" / "fleet" / "system.yaml").write_text("title: 1\n", encoding="utf-8")
    assert main(GENERATED, ["--verify"]) == 2
    assert "systems/fleet/system.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "error-ratio"}, "gateway's counts"),
        ({"kind": "logs", "pattern": "panic"}, "../logs.md"),
        ({"kind": "rate", "metric": "a_total"}, "one alert for the system"),
    ],
)
def test_owners_alerts_say_how_they_are_reckoned(settings: dict[str, str], message: str) -> None:
    alert = Alert.model_validate({"name": "Own", "summary": "Own", "above": 1, **settings}, by_alias=True)
    deployed = shop()
    definition = deployed.definition.model_copy(update={"alerts": [alert]})
    page = pages.system_page(DeployedSystem("shop", definition, deployed.deployment))
    assert message in section(page, "Own")
