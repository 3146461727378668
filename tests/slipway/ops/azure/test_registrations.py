"""Resource providers that a subscription has registered, or not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from slipway.ops.azure import registrations
from slipway.reports.deployer import table
from tests.rehearsed import ROOT, rehearsed

BY_AZURE = {"Microsoft.Authorization", "Microsoft.Consumption", "Microsoft.Resources"}
"""Registered in every subscription."""


def test_every_type_of_the_program_has_its_provider() -> None:
    """As the table of permissions names it."""
    own = {
        (type_.split(":")[1], actions[0].partition("/")[0])
        for type_, actions in table(ROOT, "azure")["types"].items()
        if not actions[0].startswith(tuple(BY_AZURE))
    }
    assert own == set(registrations.PROVIDERS.items())


def test_what_the_plan_needs_is_compared_with_the_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that is not registered has the command that does it; others are left alone."""
    answered = [
        {"namespace": "microsoft.containerservice", "registrationState": "Registered"},
        {"namespace": "Microsoft.KeyVault", "registrationState": "Registering"},
    ]

    def listed(*_: Any) -> Any:
        return SimpleNamespace(list=lambda path, version: iter(answered))

    monkeypatch.setattr(registrations, "ResourceManager", listed)
    monkeypatch.setattr(registrations, "credential", lambda settings: None)
    made = rehearsed("prod")
    found = {each.name: each for each in registrations.registrations(made.plan, list(made.stack.clusters.values()))}
    assert found["Microsoft.ContainerService"].registered
    assert not found["Microsoft.KeyVault"].registered
    assert found["Microsoft.KeyVault"].remedy.startswith("az provider register --namespace Microsoft.KeyVault --subsc")
    assert "Microsoft.Cdn" not in found
