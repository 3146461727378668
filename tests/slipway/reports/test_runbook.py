"""slipway/reports/runbook/: a page for people, which is generated and says nothing of its own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from components.cluster.monitoring.manifests.alerting import labels
from slipway.reports import runbook
from slipway.reports.runbook import examples
from slipway.reports.runbook.as_html import as_html
from slipway.reports.runbook.as_markdown import as_markdown
from slipway.reports.runbook.blocks import Code, Commands, Items, Link, Message, Paragraph, Section, Table, Task
from slipway.reports.runbook.release_facts import Facts
from slipway.settings import generated_files
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.schedules import Schedule
from slipway.settings.stacks import DeployedSystem, Slot, Stack, StackCluster, SystemDeployment
from slipway.settings.system import System
from tests.test_documents import known_commands, named

ROOT = Path(__file__).parents[3]
SYSTEMS = sorted(path.parent.name for path in ROOT.glob("systems/*/system.yaml"))
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""A Monday."""


@cache
def stack(name: str = "prod") -> Stack:
    return load_stack(find_project(ROOT), name)


def placed(system: str) -> tuple[Stack, StackCluster, DeployedSystem]:
    (cluster,) = [each for each in stack().clusters.values() if system in each.systems]
    return stack(), cluster, cluster.systems[system]


@cache
def page(system: str) -> str:
    return runbook.page(*placed(system), AT)


