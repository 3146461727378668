import pulumi, pulumi_aws as aws
O = pulumi.ResourceOptions
class Box(pulumi.ComponentResource):
    def __init__(self, name, opts=None, props=None):
        super().__init__("demo:x:Box", name, props or {}, opts)
outer = Box("outer", O(protect=True), {"a": 1, "b": pulumi.Output.secret("x"), "empty": [], "none": None})
waits = aws.s3.Bucket("waits", bucket="w", opts=O(depends_on=[outer]))
inner = Box("inner", O(parent=outer))
late = aws.s3.Bucket("late", bucket="l", opts=O(parent=inner))
after = aws.s3.Bucket("after", bucket="a", opts=O(depends_on=[inner, outer]))
under = aws.s3.Bucket("under", bucket="u", opts=O(parent=late, deleted_with=late))
empty = Box("empty")
nothing = aws.s3.Bucket("nothing", bucket="n", opts=O(depends_on=[empty]))
chain = aws.s3.Bucket("chain", tags={"x": pulumi.Output.all(late.arn, under.id).apply("-".join), "y": under.bucket, "z": outer.urn})
outer.register_outputs({"late": late.arn})
pulumi.export("outer", outer.urn)
