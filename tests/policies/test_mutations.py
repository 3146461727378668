"""Each single edit of a good plan is caught by exactly the rule named; the good plans break none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.policies.plan_under_test import DROPPED, Edit, PlanUnderTest

STACKS = ("local", "prod", "staging")
CONTAINER = ("spec", "template", "spec", "containers", 0)

MUTATIONS: Mapping[str, Mapping[str, list[Edit]]] = {
    "database-backups": {
        "prod": [
            Edit("rds/instance:Instance", "kingstons/kingstons", ("backupRetentionPeriod",), value)
            for value in (DROPPED, 0, -1, "7", 6.5, True)
        ],
        "staging": [Edit("dbforpostgresql:Server", "fleet/fleet-db", ("backup", "backupRetentionDays"), 3)],
    },
}
"""Edits by rule and stack."""


@pytest.mark.parametrize("stack", STACKS)
def test_edit_is_caught_by_its_rule_alone(stack: str) -> None:
    """The plan as it is breaks nothing; after each edit of it the rule that the table names speaks, and no other."""
    plan = PlanUnderTest(stack)
    try:
        assert plan.broken() == set()
        found = {str(edit): plan.broken(edit) for _, edit in edits(stack)}
    finally:
        plan.close()
    assert found == {str(edit): {rule} for rule, edit in edits(stack)}


def test_the_table_is_large() -> None:
    """Sixty edits at least, over every stack."""
    assert sum(len(edits(stack)) for stack in STACKS) >= 60
    assert all(edits(stack) for stack in STACKS)


def edits(stack: str) -> list[tuple[str, Edit]]:
    """Rule and edit, of one stack."""
    return [(rule, edit) for rule, by_stack in MUTATIONS.items() for edit in by_stack.get(stack, ())]
