"""The logs of a cluster: kept by Elasticsearch, read in Kibana, gathered by an agent on each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, batch, core, meta

from builders import names
from builders.charts import controllers as charts
from builders.logs import agent, elasticsearch, kibana, places, retention, setup_job, snapshots
from builders.namespace import service_account
from builders.parts import Parts
from builders.scope import Scope
from components.cloud.contract import BucketArgs, Cloud, ControllersFacts, IdentityArgs, UseBucket
from components.cluster.release import namespace, release
from settings.databases import Bucket
from settings.stacks import PlacedCluster, PlacedSystem


@dataclass(frozen=True, kw_only=True)
class LogsArgs:
    cluster: PlacedCluster
    environment: str
    stack: str
    parts: Parts
    facts: ControllersFacts
    cloud: Cloud
    """Gives the bucket that copies go to."""


class Logs(pulumi.ComponentResource):
    """Charts only where Slipway runs the controllers. Where nobody does (`absent`), what they would read is made, and
    nothing that waits for them."""

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("slipway:cluster:Logs", name, opts=opts)
        self._name, self._args, self._needed = name, args, opts.depends_on
        settings = args.cluster.settings
        self._source = settings.logging.source or settings.source
        self._place = namespace(f"{name}/{places.NAMESPACE}", self._source, "privileged", self._after())
        self._snapshots, identity = self._copies()
        operator = self._operator()
        secrets = [] if settings.controllers.logs == "absent" else self._secrets()
        objects = self._objects(self._after(self._place, *secrets, *operator, *identity))
        files = setup_job.files(self._requests())
        config = core.v1.ConfigMap(
            f"{name}/{setup_job.CONFIG}", metadata=self._metadata(setup_job.CONFIG), data=files, opts=self._placed()
        )
        if settings.controllers.logs != "absent":
            self._tell(files, [config, *secrets, *objects])
        if settings.controllers.logs == "installed":
            self._agents([*secrets, *objects])
        self.register_outputs({})

    @property
    def _systems(self) -> Sequence[PlacedSystem]:
        return list(self._args.cluster.systems.values())

    def _copies(self) -> tuple[snapshots.Snapshots | None, list[pulumi.Resource]]:
        """A bucket of the cluster's own, and what pods that may use it wait for. None where pods would need a key to use
        one. The name holds the cluster's: a URN does not tell two clusters of a cloud apart."""
        args = self._args
        scope = Scope(f"{places.NAMESPACE}-{args.cluster.name}", places.NAMESPACE, args.parts)
        wanted = BucketArgs(
            system=scope.system, name=snapshots.BUCKET, settings=Bucket(data_class="personal"), source=self._source
        )
        bucket = args.cloud.bucket(wanted, self)
        grants = [UseBucket(bucket=bucket)]
        identity = args.cloud.identity(
            IdentityArgs(scope=scope, name=snapshots.ACCOUNT, source=self._source, grants=grants), self
        )
        if identity.pod.secret is not None:
            return None, []
        account = core.v1.ServiceAccount(
            scope.logical(snapshots.ACCOUNT),
            service_account(scope, name=snapshots.ACCOUNT, source=self._source, annotations=identity.annotations),
            opts=self._placed(),
        )
        return snapshots.to(bucket, identity.pod), [account, *identity.made]

    def _operator(self) -> list[pulumi.Resource]:
        """Its kinds are a Release of their own and stand before it."""
        args, place = self._args, places.OPERATOR_NAMESPACE
        if args.cluster.settings.controllers.logs != "installed":
            return []
        home = namespace(f"{self._name}/{place}", self._source, "restricted", self._after())
        kinds = release(
            f"{self._name}/eck-operator-crds",
            "eck-operator-crds",
            place,
            charts.elastic_crds(),
            args.parts,
            self._after(home),
        )
        values = charts.elastic_operator()
        return [
            release(f"{self._name}/eck-operator", "eck-operator", place, values, args.parts, self._after(home, kinds))
        ]

    def _secrets(self) -> list[pulumi.Resource]:
        copies = self._snapshots
        made = [self._login(user) for user in (places.AGENT, places.SETUP)]
        made.append(self._secret(places.ROLES_SECRET, {"roles.yml": elasticsearch.roles(snapshots=copies is not None)}))
        if copies is not None and copies.kind == "azure":
            made.append(self._secret(snapshots.SECRET, {"azure.client.default.account": copies.account}))
        return made

    def _login(self, user: str) -> pulumi.Resource:
        """A user of Elasticsearch's file realm, as ECK reads it; the role has the user's name."""
        secret = places.user_secret(user)
        password = random.RandomPassword(f"{self._name}/{secret}", length=32, special=False, opts=self._after())
        login = {"username": user, "password": password.result, "roles": user}
        return self._secret(secret, login, "kubernetes.io/basic-auth")

    def _secret(self, name: str, values: Mapping[str, pulumi.Input[str]], kind: str = "Opaque") -> pulumi.Resource:
        return core.v1.Secret(
            f"{self._name}/{name}",
            metadata=self._metadata(name),
            type=kind,
            string_data=dict(values),
            opts=self._placed(),
        )

    def _objects(self, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        args = self._args
        logging = args.cluster.settings.logging
        search = elasticsearch.spec(
            logging, args.parts, storage_class=args.facts.storage_class, snapshots=self._snapshots
        )
        return [
            self._custom(elasticsearch.API_VERSION, "Elasticsearch", search, opts),
            self._custom(kibana.API_VERSION, "Kibana", kibana.spec(logging, args.parts), opts),
        ]

    def _custom(
        self, api_version: str, kind: str, spec: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        return apiextensions.CustomResource(
            f"{self._name}/{kind.lower()}",
            api_version=api_version,
            kind=kind,
            metadata=self._metadata(places.ELASTICSEARCH),
            spec=dict(spec),
            opts=opts,
        )

    def _requests(self) -> Mapping[str, Any]:
        args = self._args
        nodes = args.cluster.settings.logging.nodes
        return retention.requests(self._systems, args.environment, nodes=nodes, snapshots=self._snapshots)

    def _tell(self, files: Mapping[str, str], needed: Sequence[pulumi.Resource]) -> None:
        job = setup_job.job(self._args.parts, files, self._source)
        name = setup_job.job_name(self._args.parts, files)
        batch.v1.Job(f"{self._name}/{name}", job, opts=self._after(*needed))

    def _agents(self, needed: Sequence[pulumi.Resource]) -> None:
        args = self._args
        cluster = names.cluster(args.stack, args.cluster.name)
        values = agent.values(self._systems, args.parts, environment=args.environment, cluster=cluster)
        release(f"{self._name}/vector", "vector", places.NAMESPACE, values, args.parts, self._after(*needed))

    def _metadata(self, name: str) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=places.NAMESPACE,
            labels=names.labels(names.CLUSTER),
            annotations=names.source_annotation(self._source),
        )

    def _placed(self) -> pulumi.ResourceOptions:
        return self._after(self._place)

    def _after(self, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
        """What the caller waits for, and `needed`."""
        first = pulumi.ResourceOptions(parent=self, depends_on=self._needed)
        return pulumi.ResourceOptions.merge(first, pulumi.ResourceOptions(depends_on=list(needed)))
