"""The system's RabbitMQ cluster, which the RabbitMQ Cluster Operator runs."""

from __future__ import annotations

from typing import Any

from settings.databases import Queue

API_VERSION = "rabbitmq.com/v1beta1"
KIND = "RabbitmqCluster"
PORT = 5672


def pods(name: str) -> dict[str, str]:
    """Labels that the operator gives to the nodes' pods."""
    return {"app.kubernetes.io/name": name}


def spec(queue: Queue) -> dict[str, Any]:
    """Nodes apart from each other where there is room; a partition pauses the smaller side."""
    return {
        "replicas": queue.replicas,
        "persistence": {"storage": f"{queue.storage}Gi"},
        "resources": {
            "requests": {"cpu": "250m", "memory": "1Gi"},
            "limits": {"cpu": "1", "memory": "1Gi"},
        },
        "rabbitmq": {
            "additionalConfig": (
                "cluster_partition_handling = pause_minority\n"
                "default_queue_type = quorum\n"
                f"default_vhost = {queue.vhost}\n"
            )
        },
    }
