"""Uploads: what is reported, what a bar shows, what a DataFrame gives. Imported only once something is uploaded."""

from __future__ import annotations

import sys
from collections import namedtuple

from ._enums import Outcome
from ._errors import FieldError, _from_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, NamedTuple

    from ._errors import CampaignsError

    class Counts(NamedTuple):
        """How many records came to which outcome."""

        total: int
        added: int
        already_present: int
        rejected: int
        not_sent: int
        unknown: int

    class RecordOutcome(NamedTuple):
        """A record that was not added, and why."""

        index: int  # type: ignore[assignment]  # stands before the tuple's own
        crm_record_id: str | None
        outcome: Outcome
        field_errors: list[FieldError]
        error: CampaignsError | None

    class DryRun(NamedTuple):
        """What an upload of the same source would do."""

        batches: int
        estimated: float | None

    class Progress(NamedTuple):
        """How far an upload is."""

        total: int | None
        done: int
        added: int
        already_present: int
        rejected: int
        requests: int
        retries: int
        records_per_second: float
        eta: float | None

    class UploadReport(NamedTuple):
        """What became of every record of an upload."""

        campaign_id: str
        complete: bool
        counts: Counts
        records: list[RecordOutcome]
        not_sent_from: int | None
        requests: int
        retries: int
        elapsed: float
        dry_run: DryRun | None

        def to_dict(self) -> dict[str, Any]:
            """The report in the words of the other languages, ready for ``json.dumps``."""

else:
    Counts = namedtuple(
        "Counts",
        ["total", "added", "already_present", "rejected", "not_sent", "unknown"],
    )
    Counts.__doc__ = """How many records came to which outcome.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.upload_records(sandbox.campaign_id, [{"crmRecordId": "CRM-1"}]).counts
        Counts(total=1, added=1, already_present=0, rejected=0, not_sent=0, unknown=0)
    """

    RecordOutcome = namedtuple(
        "RecordOutcome", ["index", "crm_record_id", "outcome", "field_errors", "error"]
    )
    RecordOutcome.__doc__ = """A record that was not added, and why.

    Attributes:
        index: Its place in the source, from 0.
        crm_record_id: Its id; None if the source gave none.
        outcome: An Outcome, never ADDED.
        field_errors: The rules it breaks, a list of FieldError.
        error: What the server, or the connection, said last, if that says more than the outcome; else None.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     report = client.upload_records(sandbox.campaign_id, [{"crmRecordId": "x" * 33}])
        >>> record = report.records[0]
        >>> record.index, record.outcome, record.field_errors[0].code
        (0, <Outcome.REJECTED: 'rejected'>, 'Size')
    """

    DryRun = namedtuple("DryRun", ["batches", "estimated"])
    DryRun.__doc__ = """What an upload of the same source would do.

    Attributes:
        batches: Requests, if nothing goes wrong.
        estimated: Seconds that they would take at the client's requests_per_minute; None without one.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     records = [{"crmRecordId": f"CRM-{n}"} for n in range(250)]
        ...     client.upload_records(sandbox.campaign_id, records, dry_run=True).dry_run
        DryRun(batches=3, estimated=None)
    """

    Progress = namedtuple(
        "Progress",
        [
            "total",
            "done",
            "added",
            "already_present",
            "rejected",
            "requests",
            "retries",
            "records_per_second",
            "eta",
        ],
    )
    Progress.__doc__ = """How far an upload is.

    Attributes:
        total: Records in the source; None while unknown.
        done: Records whose outcome is stated; the next three are among them.
        added: On the campaign by this upload.
        already_present: On the campaign before, or by an attempt whose answer was lost.
        rejected: Breaking a rule.
        requests: Requests sent, repetitions included.
        retries: Repetitions among them.
        records_per_second: Records done a second, on average so far.
        eta: Seconds left at that rate; None while unknown.

    Example:
        >>> done = []
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     report = client.upload_records(
        ...         sandbox.campaign_id, [{"crmRecordId": "CRM-1"}], progress=lambda now: done.append(now.done)
        ...     )
        >>> done[-1]
        1
    """

    class UploadReport(
        namedtuple(
            "UploadReport",
            [
                "campaign_id",
                "complete",
                "counts",
                "records",
                "not_sent_from",
                "requests",
                "retries",
                "elapsed",
                "dry_run",
            ],
        )
    ):
        __slots__ = ()

        def to_dict(self):
            """The report in the words of the other languages, ready for ``json.dumps``."""
            counts, dry_run = self.counts, self.dry_run
            report = {
                "campaignId": self.campaign_id,
                "complete": self.complete,
                "counts": {
                    "total": counts.total,
                    "added": counts.added,
                    "alreadyPresent": counts.already_present,
                    "rejected": counts.rejected,
                    "notSent": counts.not_sent,
                    "unknown": counts.unknown,
                },
                "records": [
                    {
                        "index": record.index,
                        "crmRecordId": record.crm_record_id,
                        "outcome": str(record.outcome),
                        "fieldErrors": [
                            fault._asdict() for fault in record.field_errors
                        ],
                        "error": record.error and record.error._facts,
                    }
                    for record in self.records
                ],
                "notSentFrom": self.not_sent_from,
                "requests": self.requests,
                "retries": self.retries,
                "elapsedMs": round(self.elapsed * 1000),
            }
            if dry_run is not None:
                estimated = dry_run.estimated
                report["dryRun"] = {
                    "batches": dry_run.batches,
                    "estimatedMs": None
                    if estimated is None
                    else round(estimated * 1000),
                }
            return report

    UploadReport.__doc__ = """What became of every record of an upload.

    Those in records; those from not_sent_from on, which were never reached; and all others were added.

    Attributes:
        campaign_id: The campaign.
        complete: Whether no record is not sent or unknown.
        counts: How many records came to which outcome, a Counts.
        records: Every record that was read and not added, a list of RecordOutcome in the order of the source.
        not_sent_from: The place of the first record that was never reached; None if all were.
        requests: Requests sent, repetitions included.
        retries: Repetitions among them.
        elapsed: How long it took, in seconds.
        dry_run: What a dry run found, a DryRun; None otherwise.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     report = client.upload_records(sandbox.campaign_id, [{"crmRecordId": "A"}, {"crmRecordId": ""}])
        >>> report.complete, report.counts.added, [record.index for record in report.records]
        (True, 1, [1])
        >>> report.to_dict()["counts"]["rejected"]
        1
    """


