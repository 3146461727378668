"""What the roles, buckets and other resources of a stack on AWS let whom do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.components.clouds.iam import Request, allows, listed, principals, statements
from tests.components.clouds.in_moto import BUCKET, BUCKET_POLICY, Created, CreatedRole, Document, created
from tests.components.clouds.resolved import Resolved, Resource, resolved

ZONE = "route53/zone:Zone"
LOG_GROUP, SECRET = "cloudwatch/logGroup:LogGroup", "secretsmanager/secret:Secret"
STRANGER = "999999999999"
STRANGERS = {
    "aws:SecureTransport": "true",
    "aws:PrincipalAccount": STRANGER,
    "aws:SourceAccount": STRANGER,
    "kms:CallerAccount": STRANGER,
}
"""What a request from another account says of itself."""
WITHOUT_RESOURCE = (
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "ecr:GetAuthorizationToken",
    "route53:GetChange",
    "route53:ListHostedZones",
    "route53:ListHostedZonesByName",
    "s3:ListAllMyBuckets",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:ListSecrets",
    "sts:GetCallerIdentity",
    "tag:GetResources",
)
"""Actions for which AWS takes no resource but `*`, or none that has a name before it is there."""
TOO_MUCH = ("AdministratorAccess*", "PowerUserAccess", "*FullAccess", "job-function/*")
"""Policies that AWS wrote for people in a hurry."""
IAM_TYPES = {"role", "rolePolicy", "rolePolicyAttachment", "policy", "openIdConnectProvider", "instanceProfile"}
GRANT_NOTHING = {
    "ec2/vpcEndpoint:VpcEndpoint",
    "ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "ecr/lifecyclePolicy:LifecyclePolicy",
}
"""Types whose `policy` gives nobody a permission: it says what passes a network, or what expires."""
HAVE_A_POLICY = {
    BUCKET_POLICY,
    "backup/vaultPolicy:VaultPolicy",
    "ecr/repositoryPolicy:RepositoryPolicy",
    "kms/keyPolicy:KeyPolicy",
    "secretsmanager/secretPolicy:SecretPolicy",
    "sns/topicPolicy:TopicPolicy",
    "sqs/queuePolicy:QueuePolicy",
}
NOT_ASKED_FOR_OTHERS = {"ec2.amazonaws.com", "rds.amazonaws.com"}
"""Services that do not say for which account they act: EC2 takes on a role for the machine that runs with it only, and
RDS Proxy's documented trust has no condition (AmazonRDS User Guide, "Configuring IAM authentication for RDS Proxy")."""
STACKS = ("staging", "prod")


class Case(NamedTuple):
    """What a role may do with a resource of its stack; both by logical name.

    `below` follows the resource's ARN. A `context` is needed where a policy has conditions on the request.
    """

    role: str
    action: str
    type: str
    name: str
    below: str
    expected: bool
    context: Mapping[str, str] = MappingProxyType({"aws:SecureTransport": "true"})


