"""What a cloud cannot do is refused before the cloud is asked, with the values that it knows."""

from __future__ import annotations

import pytest

from tests.slipway.settings.conftest import Workshop

TEST = "Pulumi.test.yaml"
FLEET = "systems/fleet/system.yaml"
AZURE = """\
      cloud: azure
      region: eastus2
      subscription: 00000000-0000-4000-8000-000000000001
      tenant: 00000000-0000-4000-8000-000000000002
      network: {cidr: 10.20.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      deployers: [00000000-0000-4000-8000-000000000003]
"""

IN_STACK = {
    "region": (
        "us-east-1",
        "us-eest-1",
        "region: us-eest-1 is not a region of AWS; did you mean 'us-east-1'? Allowed: af-south-1, ap-east-1",
    ),
    "deployers": (
        "role/deployer]",
        "role/*]",
        "deployers[0]: arn:aws:iam::111122223333:role/* is not the ARN of an IAM role",
    ),
    "version": (
        "authorizedNetworks: [203.0.113.0/24]",
        'authorizedNetworks: [203.0.113.0/24], version: "1.12"',
        "kubernetes.version: '1.12' is not a Kubernetes version that both clouds offer",
    ),
    "size": (
        "size: large",
        "size: huge",
        "databases.fleet_db.size: huge is not one of small, medium, large, xlarge",
    ),
    "network": ("10.20.0.0/16", "10.20.0.0/8", "network.cidr: 10.20.0.0/8 is not an IPv4 network in CIDR form"),
    "log retention": (
        "authorizedNetworks: [203.0.113.0/24]",
        "authorizedNetworks: [203.0.113.0/24], logRetentionDays: 45",
        "logRetentionDays: 45 is not a number of days that CloudWatch keeps logs; allowed: 1, 3, 5",
    ),
    "zones": (
        "us-east-1",
        "us-west-1",
        "network: requires 3 zones, but us-west-1 has 2 for a control plane: set 'zones: 2'",
    ),
    "storage": (
        "size: large",
        "storage: 10",
        "databases.fleet_db.storage: 10 is smaller than RDS supports: set 20 GiB or more",
    ),
    "replicas without a backup": (
        "size: large",
        "readReplicas: 1\n              backup: none",
        "readReplicas: 1 requires read replicas without a backup, but RDS creates replicas from backups: set 'backup'",
    ),
    "copies to nowhere": (
        "size: large",
        "backup: {copyToSecondRegion: true}",
        "true requires a second region, but the cluster has none: set its 'secondRegion'",
    ),
    "personal data abroad": (
        "size: large",
        "backup: {copyToSecondRegion: true}",
        "would copy personal data to us-west-2, which is not one of the system's regions: us-east-1",
    ),
    "personal data far away": (
        "region: us-east-1",
        "region: eu-west-1",
        "region: eu-west-1 would hold personal data of system 'fleet' (databases.fleet_db), whose 'compliance.regions' are "
        "us-east-1",
    ),
    "few nodes": (
        "[203.0.113.0/24]}",
        "[203.0.113.0/24], nodes: {minimum: 2}}",
        "kubernetes.nodes.minimum: 2 is less than the 3 nodes that system 'fleet' requires in 'nodes': set 3 or more",
    ),
    "small nodes": (
        "[203.0.113.0/24]}",
        "[203.0.113.0/24], nodes: {cpu: 2}}",
        "kubernetes.nodes.cpu: 2 is less than the 4 cores per node that system 'fleet' requires in 'nodes'",
    ),
    "nodes with little memory": (
        "[203.0.113.0/24]}",
        "[203.0.113.0/24], nodes: {memory: 8}}",
        "kubernetes.nodes.memory: 8 is less than the 16 GiB per node that system 'fleet' requires in 'nodes'",
    ),
    "second region": (
        "network: {",
        "secondRegion: us-east-1\n      network: {secondCidr: 10.61.0.0/16, ",
        "secondRegion: us-east-1 is the cluster's own region",
    ),
    "no network for copies": (
        "region: us-east-1",
        "region: us-east-1\n      secondRegion: us-west-2",
        "requires 'secondCidr' with a second region, for example 10.21.0.0/16",
    ),
    "networks that overlap": (
        "network: {",
        "secondRegion: us-west-2\n      network: {secondCidr: 10.20.0.0/16, ",
        "secondCidr: 10.20.0.0/16 overlaps the network of cluster 'main', 10.20.0.0/16",
    ),
    "budget of nobody": (
        "          databases:",
        "          budget: {monthly: 100}\n          databases:",
        "has a budget without a recipient: set 'owner.email' in the system or 'billingContacts'",
    ),
    "no hosted zone": (
        "network: {",
        "dnsZones: {example.com: /subscriptions/1/dnsZones/example.com}\n      network: {",
        "is not the id of a hosted zone, for example Z0",
    ),
    "version of an unknown service": (
        "2.4.0",
        "2.4.0, versions: {wroker: 1.9.0}",
        "blue.versions.wroker: 1.9.0 is not one of the system's services; did you mean 'worker'?",
    ),
    "version of an image of others": (
        "2.4.0",
        "2.4.0, versions: {worker: 1.9.0}",
        "blue.versions.worker: 1.9.0 has the image of others, whose tag is in its definition: set services.worker.image.tag",
    ),
    "versions of nothing": (
        "version: 2.4.0",
        "versions: {api: 1.9.0}",
        "blue.versions: is of a slot without a version: set 'version'",
    ),
    "digest that mirrors change": (
        "network: {",
        "mirrors: {digests: false}\n      network: {",
        "valkey by its digest alone, which the mirrors change (mirrors.digests: false): set services.worker.image.tag",
    ),
    "unknown artefact": (
        "2.4.0",
        "2.4.0, artefacts: {web: {}}",
        "artefacts.web: is not one of the system's sites; the system has none",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), IN_STACK.values(), ids=IN_STACK)
