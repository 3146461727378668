"""`python -m slipway.release.controller`: one replica of the controller."""

from __future__ import annotations

import os
import signal
import sys
import threading

from slipway.ops.cluster.api import PAUSES
from slipway.release.controller import election, health, in_cluster
from slipway.release.controller.announcer import Announcer
from slipway.release.controller.edges import Edges
from slipway.release.controller.election import Election
from slipway.release.controller.image_registry import Registries
from slipway.release.controller.log import log, set_up
from slipway.release.controller.loop import Loop
from slipway.release.controller.metrics import Metrics
from slipway.release.controller.prometheus import Prometheus
from slipway.release.controller.reconciler import Decide, Outside
from slipway.release.controller.settings import Settings, from_environment
from slipway.release.decide import decide
from slipway.settings.exit_statuses import BAD_INPUT, OK

TIMEOUT = (2.0, 5.0)
"""Seconds to connect, and to respond, of a look's requests. Chosen: a leader that cannot write stops within a lease."""
OUTAGE = 600.0
"""Seconds that a task awaits an API server that is down. Chosen: an upgrade of a control plane takes minutes."""


def run(settings: Settings, decide: Decide) -> None:
    """Run until SIGTERM or SIGINT. The lease is given up once nothing is done any more."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    metrics = Metrics()
    elected = Election(in_cluster.api(election.TIMEOUT), settings.namespace, settings.lease, settings.identity)
    outside = Outside(
        api=in_cluster.api(TIMEOUT),
        patient=in_cluster.api(outage_timeout=OUTAGE, pauses=PAUSES),
        prometheus=Prometheus(settings.prometheus),
        registries=Registries(settings.docker_config),
        edges=Edges(),
        announcer=Announcer(settings.addresses),
        metrics=metrics,
        decide=decide,
        may_act=lambda: elected.is_leading,
        any_certificate=settings.any_certificate,
    )
    loop = Loop(outside)
    server = health.serve(settings.port, metrics.registry, lambda: loop.is_alive, lambda: loop.is_ready)
    ended = threading.Event()
    renewing = threading.Thread(target=elected.run, args=(ended,), name="lease", daemon=True)
    renewing.start()
    log("started", identity=settings.identity, namespace=settings.namespace)
    loop.run(stop)
    ended.set()
    renewing.join()
    server.shutdown()
    log("ended", identity=settings.identity)


def main() -> int:
    """Run with the settings of the environment and return the exit status."""
    set_up()
    try:
        settings = from_environment(os.environ)
    except ValueError as error:
        log(str(error), warning=True)
        return BAD_INPUT
    run(settings, decide)
    return OK


if __name__ == "__main__":
    sys.exit(main())
