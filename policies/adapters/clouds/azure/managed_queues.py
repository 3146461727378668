"""Queues and topics of Service Bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.clouds.contract import AuthSetting, Evaluation, guarded
from adapters.safeguards import OLD_TLS, Safeguard
from framework import Resource, Settings, Verdict

SERVER = "azure-native:servicebus:Namespace"
QUEUE, SUBSCRIPTION = "azure-native:servicebus:Queue", "azure-native:servicebus:Subscription"

PRIVATE = {
    SERVER: Safeguard(path=("publicNetworkAccess",), safe=("Disabled",), otherwise="is reachable from the internet")
}
IN_TRANSIT: Mapping[str, Evaluation] = {
    SERVER: guarded(Safeguard(path=("minimumTlsVersion",), safe=("1.2", "1.3"), by_default=True, otherwise=OLD_TLS))
}
AUTH = {SERVER: [AuthSetting(lambda server: server["disableLocalAuth"], True)]}
_EXPIRED = Safeguard(
    path=("deadLetteringOnMessageExpiration",), safe=(True,), otherwise="loses what nobody received in time"
)


def dead_letters(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check that what expires becomes a dead letter, as what was delivered too often does by itself."""
    for each in (each for each in resources if each.type in (QUEUE, SUBSCRIPTION)):
        _EXPIRED.evaluate(each, verdict)
