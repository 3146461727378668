"""Builds the clusters on AWS of the stack in `argv` under mocks and prints their resources as JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.output import Unknown
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from components.stack import build
from slipway.rehearsal import sdk
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.load import load_stack
from slipway.settings.project import find_project

PROVIDER = "pulumi:providers:aws"
NAMES = ("bucket", "name", "identifier", "clusterIdentifier", "brokerName")
"""Inputs that hold the physical name, in order of preference."""
ARNS = {
    "acm/certificate:Certificate": "arn:aws:acm:{region}:{account}:certificate/{hash}",
    "backup/vault:Vault": "arn:aws:backup:{region}:{account}:backup-vault:{name}",
    "cloudfront/distribution:Distribution": "arn:aws:cloudfront::{account}:distribution/{hash}",
    "cloudfront/function:Function": "arn:aws:cloudfront::{account}:function/{name}",
    "cloudfront/keyValueStore:KeyValueStore": "arn:aws:cloudfront::{account}:key-value-store/{hash}",
    "cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "docdb/cluster:Cluster": "arn:aws:rds:{region}:{account}:cluster:{name}",
    "ecr/repository:Repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "eks/cluster:Cluster": "arn:aws:eks:{region}:{account}:cluster/{name}",
    "iam/openIdConnectProvider:OpenIdConnectProvider": "arn:aws:iam::{account}:oidc-provider/{issuer}",
    "iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "kms/key:Key": "arn:aws:kms:{region}:{account}:key/{hash}",
    "kms/replicaKey:ReplicaKey": "arn:aws:kms:{region}:{account}:key/{hash}",
    "rds/instance:Instance": "arn:aws:rds:{region}:{account}:db:{name}",
    "route53/zone:Zone": "arn:aws:route53:::hostedzone/{hash}",
    "s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "secretsmanager/secret:Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}",
    "sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
"""Forms of ARNs by type; of other types the ARN stays unknown, and with it every policy that names it."""
IDENTIFIED_BY_ARN = {
    "acm/certificate:Certificate",
    "iam/openIdConnectProvider:OpenIdConnectProvider",
    "iam/policy:Policy",
    "secretsmanager/secret:Secret",
    "sns/topic:Topic",
}
IDENTIFIED_BY_HASH = {
    "cloudfront/distribution:Distribution",
    "kms/key:Key",
    "kms/replicaKey:ReplicaKey",
    "route53/zone:Zone",
}
ISSUER = "https://oidc.eks.{region}.amazonaws.com/id/{hash}"


class Answers(Mocks):
    """In place of the providers: ids and ARNs made of names. What AWS alone knows stays unknown, as in a preview."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self._places: dict[str, dict[str, str]] = {}

    def call(self, args: MockCallArgs) -> Any:
        raise NotImplementedError(f"{args.token}: the program asks a cloud while it plans")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == PROVIDER:
            (account,) = json.loads(args.inputs["allowedAccountIds"])
            self._places[args.name] = {"region": args.inputs["region"], "account": account}
        if not args.typ.startswith("aws:"):
            return args.name, dict(args.inputs)
        place = self._places[(args.provider or "").rpartition("::")[0].rpartition("::")[2]]
        return self._created(args, place | {"region": args.inputs.get("region", place["region"])})

    def _created(self, args: MockResourceArgs, place: dict[str, str]) -> tuple[str, dict[str, Any]]:
        type_ = args.typ.removeprefix("aws:")
        known = {key: value for key, value in args.inputs.items() if not isinstance(value, Unknown)}
        digest = hashlib.sha256(f"{type_} {args.name}".encode()).hexdigest()
        named = [args.inputs[key] for key in NAMES if isinstance(args.inputs.get(key), str)]
        facts = {**place, "name": (named or [args.name])[0], "hash": digest[:12], "suffix": digest[:6]}
        facts["issuer"] = str(args.inputs.get("url", "")).removeprefix("https://")
        arn = ARNS[type_].format(**facts) if type_ in ARNS else None
        id_ = facts["hash"] if type_ in IDENTIFIED_BY_HASH else facts["name"]
        id_ = arn if arn and type_ in IDENTIFIED_BY_ARN else id_
        self.made.append(
            {
                "type": args.typ,
                "name": args.name,
                "id": id_,
                "arn": arn,
                "account": place["account"],
                "inputs": {key: known[key] for key in known if key == "policy" or _is_told_whole(type_)},
                "unknown": sorted(args.inputs.keys() - known.keys()),
            }
        )
        return id_, {**args.inputs, **_outputs(type_, facts), **({"arn": arn} if arn else {})}


def _is_told_whole(type_: str) -> bool:
    """Nothing of IAM, and nothing that is a policy, holds a secret."""
    return type_.startswith("iam/") or type_.endswith("Policy")


def _outputs(type_: str, facts: dict[str, str]) -> dict[str, Any]:
    """What policies are made of besides ids, names and ARNs."""
    if type_ == "eks/cluster:Cluster":
        return {"identities": [{"oidcs": [{"issuer": ISSUER.format(**facts)}]}]}
    if type_ in ("kms/key:Key", "kms/replicaKey:ReplicaKey"):
        return {"keyId": facts["hash"]}
    return {"zoneId": facts["hash"]} if type_ == "route53/zone:Zone" else {}


def main(name: str) -> list[dict[str, Any]]:
    """The resources of a stack; the SDK is as fast as it is in a rehearsal."""
    gc.disable()
    sdk.silence_debug_log()
    sdk.send_position(lambda: None)
    sdk.skip_unused_urns()
    sdk.wait_for_outputs_together()
    sdk.look_for_cycles_upwards()
    answers = Answers()
    pulumi.runtime.set_mocks(answers, project="slipway", stack=name, preview=True)
    stack = load_stack(find_project(Path.cwd()), name)
    clusters = {key: each for key, each in stack.clusters.items() if isinstance(each.settings, AwsCluster)}
    pulumi.runtime.test(lambda: build(dataclasses.replace(stack, clusters=clusters)))()
    return sorted(answers.made, key=lambda each: (each["type"], each["name"]))


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        made = main(sys.argv[1])
    json.dump(made, sys.stdout, default=lambda _: None)
