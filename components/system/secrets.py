"""The secrets of a system: random ones are made, vendors' ones get an empty entry for their owner to fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random
from pulumi_kubernetes import core

from builders import secret
from builders.environment import generated_secret, supplied_secret
from builders.scope import Scope
from settings.services import Generated, Supplied
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    scope: Scope
    definition: System
    ready: Sequence[pulumi.Resource]


class Secrets(pulumi.ComponentResource):
    """At most two Secrets: what Slipway makes, and what others supply."""

    def __init__(self, name: str, args: SecretsArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Secrets", name, opts=pulumi.ResourceOptions(parent=parent))
        declared = args.definition.secrets
        source = f"{args.definition.source}secrets"
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        values = {key: self._generate(args, key, made) for key, made in declared.items() if isinstance(made, Generated)}
        if values:
            made = secret.secret(args.scope, name=generated_secret(name), source=source, values=values)
            core.v1.Secret(args.scope.logical("generated"), made, opts=opts)
        supplied = [key for key, entry in declared.items() if isinstance(entry, Supplied)]
        if supplied:
            entry = secret.empty_entry(args.scope, name=supplied_secret(name), source=source, keys=supplied)
            filled_by_owner = pulumi.ResourceOptions(ignore_changes=["data", "stringData"])
            core.v1.Secret(
                args.scope.logical("supplied"), entry, opts=pulumi.ResourceOptions.merge(opts, filled_by_owner)
            )
        self.register_outputs({})

    def _generate(self, args: SecretsArgs, key: str, declared: Generated) -> pulumi.Output[str]:
        made = random.RandomBytes(
            args.scope.logical(key),
            length=declared.generated,
            keepers={"rotated": declared.rotated},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.secret(made.base64 if declared.encoding == "base64" else made.hex)
