"""The logs of a cluster: Elasticsearch stores them, Kibana shows them, an agent on each node collects them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, batch, core, meta

from components.clouds.contract import BucketArgs, Cloud, ControllersFacts, IdentityArgs, UseBucket
from components.cluster.controllers import manifests as charts
from components.cluster.helm_release import namespace, release
from components.cluster.logs.manifests import agent, elasticsearch, kibana, places, retention, setup_job, snapshots
from components.manifests import names
from components.manifests.namespace import service_account
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from slipway.settings.databases import Bucket
from slipway.settings.stacks import DeployedSystem, StackCluster


@dataclass(frozen=True, kw_only=True)
class LogsArgs:
    cluster: StackCluster
    environment: str
    label: str
    """What lines of the cluster are told from those of others by."""
    pins: Pins
    facts: ControllersFacts
    cloud: Cloud
    """Provides the bucket for snapshots."""


class Logs(pulumi.ComponentResource):
    """Creates Elasticsearch, Kibana and the agents. The operator's chart is installed only if Slipway runs the
    operator; nothing is created if the operator is absent."""

    def __init__(self, name: str, args: LogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Logs", name, opts=opts)
        self._name, self._args, self._needed = name, args, opts.depends_on if opts else None
        settings = args.cluster.settings
        self._source = settings.logging.source or settings.source
        self._place = namespace(f"{name}/{places.NAMESPACE}", self._source, "privileged", self._after())
        self._snapshots, identity = self._copies()
        operator = self._operator()
        secrets = self._secrets()
        objects = self._objects(self._after(self._place, *secrets, *operator, *identity))
        files = setup_job.files(self._requests(), kibana.views(self._systems))
        config = core.v1.ConfigMap(
            f"{name}/{setup_job.CONFIG}", metadata=self._metadata(setup_job.CONFIG), data=files, opts=self._deployed()
        )
        self._create_setup_job(files, [config, *secrets, *objects])
        self._agents([*secrets, *objects])
        self.register_outputs({})

    @property
    def _systems(self) -> Sequence[DeployedSystem]:
        """The systems, and the controller of releases if it runs here."""
        cluster = self._args.cluster
        own = [cluster.releases] if cluster.settings.controllers.releases == "installed" else []
        return [*cluster.served.values(), *own]

    def _copies(self) -> tuple[snapshots.Snapshots | None, list[pulumi.Resource]]:
        """Creates the cluster's snapshot bucket; returns it with the resources that pods using it wait for. Returns
        None if pods would need a key to use the bucket. The scope includes the cluster's name because a URN does not
        distinguish two clusters of a cloud."""
        args = self._args
        scope = Scope(f"{places.NAMESPACE}-{args.cluster.name}", places.NAMESPACE, args.pins)
        wanted = BucketArgs(
            system=scope.system, name=snapshots.BUCKET, settings=Bucket(data_class="personal"), source=self._source
        )
        asking = pulumi.ResourceOptions(parent=self)
        bucket = args.cloud.bucket(wanted, asking)
        grants = [UseBucket(bucket=bucket)]
        identity = args.cloud.identity(
            IdentityArgs(scope=scope, name=snapshots.ACCOUNT, source=self._source, grants=grants), asking
        )
        copies = args.cloud.snapshots(bucket)
        if copies is None:
            return None, []
        account = core.v1.ServiceAccount(
            scope.logical(snapshots.ACCOUNT),
            service_account(scope, name=snapshots.ACCOUNT, source=self._source, annotations=identity.facts.annotations),
            opts=self._deployed(),
        )
        return replace(copies, labels=identity.facts.pod.labels), [account, *identity.grants]

    def _operator(self) -> list[pulumi.Resource]:
        """Installs the operator; its CRDs are a separate Release, installed first."""
        args, place = self._args, places.OPERATOR_NAMESPACE
        if args.cluster.settings.controllers.logs != "installed":
            return []
        home = namespace(f"{self._name}/{place}", self._source, "restricted", self._after())
        kinds = release(
            f"{self._name}/eck-operator-crds",
            "eck-operator-crds",
            place,
            charts.elastic_crds(),
            args.pins,
            self._after(home),
        )
        values = charts.elastic_operator()
        return [
            release(f"{self._name}/eck-operator", "eck-operator", place, values, args.pins, self._after(home, kinds))
        ]

    def _secrets(self) -> list[pulumi.Resource]:
        copies = self._snapshots
        made = [self._login(user) for user in (places.AGENT, places.SETUP)]
        made.append(self._secret(places.ROLES_SECRET, {"roles.yml": elasticsearch.roles(snapshots=copies is not None)}))
        if copies is not None and copies.keystore:
            made.append(self._secret(snapshots.SECRET, copies.keystore))
        return made

    def _login(self, user: str) -> pulumi.Resource:
        """Creates a user of Elasticsearch's file realm, in the form that ECK reads. Its role has the same name; the
        setup user is also `kibana_admin`, for data views, which cannot read log lines."""
        secret = places.user_secret(user)
        password = random.RandomPassword(f"{self._name}/{secret}", length=32, special=False, opts=self._after())
        login = {
            "username": user,
            "password": password.result,
            "roles": f"{user},kibana_admin" if user == places.SETUP else user,
        }
        return self._secret(secret, login, "kubernetes.io/basic-auth")

    def _secret(self, name: str, values: Mapping[str, pulumi.Input[str]], kind: str = "Opaque") -> pulumi.Resource:
        return core.v1.Secret(
            f"{self._name}/{name}",
            metadata=self._metadata(name),
            type=kind,
            string_data=dict(values),
            opts=self._deployed(),
        )

    def _objects(self, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        args = self._args
        logging = args.cluster.settings.logging
        search = elasticsearch.spec(
            logging, args.pins, storage_class=args.facts.storage_class, snapshots=self._snapshots
        )
        return [
            self._custom(elasticsearch.API_VERSION, "Elasticsearch", search, opts),
            self._custom(kibana.API_VERSION, "Kibana", kibana.spec(logging, args.pins), opts),
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

    def _create_setup_job(self, files: Mapping[str, str], needed: Sequence[pulumi.Resource]) -> None:
        job = setup_job.job(self._args.pins, files, self._source)
        name = setup_job.job_name(self._args.pins, files)
        batch.v1.Job(f"{self._name}/{name}", job, opts=self._after(*needed))

    def _agents(self, needed: Sequence[pulumi.Resource]) -> None:
        args = self._args
        values = agent.values(
            self._systems,
            args.pins,
            environment=args.environment,
            cluster=args.label,
            homes=args.cluster.settings.homes,
        )
        release(f"{self._name}/vector", "vector", places.NAMESPACE, values, args.pins, self._after(*needed))

    def _metadata(self, name: str) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=places.NAMESPACE,
            labels=names.labels(names.CLUSTER),
            annotations=names.source_annotation(self._source),
        )

    def _deployed(self) -> pulumi.ResourceOptions:
        return self._after(self._place)

    def _after(self, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
        """Returns options that depend on the caller's dependencies and on `needed`."""
        first = pulumi.ResourceOptions(parent=self, depends_on=self._needed)
        return pulumi.ResourceOptions.merge(first, pulumi.ResourceOptions(depends_on=list(needed)))
