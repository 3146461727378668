"""The choice of a slot at CloudFront's edge: two functions, and a key-value store with the current weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.manifests import names
from components.sites.manifests.edge import Edge, request_function, response_function
from slipway.settings.limits import most

RUNTIME = "cloudfront-js-2.0"
STATE = "state"
PASS = "pass"
"""The only key of the store; after a release changes it, every edge location reads it within seconds."""


@dataclass(frozen=True, kw_only=True)
class SiteEdgeArgs:
    edge_name: str
    """Name of the store, by which commands find it, and prefix of the functions' names."""
    edge: Edge
    state: str
    """The weights, in the form that the functions read."""
    bypass_digest: pulumi.Input[str]
    tags: Mapping[str, str]


class SiteEdge(pulumi.ComponentResource):
    """`associations` attach the functions to a distribution, which waits for `depends_on`."""

    associations: list[aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs]
    store: pulumi.Output[str]
    """ARN of the store."""

    def __init__(self, name: str, args: SiteEdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SiteEdge", name, opts=opts)
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

    def write_bypass(self, published: Sequence[pulumi.Resource] = ()) -> pulumi.Resource:
        """Writes the digest of the bypass token. The controller of releases writes the weights."""
        return aws.cloudfront.KeyvaluestoreKey(
            f"{self._name}-pass",
            key_value_store_arn=self.store,
            key=PASS,
            value=self._args.bypass_digest,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(published)),
        )

    def write_state(self, published: list[pulumi.Resource]) -> pulumi.Resource:
        """Writes the weights once the files are `published`, or the state of maintenance. Keys are written one after
        another, because each write needs the version that the previous one returned."""
        return aws.cloudfront.KeyvaluestoreKey(
            self._name,
            key_value_store_arn=self.store,
            key=STATE,
            value=self._args.state,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*published, self.write_bypass()]),
        )

    def _function(self, part: str, code: str) -> aws.cloudfront.Function:
        return aws.cloudfront.Function(
            f"{self._name}-{part}",
            name=names.shortened(f"{self._args.edge_name}-{part}", most("cloudfront name")),
            comment=f"Chooses the slot, on a viewer's {part}",
            runtime=RUNTIME,
            code=code,
            publish=True,
            key_value_store_associations=[self.store],
            tags=self._args.tags,
            opts=self._opts,
        )
