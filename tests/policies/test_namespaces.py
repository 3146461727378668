"""Namespaces enforce the restricted Pod Security Standard, whoever has made them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, outcomes

RULES = ("namespace-standard", "known-types")
STANDARD, TYPES = RULES
KINDS = ("kubernetes:core/v1:Namespace", "kubernetes:core/v1:NamespacePatch")


def namespace(kind: str, level: Any) -> Fact:
    labels = {} if level is None else {"pod-security.kubernetes.io/enforce": level}
    return Fact(kind, {"metadata": {"name": "shop", "labels": labels}})


@pytest.mark.parametrize("kind", KINDS)
def test_restricted_satisfies(preview: Evaluator, kind: str) -> None:
    assert preview.evaluate(namespace(kind, "restricted")) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["baseline", "privileged", None, 7])
def test_anything_else_violates(preview: Evaluator, kind: str, level: Any) -> None:
    """Also a patch without the label, which leaves the level to others."""
    assert outcomes(preview.evaluate(namespace(kind, level))) == [(STANDARD, "mandatory")]


@pytest.mark.parametrize("kind", KINDS)
def test_unknown(preview: Evaluator, update: Evaluator, kind: str) -> None:
    assert outcomes(preview.evaluate(namespace(kind, UNKNOWN))) == [(STANDARD, "advisory")]
    assert outcomes(update.evaluate(namespace(kind, UNKNOWN))) == [(STANDARD, "mandatory")]


@pytest.mark.parametrize(
    ("kind", "named", "accepted"),
    [
        (KINDS[0], "Namespace", True),
        (KINDS[0], "Secret", False),
        (KINDS[1], "Namespace", True),
        (KINDS[1], "NamespacePatch", False),
        (KINDS[1], "Secret", False),
    ],
)
def test_a_patch_names_the_object_that_it_patches(preview: Evaluator, kind: str, named: str, accepted: bool) -> None:
    """The SDK has a type for the patch of each kind of Kubernetes' own, and Kubernetes knows the kind alone."""
    stated = namespace(kind, "restricted")
    fact = Fact(stated.type, {**stated.properties, "apiVersion": "v1", "kind": named})
    assert outcomes(preview.evaluate(fact)) == ([] if accepted else [(TYPES, "mandatory")])