def test_a_stack_that_a_cloud_cannot_serve(workshop: Workshop, old: str, new: str, message: str) -> None:
    """One error, at the value to change."""
    if "in 'nodes'" in message:
        workshop.edit(FLEET, "secrets:", "nodes: {}\nsecrets:")
    if "personal" in message:
        workshop.edit(FLEET, "size: medium", "size: medium\n    dataClass: personal")
        workshop.edit(FLEET, "secrets:", "compliance: {regions: [us-east-1]}\nsecrets:")
        workshop.edit(TEST, "network: {", "secondRegion: us-west-2\n      network: {secondCidr: 10.61.0.0/16, ")
    if "image" in message:
        digest = f"sha256:{'0' * 64}"
        workshop.edit(FLEET, "fleet-worker", f"{{repository: docker.io/valkey/valkey, digest: '{digest}'}}")
    workshop.edit(TEST, old, new)
    (problem,) = workshop.problems()
    assert message in problem


def test_a_domain_that_nobody_declared(workshop: Workshop) -> None:
    """The domains that there are are named."""
    workshop.edit(FLEET, "domain: web", "domain: shop")
    (problem,) = workshop.problems()
    assert "shop is not one of the system's domains; allowed: web" in problem


def test_only_aws_runs_rabbitmq(workshop: Workshop) -> None:
    """A managed broker on Azure is refused with the way out."""
    text = workshop.stack_file.read_text()
    head, systems = text.split("      cloud: aws", 1)[0], text[text.index("      systems:") :]
    broker = "          queue: {hosting: managed}\n"
    workshop.write(TEST, head + AZURE + systems + broker)
    workshop.edit(FLEET, "secrets:", "queue: {vhost: fleet}\nsecrets:")
    (problem,) = workshop.problems()
    assert "queue.hosting: managed is not available: azure has no managed RabbitMQ: set 'cluster'" in problem


def test_service_bus_locks_no_message_for_more_than_five_minutes(workshop: Workshop) -> None:
    """SQS does for hours."""
    text = workshop.stack_file.read_text()
    head, systems = text.split("      cloud: aws", 1)[0], text[text.index("      systems:") :]
    workshop.edit(FLEET, "secrets:", "queues: {jobs: {lock: 6m}}\nsecrets:")
    assert workshop.stack().clusters["main"].systems["fleet"].definition.queues["jobs"].lock == "6m"
    workshop.write(TEST, head + AZURE + systems)
    (problem,) = workshop.problems()
    assert "has queues.jobs.lock 6m, but Service Bus locks a message for 5 minutes at most: set 5m or less" in problem


def test_a_storage_class_of_another_cloud(workshop: Workshop) -> None:
    """Pods would wait for such a disk for ever; one that an owner made is for the rules."""
    disk = "volumes: {d: {mountPath: /d, size: 1, storageClass: managed-csi-premium}}\n    image: fleet-worker"
    workshop.edit(FLEET, "image: fleet-worker", disk)
    (problem,) = workshop.problems()
    assert (
        "has services.worker.volumes.d.storageClass managed-csi-premium, a class of clusters on azure, and" in problem
    )
    workshop.edit(FLEET, "managed-csi-premium", "fast")
    workshop.stack()


