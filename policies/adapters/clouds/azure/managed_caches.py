"""Caches of Azure Managed Redis."""

from __future__ import annotations

from adapters.clouds.contract import guarded
from adapters.safeguards import OLD_TLS, PLAIN_ON_ITS_WAY, Safeguard

CACHE, DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"

PRIVATE = {
    CACHE: Safeguard(
        path=("publicNetworkAccess",), safe=("Disabled",), otherwise="is reachable from the internet by its password"
    )
}
IN_TRANSIT = {
    CACHE: guarded(Safeguard(path=("minimumTlsVersion",), safe=("1.2", "1.3"), by_default=True, otherwise=OLD_TLS)),
    DATABASE: guarded(
        Safeguard(path=("clientProtocol",), safe=("Encrypted",), by_default=True, otherwise=PLAIN_ON_ITS_WAY)
    ),
}
STANDBY = {
    CACHE: guarded(
        Safeguard(
            path=("highAvailability",),
            safe=("Enabled",),
            by_default=True,
            otherwise="has no standby: a lost node is minutes of errors",
            key="highAvailability",
            value=True,
        )
    )
}
