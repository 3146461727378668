"""DNS failover away from a region that no longer answers."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds import contract
from components.clouds.aws.context import AwsContext
from components.clouds.contract import FailoverFacts

_EXTERNAL_DNS = "external-dns.alpha.kubernetes.io"


@dataclass(frozen=True, kw_only=True)
class FailoverArgs:
    context: AwsContext
    asked: contract.FailoverArgs


class Failover(pulumi.ComponentResource):
    """Creates a health check for each domain. external-dns writes the records that use them: this cluster's record is
    the primary, that of a cluster in the second region the secondary. Slipway cannot create an alias, because Route 53
    refuses one whose target does not exist yet."""

    facts: FailoverFacts

    def __init__(self, name: str, args: FailoverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Failover", name, opts=opts)
        asked = args.asked
        tags = args.context.tagged(asked.source, system=asked.system)
        checks = {
            probe.host: aws.route53.HealthCheck(
                f"{asked.system}/{key}",
                # Over HTTPS, Route 53 accepts only 2xx and 3xx as healthy.
                type="HTTPS" if probe.strict else "TCP",
                fqdn=f"origin.{probe.host}",
                port=443,
                resource_path=probe.path if probe.strict else None,
                enable_sni=True if probe.strict else None,
                failure_threshold=3,
                request_interval=30,
                measure_latency=True,
                tags={**tags, "Name": f"origin.{probe.host}"},
                opts=pulumi.ResourceOptions(parent=self),
            )
            for key, probe in asked.probes.items()
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
