"""No secret stands in plain text or lasts for ever, and no message shows one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

RULES = ("plain-secrets", "plain-outputs", "secret-rotation")

PLAIN, OUTPUTS, ROTATION = RULES
SOURCE = "systems/fleet/system.yaml:services.api"
SECRETS = "systems/fleet/system.yaml:secrets"
ABSENT = object()


def metadata(**more: str) -> dict[str, Any]:
    return {"name": "api", "annotations": {"slipway.dev/source": SOURCE, **more}}


def config_map(name: str, value: Any) -> Fact:
    return Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata(), "data": {"PORT": "3000", name: value}})


def variable(name: Any, value: Any, kind: str = "apps/v1:Deployment") -> Fact:
    container = {"name": "api", "env": [{"name": name, "value": value}]}
    spec = {"template": {"spec": {"containers": [container]}}}
    return Fact(f"kubernetes:{kind}", {"metadata": metadata(), "spec": spec})


def values(name: str, value: Any) -> Fact:
    return Fact("kubernetes:helm.sh/v3:Release", {"values": {"deep": [{name: value}]}})


def tag(name: str, value: Any) -> Fact:
    return Fact("aws:s3/bucket:Bucket", {"tags": {"slipway.dev/source": SOURCE, name: value}})


def azure_tag(name: str, value: Any) -> Fact:
    return Fact("azure-native:storage:StorageAccount", {"tags": {"slipway-source": SOURCE, name: value}})


def annotation(name: str, value: Any) -> Fact:
    return Fact("kubernetes:core/v1:Service", {"metadata": metadata(**{f"example.com/{name}": value})})


PLACES = {
    "config map": config_map,
    "variable": variable,
    "job": lambda name, value: variable(name, value, "batch/v1:Job"),
    "chart": values,
    "tag": tag,
    "azure tag": azure_tag,
    "annotation": annotation,
}
FORMS = [
    "AKIA" + "Q" * 16, "-----BEGIN RSA PRIVATE KEY-----\n" + CANARY, "ghp_" + "a1" * 18, "sk_live_" + "a1" * 12,
    "xoxb-" + "1234567890-abc", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + CANARY,
    f"postgresql://api:{CANARY}@db:5432/fleet", "DefaultEndpointsProtocol=https;AccountKey=" + "ab12" * 20 + "==",
    '{"type": "service_account", "project_id": "it"}', "https://hooks.slack.com/services/T0/B0/" + "a1" * 8,
]  # fmt: skip
NAMES = [
    "PASSWORD", "DB_PASSWORD", "dbPassword", "JWT_SECRET", "api-token", "STRIPE_API_KEY", "apiKey", "private.key",
    "AWS_SECRET_ACCESS_KEY", "ENCRYPTION_KEY", "connectionString", "clientSecret", "credentials",
]  # fmt: skip


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
class TestPlaces:
    """Wherever many may read, a value is judged alike."""

    @pytest.mark.parametrize("value", FORMS)
    def test_known_form_violates(self, preview: Evaluator, make: Any, value: str) -> None:
        """A key or token gives itself away by its form, whatever its name, and is not shown."""
        findings = preview.evaluate(make("setting", value))
        assert outcomes(findings) == [(PLAIN, "mandatory")]
        assert value not in findings[0].message
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize("name", NAMES)
    def test_name_of_a_secret_violates(self, preview: Evaluator, make: Any, name: str) -> None:
        """A value under the name of a secret is one; the message has the name, not the value."""
        findings = preview.evaluate(make(name, CANARY))
        assert outcomes(findings) == [(PLAIN, "mandatory")]
        assert name in findings[0].message
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize("value", ["blue", UNKNOWN, "https://example.com", "${PASSWORD}", 7])
    def test_marked_value_violates(self, preview: Evaluator, make: Any, value: Any) -> None:
        """What Pulumi keeps as a secret has no place here, whatever it is, known or not."""
        findings = preview.evaluate(make("setting", secret(value)))
        assert outcomes(findings) == [(PLAIN, "mandatory")]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("JWT_EXPIRES_IN", "7d"), ("TOKEN_TTL", "3600"), ("passwordFile", "/run/secrets/it"),
            ("existingSecret", "grafana-login"), ("PASSWORD", "${DB_PASSWORD}"), ("PASSWORD", "$(DB_PASSWORD)"),
            ("TOKEN", "/var/run/secrets/token"), ("SECRET", ""), ("API_TOKEN", "https://id.example.com/token"),
            ("CREDENTIALS", "true"), ("SECRET", False), ("API_URL", "https://api.example.com:8443/v1?page=2"),
            ("DATABASE", "postgresql://$USER:$PASSWORD@db/fleet"), ("DATABASE", "amqp://user:${PASSWORD}@queue"),
            ("passwordKey", "password"), ("SENDER", "ops@example.com"), ("monkey", "banana"), ("KEY", "value"),
            ("PUBLIC", "-----BEGIN PUBLIC KEY-----"), ("TOKENIZER", "bert"), ("PASSWORD", "<your-password>"),
        ],
    )  # fmt: skip
    def test_everything_else_satisfies(self, preview: Evaluator, make: Any, name: str, value: Any) -> None:
        """References, paths, addresses, switches and what is merely about a secret."""
        assert preview.evaluate(make(name, value)) == []

    def test_unknown_secret_is_reported_and_blocks_later(
        self, preview: Evaluator, update: Evaluator, make: Any
    ) -> None:
        """A value that is not known yet, under the name of a secret, is advice, and blocks an update."""
        assert outcomes(preview.evaluate(make("DB_PASSWORD", UNKNOWN))) == [(PLAIN, "advisory")]
        assert outcomes(update.evaluate(make("DB_PASSWORD", UNKNOWN))) == [(PLAIN, "mandatory")]
        assert update.evaluate(make("DB_HOST", UNKNOWN)) == []

    @pytest.mark.parametrize("value", [12345678, CANARY, [CANARY]])
    def test_wrong_type_violates(self, preview: Evaluator, make: Any, value: Any) -> None:
        """A number, or a list where a text should be, is no less of a secret."""
        findings = preview.evaluate(make("DB_PASSWORD", [value]), make("setting", [secret(value)]))
        assert outcomes(findings) == [(PLAIN, "mandatory")] * 2
        assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("Host=db;Password=$(LOGIN.1);Database=fleet", False),
        ("prefix-$(LOGIN.1)", False),
        (f"amqp://user:{CANARY}@$(QUEUE.1)", True),
        ("$$(LOGIN.1)-hunter2", True),
    ],
)
def test_a_composed_variable_is_judged_by_its_own_text(preview: Evaluator, value: str, plain: bool) -> None:
    """Kubernetes puts other variables into it, so its name speaks of those; two dollars name none."""
    findings = preview.evaluate(variable("CONNECTION_STRING", value))
    assert outcomes(findings) == ([(PLAIN, "mandatory")] if plain else [])


def test_a_secret_as_a_whole(preview: Evaluator) -> None:
    """Everything in what is marked secret is one."""
    fact = Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata(), "data": secret({"a": "b", "c.d": "e"})})
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(PLAIN, "mandatory")]
    assert 'data.a, data["c.d"]' in findings[0].message


def test_place_to_mend(preview: Evaluator) -> None:
    """The last line names the key under the service that fixes it."""
    findings = preview.evaluate(variable("DB_PASSWORD", CANARY))
    assert findings[0].message.splitlines()[-1] == f"fix: {SOURCE}.environment"


def test_a_reason_lets_a_variable_through(preview: Evaluator) -> None:
    """The names that a service's settings give a reason for; no other of the same object."""
    notes = metadata(**{"slipway.dev/plain-variables": "DEMO_PASSWORD"})
    data = {"DEMO_PASSWORD": CANARY, "OTHER_PASSWORD": CANARY}
    findings = preview.evaluate(Fact("kubernetes:core/v1:ConfigMap", {"metadata": notes, "data": data}))
    assert outcomes(findings) == [(PLAIN, "mandatory")]
    assert "OTHER_PASSWORD" in findings[0].message
    assert "DEMO_PASSWORD" not in findings[0].message


