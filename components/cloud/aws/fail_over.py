"""DNS that leaves a region which no longer answers."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.contract import FailoverArgs, FailoverFacts

_EXTERNAL_DNS = "external-dns.alpha.kubernetes.io"


class Failover(pulumi.ComponentResource):
    """Health checks, one a domain. external-dns writes the records that they decide on: this cluster's is the primary
    one, and that of a cluster in the second region the other. An alias cannot be made here, for Route 53 refuses one
    whose target is not there yet."""

    facts: FailoverFacts

    def __init__(
        self,
        args: FailoverArgs,
        own_tags: Mapping[str, str],
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        super().__init__(
            "slipway:aws:Failover", args.system, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        tags = names.tags(args.source, own_tags, system=args.system)
        checks = {
            domain: aws.route53.HealthCheck(
                f"{args.system}/{key}",
                type="HTTPS",
                fqdn=f"origin.{domain}",
                port=443,
                resource_path=args.path,
                enable_sni=True,
                failure_threshold=3,
                request_interval=30,
                measure_latency=True,
                tags={**tags, "Name": f"origin.{domain}"},
                opts=pulumi.ResourceOptions(parent=self),
            )
            for key, domain in args.domains.items()
        }
        self.facts = FailoverFacts(
            annotations={
                domain: {
                    f"{_EXTERNAL_DNS}/set-identifier": "primary",
                    f"{_EXTERNAL_DNS}/aws-failover": "PRIMARY",
                    f"{_EXTERNAL_DNS}/aws-health-check-id": check.id,
                }
                for domain, check in checks.items()
            }
        )
        self.register_outputs({})
