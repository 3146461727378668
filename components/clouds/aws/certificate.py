"""A certificate for a host name, validated by a DNS record and renewed by AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    domain: str
    zone: pulumi.Input[str]
    """Id of the zone that contains the domain."""
    region: str
    tags: Mapping[str, str]


class Certificate(pulumi.ComponentResource):
    """`arn` is known once the certificate is issued."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Certificate", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.domain,
            region=args.region,
            validation_method="DNS",
            key_algorithm="EC_prime256v1",
            tags=dict(args.tags),
            opts=own,
        )
        # One name, so one validation record.
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-proof",
            zone_id=args.zone,
            name=proof.resource_record_name.apply(lambda found: found or ""),
            type=proof.resource_record_type.apply(lambda found: found or ""),
            records=[proof.resource_record_value.apply(lambda found: found or "")],
            ttl=300,
            allow_overwrite=True,
            opts=own,
        )
        issued = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            region=args.region,
            validation_record_fqdns=[record.fqdn],
            opts=own,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
