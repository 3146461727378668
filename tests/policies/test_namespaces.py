"""Namespaces enforce the restricted Pod Security Standard, whoever has made them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, outcomes

RULES = ("namespace-standard",)
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
    assert outcomes(preview.evaluate(namespace(kind, level))) == [(*RULES, "mandatory")]


@pytest.mark.parametrize("kind", KINDS)
def test_unknown(preview: Evaluator, update: Evaluator, kind: str) -> None:
    assert outcomes(preview.evaluate(namespace(kind, UNKNOWN))) == [(*RULES, "advisory")]
    assert outcomes(update.evaluate(namespace(kind, UNKNOWN))) == [(*RULES, "mandatory")]
