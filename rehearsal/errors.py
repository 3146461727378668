"""What can go wrong with a rehearsal itself. A program that raises is no error here: see `Rehearsal.failure`."""


class RehearsalError(Exception):
    """Root of every error that `rehearse` raises."""


class ProgramNotFoundError(RehearsalError):
    """The program directory is missing or has no `__main__.py`."""


class PolicyPackError(RehearsalError):
    """A policy pack could not start, or one of its policies crashed."""


class PackConfigError(PolicyPackError):
    """The configuration of a policy pack names what the pack does not have, or has a value of the wrong type."""


class StateError(RehearsalError):
    """A file is no exported state; the message names it and what is wrong."""


class WorkerError(RehearsalError):
    """The process that runs the program ended without an answer."""
