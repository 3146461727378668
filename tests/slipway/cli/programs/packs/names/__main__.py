from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def named(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "kubernetes:apps/v1:Deployment":
        report(f"{args.name} has a name", None)


PolicyPack("names", [ResourceValidationPolicy("no-names", "Nothing has a name.", named)], EnforcementLevel.ADVISORY)
