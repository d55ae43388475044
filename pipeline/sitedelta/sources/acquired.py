"""When an image was taken, by all that it says of itself."""

from datetime import UTC, date, datetime
from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.imagery.datenames import date_in_name
from sitedelta.imagery.dates import Taken, check, plausible
from sitedelta.raster import RasterInfo
from sitedelta.sources.metadata import read_metadata


def date_of(path: Path, info: RasterInfo, *, today: date | None = None) -> Taken:
    """Give the date that an image states: in its sidecar, its tags or its name.

    Parameters
    ----------
    path
        The image file.
    info
        What `sitedelta.raster.describe` said of it.
    today
        Later dates are refused; the current day where it is not given.

    Raises
    ------
    InputError
        It states none, several, or one that is not plausible.
    """
    today = today or datetime.now(UTC).date()
    stated = read_metadata(path, info)
    if stated.taken is not None:
        return check(stated.taken, today=today, where=str(path))
    named = date_in_name(path, today=today)
    written = stated.written if stated.written and plausible(stated.written, today=today) else None
    if named and written and named.date.date() != written.date.date():
        raise InputError(
            f"{path}: its name says {named.date:%Y-%m-%d}, its tags say {written.date:%Y-%m-%d}; say which with `date:`"
        )
    best = written if named is None or (written and written.precision == "time" != named.precision) else named
    if best is None:
        raise InputError(f"{path}: neither its tags nor its name say when it was taken; give it with `date:`")
    return best
