"""What became of one try to do a piece of work: values, so that they cross process borders whole."""

import os
import traceback
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sitedelta.errors import SitedeltaError

Kind: TypeAlias = Literal["fault", "storage", "crash", "late"]
"""The work raised an error; its files could not be read or written; its process ended; it took too long."""


@dataclass(frozen=True, slots=True)
class Done:
    """The work was done."""

    value: Any = None
    """What it gave."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The work was not done this time; another try may succeed."""

    kind: Kind
    reason: str
    """One line."""


Try: TypeAlias = Done | Trouble | SitedeltaError
"""A `SitedeltaError` would be raised again, however often the work is tried."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Work that was given up."""

    work: Any
    reason: str
    """What the last try came to."""


def attempt(work: Any) -> Try:
    """Do a piece of work (its method `run`) here."""
    try:
        return Done(work.run())
    except SitedeltaError as error:
        return error
    except OSError as error:
        return _trouble("storage", error)
    except (RuntimeError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError, MemoryError) as error:
        return _trouble("fault", error)


def _trouble(kind: Kind, error: BaseException) -> Trouble:
    if os.environ.get("SITEDELTA_DEBUG"):
        traceback.print_exception(error)
    return Trouble(kind, said(error))


def said(error: BaseException) -> str:
    """Put an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