def between(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level."""
    level = "#" * (len(heading) - len(heading.lstrip("#")))
    return re.split(rf"^{level} ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def released(system: str, blue: str, green: str, active: str = "green", **release: Any) -> DeployedSystem:
    """A system whose next version is in green."""
    _, _, deployed = placed(system)
    deployment = SystemDeployment.model_construct(
        **{**deployed.deployment.__dict__, "active": active, "blue": Slot(version=blue), "green": Slot(version=green)}
    )
    raw = deployed.definition.model_dump(by_alias=True, exclude_unset=True)
    raw["release"] = {**raw.get("release", {}), **release}
    return replace(deployed, deployment=deployment, definition=System.model_validate(raw))


def page_of(deployed: DeployedSystem) -> str:
    whole, cluster, _ = placed(deployed.name)
    return runbook.page(whole, cluster, deployed, AT)


def test_schedules_are_listed() -> None:
    """With what they run for and when; a system without any has no such section."""
    _, _, deployed = placed("fleet")
    nightly = Schedule(service="fleet-api", args=["a"], schedule="0 2 * * *", time_zone="Europe/Berlin", deadline="20m")
    definition = deployed.definition.model_copy(update={"schedules": {"nightly": nightly}})
    listed = between(page_of(replace(deployed, definition=definition)), "#### Schedules")
    assert "| `nightly` | `fleet-api` | `0 2 * * *` | Europe/Berlin | 20m |" in listed
    assert "#### Schedules" not in page("fleet")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_order_of_the_work(system: str) -> None:
    """What a person reads first comes first, and each phase tells apart what is done by itself and by people."""
    found = re.findall(r"^## (.+)$", page(system), re.MULTILINE)
    order = [
        *("Overview", "Before", "Timeline", "During", "After", "Rollback", "Monitoring", "Communication"),
        *("Known issues", "Contacts and escalation", "Reference"),
    ]
    assert found == [each for each in order if each in found]
    assert set(order) - set(found) <= {"Communication", "Known issues"}
    for phase in ("Before", "During", "After", "Rollback"):
        below = re.findall(r"^### (.+)$", between(page(system), f"## {phase}"), re.MULTILINE)
        assert below.index("By itself") < below.index("By a person")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_task_of_a_person_is_on_the_page(system: str) -> None:
    """Approvals, attestations with their steps, reviews with their agenda, in the phase to which they belong."""
    definition = placed(system)[2].definition
    phases = {"before": "Before", "after": "After", "rolled-back": "Rollback"}
    for each in definition.attestations:
        part = between(page(system), f"## {phases[each.when]}")
        assert f"- [ ] `{each.name}` ({each.role})" in part
        assert f"--name {shlex.quote(each.name)} --role {shlex.quote(each.role)} --link URL" in part
        assert all(f"  {number}. " in part for number, _ in enumerate(each.steps, 1))
    for each in definition.release.approvals:
        assert f"--role {shlex.quote(each.role)}" in page(system)
    for each in definition.release.reviews:
        assert f"- [ ] {each.name}" in between(page(system), "## After")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_contact_and_known_issue_is_on_the_page(system: str) -> None:
    """In the order of escalation; symptoms are headings."""
    definition = placed(system)[2].definition
    part = between(page(system), "## Contacts and escalation")
    assert [row.split("|")[2].strip() for row in part.splitlines() if row.startswith("|")][2:] == [
        each.role for each in sorted(definition.contacts, key=lambda each: each.level or 99)
    ]
    assert [each.symptom for each in definition.known_issues] == re.findall(
        r"^### (.+)$", page(system).partition("## Known issues\n")[2].partition("\n## ")[0], re.MULTILINE
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_command_on_the_page_exists(system: str) -> None:
    """With its options, so that it can be typed as it stands."""
    commands = known_commands()
    deployed = released(system, "0.0.1", "9.9.9") if system == "kingstons" else placed(system)[2]
    typed = re.findall(r"^slipway (.+?)(?:  #.*)?$", page_of(deployed), re.MULTILINE)
    assert len(typed) > 10
    for line in typed:
        name, options = named(line.split(), commands)
        assert name in commands, line
        assert set(options) <= commands[name], line


def test_clock_times_follow_from_the_window() -> None:
    """In the window's own zone: the notice, the start, the end of the watch."""
    deployed = released("smartwallet", "2.3.0", "2.4.0")
    rows = between(page_of(deployed), "## Timeline")
    assert "| T-24:00 | Mon 2026-11-30 10:00 | stakeholders are notified by email | by itself |" in rows
    assert "| T+00:15 | Tue 2026-12-01 10:15 | 50 % of visitors, held for 15m | by itself |" in rows
    assert "| T+24:45 | Wed 2026-12-02 10:45 | the watch ends after 24h" in rows
    assert "Tuesday 2026-12-01 10:00 EST" in page_of(deployed)


def test_times_after_a_migration_begin_when_it_ends() -> None:
    """Kingstons' migration takes five minutes, and the whole release three quarters of an hour."""
    rows = between(page_of(released("kingstons", "1.0.0", "1.1.0")), "## Timeline")
    order = ["maintenance page, which is proven", "is dumped", "is migrated: 001-fixed", "1.1.0 starts", "smoke tests"]
    positions = [rows.index(each) for each in order]
    assert positions == sorted(positions)
    assert re.search(r"T\+00:05 \| [^|]+ \| 1.1.0 starts in slot green", rows)
    assert re.search(r"T\+00:45 \| [^|]+ \| promoted: .*the maintenance page is gone", rows)


def test_only_migrations_of_the_release_are_listed() -> None:
    """Those that the version before has needed already are left out; without one, all are new."""
    assert "001-fixed-fee-facilitated" in between(page_of(released("kingstons", "1.0.0", "1.1.0")), "## During")
    later = between(page_of(released("kingstons", "1.1.0", "1.2.0")), "## During")
    assert "001-fixed-fee-facilitated" not in later
    assert "001-fixed-fee-facilitated" in between(page_of(released("kingstons", "1.1.0", "1.2.0")), "## Reference")
    assert "001-fixed-fee-facilitated" not in between(page("kingstons"), "## During")


def test_an_incompatible_migration_is_part_of_the_way_back() -> None:
    """In order: closed, rolled back by its file, opened on the version before."""
    back = between(page_of(released("kingstons", "1.0.0", "1.1.0")), "## Rollback")
    steps = [
        "stays up",
        "`001-fixed-fee-facilitated` is rolled back by `migrations/001_rollback",
        "let in again, on slot blue",
    ]
    positions = [back.index(each) for each in steps]
    assert positions == sorted(positions)
    assert "--migration 001-fixed-fee-facilitated" in back
    assert "measured 20m" in back


def test_without_a_version_before_there_is_no_promise_of_one() -> None:
    """A first release has no slot to return to."""
    assert "no version to return to" in between(page("fleet"), "## Rollback")
    assert "% of visitors" not in between(page("fleet"), "## Timeline")
    assert "10 % of visitors" in between(page_of(released("fleet", "v1", "v2")), "## Timeline")
    assert "back on slot blue" in between(page_of(released("fleet", "v1", "v2")), "## Rollback")


@pytest.mark.parametrize(("error_percent", "critical"), [(1, "1 %"), (None, "0.5 %")])
def test_triggers_have_figures(error_percent: float | None, critical: str) -> None:
    """The declared one, or five times the objective."""
    deployed = released("fleet", "v1", "v2", rollback={"errorPercent": error_percent} if error_percent else {})
    back = between(page_of(deployed), "## Rollback")
    assert f"| errors, at once | {critical} of requests or more, from the first sample of 15 s on |" in back
    assert "| errors | above 0.1 %, from 3 samples on |" in back
    assert "fewer than 300 requests" in back


def test_a_split_by_hand_has_a_candidate_too() -> None:
    """The other slot, while it has a share of visitors."""
    whole = stack("staging")
    deployed = whole.clusters["main"].systems["smartwallet"]
    split = replace(
        deployed,
        deployment=SystemDeployment(blue=Slot(version="2.3.0", weight=90), green=Slot(version="2.4.0", weight=10)),
    )
    facts = Facts(whole, whole.clusters["main"], split, AT)
    assert (facts.candidate, facts.version, facts.former, facts.former_version) == ("green", "2.4.0", "blue", "2.3.0")


def test_who_releases_is_named() -> None:
    """A controller of the cluster, or people by hand where there is none."""
    whole, cluster, deployed = placed("fleet")
    for presence, sentence in (
        ("installed", "a controller in the cluster does"),
        ("absent", "has no controller of releases"),
    ):
        controllers = cluster.settings.controllers.model_copy(update={"releases": presence})
        settings = cluster.settings.model_copy(update={"controllers": controllers})
        text = runbook.page(whole, replace(cluster, settings=settings), deployed, AT)
        assert sentence in between(text, "## Overview")


def test_the_dashboard_is_the_one_that_alerts_name() -> None:
    """Its address is made elsewhere."""
    for system in SYSTEMS:
        assert f"`{labels.dashboard(system)}`" in between(page(system), "## Monitoring")


def test_messages_have_their_times() -> None:
    """As they are sent: from start to end."""
    part = between(page("expenses"), "## Communication")
    assert "from Saturday 2026-12-05 02:00 UTC to Saturday 2026-12-05 06:00 UTC" in part
    assert "> Dear Users," in part
    assert "{start}" not in part.partition("### Messages")[2]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_page_is_the_same_for_the_same_time(system: str) -> None:
    """No clock of its own, no order by chance."""
    assert runbook.page(*placed(system), AT) == page(system)


def test_the_example_of_the_documentation_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`make runbooks` writes it again."""
    status = generated_files.main(examples.GENERATED, ["--verify"])
    assert status == 0, capsys.readouterr().out


def test_an_example_that_is_out_of_date_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, different or left over; `--update` writes it."""
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml", "systems"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    assert generated_files.main(examples.GENERATED, ["--verify"]) == 1
    assert generated_files.main(examples.GENERATED, ["--update"]) == 0
    (tmp_path / examples.FOLDER / "old.md").write_text("old", encoding="utf-8")
    assert generated_files.main(examples.GENERATED, ["--verify"]) == 1
    assert generated_files.main(examples.GENERATED, ["--update"]) == 0
    assert sorted(path.name for path in (tmp_path / examples.FOLDER).iterdir()) == [
        "fleet-prod.md",
        "smartwallet-staging.md",
    ]


HOSTILE = 'a <b>&|`code`*_# @x ![i](http://i) [l](javascript:1) "q" \u202e\n# x'


class Elements(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile(title: str = "T") -> tuple[str, list[Section]]:
    blocks = [
        Paragraph(HOSTILE),
        Items([HOSTILE, Code(HOSTILE)], numbered=True),
        Task(HOSTILE, [HOSTILE]),
        Table((HOSTILE,), [[HOSTILE], [Code(HOSTILE)], [(Link(HOSTILE, "javascript:alert(1)"),)]]),
        Commands([("echo " + shlex.quote(HOSTILE), HOSTILE)]),
        Message(HOSTILE, HOSTILE),
    ]
    return title, [Section(HOSTILE, blocks)]


def test_html_escapes_everything() -> None:
    """Texts of a definition make no elements, and only addresses of the web become links."""
    found = Elements(as_html(*hostile()))
    assert found.names.count("b") == 1, "the subject of the message"
    assert not {"img", "script", "x"} & set(found.names)
    assert found.addresses == []
    assert "\u202e" not in found.text


def test_markdown_escapes_everything() -> None:
    """No element but code, no image and no heading of its own, and no row with more cells than columns."""
    text = as_markdown(*hostile())
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    parts = [part for token in tokens for part in (token, *(token.children or []))]
    assert {part.content for part in parts if part.type.startswith("html")} <= {"<code>", "</code>"}
    assert "image" not in {part.type for part in parts}
    assert [part.tag for part in parts if part.type == "heading_open"] == ["h1", "h2"]
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {2}
    assert "\u202e" not in text


@pytest.mark.parametrize("text", ["- a", "1. a", "# a", "+ a", "==="])
def test_a_text_begins_no_list_or_heading(text: str) -> None:
    """At the start of a line its first sign is escaped; in the middle of one it needs none."""
    written = as_markdown("T", [Section("S", [Paragraph(text), Table(("x",), [[text]])])])
    assert f"\n{text}\n" not in written
    assert f"| {text} |" in written or text.startswith("#")


@pytest.mark.parametrize("system", SYSTEMS)
def test_html_has_what_markdown_has(system: str) -> None:
    """Every heading, in the same order; it loads nothing and runs nothing."""
    text = runbook.html_page(*placed(system), AT)
    headings = re.findall(r"<h[1-6]>(.*?)</h[1-6]>", text)
    outside = re.sub(r"^```.*?^```", "", page(system), flags=re.DOTALL | re.MULTILINE)
    assert len(headings) == len(re.findall(r"^#+ ", outside, re.MULTILINE))
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert not {"script", "img", "link", "iframe"} & set(Elements(text).names)


def test_nothing_secret_is_on_a_page() -> None:
    """Secrets are named, and definitions have no values of them."""
    names: Mapping[str, object] = placed("smartwallet")[2].definition.secrets
    assert "CLERK_SECRET_KEY" in names
    assert "`CLERK_SECRET_KEY`" in page("smartwallet")
    assert "pk_live" not in page("smartwallet")
