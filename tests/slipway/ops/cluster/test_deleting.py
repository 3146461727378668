"""What holds a deletion."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.ops.cluster.deleting import held_by


def condition(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "SomeResourcesRemain", "message": "2 claims"}


@pytest.mark.parametrize(
    ("live", "holder"),
    [
        ({"metadata": {"finalizers": ["example.com/bucket"]}}, "finalizer example.com/bucket"),
        (
            {"metadata": {"finalizers": ["foregroundDeletion", "example.com/bucket"]}},
            "its dependents, which are deleted first; finalizer example.com/bucket",
        ),
        ({"metadata": {}, "spec": {"finalizers": ["kubernetes"]}}, "its contents"),
        (
            {
                "metadata": {},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"conditions": [condition("NamespaceContentRemaining", "True")]},
            },
            "2 claims",
        ),
        (
            {
                "metadata": {"finalizers": ["example.com/bucket"]},
                "status": {"conditions": [condition("NamespaceContentRemaining", "False")]},
            },
            "finalizer example.com/bucket",
        ),
        ({"metadata": {}}, "an unknown cause"),
    ],
)
def test_what_holds_a_deletion_is_named(live: dict[str, Any], holder: str) -> None:
    """The finalizer, or what a namespace says of its contents."""
    assert held_by(live) == holder
