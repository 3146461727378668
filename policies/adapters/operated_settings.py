"""Settings of what operators and charts run: who is let in, TLS, durability, and Services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from adapters.clouds.contract import Evaluation, Problem, guarded
from adapters.plain_values import leaves
from adapters.safeguards import EACH, OLD_TLS, PLAIN_ON_ITS_WAY, Safeguard, at, every
from framework import Property, Resource, Settings, Verdict

ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"
KIBANA = "kubernetes:kibana.k8s.elastic.co/v1:Kibana"
RABBITMQ = "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster"
MONGODB = "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity"
POSTGRES, POOLER = "kubernetes:postgresql.cnpg.io/v1:Cluster", "kubernetes:postgresql.cnpg.io/v1:Pooler"
RELEASE = "kubernetes:helm.sh/v3:Release"
_EVERYBODY = "lets everybody in without a password"


def _settings(value: Property, name: str = "") -> Iterator[tuple[str, Property]]:
    """Return every setting by its dotted name, however much of that is one key."""
    for key in value.keys:
        yield from _settings(value[key], f"{name}.{key}".lstrip("."))
    if not value.mapping:
        yield name, value


_OPEN_ELASTIC = re.compile(r"xpack\.security\.(authc\.anonymous\..*|authc\.providers\.anonymous\..*)")
_OPEN_CHART = re.compile(r"(.*[._-])?anonymous([._-]?(auth|access|enabled))*", re.IGNORECASE)


def _elastic(resource: Resource) -> Iterator[Problem]:
    configs = [*every(resource.properties, ("spec", "nodeSets", EACH, "config")), resource["spec"]["config"]]
    for name, setting in (each for config in configs for each in _settings(config)):
        if _OPEN_ELASTIC.fullmatch(name) or (name == "xpack.security.enabled" and setting.value is not True):
            yield setting, _EVERYBODY


def _chart(release: Resource) -> Iterator[Problem]:
    for name, setting in _settings(release["values"]):
        if _OPEN_CHART.fullmatch(name) and setting.value in (True, "true"):
            yield setting, _EVERYBODY


_OPEN_RABBIT = re.compile(
    r"^\s*(loopback_users(\.\w+)?\s*=\s*(false|none)|anonymous_login_user\s*=(?!\s*none\b))", re.MULTILINE
)


def _rabbitmq(cluster: Resource) -> Iterator[Problem]:
    written = cluster["spec"]["rabbitmq"]["additionalConfig"]
    if _OPEN_RABBIT.search(written.text or ""):
        yield written, _EVERYBODY


def _mongodb(database: Resource) -> Iterator[Problem]:
    modes = database["spec"]["security"]["authentication"]["modes"]
    if not modes.unknown and not any(modes.elements()):
        yield modes, _EVERYBODY
    for name, setting in _settings(database["spec"]["additionalMongodConfig"]):
        if name == "security.authorization" and setting.text != "enabled":
            yield setting, _EVERYBODY
    for role in every(database.properties, ("spec", "users", EACH, "roles", EACH, "name")):
        if role.text in ("root", "__system"):
            yield role, "is a role that allows everything"


def _postgres(database: Resource) -> Iterator[Problem]:
    spec = database["spec"]
    for rules in (spec["postgresql"]["pg_hba"], spec["pgbouncer"]["pg_hba"]):
        for rule in rules.elements():
            if "trust" in (rule.text or "").split()[3:]:
                yield rule, _EVERYBODY
    asked = spec["pgbouncer"]["parameters"]["auth_type"]
    if asked.text in ("any", "trust"):
        yield asked, _EVERYBODY
    for role in spec["managed"]["roles"].elements():
        if role["superuser"].value is True:
            yield role["superuser"], "is a role that allows everything"


ADMITTING: Mapping[str, Callable[[Resource], Iterator[Problem]]] = {
    ELASTICSEARCH: _elastic,
    KIBANA: _elastic,
    RABBITMQ: _rabbitmq,
    MONGODB: _mongodb,
    POSTGRES: _postgres,
    POOLER: _postgres,
    RELEASE: _chart,
}
"""Returns who is let in without a password, or may do everything."""

_WITHOUT_TLS = Safeguard(
    path=("spec", "http", "tls", "selfSignedCertificate", "disabled"),
    safe=(False,),
    by_default=True,
    otherwise=PLAIN_ON_ITS_WAY,
)
_UNVERIFIED = "talks to whoever answers: it does not check certificates"
_MONITORED: Mapping[str, tuple[str, ...]] = {
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": ("spec", "podMetricsEndpoints", EACH),
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": ("spec", "endpoints", EACH),
    "kubernetes:monitoring.coreos.com/v1:Probe": ("spec",),
}
_OLD_RABBIT = re.compile(r"^\s*ssl_options\.versions\.\d+\s*=(?!\s*tlsv1\.[23]\b)", re.MULTILINE)
_CIPHER = re.compile(r"ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)")
"""Ciphers with forward secrecy that nobody has broken. Source: Mozilla, Server Side TLS 5.7, intermediate."""


def _elastic_in_transit(resource: Resource, _given: Settings, verdict: Verdict) -> None:
    _WITHOUT_TLS.evaluate(resource, verdict)
    for config in every(resource.properties, ("spec", "nodeSets", EACH, "config")):
        for name, setting in _settings(config):
            if name.startswith("xpack.security.") and name.endswith(".ssl.enabled") and setting.value is not True:
                verdict.violated(resource, f"{PLAIN_ON_ITS_WAY}: {setting.path} has the wrong value")


def _rabbitmq_in_transit(cluster: Resource, _given: Settings, verdict: Verdict) -> None:
    Safeguard(path=("spec", "tls", "disableNonTLSListeners"), safe=(True,), otherwise=PLAIN_ON_ITS_WAY).evaluate(
        cluster, verdict
    )
    written = cluster["spec"]["rabbitmq"]["additionalConfig"]
    if _OLD_RABBIT.search(written.text or ""):
        verdict.violated(cluster, f"{OLD_TLS}: {written.path}")


def _addresses_in_transit(resource: Resource, _given: Settings, verdict: Verdict) -> None:
    """Check each address that an object names."""
    for each in leaves(resource["spec"]):
        if (each.value.text or "").lower().startswith("http://"):
            verdict.violated(resource, f"talks without TLS: {each.value.path}")
    Safeguard(path=("spec", "acme", "skipTLSVerify"), safe=(False,), by_default=True, otherwise=_UNVERIFIED).evaluate(
        resource, verdict
    )


def _clients_in_transit(policy: Resource, _given: Settings, verdict: Verdict) -> None:
    Safeguard(path=("spec", "tls", "minVersion"), safe=("1.2", "1.3"), by_default=True, otherwise=OLD_TLS).evaluate(
        policy, verdict
    )
    for cipher in policy["spec"]["tls"]["ciphers"].elements():
        if cipher.text is not None and not all(map(_CIPHER.fullmatch, re.split(r"[|]", cipher.text.strip("[]")))):
            verdict.violated(policy, f"accepts a weak cipher: {cipher.path}")


def _certificate(certificate: Resource, _given: Settings, verdict: Verdict) -> None:
    """Check that nobody can guess the key of a certificate."""
    spec = certificate["spec"]
    key, size = spec["privateKey"]["algorithm"], spec["privateKey"]["size"]
    if size.present and not size.unknown and key.text in (None, "RSA") and (size.whole_number or 0) < RSA:
        verdict.violated(certificate, f"has a weak key: {size.path} is less than {RSA}")


RSA = 2048
"""Bits of the shortest RSA key. Source: NIST SP 800-57 part 1, table 2."""
_PARAMETERS = ("spec", "postgresql", "parameters")

IN_TRANSIT: Mapping[str, Evaluation] = {
    ELASTICSEARCH: _elastic_in_transit,
    KIBANA: _elastic_in_transit,
    RABBITMQ: _rabbitmq_in_transit,
    **{
        type_: guarded(
            Safeguard(
                path=(*path, "tlsConfig", "insecureSkipVerify"), safe=(False,), by_default=True, otherwise=_UNVERIFIED
            )
        )
        for type_, path in _MONITORED.items()
    },
    "kubernetes:cert-manager.io/v1:Certificate": _certificate,
    "kubernetes:cert-manager.io/v1:ClusterIssuer": _addresses_in_transit,
    "kubernetes:external-secrets.io/v1:SecretStore": _addresses_in_transit,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy": _clients_in_transit,
    POSTGRES: guarded(
        Safeguard(path=(*_PARAMETERS, "ssl"), safe=("on",), by_default=True, otherwise=PLAIN_ON_ITS_WAY),
        Safeguard(
            path=(*_PARAMETERS, "ssl_min_protocol_version"),
            safe=("TLSv1.2", "TLSv1.3"),
            by_default=True,
            otherwise=OLD_TLS,
        ),
    ),
    POOLER: guarded(
        Safeguard(
            path=("spec", "pgbouncer", "parameters", "client_tls_sslmode"),
            safe=("require", "verify-ca", "verify-full"),
            by_default=True,
            otherwise=PLAIN_ON_ITS_WAY,
        )
    ),
}


def _rabbitmq_disk(cluster: Resource, _given: Settings, verdict: Verdict) -> None:
    storage = cluster["spec"]["persistence"]["storage"]
    if storage.present and not storage.unknown and not re.search(r"[1-9]", str(storage.value)):
        verdict.violated(cluster, f"keeps nothing when its pods end: {storage.path} is zero")


DURABLE: Mapping[str, Evaluation] = {
    ELASTICSEARCH: guarded(
        Safeguard(
            path=("spec", "volumeClaimDeletePolicy"),
            safe=("DeleteOnScaledownOnly",),
            by_default=True,
            otherwise="is deleted with its disks",
        )
    ),
    RABBITMQ: _rabbitmq_disk,
    POSTGRES: guarded(
        *(
            Safeguard(
                path=(*_PARAMETERS, name),
                safe=safe,
                by_default=True,
                otherwise="loses what it has confirmed when it ends",
            )
            for name, safe in (
                ("fsync", ("on",)),
                ("full_page_writes", ("on",)),
                ("synchronous_commit", ("on", "local", "remote_write", "remote_apply")),
            )
        )
    ),
}
"""Settings by which what was written lasts."""

SERVICES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    RABBITMQ: (("spec", "service"), ("spec", "override", "service", "spec")),
    ELASTICSEARCH: (("spec", "http", "service", "spec"), ("spec", "transport", "service", "spec")),
    KIBANA: (("spec", "http", "service", "spec"),),
    POOLER: (("spec", "serviceTemplate", "spec"),),
}
"""Where the Services that operators make are, by type."""


def services_of(resource: Resource) -> Iterator[Property]:
    """Return the specification of each Service that an operator or a chart makes, as far as an object says."""
    if resource.type == RELEASE:
        yield from _services_in(resource["values"])
    yield from (at(resource.properties, path) for path in SERVICES.get(resource.type, ()))


def _services_in(values: Property) -> Iterator[Property]:
    for key in values.keys:
        if key.lower().endswith("service"):
            yield values[key]
        yield from _services_in(values[key])
