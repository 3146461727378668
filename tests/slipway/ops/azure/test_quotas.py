"""Usages of Azure beside what the stack prod has, Microsoft.Network 2024-05-01, Microsoft.Compute 2024-07-01 and
Microsoft.DBforPostgreSQL 2024-08-01.

Answers have the shape of azure-rest-api-specs: NetworkUsage.json, Compute's ListUsages.json and ListAvailableResourceSkus.json,
QuotaUsagesForFlexibleServers.json, and Resources' GetAllResourcesInASubscription.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
import responses

from slipway.ops.azure import quotas
from slipway.ops.quota_status import QuotaStatus
from tests.rehearsed import rehearsed
from tests.slipway.ops.azure.conftest import Login

SUBSCRIPTION = "00000000-0000-4000-8000-000000000004"
ROOT = f"https://management.azure.com/subscriptions/{SUBSCRIPTION}"
NETWORK = {"VirtualNetworks": (1000, 3), "NetworkSecurityGroups": (5000, 0), "StandardSkuPublicIpAddresses": (20, 20)}
COMPUTE = {"cores": (30, 2), "standardDADSv5Family": (40, 0)}
POSTGRES = {"cores": (196, 118), "standardDADSv5Family": (2, 2)}
SIZES = {"Standard_D2ads_v5": 2, "Standard_D8ads_v5": 8}


def sized(names: Iterable[str]) -> list[dict[str, Any]]:
    disk = {"resourceType": "disks", "name": "Premium_LRS", "capabilities": None}
    return [
        disk,
        *(
            {
                "resourceType": "virtualMachines",
                "name": name,
                "family": "standardDADSv5Family",
                "capabilities": [{"name": "MemoryGB", "value": "8"}, {"name": "vCPUs", "value": str(SIZES[name])}],
            }
            for name in names
        ),
    ]


def used(usages: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"name": {"value": name, "localizedValue": name}, "limit": limit, "currentValue": current, "unit": "Count"}
        for name, (limit, current) in usages.items()
    ]


def found(
    answers: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    *,
    owned: Iterable[Mapping[str, Any]] = (),
    sizes: Iterable[str] = SIZES,
    postgres: int = 200,
) -> dict[str, QuotaStatus]:
    """The statuses of the subscription; of the second region, where only copies are, Azure lists nothing."""
    monkeypatch.setattr(quotas, "credential", lambda settings: Login())
    answers.add("GET", f"{ROOT}/resources", json={"value": [*owned]})
    answers.add("GET", f"{ROOT}/providers/Microsoft.Network/locations/eastus2/usages", json={"value": used(NETWORK)})
    answers.add("GET", f"{ROOT}/providers/Microsoft.Network/locations/centralus/usages", status=403, json={})
    answers.add("GET", f"{ROOT}/providers/Microsoft.Compute/locations/eastus2/usages", json={"value": used(COMPUTE)})
    answers.add("GET", f"{ROOT}/providers/Microsoft.Compute/skus", json={"value": sized(sizes)})
    servers = f"{ROOT}/providers/Microsoft.DBforPostgreSQL/locations/eastus2/resourceType/flexibleServers/usages"
    answers.add("GET", servers, status=postgres, json={"value": used(POSTGRES)})
    stack = rehearsed("prod")
    return {each.name: each for each in quotas.statuses(stack.plan, [stack.stack.clusters["fleet"]])}


def test_what_a_region_allows(answers: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks, addresses, and cores by family and together: of the smallest number of nodes, and of servers."""
    statuses = found(answers, monkeypatch)
    shown = {name: (each.planned, each.existing, each.limit, each.enough) for name, each in statuses.items()}
    assert shown == {
        "Microsoft.Network VirtualNetworks in eastus2": (1, 3, 1000, True),
        "Microsoft.Network NetworkSecurityGroups in eastus2": (3, 0, 5000, True),
        "Microsoft.Network StandardSkuPublicIpAddresses in eastus2": (1, 20, 20, False),
        "Microsoft.Compute standardDADSv5Family in eastus2": (28, 0, 40, True),
        "Microsoft.Compute cores in eastus2": (28, 2, 30, True),
        "Microsoft.DBforPostgreSQL standardDADSv5Family in eastus2": (2, 2, 2, False),
        "Microsoft.DBforPostgreSQL cores in eastus2": (2, 118, 196, True),
        "Microsoft.Network VirtualNetworks in centralus": (1, 0, None, None),
        "Microsoft.Network NetworkSecurityGroups in centralus": (1, 0, None, None),
    }
    addresses = statuses["Microsoft.Network StandardSkuPublicIpAddresses in eastus2"]
    assert addresses.remedy == (
        "az quota update --resource-name StandardSkuPublicIpAddresses "
        f"--scope /subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/eastus2 --limit-object value=21"
    )
    assert (
        "may not use usages of Microsoft.Network in centralus"
        in statuses["Microsoft.Network VirtualNetworks in centralus"].problem
    )
    asked = {unquote(str(call.request.url)).partition("$filter=")[2] for call in answers.calls}
    assert asked == {"", "tagName eq 'slipway-stack' and tagValue eq 'prod'", "location eq 'eastus2'"}


def test_what_is_the_stacks_own_is_counted_once(
    answers: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this region alone; how many nodes its cluster has by now nobody lists, so cores of others are not counted."""
    owned = [
        {"type": "Microsoft.Network/publicIPAddresses", "location": "eastus2"},
        {"type": "Microsoft.Network/virtualNetworks", "location": "centralus"},
        {"type": "Microsoft.ContainerService/managedClusters", "location": "eastus2"},
        {
            "type": "Microsoft.DBforPostgreSQL/flexibleServers",
            "location": "eastus2",
            "sku": {"name": "Standard_D2ads_v5", "tier": "GeneralPurpose"},
        },
    ]
    statuses = found(answers, monkeypatch, owned=owned)
    assert statuses["Microsoft.Network StandardSkuPublicIpAddresses in eastus2"].enough
    assert statuses["Microsoft.Network VirtualNetworks in eastus2"].existing == 3
    assert statuses["Microsoft.DBforPostgreSQL standardDADSv5Family in eastus2"].enough
    cores = statuses["Microsoft.Compute cores in eastus2"]
    assert (cores.existing, cores.enough) == (None, True)


def test_what_cannot_be_read_is_not_known(answers: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A size that the subscription has not there, a list that is refused."""
    statuses = found(answers, monkeypatch, sizes=["Standard_D2ads_v5"], postgres=403)
    size = statuses["Microsoft.Compute Standard_D8ads_v5 in eastus2"]
    assert (size.planned, size.enough) == (3, None)
    assert size.problem == "eastus2 has no size Standard_D8ads_v5 for this subscription"
    assert statuses["Microsoft.DBforPostgreSQL cores in eastus2"].enough is None
    assert statuses["Microsoft.Compute cores in eastus2"].planned == 4
