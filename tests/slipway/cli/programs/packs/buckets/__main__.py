from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def private(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "aws:s3/bucket:Bucket" and args.props.get("acl") != "private":
        report(f"{args.name} is public", None)


PolicyPack(
    "buckets",
    [ResourceValidationPolicy("private-buckets", "Buckets are private.", private, EnforcementLevel.MANDATORY)],
)
