"""The comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from slipway.rehearsal import Diagnostic, EvaluatedPack, Finding, Plan, Rehearsal, Step, Timings
from slipway.rehearsal.difference import Change, Changed, Difference
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.markdown import LIMIT, as_markdown, marker, refusal
from slipway.settings.load import load_stack
from slipway.settings.locate import Location
from slipway.settings.problems import Place, Problem
from slipway.settings.project import find_project
from slipway.settings.stacks import Stack
from tests.slipway.cli.conftest import CANARY, ROOT, Copy, project

__all__ = ["project"]

URN = "urn:pulumi:staging::slipway"


class Comment(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "md"


@pytest.fixture(scope="module")
def staging() -> Stack:
    return load_stack(find_project(ROOT), "staging")


def step(path: str, type_: str, name: str, parent: Step | None = None, *, custom: bool = True) -> Step:
    urn = f"{URN}::{path}{type_}::{name}"
    return Step("create", urn, {"type": type_, "custom": custom, "parent": parent.urn if parent else ""})


def plan(*diagnostics: Diagnostic) -> Plan:
    """A system with a slot and a database."""
    system = step("", "slipway:system:System", "expenses", custom=False)
    slot = step("s$", "slipway:system:Slot", "expenses/expenses-blue", system, custom=False)
    database = step("s$", "slipway:aws:Database", "expenses/expenses", system, custom=False)
    steps = [
        system,
        step("s$", "kubernetes:core/v1:Namespace", "expenses", system),
        slot,
        step("s$t$", "kubernetes:apps/v1:Deployment", "expenses/api-blue", slot),
        step("s$t$", "kubernetes:core/v1:Service", "expenses/api-blue", slot),
        step("s$t$", "kubernetes:core/v1:Service", "expenses/web-blue", slot),
        database,
        step("s$d$", "aws:rds/instance:Instance", "expenses/expenses", database),
    ]
    return Plan("slipway", "staging", "organization", tuple(steps), diagnostics=diagnostics)


PACKS = (EvaluatedPack("slipway", "0.1.0", 58, 58),)


def rehearsed(of: Plan, failure: str | None = None) -> Rehearsal:
    return Rehearsal(of, (), of.diagnostics, failure, Timings(1, 2, 3), PACKS)


def finding(rule: str, name: str, text: str, *, blocks: bool = True, place: Location | None = None) -> LocatedFinding:
    level = "mandatory" if blocks else "advisory"
    urn = f"{URN}::a$aws:rds/instance:Instance::{name}"
    return LocatedFinding(Finding("slipway", "0.1.0", rule, level, urn, text, "", "high"), text, place)


WHY = "expenses/expenses is declared to have no backup.\nA lost database comes back from its last backup only."
FOUND = [
    finding("database-backups", "expenses/expenses", WHY, place=Location("Pulumi.staging.yaml", 30)),
    finding("database-backups", "expenses/other", "As above.", place=Location("Pulumi.staging.yaml", 31)),
    finding("limits", "expenses/api", "Has no limit | <b>really</b>: ask @octocat, see #1.", blocks=False),
]


@pytest.mark.parametrize("every", [False, True], ids=["counted", "named"])
def test_a_small_plan(staging: Stack, snapshot: SnapshotAssertion, every: bool) -> None:
    """Verdict, violations with the line that fixes each, advice in a fold, resources by system."""
    planned = plan(Diagnostic("warning", "A name is long."), Diagnostic("info", "Nobody needs this."))
    text = as_markdown(staging, rehearsed(planned), FOUND, every=every)
    assert text == snapshot.use_extension(Comment)


def test_a_program_that_failed(staging: Stack, snapshot: SnapshotAssertion) -> None:
    """The end of its traceback, before everything else."""
    failure = "Traceback (most recent call last):\n  File …\n    raise RuntimeError('```')\nRuntimeError: ```\n"
    text = as_markdown(staging, rehearsed(replace(plan(), steps=()), failure), [], every=False)
    assert text == snapshot.use_extension(Comment)


@pytest.mark.parametrize(
    ("found", "failure", "verdict"),
    [(FOUND, None, "blocked"), (FOUND[2:], None, "warnings"), ([], None, "fine"), (FOUND, "boom", "failed")],
)
def test_the_verdict(staging: Stack, found: Sequence[LocatedFinding], failure: str | None, verdict: str) -> None:
    """The second line, below the one that the comment is found by."""
    lines = as_markdown(staging, rehearsed(plan(), failure), found, every=False).splitlines()
    assert lines[:2] == ["<!-- slipway preview staging -->", f"## `staging`: {verdict}"]


@pytest.mark.parametrize(
    "packs", [(), (EvaluatedPack("slipway", "0.1.0", 58, 0),)], ids=["no pack", "all rules disabled"]
)
def test_what_nobody_judged_is_not_fine(staging: Stack, packs: tuple[EvaluatedPack, ...]) -> None:
    """No verdict, and the reason."""
    text = as_markdown(staging, replace(rehearsed(plan()), evaluated_by=packs), [], every=False)
    assert text.splitlines()[1] == "## `staging`: not judged"
    assert "**Not judged**: " in text
    assert "violation" not in text


def test_one_cause_is_one_line(staging: Stack) -> None:
    """How many resources, the key to set and where, and the first of them by name."""
    one = replace(FOUND[0], key="databases.expenses.backup", others=(FOUND[1].finding,))
    text = as_markdown(staging, rehearsed(plan()), [one], every=False)
    assert "**1 violation**" in text
    assert "- **2 resources**: set `databases.expenses.backup` in `Pulumi.staging.yaml:30`<br>" in text
    assert "`expenses/expenses (aws:rds/instance:Instance)`, `expenses/other (aws:rds/instance:Instance)`" in text


def test_violations_are_never_folded(staging: Stack) -> None:
    """They stand before the first fold."""
    text = as_markdown(staging, rehearsed(plan()), FOUND, every=False)
    assert text.index("### Violations") < text.index("expenses/other") < text.index("<details>")


CUTS = [
    (0, 0, None),
    (70, 70, "the names of resources"),
    (0, 300, "the parts of systems, the texts of warnings"),
    (2000, 0, "all violations but the first"),
]


@pytest.mark.parametrize(("blocking", "advisory", "message"), CUTS)
def test_what_is_left_out_is_mentioned(staging: Stack, blocking: int, advisory: int, message: str | None) -> None:
    """First names, then parts, then advice, violations last; the counts stay true."""
    found = [finding("backups", f"expenses/{n}", "w" * 280) for n in range(blocking)]
    found += [finding(f"limits-{n % 3}", f"expenses/{n}", "w" * 280, blocks=False) for n in range(advisory)]
    many = tuple(step("s$", "kubernetes:core/v1:Service", f"expenses/service-{n}", plan().steps[0]) for n in range(600))
    large = replace(plan(), steps=(*plan().steps, *many))
    text = as_markdown(staging, rehearsed(large), found, every=True)
    assert f"**{blocking} violations**, {advisory} warnings" in text
    assert ("Left out" in text) == (message is not None)
    assert message is None or message in text.splitlines()[-1]


@given(
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.integers(1, 1000),
    st.text(max_size=500),
    st.text(max_size=100),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_the_comment_is_never_too_long(
    staging: Stack, blocking: int, advisory: int, rules: int, text: str, name: str, every: bool
) -> None:
    """Whatever plans say and however often; what is shown of violations and what is not adds up."""
    found = sorted(
        [finding(f"rule-{n % rules}{name}", name, text, place=Location(name, n)) for n in range(blocking)],
        key=lambda each: each.finding.policy,
    )
    found += [finding(f"{n}", name, text, blocks=False) for n in range(advisory)]
    planned = plan(*(Diagnostic("warning", text) for _ in range(advisory)))
    comment = as_markdown(staging, rehearsed(planned, text * rules or None), found, every=every)
    assert len(comment.encode()) <= LIMIT
    assert comment.startswith(f"{marker('staging')}\n")
    shown = comment[comment.find("### Violations\n") : comment.find("\n### ", comment.find("### Violations\n") + 1)]
    if blocking:
        more = re.search(r"^and ([0-9]+) more: run `slipway preview --stack staging`$", shown, re.MULTILINE)
        assert shown.count("\n- **") + (int(more[1]) if more else 0) == blocking
        assert shown.count("\n- **") > 0


def changes(number: int, value: str = "new") -> Difference:
    """So many changes of one system, beside what is the same."""
    found = [
        Changed(
            "update",
            f"{URN}::slipway:system:System$kubernetes:core/v1:Service::expenses/{n}",
            "kubernetes:core/v1:Service",
            (Change(("a", "b"), "old", value),),
        )
        for n in range(number)
    ]
    same = Changed("same", f"{URN}::s$kubernetes:core/v1:Service::expenses/same", "kubernetes:core/v1:Service")
    return Difference("main", (*found, same))


def test_changes_are_listed_by_system(staging: Stack) -> None:
    """One line first, then a fold with what differs; what was there before is folded, and does not block."""
    known = [replace(each, known=True) for each in FOUND]
    text = as_markdown(staging, rehearsed(plan()), known, every=False, difference=changes(2))
    assert text.splitlines()[:4] == [
        "<!-- slipway preview staging -->",
        "## `staging`: fine",
        "",
        "No data is lost. 2 to update, 1 unchanged, against main. **0 violations**, 0 warnings, 3 already there.",
    ]
    assert "<details><summary><b>expenses</b>: 2 to update</summary>" in text
    assert '~ update kubernetes:core/v1:Service expenses/0\n    a.b: "old" → "new"\n' in text
    assert text.index("### Changes") < text.index("<details><summary>Already there: 3 findings</summary>")
    assert "### Violations" not in text


def test_nothing_changes_in_one_line(staging: Stack) -> None:
    """Unless somebody has something against it."""
    text = as_markdown(staging, rehearsed(plan()), [], every=False, difference=changes(0))
    assert text.splitlines()[1:] == ["`staging`: nothing changes: 1 resource as in main. **0 violations**, 0 warnings."]
    assert as_markdown(staging, rehearsed(plan()), FOUND, every=False, difference=changes(0)).count("\n") > 5
    failed = as_markdown(staging, rehearsed(plan(), "boom"), [], every=False, difference=changes(0))
    assert failed.splitlines()[1] == "## `staging`: failed"


@pytest.mark.parametrize(
    ("number", "value", "shown", "gone"),
    [
        (20, "x" * 90, '"old" → "xxx', None),
        (500, "x" * 90, "~ update kubernetes:core/v1:Service expenses/499", "the properties that differ"),
        (5000, "x", "| expenses | 5,000 to update |", "the names of what changes"),
    ],
)
def test_whole_sections_go_where_there_is_no_room(
    staging: Stack, number: int, value: str, shown: str, gone: str | None
) -> None:
    """First properties, then names; never a part of them, and never a violation that is new."""
    text = as_markdown(staging, rehearsed(plan()), FOUND, every=False, difference=changes(number, value))
    assert len(text.encode()) <= LIMIT
    assert shown in text
    assert ("Left out" in text) == (gone is not None)
    assert gone is None or gone in text.splitlines()[-1]
    assert "#### `database-backups`" in text


@given(st.text("@`|<{}é\U0010ffff\x00", min_size=3000, max_size=4000))
@settings(max_examples=5, deadline=None)
def test_the_worst_text_leaves_room_for_a_violation(staging: Stack, text: str) -> None:
    """Every character that grows when it is escaped, everywhere at once."""
    found = [finding(text, text, text, place=Location(text, 1)) for _ in range(20)]
    found += [finding(f"{n}{text}", text, text, blocks=False) for n in range(100)]
    planned = plan(*(Diagnostic("error", text) for _ in range(50)))
    comment = as_markdown(replace(staging, name=text), rehearsed(planned, "\n".join([text] * 50)), found, every=True)
    assert len(comment.encode()) <= LIMIT
    assert "\n- **" in comment[comment.index("### Violations") : comment.index("### Warnings")]


@given(st.text())
def test_no_name_ends_the_first_line(name: str) -> None:
    """It is one comment of HTML, on one line."""
    assert re.fullmatch(r"<!-- slipway preview (?!.*--.*-->)[A-Za-z0-9_.-]* -->", marker(name))


def test_a_stack_that_is_not_well_formed() -> None:
    """Each problem with its line, as many as there is room for."""
    problem = Problem(Place("Pulumi.prod.yaml", 3, ("a",)), "is not <b>, ask @octocat")
    assert refusal("prod", [problem]).splitlines() == [
        "<!-- slipway preview prod -->",
        "## `prod`: not well formed",
        "",
        "- `Pulumi.prod.yaml:3`: a: is not &#60;b&#62;, ask @&#8203;octocat",
    ]
    long = refusal("prod", [replace(problem, rule="@" * 900)] * 100)
    assert len(long.encode()) <= LIMIT
    assert re.search(r"- and [0-9]+ more\n$", long)


def test_a_preview_without_a_backup_blocks(project: Copy) -> None:
    """Exit status 1; the comment names rule, resource, file and line, and no secret."""
    line = project.without_backup()
    run = project.slipway("preview", "--stack", "prod", "--format", "markdown")
    assert run.status == 1, run.everything
    assert run.out.startswith("<!-- slipway preview prod -->\n## `prod`: blocked\n")
    assert "#### `database-backups`\n" in run.out
    assert (
        f"- **`expenses/expenses (aws:rds/instance:Instance)`**: set `databases.expenses.backup` in `Pulumi.prod.yaml:{line}`<br>"
        in run.out
    )
    assert CANARY not in run.everything


def test_bad_input_has_a_comment_too(project: Copy) -> None:
    """Exit status 2, the problem on both ways out."""
    line = project.edit("systems/fleet/system.yaml", "    port: 3000", "    prot: 3000")
    run = project.slipway("preview", "--stack", "prod", "--format", "markdown")
    assert run.status == 2
    assert run.out.startswith("<!-- slipway preview prod -->\n## `prod`: not well formed\n")
    assert f"- `systems/fleet/system.yaml:{line}`: services.fleet-api.prot: is not a known key" in run.out
    assert run.err.startswith(f"systems/fleet/system.yaml:{line}:")