def test_arguments_and_objects_of_operators(preview: Evaluator) -> None:
    """A program's arguments and an operator's object show forms of secrets; their names say nothing."""
    container = {"name": "api", "args": ["--url", f"amqp://user:{CANARY}@queue"]}
    job = Fact("kubernetes:batch/v1:Job", {"spec": {"template": {"spec": {"containers": [container]}}}})
    queue = {"spec": {"rabbitmq": {"additionalConfig": f"url = amqp://user:{CANARY}@queue"}, "secretKey": "PASSWORD"}}
    findings = preview.evaluate(job, Fact("kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster", queue))
    assert outcomes(findings) == [(PLAIN, "mandatory")] * 2
    assert not any(CANARY in each.message for each in findings)


@pytest.mark.parametrize(
    "fact",
    [
        Fact("kubernetes:core/v1:Secret", {"stringData": {"PASSWORD": secret(CANARY)}}),
        Fact("kubernetes:core/v1:Secret", {"data": secret({"PASSWORD": CANARY})}),
        Fact("aws:secretsmanager/secretVersion:SecretVersion", {"secretString": secret(CANARY)}),
        Fact("aws:rds/instance:Instance", {"password": secret(CANARY), "tags": {}}),
        Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata()}),
        Fact("kubernetes:core/v1:ConfigMap", {"data": "text"}),
        variable(7, "value"),
    ],
)
def test_where_secrets_belong(preview: Evaluator, fact: Fact) -> None:
    """A Secret, a store and a password's own property are no plain places; neither is what has no values."""
    assert preview.evaluate(fact) == []


