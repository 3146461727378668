"""Checks rendered pods against Kubernetes' pod security standards, with the evaluator of the policy pack."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.append(str(next(each for each in Path(__file__).parents if (each / "policies").is_dir()) / "policies"))

from adapters.pod_security import BASELINE, PRIVILEGED, RESTRICTED, evaluate
from framework.reading import Property

__all__ = ["BASELINE", "LABEL", "PRIVILEGED", "RESTRICTED", "Pod", "problems"]

LABEL = "pod-security.kubernetes.io/enforce"
"""Label of a namespace: the level that its pods must meet."""

Pod = Mapping[str, Any]
"""A pod or the template of one: `metadata` and `spec`."""


def problems(level: str, pod: Pod) -> list[str]:
    """Return the reasons why a namespace of that level refuses the pod; an unknown level is an error."""
    return [f"{where.path} {text}" for part in evaluate(Property(pod), level) for where, text in part.problems]
