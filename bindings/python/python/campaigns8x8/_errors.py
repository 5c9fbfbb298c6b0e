"""What can go wrong. Every exception survives pickle and copy with all its attributes, and never holds the API key."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, NamedTuple

    from ._upload import UploadReport

    class FieldError(NamedTuple):
        """One broken rule."""

        field: str
        code: str
        message: str

else:
    FieldError = namedtuple("FieldError", ["field", "code", "message"])
    FieldError.__doc__ = (
        "One broken rule: the field's path, the rule's code, the rule in words."
    )


class CampaignsError(Exception):
    """Base of everything that this package raises.

    Attributes:
        kind: The kind, e.g. ``"conflict"``; the same word as in the other languages.
        message: What happened, in one line.
        hint: What to do next, or None.
        retryable: Whether the same call, made again a little later, is safe and may succeed.
        outcome_unknown: Whether the server may have applied the request all the same.
        attempts: How many requests were sent for the call.
        field_errors: The broken rules, a list of :class:`FieldError`.
        report: Of an upload that had to stop: what became of every record. None otherwise.
    """

    kind = ""

    def __init__(self, message: str = "", facts: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        facts = facts or {}
        self._facts = facts
        self.message = message
        self.hint: str | None = facts.get("hint")
        self.retryable: bool = facts.get("retryable", False)
        self.outcome_unknown: bool = facts.get("outcomeUnknown", False)
        self.attempts: int = facts.get("attempts", 0)
        self.field_errors: list[FieldError] = [
            FieldError(fault["field"], fault["code"], fault["message"])
            for fault in facts.get("fieldErrors", ())
        ]
        report = facts.get("report")
        self.report: UploadReport | None = None
        if report is not None:
            from ._upload import _report_of

            self.report = _report_of(report)

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The attributes too: a report, notes and whatever else was put on it later.
        return (type(self), (self.message, self._facts), self.__dict__)


class InvalidArgumentError(CampaignsError, ValueError):
    """An argument has a wrong form. Nothing was sent."""

    kind = "invalidArgument"


class ConfigError(CampaignsError, ValueError):
    """A setting is missing, unknown or wrong. Nothing was sent."""

    kind = "config"


class RecordValidationError(CampaignsError, ValueError):
    """Records break rules; ``field_errors`` has every fault of every record. Nothing was sent."""

    kind = "validation"


class ApiError(CampaignsError):
    """The server answered, and not with success.

    Attributes:
        status: The HTTP status.
        title: The vendor's summary, or None.
        detail: The vendor's explanation, or None.
        instance: The vendor's URI of the occurrence, or None. Their support asks for it.
        time: When it happened, by the vendor's clock, or None. Their support asks for it.
        body: The answer's body as text, or None.
        retry_after: How long the server asked to wait, in seconds, or None.
    """

    def __init__(self, message: str = "", facts: dict[str, Any] | None = None) -> None:
        super().__init__(message, facts)
        http: dict[str, Any] = self._facts.get("http") or {}
        problem: dict[str, Any] = http.get("problem") or {}
        wait: int | None = http.get("retryAfterMs")
        self.status: int | None = http.get("status")
        self.title: str | None = problem.get("title")
        self.detail: str | None = problem.get("detail")
        self.instance: str | None = problem.get("instance")
        self.time: datetime | None = _time(problem.get("time"))
        self.body: str | None = http.get("body")
        self.retry_after: float | None = None if wait is None else wait / 1000


class BadRequestError(ApiError):
    """400: the server refused the request as wrong."""

    kind = "badRequest"


class UnauthorizedError(ApiError):
    """401: the key is missing, malformed or revoked."""

    kind = "unauthorized"


class ForbiddenError(ApiError):
    """403: the key lacks the API Product, or the role forbids it."""

    kind = "forbidden"


class NotFoundError(ApiError):
    """404: no such campaign for this tenant on this site."""

    kind = "notFound"


class ConflictError(ApiError):
    """409: the campaign's state, or a record already on it, forbids the request."""

    kind = "conflict"


class RateLimitedError(ApiError):
    """429: more requests than allowed."""

    kind = "rateLimited"


class ServerError(ApiError):
    """5xx: the server failed."""

    kind = "server"


class UnexpectedResponseError(ApiError):
    """An answer that the API never gives: a redirect, another form, too long."""

    kind = "unexpectedResponse"


class RequestTimeoutError(CampaignsError, TimeoutError):
    """No connection, or no answer, within the time set for one attempt."""

    kind = "timeout"


class ConnectionFailedError(CampaignsError, ConnectionError):
    """The connection could not be made, or broke."""

    kind = "connection"


class TlsError(CampaignsError):
    """No trust between the two ends: certificate or protocol."""

    kind = "tls"


class DeadlineError(CampaignsError, TimeoutError):
    """The deadline of the whole operation passed."""

    kind = "deadline"


class CancelledError(CampaignsError):
    """Cancelled by the caller."""

    kind = "cancelled"


class StorageError(CampaignsError, OSError):
    """A file of an upload cannot be read or written: its source or its ledger."""

    kind = "storage"


class InternalError(CampaignsError):
    """A fault of this library."""

    kind = "internal"


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    from ._campaigns8x8 import _parse_time

    return _parse_time(text)


def _leaves(cls: type[CampaignsError]) -> dict[str, type[CampaignsError]]:
    found = {cls.kind: cls} if cls.kind else {}
    for below in cls.__subclasses__():
        if below.__module__ == __name__:
            found.update(_leaves(below))
    return found


_BY_KIND = _leaves(CampaignsError)


def _from_facts(facts: dict[str, Any]) -> CampaignsError:
    """The exception for an error object of the native module."""
    cls = _BY_KIND.get(facts["kind"], InternalError)
    return cls(facts["message"], facts)
