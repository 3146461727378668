"""Errors of a rehearsal itself. An exception of the program is not one of them: see `Rehearsal.failure`."""


class RehearsalError(Exception):
    """Root of every error that `rehearse` raises."""


class ProgramNotFoundError(RehearsalError):
    """The program directory is missing or has no `__main__.py`."""


class PolicyPackError(RehearsalError):
    """A policy pack could not start, or one of its policies crashed."""


class PackConfigError(PolicyPackError):
    """The configuration of a policy pack names an unknown policy or property, or has a value of the wrong type."""


class StateError(RehearsalError):
    """A file is not an exported state; the message names the file and the problem."""


class WorkerError(RehearsalError):
    """The process that runs the program ended without an answer."""