def test_a_cache_of_ones_own_cluster_needs_certificates(workshop: Workshop) -> None:
    """Nothing would sign its own, and no pod would start; who brings cert-manager along may have one."""
    text = workshop.stack_file.read_text()
    systems = text[text.index("      systems:") :]
    head = text.split("      cloud: aws", 1)[0]
    workshop.edit(FLEET, "secrets:", "caches: {sessions: {}}\nsecrets:")
    home = "      present: {certificates: {namespace: certificates}}"
    workshop.write(TEST, f"{head}      cloud: local\n      controllers: {{certificates: present}}\n{home}\n{systems}")
    assert workshop.stack().clusters["main"].settings.controllers.certificates == "present"
    workshop.write(TEST, f"{head}      cloud: local\n      controllers: {{certificates: absent}}\n{systems}")
    (problem,) = workshop.problems()
    assert "has a cache 'sessions', whose certificate cert-manager signs on this cloud" in problem
    assert "set installed or present" in problem


MIGRATION = """
migrations:
  - {name: 001-rename, database: fleet_db, sql: migrations/001.sql, version: 2.0.0, compatible: false}
release: {maintenance: true}
"""


SPLIT = "splits traffic across migration '001-rename', which breaks the previous version"
OPEN = "'maintenance' must be true: migration '001-rename' is applied for slot 'green' and breaks slot 'blue', which has the traffic"
IN_PLACE = "which breaks the previous version. Once it is applied, list it under 'migrated'"
UNKNOWN = "is not an incompatible migration of the system; did you mean '001-rename'?"
DONE = "migrated: [001-rename]"
ONE, TWO = "blue: {version: 1.9.0}", "green: {version: 2.0.0}"


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        (["blue: {version: 1.9.0, weight: 90}", "green: {version: 2.0.0, weight: 10}"], SPLIT),
        (["blue: {version: 1.9.0, weight: 90}", "green: {version: 2.0.0, weight: 10}", "maintenance: true"], SPLIT),
        (["blue: {version: 2.0.0, weight: 90}", "green: {version: 2.1.0, weight: 10}", DONE], ""),
        ([ONE, TWO], OPEN),
        ([ONE, TWO, DONE], OPEN),
        ([ONE, TWO, "maintenance: true"], ""),
        ([ONE, TWO, "active: green"], IN_PLACE),
        ([ONE, TWO, "active: green", DONE], ""),
        (["blue: {version: 2.0.0}"], IN_PLACE),
        (["blue: {version: 2.0.0}", "maintenance: true"], ""),
        (["blue: {version: 2.0.0}", DONE], ""),
        (["blue: {version: 2.0.0}", "maintenance: true", "migrated: [001-renam]"], UNKNOWN),
        ([ONE], ""),
    ],
)
def test_an_incompatible_migration_meets_no_visitors(workshop: Workshop, slots: list[str], message: str) -> None:
    """Of two versions with visitors both are on the same side of it; it is made in maintenance only. Which version ran
    in a slot before stands nowhere: so a version that needs it has visitors only once it is said to be done."""
    workshop.write(FLEET, (workshop.root / FLEET).read_text() + MIGRATION)
    workshop.write("systems/fleet/migrations/001.sql", "SELECT 1;")
    workshop.edit(TEST, "blue: {version: 2.4.0}", "\n          ".join(slots))
    if not message:
        workshop.stack()
        return
    (problem,) = workshop.problems()
    assert message in problem


ZONES = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/dns/providers/Microsoft.Network/dnsZones"


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("Z0123", "Z0123 is not the id of a DNS zone, for example /subscriptions/"),
        (f"{ZONES}/example.org", "is the id of the zone example.org, not of example.com"),
        (f"{ZONES}/example.com".replace("0001", "0009"), "is in another subscription"),
        (f"{ZONES}/example.com", ""),
    ],
)
def test_zones_of_azure_are_named_by_their_whole_id(workshop: Workshop, zone: str, message: str) -> None:
    """Records are written by the zone's name and group, which stand in it."""
    text = workshop.stack_file.read_text()
    head, systems = text.split("      cloud: aws", 1)[0], text[text.index("      systems:") :]
    workshop.write(TEST, f"{head}{AZURE}      dnsZones: {{example.com: {zone}}}\n{systems}")
    if not message:
        workshop.stack()
        return
    (problem,) = workshop.problems()
    assert message in problem