def stack(**outputs: Any) -> Fact:
    return Fact("pulumi:pulumi:Stack", {"main": outputs})


def test_marked_output_satisfies(preview: Evaluator) -> None:
    """An output that is marked is encrypted and not shown; an address is no secret."""
    assert preview.evaluate(stack(password=secret(CANARY), server="https://api.example.com", id=UNKNOWN)) == []
    assert preview.evaluate(Fact("pulumi:pulumi:Stack", {"main": secret({"password": CANARY})})) == []


@pytest.mark.parametrize(
    "fact", [stack(password=CANARY), stack(dsn=f"https://key:{CANARY}@sentry"), stack(token=77777)]
)
def test_open_output_violates(preview: Evaluator, fact: Fact) -> None:
    """An output that is shown to everybody, by name or form."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(OUTPUTS, "mandatory")]
    assert CANARY not in findings[0].message


def test_unknown_output_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator) -> None:
    """An output under the name of a secret that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(stack(password=UNKNOWN))) == [(OUTPUTS, "advisory")]
    assert outcomes(update.evaluate(stack(password=UNKNOWN))) == [(OUTPUTS, "mandatory")]


class TestNames:
    """Reloader's annotation has the names of Secrets, and many of those speak of passwords and keys."""

    @staticmethod
    def naming(text: str) -> Fact:
        notes = metadata(**{"secret.reloader.stakater.com/reload": text})
        return Fact("kubernetes:apps/v1:Deployment", {"metadata": notes, "spec": {}})

    @pytest.mark.parametrize(
        "text", ["shop-database-password,shop-admin-password", "web-app,web-cache-url,web-secret-key,web-smtp-password"]
    )
    def test_names_of_secrets_are_no_secrets(self, preview: Evaluator, text: str) -> None:
        """However many there are, and whatever they are called."""
        assert preview.evaluate(self.naming(text)) == []

    @pytest.mark.parametrize("text", FORMS[:3])
    def test_a_key_in_their_place_is_one(self, preview: Evaluator, text: str) -> None:
        """By its form, as anywhere."""
        assert outcomes(preview.evaluate(self.naming(text))) == [(PLAIN, "mandatory")]


def entry(age: Any = ABSENT) -> Fact:
    """An entry of AWS that somebody fills."""
    tags = {"slipway.dev/source": SECRETS} | ({} if age is ABSENT else {"slipway.dev/rotate-every": age})
    return Fact("aws:secretsmanager/secret:Secret", {"name": "prod-main/fleet/CLERK_KEY", "tags": tags}, "entry")


