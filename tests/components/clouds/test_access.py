"""The way to a cluster."""

from __future__ import annotations

import pytest

from tests.rehearsed import rehearsed

STACKS = ("local", "prod", "staging")


@pytest.mark.parametrize("stack", STACKS)
def test_objects_of_systems_go_to_the_cluster_that_was_made(stack: str) -> None:
    """A provider without a kubeconfig asks that of whoever runs Pulumi: each that systems have says what the cluster's
    own says."""
    made = rehearsed(stack)
    providers = {step.name: step for step in made.plan.steps if step.type == "pulumi:providers:kubernetes"}
    for name in made.stack.clusters:
        own, systems = providers[name].inputs, providers[f"{name}-systems"].inputs
        assert {key: systems.get(key) for key in ("kubeconfig", "context")} == {
            key: own.get(key) for key in ("kubeconfig", "context")
        }, name
