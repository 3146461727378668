import json
import pulumi, pulumi_aws as aws, pulumi_azure_native as azure, pulumi_kubernetes as k, pulumi_random as r
O = pulumi.ResourceOptions
class Cluster(pulumi.ComponentResource):
    def __init__(self, name, way_in, opts=None):
        super().__init__("slipway:x:Cluster", name, opts=opts)
        self.ns = k.core.v1.Namespace(f"{name}/shared", metadata={"name": "shared"}, opts=O(parent=self, provider=way_in))
        self.inner = k.Provider(f"{name}-systems", render_yaml_to_directory="rendered", enable_config_map_mutable=True, enable_secret_mutable=True, opts=O(parent=self, depends_on=[self.ns]))
        self.register_outputs({})
class System(pulumi.ComponentResource):
    def __init__(self, name, cluster, opts=None):
        super().__init__("slipway:x:System", name, opts=O.merge(opts, O(providers=[cluster.inner])))
        kid = O(parent=self, depends_on=[cluster])
        ns = k.core.v1.Namespace(name, metadata={"name": name, "annotations": {"slipway.dev/source": f"systems/{name}:"}}, opts=kid)
        word = r.RandomPassword(f"{name}/word", length=24, special=False, opts=O(parent=self, protect=True))
        secret = k.core.v1.Secret(f"{name}/word", metadata={"name": "word", "namespace": name}, data={"word": word.result.apply(lambda t: t), "fixed": pulumi.Output.secret("aHVzaA==")}, opts=O.merge(kid, O(depends_on=[ns])))
        kept = aws.s3.Bucket(f"{name}/files", bucket=f"{name}-files", opts=O(parent=self, protect=True, aliases=[pulumi.Alias(name=f"{name}/papers")]))
        settings = k.core.v1.ConfigMap(f"{name}/settings", metadata={"name": "settings", "namespace": name}, data={"settings.json": pulumi.Output.json_dumps({"bucket": kept.arn, "on": True})}, opts=O.merge(kid, O(depends_on=[secret, kept])))
        k.apps.v1.Deployment(f"{name}/api", metadata={"name": "api", "namespace": name}, spec={"replicas": 2, "selector": {"match_labels": {"a": name}}, "template": {"metadata": {"labels": {"a": name}}, "spec": {"containers": [{"name": "api", "image": "api:1", "env": [{"name": "EMPTY", "value": ""}, {"name": "X", "value": "1"}], "args": [], "volume_mounts": [{"name": "v", "mount_path": "/v", "read_only": False}]}], "volumes": [{"name": "v", "empty_dir": {}}]}}}, opts=O.merge(kid, O(depends_on=[settings], ignore_changes=["spec.replicas"], custom_timeouts=pulumi.CustomTimeouts(create="7m"), delete_before_replace=True)))
        k.networking.v1.NetworkPolicy(f"{name}/deny", metadata={"name": "deny", "namespace": name}, spec={"pod_selector": {}, "policy_types": ["Ingress"], "ingress": []}, opts=kid)
        k.apiextensions.CustomResource(f"{name}/route", api_version="gateway.networking.k8s.io/v1", kind="HTTPRoute", metadata={"name": "route", "namespace": name}, spec={"parentRefs": [], "rules": [{"matches": None, "weight": 0}]}, opts=kid)
        self.register_outputs({"bucket": kept.bucket})
way_in = k.Provider("main", render_yaml_to_directory="rendered")
cluster = Cluster("main", way_in)
for name in ("fleet", "expenses"):
    System(name, cluster)
west = aws.Provider("west", region="us-west-2")
aws.s3.Bucket("copies", bucket="copies", opts=O(provider=west, retain_on_delete=True))
group = azure.resources.ResourceGroup("group", location="eastus2", opts=O(provider=azure.Provider("sub", subscription_id="s", tenant_id="t")))
pulumi.export("systems", {"fleet": {"ns": cluster.ns.metadata.name}, "group": group.name, "none": None})
