"""DNS failover away from a region that no longer answers."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import dns, trafficmanager

from components.clouds import contract
from components.clouds.azure.context import AzureContext
from components.clouds.azure.records import Zones, relative_name
from components.clouds.contract import FailoverFacts, ZoneFacts
from components.manifests import names
from components.manifests.probes import Probe
from components.system.routes.manifests.http_routes import PROBE_HEADER

_EXTERNAL_DNS = "external-dns.alpha.kubernetes.io"


@dataclass(frozen=True, kw_only=True)
class FailoverArgs:
    context: AzureContext
    asked: contract.FailoverArgs


class Failover(pulumi.ComponentResource):
    """Creates a Traffic Manager profile for each domain. It resolves to `origin.<domain>` while that answers, else to
    `standby.<domain>`; external-dns writes the first here and the second in a cluster that is created in the second
    region after a disaster. Azure cannot point a zone's own name at hosts, so such a domain keeps external-dns' record
    and is only monitored."""

    facts: FailoverFacts

    def __init__(self, name: str, args: FailoverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Failover", name, opts=opts)
        self._args, self._context = args.asked, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        zones = Zones(args.asked.zones)
        annotations: dict[str, dict[str, pulumi.Input[str]]] = {}
        for key, probe in args.asked.probes.items():
            domain = probe.host
            profile = self._profile(key, probe)
            zone = zones.of(domain)
            hosts = f"{domain},origin.{domain}"
            if domain != zone.name:
                self._record(key, domain, zone, profile)
                hosts = f"origin.{domain}"
            annotations[domain] = {
                f"{_EXTERNAL_DNS}/gateway-hostname-source": "annotation-only",
                f"{_EXTERNAL_DNS}/hostname": hosts,
            }
        self.facts = FailoverFacts(annotations=annotations)
        self.register_outputs({})

    def _profile(self, key: str, probe: Probe) -> trafficmanager.Profile:
        prefix = f"{self._context.cluster_name}-{self._args.system}-{key}"
        name = names.globally_unique(self._context.subscription, prefix, 60)
        return trafficmanager.Profile(
            f"{self._args.system}/{key}",
            profile_name=name,
            resource_group_name=self._context.resource_group,
            location="global",
            traffic_routing_method="Priority",
            dns_config=trafficmanager.DnsConfigArgs(relative_name=name, ttl=30),
            monitor_config=trafficmanager.MonitorConfigArgs(
                protocol="HTTPS",
                port=443,
                path=probe.path,
                custom_headers=[trafficmanager.MonitorConfigCustomHeadersItemArgs(name=PROBE_HEADER, value="dns")],
                expected_status_code_ranges=None
                if probe.strict
                else [trafficmanager.MonitorConfigExpectedStatusCodeRangesItemArgs(min=200, max=499)],
                interval_in_seconds=30,
                timeout_in_seconds=10,
                tolerated_number_of_failures=3,
            ),
            endpoints=[
                trafficmanager.EndpointArgs(
                    name=host,
                    type="Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                    target=f"{host}.{probe.host}",
                    endpoint_status="Enabled",
                    priority=priority,
                )
                for priority, host in enumerate(("origin", "standby"), start=1)
            ],
            tags=self._context.tagged(self._args.source, system=self._args.system),
            opts=self._opts,
        )

    def _record(self, key: str, domain: str, zone: ZoneFacts, profile: trafficmanager.Profile) -> None:
        dns.RecordSet(
            f"{self._args.system}/{key}",
            zone_name=zone.name,
            resource_group_name=zone.group or self._context.resource_group,
            relative_record_set_name=relative_name(domain, zone.name),
            record_type="CNAME",
            ttl=60,
            target_resource=dns.SubResourceArgs(id=profile.id),
            opts=self._opts,
        )
