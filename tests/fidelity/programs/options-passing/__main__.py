import pulumi, pulumi_aws as aws, pulumi_random as r
O = pulumi.ResourceOptions
class C(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("demo:x:C", name, opts=opts)
        self.a = aws.s3.Bucket(f"{name}-a", bucket="a", opts=O(parent=self))
        self.b = aws.s3.Bucket(f"{name}-b", bucket="b", opts=O(parent=self, provider=aws.Provider(f"{name}-own", region="eu-west-1", opts=O(parent=self))))
        self.p = r.RandomPet(f"{name}-p", opts=O(parent=self, protect=False, retain_on_delete=False))
east = aws.Provider("east", region="us-east-1", allowed_account_ids=["1"], max_retries=3, assume_roles=[{"role_arn": "arn:x"}])
C("one", O(provider=east, protect=True, retain_on_delete=True))
C("two", O(providers={"aws": east}, aliases=[pulumi.Alias(name="old-two"), pulumi.Alias(type_="demo:y:C")]))
other = r.Provider("other")
aws.s3.Bucket("versioned", bucket="v", opts=O(version="6.0.0"))
aws.s3.Bucket("fine", bucket="f", opts=O(additional_secret_outputs=["bucket", "bucket"], ignore_changes=["tags", "*"], replace_on_changes=["*"], delete_before_replace=False, import_=None, custom_timeouts=pulumi.CustomTimeouts(update="90s")))
