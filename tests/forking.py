"""Processes that tests need in numbers, forked from one that has imported what they import: that takes most of their time.

Such a parent lives as long as its standard input is open, and imports nothing before somebody asks. A child starts as a
fresh process would: in a session of its own, with the folder, the variables and the files that it is given, and without
the modules of the program that it runs, unless they are the same as this repository's. What it has imported besides, its younger
siblings find imported.

Tests of how processes start and end use fresh ones, as everybody does who does not ask for another.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any

from slipway.cli.plan_cache import digest
from slipway.rehearsal import packs, process, sources
from tests import installed
from tests.forked import HEAD, STATUS, Forked, exactly, fork
from tests.processes import TIMEOUT
from tests.shared import FOLDER, folder

ROOT = Path(__file__).parents[1]
WORKER, PACK, COMMAND = "slipway.rehearsal.worker", "slipway.rehearsal.pack_launcher", "tests.slipway.cli.command"
"""What may be forked: the process of a rehearsal, that of a policy pack, and `slipway` that shares its plans."""
KINDS = (WORKER, PACK, COMMAND)
SHARING, ALONE = "sharing", "alone"
"""Whether the command takes plans that other tests have made."""
Ended = tuple[int, str, str]
ROOMS = ("components", "slipway/settings", "slipway/release")
"""What a program of this repository imports."""
LONGEST_PATH = 100
"""Bytes of a socket's path. Source: sun_path of Linux has 108."""
STAND_IN = f"""\
#!{sys.executable} -S
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from tests.forked import fork
asked = [{ALONE!r}, *sys.argv[1:]]
child = fork({{address!r}}, asked, cwd=os.getcwd(), environment=os.environ, files=(0, 1, 2))
sys.exit(child.wait())
"""
PARENT = """
from tests import forking
child = forking.parent({kind!r}, {listener})
if child:
    try:
        child.main()(child.arguments)
    finally:
        child.tell()
"""
INTERPRETER = sys.executable
WORTH_WHILE = 20
"""Modules. Chosen: fewer are imported by the child that needs them."""
_asked: ContextVar[bool] = ContextVar("forking", default=False)
_run = ""
"""In a child the folder of this run, which the variables of a worker do not tell."""
_fresh_worker, _fresh_pack = process.start_worker, packs.start_pack


@contextlib.contextmanager
def forked_workers() -> Iterator[None]:
    """Rehearsals and policy packs of this thread run in forked processes."""
    token = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(token)


def _start_worker(request_end: int, result_end: int, environment: Mapping[str, str]) -> Any:
    # In the command's process threads start some.
    if not (_asked.get() or _run) or not _address(WORKER).exists():
        return _fresh_worker(request_end, result_end, environment)
    with open(os.devnull) as nothing:
        files = (request_end, result_end, nothing.fileno(), 2, 2)
        return _fork(WORKER, (), cwd=process.PACKAGE_PARENT, environment=environment, files=files)


def _start_pack(requests: int, answers: int, directory: Path, environment: Mapping[str, str]) -> Any:
    is_another = sys.executable != INTERPRETER  # a test's own virtual environment
    if is_another or not (_asked.get() or _run) or not _address(PACK).exists():
        return _fresh_pack(requests, answers, directory, environment)
    with contextlib.ExitStack() as theirs:
        ours, files = [], []
        for reads in (True, False, False):
            read, write = os.pipe()
            own, other = (write, read) if reads else (read, write)
            ours.append(os.fdopen(own, "w" if reads else "r", errors="replace"))
            files.append(other)
            theirs.callback(os.close, other)
        child = _fork(PACK, packs.ARGUMENTS, cwd=directory, environment=environment, files=(requests, answers, *files))
    child.stdin, child.stdout, child.stderr = ours
    return child


process.start_worker, packs.start_pack = _start_worker, _start_pack


