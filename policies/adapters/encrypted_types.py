"""Encryption of data at rest and in transit, by type."""

from __future__ import annotations

from collections.abc import Mapping

from adapters import cache_pods, clouds
from adapters.clouds.contract import Evaluation, guarded
from adapters.safeguards import OLD_TLS, PLAIN_ON_ITS_WAY, Safeguard

AT_REST = clouds.alone("encryption-at-rest")
STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
PROVISIONERS = clouds.table(lambda cloud: cloud.provisioners)

IN_TRANSIT: Mapping[str, Evaluation] = {
    **clouds.alone("encryption-in-transit"),
    "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy": guarded(
        Safeguard(path=("spec", "tls", "minVersion"), safe=("1.2", "1.3"), by_default=True, otherwise=OLD_TLS)
    ),
    **cache_pods.IN_TRANSIT,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": guarded(
        Safeguard(path=("spec", "tls", "disableNonTLSListeners"), safe=(True,), otherwise=PLAIN_ON_ITS_WAY)
    ),
}