ALERTING = "      monitoring: {alerting: ALERTING}\n      systems:"
LEVELS = """
contacts:
  - {role: On-call, level: 1, phone: "+1-555-0123"}
  - {role: Manager, level: 2, email: manager@example.com}
  - {role: Security, email: security@example.com}
"""
MAIL = "has no receiver for escalation of system 'fleet': level 2 (Manager) needs mail"
PAGER = "has no receiver for escalation of system 'fleet': level 1 (On-call) needs paging"


@pytest.mark.parametrize(
    ("alerting", "message"),
    [
        ("{slack: true}", [MAIL, PAGER]),
        ("{slack: true, pagerduty: true}", [MAIL]),
        ("{slack: true, smtp: 'mail.example.com:587'}", [PAGER]),
        ("{pagerduty: true, smtp: 'mail.example.com:587'}", []),
        ("{slack: true, escalation: false}", []),
        ("{}", []),
    ],
)
def test_everybody_in_an_escalation_can_be_reached(workshop: Workshop, alerting: str, message: list[str]) -> None:
    """A contact without a level is for people to look up; a cluster that tells nobody promises nothing."""
    workshop.write(FLEET, (workshop.root / FLEET).read_text() + LEVELS)
    workshop.edit(TEST, "      systems:", ALERTING.replace("ALERTING", alerting))
    if not message:
        workshop.stack()
        return
    found = workshop.problems()
    assert len(found) == len(message)
    for problem, expected in zip(sorted(found), sorted(message), strict=True):
        assert expected in problem


def test_a_value_by_version_is_there_for_each_slot(workshop: Workshop) -> None:
    """1.4.0 has none of what begins with 2.0.0."""
    workshop.edit(FLEET, "LEVEL: info", "LEVEL: {since: {2.0.0: info}}")
    workshop.edit(TEST, "2.4.0", "1.4.0")
    (problem,) = workshop.problems()
    assert "blue.version: 1.4.0 has no value of LEVEL: all versions under 'since' are newer" in problem
    workshop.edit(TEST, "1.4.0", "2.4.0")
    workshop.stack()


def test_a_cluster_of_ones_own_has_no_store_to_copy_from(workshop: Workshop) -> None:
    """Its secrets are in the cluster, whose Secrets have their own key."""
    text = workshop.stack_file.read_text()
    head, systems = text.split("      cloud: aws", 1)[0], text[text.index("      systems:") :]
    workshop.write(TEST, f"{head}      cloud: local\n{systems}")
    workshop.edit(FLEET, "{generated: 32}", "{generated: 32, existing: true, from: {entry: shop/old}}")
    (problem,) = workshop.problems()
    assert "has secrets.SIGNING_KEY.from.entry, but" in problem
    assert "name a Secret, such as {secret: legacy/shop-env}" in problem


SECOND = """\
    other:
      cloud: aws
      region: REGION
      account: 111122223333
      network: {cidr: 10.30.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      deployers: [arn:aws:iam::111122223333:role/deployer]
      systems:
        fleet-two:
          definition: fleet
          blue: {version: 2.4.0}
          domains: {web: two.example.com}
"""


@pytest.mark.parametrize(("region", "prefix"), [("us-west-2", ""), ("us-east-1", "imagePrefix: other/images")])
def test_two_clusters_with_the_same_images(workshop: Workshop, region: str, prefix: str) -> None:
    """An account has each image repository once in a region: there the second cluster needs a prefix."""
    text = workshop.stack_file.read_text()
    workshop.write(TEST, text + SECOND.replace("REGION", "us-east-1"))
    (problem,) = workshop.problems()
    assert "clusters.other: would create the image repository 'fleet-api', which cluster 'main' has" in problem
    assert "set an 'imagePrefix' of its own, for example other" in problem
    workshop.write(TEST, text + SECOND.replace("REGION", f"{region}\n      {prefix}".rstrip()))
    workshop.stack()


def test_an_image_prefix_that_is_too_long(workshop: Workshop) -> None:
    """Prefix and image together have the 256 characters of ECR."""
    workshop.edit(TEST, "region: us-east-1", f"region: us-east-1\n      imagePrefix: {'a' * 200}")
    workshop.edit(FLEET, "image: fleet-api", f"image: {'b' * 100}")
    (problem,) = workshop.problems()
    assert "longer than the 256 characters of ECR" in problem
    workshop.edit(FLEET, "b" * 100, "b" * 55)
    workshop.stack()
