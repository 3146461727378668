"""Admission policies refuse what they forbid, and nothing stands beside Kubernetes' own components."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, outcomes

RULES = ("admission-policies", "object-namespaces")
ADMISSION, PLACES = RULES
GROUP = "kubernetes:admissionregistration.k8s.io/v1"


def policy(**spec: Any) -> Fact:
    return Fact(f"{GROUP}:ValidatingAdmissionPolicy", {"spec": spec})


def binding(actions: Any, **spec: Any) -> Fact:
    return Fact(f"{GROUP}:ValidatingAdmissionPolicyBinding", {"spec": {"validationActions": actions, **spec}})


def config(**metadata: Any) -> Fact:
    return Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata})


FORGIVING = {"paramRef": {"parameterNotFoundAction": "Allow"}}


@pytest.mark.parametrize(
    "fact",
    [
        policy(),
        policy(failurePolicy="Fail"),
        binding(["Deny"]),
        binding(["Deny", "Audit"], paramRef={"parameterNotFoundAction": "Deny"}),
        config(namespace="fleet"),
        config(namespace=UNKNOWN),
        config(namespace="kube-system", name="amazon-vpc-cni"),
    ],
)
def test_refusing_satisfies(preview: Evaluator, fact: Fact) -> None:
    """A policy that fails closed and denies, and an object in a namespace of its own."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (policy(failurePolicy="Ignore"), ADMISSION),
        (policy(failurePolicy=True), ADMISSION),
        (binding(["Warn"]), ADMISSION),
        (binding(None), ADMISSION),
        (binding("Deny"), ADMISSION),
        (binding(["Deny"], **FORGIVING), ADMISSION),
        (config(), PLACES),
        (config(namespace="default"), PLACES),
        (config(namespace="kube-public"), PLACES),
        (config(namespace="kube-system", name="coredns"), PLACES),
    ],
)
def test_letting_through_violates(preview: Evaluator, fact: Fact, rule: str) -> None:
    """A policy that ignores, only warns or is of the wrong type, and an object in a namespace that every cluster has."""
    assert outcomes(preview.evaluate(fact)) == [(rule, "mandatory")]


@pytest.mark.parametrize("fact", [policy(failurePolicy=UNKNOWN), binding(UNKNOWN), binding([UNKNOWN])])
def test_unknown(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """What is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(ADMISSION, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(ADMISSION, "mandatory")]
