"""CloudFront in front of the buckets of a static site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.site_edge import SiteEdge

YEAR = 31536000
"""Seconds of a year, for Strict-Transport-Security. Source: hstspreload.org requires at least a year."""
PRIMARY, ANY = "primary", "any"


@dataclass(frozen=True, kw_only=True)
class DistributionArgs:
    distribution_name: str
    domain: str
    buckets: Sequence[tuple[str, str]]
    """Name and region of each bucket; the later ones are used if the first does not answer."""
    edge: SiteEdge
    firewall: pulumi.Input[str]
    certificate: pulumi.Input[str]
    tags: Mapping[str, str]


class Distribution(pulumi.ComponentResource):
    """Creates the distribution; the domain's record points to `host` and `zone`."""

    arn: pulumi.Output[str]
    host: pulumi.Output[str]
    zone: pulumi.Output[str]

    def __init__(self, name: str, args: DistributionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Distribution", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        control = aws.cloudfront.OriginAccessControl(
            name,
            name=args.distribution_name,
            description="Signs what CloudFront asks the buckets for",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._opts,
        )
        origins = [
            aws.cloudfront.DistributionOriginArgs(
                origin_id=PRIMARY if index == 0 else f"copy-{index}",
                domain_name=f"{bucket}.s3.{region}.amazonaws.com",
                origin_access_control_id=control.id,
            )
            for index, (bucket, region) in enumerate(args.buckets)
        ]
        created = aws.cloudfront.Distribution(
            name,
            comment=args.distribution_name,
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            aliases=[args.domain],
            origins=origins,
            origin_groups=self._group(origins),
            default_cache_behavior=self._behaviour(ANY if len(origins) > 1 else PRIMARY),
            viewer_certificate=aws.cloudfront.DistributionViewerCertificateArgs(
                acm_certificate_arn=args.certificate,
                minimum_protocol_version="TLSv1.2_2021",
                ssl_support_method="sni-only",
            ),
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
            ),
            web_acl_id=args.firewall,
            wait_for_deployment=True,
            tags=dict(args.tags),
            opts=self._opts,
        )
        self.arn, self.host, self.zone = created.arn, created.domain_name, created.hosted_zone_id
        self.register_outputs({"host": created.domain_name})

    def _group(
        self, origins: Sequence[aws.cloudfront.DistributionOriginArgs]
    ) -> list[aws.cloudfront.DistributionOriginGroupArgs]:
        if len(origins) == 1:
            return []
        members = [aws.cloudfront.DistributionOriginGroupMemberArgs(origin_id=each.origin_id) for each in origins[:2]]
        failing = aws.cloudfront.DistributionOriginGroupFailoverCriteriaArgs(status_codes=[500, 502, 503, 504])
        return [aws.cloudfront.DistributionOriginGroupArgs(origin_id=ANY, failover_criteria=failing, members=members)]

    def _behaviour(self, target: str) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgs:
        return aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
            target_origin_id=target,
            viewer_protocol_policy="redirect-to-https",
            allowed_methods=["GET", "HEAD", "OPTIONS"],
            cached_methods=["GET", "HEAD"],
            compress=True,
            cache_policy_id=self._caching().id,
            response_headers_policy_id=self._headers().id,
            function_associations=self._args.edge.associations,
        )

    def _caching(self) -> aws.cloudfront.CachePolicy:
        """Returns a cache policy that follows each file's headers: a year for names with a digest, none for pages. The
        cache key contains no cookie, header or query; the path includes the slot."""
        none = "none"
        return aws.cloudfront.CachePolicy(
            self._name,
            name=self._args.distribution_name,
            comment="As the files say",
            min_ttl=0,
            default_ttl=0,
            max_ttl=YEAR,
            parameters_in_cache_key_and_forwarded_to_origin=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginArgs(
                cookies_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginCookiesConfigArgs(
                    cookie_behavior=none
                ),
                headers_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginHeadersConfigArgs(
                    header_behavior=none
                ),
                query_strings_config=aws.cloudfront.CachePolicyParametersInCacheKeyAndForwardedToOriginQueryStringsConfigArgs(
                    query_string_behavior=none
                ),
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            ),
            opts=self._opts,
        )

    def _headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        config = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs
        return aws.cloudfront.ResponseHeadersPolicy(
            self._name,
            name=self._args.distribution_name,
            comment="What a browser must not do",
            security_headers_config=config(
                strict_transport_security=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
                    access_control_max_age_sec=YEAR, include_subdomains=True, override=True
                ),
                content_type_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                    override=True
                ),
                frame_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                    frame_option="DENY", override=True
                ),
                referrer_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                    referrer_policy="strict-origin-when-cross-origin", override=True
                ),
            ),
            opts=self._opts,
        )
