"""What Azure bills for types that programs of others create: machines, disks, balancers of load, plans of web apps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.cost.quantity import Context, Quantity, Rule, Unknown
from slipway.cost.resources import Resource

Costs = Iterator[Quantity | Unknown]
SIZES = {32: 4, 64: 6, 128: 10, 256: 15, 512: 20, 1024: 30}
"""Numbers of the tiers of disks by GiB (https://learn.microsoft.com/azure/virtual-machines/disks-types)."""
KINDS = {"Premium_LRS": "P", "StandardSSD_LRS": "E", "Standard_LRS": "S"}
"""Letters of the tiers by kind of a disk."""
FREE_PLANS, BY_APP = ("F1", "FREE"), ("D1", "SHARED")
"""Sizes of plans that cost nothing, and of those that are billed by app."""
BY_USE = ("Y1", "FC1")
"""Sizes of plans of functions that are billed by call."""


def machine(machine: Resource, context: Context) -> Costs:
    """Yield a machine with Linux, and its disks."""
    size = machine.text("hardwareProfile", "vmSize")
    if machine.text("priority") == "Spot":
        yield Unknown("a spot machine: its price changes by the hour, and is at most that of others")
    elif size:
        yield context.hours(f"node {size}", f"machine, {size}")
    else:
        yield Unknown("a machine, whose size is not known yet")
    windows = machine.find("osProfile", "windowsConfiguration") is not None
    if windows or machine.text("storageProfile", "osDisk", "osType") == "Windows":
        yield Unknown("the licence of Windows, unless it is brought along")
    system = machine.find("storageProfile", "osDisk")
    yield from _attached(system if isinstance(system, Mapping) else {}, context, "disk, whose size its image says")
    for each in machine.entries("storageProfile", "dataDisks"):
        yield from _attached(each, context, "a disk, whose size is not known yet")


def _attached(disk: Mapping[str, object], context: Context, without_size: str) -> Costs:
    """Yield a disk that is made with a machine; one that is attached is billed itself."""
    if disk.get("createOption") == "Attach":
        return
    managed, size = disk.get("managedDisk"), disk.get("diskSizeGB")
    kind = managed.get("storageAccountType") if isinstance(managed, Mapping) else None
    number = float(size) if isinstance(size, int | float) else 0
    yield from _disk(str(kind or "Standard_LRS"), number, context, without_size)


def disk(disk: Resource, context: Context) -> Costs:
    kind = disk.text("sku", "name", default="Standard_LRS")
    yield from _disk(kind, disk.number("diskSizeGB"), context, "its size")


def _disk(kind: str, size: float, context: Context, without_size: str) -> Costs:
    tier = next((number for gibibytes, number in SIZES.items() if size <= gibibytes), None)
    if not size:
        yield Unknown(without_size)
    elif kind not in KINDS or tier is None:
        yield Unknown(f"a disk of {size:.0f} GB {kind}")
    else:
        name = f"{KINDS[kind]}{tier}"
        yield context.month(f"disk {name} LRS", f"disk of {size:.0f} GB ({name})")


def balancer(balancer: Resource, context: Context) -> Costs:
    """Yield a balancer of the tier Standard; the one before it cost nothing."""
    if balancer.text("sku", "name", default="Basic") != "Basic":
        yield context.hours("load balancer", "load balancer")
        yield context.assumed("load balancer data", "what goes through it", "internet")


def plan(plan: Resource, context: Context) -> Costs:
    """Yield the workers of a plan, on which its apps run."""
    size = plan.text("sku", "name")
    count = max(1.0, plan.number("sku", "capacity", default=1))
    if size.upper() in BY_USE:
        yield Unknown("calls of functions and their time, billed by use")
    elif not size or size.upper() in BY_APP:
        yield Unknown(f"a plan of the size {size or 'that is not known yet'}")
    elif size.upper() not in FREE_PLANS:
        system = "Linux" if plan.find("reserved") is True or "linux" in plan.text("kind").lower() else "Windows"
        yield context.hours(f"app plan {size} {system}", f"{count:.0f} × {size} with {system}", count)


RULES: Mapping[str, Rule] = {
    "azure-native:compute:Disk": disk,
    "azure-native:compute:VirtualMachine": machine,
    "azure-native:network:LoadBalancer": balancer,
    "azure-native:web:AppServicePlan": plan,
}
FREE: Mapping[str, str] = {
    "azure-native:compute:AvailabilitySet": "it says where machines are",
    "azure-native:compute:SshPublicKey": "rights cost nothing",
    "azure-native:network:NetworkInterface": "its machine and its address are billed",
    "azure-native:network:Route": "what goes by it is billed where it enters or leaves",
    "azure-native:network:RouteTable": "what goes by it is billed where it enters or leaves",
    "azure-native:network:SecurityRule": "rights cost nothing",
    "azure-native:web:WebApp": "its plan is billed",
}
