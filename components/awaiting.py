"""Skips waiting for objects whose controller is absent, by one rule for every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi_kubernetes import meta

from components.manifests import names
from slipway.settings.cluster_services import Controllers, awaits


def nothing_absent(controllers: Controllers) -> list[pulumi.ResourceTransformation]:
    """Returns transformations for a component's options: objects below it are created without waiting if their
    controller is `absent`, whatever their builder sets. Otherwise the engine would wait for a condition that no
    controller sets."""

    def skip(asked: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        kind = asked.type_.removeprefix("kubernetes:").partition(":")[0]
        if awaits(controllers, kind):
            return None
        metadata = cast(meta.v1.ObjectMetaArgs, asked.props["metadata"])
        annotations = cast(Mapping[str, pulumi.Input[str]], metadata.annotations)
        kept = {key: value for key, value in annotations.items() if key != names.WAIT_FOR}
        metadata.annotations = {**kept, names.SKIP_AWAIT: "true"}
        return pulumi.ResourceTransformationResult(asked.props, asked.opts)

    return [skip]
