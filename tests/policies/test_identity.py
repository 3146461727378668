"""No role allows everything, no pod has static cloud keys, and no service allows local accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("iam-wildcards", "static-cloud-keys", "local-accounts")

WILDCARDS, KEYS, ACCOUNTS = RULES
SOURCE = "systems/fleet/system.yaml:services.api"
DIRECTORY = {"aadProfile": {"managed": True}}
ROOT = "arn:aws:iam::111122223333:root"


def document(*statements: Any, **fields: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements) or {"Effect": "Allow", **fields}})


def own(**fields: Any) -> str:
    """A document that allows something on everything."""
    return document(**{"Action": "s3:GetObject", "Resource": "*", **fields})


def holder(type_: str) -> Callable[[Any], Fact]:
    return lambda policy: Fact(type_, {"policy": policy, "tags": {"slipway.dev/source": SOURCE}})


IDENTITY = {
    "policy": holder("aws:iam/policy:Policy"),
    "role policy": holder("aws:iam/rolePolicy:RolePolicy"),
    "user policy": holder("aws:iam/userPolicy:UserPolicy"),
    "inline": lambda policy: Fact("aws:iam/role:Role", {"inlinePolicies": [{"name": "it", "policy": policy}]}),
}
OF_A_RESOURCE = {
    "trust": lambda policy: Fact("aws:iam/role:Role", {"assumeRolePolicy": policy}),
    "bucket": holder("aws:s3/bucketPolicy:BucketPolicy"),
    "queue": holder("aws:sqs/queuePolicy:QueuePolicy"),
    "key": holder("aws:kms/key:Key"),
}
WIDE = [
    own(Action="*"), own(Action="*:*"), own(Action="s3:*"), own(Action=["s3:GetObject", "execute-api:*"]),
    own(Action="iam:*", Resource=["arn:aws:s3:::own", "*"]), own(Action="s3:*", Resource="arn:aws:s3:::*"),
    own(NotAction="iam:*"), document(Effect="Allow", Action="*", NotResource="arn:aws:s3:::own"),
    document({"Effect": "Deny", "Action": "*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}),
]  # fmt: skip
NARROW = [
    own(), own(Action="s3:Get*"), own(Action="s3:*", Resource="arn:aws:s3:::own/*"), own(Action=[]),
    document({"Effect": "Deny", "Action": "*", "Resource": "*"}),
]  # fmt: skip
NO_DOCUMENT = [
    "", "s3:*", "[]", '{"Statement": "all"}', '{"Statement": [7]}', 7, True, {"Statement": []},
    pytest.param("[" * 5_000, id="deep"),
]  # fmt: skip


@pytest.mark.parametrize("make", [*IDENTITY.values(), *OF_A_RESOURCE.values()], ids=[*IDENTITY, *OF_A_RESOURCE])
class TestDocuments:
    """Wherever a document of AWS stands, it is judged alike."""

    @pytest.mark.parametrize("policy", NARROW)
    def test_narrow_satisfies(self, preview: Evaluator, make: Any, policy: str) -> None:
        """Named actions, or named resources, or a denial."""
        assert preview.evaluate(make(policy)) == []
        assert preview.evaluate(make(secret(policy))) == []

    @pytest.mark.parametrize("policy", [*WIDE, *NO_DOCUMENT])
    def test_wide_violates(self, preview: Evaluator, make: Any, policy: Any) -> None:
        """All actions, or all of a service, on everything; so does what is no document."""
        assert outcomes(preview.evaluate(make(policy))) == [(WILDCARDS, "mandatory")]

    def test_unseen_document_is_judged_in_the_update(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """A document made from what is not there yet is nobody's mistake; an update knows it before it creates it."""
        assert preview.evaluate(make(UNKNOWN)) == []
        assert outcomes(update.evaluate(make(UNKNOWN))) == [(WILDCARDS, "mandatory")]

    def test_no_value_is_shown(self, preview: Evaluator, make: Any) -> None:
        """A document may hold what is secret."""
        findings = preview.evaluate(make(secret(CANARY)), make(own(Action="*", Sid=CANARY)))
        assert len(findings) == 2
        assert not any(CANARY in each.message for each in findings)