def _seconds(millis: int | None) -> float | None:
    return None if millis is None else millis / 1000


def _record(facts: dict[str, Any]) -> RecordOutcome:
    error = facts["error"]
    return RecordOutcome(
        facts["index"],
        facts["crmRecordId"],
        Outcome(facts["outcome"]),
        [FieldError(f["field"], f["code"], f["message"]) for f in facts["fieldErrors"]],
        None if error is None else _from_facts(error),
    )


def _report_of(facts: dict[str, Any]) -> UploadReport:
    """The report for a report object of the native module."""
    counts = facts["counts"]
    dry_run = facts.get("dryRun")
    return UploadReport(
        facts["campaignId"],
        facts["complete"],
        Counts(
            counts["total"],
            counts["added"],
            counts["alreadyPresent"],
            counts["rejected"],
            counts["notSent"],
            counts["unknown"],
        ),
        [_record(record) for record in facts["records"]],
        facts["notSentFrom"],
        facts["requests"],
        facts["retries"],
        facts["elapsedMs"] / 1000,
        dry_run and DryRun(dry_run["batches"], _seconds(dry_run["estimatedMs"])),
    )


def _progress(facts: dict[str, Any]) -> Progress:
    """The progress for a progress object of the native module."""
    return Progress(
        facts["total"],
        facts["done"],
        facts["added"],
        facts["alreadyPresent"],
        facts["rejected"],
        facts["requests"],
        facts["retries"],
        facts["recordsPerSecond"],
        _seconds(facts["etaMs"]),
    )


class _Bar:
    """A bar on a terminal, drawn over and over on one line."""

    WIDTH = 30

    def __init__(self, file: Any) -> None:
        self.file = file
        self.drawn = 0

    def __call__(self, now: Progress) -> None:
        line = self.line(now)
        # What was longer before is drawn over.
        self.file.write("\r" + line.ljust(self.drawn))
        self.file.flush()
        self.drawn = len(line)

    def line(self, now: Progress) -> str:
        counts = f"{now.added} added"
        if now.already_present:
            counts += f", {now.already_present} already there"
        if now.rejected:
            counts += f", {now.rejected} rejected"
        rate = f"{now.records_per_second:.0f}/s"
        if not now.total:
            return f"{now.done} records [{rate}] {counts}"
        share = now.done / now.total
        filled = round(share * self.WIDTH)
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        eta = "" if now.eta is None else f", {_clock(now.eta)} left"
        return f"{share:4.0%} |{bar}| {now.done}/{now.total} [{rate}{eta}] {counts}"

    def close(self) -> None:
        if self.drawn:
            self.file.write("\n")
            self.file.flush()


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


def _progress_of(progress: Any) -> Callable[[Progress], Any] | None:
    """What to call with the progress, for the argument of that name."""
    if progress is None or progress is False:
        return None
    if progress is True:
        file = sys.stderr
        return _Bar(file) if file is not None and file.isatty() else None
    if callable(progress):
        function: Callable[[Progress], Any] = progress
        return function
    raise TypeError(
        f"progress is {type(progress).__name__}; accepted are a callable, True, False and None"
    )


def _rows(source: Any, columns: dict[str, str] | None) -> Iterable[Any]:
    """The rows of a DataFrame as dicts with the wire names; any other iterable as it is."""
    if hasattr(source, "itertuples") and hasattr(source, "columns"):
        return _frame_rows(source, columns or {})
    if columns is not None:
        from ._errors import InvalidArgumentError

        raise InvalidArgumentError(
            "columns is for CSV files and DataFrames; records have the wire names"
        )
    rows: Iterable[Any] = source
    return rows


_FIELDS = ("crmRecordId", "scheduleAt", "priority", "rank")


def _frame_rows(frame: Any, columns: dict[str, str]) -> Iterator[dict[str, Any]]:
    from ._errors import InvalidArgumentError

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
    return _frame_dicts(frame, places)


def _frame_dicts(frame: Any, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for row in frame.itertuples(index=False, name=None):
        # What is missing is not equal to itself (NaN, NaT), or is pandas.NA, which says so by raising.
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
