"""A small system planned on a cloud, from the text of a stack."""

from __future__ import annotations

import textwrap

from slipway.rehearsal import Plan, Step
from tests.rehearsed import ROOT, rehearsed_alone

__all__ = ["ROOT"]
SYSTEM = """
title: Shop
owner: {team: shop}
services:
  api: {image: shop/api, port: 3000, environment: {DATABASE_URL: {database: shop_db}, FILES: {bucket: receipts}}}
databases: {shop_db: {extensions: [pgcrypto]}}
buckets: {receipts: {expireDays: 400, dataClass: personal}}
"""


WHOLE = (
    f"""{SYSTEM}
domains: {{web: shop.example.com, api: api.shop.example.com}}
sites: {{shop-site: {{artefact: shop/site, domain: web, settings: {{API: {{domain: api}}}}}}}}
queue: {{vhost: shop}}
caches: {{sessions: {{memoryMb: 700}}, pages: {{slots: own, eviction: volatile-ttl}}}}
rateLimit: {{requests: 100, window: 60s}}
budget: {{monthly: 300}}
recovery: {{rto: 4h, rpo: 1h}}
secrets: {{KEY: {{generated: 32}}, VENDOR_KEY: {{supplied: The vendor}}}}
""".replace(
        "databases: {shop_db: {extensions: [pgcrypto]}}",
        "databases: {shop_db: {backup: {retentionDays: 60}}, papers: {engine: mongodb, dataClass: personal}}",
    )
    .replace("port: 3000,", "port: 3000, routes: [{domain: api}],")
    .replace(
        "FILES: {bucket: receipts}}}",
        "FILES: {bucket: receipts}, SESSIONS: {cache: sessions}, PAGES: {cache: pages, as: host}}}",
    )
)
"""A system that asks for everything that each cloud has."""
WITH_QUEUES = (
    f"{WHOLE}queues: {{orders: {{}}, lines: {{ordered: true}}}}\ntopics: {{prices: {{subscriptions: [lines], ordered: true}}}}\n"
).replace("as: host}}}", "as: host}, ORDERS: {queue: orders, may: [send, receive]}, PRICES: {topic: prices}}}")
WITH_QUEUES = WITH_QUEUES.replace("owner: {team: shop}", "owner: {team: shop, email: shop@example.com}")
"""The same with queues, which a cluster of one's own has not, and with a mailbox for their alarms."""


def plan(cluster: str, shop: str = "{blue: {version: 1.0.0}}", definition: str = SYSTEM) -> Plan:
    """The plan of a stack `test` whose one cluster `main` is `cluster` (YAML) with `shop` on it."""
    main = textwrap.indent(textwrap.dedent(cluster).strip() + f"\nsystems: {{shop: {shop}}}\n", "      ")
    stack = f"config:\n  slipway:environment: staging\n  slipway:clusters:\n    main:\n{main}"
    return rehearsed_alone(stack, {"systems/shop/system.yaml": definition}).plan


def one(planned: Plan, type_: str, name: str = "") -> Step:
    """The one resource of a type, and of a name where there are several."""
    found = [step for step in planned.steps if step.type == type_ and name in ("", step.name)]
    assert len(found) == 1, f"{len(found)} of {type_} {name}"
    return found[0]


def depends_on(planned: Plan, step: Step, type_: str) -> bool:
    return any(planned.by_urn[urn].type == type_ for urn in step.dependencies)
