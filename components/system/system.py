"""One system, in the order in which its parts need each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from builders import backups
from builders.domains import zones_of
from builders.environment import BucketFacts, pass_secret
from builders.parts import parts_of
from builders.scope import Scope
from components.cloud.contract import (
    BucketArgs,
    BudgetArgs,
    ClusterFacts,
    FailoverArgs,
    FailoverFacts,
    IdentityFacts,
    SecretStore,
    SecretStoreArgs,
    SiteArgs,
    SiteFacts,
    ZoneArgs,
    ZoneFacts,
)
from components.system.backups import Backups, BackupsArgs
from components.system.broker import QUEUE, Broker, BrokerArgs
from components.system.database import Database, DatabaseArgs
from components.system.documents import Documents
from components.system.flags import Flags, FlagsArgs
from components.system.identities import Identities, IdentitiesArgs
from components.system.migrations import Migrations, MigrationsArgs
from components.system.namespace import Namespace, NamespaceArgs
from components.system.routes import Routes, RoutesArgs
from components.system.secrets import Secrets, SecretsArgs
from components.system.slot import Slot, SlotArgs
from components.system.watching import Watching, WatchingArgs
from settings.services import rotations
from settings.stacks import PlacedSystem

SLOTS = ("blue", "green")

Keeper = Database | Documents | Broker
"""What keeps data for services that use it."""


class System(pulumi.ComponentResource):
    """Everything that `placed` says, on the cluster of which `facts` tell. It needs nothing else, so a test builds it
    from literal facts, and a later stack from facts that another one exported."""

    def __init__(self, facts: ClusterFacts, placed: PlacedSystem, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "slipway:system:System",
            placed.name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[facts.access.provider]), opts),
        )
        self._facts, self._placed, self._definition = facts, placed, placed.definition
        self._scope = Scope(placed.name, placed.namespace, parts_of(facts.services.mirrors))

        people = facts.services.people
        namespace = Namespace(
            placed.name, NamespaceArgs(scope=self._scope, definition=self._definition, people=people), self
        )
        store = facts.cloud.secret_store(
            SecretStoreArgs(
                scope=self._scope,
                source=self._definition.source,
                ready=[namespace],
                rotations=rotations(self._definition.secrets),
            ),
            self,
        )
        keepers = self._keepers(store, namespace)
        buckets = self._buckets()
        secrets = Secrets(placed.name, SecretsArgs(scope=self._scope, definition=self._definition, store=store), self)
        dumped = self._backups()
        identities = self._identities(buckets, dumped, namespace)
        migrations = self._migrations(keepers, buckets, dumped, identities, secrets, namespace)
        slots = [
            Slot(
                f"{placed.name}-{slot}",
                SlotArgs(
                    scope=self._scope,
                    system=placed,
                    slot=slot,
                    registry=facts.registry,
                    targets={name: keeper.target for name, keeper in keepers.items()},
                    buckets=buckets,
                    identities=identities.facts,
                    accounts=identities,
                    namespace=namespace,
                    secrets=secrets,
                    keepers=keepers,
                    migrations=migrations.before(slot),
                ),
                self,
            )
            for slot in SLOTS
        ]
        zones = self._zones()
        sites = self._sites(buckets, zones, secrets.pass_digest, [namespace, *slots])
        self._routes(sites, self._fail_over(zones), [namespace, *slots])
        Flags(placed.name, FlagsArgs(scope=self._scope, definition=self._definition, ready=[namespace]), self)
        self._watch([namespace])
        self._budget()

        self.outputs = self._outputs(keepers, zones)
        self.register_outputs(self.outputs)

    def _keepers(self, store: SecretStore, namespace: pulumi.Resource) -> dict[str, Keeper]:
        """Databases by name, and the broker under the name of the queue, where the system declares them."""
        keepers: dict[str, Keeper] = {}
        cloud, ready = self._facts.cloud, [namespace]
        for name, database in self._definition.databases.items():
            if database.placement == "managed":
                args = DatabaseArgs(scope=self._scope, cloud=cloud, settings=database, store=store, ready=ready)
                keepers[name] = (Database if database.engine == "postgres" else Documents)(name, args, self)
        if self._definition.queue is not None:
            keepers[QUEUE] = Broker(
                BrokerArgs(
                    scope=self._scope,
                    definition=self._definition,
                    queue=self._definition.queue,
                    cloud=cloud,
                    store=store,
                    ready=ready,
                ),
                self,
            )
        return keepers

    def _buckets(self) -> dict[str, BucketFacts]:
        return {
            name: self._facts.cloud.bucket(
                BucketArgs(system=self._placed.name, name=name, settings=bucket, source=bucket.source), self
            )
            for name, bucket in self._definition.buckets.items()
        }

    def _backups(self) -> BucketFacts | None:
        """Where dumps go, besides the cloud's own backups; none for a system that keeps nothing to dump."""
        wanted = backups.bucket(self._definition)
        if wanted is None:
            return None
        args = BucketArgs(
            system=self._placed.name,
            name=backups.BUCKET,
            settings=wanted.settings,
            source=wanted.source,
            locked_days=wanted.locked_days,
        )
        return self._facts.cloud.bucket(args, self)

    def _identities(
        self, buckets: Mapping[str, BucketFacts], backups: BucketFacts | None, namespace: pulumi.Resource
    ) -> Identities:
        args = IdentitiesArgs(
            scope=self._scope,
            cloud=self._facts.cloud,
            definition=self._definition,
            buckets=buckets,
            backups=backups,
            ready=[namespace],
        )
        return Identities(self._placed.name, args, self)

    def _migrations(
        self,
        keepers: Mapping[str, Keeper],
        buckets: Mapping[str, BucketFacts],
        dumped: BucketFacts | None,
        identities: Identities,
        secrets: pulumi.Resource,
        namespace: pulumi.Resource,
    ) -> Migrations:
        """Backups first: no migration begins without one that was proven."""
        name, scope = self._placed.name, self._scope
        databases = {name: keeper for name, keeper in keepers.items() if isinstance(keeper, Database)}
        made = Backups(
            name,
            BackupsArgs(
                scope=scope,
                definition=self._definition,
                databases=databases if dumped is not None else {},
                store=self._facts.cloud.store(dumped) if dumped is not None else None,
                identity=identities.facts.get(backups.BUCKET, IdentityFacts()),
                accounts=identities,
                ready=[namespace],
            ),
            self,
        )
        args = MigrationsArgs(
            scope=scope,
            placed=self._placed,
            registry=self._facts.registry,
            databases=databases,
            targets={name: keeper.target for name, keeper in keepers.items()},
            buckets=buckets,
            backups=made,
            identities=identities.facts,
            accounts=identities,
            secrets=secrets,
            ready=[namespace],
        )
        return Migrations(name, args, self)

    def _zones(self) -> list[ZoneFacts]:
        source = f"{self._definition.source}domains"
        return [
            self._facts.cloud.zone(ZoneArgs(system=self._placed.name, domain=domain, source=source), self)
            for domain in zones_of(self._definition.domains.values())
        ]

    def _sites(
        self,
        buckets: Mapping[str, BucketFacts],
        zones: Sequence[ZoneFacts],
        pass_digest: pulumi.Input[str],
        ready: Sequence[pulumi.Resource],
    ) -> dict[str, SiteFacts]:
        """Static frontends, after the services that they call."""
        return {
            name: self._facts.cloud.site(
                SiteArgs(
                    pass_digest=pass_digest,
                    scope=self._scope,
                    placed=self._placed,
                    name=name,
                    stack=self._facts.stack,
                    registry=self._facts.registry,
                    buckets=buckets,
                    zones=zones,
                    ready=ready,
                ),
                self,
            )
            for name in self._definition.sites
        }

    def _routes(
        self, sites: Mapping[str, SiteFacts], failover: FailoverFacts, ready: Sequence[pulumi.Resource]
    ) -> None:
        """After the slots: nobody is sent where nothing runs yet."""
        args = RoutesArgs(
            scope=self._scope,
            placed=self._placed,
            stack=self._facts.stack,
            sites=sites,
            failover=failover,
            trusted_hops=self._facts.services.gateway.trusted_hops,
            pass_secret=pass_secret(self._placed.name),
            ready=ready,
        )
        Routes(self._placed.name, args, self)

    def _watch(self, ready: Sequence[pulumi.Resource]) -> None:
        args = WatchingArgs(
            scope=self._scope,
            placed=self._placed,
            runbooks=self._facts.services.monitoring.alerting.runbooks,
            ready=ready,
        )
        Watching(self._placed.name, args, self)

    def _fail_over(self, zones: Sequence[ZoneFacts]) -> FailoverFacts:
        """Only what promises to survive the loss of its region. Sites have ways of their own."""
        recovery = self._definition.recovery
        if recovery is None:
            return FailoverFacts()
        served = {site.domain for site in self._definition.sites.values()}
        domains = {name: domain for name, domain in self._definition.domains.items() if name not in served}
        args = FailoverArgs(system=self._placed.name, domains=domains, path="/", zones=zones, source=recovery.source)
        return self._facts.cloud.fail_over(args, self)

    def _budget(self) -> None:
        budget, owner = self._definition.budget, self._definition.owner
        if budget is not None:
            contacts = [*([owner.email] if owner.email else []), *self._facts.billing_contacts]
            self._facts.cloud.budget(BudgetArgs(system=self._placed.name, settings=budget, contacts=contacts), self)

    def _outputs(self, keepers: Mapping[str, Keeper], zones: Sequence[ZoneFacts]) -> dict[str, Any]:
        """Names and addresses, nothing secret."""
        definition = self._definition
        outputs: dict[str, Any] = {
            "endpoints": {name: f"https://{domain}" for name, domain in definition.domains.items()},
            "databases": {name: keeper.server for name, keeper in keepers.items() if not isinstance(keeper, Broker)},
            "nameServers": {zone.domain: zone.servers for zone in zones if zone.servers is not None},
        }
        if definition.recovery is not None:
            outputs["recovery"] = {"rto": definition.recovery.rto, "rpo": definition.recovery.rpo}
        return outputs
