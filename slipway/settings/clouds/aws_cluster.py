"""AWS: the control plane and nodes of a cluster, new ones or those of a cluster that exists, and checks of it."""

from __future__ import annotations

from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field
from pydantic.alias_generators import to_snake

from slipway.settings.clouds.shared_checks import Base64, of_new_cluster
from slipway.settings.cluster_settings import Kubernetes
from slipway.settings.fields import Cidr, Matching
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting

EksName = Annotated[str, Matching("the name of an EKS cluster", "shop-prod", r"[0-9A-Za-z][0-9A-Za-z_-]*", 100)]
EksEndpoint = Annotated[
    str,
    Matching(
        "the endpoint of an EKS cluster",
        "https://0123456789ABCDEF0123456789ABCDEF.gr7.us-east-1.eks.amazonaws.com",
        r"https://[0-9A-Z]{32}\.[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|api\.aws)",
    ),
]
OidcProvider = Annotated[
    str,
    Matching(
        "the ARN of the IAM OIDC provider of an EKS cluster",
        "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
        r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):oidc-provider/(?P<issuer>oidc\.eks\.[a-z0-9-]+\.[a-z.]+/id/[0-9A-Z]{32})",
    ),
]


class AwsExistingCluster(Setting):
    """An EKS cluster that exists. The role that runs `pulumi up` needs an access entry as its administrator."""

    name: EksName
    """Its name, by which the command `aws` logs in, and pods get identities."""
    endpoint: EksEndpoint
    """Address of its API server."""
    certificate: Base64
    """Its certificate authority, in base64."""
    oidc_provider: OidcProvider
    """Its IAM OIDC provider, whose tokens let External Secrets read."""
    pods: list[Cidr] = Field(default_factory=list)
    """Networks of pods besides the private subnets, which databases admit; none unless pods have networks of their own."""
    load_balancer_class: OneOf["eks.amazonaws.com/nlb", "service.k8s.aws/nlb"] = "eks.amazonaws.com/nlb"
    """Who makes load balancers: by default Auto Mode, as in a new cluster, or the AWS Load Balancer Controller
    (`service.k8s.aws/nlb`)."""
    metrics_server: bool = True
    """Whether the cluster has a metrics server, by default, because a second one would answer for the same API;
    otherwise Slipway installs one."""

    @property
    def issuer(self) -> str:
        """Return its OIDC issuer, without `https://`."""
        return self.oidc_provider.partition(":oidc-provider/")[2]


class AwsKubernetes(Kubernetes):
    """The cluster's control plane and nodes."""

    authorized_networks: list[Cidr] = Field(default_factory=list, min_length=1)  # pyright: ignore[reportIncompatibleVariableOverride]
    """Networks that may reach the API server: offices and deployment runners. Required for a new cluster."""
    existing: AwsExistingCluster | None = None
    """A cluster that exists, in place of a new one; `version`, `nodes` and `authorizedNetworks` are of a new one."""

    @property
    def not_evaluated(self) -> str:
        return f"the cluster {self.existing.name}: its control plane, nodes, access and logs" if self.existing else ""


def findings(path: Path, account: str, region: str, kubernetes: AwsKubernetes, deployers: list[str]) -> Found:
    """Check the cluster at a path, and who administers it."""
    existing, where = kubernetes.existing, (*path, "kubernetes")
    if existing is None:
        if not kubernetes.authorized_networks:
            yield Finding((*where, "authorizedNetworks"), "is required, for example [203.0.113.0/24]")
        if not deployers:
            yield Finding((*path, "deployers"), "is required, for example [arn:aws:iam::111122223333:role/deployer]")
        return
    yield from of_new_cluster(where, kubernetes, ("version", "nodes", "authorizedNetworks"))
    if deployers:
        rule = "administers a new cluster, and this one exists: leave it out"
        yield Finding((*path, "deployers"), rule, ((*where, "existing"),))
    if f"iam::{account}:" not in existing.oidc_provider:
        yield Finding((*where, "existing", "oidcProvider"), f"is not in account {account}", ((*path, "account"),))
    for key in ("endpoint", "oidcProvider"):
        if f".{region}." not in getattr(existing, to_snake(key)):
            yield Finding((*where, "existing", key), f"is not in region {region}", ((*path, "region"),))
