"""Storage accounts of Azure, and their containers."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.clouds.azure.inbound_access import evaluate_ranges
from adapters.safeguards import EACH, Safeguard, every
from framework import Resource, Settings, Verdict

ACCOUNT, CONTAINER = "azure-native:storage:StorageAccount", "azure-native:storage:BlobContainer"
_CLOSED = {
    ACCOUNT: [
        Safeguard(path=("allowBlobPublicAccess",), safe=(False,), otherwise="makes a container public"),
        Safeguard(
            path=("allowCrossTenantReplication",),
            safe=(False,),
            by_default=True,
            otherwise="may be copied to an account of another tenant",
        ),
    ],
    CONTAINER: [Safeguard(path=("publicAccess",), safe=("None",), by_default=True, otherwise="is public")],
}
EXPOSED = tuple(_CLOSED)


def bucket_exposure(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each account and container separately."""
    for each in (each for each in resources if each.type in _CLOSED):
        for safeguard in _CLOSED[each.type]:
            safeguard.evaluate(each, verdict)
        if each.type == ACCOUNT:
            _evaluate_account(each, verdict)


def _evaluate_account(account: Resource, verdict: Verdict) -> None:
    """Check that even callers with a key or token are admitted only from the named networks."""
    access, default = account["publicNetworkAccess"], account["networkRuleSet"]["defaultAction"]
    if access.text in ("Disabled", "SecuredByPerimeter"):
        return
    for admitted in every(account.properties, ("networkRuleSet", "resourceAccessRules", EACH, "resourceId")):
        if "*" in (admitted.text or ""):
            verdict.violated(account, f"admits resources of others: {admitted.path} is a pattern")
    if default.text == "Deny":
        evaluate_ranges(account, account["networkRuleSet"]["ipRules"], "iPAddressOrRange", verdict)
        return
    if access.unknown or default.unknown:
        verdict.undecided(account, access if access.unknown else default)
    else:
        verdict.violated(account, f"can be reached from every network: {default.path} is not Deny")