def slipway(arguments: Sequence[str], cwd: Path, variables: Mapping[str, str] = MappingProxyType({})) -> Ended:
    """Run the command of `command.py` in a folder; return its status, output and errors. With variables of its own it
    shares no plans."""
    asked = [ALONE if variables else SHARING, *arguments]
    environment = {**os.environ, **variables}
    if not _address(COMMAND).exists():
        done = subprocess.run(
            [sys.executable, "-m", COMMAND, *asked],
            cwd=cwd,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        return done.returncode, done.stdout, done.stderr
    with open(os.devnull) as nothing, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        files = (nothing.fileno(), out.fileno(), err.fileno())
        status = _fork(COMMAND, asked, cwd=cwd, environment=environment, files=files).wait()
        return status, _content(out.fileno()), _content(err.fileno())


def write_command(file: Path) -> None:
    """Write a program that does what `slipway` does, in a forked process."""
    if _address(COMMAND).exists():
        file.write_text(STAND_IN.format(address=str(_address(COMMAND))), encoding="utf-8")
        file.chmod(0o755)
    else:
        file.symlink_to(installed.command())


def _content(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), encoding="utf-8") as file:
        return file.read()


def _address(kind: str) -> Path:
    return Path(_run or os.environ[FOLDER]) / f"{kind.rpartition('.')[2]}.socket"


def _fork(
    kind: str, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str], files: Sequence[int]
) -> Forked:
    return fork(_address(kind), arguments, cwd=cwd, environment=environment, files=files)


def begin() -> Callable[[], None]:
    """Start the parents of this run, which end with their standard input; return what ends them."""
    found = []
    for kind in (
        KINDS
        if len(os.fsencode(_address(max(KINDS, key=lambda kind: len(_address(kind).name))))) < LONGEST_PATH
        else ()
    ):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(_address(kind)))
            listener.listen(socket.SOMAXCONN)
            found.append(
                subprocess.Popen(
                    # Whoever starts a pack waits for its first line.
                    [
                        sys.executable,
                        *(["-u"] if kind == PACK else []),
                        "-c",
                        PARENT.format(kind=kind, listener=listener.fileno()),
                    ],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[listener.fileno()],
                    start_new_session=True,
                )
            )
    return lambda: _end(found)


def _end(parents: Sequence[subprocess.Popen[bytes]]) -> None:
    for each in parents:
        assert each.stdin
        each.stdin.close()
        each.wait()