def supplied(age: Any = ABSENT, kind: str = "external-secrets.io/v1:ExternalSecret", keys: Any = "CLERK_KEY") -> Fact:
    """An object that brings what somebody fills into a cluster."""
    notes = {"slipway.dev/source": SECRETS, "slipway.dev/supplied-keys": keys}
    notes |= {} if age is ABSENT else {"slipway.dev/rotate-every": age}
    return Fact(f"kubernetes:{kind}", {"metadata": {"name": "fleet-supplied", "annotations": notes}}, "supplied")


def on_aws(age: Any) -> Fact:
    return entry(age)


def in_the_cluster(age: Any) -> Fact:
    return supplied(f"CLERK_KEY={age}" if age in AGES else age)


def in_a_secret(age: Any) -> Fact:
    return supplied(f"CLERK_KEY={age}" if age in AGES else age, "core/v1:Secret")


AGES = ("90d", "365d", "8760h", "15m", "366d", "0d", "90", "soon", "")


@pytest.mark.parametrize("make", [on_aws, in_the_cluster, in_a_secret])
class TestRotation:
    """What people supply says how old it may become, wherever it stands."""

    @pytest.mark.parametrize("age", ["90d", "365d", "8760h", "15m"])
    def test_declared_satisfies(self, preview: Evaluator, make: Any, age: str) -> None:
        """A year, or less."""
        assert preview.evaluate(make(age)) == []

    @pytest.mark.parametrize("age", ["366d", "0d", "90", "soon", "", ABSENT, 90, True, [CANARY]])
    def test_endless_violates(self, preview: Evaluator, make: Any, age: Any) -> None:
        """More than a year, nothing, no duration, or a value of the wrong type."""
        findings = preview.evaluate(make(age))
        assert outcomes(findings) == [(ROTATION, "mandatory")]
        assert findings[0].message.splitlines()[-1] == f"fix: {SECRETS}.CLERK_KEY.rotateEvery = 365d"
        assert CANARY not in findings[0].message

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """An age that is not known yet is advice, and blocks an update."""
        assert outcomes(preview.evaluate(make(UNKNOWN))) == [(ROTATION, "advisory")]
        assert outcomes(update.evaluate(make(UNKNOWN))) == [(ROTATION, "mandatory")]


def test_each_key_is_judged(preview: Evaluator) -> None:
    """Every key has an age of its own; a key that is no name is not shown."""
    findings = preview.evaluate(supplied("A=90d,B=900d", keys=f"A,B,C,{CANARY}"))
    assert outcomes(findings) == [(ROTATION, "mandatory")] * 3
    assert {each.message.splitlines()[-1].rpartition("secrets.")[2] for each in findings} == {
        "B.rotateEvery = 365d", "C.rotateEvery = 365d", "rotateEvery",
    }  # fmt: skip
    assert not any(CANARY in each.message for each in findings)


def test_unknown_keys_are_reported(preview: Evaluator) -> None:
    """Which keys somebody supplies may not be known yet."""
    assert outcomes(preview.evaluate(supplied("A=90d", keys=UNKNOWN))) == [(ROTATION, "advisory")]


@pytest.mark.parametrize(
    "kind", ["aws:secretsmanager/secretVersion:SecretVersion", "aws:secretsmanager/secretRotation:SecretRotation"]
)
def test_what_the_program_fills_needs_no_age(preview: Evaluator, kind: str) -> None:
    """An entry that Slipway fills, or that a function rotates, is nobody's to replace."""
    assert preview.evaluate(entry(), Fact(kind, {"secretId": UNKNOWN}, "filled", dependencies=(entry().urn,))) == []
    assert preview.evaluate(Fact("kubernetes:core/v1:Secret", {"metadata": metadata()})) == []


def test_age_is_configured() -> None:
    """A stack's own maximum holds."""
    pack = Pack(config={ROTATION: {"maximumDays": 30}})
    try:
        findings = [each for each in pack.evaluate(entry("90d"), supplied("CLERK_KEY=30d")) if each.policy == ROTATION]
        assert [each.name for each in findings] == ["entry"]
    finally:
        pack.close()
