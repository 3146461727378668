"""Who may do what: statements of AWS, roles of Azure and of Kubernetes, and whom they are given to."""

from __future__ import annotations

import json
from typing import Any

from tests.policies.edits.network import OF_AWS
from tests.policies.pack_under_test import UNKNOWN
from tests.policies.plan_under_test import Edit
from tests.policies.swift import Addition

OWN, OTHER = "444455556666", "999988887777"
ROLE = ("iam/role:Role", "main-nodes")
GRANT, ASSIGNED = (
    ("authorization:RoleDefinition", "fleet"),
    ("authorization:RoleAssignment", "fleet-deployer-00000000-0000-4000-8000-000000000005"),
)
PEOPLE, BOUND = ("v1:Role", "fleet/developers"), ("v1:RoleBinding", "fleet/developers")
ENTRY = ("eks/accessEntry:AccessEntry", "main-deployer-0")
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
CLIENT, OTHERS = "azure.workload.identity/client-id", "00000000-0000-4000-8000-00000000000f"
SOME_ROLES = f"arn:aws:iam::{OWN}:role/fleet-*"
RBAC = "kubernetes:rbac.authorization.k8s.io/v1"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allows(action: Any, resource: Any = "*", arn: str = "", **more: Any) -> Addition:
    """A policy of its own."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    own = {"arn": arn} if arn else {}
    return Addition("aws:iam/policy:Policy", "new", {"policy": document(statement), **own, **OF_AWS}, ROLE)


def inline(name: str, action: str, resource: str = "*") -> Addition:
    """A policy of one role."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return Addition(
        "aws:iam/rolePolicy:RolePolicy", name, {"role": UNKNOWN, "policy": document(statement)}, ROLE, (ROLE,)
    )


def all_but(action: str) -> Addition:
    statement = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    return Addition("aws:iam/policy:Policy", "new", {"policy": document(statement), **OF_AWS}, ROLE)


def trusts(principal: Any, **condition: Any) -> Edit:
    web = isinstance(principal, dict) and "Federated" in principal
    action = "sts:AssumeRoleWithWebIdentity" if web else "sts:AssumeRole"
    statement = {"Effect": "Allow", "Action": action, "Principal": principal}
    return Edit(*ROLE, ("assumeRolePolicy",), document(statement | ({"Condition": condition} if condition else {})))


def shares(principal: Any, **condition: Any) -> Addition:
    """A queue of others."""
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": principal}
    policy = document(statement | ({"Condition": condition} if condition else {}))
    return Addition("aws:sqs/queuePolicy:QueuePolicy", "new", {"queueUrl": "q", "policy": policy}, ROLE)


def attached(policy: str) -> Addition:
    return Addition(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "new", {"policyArn": policy, "role": "it"}, ROLE
    )


def assigned(role: str) -> Edit:
    return Edit(
        *ASSIGNED, ("roleDefinitionId",), f"/subscriptions/0/providers/Microsoft.Authorization/roleDefinitions/{role}"
    )


def azure(*actions: str, refused: tuple[str, ...] = ()) -> Edit:
    return Edit(*GRANT, ("permissions",), [{"actions": [*actions], "notActions": [*refused]}])


def people(*resources: str, verbs: tuple[str, ...] = ("get",), group: str = "", **more: Any) -> Edit:
    rule = {"apiGroups": [group], "resources": [*resources], "verbs": [*verbs], **more}
    return Edit(*PEOPLE, ("rules", "+"), rule)


