"""Converts the AWS resources of a plan into the Terraform plan that would create them, the format that checkov supports
best.

Pulumi's provider is generated from Terraform's, so a type and its inputs translate by a few rules: names in snake case,
an object as a list of one block, a list of blocks by the singular of its name. References come from the plan's
dependencies, so that checks of several resources can follow them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.rehearsal import Plan
from slipway.rehearsal.plan import Step

PREFIXES = {"ec2": "", "rds": "db_"}
"""Prefixes of types, by Pulumi's module, if they differ from the module's name."""

RENAMED = {
    "BucketReplicationConfig": "bucket_replication_configuration",
    "OpenIdConnectProvider": "openid_connect_provider",
}
MAPS = frozenset({"tags"})
"""Objects whose keys belong to the user."""


@dataclass(frozen=True)
class Resource:
    """A resource, with the addresses of the resources that its inputs come from."""

    address: str
    label: str
    step: Step
    references: Mapping[str, Sequence[str]]


def resources(plan: Plan) -> list[Resource]:
    """Return the AWS resources, in the order of the plan."""
    steps = [step for step in plan.steps if step.package == "aws" and step.inputs]
    seen: Counter[str] = Counter()
    addresses: dict[str, str] = {}
    for step in steps:
        address = f"{type_name(step.type)}.{re.sub(r'[^A-Za-z0-9_-]', '_', step.name)}"
        seen[address] += 1
        addresses[step.urn] = address if seen[address] == 1 else f"{address}_{seen[address]}"
    return [_resource(step, addresses) for step in steps]


def _resource(step: Step, addresses: Mapping[str, str]) -> Resource:
    references = {
        _snake(key): [addresses[urn] for urn in urns if urn in addresses]
        for key, urns in step.state.get("propertyDependencies", {}).items()
    }
    label = f"{step.type.rsplit(':', 1)[-1]}/{step.name}"
    return Resource(addresses[step.urn], label, step, {key: found for key, found in references.items() if found})


def type_name(type_: str) -> str:
    """Return Terraform's name of a type: `aws_db_instance` of `aws:rds/instance:Instance`."""
    _, module, kind = type_.split(":")
    module = module.split("/")[0]
    return f"aws_{PREFIXES.get(module, f'{module}_')}{RENAMED.get(kind) or _snake(kind)}"


def document(resources: Sequence[Resource]) -> Mapping[str, Any]:
    """Return the plan as `terraform show -json` prints it."""
    changes, planned, configured = [], [], []
    for each in resources:
        kind, name = each.address.split(".", 1)
        head = {"address": each.address, "mode": "managed", "type": kind, "name": name}
        values = arguments(each.step.inputs)
        planned.append({**head, "values": values})
        changes.append({**head, "change": {"actions": ["create"], "before": None, "after": values}})
        expressions = {
            key: {"references": [f"{address}{end}" for address in found for end in (".id", "")]}
            for key, found in each.references.items()
        }
        configured.append({**head, "expressions": expressions})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }


def arguments(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return Terraform's arguments for Pulumi's. An unknown value remains a placeholder: it is set, and not a
    violation."""
    found: dict[str, Any] = {}
    for key, value in inputs.items():
        name = _snake(key)
        if isinstance(value, Mapping) and key not in MAPS:
            found[name] = [arguments(value)]
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            found[_singular(name)] = [arguments(each) for each in value]
        else:
            found[name] = value
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _singular(name: str) -> str:
    return name.removesuffix("ies") + "y" if name.endswith("ies") else name.removesuffix("s")
