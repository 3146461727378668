"""The CustomResourceDefinitions of `Release` and `Approval`, generated from the classes that the controller reads.

They are in `definitions.yaml`, where a reviewer sees what changes: `make crds`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.cluster.releases.manifests.schema import Schema, structural
from slipway.release.objects import GROUP, VERSION, ApprovalSpec, ReleaseSpec
from slipway.release.status import IN_PROGRESS, Status
from slipway.settings.generated_files import Generated, main
from slipway.settings.project import Project

FILE = Path(__file__).with_name("definitions.yaml")
RELEASE, APPROVAL = "Release", "Approval"
MOST_STEPS = 20
"""Steps of a release. Chosen: more than anybody declares, so that rules on all pairs stay cheap."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PHASES = ", ".join(f"'{phase}'" for phase in IN_PROGRESS)
_SETTLED = (
    "self.spec.id == oldSelf.spec.id || !has(oldSelf.status) || !has(oldSelf.status.phase) || "
    f"!(oldSelf.status.phase in [{_PHASES}])"
)
_BUSY = (
    "'release ' + oldSelf.spec.id + ' of ' + oldSelf.spec.system + ' ' + oldSelf.spec.target.version + "
    "' is in progress (' + oldSelf.status.phase + '): wait for its end, or end it with slipway release abort --stack ' "
    "+ oldSelf.spec.stack + ' --system ' + oldSelf.spec.system + ' --reason …'"
)
_ATTESTS = "!has(self.kind) || self.kind != 'attestation' || "
_WHOLE = "(has(self.blue) ? self.blue : 0) + (has(self.green) ? self.green : 0) == 100"


def _rule(rule: str, message: str) -> dict[str, str]:
    return {"rule": rule, "message": message}


def release() -> dict[str, Any]:
    """Returns the definition of `Release`."""
    spec, status = structural(ReleaseSpec), structural(Status)
    spec["properties"]["steps"] |= {
        "maxItems": MOST_STEPS,
        "x-kubernetes-validations": [
            _rule(
                "self.map(step, step.weight).isSorted() && "
                "self.all(step, self.exists_one(other, other.weight == step.weight))",
                "the weights of steps must increase",
            ),
            _rule("self.size() == 0 || self[self.size() - 1].weight == 100", "the last step must have weight 100"),
        ],
    }
    status["properties"]["weights"]["x-kubernetes-validations"] = [
        _rule(f"(!has(self.blue) && !has(self.green)) || {_WHOLE}", "the weights of both slots must add up to 100")
    ]
    rules = [
        {
            "rule": _SETTLED,
            "message": "spec.id cannot change while a release is in progress: wait for its end, or abort it",
            "messageExpression": _BUSY,
            "fieldPath": ".spec.id",
        },
        _rule("self.spec.system == oldSelf.spec.system", "spec.system cannot change"),
    ]
    return _definition(
        RELEASE,
        "A version of a system on its way to all visitors, and everything that is needed to bring it there.",
        {"spec": spec, "status": status},
        rules,
        names={"shortNames": ["rel"]},
        columns=[
            ("Version", "string", ".spec.target.version", "The version that visitors shall have."),
            ("Slot", "string", ".spec.target.slot", "The slot of that version."),
            ("Phase", "string", ".status.phase", "Where the release is."),
            ("Step", "integer", ".status.step", "Index of the current step; -1 before the first."),
            ("Blue", "integer", ".status.weights.blue", "Percent of visitors in blue."),
            ("Green", "integer", ".status.weights.green", "Percent of visitors in green."),
            ("Closed", "boolean", ".status.closed", "Whether visitors see the maintenance page."),
            ("Reason", "string", ".status.reason", "Why it was refused or rolled back."),
            ("Age", "date", ".metadata.creationTimestamp", "Age of the object."),
        ],
        status=True,
    )


def approval() -> dict[str, Any]:
    """Returns the definition of `Approval`."""
    spec = structural(ApprovalSpec)
    spec["x-kubernetes-validations"] = [
        _rule("self == oldSelf", "an approval never changes: delete it, or create another one"),
        _rule(f"{_ATTESTS}(has(self.link) && self.link != '')", "an attestation needs the link to its evidence"),
        _rule(f"{_ATTESTS}(has(self.name) && self.name != '')", "an attestation needs the name of what was checked"),
    ]
    return _definition(
        APPROVAL,
        "Somebody's word on a release: an approval, or an attestation with its evidence. It never changes.",
        {"spec": spec},
        [],
        names={"shortNames": ["appr"]},
        columns=[
            ("Release", "string", ".spec.release", "The Release."),
            ("ID", "string", ".spec.id", "Its spec.id."),
            ("Role", "string", ".spec.role", "The role in which it was given."),
            ("For", "string", ".spec.when", "What it allows."),
            ("Name", "string", ".spec.name", "What was checked."),
            ("By", "string", ".spec.by", "Who gave it."),
            ("Age", "date", ".metadata.creationTimestamp", "When it was given."),
        ],
        status=False,
    )


def _definition(
    kind: str,
    description: str,
    parts: Mapping[str, Schema],
    rules: list[dict[str, str]],
    *,
    names: Mapping[str, Any],
    columns: list[tuple[str, str, str, str]],
    status: bool,
) -> dict[str, Any]:
    plural = f"{kind.lower()}s"
    schema: Schema = {
        "description": description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            **parts,
        },
        **({"x-kubernetes-validations": rules} if rules else {}),
    }
    printed = [
        {"name": name, "type": type_, "jsonPath": path, "description": text} for name, type_, path, text in columns
    ]
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": printed,
        **({"subresources": {"status": {}}} if status else {}),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "categories": ["slipway"],
                **names,
            },
            "versions": [version],
        },
    }


@cache
def recorded() -> Mapping[str, Mapping[str, Any]]:
    """Returns the definitions of the file, by kind."""
    found = yaml.load_all(FILE.read_text(encoding="utf-8"), Loader=_LOADER)
    return {each["spec"]["names"]["kind"]: each for each in found}


def rendered() -> str:
    """Returns the content of the file."""
    head = "# Generated by `make crds` from the classes in slipway/release.\n"
    documents = [
        yaml.safe_dump(each, sort_keys=False, width=118, allow_unicode=True) for each in (release(), approval())
    ]
    return head + "---\n".join(documents)


def texts(_project: Project) -> dict[Path, str]:
    """Returns the file of the definitions, which follow from the classes alone."""
    return {Path("components", "cluster", "releases", "manifests", FILE.name): rendered()}


GENERATED = Generated(
    description="Generate the CustomResourceDefinitions of releases.", command="make crds", texts=texts
)

if __name__ == "__main__":
    sys.exit(main(GENERATED))
