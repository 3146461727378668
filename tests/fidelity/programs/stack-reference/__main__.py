import pulumi
import pulumi_aws as aws

other = pulumi.StackReference("organization/other/dev")
aws.s3.Bucket("one", bucket="one", tags={"text": other.get_output("text"), "missing": other.get_output("missing")})
aws.s3.Bucket("required", bucket="required", tags={"text": other.require_output("nested")["plain"]})
aws.s3.Bucket("hidden", bucket="hidden", tags={"token": other.get_output("token")})
aws.s3.Bucket("partly", bucket="partly", tags={"plain": other.get_output("nested")["plain"]})
aws.s3.Bucket("spread", bucket="spread", tags={"text": other.outputs["text"]})
aws.s3.Bucket("open", bucket="open", tags={"text": pulumi.Output.unsecret(other.outputs)["text"]})
aws.s3.Bucket("named", bucket="named", tags={"names": other.secret_output_names.apply(",".join)})
aws.s3.Bucket("number", bucket="number", tags={"number": other.get_output("number").apply(repr)})
pulumi.export("token", other.get_output("token"))
pulumi.export("text", other.get_output("text"))
