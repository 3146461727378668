"""The secrets of a system: random values are generated, supplied secrets are left for their owner to fill."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from components.clouds.contract import SecretStore
from components.manifests import names
from components.manifests.environment import bypass_secret, generated_secret, previous
from components.manifests.scope import Scope
from slipway.settings.services import Generated, supplied_by
from slipway.settings.store_names import supplied_secret
from slipway.settings.system import System

FIRST = Generated.model_fields["rotated"].default


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    scope: Scope
    definition: System
    store: SecretStore


class Secrets(pulumi.ComponentResource):
    """Creates the generated secrets, the bypass token of smoke tests, and a Secret for each supplied secret."""

    bypass_digest: pulumi.Output[str]
    """SHA-256 of the bypass token; empty for a system without visitors, which nobody tests from outside."""

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Secrets", name, opts=opts)
        declared = args.definition.secrets
        source = f"{args.definition.source}secrets"
        values = {
            called: value
            for key, made in declared.items()
            if isinstance(made, Generated) and not made.existing
            for called, value in self._generate(args, key, made).items()
        }
        if values:
            args.store.put(generated_secret(name), source, values, self)
        for key, entry in declared.items():
            if key in args.definition.pull_secrets:
                args.store.declare_login(supplied_secret(name, key), source, key, self)
            elif key in args.definition.client_secrets:
                args.store.declare_client_secret(supplied_secret(name, key), source, key, self)
            elif supplied_by(entry) is not None:
                args.store.declare(supplied_secret(name, key), source, [key], self)
        self.bypass_digest = self._pass(name, args) if args.definition.has_visitors else pulumi.Output.from_input("")
        self.register_outputs({})

    def _pass(self, system: str, args: SecretsArgs) -> pulumi.Output[str]:
        made = random.RandomBytes(
            args.scope.logical("smoke-test-pass"), length=32, opts=pulumi.ResourceOptions(parent=self)
        )
        value = pulumi.Output.secret(made.hex)
        args.store.put(bypass_secret(system), f"{args.definition.source}checks", {names.BYPASS_KEY: value}, self)
        return pulumi.Output.unsecret(value.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()))

    def _generate(self, args: SecretsArgs, key: str, declared: Generated) -> dict[str, pulumi.Output[str]]:
        """Generates a value for each date as a separate resource, so that the previous one can remain."""
        dates = {key: declared.rotated, **({previous(key): declared.previous} if declared.previous else {})}
        return {called: self._random(args, key, date, declared) for called, date in dates.items()}

    def _random(self, args: SecretsArgs, key: str, date: str, declared: Generated) -> pulumi.Output[str]:
        made = random.RandomBytes(
            args.scope.logical(key if date == FIRST else f"{key}-{date}"),
            length=declared.generated,
            keepers={"rotated": date},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.secret(made.base64 if declared.encoding == "base64" else made.hex)