class _Parent:
    """Answers those who ask for children of one kind."""

    def __init__(self, kind: str, listener: socket.socket) -> None:
        self._listener, self._modules = listener, _Modules(kind)
        self._kind, self._children = kind, dict[socket.socket, int]()
        self._selector = selectors.DefaultSelector()
        for each in (listener, sys.stdin.buffer):
            self._selector.register(each, selectors.EVENT_READ)

    def serve(self) -> Child | None:
        """Return a child in its own process; in the parent, none once nobody needs it."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin.buffer:
                    return None
                if key.fileobj is not self._listener:
                    self._reap(key.fileobj)  # type: ignore[arg-type]
                elif child := self._born(self._listener.accept()[0]):
                    return child

    def _born(self, connection: socket.socket) -> Child | None:
        self._modules.learn()
        head, files, *_ = socket.recv_fds(connection, HEAD.size, 8)
        try:
            asked = json.loads(exactly(connection, HEAD.unpack(head)[0]))
            pid = os.fork()
        except (ConnectionError, struct.error):  # whoever asks has ended
            connection.close()
            return None
        if not pid:
            os.setsid()
            connection.sendall(HEAD.pack(os.getpid()))
            self._selector.close()
            for each in (self._listener, connection, *self._children):
                each.close()
            return Child(self._kind, self._modules, asked, files)
        for each in files:
            os.close(each)
        self._children[connection] = pid
        self._selector.register(connection, selectors.EVENT_READ)
        return None

    def _reap(self, connection: socket.socket) -> None:
        """Whoever started the child asks for its status, or has ended."""
        self._selector.unregister(connection)
        pid = self._children.pop(connection)
        with connection, contextlib.suppress(ConnectionError):
            if not connection.recv(1):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            connection.sendall(STATUS.pack(status))


class Child:
    """A forked process, with what a fresh one would have."""

    def __init__(self, kind: str, modules: _Modules, asked: Mapping[str, Any], files: Sequence[int]) -> None:
        self._kind, self._modules = kind, modules
        *given, read, out, err = files
        for source, target in ((read, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        for each in {read, out, err} - {0, 1, 2}:
            os.close(each)
        global _run
        _run = os.environ[FOLDER]
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["cwd"])
        if kind == COMMAND:
            # Those of the parent remember what they can do with its own.
            sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
        gc.enable()
        self.arguments: list[str] = [*map(str, given), *asked["arguments"]]

    def main(self) -> Callable[[list[str]], None]:
        """Return what it does, for the caller to call: no frame of this file is below a program that is rehearsed."""
        module = importlib.import_module(self._kind)
        if self._kind == WORKER:
            prefer_own_settings = module.prefer_own_settings

            def prefer(program: Path) -> None:
                self._modules.choose(program)
                prefer_own_settings(program)

            module.prefer_own_settings = prefer  # type: ignore[attr-defined]
        return module.main

    def tell(self) -> None:
        """Tell the parent what it has imported."""
        self._modules.tell()


class _Modules:
    """What children of one kind import and may share."""

    def __init__(self, kind: str) -> None:
        # A program and a pack may have modules of these names of their own.
        self._places = ("site-packages", str(ROOT)) if kind == COMMAND else ("site-packages",)
        self._has_rooms = False
        self._folder = folder(f"{kind}.modules")
        self._known = _loaded()

    def choose(self, program: Path) -> None:
        """Leave a program with rooms of its own none of the modules of this repository's."""
        self._has_rooms = all(_is_copy(program / room, ROOT / room) for room in ROOMS)
        if self._has_rooms:
            if program != ROOT:
                from slipway.rehearsal import tuning  # imports pulumi, which children do

                tuning.program_uri = _linked_uri
            return
        for name in filter(_is_programs, list(sys.modules)):
            parent, _, last = name.rpartition(".")
            vars(sys.modules.get(parent, types.ModuleType(""))).pop(last, None)
            del sys.modules[name]

    def _imported(self) -> list[str]:
        """Return the names of what this child has imported and its siblings may share, in the order of their imports."""
        loaded = _loaded() - self._known
        return [
            name
            for name, module in list(sys.modules.items())
            if name in loaded
            and (
                any(each in (getattr(module.__spec__, "origin", None) or "") for each in self._places)
                or (self._has_rooms and _is_programs(name))
            )
        ]

    def tell(self) -> None:
        names = self._imported()
        if len(names) < WORTH_WHILE:
            return
        part = self._folder / f"{os.getpid()}.part"
        with contextlib.suppress(FileNotFoundError):  # the run is over, and its folder is gone
            part.write_text(json.dumps(names), encoding="utf-8")
            part.rename(part.with_suffix(".json"))

    def learn(self) -> None:
        for file in sorted(self._folder.glob("*.json")):
            for name in json.loads(file.read_text(encoding="utf-8")):
                with contextlib.suppress(Exception):
                    # The SDKs' modules are loaded by the first look at one of their attributes.
                    getattr(importlib.import_module(name), "__all__", ())
            file.unlink()
            gc.freeze()
            self._known = _loaded()


def _loaded() -> frozenset[str]:
    """Return the names of modules, except those that the SDKs load at the first look at one of their attributes."""
    return frozenset(name for name, module in list(sys.modules.items()) if type(module) is types.ModuleType)


def _is_programs(name: str) -> bool:
    """Whether a module is one that this repository's program imports: the process of a rehearsal needs none of them."""
    return any(f"{name}.".startswith(f"{room.replace('/', '.')}.") for room in ROOMS)


def _is_copy(room: Path, own: Path) -> bool:
    """Whether a folder is this repository's by link, or has the same files."""
    return room.resolve() == own or (room.is_dir() and digest([room]) == digest([own]))


def _linked_uri(file_name: str, root: Path) -> str:
    """The URI of a file of a program that has the rooms of this repository, as if it were imported there."""
    is_tools = Path(file_name).is_relative_to(sources.HERE)
    return sources.program_uri(file_name if is_tools else file_name.replace(f"{ROOT}/", f"{root}/", 1), root)


def parent(kind: str, listener: int) -> Child | None:
    """Be the parent of one kind, and return only as a child or at the end of the run."""
    gc.disable()  # what is imported stays
    sys.path[0] = str(ROOT)
    return _Parent(kind, socket.socket(fileno=listener)).serve()
