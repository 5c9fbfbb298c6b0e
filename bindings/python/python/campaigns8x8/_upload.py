"""What is reported of an upload. Imported only once something is uploaded, because importing typing costs more than the rest
of the package. A single record's outcome is a class of the native module."""

from __future__ import annotations

from typing import Any, NamedTuple

from ._campaigns8x8 import RecordOutcome


class Counts(NamedTuple):
    """How many records came to which outcome.

    Attributes:
        total: All that were read, and those of the source that were never reached, as far as their number is known.
        added: The server said so, by this upload.
        already_present: The server said that it is on the campaign.
        rejected: It breaks a rule, told before sending or by the server.
        refused: The server refused it, sent alone, at two times or more, in words that do not say why.
        not_sent: The upload ended before more was learned; this upload did not put it on the campaign.
        unknown: A request with it got no answer; nobody knows.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.upload_records(sandbox.campaign_id, [{"crmRecordId": "CRM-1"}]).counts
        Counts(total=1, added=1, already_present=0, rejected=0, refused=0, not_sent=0, unknown=0)
    """

    total: int
    added: int
    already_present: int
    rejected: int
    refused: int
    not_sent: int
    unknown: int


class DryRun(NamedTuple):
    """What an upload of the same source would do.

    Attributes:
        batches: Requests, if nothing fails.
        estimated: Seconds that they would take at the client's requests_per_minute; None without one.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     records = [{"crmRecordId": f"CRM-{n}"} for n in range(250)]
        ...     client.upload_records(sandbox.campaign_id, records, dry_run=True).dry_run
        DryRun(batches=3, estimated=None)
    """

    batches: int
    estimated: float | None


class Progress(NamedTuple):
    """How far an upload is.

    Attributes:
        total: Records in the source; None while unknown.
        done: Records whose outcome is stated; the next three are among them.
        added: The server said so, by this upload.
        already_present: The server said that they are on the campaign.
        rejected: They break a rule.
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
    """What became of every record of an upload.

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
        counts = self.counts._asdict()
        report = {
            "campaignId": self.campaign_id,
            "complete": self.complete,
            "counts": {_camel_case(name): count for name, count in counts.items()},
            "records": [record.to_dict() for record in self.records],
            "notSentFrom": self.not_sent_from,
            "requests": self.requests,
            "retries": self.retries,
            "elapsedMs": _millis(self.elapsed),
        }
        if self.dry_run is not None:
            batches, estimated = self.dry_run
            report["dryRun"] = {"batches": batches, "estimatedMs": _millis(estimated)}
        return report


def _millis(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
