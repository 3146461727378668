"""Permissions that are harmless alone but together allow privilege escalation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from adapters.clouds.aws.statements import DOCUMENTS, Holder, Statement, allowing, documents_of
from framework import Resource, Settings, Verdict

SETS: tuple[frozenset[str], ...] = tuple(
    frozenset(each.lower().split())
    for each in (
        "ec2:RunInstances",
        "ec2:CreateLaunchTemplate autoscaling:CreateAutoScalingGroup",
        "autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup",
        "lambda:CreateFunction lambda:InvokeFunction",
        "lambda:CreateFunction lambda:AddPermission",
        "lambda:CreateFunction lambda:CreateEventSourceMapping",
        "lambda:CreateFunction lambda:CreateFunctionUrlConfig",
        "ecs:RegisterTaskDefinition ecs:RunTask",
        "ecs:RegisterTaskDefinition ecs:StartTask",
        "ecs:RegisterTaskDefinition ecs:CreateService",
        "ecs:RegisterTaskDefinition ecs:UpdateService",
        "cloudformation:CreateStack",
        "cloudformation:CreateStackSet cloudformation:CreateStackInstances",
        "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
        "codebuild:CreateProject codebuild:StartBuild",
        "codebuild:CreateProject codebuild:StartBuildBatch",
        "glue:CreateDevEndpoint",
        "glue:CreateJob glue:StartJobRun",
        "glue:CreateJob glue:CreateTrigger",
        "glue:CreateSession glue:RunStatement",
        "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
        "elasticmapreduce:RunJobFlow",
        "sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl",
        "sagemaker:CreateTrainingJob",
        "sagemaker:CreateProcessingJob",
        "states:CreateStateMachine states:StartExecution",
        "events:PutRule events:PutTargets",
        "scheduler:CreateSchedule",
        "batch:RegisterJobDefinition batch:SubmitJob",
        "apprunner:CreateService",
        "ssm:StartAutomationExecution",
    )
)
"""Sets of actions that run programs under a passed role. The methods are those of Rhino Security Labs
(https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/) and of https://pathfinding.cloud."""

_HOLDERS = {"aws:iam/role:Role": "role", "aws:iam/user:User": "user", "aws:iam/group:Group": "group"}
_POLICY = "aws:iam/policy:Policy"
_GIVEN_BY = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "role",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "user",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "group",
}
_OWN = {
    "aws:iam/rolePolicy:RolePolicy": "role",
    "aws:iam/userPolicy:UserPolicy": "user",
    "aws:iam/groupPolicy:GroupPolicy": "group",
}
TYPES = (*_HOLDERS, _POLICY, *_GIVEN_BY, *_OWN)


def together(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the permissions of each holder across all of its documents."""
    for documents in _by_holder(resources):
        statements = [each for document in documents for each in _statements(document)]
        if taken := _combined(statements):
            what = " and ".join(sorted(taken))
            problem = f"allows {what} with iam:PassRole of more than one role: whoever has both gets the rights of each"
            verdict.violated(documents[0], f"{problem}; name the role")


def _by_holder(resources: Sequence[Resource]) -> Iterator[list[Resource]]:
    """Return the documents of each holder; a policy that is not attached in this stack is its own holder."""
    by_urn = {each.urn: each for each in resources}
    named = {(_HOLDERS[each.type], each["name"].text): each.urn for each in resources if each.type in _HOLDERS}
    policies = {each["arn"].text: each for each in resources if each.type == _POLICY and each["arn"].text}
    found: dict[tuple[str, str], dict[str, Resource]] = defaultdict(dict)

    def add(giver: Resource, kind: str, document: Resource) -> None:
        text = giver[kind].text
        made_from = [urn for urn in giver.dependencies if urn in by_urn and _HOLDERS.get(by_urn[urn].type) == kind]
        urn = named.get((kind, text)) or (made_from[0] if len(made_from) == 1 else text or giver.urn)
        found[kind, urn][document.urn] = document

    for each in resources:
        if each.type in _OWN:
            add(each, _OWN[each.type], each)
        elif each.type in _GIVEN_BY:
            made_from = [by_urn[urn] for urn in each.dependencies if urn in by_urn and by_urn[urn].type == _POLICY]
            policy = policies.get(each["policyArn"].text or "") or (made_from[0] if len(made_from) == 1 else None)
            if policy:
                add(each, _GIVEN_BY[each.type], policy)
        elif each.type in _HOLDERS:
            found[_HOLDERS[each.type], each.urn][each.urn] = each
    given = {urn for documents in found.values() for urn in documents}
    yield from ([each] for each in resources if each.type == _POLICY and each.urn not in given)
    yield from (list(documents.values()) for documents in found.values())


def _statements(resource: Resource) -> list[Statement]:
    if resource.type not in DOCUMENTS:
        return []
    texts = [document.text for document, holder in documents_of(resource) if holder is Holder.IDENTITY]
    return [each for text in texts if text for each in allowing(text) or ()]


def _combined(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the first set that is fully allowed, if a statement passes roles by a pattern; else None."""
    if not any(each.passes_several for each in statements):
        return frozenset()
    allowed = {f"{service}:{action}" for each in statements for service, action in _each(each.actions or {})}
    return next((each for each in SETS if each <= allowed), frozenset())


def _each(actions: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    return ((service, action) for service, found in actions.items() for action in found)
