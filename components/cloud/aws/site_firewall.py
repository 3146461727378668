"""What stands before a static site: the system's rate limit, and AWS' lists of known attacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from settings.fields import seconds
from settings.operations import RateLimit

EDGE_REGION = "us-east-1"
"""Where AWS keeps what belongs to CloudFront."""
WINDOWS = (60, 120, 300, 600)
"""Seconds that WAF counts requests over."""
FEWEST_REQUESTS = 10
"""The lowest limit that WAF takes."""
MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)


@dataclass(frozen=True, kw_only=True)
class SiteFirewallArgs:
    firewall_name: str
    limit: RateLimit | None
    tags: Mapping[str, str]


class SiteFirewall(pulumi.ComponentResource):
    """`arn` is what a distribution names."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: SiteFirewallArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:SiteFirewall", name, opts=pulumi.ResourceOptions(parent=parent))
        limits = [_rate_limit(args.limit)] if args.limit else []
        managed = [_managed(group, priority) for priority, group in enumerate(MANAGED, start=1)]
        acl = aws.wafv2.WebAcl(
            name,
            name=args.firewall_name,
            region=EDGE_REGION,
            scope="CLOUDFRONT",
            description="Rate limit and known attacks",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=[*limits, *managed],
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=args.firewall_name, sampled_requests_enabled=True
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = acl.arn
        self.register_outputs({"arn": acl.arn})


def waf_limit(limit: RateLimit) -> tuple[int, int]:
    """Requests and seconds as WAF can count them: the shortest window that holds the declared one, and as many requests
    as the declared rate allows in it."""
    declared = seconds(limit.window)
    window = next((each for each in WINDOWS if each >= declared), WINDOWS[-1])
    return max(FEWEST_REQUESTS, round(limit.requests * window / declared)), window


def _rate_limit(limit: RateLimit) -> aws.wafv2.WebAclRuleArgs:
    requests, window = waf_limit(limit)
    too_many = aws.wafv2.WebAclRuleActionBlockCustomResponseArgs(response_code=429)
    return aws.wafv2.WebAclRuleArgs(
        name="rate-limit",
        priority=0,
        action=aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs(custom_response=too_many)),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP", limit=requests, evaluation_window_sec=window
            )
        ),
        visibility_config=_visible("rate-limit"),
    )


def _managed(group: str, priority: int) -> aws.wafv2.WebAclRuleArgs:
    return aws.wafv2.WebAclRuleArgs(
        name=group,
        priority=priority,
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                name=group, vendor_name="AWS"
            )
        ),
        visibility_config=_visible(group),
    )


def _visible(name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
