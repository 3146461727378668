"""The pack's list of known types follows from the plans, and none is on it without a rule or a reason."""

from __future__ import annotations

import pytest

from slipway.rehearsal.plan import Plan, Step
from slipway.reports import known_types
from slipway.reports.catalogue import Concern, Rule, read
from slipway.settings.problems import InvalidSettings
from tests.rehearsed import ROOT, rehearsed


def rule(name: str, *types: str) -> Rule:
    return Rule(name, "It holds.", "It matters", ["none"], "high", types, "resource", False, {}, {})


def plan(*types: str) -> Plan:
    return Plan("p", "s", "o", tuple(Step("create", f"urn::{each}", {"type": each, "custom": True}) for each in types))


def test_list_is_up_to_date() -> None:
    """What is committed is what the plans and rules make: run `make policies` after a change."""
    plans = [rehearsed(stack).plan for stack in ("local", "prod", "staging")]
    current = (ROOT / known_types.FILE).read_text(encoding="utf-8")
    assert known_types.text(current, plans, read(ROOT / "policies", {})) == current


def test_a_type_without_rule_and_reason_is_named() -> None:
    with pytest.raises(InvalidSettings, match="a:b:C: has neither a rule nor a reason"):
        known_types.text("", [plan("a:b:C")], [])


def test_reasons_stay_and_what_no_stack_makes_goes() -> None:
    """But for what is listed by hand."""
    written = 'types:\n  a:b:C: {reason: "It is a name."}\n  a:b:Gone: {reason: "Old."}\n  a:b:D: {also: true}\n'
    text = known_types.text(
        written, [plan("a:b:C")], [Concern("one", "", [rule("judges", "a:b:D"), rule("cost-tags", "a:b:C")])]
    )
    assert '  a:b:C: {reason: "It is a name."}\n' in text
    assert "  a:b:D: {rules: [judges], also: true}\n" in text
    assert "Gone" not in text
