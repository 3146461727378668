"""Azure Front Door in front of a static site: close to its visitors, with the gateway as origin.

A change here takes 20 to 45 minutes to reach every edge location, so weights are configured at the gateway only.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import cdn, dns

from components.clouds import contract
from components.clouds.azure.context import AzureContext
from components.clouds.azure.records import Zones, relative_name
from components.manifests import names
from slipway.settings.limits import most


@dataclass(frozen=True, kw_only=True)
class FrontDoorArgs:
    context: AzureContext
    asked: contract.SiteArgs


class FrontDoor(pulumi.ComponentResource):
    """Front Door for the site's domain, over TLS only; its origin is the gateway at `origin.<domain>`, which
    external-dns writes."""

    def __init__(self, name: str, args: FrontDoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:FrontDoor", name, opts=opts)
        context, asked = args.context, args.asked
        site = asked.deployed.definition.sites[asked.name]
        self._name, self._context, self._opts = name, context, pulumi.ResourceOptions(parent=self)
        self._full_name = names.site(context.cluster_name, asked.scope.system, asked.name)
        self._tags = context.tagged(site.source, system=asked.scope.system)
        self._domain = asked.deployed.definition.domains[site.domain]
        self._zone = Zones(asked.zones).of(self._domain)
        profile = cdn.Profile(
            self._name,
            profile_name=self._full_name,
            resource_group_name=context.resource_group,
            location="Global",
            sku=cdn.SkuArgs(name=cdn.SkuName.STANDARD_AZURE_FRONT_DOOR),
            tags=self._tags,
            opts=self._opts,
        )
        endpoint = cdn.AFDEndpoint(
            self._name,
            endpoint_name=names.globally_unique(
                context.subscription, self._full_name, most("azure front door endpoint")
            ),
            profile_name=profile.name,
            resource_group_name=context.resource_group,
            location="Global",
            enabled_state="Enabled",
            tags=self._tags,
            opts=self._opts,
        )
        group, origin = self._origin(profile)
        domain = self._custom_domain(profile)
        self._route(profile, endpoint, group, origin, domain)
        self._records(endpoint, domain)
        self.register_outputs({})

    def _origin(self, profile: cdn.Profile) -> tuple[cdn.AFDOriginGroup, cdn.AFDOrigin]:
        group = cdn.AFDOriginGroup(
            self._name,
            origin_group_name="gateway",
            profile_name=profile.name,
            resource_group_name=self._context.resource_group,
            load_balancing_settings=cdn.LoadBalancingSettingsParametersArgs(
                sample_size=4, successful_samples_required=3
            ),
            health_probe_settings=cdn.HealthProbeParametersArgs(
                probe_path="/",
                probe_protocol=cdn.ProbeProtocol.HTTPS,
                probe_request_type=cdn.HealthProbeRequestType.HEAD,
                probe_interval_in_seconds=60,
            ),
            session_affinity_state="Disabled",
            opts=self._opts,
        )
        origin = cdn.AFDOrigin(
            self._name,
            origin_name="gateway",
            origin_group_name=group.name,
            profile_name=profile.name,
            resource_group_name=self._context.resource_group,
            host_name=f"origin.{self._domain}",
            # The gateway routes by host name and has a certificate for this one.
            origin_host_header=self._domain,
            https_port=443,
            enforce_certificate_name_check=True,
            enabled_state="Enabled",
            opts=self._opts,
        )
        return group, origin

    def _custom_domain(self, profile: cdn.Profile) -> cdn.AFDCustomDomain:
        zone = cdn.ResourceReferenceArgs(id=self._zone.id) if self._zone.id is not None else None
        return cdn.AFDCustomDomain(
            self._name,
            custom_domain_name=self._domain.replace(".", "-"),
            profile_name=profile.name,
            resource_group_name=self._context.resource_group,
            host_name=self._domain,
            azure_dns_zone=zone,
            tls_settings=cdn.AFDDomainHttpsParametersArgs(
                certificate_type="ManagedCertificate", minimum_tls_version=cdn.AfdMinimumTlsVersion.TLS12
            ),
            opts=self._opts,
        )

    def _route(
        self,
        profile: cdn.Profile,
        endpoint: cdn.AFDEndpoint,
        group: cdn.AFDOriginGroup,
        origin: cdn.AFDOrigin,
        domain: cdn.AFDCustomDomain,
    ) -> None:
        """Creates a route without caching, because the slot that answers depends on the visitor and is chosen by the
        gateway."""
        cdn.Route(
            self._name,
            route_name="everything",
            endpoint_name=endpoint.name,
            profile_name=profile.name,
            resource_group_name=self._context.resource_group,
            origin_group=cdn.ResourceReferenceArgs(id=group.id),
            custom_domains=[cdn.ActivatedResourceReferenceArgs(id=domain.id)],
            patterns_to_match=["/*"],
            supported_protocols=["Http", "Https"],
            https_redirect="Enabled",
            forwarding_protocol="HttpsOnly",
            link_to_default_domain="Disabled",
            enabled_state="Enabled",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[origin]),
        )

    def _records(self, endpoint: cdn.AFDEndpoint, domain: cdn.AFDCustomDomain) -> None:
        zone, group = self._zone.name, self._zone.group or self._context.resource_group
        name = relative_name(self._domain, zone)
        dns.RecordSet(
            self._name,
            zone_name=zone,
            resource_group_name=group,
            relative_record_set_name=name,
            record_type="A" if name == "@" else "CNAME",
            ttl=300,
            target_resource=dns.SubResourceArgs(id=endpoint.id),
            opts=self._opts,
        )
        token = domain.validation_properties.apply(lambda found: (found.validation_token if found else None) or "")
        dns.RecordSet(
            f"{self._name}-proof",
            zone_name=zone,
            resource_group_name=group,
            relative_record_set_name="_dnsauth" if name == "@" else f"_dnsauth.{name}",
            record_type="TXT",
            ttl=300,
            txt_records=[dns.TxtRecordArgs(value=[token])],
            opts=self._opts,
        )
