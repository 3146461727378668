"""Encryption of data on Azure, at rest and in transit."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.azure.storage import ACCOUNT
from adapters.clouds.contract import Evaluation, guarded
from adapters.safeguards import OLD_TLS, PLAIN_AT_REST, PLAIN_ON_ITS_WAY, Safeguard
from framework import Resource, Settings, Verdict

AT_REST: Mapping[str, Evaluation] = {
    ACCOUNT: guarded(
        *(
            Safeguard(
                path=("encryption", "services", service, "enabled"),
                safe=(True,),
                by_default=True,
                otherwise=PLAIN_AT_REST,
            )
            for service in ("blob", "file")
        )
    )
}

DISK_CLASSES = ("managed-csi", "managed-csi-premium")
"""Classes of AKS. Source: learn.microsoft.com/azure/virtual-machines/disk-encryption: every managed disk is encrypted."""

_CONFIGURED: Mapping[str, Safeguard] = {
    "require_secure_transport": Safeguard(path=("value",), safe=("ON", "on"), otherwise=PLAIN_ON_ITS_WAY),
    "ssl_min_protocol_version": Safeguard(path=("value",), safe=("TLSv1.2", "TLSv1.3"), otherwise=OLD_TLS),
}
"""Parameters of a flexible server by name; their defaults are safe."""


def _evaluate_configuration(configuration: Resource, _settings: Settings, verdict: Verdict) -> None:
    name = configuration["configurationName"]
    safeguard = _CONFIGURED.get(name.text or "")
    if name.unknown:
        verdict.undecided(configuration, name)
    elif safeguard:
        safeguard.evaluate(configuration, verdict)


_LOGGING = ("log_checkpoints", "log_connections", "log_disconnections", "connection_throttle.enable", "pgaudit.log")
"""Parameters that write logs for audits. Source: CIS Azure Foundations, 4.3."""


def _evaluate_log_parameter(configuration: Resource, _settings: Settings, verdict: Verdict) -> None:
    value = configuration["value"]
    if configuration["configurationName"].text in _LOGGING and (value.text or "").lower() in ("off", "none"):
        verdict.violated(configuration, f"switches off audit logs: {value.path}")


LOGGED: Mapping[str, Evaluation] = {"azure-native:dbforpostgresql:Configuration": _evaluate_log_parameter}

IN_TRANSIT: Mapping[str, Evaluation] = {
    ACCOUNT: guarded(
        Safeguard(path=("enableHttpsTrafficOnly",), safe=(True,), by_default=True, otherwise=PLAIN_ON_ITS_WAY),
        Safeguard(path=("minimumTlsVersion",), safe=("TLS1_2", "TLS1_3"), otherwise=OLD_TLS),
    ),
    "azure-native:dbforpostgresql:Configuration": _evaluate_configuration,
}
