"""One system, built in the order of its dependencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.clouds.contract import (
    AlarmsArgs,
    BucketArgs,
    BudgetArgs,
    ClusterFacts,
    FailoverArgs,
    FailoverFacts,
    IdentityFacts,
    QueuesFacts,
    SecretStore,
    SecretStoreArgs,
    Site,
    SiteArgs,
    ZoneArgs,
    ZoneFacts,
    watched_by_cloud,
)
from components.extensions import Endpoint, Extensible
from components.manifests import probes
from components.manifests.domains import zones_of
from components.manifests.environment import BucketFacts, broker, build_settings, bypass_secret
from components.manifests.own_pods import footprint
from components.manifests.scope import Scope
from components.manifests.versions import pins_of
from components.system import cache
from components.system.backups.component import Backups, BackupsArgs
from components.system.backups.manifests import retention as backups
from components.system.broker.component import QUEUE, Broker, BrokerArgs
from components.system.cache import Cache, CacheArgs
from components.system.database.component import Database, DatabaseArgs
from components.system.document_database import DocumentDatabase
from components.system.flags.component import Flags, FlagsArgs
from components.system.identities import Identities, IdentitiesArgs
from components.system.migrations.component import Migrations, MigrationsArgs
from components.system.monitoring import Observability, ObservabilityArgs
from components.system.namespace import Namespace, NamespaceArgs
from components.system.own_objects import Made, OwnObjects, OwnObjectsArgs
from components.system.release.component import Release, ReleaseArgs
from components.system.release.manifests.slots import deployments, edge_sites, workloads
from components.system.release.manifests.spec import Wanted, roles
from components.system.routes.component import Routes, RoutesArgs
from components.system.secrets import Secrets, SecretsArgs
from components.system.slot.component import Slot, SlotArgs
from components.system.system_queues import SystemQueues, SystemQueuesArgs
from components.system.system_scaling import Scaling, ScalingArgs
from components.system.volumes import Volumes, VolumesArgs
from slipway.settings.claims import claims_of
from slipway.settings.scaled_services import triggers
from slipway.settings.services import SHARED, rotations
from slipway.settings.stacks import DeployedSystem

SLOTS = ("blue", "green")

DataStore = Database | DocumentDatabase | Broker | Cache
"""A component that stores data for services."""


@dataclass(frozen=True, kw_only=True)
class SystemArgs:
    facts: ClusterFacts
    system: DeployedSystem


class System(pulumi.ComponentResource):
    """Creates everything that `system` declares, on the cluster that `facts` describes. It needs no other input, so a
    test can build it from literal facts, and another stack from exported facts."""

    def __init__(self, name: str, args: SystemArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        facts, deployed = args.facts, args.system
        made = Made()
        own = pulumi.ResourceOptions(providers=[facts.access.provider], transformations=[made.note])
        super().__init__("slipway:system:System", name, opts=pulumi.ResourceOptions.merge(own, opts))
        self._opts = pulumi.ResourceOptions(parent=self)
        self._facts, self._deployed, self._definition = facts, deployed, deployed.definition
        services = facts.services
        self._scope = Scope(deployed.name, deployed.namespace, pins_of(services.mirrors), services.homes)

        rbac_groups = services.rbac
        namespace = Namespace(
            deployed.name,
            NamespaceArgs(
                scope=self._scope,
                definition=self._definition,
                rbac_groups=rbac_groups,
                environment=facts.own_environment,
                elsewhere=services.elsewhere,
                existing=deployed.deployment.existing_namespace,
                own_pods=footprint(deployed.manifests, deployed.namespace, facts.nodes),
                approvers=roles(deployed) if self._released else None,
            ),
            self._opts,
        )
        store = facts.cloud.secret_store(
            SecretStoreArgs(
                scope=self._scope,
                source=self._definition.source,
                rotations=rotations(self._definition.secrets),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        data_stores = self._data_stores(store, namespace)
        buckets = self._buckets()
        secrets = Secrets(
            deployed.name, SecretsArgs(scope=self._scope, definition=self._definition, store=store), self._opts
        )
        claims = self._claims(namespace)
        dump_bucket = self._backups()
        queues = self._queues(namespace)
        identities = self._identities(buckets, dump_bucket, namespace, queues)
        scaling = self._scaling(queues, namespace)
        zones = self._zones()
        sites = self._sites(buckets, zones, secrets.bypass_digest)
        routes = self._routes(sites, self._fail_over(zones), [namespace])
        closed = [*routes.closed, *(resource for site in sites.values() for resource in site.closed)]
        migrations = self._migrations(data_stores, buckets, dump_bucket, identities, secrets, namespace, claims)
        release = self._release(migrations, routes, sites, data_stores, buckets, identities, [namespace, secrets])
        admitted = [release.admitted] if release is not None else []
        migrations.run([namespace, *closed, *admitted])
        authorities = {
            name: each.authority for name, each in data_stores.items() if isinstance(each, Cache) and each.authority
        }

        def slot(slot: str, shared: Mapping[str, pulumi.Resource]) -> Slot:
            started = deployed.deployment.active if slot == SHARED else slot
            return Slot(
                f"{deployed.name}-{slot}",
                SlotArgs(
                    scope=self._scope,
                    system=deployed,
                    slot=slot,
                    registry=facts.registry,
                    peers={name: data_store.peer for name, data_store in data_stores.items()},
                    buckets=buckets,
                    identities=identities.facts,
                    accounts=identities,
                    namespace=namespace,
                    secrets=secrets,
                    data_stores=data_stores,
                    cache_authorities=authorities,
                    changed=[*closed, *migrations.before(started)],
                    admitted=admitted if started == deployed.deployment.active else [],
                    nodes=facts.node_pools,
                    released=release is not None,
                    shared=shared,
                    claims=claims,
                    scaling=scaling,
                ),
                self._opts,
            )

        outside = [slot(SHARED, {})] if any(each.is_shared for each in self._definition.services.values()) else []
        shared = {name: each for one in outside for name, each in one.running.items()}
        slots = {name: slot(name, shared) for name in SLOTS}
        scheduled = self._schedule(slots)
        copies = [*outside, *slots.values()]
        published = [site.publish([namespace, *admitted, *copies]) for site in sites.values()]
        passes = routes.open([*copies, *published])
        if release is not None:
            release.promote([*copies, *scheduled, *published, *passes])
        Flags(deployed.name, FlagsArgs(scope=self._scope, system=deployed, depends_on=[namespace]), self._opts)
        self._watch(data_stores, [namespace])
        self._alarm(queues, data_stores)
        self._budget()
        self._own_objects(made, [namespace])

        self.extensible = Extensible(
            deployed=deployed,
            identities=identities.facts,
            databases=_endpoints(data_stores, Database, DocumentDatabase),
            caches=_endpoints(data_stores, Cache),
            buckets=buckets,
        )
        self.outputs = {**self._outputs(data_stores, zones), **self._build_settings(buckets)}
        self.register_outputs(self.outputs)

    def _claims(self, namespace: pulumi.Resource) -> Mapping[str, pulumi.Resource]:
        """Creates the claims of persistent volumes, by name."""
        if not claims_of(self._definition):
            return {}
        args = VolumesArgs(
            scope=self._scope,
            definition=self._definition,
            storage_class=self._facts.volume_class,
            protect=self._facts.protect,
            depends_on=[namespace],
        )
        return Volumes(self._deployed.name, args, self._opts).claims

    def _data_stores(self, store: SecretStore, namespace: pulumi.Resource) -> dict[str, DataStore]:
        """Creates the declared databases, by name, the broker under the name of the queue, and the servers of caches."""
        data_stores: dict[str, DataStore] = {}
        cloud, depends_on = self._facts.cloud, [namespace]
        for name, database in self._definition.databases.items():
            if database.hosting == "managed":
                args = DatabaseArgs(
                    scope=self._scope, name=name, cloud=cloud, settings=database, store=store, depends_on=depends_on
                )
                data_stores[name] = (Database if database.engine == "postgres" else DocumentDatabase)(
                    self._scope.logical(name), args, self._opts
                )
        if self._definition.queue is not None:
            data_stores[QUEUE] = Broker(
                self._scope.logical(broker(self._deployed.name)),
                BrokerArgs(
                    scope=self._scope,
                    definition=self._definition,
                    queue=self._definition.queue,
                    cloud=cloud,
                    store=store,
                    depends_on=depends_on,
                ),
                self._opts,
            )
        for server, settings, callers in cache.wanted(self._definition, SLOTS):
            data_stores[server] = Cache(
                self._scope.logical(server),
                CacheArgs(
                    scope=self._scope,
                    server=server,
                    settings=settings,
                    callers=callers,
                    cloud=cloud,
                    store=store,
                    depends_on=depends_on,
                ),
                self._opts,
            )
        return data_stores

    def _buckets(self) -> dict[str, BucketFacts]:
        return {
            name: self._facts.cloud.bucket(
                BucketArgs(system=self._deployed.name, name=name, settings=bucket, source=bucket.source), self._opts
            )
            for name, bucket in self._definition.buckets.items()
        }

    def _queues(self, namespace: pulumi.Resource) -> SystemQueues | None:
        """Creates queues and topics of the cloud; None for a system without them."""
        if not self._definition.queues and not self._definition.topics:
            return None
        args = SystemQueuesArgs(
            scope=self._scope, definition=self._definition, cloud=self._facts.cloud, depends_on=[namespace]
        )
        return SystemQueues(self._deployed.name, args, self._opts)

    def _scaling(self, queues: SystemQueues | None, namespace: pulumi.Resource) -> Scaling | None:
        """Creates what KEDA needs; None for a system without triggers."""
        if not any(True for _ in triggers(self._definition)):
            return None
        args = ScalingArgs(
            scope=self._scope,
            definition=self._definition,
            facts=self._facts,
            queues=queues.facts if queues is not None else QueuesFacts(),
            depends_on=[namespace],
        )
        return Scaling(self._deployed.name, args, self._opts)

    def _backups(self) -> BucketFacts | None:
        """Creates the dump bucket, in addition to the cloud's own backups; None for a system without databases to dump."""
        wanted = backups.bucket(self._definition)
        if wanted is None:
            return None
        args = BucketArgs(
            system=self._deployed.name,
            name=backups.BUCKET,
            settings=wanted.settings,
            source=wanted.source,
            locked_days=wanted.locked_days,
        )
        return self._facts.cloud.bucket(args, self._opts)

    def _identities(
        self,
        buckets: Mapping[str, BucketFacts],
        backups: BucketFacts | None,
        namespace: pulumi.Resource,
        queues: SystemQueues | None,
    ) -> Identities:
        """Creates the identities, which wait for the queues, as every pod waits for them."""
        args = IdentitiesArgs(
            scope=self._scope,
            cloud=self._facts.cloud,
            definition=self._definition,
            buckets=buckets,
            backups=backups,
            queues=queues.facts if queues is not None else QueuesFacts(),
            depends_on=[namespace, *([queues] if queues is not None else [])],
        )
        return Identities(self._deployed.name, args, self._opts)

    def _migrations(
        self,
        data_stores: Mapping[str, DataStore],
        buckets: Mapping[str, BucketFacts],
        dump_bucket: BucketFacts | None,
        identities: Identities,
        secrets: pulumi.Resource,
        namespace: pulumi.Resource,
        claims: Mapping[str, pulumi.Resource],
    ) -> Migrations:
        """Creates backups, and plans migrations: none starts without a verified backup or, during maintenance, while
        visitors still have access."""
        name, scope = self._deployed.name, self._scope
        databases = {name: data_store for name, data_store in data_stores.items() if isinstance(data_store, Database)}
        made = Backups(
            name,
            BackupsArgs(
                scope=scope,
                definition=self._definition,
                databases=databases if dump_bucket is not None else {},
                store=self._facts.cloud.store(dump_bucket) if dump_bucket is not None else None,
                identity=identities.facts.get(backups.BUCKET, IdentityFacts()),
                accounts=identities,
                claims=claims,
                storage_class=self._facts.volume_class,
                depends_on=[namespace],
            ),
            self._opts,
        )
        args = MigrationsArgs(
            scope=scope,
            deployed=self._deployed,
            registry=self._facts.registry,
            databases=databases,
            peers={name: data_store.peer for name, data_store in data_stores.items()},
            buckets=buckets,
            backups=made,
            identities=identities.facts,
            accounts=identities,
            secrets=secrets,
        )
        return Migrations(name, args, self._opts)

    def _schedule(self, slots: Mapping[str, Slot]) -> list[pulumi.Resource]:
        """Creates schedules, those of the active slot last: they begin once the others are suspended."""
        scheduled: list[pulumi.Resource] = []
        for slot in sorted(slots, key=lambda slot: slot == self._deployed.deployment.active):
            scheduled += slots[slot].schedule(list(scheduled))
        return scheduled

    def _release(
        self,
        migrations: Migrations,
        routes: Routes,
        sites: Mapping[str, Site],
        data_stores: Mapping[str, DataStore],
        buckets: Mapping[str, BucketFacts],
        identities: Identities,
        depends_on: Sequence[pulumi.Resource],
    ) -> Release | None:
        """Creates the release and its first gate; None if people release by hand. Databases and whatever else may take
        long are ready before, so that a closed system is closed briefly."""
        facts, deployed = self._facts, self._deployed
        image = facts.services.releases.image
        if not self._released or image is None or deployed.deployment.slot(deployed.deployment.active).version is None:
            return None
        wanted = Wanted(
            deployed=deployed,
            stack=facts.stack,
            environment=facts.environment,
            registry=facts.registry,
            services=facts.services,
            migrations=migrations.released,
            migration_seconds=migrations.longest_seconds,
            dumped=migrations.dumped,
            routed=routes.serves_requests,
            sites=edge_sites(deployed, sites),
            deployments=deployments(deployed, sites),
            workloads=workloads(deployed),
        )
        args = ReleaseArgs(
            scope=self._scope,
            wanted=wanted,
            routes=routes.states,
            image=image,
            buckets=buckets,
            peers={name: data_store.peer for name, data_store in data_stores.items()},
            identities=identities.facts,
            depends_on=[*depends_on, identities, *data_stores.values(), *routes.answers],
        )
        return Release(deployed.name, args, self._opts)

    @property
    def _released(self) -> bool:
        """Whether the controller of releases moves visitors."""
        return self._facts.services.controllers.releases != "absent"

    def _zones(self) -> list[ZoneFacts]:
        source = f"{self._definition.source}domains"
        return [
            self._facts.cloud.zone(ZoneArgs(system=self._deployed.name, domain=domain, source=source), self._opts)
            for domain in zones_of(self._definition.domains.values())
        ]

    def _sites(
        self,
        buckets: Mapping[str, BucketFacts],
        zones: Sequence[ZoneFacts],
        bypass_digest: pulumi.Input[str],
    ) -> dict[str, Site]:
        """Creates static frontends; their visible parts are published after the services that they call."""
        return {
            name: self._facts.cloud.site(
                SiteArgs(
                    bypass_digest=bypass_digest,
                    scope=self._scope,
                    deployed=self._deployed,
                    name=name,
                    stack=self._facts.stack,
                    registry=self._facts.registry,
                    buckets=buckets,
                    zones=zones,
                    released=self._released,
                ),
                self._opts,
            )
            for name in self._definition.sites
        }

    def _routes(
        self, sites: Mapping[str, Site], failover: FailoverFacts, depends_on: Sequence[pulumi.Resource]
    ) -> Routes:
        """Creates the routes: closed immediately during maintenance, opened after the slots, so that no visitor reaches
        a slot that does not run yet."""
        args = RoutesArgs(
            scope=self._scope,
            deployed=self._deployed,
            stack=self._facts.stack,
            sites={name: site.facts for name, site in sites.items()},
            failover=failover,
            trusted_hops=self._facts.services.gateway.trusted_hops,
            bypass_secret=bypass_secret(self._deployed.name),
            certified=self._facts.services.controllers.certificates != "absent",
            released=self._released,
            depends_on=depends_on,
        )
        return Routes(self._deployed.name, args, self._opts)

    def _watch(self, data_stores: Mapping[str, DataStore], depends_on: Sequence[pulumi.Resource]) -> None:
        """Creates monitoring where a Prometheus knows its kinds."""
        if self._scope.watched:
            args = ObservabilityArgs(
                scope=self._scope,
                deployed=self._deployed,
                runbooks=self._facts.services.monitoring.alerting.runbooks,
                controllers=self._facts.services.controllers,
                caches_scraped=any(isinstance(each, Cache) and each.scraped for each in data_stores.values()),
                depends_on=depends_on,
            )
            Observability(self._deployed.name, args, self._opts)

    def _alarm(self, queues: SystemQueues | None, data_stores: Mapping[str, DataStore]) -> None:
        """Creates alarms of the cloud on what Prometheus cannot ask, for whom it would tell of the rest."""
        owner, alerting = self._definition.owner, self._facts.services.monitoring.alerting
        if self._scope.watched and watched_by_cloud(self._definition):
            args = AlarmsArgs(
                scope=self._scope,
                source=f"{self._definition.source}owner",
                contacts=list(dict.fromkeys(each for each in (owner.email, alerting.email) if each)),
                queues=self._definition.queues,
                caches={server: settings for server, settings, _ in cache.wanted(self._definition, SLOTS)},
            )
            watched = [*filter(None, [queues]), *(each for each in data_stores.values() if isinstance(each, Cache))]
            self._facts.cloud.alarms(args, pulumi.ResourceOptions(parent=self, depends_on=watched))

    def _own_objects(self, made: Made, depends_on: Sequence[pulumi.Resource]) -> None:
        """Creates the system's own objects after everything else, whose names they must not have."""
        if self._deployed.manifests:
            args = OwnObjectsArgs(
                scope=self._scope,
                deployed=self._deployed,
                made=made,
                protect=self._facts.protect,
                depends_on=depends_on,
            )
            OwnObjects(self._deployed.name, args, self._opts)

    def _fail_over(self, zones: Sequence[ZoneFacts]) -> FailoverFacts:
        """Creates failover for systems that must survive the loss of their region; sites have their own mechanisms."""
        recovery = self._definition.recovery
        if recovery is None:
            return FailoverFacts()
        served = {site.domain for site in self._definition.sites.values()}
        asked = {key: probe for key, probe in probes.by_domain(self._deployed).items() if key not in served}
        args = FailoverArgs(system=self._deployed.name, probes=asked, zones=zones, source=recovery.source)
        return self._facts.cloud.fail_over(args, self._opts)

    def _budget(self) -> None:
        budget, owner = self._definition.budget, self._definition.owner
        if budget is not None:
            contacts = [*([owner.email] if owner.email else []), *self._facts.billing_contacts]
            self._facts.cloud.budget(
                BudgetArgs(system=self._deployed.name, settings=budget, contacts=contacts), self._opts
            )

    def _build_settings(self, buckets: Mapping[str, BucketFacts]) -> dict[str, Any]:
        """Returns the build settings of images, by slot and service; none of them is secret."""
        built = [name for name, service in self._definition.services.items() if service.build]
        return {
            f"build-{slot}": {name: build_settings(self._deployed, name, slot, buckets) for name in built}
            for slot in SLOTS
            if built and self._deployed.deployment.slot(slot).version is not None
        }

    def _outputs(self, data_stores: Mapping[str, DataStore], zones: Sequence[ZoneFacts]) -> dict[str, Any]:
        """Returns names and addresses, without secrets."""
        definition = self._definition
        outputs: dict[str, Any] = {
            "endpoints": {name: f"https://{domain}" for name, domain in definition.domains.items()},
            "databases": {
                name: data_store.server
                for name, data_store in data_stores.items()
                if not isinstance(data_store, Broker | Cache)
            },
            "nameServers": {zone.domain: zone.servers for zone in zones if zone.servers is not None},
        }
        if definition.recovery is not None:
            outputs["recovery"] = {"rto": definition.recovery.rto, "rpo": definition.recovery.rpo}
        return outputs


def _endpoints(data_stores: Mapping[str, DataStore], *kinds: type) -> dict[str, Endpoint]:
    """Returns the endpoints of data stores of some kinds, by name."""
    return {
        name: Endpoint(server=each.server, host=each.address.host, port=each.address.port)
        for name, each in data_stores.items()
        if isinstance(each, kinds) and not isinstance(each, Broker)
    }