@pytest.mark.parametrize("make", OF_A_RESOURCE.values(), ids=OF_A_RESOURCE)
@pytest.mark.parametrize(
    ("principal", "condition", "holds"),
    [
        ("*", None, False), ({"AWS": "*"}, None, False), ({"AWS": [ROOT, "*"]}, {}, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True), ({"Service": "s3.amazonaws.com"}, None, True),
        ({"AWS": ROOT}, None, True),
    ],
)  # fmt: skip
def test_anybody_needs_a_condition(preview: Evaluator, make: Any, principal: Any, condition: Any, holds: bool) -> None:
    """A resource that everybody may use says on what condition."""
    extra = {} if condition is None else {"Condition": condition}
    findings = preview.evaluate(make(own(Principal=principal, **extra)))
    assert outcomes(findings) == ([] if holds else [(WILDCARDS, "mandatory")])


def test_a_key_is_its_accounts(preview: Evaluator) -> None:
    """Without its account nobody could use a key of KMS, so all of KMS is allowed to that, and there only."""
    whole = own(Action="kms:*", Principal={"AWS": ROOT})
    key, bucket = OF_A_RESOURCE["key"], OF_A_RESOURCE["bucket"]
    assert preview.evaluate(key(whole)) == []
    assert outcomes(preview.evaluate(bucket(whole))) == [(WILDCARDS, "mandatory")]
    other = own(Action="kms:*", Principal={"AWS": [ROOT, "arn:aws:iam::111122223333:role/api"]})
    assert outcomes(preview.evaluate(key(other))) == [(WILDCARDS, "mandatory")]


def test_no_document_is_no_right(preview: Evaluator) -> None:
    """A key without a document of its own has AWS's default."""
    assert preview.evaluate(Fact("aws:kms/key:Key", {}), Fact("aws:iam/role:Role", {})) == []


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("fact", "holds"),
    [
        (Fact("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": ADMINISTRATOR}), False),
        (Fact("aws:iam/userPolicyAttachment:UserPolicyAttachment", {"policyArn": ADMINISTRATOR}), False),
        (Fact("aws:iam/role:Role", {"managedPolicyArns": [ADMINISTRATOR]}), False),
        (
            Fact(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                {"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
            ),
            True,
        ),
        (
            Fact(
                "azure-native:authorization:RoleAssignment",
                {"roleDefinitionId": "/subscriptions/s/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"},
            ),
            False,
        ),
        (Fact("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", {"roleRef": {"name": "cluster-admin"}}), False),
        (
            Fact("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", {"roleRef": {"name": "view"}}),
            True,
        ),
    ],
)
def test_ready_made_roles_that_allow_everything(preview: Evaluator, fact: Fact, holds: bool) -> None:
    """A cloud's own administrator is as wide as one written by hand."""
    assert outcomes(preview.evaluate(fact)) == ([] if holds else [(WILDCARDS, "mandatory")])


def azure_role(*actions: Any) -> Fact:
    permissions = [{"actions": list(actions), "dataActions": ["Microsoft.Storage/storageAccounts/read"]}]
    return Fact("azure-native:authorization:RoleDefinition", {"permissions": permissions})


def kubernetes_role(verbs: Any, resources: Any, kind: str = "Role") -> Fact:
    rules = [{"apiGroups": [""], "resources": resources, "verbs": verbs}]
    return Fact(f"kubernetes:rbac.authorization.k8s.io/v1:{kind}", {"rules": rules})


@pytest.mark.parametrize(
    "fact",
    [
        azure_role("Microsoft.Storage/storageAccounts/read"),
        azure_role("*/read"),
        kubernetes_role(["get"], ["pods"]),
        kubernetes_role(["get"], ["pods"], "ClusterRole"),
        Fact("azure-native:authorization:RoleDefinition", {}),
    ],
)
def test_named_rights_satisfy(preview: Evaluator, fact: Fact) -> None:
    """A role of Azure or Kubernetes that names what it allows."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        azure_role("*"),
        azure_role("Microsoft.Storage/storageAccounts/read", "*/write"),
        kubernetes_role(["*"], ["pods"]),
        kubernetes_role(["get"], ["*"], "ClusterRole"),
        kubernetes_role("*", ["pods"]),
    ],
)
def test_wildcards_violate(preview: Evaluator, fact: Fact) -> None:
    """A wildcard in a role of Azure or Kubernetes, in a list or in place of one."""
    assert outcomes(preview.evaluate(fact)) == [(WILDCARDS, "mandatory")]


@pytest.mark.parametrize(
    "fact",
    [
        azure_role(UNKNOWN),
        Fact("azure-native:authorization:RoleDefinition", {"permissions": UNKNOWN}),
        kubernetes_role(UNKNOWN, ["pods"]),
        kubernetes_role(["get"], ["pods", UNKNOWN]),
        Fact("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", {"roleRef": {"name": UNKNOWN}}),
    ],
)
def test_unknown_right_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A right of Azure or Kubernetes that is not known yet is advice, and blocks an update."""
    assert {*outcomes(preview.evaluate(fact))} == {(WILDCARDS, "advisory")}
    assert {*outcomes(update.evaluate(fact))} == {(WILDCARDS, "mandatory")}


