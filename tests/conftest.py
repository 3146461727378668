"""For every test: surroundings that do not depend on who runs the tests, and where."""

from __future__ import annotations

import gc
import os
import re
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import forking, installed, needs, shared

RIG = "SLIPWAY_RIG"
"""Set, the tests are of a cluster, whose own programs look for what is theirs below HOME."""
COLLECT_AFTER = (200_000, 50, 100)
"""Allocations before garbage collections. Chosen: plans and test items stay until the end, so walking them all is vain."""
TEMPORARY = "PYTEST_DEBUG_TEMPROOT"
"""Names the folder below which pytest has those of the tests, which must outlive a run where they failed."""
MEMORY = Path("/dev/shm")
ENOUGH = 8 << 30
"""Bytes that must be free there. Chosen: a run needs less than one GiB, and other programs need the rest."""
OTHERS = re.compile(
    r"(AWS|AZURE|ARM|GOOGLE|PULUMI|KUBE\w*|HELM|PG\w*|SLIPWAY|GITHUB|CI|RUNNER|RABBITMQ|RCLONE|GIT|LC)_\w+"
    r"|KUBECONFIG|PG[A-Z]+|LANG|LANGUAGE|TZ|TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CI|EDITOR|PAGER"
    r"|PYTHON(PATH|HASHSEED|WARNINGS|OPTIMIZE|UNBUFFERED|DONTWRITEBYTECODE)|MAKEFLAGS|MFLAGS|MAKELEVEL"
    r"|\w+_proxy",
    re.IGNORECASE,
)
"""Variables that configure a program: a tested program gets none of them."""


def pytest_configure(config: pytest.Config) -> None:
    os.umask(0o022)
    if not hasattr(config, "workerinput"):
        _work_in_memory()
        shared.begin()
        installed.begin()
        _leave_no_temporary_files()
        _leave_environment()
    gc.set_threshold(*COLLECT_AFTER)
    # An Output in a string is a bug: with this the SDK raises where it would print a placeholder.
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
    # Hypothesis would fail an example that takes a fifth of a second, and values that are made slowly. Its examples are
    # the same in every run: `--hypothesis-seed=N` tries others.
    settings.register_profile(
        "unhurried",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=not config.getoption("hypothesis_seed", None),
        database=None,
    )
    settings.load_profile("unhurried")
    time.tzset()
    _hear_signals()
    if not hasattr(config, "workerinput") and RIG not in os.environ:
        config.add_cleanup(forking.begin())


def pytest_collection_finish() -> None:
    """Modules and test items stay until the end: no collection of garbage need walk them."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than processors. Chosen: for a sixth of their time tests wait for servers."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", action="store_true", help="fail when a program that tests need is not installed")
    parser.addoption("--record", action="store_true", help="record plans again instead of comparing them")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must run, nobody reads a list of what did not."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if session.config.getoption("whole") and any(needs.MISSING in str(each.longrepr) for each in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    # At its end pytest collects the garbage, in which there may be failures to report: none is in the plans.
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shared.end()


def _work_in_memory() -> None:
    """Keep temporary files in memory where there is much of it: tests copy projects and start databases, and on a disk
    creating their files takes a sixth of the run. Of what stays there pytest keeps the folders of failed tests."""
    if RIG in os.environ or "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize < ENOUGH or about.f_flag & os.ST_NOEXEC:
        return
    folder = MEMORY / f"slipway-tests-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid == os.getuid():
        os.environ["TMPDIR"], tempfile.tempdir = str(folder), None


def _leave_no_temporary_files() -> None:
    """They are in the folder of this run, which ends with it; those of failed tests are not."""
    if RIG not in os.environ:
        os.environ.setdefault(TEMPORARY, tempfile.gettempdir())
        os.environ["TMPDIR"], tempfile.tempdir = os.environ[shared.FOLDER], None


def _leave_environment() -> None:
    for name in [each for each in os.environ if OTHERS.fullmatch(each) and each not in (RIG, shared.FOLDER)]:
        del os.environ[name]
    os.environ["LC_ALL"], os.environ["TZ"] = "C.UTF-8", "UTC"
    if RIG not in os.environ:
        # What the machine's administrator has told git, too, is for nobody's test.
        os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
        os.environ["HOME"] = str(shared.folder("home"))
        for name in [each for each in os.environ if each.startswith("XDG_")]:
            del os.environ[name]


def _hear_signals() -> None:
    """A signal that a background shell or nohup has ignored would be ignored by every program that a test starts, but
    not one that this process handles, be it by doing nothing. SIGTERM ends the run as Ctrl-C does, fixtures and all."""
    if threading.current_thread() is not threading.main_thread():
        return
    for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda *_: None)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