CASES = [
    Case("main-flows", "logs:PutLogEvents", LOG_GROUP, "main-flows", ":log-stream:eni-1-all", True),
    Case("main-flows", "logs:CreateLogStream", LOG_GROUP, "main-flows", ":log-stream:eni-1-all", True),
    Case("main-flows", "logs:PutLogEvents", LOG_GROUP, "main", ":log-stream:eni-1-all", False),
    Case("main-flows", "logs:GetLogEvents", LOG_GROUP, "main-flows", ":log-stream:eni-1-all", False),
    Case("main-flows", "logs:DeleteLogGroup", LOG_GROUP, "main-flows", ":*", False),
    Case("marketplace/userdb", "secretsmanager:GetSecretValue", SECRET, "marketplace/userdb", "", True),
    Case("marketplace/userdb", "secretsmanager:GetSecretValue", SECRET, "marketplace/paymentdb", "", False),
    Case("marketplace/userdb", "secretsmanager:PutSecretValue", SECRET, "marketplace/userdb", "", False),
    Case("marketplace/userdb-monitoring", "secretsmanager:GetSecretValue", SECRET, "marketplace/userdb", "", False),
    Case("expenses/secrets", "secretsmanager:GetSecretValue", SECRET, "expenses/expenses-app", "", True),
    Case("expenses/secrets", "secretsmanager:GetSecretValue", SECRET, "kingstons/kingstons-app", "", False),
    Case("expenses/secrets", "secretsmanager:PutSecretValue", SECRET, "expenses/expenses-app", "", False),
    Case("expenses/backups", "s3:PutObject", BUCKET, "expenses/backups", "/expenses/1.dump", True),
    Case("expenses/backups", "s3:GetObject", BUCKET, "expenses/backups", "/expenses/1.dump", True),
    Case("expenses/backups", "s3:DeleteObject", BUCKET, "expenses/backups", "/expenses/1.dump", False),
    Case("expenses/backups", "s3:BypassGovernanceRetention", BUCKET, "expenses/backups", "/expenses/1.dump", False),
    Case("expenses/backups", "s3:GetObject", BUCKET, "marketplace/backups", "/userdb/1.dump", False),
    Case("smartwallet/smartwallet-api", "s3:DeleteObject", BUCKET, "smartwallet/receipts", "/1.jpg", True),
    Case("smartwallet/smartwallet-api", "s3:PutBucketPolicy", BUCKET, "smartwallet/receipts", "", False),
    Case("smartwallet/smartwallet-api", "s3:GetObject", BUCKET, "smartwallet/web", "/blue/index.html", False),
    Case("smartwallet/web-publisher", "s3:PutObject", BUCKET, "smartwallet/web", "/blue/index.html", True),
    Case("smartwallet/web-publisher", "s3:PutObject", BUCKET, "smartwallet/web", "/other/index.html", False),
    Case("smartwallet/web-publisher", "s3:GetObject", BUCKET, "smartwallet/receipts", "/1.jpg", False),
    Case("main-external-dns", "s3:GetObject", BUCKET, "smartwallet/receipts", "/1.jpg", False),
    Case("main-backup", "s3:GetObject", BUCKET, "smartwallet/receipts", "/1.jpg", False),
]


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> Resolved:
    return resolved(request.param)


@pytest.fixture(scope="module")
def account(stack: Resolved) -> Created:
    made = created(stack)
    # What follows looks at each of them.
    assert len(made.roles) > 20
    assert len(made.buckets) > 5
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.role} {case.action} {case.name}")
def test_what_a_role_may_do(case: Case, stack: Resolved, account: Created) -> None:
    """Its own work on its own things, and nothing beside it."""
    role = account.roles[case.role]
    request = Request(case.action, stack.arn(case.type, case.name) + case.below, role.arn, case.context)
    assert allows(role.policies, request) is case.expected


@pytest.mark.parametrize("controller", ["external-dns", "cert-manager"])
def test_controllers_write_to_the_zones_of_systems(controller: str, stack: Resolved, account: Created) -> None:
    """To each of them, and to no other; they cannot take a zone down."""
    role = account.roles[f"main-{controller}"]
    zones = [f"arn:aws:route53:::hostedzone/{zone.id}" for zone in stack.of(ZONE)]
    assert len(zones) >= 4
    for arn, expected in [*((arn, True) for arn in zones), ("arn:aws:route53:::hostedzone/ZOTHER", False)]:
        change = Request("route53:ChangeResourceRecordSets", arn, role.arn, {})
        assert allows(role.policies, change) is expected, arn
        assert not allows(role.policies, Request("route53:DeleteHostedZone", arn, role.arn, {}))


def test_the_copy_of_a_bucket_is_made_by_s3_alone(account: Created) -> None:
    """For this bucket of this account; it writes the copy and cannot change the original."""
    copies = [role for name, role in account.roles.items() if name.endswith("/backups-copy")]
    for role in copies:
        original = f"arn:aws:s3:::{role.name.removesuffix('-copy')}"
        assert not allows(role.policies, Request("s3:PutObject", f"{original}/1.dump", role.arn, {}))
        assert allows(role.policies, Request("s3:GetReplicationConfiguration", original, role.arn, {}))


def test_roles_are_allowed_actions_by_name(account: Created) -> None:
    """No policy allows all actions, those of a whole service, or all but some."""
    for role, statement in _permissions(account):
        assert "NotAction" not in statement, f"{role}: {statement}"
        broad = [each for each in listed(statement["Action"]) if each == "*" or each.endswith(":*")]
        assert not broad, f"{role}: {broad} of {statement}"


