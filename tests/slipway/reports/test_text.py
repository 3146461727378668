"""The preview for people."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from slipway.rehearsal import EvaluatedPack, Finding, Plan, Rehearsal, Step, Timings
from slipway.reports import text
from slipway.reports.grouped_findings import LocatedFinding
from slipway.settings.locate import Location
from slipway.settings.stacks import Stack

URN = "urn:pulumi:prod::slipway"
STEP = Step("create", f"{URN}::aws:s3/bucket:Bucket::b", {"custom": True, "type": "aws:s3/bucket:Bucket", "inputs": {}})
PACK = EvaluatedPack("slipway", "0.1.0", 58, 58)


def finding(count: int = 1) -> LocatedFinding:
    found = [
        Finding("slipway", "0.1.0", "cost-tags", "mandatory", f"{URN}::aws:s3/bucket:Bucket::b{n}", "", "", "low")
        for n in range(count)
    ]
    problem = "lacks tags: cost-center, and says so in a sentence that is longer than a narrow terminal is wide."
    place = Location("Pulumi.prod.yaml", 24)
    return LocatedFinding(found[0], problem, place, "clusters.main.tags.cost-center", tuple(found[1:]))


def shown(width: int | None, *found: LocatedFinding, every: bool = False) -> str:
    """What a terminal of this width shows, or a file."""
    out = io.StringIO()
    terminal = width is not None
    console = Console(file=out, force_terminal=terminal, no_color=True, width=width or 140, highlight=False)
    for each in found:
        text.finding(console, each, every=every)
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 40, 60])
def test_findings_wrap_between_words(width: int) -> None:
    """On a narrow terminal every line fits, and every word is whole."""
    lines = list(map(visible, shown(width, finding()).splitlines()))
    assert all(len(line) <= width for line in lines)
    assert set(finding().text.split()) <= set(" ".join(lines).split())


def visible(line: str) -> str:
    """Without what sets colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()


def test_a_file_gets_whole_lines() -> None:
    """One line a sentence, which programs may search."""
    lines = shown(None, finding()).splitlines()
    assert lines[1].startswith("  lacks tags: cost-center, and says")
    assert lines[1].endswith("is wide.")
    assert lines[2] == "  fix: Pulumi.prod.yaml:24: clusters.main.tags.cost-center"


def test_a_group_names_its_first_resources() -> None:
    """All of them when every resource is asked for."""
    assert "mandatory cost-tags  68 resources" in shown(None, finding(68))
    assert "b0 (aws:s3/bucket:Bucket), b1 (aws:s3/bucket:Bucket), b2 (aws:s3/bucket:Bucket) and 65 more" in shown(
        None, finding(68)
    )
    assert "b67" in shown(None, finding(68), every=True)


def rehearsal(*packs: EvaluatedPack, failure: str | None = None, steps: tuple[Step, ...] = (STEP,)) -> Rehearsal:
    return Rehearsal(Plan("slipway", "prod", "o", steps), (), (), failure, Timings(1, 1, 1), packs)


@pytest.mark.parametrize(
    ("evaluated", "message"),
    [
        (rehearsal(PACK), "Policies: 0 violations, 0 warnings (58 rules)"),
        (rehearsal(EvaluatedPack("slipway", "0.1.0", 58, 57)), "0 violations, 0 warnings (57 of 58 rules)"),
        (rehearsal(), "Policies: not judged: there is no policy pack in policies/, and --policy-pack names none"),
        (rehearsal(EvaluatedPack("slipway", "0.1.0", 58, 0)), "Policies: not judged: all rules are disabled"),
        (rehearsal(PACK, failure="boom"), "Policies: not judged: the program failed"),
        (rehearsal(PACK, steps=()), "Policies: not judged: the plan has no resources"),
    ],
)
def test_what_nobody_judged_has_no_verdict(evaluated: Rehearsal, message: str) -> None:
    """Nothing is said to be without violations that no rule looked at."""
    out = io.StringIO()
    text.show(Console(file=out, width=140), Stack("prod", "production", {}), evaluated, [], every=False)
    assert message in out.getvalue()
    assert ("violation" in out.getvalue()) == ("violation" in message)


def test_one_is_not_several() -> None:
    """Numbers and nouns agree."""
    out = io.StringIO()
    text.show(Console(file=out, width=140), Stack("prod", "production", {}), rehearsal(PACK), [finding()], every=False)
    assert "1 resource of 1 type to create" in out.getvalue()
    assert "1 violation, 0 warnings" in out.getvalue()
