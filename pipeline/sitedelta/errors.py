"""Errors that reach the user: one clear line each, with the exit status of the command."""


class SitedeltaError(Exception):
    """Root of all errors that are reported without a traceback."""

    exit_status = 1


class InputError(SitedeltaError, ValueError):
    """Something given by the user cannot be used: says what, where, and how to mend it."""

    exit_status = 2


class ConfigError(InputError):
    """A configuration that cannot be run as it stands."""


class RasterError(InputError):
    """An image that cannot be read, or carries too little to be used."""


class BandsDiffer(InputError):  # noqa: N818 - reads as what it says
    """Two images that have no bands in common."""


class RunFailed(SitedeltaError):  # noqa: N818 - reads as what it says
    """The input was fine; the work could not be done."""


class RegistrationRefused(RunFailed):
    """Two images that cannot be brought together with trust."""
