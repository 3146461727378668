"""DNS that leaves a region which no longer answers."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import dns, trafficmanager

from builders import names
from components.cloud.azure.place import Place
from components.cloud.azure.records import Zones, relative_name
from components.cloud.contract import FailoverArgs, FailoverFacts

_EXTERNAL_DNS = "external-dns.alpha.kubernetes.io"


class Failover(pulumi.ComponentResource):
    """A Traffic Manager profile a domain: `origin.<domain>`, which external-dns writes, while that answers, else
    `standby.<domain>`, which it writes in a cluster that a disaster calls up in the second region. Azure points no
    zone's own name at hosts, so such a domain keeps external-dns' record and is only watched."""

    facts: FailoverFacts

    def __init__(
        self, args: FailoverArgs, place: Place, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        super().__init__(
            "slipway:azure:Failover", args.system, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._args, self._place = args, place
        self._opts = pulumi.ResourceOptions(parent=self)
        zones = Zones(args.zones)
        annotations: dict[str, dict[str, pulumi.Input[str]]] = {}
        for key, domain in args.domains.items():
            profile = self._profile(key, domain)
            zone = zones.of(domain)
            hosts = f"{domain},origin.{domain}"
            if domain != zone.domain:
                self._record(key, domain, zone.domain, profile)
                hosts = f"origin.{domain}"
            annotations[domain] = {
                f"{_EXTERNAL_DNS}/gateway-hostname-source": "annotation-only",
                f"{_EXTERNAL_DNS}/hostname": hosts,
            }
        self.facts = FailoverFacts(annotations=annotations)
        self.register_outputs({})

    def _profile(self, key: str, domain: str) -> trafficmanager.Profile:
        stem = f"{self._place.cluster_name}-{self._args.system}-{key}"
        name = names.globally_unique(self._place.subscription, stem, 60)
        return trafficmanager.Profile(
            f"{self._args.system}/{key}",
            profile_name=name,
            resource_group_name=self._place.resource_group,
            location="global",
            traffic_routing_method="Priority",
            dns_config=trafficmanager.DnsConfigArgs(relative_name=name, ttl=30),
            monitor_config=trafficmanager.MonitorConfigArgs(
                protocol="HTTPS",
                port=443,
                path=self._args.path,
                interval_in_seconds=30,
                timeout_in_seconds=10,
                tolerated_number_of_failures=3,
            ),
            endpoints=[
                trafficmanager.EndpointArgs(
                    name=host,
                    type="Microsoft.Network/trafficManagerProfiles/externalEndpoints",
                    target=f"{host}.{domain}",
                    endpoint_status="Enabled",
                    priority=priority,
                )
                for priority, host in enumerate(("origin", "standby"), start=1)
            ],
            tags=self._place.tagged(self._args.source, system=self._args.system),
            opts=self._opts,
        )

    def _record(self, key: str, domain: str, zone: str, profile: trafficmanager.Profile) -> None:
        dns.RecordSet(
            f"{self._args.system}/{key}",
            zone_name=zone,
            resource_group_name=self._place.resource_group,
            relative_record_set_name=relative_name(domain, zone),
            record_type="CNAME",
            ttl=60,
            target_resource=dns.SubResourceArgs(id=profile.id),
            opts=self._opts,
        )
