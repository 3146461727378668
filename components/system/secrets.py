"""The secrets of a system: random ones are made, vendors' ones are left for their owner to fill."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from builders.environment import generated_secret, pass_secret, supplied_secret
from builders.scope import Scope
from components.cloud.contract import SecretStore
from settings.services import Generated, Supplied
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    scope: Scope
    definition: System
    store: SecretStore


class Secrets(pulumi.ComponentResource):
    """What Slipway makes, what others supply, and the pass of smoke tests: at most three Secrets."""

    pass_digest: pulumi.Output[str]
    """SHA-256 of the pass."""

    def __init__(self, name: str, args: SecretsArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Secrets", name, opts=pulumi.ResourceOptions(parent=parent))
        declared = args.definition.secrets
        source = f"{args.definition.source}secrets"
        values = {key: self._generate(args, key, made) for key, made in declared.items() if isinstance(made, Generated)}
        if values:
            args.store.keep(generated_secret(name), source, values, self)
        supplied = [key for key, entry in declared.items() if isinstance(entry, Supplied)]
        if supplied:
            args.store.expect(supplied_secret(name), source, supplied, self)
        self.pass_digest = self._pass(name, args)
        self.register_outputs({})

    def _pass(self, system: str, args: SecretsArgs) -> pulumi.Output[str]:
        made = random.RandomBytes(
            args.scope.logical("smoke-test-pass"), length=32, opts=pulumi.ResourceOptions(parent=self)
        )
        value = pulumi.Output.secret(made.hex)
        args.store.keep(pass_secret(system), f"{args.definition.source}checks", {"smoke-tests": value}, self)
        return pulumi.Output.unsecret(value.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()))

    def _generate(self, args: SecretsArgs, key: str, declared: Generated) -> pulumi.Output[str]:
        made = random.RandomBytes(
            args.scope.logical(key),
            length=declared.generated,
            keepers={"rotated": declared.rotated},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.secret(made.base64 if declared.encoding == "base64" else made.hex)
