"""The rows of a DataFrame, of pandas or of anything like it, as records."""

from __future__ import annotations

from ._errors import InvalidArgumentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_FIELDS = ("crmRecordId", "scheduleAt", "priority", "rank")


def rows_of(source: Any, columns: dict[str, str] | None) -> Iterable[Any]:
    """The rows of a DataFrame as dicts with the wire names; any other iterable as it is."""
    if hasattr(source, "itertuples") and hasattr(source, "columns"):
        return _records(source, columns or {})
    if columns is not None:
        raise InvalidArgumentError(
            "columns is for CSV files and DataFrames; records have the wire names"
        )
    rows: Iterable[Any] = source
    return rows


def _records(frame: Any, columns: dict[str, str]) -> Iterator[dict[str, Any]]:
    names = list(frame.columns)
    for field, column in columns.items():
        if field not in _FIELDS:
            message = (
                f"columns names the field {field!r}; accepted are {', '.join(_FIELDS)}"
            )
            raise InvalidArgumentError(message)
        if column not in names:
            message = f"there is no column {column!r} for {field}; there are {names!r}"
            raise InvalidArgumentError(message)
    places = {}
    for field in _FIELDS:
        column = columns.get(field, field)
        if column in names:
            places[field] = names.index(column)
        else:
            meant = [
                n for n in names if isinstance(n, str) and _plain(n) == field.lower()
            ]
            if meant:
                message = f"the column {meant[0]!r} looks like {field}; name it so, or say it with columns={{{field!r}: {meant[0]!r}}}"
                raise InvalidArgumentError(message)
    if "crmRecordId" not in places:
        message = f"no column is named crmRecordId; say which one it is with columns; there are {names!r}"
        raise InvalidArgumentError(message)
    return _dicts(frame, places)


def _dicts(frame: Any, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for row in frame.itertuples(index=False, name=None):
        # A missing value is not equal to itself (NaN, NaT), or raises when it is compared (pandas.NA).
        record = {}
        for field, place in places.items():
            value = row[place]
            try:
                missing = bool(value != value)  # noqa: PLR0124
            except (TypeError, ValueError):
                missing = True
            if not missing:
                record[field] = value
        yield record


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
