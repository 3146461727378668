"""The programs that are measured: many Kubernetes resources, half Deployments and half Services, with typed arguments."""

from __future__ import annotations

from pathlib import Path

PROGRAM = """
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    EnvVarArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ResourceRequirementsArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

for number in range({pairs}):
    name = f"app-{{number}}"
    labels = {{"app": name}}
    container = ContainerArgs(
        name="main",
        image=f"registry.example.com/{{name}}:1.0.0",
        ports=[ContainerPortArgs(name="http", container_port=8080)],
        env=[EnvVarArgs(name="LEVEL", value="info"), EnvVarArgs(name="PORT", value="8080")],
        resources=ResourceRequirementsArgs(requests={{"cpu": "100m", "memory": "128Mi"}}, limits={{"memory": "256Mi"}}),
    )
    deployment = Deployment(
        name,
        metadata=ObjectMetaArgs(name=name, namespace="default", labels=labels),
        spec=DeploymentSpecArgs(
            replicas=3,
            selector=LabelSelectorArgs(match_labels=labels),
            template=PodTemplateSpecArgs(metadata=ObjectMetaArgs(labels=labels), spec=PodSpecArgs(containers=[container])),
        ),
    )
    Service(
        name,
        metadata=ObjectMetaArgs(name=name, namespace="default", labels=deployment.metadata.labels),
        spec=ServiceSpecArgs(selector=labels, ports=[ServicePortArgs(name="http", port=80, target_port="http")]),
    )
"""


def write_program(directory: Path, resources: int) -> None:
    """Write a program of that many resources, an even number."""
    (directory / "__main__.py").write_text(PROGRAM.format(pairs=resources // 2))
