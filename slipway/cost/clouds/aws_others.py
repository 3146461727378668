"""What AWS bills for types that programs of others create: machines, balancers of load, containers, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from slipway.cost.quantity import Context, Quantity, Rule, Unknown
from slipway.cost.resources import Resource
from slipway.cost.span import Span

Costs = Iterator[Quantity | Unknown]
TASK = "aws:ecs/taskDefinition:TaskDefinition"
VOLUMES = {"gp3": "volume", "gp2": "volume gp2"}
"""Items by type of a volume; others have no price here."""
INCLUDED_IOPS, INCLUDED_THROUGHPUT = 3000, 125
"""IOPS and MiB/s that the price of a gp3 volume includes (https://aws.amazon.com/ebs/pricing/)."""
USUAL_VOLUME = "gp2"
"""Type of a volume that says none (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html)."""
CPU_UNITS, MEBIBYTES = 1024, 1024
"""CPU units of a core, and MiB of a GiB, as tasks give them."""


def instance(machine: Resource, context: Context) -> Costs:
    """Yield a machine on demand with Linux, its disks and its address. What an image asks for besides is not in a plan."""
    kind = machine.text("instanceType")
    shared = machine.text("tenancy", default="default") == "default"
    if machine.find("instanceMarketOptions") or machine.text("instanceLifecycle") == "spot":
        yield Unknown("a spot machine: its price changes by the hour, and is below that of others")
    elif not shared:
        yield Unknown("a machine on hardware of its own")
    elif kind:
        yield context.hours(f"node {kind}", f"machine, {kind} with Linux")
    else:
        yield Unknown("a machine, whose type is not known yet")
    root = machine.find("rootBlockDevice")
    yield from _disk(root if isinstance(root, Mapping) else {}, context, "root disk, whose size its image says")
    for each in machine.entries("ebsBlockDevices"):
        yield from _disk(each, context, "a disk, whose size is not known yet")
    if machine.find("associatePublicIpAddress") is True:
        yield context.hours("public address", "address")


def volume(disk: Resource, context: Context) -> Costs:
    yield from _volume(
        disk.text("type", default=USUAL_VOLUME),
        disk.number("size"),
        disk.number("iops"),
        disk.number("throughput"),
        context,
        "its size",
    )


def _disk(disk: Mapping[str, object], context: Context, without_size: str) -> Costs:
    kind = disk.get("volumeType")
    size, iops, throughput = (_number(disk.get(key)) for key in ("volumeSize", "iops", "throughput"))
    named = kind if isinstance(kind, str) and kind else USUAL_VOLUME
    yield from _volume(named, size, iops, throughput, context, without_size)


def _volume(kind: str, size: float, iops: float, throughput: float, context: Context, without_size: str) -> Costs:
    if not size:
        yield Unknown(without_size)
        return
    yield context.month(VOLUMES.get(kind, f"volume {kind}"), f"disk, {size:.0f} GB {kind}", size)
    if kind not in VOLUMES and iops:
        yield Unknown(f"{iops:.0f} IOPS of a disk")
    elif kind == "gp3" and (iops > INCLUDED_IOPS or throughput > INCLUDED_THROUGHPUT):
        yield Unknown(f"more than the {INCLUDED_IOPS} IOPS and {INCLUDED_THROUGHPUT} MiB/s that a disk includes")


def balancer(balancer: Resource, context: Context) -> Costs:
    """Yield a balancer of load, what it carries, and an address in each of its zones if it is open to the internet."""
    kind = balancer.text("loadBalancerType", default="application")
    if kind not in ("application", "network"):
        yield Unknown(f"a balancer of the type {kind}")
        return
    item = "load balancer" if kind == "network" else "application load balancer"
    hours, carried = context.prices.assumed("hours"), context.prices.assumed("entry-capacity")
    yield context.hours(item, f"{kind} balancer")
    yield Quantity(
        f"{item} capacity", Span.exactly(hours * carried), "capacity units", assumes=("hours", "entry-capacity")
    )
    if balancer.find("internal") is not True:
        zones = balancer.count("subnets") or balancer.count("subnetMappings") or context.prices.assumed("zones")
        assumes = ("hours",) if balancer.count("subnets") or balancer.count("subnetMappings") else ("hours", "zones")
        yield Quantity("public address", Span.exactly(hours * zones), "addresses", assumes=assumes)
        yield context.assumed("internet data", "what visitors get", "internet")


def table(table: Resource, context: Context) -> Costs:
    """Yield what a table may read and write each second, if that is provisioned, and what it is assumed to hold."""
    if table.text("billingMode", default="PROVISIONED") == "PROVISIONED":
        for item, key in (("table reads", "readCapacity"), ("table writes", "writeCapacity")):
            units = table.number(key) + sum(_number(each.get(key)) for each in table.entries("globalSecondaryIndexes"))
            if units:
                yield context.hours(item, f"{units:.0f} units of {item.partition(' ')[2]}", units)
            else:
                yield Unknown(f"{item.partition(' ')[2]}, whose capacity is not known yet")
    else:
        yield Unknown("reads and writes, billed by use")
    yield context.assumed("table storage", "storage", "table")
    if replicas := table.count("replicas"):
        yield Unknown(f"replicas in {replicas} regions, and what is written there")


def function(_function: Resource, _context: Context) -> Costs:
    yield Unknown("calls and their time, billed by use")


def service(service: Resource, context: Context) -> Costs:
    """Yield the tasks of a service on Fargate; others run on machines, which are billed themselves."""
    providers = [str(each.get("capacityProvider")) for each in service.entries("capacityProviderStrategies")]
    if "FARGATE_SPOT" in providers:
        yield Unknown("tasks on spare capacity: their price changes, and is below that of others")
        return
    if service.text("launchType", default="EC2") != "FARGATE" and "FARGATE" not in providers:
        return
    task = _task(service, context)
    cores = 0.0 if task is None else _amount(task.text("cpu"), "vcpu", CPU_UNITS)
    gibibytes = 0.0 if task is None else _amount(task.text("memory"), "gb", MEBIBYTES)
    count = service.number("desiredCount")
    if task is None or not cores or not gibibytes or not count:
        yield Unknown("tasks, whose number or size is not known yet")
        return
    arm = " arm64" if task.text("runtimePlatform", "cpuArchitecture") == "ARM64" else ""
    yield context.hours(f"fargate core{arm}", f"{count:.0f} tasks of {cores:g} cores", count * cores)
    yield context.hours(f"fargate memory{arm}", f"{count:.0f} tasks of {gibibytes:g} GiB", count * gibibytes)


def _task(service: Resource, context: Context) -> Resource | None:
    """Return the definition that a service refers to."""
    needed = service.needs.get("taskDefinition", ())
    return next((each for each in context.resources.of_type(TASK) if each.urn in needed), None)


def _amount(text: str, unit: str, parts: int) -> float:
    """Return `512` of 1024 parts, or `.5 vCPU`, as 0.5."""
    found = re.fullmatch(rf"([\d.]+)\s*({unit})?", text.strip().lower())
    return 0.0 if found is None else float(found[1]) / (1 if found[2] else parts)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


RULES: Mapping[str, Rule] = {
    "aws:alb/loadBalancer:LoadBalancer": balancer,
    "aws:dynamodb/table:Table": table,
    "aws:ebs/volume:Volume": volume,
    "aws:ec2/instance:Instance": instance,
    "aws:ecs/service:Service": service,
    "aws:lambda/function:Function": function,
    "aws:lb/loadBalancer:LoadBalancer": balancer,
}
_OF_BALANCER = "it is billed with its balancer"
_RIGHTS = "rights cost nothing"
FREE: Mapping[str, str] = {
    "aws:alb/listener:Listener": _OF_BALANCER,
    "aws:alb/listenerRule:ListenerRule": _OF_BALANCER,
    "aws:alb/targetGroup:TargetGroup": _OF_BALANCER,
    "aws:alb/targetGroupAttachment:TargetGroupAttachment": _OF_BALANCER,
    "aws:ebs/volumeAttachment:VolumeAttachment": "its volume is billed",
    "aws:ec2/eipAssociation:EipAssociation": "its address is billed",
    "aws:ec2/keyPair:KeyPair": _RIGHTS,
    "aws:ec2/launchTemplate:LaunchTemplate": "machines that are made of it are billed",
    "aws:ec2/volumeAttachment:VolumeAttachment": "its volume is billed",
    "aws:ecs/cluster:Cluster": "what runs in it is billed",
    TASK: "services that run it are billed",
    "aws:iam/instanceProfile:InstanceProfile": _RIGHTS,
    "aws:lambda/permission:Permission": _RIGHTS,
    "aws:lb/listener:Listener": _OF_BALANCER,
    "aws:lb/listenerRule:ListenerRule": _OF_BALANCER,
    "aws:lb/targetGroup:TargetGroup": _OF_BALANCER,
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _OF_BALANCER,
}