def test_roles_are_allowed_resources_by_name(account: Created) -> None:
    """No policy allows an action on everything where AWS lets one name the resource."""
    for role, statement in _permissions(account):
        assert "NotResource" not in statement, f"{role}: {statement}"
        if any(_is_everything(each) for each in listed(statement["Resource"])):
            needless = [each for each in listed(statement["Action"]) if not _takes_no_resource(each)]
            assert not needless, f"{role}: {needless} on every resource"


def test_roles_have_no_policy_for_everything(account: Created) -> None:
    """Of AWS' own policies, those for one purpose only."""
    for role in account.roles.values():
        for arn in role.attached:
            name = arn.removeprefix("arn:aws:iam::aws:policy/")
            assert name != arn, f"{role.name}: {arn} is neither AWS' nor of this stack"
            assert not any(fnmatchcase(name, each) for each in TOO_MUCH), f"{role.name}: {name}"


def test_policies_of_iam_are_of_known_types(stack: Resolved) -> None:
    """No user, group or list of exclusive policies, which these tests would not see, nor a policy inside a role."""
    for each in stack.resources:
        if each.type.startswith("aws:iam/"):
            assert each.type.removeprefix("aws:iam/").partition(":")[0] in IAM_TYPES, each
            assert not {"inlinePolicies", "managedPolicyArns"} & each.inputs.keys(), each.name


def test_a_system_reaches_nothing_of_another(stack: Resolved, account: Created) -> None:
    """No role of a system reads a secret or touches a file of another system."""
    things = [*stack.of(SECRET, BUCKET)]
    assert any("/" in thing.name for thing in things)
    for name, role in account.roles.items():
        for thing in things if "/" in name else ():
            if thing.name.partition("/")[0] != name.partition("/")[0]:
                assert not _touches(role, thing), f"{name} reaches {thing.name}"


