"""A Pulumi program that is not Slipway's: a bucket, a database, and a component with a Deployment."""

import pulumi

config = pulumi.Config()
REGION = "us-east-1"


class Resource(pulumi.CustomResource):
    def __init__(self, token: str, name: str, opts: pulumi.ResourceOptions | None = None, **inputs: object) -> None:
        super().__init__(token, name, inputs, opts)


class Site(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("shop:index:Site", name)
        metadata = {"name": name}
        below = pulumi.ResourceOptions(parent=self)
        Resource("kubernetes:apps/v1:Deployment", name, below, metadata=metadata, spec={"replicas": 2})
        self.register_outputs({})


Resource("aws:s3/bucket:Bucket", "receipts", pulumi.ResourceOptions(retain_on_delete=True), acl="private")
Resource(
    "aws:rds/instance:Instance",
    "orders",
    engine="postgres",
    instanceClass="db.t4g.medium",
    allocatedStorage=20,
    storageType="gp3",
    multiAz=False,
)
for number in range(config.require_int("clusters")):
    Site(f"site-{number}")
