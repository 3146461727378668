"""Admission policies refuse what they forbid, also when they cannot be asked."""

from __future__ import annotations

from pulumi_policy import Severity

from adapters.safeguards import Safeguard
from framework import Declaration, Resource, Settings, Verdict, resource_rule

GROUP = "kubernetes:admissionregistration.k8s.io/v1"
POLICY, BINDING = f"{GROUP}:ValidatingAdmissionPolicy", f"{GROUP}:ValidatingAdmissionPolicyBinding"
_REFUSES = (
    Safeguard(
        path=("spec", "failurePolicy"), safe=("Fail",), by_default=True, otherwise="lets through what it cannot judge"
    ),
    Safeguard(
        path=("spec", "paramRef", "parameterNotFoundAction"),
        safe=("Deny",),
        by_default=True,
        otherwise="lets through what it has no parameters for",
    ),
)


@resource_rule(
    Declaration(
        name="admission-policies",
        description="Every admission policy denies what it forbids, and fails closed.",
        why="A policy that only warns looks like a guard, and whoever can break it walks past",
        clauses=("CIS Kubernetes 5.2.1", "Kubernetes: admission webhook good practices, fail closed"),
        types=(POLICY, BINDING),
        severity=Severity.HIGH,
    )
)
def admission_policies(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a policy, or what puts one in force."""
    for safeguard in _REFUSES:
        safeguard.evaluate(policy, verdict)
    actions = policy["spec"]["validationActions"]
    if policy.type == BINDING and actions.first_unknown:
        verdict.undecided(policy, actions.first_unknown)
    elif policy.type == BINDING and not any(each.text == "Deny" for each in actions.elements()):
        verdict.violated(policy, f"refuses nothing: {actions.path} has no Deny")