def _touches(role: CreatedRole, thing: Resource) -> bool:
    below, actions = ("", ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"])
    if thing.type == f"aws:{BUCKET}":
        below, actions = "/one", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion"]
    own = {"aws:SecureTransport": "true"}
    return any(allows(role.policies, Request(each, f"{thing.arn}{below}", role.arn, own)) for each in actions)


def _permissions(account: Created) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something to a role, with the role's logical name."""
    found = [
        (name, statement)
        for name, role in account.roles.items()
        for policy in role.policies
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
    ]
    assert found
    return iter(found)


def _is_everything(resource: str) -> bool:
    """Whether a pattern is for everything, of a service or of a type: `secret:*`, but on S3 a bucket's files."""
    _, _, service, _, _, name = (resource.split(":", 5) + [""] * 5)[:6]
    return name in ("", "*") or (service != "s3" and re.fullmatch(r"[\w-]+[:/]\*", name) is not None)


def _takes_no_resource(action: str) -> bool:
    return any(fnmatchcase(action.lower(), each.lower()) for each in WITHOUT_RESOURCE)


def test_a_role_is_one_services_or_one_subjects(account: Created) -> None:
    """A trust policy names one service of AWS, or one service account of one identity provider, for one audience."""
    for name, role in account.roles.items():
        trust = statements(role.trust)
        assert {statement["Effect"] for statement in trust} == {"Allow"}, name
        ((kind, value),) = {each for statement in trust for each in principals(statement)}
        assert kind in ("Service", "Federated"), f"{name} trusts {kind} {value}"
        assert "*" not in value, f"{name} trusts {value}"
        for statement in trust if kind == "Federated" else ():
            issuer, equal = value.partition(":oidc-provider/")[2], statement["Condition"].get("StringEquals", {})
            assert len(listed(equal.get(f"{issuer}:sub", []))) == 1, f"{name} names no subject: {statement}"
            assert listed(equal.get(f"{issuer}:aud")) == ["sts.amazonaws.com"], f"{name} names no audience: {statement}"


def test_a_role_is_taken_on_by_whom_it_trusts(account: Created) -> None:
    """Its principal takes it on under all of the trust's conditions; nobody else does."""
    for name, role in account.roles.items():
        for statement in statements(role.trust):
            ((_, principal),) = principals(statement)
            terms = {
                key: _sample(value) for each in statement.get("Condition", {}).values() for key, value in each.items()
            }
            request = Request(listed(statement["Action"])[0], "", principal, terms)
            assert allows([role.trust], request), name
            assert not allows([role.trust], Request(request.action, "", "other.amazonaws.com", terms)), name
            for key in terms:
                fewer = {other: value for other, value in terms.items() if other != key}
                for context in (fewer, {**fewer, key: "arn:aws:s3:::other"}):
                    other = Request(request.action, "", principal, context)
                    assert not allows([role.trust], other), f"{name}: {key} need not be met"


def test_a_trust_that_is_bound_is_bound_to_the_roles_account(account: Created) -> None:
    """A service may act for this account only, but for those that cannot say for which."""
    unbound: set[str] = set()
    for name, role in account.roles.items():
        for statement in statements(role.trust):
            bound = {
                source
                for each in statement.get("Condition", {}).values()
                for source in listed(each.get("aws:SourceAccount", []))
            }
            assert bound <= {role.account}, f"{name} is bound to {bound}"
            if not bound:
                unbound |= {value for kind, value in principals(statement) if kind == "Service"}
    assert unbound <= NOT_ASKED_FOR_OTHERS


def _sample(value: Any) -> str:
    """A value of a request that meets a condition's."""
    return str(listed(value)[0]).replace("*", "x").replace("?", "x")


def test_buckets_refuse_plain_http(stack: Resolved, account: Created) -> None:
    """Every bucket refuses any request without TLS, whoever sends it and whatever else allows it."""
    anything: Document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    roles = [role.arn for role in account.roles.values()]
    for bucket, policy in account.buckets.items():
        assert policy is not None, f"{bucket} has no policy"
        for caller in ("", "backup.amazonaws.com", f"arn:aws:iam::{STRANGER}:role/stranger", *roles):
            for request in _requests(bucket, caller, {"aws:SecureTransport": "false"}):
                assert not allows([policy, anything], request), request
        by_tls = Request("s3:GetObject", f"{bucket}/one", roles[0], {"aws:SecureTransport": "true"})
        assert allows([policy, anything], by_tls), f"{bucket} refuses TLS too"


def _requests(bucket: str, caller: str, context: dict[str, str]) -> Iterator[Request]:
    for action in ("s3:ListBucket", "s3:PutBucketPolicy", "s3:AnActionToCome"):
        yield Request(action, bucket, caller, context)
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion", "s3:AnActionToCome"):
        yield Request(action, f"{bucket}/2026/one.pdf", caller, context)


def test_policies_of_buckets_speak_of_their_own_bucket(account: Created) -> None:
    """S3 refuses a statement on another bucket, and one for nobody."""
    for bucket, policy in account.buckets.items():
        for statement in statements(policy or {"Statement": []}):
            assert "Principal" in statement, bucket
            for resource in listed(statement["Resource"]):
                assert resource == bucket or resource.startswith(f"{bucket}/"), f"{bucket}: {resource}"


def test_resources_let_no_stranger_in(stack: Resolved) -> None:
    """No bucket, key, secret, topic, queue or vault allows anything to the public or to another account."""
    policies = [(each, each.text("policy")) for each in stack.resources if _is_ruled(each)]
    assert any(each.type == f"aws:{BUCKET_POLICY}" for each, _ in policies)
    for resource, policy in policies:
        for statement in statements(policy):
            named = {value for kind, value in principals(statement) if kind == "AWS"} - {"*"}
            if statement["Effect"] == "Allow":
                assert all(resource.account in value for value in named), f"{resource.name}: {named}"
            for action in listed(statement.get("Action", "any:Action")):
                for target in listed(statement.get("Resource", "*")):
                    for caller in ("", f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{STRANGER}:role/stranger"):
                        request = Request(_sample(action), _sample(target), caller, STRANGERS)
                        assert not allows([policy], request), f"{resource.name}: {request}"


def _is_ruled(resource: Resource) -> bool:
    type_ = resource.type.removeprefix("aws:")
    if type_.startswith("iam/") or type_ in GRANT_NOTHING:
        return False
    return type_ in HAVE_A_POLICY or "policy" in resource.inputs or "policy" in resource.unknown


def test_services_use_a_resource_for_one_source_only(stack: Resolved) -> None:
    """What a resource allows to a service of AWS is bound to a source, an account or an organisation."""
    bonds = {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "kms:calleraccount"}
    for resource in filter(_is_ruled, stack.resources):
        for statement in statements(resource.text("policy")):
            if statement["Effect"] == "Allow" and any(kind == "Service" for kind, _ in principals(statement)):
                keys = {key.lower() for each in statement.get("Condition", {}).values() for key in each}
                assert keys & bonds, f"{resource.type} {resource.name}: {statement}"
