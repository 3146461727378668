"""The machines of a cluster on Azure."""

from __future__ import annotations

import pytest

from components.clouds.azure.cluster import node_size
from slipway.settings.cluster_settings import NodePool


@pytest.mark.parametrize(
    ("cpu", "memory", "machine"),
    [
        (1, 1, "Standard_D2ads_v5"),
        (3, 12, "Standard_D4ads_v5"),
        (4, 64, "Standard_E8ads_v5"),
        (96, 672, "Standard_E96ads_v5"),
    ],
)
def test_nodes_are_the_smallest_machine_with_room(cpu: int, memory: int, machine: str) -> None:
    """Cores come in the sizes that Azure sells; more memory a core is another family."""
    assert node_size(NodePool(cpu=cpu, memory=memory)) == machine


def test_a_machine_that_azure_lacks_is_refused() -> None:
    """The error names the wanted size and the largest there is."""
    with pytest.raises(ValueError, match=r"no machine has 4 cores and 1000 GiB; the largest .* 96 cores and 672 GiB"):
        node_size(NodePool(cpu=4, memory=1000))
