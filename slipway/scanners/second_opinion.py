"""checkov and kube-score as additional checks of one plan: their unanswered findings are shown with those of the pack.

A check with the same purpose as one of our rules reports under that rule's name, so that both are shown together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from slipway.rehearsal import Finding as PolicyFinding
from slipway.rehearsal import Plan
from slipway.rehearsal.plan import Step
from slipway.reports import scanner_answers
from slipway.scanners import checkov, kube_score
from slipway.scanners.plans import Document, write
from slipway.scanners.scanner_findings import Finding, unanswered

RULES: Mapping[str, tuple[str, ...]] = {
    "audit-logs": ("CKV_AWS_37", "CKV_AWS_129", "CKV_AWS_324", "CKV_AWS_325"),
    "bucket-exposure": (
        "CKV_AWS_20", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56", "CKV_AWS_57", "CKV2_AWS_6", "CKV_AZURE_34",
        "CKV_AZURE_35", "CKV_AZURE_59",
    ),
    "container-hardening": (
        "CKV_K8S_8", "CKV_K8S_9", "CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13", "CKV_K8S_16", "CKV_K8S_17",
        "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_20", "CKV_K8S_22", "CKV_K8S_23", "CKV_K8S_25", "CKV_K8S_26", "CKV_K8S_27",
        "CKV_K8S_28", "CKV_K8S_29", "CKV_K8S_30", "CKV_K8S_31", "CKV_K8S_37", "CKV_K8S_39", "CKV_K8S_40",
        "container-security-context-privileged", "container-security-context-readonlyrootfilesystem",
        "container-security-context-user-group-id", "container-seccomp-profile", "container-resources", "pod-probes",
    ),
    "database-backups": ("CKV_AWS_133", "CKV_AWS_360"),
    "database-exposure": ("CKV_AWS_17", "CKV_AZURE_53", "CKV_AZURE_68"),
    "database-protection": ("CKV_AWS_293",),
    "deployment-availability": ("deployment-has-poddisruptionbudget", "horizontalpodautoscaler-has-target"),
    "encryption-at-rest": (
        "CKV_AWS_3", "CKV_AWS_16", "CKV_AWS_19", "CKV_AWS_27", "CKV_AWS_42", "CKV_AWS_58", "CKV_AWS_74", "CKV_AWS_145",
    ),
    "encryption-in-transit": ("CKV_AWS_34", "CKV_AWS_174", "CKV_AZURE_3", "CKV_AZURE_44", "CKV2_AWS_69"),
    "iam-wildcards": (
        "CKV_AWS_1", "CKV_AWS_40", "CKV_AWS_49", "CKV_AWS_60", "CKV_AWS_61", "CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274",
        "CKV_AWS_286", "CKV_AWS_287", "CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_355", "CKV_K8S_49",
        "CKV_K8S_155", "CKV_K8S_156", "CKV_K8S_157", "CKV_K8S_158", "CKV_AZURE_39",
    ),
    "image-pins": ("CKV_K8S_14", "CKV_K8S_43", "CKV_AWS_51", "container-image-tag"),
    "image-scanning": ("CKV_AWS_163", "CKV_AZURE_137", "CKV_AZURE_138"),
    "local-accounts": ("CKV_AZURE_141", "CKV_AZURE_5", "CKV_AWS_273"),
    "namespace-isolation": ("CKV_K8S_21", "CKV2_K8S_6", "pod-networkpolicy", "networkpolicy-targets-pod"),
    "open-ingress": (
        "CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_260", "CKV_AWS_277", "CKV_AWS_38", "CKV_AZURE_6", "CKV_AZURE_9", "CKV_AZURE_10",
    ),
    "plain-secrets": ("CKV_AWS_41", "CKV_AWS_45", "CKV_AWS_46", "CKV_K8S_35", "CKV_SECRET_6"),
    "service-account-tokens": ("CKV_K8S_38", "CKV_K8S_41", "CKV_K8S_42"),
    "workload-deadlines": ("cronjob-has-deadline", "cronjob-restartpolicy", "job-has-deadline"),
    "workload-minimum": ("horizontalpodautoscaler-has-enough-replicas",),
    "workload-spread": ("deployment-has-host-podantiaffinity", "pod-topology-spread-constraints"),
}  # fmt: skip
"""The checks that match one of our rules, by the rule."""
_RULE_OF = {check: rule for rule, checks in RULES.items() for check in checks}

Scan = Callable[[Document], Iterable[Finding]]


class NotInstalled(Exception):
    """A scanner is not installed; the message explains how to install it."""


def findings(plan: Plan, environment: str, places: Sequence[Path]) -> list[PolicyFinding]:
    """Return the findings without an answer in the last of these folders that has answers. Raises NotInstalled."""
    scans: dict[str, Scan] = {}
    for scanner in (checkov, kube_score):
        if not scanner.PROGRAM.is_file():
            raise NotInstalled(f"{scanner.NAME} is not installed, but --scan needs it: run make scanners")
        scans[scanner.NAME] = scanner.scan
    with tempfile.TemporaryDirectory() as folder:
        documents = list(write(plan, Path(folder) / plan.stack))
        found = [each for name, scan in scans.items() for each in _run_scan(scan, _read_by(name, documents))]
    level = "advisory" if environment == "local" else "mandatory"
    steps = _by_label(plan)
    return [
        _as_policy(each, steps.get(each.resource), level) for each in unanswered(found, scanner_answers.read(*places))
    ]


def _read_by(scanner: str, documents: Sequence[Document]) -> list[Document]:
    return [each for each in documents if scanner == checkov.NAME or each.framework == "kubernetes"]


def _run_scan(scan: Scan, documents: Sequence[Document]) -> list[Finding]:
    return [each for document in documents for each in scan(document)]


def _by_label(plan: Plan) -> Mapping[str, Step]:
    """Return resources by the scanners' names: kind, namespace and name of an object, kind and name of a cloud's
    resource."""
    labels: dict[str, Step] = {}
    for step in plan.steps:
        labels[f"{step.type.rpartition(':')[2]}/{step.name}"] = step
        meta = step.inputs.get("metadata") if step.package == "kubernetes" else None
        if isinstance(meta, Mapping) and "name" in meta:
            parts = (step.inputs.get("kind"), meta.get("namespace"), meta["name"])
            labels["/".join(str(each) for each in parts if each)] = step
    return labels


def _as_policy(found: Finding, step: Step | None, level: str) -> PolicyFinding:
    rule = _RULE_OF.get(found.check, found.check)
    name = f"{step.name} ({step.type})" if step else found.resource
    urn = step.urn if step else ""
    message = (
        f"{name} fails {found.check} of {found.scanner}: {found.says}.\nFix it, or answer it in policies/scanners.yaml."
    )
    return PolicyFinding(found.scanner, "", rule, level, urn, message, "", "")
