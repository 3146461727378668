"""Admission policies: who approved is the API server's word, and only who deploys changes what a release wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import meta

from components.cluster.releases.manifests.definitions import RELEASE
from components.manifests import names
from slipway.release.objects import API_VERSION, GROUP, VERSION
from slipway.release.observed import Verb

COMMAND = "slipway.dev/command"
"""Annotation of a Release by which people steer it: JSON with `id`, `verb`, `by` and `reason`, in this order."""
APPROVALS, RELEASES, GATES = f"approvals.{GROUP}", f"releases.{GROUP}", f"gates.{GROUP}"
GATE = f"{GROUP}/gate"
"""Label of the Jobs that are a release's gates."""
_TEXT = r'"([^"\\\\]|\\\\.)*"'
"""A JSON string, as a pattern in a literal of CEL."""
_COMMAND = rf'^\\{{"id": {_TEXT}, "verb": "({"|".join(get_args(Verb))})", "by": {_TEXT}(, "reason": {_TEXT})?\\}}$'

Validation = admission.v1.ValidationArgs


def approvals() -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    """Returns the policy on Approvals. It is evaluated for each Release of the namespace; the one that is named knows
    the groups of its roles."""
    return _policy(
        _rule("approvals", ["CREATE"]),
        [
            Validation(
                expression="object.spec.by == request.userInfo.username",
                message="spec.by must be who creates it",
                message_expression="'spec.by must be who creates it: ' + request.userInfo.username",
            ),
            Validation(
                expression=(
                    "params.metadata.name != object.spec.release || !has(params.spec.roles) || "
                    "!(object.spec.role in params.spec.roles) || "
                    "params.spec.roles[object.spec.role].exists(group, group in request.userInfo.groups)"
                ),
                message="only members of the role's groups give its word",
                message_expression=(
                    "'only members of ' + params.spec.roles[object.spec.role].join(', ') + ' give the word of ' + "
                    "object.spec.role"
                ),
            ),
        ],
        params=RELEASE,
    )


def releases() -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    """Returns the policy on Releases. Who may only patch them, to steer, has no right on `releases/spec`, a subresource
    that exists for this check alone."""
    said = f"object.metadata.annotations['{COMMAND}']"
    unsaid = (
        f"!has(object.metadata.annotations) || !('{COMMAND}' in object.metadata.annotations) || "
        f"(oldObject != null && has(oldObject.metadata.annotations) && '{COMMAND}' in oldObject.metadata.annotations && "
        f"oldObject.metadata.annotations['{COMMAND}'] == {said})"
    )
    may = (
        f"authorizer.group('{GROUP}').resource('releases').subresource('spec').namespace(request.namespace)"
        ".name(object.metadata.name).check('update').allowed()"
    )
    return _policy(
        _rule("releases", ["CREATE", "UPDATE"]),
        [
            Validation(
                expression=f"{unsaid} || ({said}.matches('{_COMMAND}') && "
                f"{said}.contains('\"by\": \"' + request.userInfo.username + '\"'))",
                message=f"{COMMAND} must be a command in the name of who writes it: use `slipway release`",
            ),
            Validation(
                expression=f"oldObject == null || object.spec == oldObject.spec || {may}",
                message="what a release wants is changed by `pulumi up` alone",
            ),
        ],
    )


def gates(controller: str) -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    """Returns the policy on what the controller deletes, for RBAC cannot tell one Job from another: gates alone."""
    return _policy(
        _rule("jobs", ["DELETE"], group="batch"),
        [
            Validation(
                expression=f"has(oldObject.metadata.labels) && '{GATE}' in oldObject.metadata.labels",
                message="the controller of releases deletes gates alone",
            )
        ],
        conditions=[
            admission.v1.MatchConditionArgs(
                name="by-the-controller", expression=f"request.userInfo.username == '{controller}'"
            )
        ],
    )


def binding(policy: str, params: str | None = None) -> admission.v1.ValidatingAdmissionPolicyBindingSpecArgs:
    """Returns the binding of a policy, in every namespace. With `params`, a request is refused in a namespace without
    any object of that kind."""
    every = admission.v1.ParamRefArgs(selector=meta.v1.LabelSelectorArgs(), parameter_not_found_action="Deny")
    return admission.v1.ValidatingAdmissionPolicyBindingSpecArgs(
        policy_name=policy, validation_actions=["Deny"], param_ref=every if params else None
    )


def metadata(name: str, source: str) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=name, labels=names.labels(names.CLUSTER), annotations=names.source_annotation(source)
    )


def _rule(resources: str, operations: Sequence[str], *, group: str = GROUP) -> admission.v1.NamedRuleWithOperationsArgs:
    return admission.v1.NamedRuleWithOperationsArgs(
        api_groups=[group],
        api_versions=[VERSION],
        resources=[resources],
        operations=list(operations),
        scope="Namespaced",
    )


def _policy(
    rule: admission.v1.NamedRuleWithOperationsArgs,
    validations: Sequence[Validation],
    params: str | None = None,
    conditions: Sequence[admission.v1.MatchConditionArgs] = (),
) -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    return admission.v1.ValidatingAdmissionPolicySpecArgs(
        failure_policy="Fail",
        match_constraints=admission.v1.MatchResourcesArgs(resource_rules=[rule]),
        match_conditions=list(conditions) or None,
        param_kind=admission.v1.ParamKindArgs(api_version=API_VERSION, kind=params) if params else None,
        validations=list(validations),
    )