PROVIDER = "urn:pulumi:test::slipway::pulumi:providers:kubernetes::"


def cluster(kind: str = "aws:eks/cluster:Cluster") -> list[Fact]:
    """A cluster, its first provider, an object made by that, and the provider that waits for the object."""
    managed = Fact(
        kind, {**DIRECTORY, "disableLocalAccounts": True, "accessConfig": {"authenticationMode": "API"}}, "main"
    )
    first = Fact("pulumi:providers:kubernetes", {}, "main", dependencies=(managed.urn,))
    made = Fact("kubernetes:core/v1:Namespace", {}, "fleet", provider=first.urn)
    return [managed, first, made, Fact("pulumi:providers:kubernetes", {}, "systems", dependencies=(made.urn,))]


MANAGED = {
    "aws": cluster(),
    "azure": cluster("azure-native:containerservice:ManagedCluster"),
}


def pod(*names: Any) -> Fact:
    env = [{"name": each, "valueFrom": {"secretKeyRef": {"name": "keys", "key": "it"}}} for each in names]
    spec = {"template": {"spec": {"containers": [{"name": "api", "env": env}]}}}
    metadata = {"annotations": {"slipway.dev/source": SOURCE}}
    return Fact(
        "kubernetes:apps/v1:Deployment", {"metadata": metadata, "spec": spec}, "api", provider=f"{PROVIDER}systems"
    )


def stored(key: str, kind: str = "stringData") -> Fact:
    return Fact("kubernetes:core/v1:Secret", {kind: {key: secret(CANARY)}}, "keys", provider=f"{PROVIDER}main")


def external(key: Any) -> Fact:
    spec = {"data": [{"secretKey": key, "remoteRef": {"key": "entry"}}]}
    return Fact("kubernetes:external-secrets.io/v1:ExternalSecret", {"spec": spec}, "keys", provider=f"{PROVIDER}main")


def expected(*keys: str) -> Fact:
    metadata = {"annotations": {"slipway.dev/supplied-keys": ",".join(keys)}}
    return Fact("kubernetes:core/v1:Secret", {"metadata": metadata}, "keys", provider=f"{PROVIDER}main")


STATIC = [
    pod("AWS_ACCESS_KEY_ID"),
    pod("PORT", "AZURE_CLIENT_SECRET"),
    pod("GOOGLE_APPLICATION_CREDENTIALS"),
    pod("RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY"),
    stored("AWS_SECRET_ACCESS_KEY"),
    stored("service-account.json", "data"),
    external("ARM_CLIENT_SECRET"),
    expected("SESSION", "AZURE_STORAGE_KEY"),
]


@pytest.mark.parametrize("around", MANAGED.values(), ids=MANAGED)
class TestKeys:
    """On a managed cluster pods have identities."""

    @pytest.mark.parametrize("fact", STATIC)
    def test_keys_violate(self, preview: Evaluator, around: list[Fact], fact: Fact) -> None:
        """A key of a cloud in a variable or a Secret, whoever fills it."""
        findings = preview.evaluate(*around, fact)
        assert outcomes(findings) == [(KEYS, "mandatory")]
        assert CANARY not in findings[0].message

    def test_everything_else_satisfies(self, preview: Evaluator, around: list[Fact]) -> None:
        """A region, a key of a vendor, and what the cloud itself puts into a pod."""
        given = pod("AWS_REGION", "AZURE_CLIENT_ID", "AWS_ROLE_ARN", "GOOGLE_VISION_API_KEY", "ENCRYPTION_KEY")
        assert (
            preview.evaluate(*around, given, stored("password"), external("SLACK_URL"), expected("MTN_API_KEY")) == []
        )

    @pytest.mark.parametrize("fact", [pod(UNKNOWN), external(UNKNOWN)])
    def test_unknown_name_is_reported(
        self, preview: Evaluator, update: Evaluator, around: list[Fact], fact: Fact
    ) -> None:
        """What a pod gets under a name that is not known may be a key."""
        assert outcomes(preview.evaluate(*around, fact)) == [(KEYS, "advisory")]
        assert outcomes(update.evaluate(*around, fact)) == [(KEYS, "mandatory")]

    def test_missing_or_wrong_is_no_key(self, preview: Evaluator, around: list[Fact]) -> None:
        """No variables, or a name that is no text."""
        assert preview.evaluate(*around, pod(), pod(7, {"AWS_ACCESS_KEY_ID": 1})) == []


