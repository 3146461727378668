"""A certificate for a host name, proved by a record in its zone and renewed by AWS."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws


class Certificate(pulumi.ComponentResource):
    """`arn` is known once the certificate is issued."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        domain: str,
        zone: pulumi.Input[str],
        region: str,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
    ) -> None:
        super().__init__("slipway:aws:Certificate", name, opts=pulumi.ResourceOptions(parent=parent))
        opts = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=domain,
            region=region,
            validation_method="DNS",
            key_algorithm="EC_prime256v1",
            tags=dict(tags),
            opts=opts,
        )
        # One name, so one proof.
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-proof",
            zone_id=zone,
            name=proof.resource_record_name.apply(lambda found: found or ""),
            type=proof.resource_record_type.apply(lambda found: found or ""),
            records=[proof.resource_record_value.apply(lambda found: found or "")],
            ttl=300,
            allow_overwrite=True,
            opts=opts,
        )
        issued = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            region=region,
            validation_record_fqdns=[record.fqdn],
            opts=opts,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})