def bound(kind: str, name: str) -> Edit:
    return Edit(*BOUND, ("subjects", "+"), {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"})


def cluster_role(**inputs: Any) -> Addition:
    labels = {
        "app.kubernetes.io/managed-by": "slipway",
        "app.kubernetes.io/part-of": "fleet",
        **inputs.pop("labels", {}),
    }
    return Addition(
        f"{RBAC}:ClusterRole", "fleet/new", {"metadata": {"name": "new", "labels": labels}, **inputs}, PEOPLE
    )


def cluster_binding(role: str) -> Addition:
    labels = {"app.kubernetes.io/managed-by": "slipway", "app.kubernetes.io/part-of": "fleet"}
    subjects = [{"kind": "Group", "name": "slipway:fleet:developers"}]
    inputs = {"metadata": {"name": "new", "labels": labels}, "roleRef": {"name": role}, "subjects": subjects}
    return Addition(f"{RBAC}:ClusterRoleBinding", "fleet/new", inputs, PEOPLE)


def subject(sub: str, aud: str = "sts.amazonaws.com", operator: str = "StringLike") -> dict[str, Any]:
    issuer = "token.actions.githubusercontent.com"
    return {operator: {f"{issuer}:sub": sub}, "ForAnyValue:StringEquals": {f"{issuer}:aud": aud}}


def assuming(role: str) -> Edit:
    """The role of a service account in the cluster."""
    annotation = ("metadata", "annotations", "eks.amazonaws.com/role-arn")
    return Edit("core/v1:ServiceAccount", "kingstons/secrets", annotation, role)


CAUGHT = {
    "iam-wildcards": {
        "prod": [
            allows("*"),
            allows("s3:?*"),
            allows(["iam:A*", "iam:C*", "iam:D*", "iam:G*", "iam:L*", "iam:P*", "iam:R*", "iam:S*", "iam:T*", "iam:U*"]),
            allows("dynamodb:*", "arn:aws:dynamodb:us-east-1:444455556666:table/*"),
            allows("sqs:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
            allows("sqs:*", ["arn:aws:sqs:*:*:*"]),
            all_but("iam:*"),
            attached("arn:aws:iam::aws:policy/AdministratorAccess"),
            attached("arn:aws:iam::aws:policy/IAMFullAccess"),
            attached("arn:aws:iam::aws:policy/AmazonS3FullAccess"),
            attached("arn:aws:iam::aws:policy/job-function/SystemAdministrator"),
            assigned("8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"),
            assigned("b24988ac-6180-42a0-ab88-20f7382dd24c"),
            assigned("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
            assigned("F58310D9-A9F6-439A-9E8D-F62E7B41A168"),
            azure("*"),
            azure("Microsoft.Storage/*"),
            azure("*/write", refused=("Microsoft.Authorization/*/write",)),
            people("configmaps", verbs=("*",)),
            people("pods/*"),
            people("deployments", "*", group="apps"),
            cluster_binding("cluster-admin"),
            cluster_binding("edit"),
            cluster_binding("system:node"),
            trusts("*"),
            trusts({"AWS": "*"}, StringLike={"aws:PrincipalArn": "*"}),
            shares("*", StringLike={"aws:PrincipalOrgID": "*"}),
            shares("*", IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}),
            trusts("*", Bool={"aws:MultiFactorAuthPresent": "true"}),
        ]
    },
    "iam-escalation": {
        "prod": [
            allows("iam:PassRole"),
            allows("iam:Pass*", "arn:aws:iam::444455556666:role/*"),
            allows("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
            allows("iam:*RolePolicy"),
            allows(["iam:CreatePolicyVersion", "iam:ListRoles"]),
            allows("sts:AssumeRole"),
            allows("sts:Assume*", Condition={"StringEqualsIfExists": {"aws:ResourceTag/team": "fleet"}}),
            allows("iam:PassRole", Condition={"StringLike": {"aws:PrincipalArn": "*"}}),
            allows("ssm:SendCommand"),
            allows("secretsmanager:Get*"),
            allows("kms:PutKeyPolicy", "arn:aws:kms:us-east-1:444455556666:key/*"),
            allows("*:PassRole"),
            azure("Microsoft.Authorization/roleAssignments/write"),
            azure("microsoft.authorization/roleassignments/*"),
            azure("Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"),
            people("secrets", verbs=("get", "list")),
            people("nodes/proxy"),
            people("serviceaccounts/token", verbs=("create",)),
            people("pods/exec", verbs=("create",)),
            people("roles", verbs=("bind",), group="rbac.authorization.k8s.io"),
            people("clusterroles", verbs=("escalate",), group="rbac.authorization.k8s.io"),
            people("users", verbs=("impersonate",)),
            people("rolebindings", verbs=("create",), group="rbac.authorization.k8s.io"),
            cluster_role(aggregationRule={"clusterRoleSelectors": [{}]}),
            cluster_role(rules=[], labels={"rbac.authorization.k8s.io/aggregate-to-view": "true"}),
        ]
    },
    "iam-escalation-together": {
        "prod": [
            allows(["iam:PassRole", "ec2:RunInstances"], SOME_ROLES),
            allows(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], SOME_ROLES),
            allows(["iam:Pass*", "cloudformation:Create*"], [SOME_ROLES, "arn:aws:cloudformation:us-east-1:1:stack/a/*"]),
            allows(["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"], SOME_ROLES),
            allows(["iam:PassRole", "states:*Machine", "states:StartExecution"], SOME_ROLES),
            allows(["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], f"arn:aws:iam::{OWN}:role/fleet-?odes"),
            (inline("one", "iam:PassRole", SOME_ROLES), inline("two", "ec2:RunInstances")),
            (
                inline("one", "iam:PassRole", SOME_ROLES),
                allows(["codebuild:CreateProject", "codebuild:StartBuild"], arn="arn:new"),
                Addition(
                    "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "new",
                    {"policyArn": "arn:new", "role": "it"}, ROLE, (ROLE,),
                ),
            ),
        ]
    },
    "iam-trust": {
        "prod": [
            trusts({"AWS": f"arn:aws:iam::{OTHER}:root"}),
            trusts({"AWS": OTHER}),
            trusts({"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:role/partner"]}),
            trusts({"Federated": GITHUB}),
            trusts({"Federated": GITHUB}, **subject("*")),
            trusts({"Federated": GITHUB}, **subject("repo:*")),
            trusts({"Federated": GITHUB}, **subject("repo:company/*", operator="StringNotLike")),
            trusts({"Federated": GITHUB}, StringEquals={"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}),
            trusts({"Federated": GITHUB}, **subject("repo:company/app:*", operator="ForAllValues:StringLike")),
            trusts({"Service": "sns.amazonaws.com"}),
            bound("Group", "system:authenticated"),
            bound("Group", "system:masters"),
            bound("Group", "system:serviceaccounts"),
            bound("User", "system:anonymous"),
            bound("ServiceAccount", "default"),
            Edit(*ENTRY, ("kubernetesGroups",), ["system:masters"]),
            Edit(*ENTRY, ("principalArn",), f"arn:aws:iam::{OTHER}:role/partner"),
            Edit(*ENTRY, ("principalArn",), f"arn:aws:iam::{OWN}:root"),
            Edit(*ENTRY, ("principalArn",), f"arn:aws:iam::{OWN}:role/*"),
            Addition(
                "aws:lambda/permission:Permission", "new",
                {"action": "lambda:InvokeFunction", "principal": "*", "function": "f"}, ROLE,
            ),
        ]
    },
    "foreign-accounts": {
        "prod": [
            allows("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OTHER}:orders"),
            allows("s3:GetObject", "arn:aws:s3:::files/*", Condition={"StringEquals": {"aws:ResourceAccount": OTHER}}),
            inline("new", "kms:Decrypt", f"arn:aws:kms:us-east-1:{OTHER}:key/00000000-0000-4000-8000-000000000001"),
            Edit(*ASSIGNED, ("scope",), "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/others"),
            assuming(f"arn:aws:iam::{OTHER}:role/admin"),
            Edit("core/v1:ServiceAccount", "fleet/secrets", ("metadata", "annotations", CLIENT), OTHERS),
            Edit("PodIdentityAssociation", "main-external-dns", ("targetRoleArn",), f"arn:aws:iam::{OTHER}:role/admin"),
            Edit(*ASSIGNED, ("scope",), "/providers/Microsoft.Management/managementGroups/all"),
        ]
    },
    "local-accounts": {
        "prod": [
            Edit("core/v1:Secret", "main/grafana-login", ("type",), "kubernetes.io/service-account-token"),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        assuming(f"arn:aws:iam::{OWN}:role/secrets"),
        allows("s3:Get*", "arn:aws:s3:::files/*"),
        allows("s3:*", ["arn:aws:s3:::files", "arn:aws:s3:::files/*"]),
        allows("iam:PassRole", f"arn:aws:iam::{OWN}:role/fleet-nodes"),
        allows(["iam:PassRole", "ec2:RunInstances"], f"arn:aws:iam::{OWN}:role/fleet-nodes"),
        allows(["lambda:CreateFunction", "lambda:InvokeFunction"]),
        (inline("one", "iam:PassRole", f"arn:aws:iam::{OWN}:role/fleet-nodes"), inline("two", "ec2:RunInstances")),
        allows("ec2:Describe*"),
        allows(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"]),
        allows("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:fleet/*"),
        allows("kms:CreateGrant", Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
        trusts({"AWS": f"arn:aws:iam::{OWN}:role/builder"}),
        trusts({"Federated": GITHUB}, **subject("repo:company/app:ref:refs/heads/main", operator="StringEquals")),
        trusts({"Federated": GITHUB}, **subject("repo:company/app:*")),
        shares("*", StringEquals={"aws:PrincipalOrgID": "o-company"}),
        trusts({"Service": "backup.amazonaws.com"}, StringEquals={"aws:SourceAccount": OWN}),
        attached("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"),
        assigned("7f951dda-4ed3-4680-a7ca-43fe172d538d"),
        azure("Microsoft.Storage/storageAccounts/read", "Microsoft.Storage/storageAccounts/*/read"),
        people("pods", "pods/log", verbs=("get", "list", "watch")),
        people("secrets", verbs=("get",), resourceNames=["fleet-pass"]),
        bound("Group", "company:fleet:oncall"),
        bound("ServiceAccount", "deployer"),
    ]
}
