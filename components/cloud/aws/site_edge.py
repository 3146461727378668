"""What decides at CloudFront's edge which slot a visitor sees: two functions, and a store of the weights in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from builders.edge import Edge, request_function, response_function

RUNTIME = "cloudfront-js-2.0"
STATE = "state"
PASS = "pass"
"""The only key of the store; a release changes it, and every edge knows within seconds."""


@dataclass(frozen=True, kw_only=True)
class SiteEdgeArgs:
    edge_name: str
    """The store's name, by which commands find it, and the beginning of the functions'."""
    edge: Edge
    state: str
    """The weights, as the functions read them."""
    pass_digest: pulumi.Input[str]
    tags: Mapping[str, str]


class SiteEdge(pulumi.ComponentResource):
    """`associations` tie the functions to a distribution, `ready` is what it waits for."""

    associations: list[aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs]
    store: pulumi.Output[str]
    """ARN of the store."""

    def __init__(self, name: str, args: SiteEdgeArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:SiteEdge", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        store = aws.cloudfront.KeyValueStore(
            name, name=args.edge_name, comment="Slots and their weights", tags=args.tags, opts=self._opts
        )
        self.store = store.arn
        on_request = self._function("request", request_function(args.edge))
        on_response = self._function("response", response_function(args.edge))
        self.associations = [
            aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
                event_type=event, function_arn=function.arn
            )
            for event, function in (("viewer-request", on_request), ("viewer-response", on_response))
        ]
        self.register_outputs({"store": store.arn})

    def _pass(self) -> pulumi.Resource:
        return aws.cloudfront.KeyvaluestoreKey(
            f"{self._name}-pass",
            key_value_store_arn=self.store,
            key=PASS,
            value=self._args.pass_digest,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def open(self, published: list[pulumi.Resource]) -> None:
        """Writes the weights, once what they send visitors to is `published`. One key after another: each write changes the
        version that the next one names."""
        aws.cloudfront.KeyvaluestoreKey(
            self._name,
            key_value_store_arn=self.store,
            key=STATE,
            value=self._args.state,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*published, self._pass()]),
        )

    def _function(self, part: str, code: str) -> aws.cloudfront.Function:
        return aws.cloudfront.Function(
            f"{self._name}-{part}",
            name=names.shortened(f"{self._args.edge_name}-{part}", 64),
            comment=f"Chooses the slot, on a viewer's {part}",
            runtime=RUNTIME,
            code=code,
            publish=True,
            key_value_store_associations=[self.store],
            tags=self._args.tags,
            opts=self._opts,
        )
