"""Updates of managed services of AWS within a minor version."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.aws.managed_caches import CACHE
from adapters.clouds.aws.managed_databases import INSTANCE
from adapters.clouds.contract import Evaluation, guarded
from adapters.safeguards import Safeguard

_UPDATED = {
    INSTANCE: True,
    "aws:rds/clusterInstance:ClusterInstance": True,
    "aws:docdb/clusterInstance:ClusterInstance": True,
    CACHE: True,
    "aws:mq/broker:Broker": False,
}
"""Each type, with whether it is updated by default."""
UPDATED: Mapping[str, Evaluation] = {
    type_: guarded(
        Safeguard(
            path=("autoMinorVersionUpgrade",),
            safe=(True,),
            by_default=by_default,
            otherwise="takes no security updates",
        )
    )
    for type_, by_default in _UPDATED.items()
}
