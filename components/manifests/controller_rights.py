"""The rights of the controller of releases, as its own code lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pulumi_kubernetes import rbac

import slipway.release

FILE = Path(slipway.release.__file__).parent / "controller" / "rights.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rules(place: str, secrets: Sequence[str] = ()) -> list[rbac.v1.PolicyRuleArgs]:
    """Returns the rules for a place: `cluster`, `own` or `system`. A right on Secrets is one on `secrets` alone."""
    return [
        rbac.v1.PolicyRuleArgs(
            api_groups=[each["group"]],
            resources=each["resources"],
            verbs=each["verbs"],
            resource_names=list(secrets) if "names" in each else None,
        )
        for each in _listed()[place]
        if secrets or "names" not in each  # without names it would be a right on all of them
    ]


@cache
def _listed() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return yaml.load(FILE.read_text(encoding="utf-8"), Loader=_LOADER)
