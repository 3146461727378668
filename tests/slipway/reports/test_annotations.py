"""A preview as GitHub's workflow commands."""

from __future__ import annotations

from dataclasses import replace

from slipway.rehearsal import EvaluatedPack, Finding, Plan, Rehearsal, Timings
from slipway.rehearsal.difference import Change, Changed, Difference
from slipway.reports.annotations import lines, refusal
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.policy_changes import PolicyChange
from slipway.settings.locate import Location
from slipway.settings.problems import Place, Problem

URN = "urn:pulumi:t::s::aws:rds/instance:Instance::shop/orders"
RAN = Rehearsal(Plan("s", "t", "o", ()), (), (), None, Timings(0, 0, 0), (EvaluatedPack("slipway", "1", 1, 1),))
FOUND = LocatedFinding(
    Finding("slipway", "1", "database-backups", "mandatory", URN, "", "", ""),
    "Has 100% no backup.\nWhy: it's lost, ::error::",
    Location("Pulumi.prod.yaml", 30),
    "databases.orders.backup",
)


def test_a_finding_stands_at_the_line_that_fixes_it() -> None:
    """What a command would read is written as its data."""
    assert list(lines("t", RAN, [FOUND], (), Difference("main", ()))) == [
        "::error file=Pulumi.prod.yaml,line=30,title=database-backups::shop/orders (aws:rds/instance:Instance)%0A"
        "Has 100%25 no backup.%0AWhy: it's lost, ::error::%0Aset `databases.orders.backup`",
        "::notice title=t::nothing changes: 0 resources as in main",
    ]


def test_what_was_there_before_is_left_out_and_advice_is_a_warning() -> None:
    """It is not reported to those who change something else."""
    advice = replace(FOUND, finding=replace(FOUND.finding, level="advisory"), place=None)
    printed = list(lines("t", RAN, [replace(FOUND, known=True), advice], (), Difference("main", ())))
    assert [each.split("::")[1] for each in printed] == ["warning title=database-backups", "notice title=t"]


def test_losses_and_a_weaker_judge_are_errors() -> None:
    """And a program that failed is the first."""
    lost = Difference("main", (Changed("delete", URN, "aws:rds/instance:Instance", loses_data="the database"),), (URN,))
    changes = [PolicyChange(True, "policies/stacks.yaml", "this change lowers a, b: c to disabled")]
    printed = list(lines("t", replace(RAN, failure="Traceback\nBoom: no"), [], changes, lost))
    assert printed[0] == "::error title=t%3A the program failed::Boom: no"
    assert printed[1].startswith("::error file=policies/stacks.yaml,line=1,title=refused::this change lowers a, b: c")
    assert printed[2].startswith("::error title=Data is lost::aws:rds/instance:Instance shop/orders is deleted")
    assert printed[3].startswith(
        "::error file=ledger/t.yaml,line=1,title=The ledger lost an entry::the ledger no longer"
    )


def test_a_refused_change_is_an_error() -> None:
    """With both values: the update would end with it."""
    shrunk = Change(("spec", "storage", "size"), "40Gi", "20Gi")
    cluster = Changed(
        "update", URN, "kubernetes:postgresql.cnpg.io/v1:Cluster", (shrunk,), refused=("spec.storage.size",)
    )
    printed = list(lines("t", RAN, [], (), Difference("main", (cluster,))))
    assert printed[0] == (
        "::error title=The update fails::kubernetes:postgresql.cnpg.io/v1:Cluster shop/orders refuses "
        'spec.storage.size: "40Gi" → "20Gi", and the update fails: keep the old value, or make one of another name and take '
        "this one away"
    )


def test_a_stack_that_is_not_well_formed() -> None:
    """Each problem at its line."""
    problem = Problem(Place("Pulumi.prod.yaml", 3, ("a",)), "is not a port")
    assert list(refusal([problem])) == ["::error file=Pulumi.prod.yaml,line=3,title=not well formed::a: is not a port"]


def test_no_text_ends_a_command_or_is_too_long() -> None:
    """Neither a newline nor what hides text; words are left out whole."""
    long = replace(FOUND, text="word " * 5000 + "\r\n::error::x\u202e", key="")
    (printed, _) = lines("t", RAN, [long], (), Difference("main", ()))
    assert len(printed) < 5000
    assert printed.endswith("word …")
    assert "\n" not in printed
