"""Declares the resources of `graph.jsonl`, which `tests/fidelity/freeze.py` made of whole stacks."""

import json
from pathlib import Path

import pulumi

UNKNOWN, SECRET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[secret]"
MADE: list[pulumi.Resource] = []


def output(needed: list[pulumi.Resource], value, *, known: bool):
    """A value that comes from other resources: from their ids, which a preview does not know, or from their URNs."""
    ids = [each.id for each in needed if isinstance(each, pulumi.CustomResource)]
    given = ids if ids and not known else [each.urn for each in needed]
    return pulumi.Output.all(*given).apply(lambda _: value) if given else value


def filled(value, needed: list[pulumi.Resource]):
    """The value with outputs in place of what the engine did not know, or was not to tell."""
    if isinstance(value, dict):
        return {key: filled(each, needed) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, needed) for each in value]
    if value == SECRET:
        return pulumi.Output.secret(output(needed, "hush", known=False))
    return output(needed, "late", known=False) if value == UNKNOWN else value


def inputs(line: dict) -> dict:
    found = {}
    for key, value in line["inputs"].items():
        needed = [MADE[number] for number in line["needs"].get(key, ())]
        plain = UNKNOWN not in json.dumps(value) and SECRET not in json.dumps(value)
        found[key] = output(needed, value, known=True) if plain else filled(value, needed)
    return found


def declared(line: dict) -> pulumi.Resource:
    options = line["options"]
    timeouts = {key: f"{seconds:.0f}s" for key, seconds in options.get("customTimeouts", {}).items() if seconds}
    opts = pulumi.ResourceOptions(
        parent=MADE[line["parent"]] if "parent" in line else None,
        provider=MADE[line["provider"]] if "provider" in line else None,
        version=line.get("version"),
        depends_on=[MADE[number] for number in line["dependsOn"]],
        protect=options.get("protect"),
        retain_on_delete=options.get("retainOnDelete"),
        ignore_changes=options.get("ignoreChanges"),
        additional_secret_outputs=options.get("additionalSecretOutputs"),
        custom_timeouts=pulumi.CustomTimeouts(**timeouts) if timeouts else None,
    )
    if line["type"].startswith("pulumi:providers:"):
        return pulumi.ProviderResource(line["type"].rpartition(":")[2], line["name"], inputs(line), opts)
    if line["custom"]:
        return pulumi.CustomResource(line["type"], line["name"], inputs(line), opts)
    component = pulumi.ComponentResource(line["type"], line["name"], None, opts)
    component.register_outputs({})
    return component


for text in Path(__file__).with_name("graph.jsonl").read_text(encoding="utf-8").splitlines():
    MADE.append(declared(json.loads(text)))