@pytest.mark.parametrize("fact", STATIC)
def test_a_cluster_without_a_cloud_has_keys(preview: Evaluator, fact: Fact) -> None:
    """Where nothing hands out identities, a store elsewhere is reached with keys."""
    assert preview.evaluate(Fact("pulumi:providers:kubernetes", {}, "main"), fact) == []


def test_place_of_a_key(preview: Evaluator) -> None:
    """The last line names what the owner edits."""
    findings = preview.evaluate(*MANAGED["aws"], pod("AWS_ACCESS_KEY_ID"))
    assert findings[0].message.splitlines()[-1] == f"fix: {SOURCE}.environment"


AUTH_SETTINGS = {
    "eks": lambda value: Fact("aws:eks/cluster:Cluster", {"accessConfig": {"authenticationMode": value}}),
    "aks": lambda value: Fact(
        "azure-native:containerservice:ManagedCluster", {**DIRECTORY, "disableLocalAccounts": value}
    ),
    "storage": lambda value: Fact("azure-native:storage:StorageAccount", {"allowSharedKeyAccess": value}),
    "registry": lambda value: Fact("azure-native:containerregistry:Registry", {"adminUserEnabled": value}),
}
CLOSED = {"eks": "API", "aks": True, "storage": False, "registry": False}
OPEN = {"eks": "API_AND_CONFIG_MAP", "aks": False, "storage": True, "registry": True}


@pytest.mark.parametrize("kind", AUTH_SETTINGS)
def test_closed_door_satisfies(preview: Evaluator, kind: str) -> None:
    """Identities of the cloud only."""
    assert preview.evaluate(AUTH_SETTINGS[kind](CLOSED[kind])) == []
    assert preview.evaluate(AUTH_SETTINGS[kind](secret(CLOSED[kind]))) == []


@pytest.mark.parametrize("kind", AUTH_SETTINGS)
@pytest.mark.parametrize("value", ["open", 1, {}, CANARY])
def test_open_door_violates(preview: Evaluator, kind: str, value: Any) -> None:
    """Own accounts, or a value of the wrong type, which is not shown."""
    findings = preview.evaluate(AUTH_SETTINGS[kind](OPEN[kind] if value == "open" else value))
    assert outcomes(findings) == [(ACCOUNTS, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("kind", AUTH_SETTINGS)
def test_unset_door_is_what_the_cloud_makes_of_it(preview: Evaluator, kind: str) -> None:
    """A registry has no administrator unless asked; the others let their own accounts in."""
    findings = preview.evaluate(Fact(AUTH_SETTINGS[kind](None).type, {}))
    assert {*outcomes(findings)} == (set() if kind == "registry" else {(ACCOUNTS, "mandatory")})


@pytest.mark.parametrize("kind", AUTH_SETTINGS)
def test_unknown_door_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, kind: str) -> None:
    """A setting that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(AUTH_SETTINGS[kind](UNKNOWN))) == [(ACCOUNTS, "advisory")]
    assert outcomes(update.evaluate(AUTH_SETTINGS[kind](UNKNOWN))) == [(ACCOUNTS, "mandatory")]


@pytest.mark.parametrize("type_", ["aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile"])
def test_login_of_a_user_violates(preview: Evaluator, type_: str) -> None:
    """A key or password of a user is a violation by being there."""
    assert outcomes(preview.evaluate(Fact(type_, {"user": "deployer"}))) == [(ACCOUNTS, "mandatory")]
