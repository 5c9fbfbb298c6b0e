"""Every failure. An exception survives pickle and copy with all its attributes, and never holds the API key."""

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
        "One broken rule: the field's path, the rule's code, the rule in words.\n\n"
        "Example:\n"
        "    >>> FieldError('records[0].crmRecordId', 'NotBlank', 'must not be blank').code\n"
        "    'NotBlank'"
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

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     try:
        ...         client.pause(sandbox.campaign_id)
        ...     except CampaignsError as error:
        ...         print(error.kind, error.attempts, error.outcome_unknown)
        conflict 1 False
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
        self.report: UploadReport | None = None

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The attributes too: a report, notes and whatever else was put on it later.
        return (type(self), (self.message, self._facts), self.__dict__)


class InvalidArgumentError(CampaignsError, ValueError):
    """An argument has a wrong form. Nothing was sent.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.pause("not a UUID")
        Traceback (most recent call last):
        campaigns8x8.InvalidArgumentError: ...
    """

    kind = "invalidArgument"


class ConfigError(CampaignsError, ValueError):
    """A setting is missing, unknown or wrong. Nothing was sent.

    Example:
        >>> Client(customer_site="US9", api_key="eght_x", tenant="acme01")
        Traceback (most recent call last):
        campaigns8x8.ConfigError: ...
    """

    kind = "config"


class RecordValidationError(CampaignsError, ValueError):
    """Records break rules; ``field_errors`` has every fault of every record. Nothing was sent.

    Example:
        >>> try:
        ...     NewRecord(" ", rank=float("nan"))
        ... except RecordValidationError as error:
        ...     print([fault.field for fault in error.field_errors])
        ['crmRecordId', 'rank']
    """

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

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     try:
        ...         client.pause(sandbox.campaign_id)
        ...     except ApiError as error:
        ...         print(error.status, error.title)
        409 Conflict
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
    """400: the server refused the request as wrong.

    Example:
        >>> with Sandbox(dialect="openapi") as sandbox, sandbox.client() as client:
        ...     client.pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.BadRequestError: ...
    """

    kind = "badRequest"


class UnauthorizedError(ApiError):
    """401: the key is missing, malformed or revoked.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client(api_key="eght_revoked") as client:
        ...     client.pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.UnauthorizedError: ...
    """

    kind = "unauthorized"


class ForbiddenError(ApiError):
    """403: the key lacks the API Product, or the role forbids it.

    Example:
        >>> with Sandbox(faults=["gatewayHtml:403"]) as sandbox, sandbox.client() as client:
        ...     client.pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.ForbiddenError: ...
    """

    kind = "forbidden"


class NotFoundError(ApiError):
    """404: no such campaign for this tenant on this site.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.pause("00000000-0000-4000-8000-000000000000")
        Traceback (most recent call last):
        campaigns8x8.NotFoundError: ...
    """

    kind = "notFound"


class ConflictError(ApiError):
    """409: the campaign's state, or a record already on it, forbids the request.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.ConflictError: ...
    """

    kind = "conflict"


class RateLimitedError(ApiError):
    """429: more requests than allowed.

    Example:
        >>> with Sandbox(faults=["rateLimited:60"]) as sandbox, sandbox.client(max_attempts=1) as client:
        ...     try:
        ...         client.build(sandbox.campaign_id)
        ...     except RateLimitedError as error:
        ...         print(error.retry_after)
        60.0
    """

    kind = "rateLimited"


class ServerError(ApiError):
    """5xx: the server failed.

    Example:
        >>> with Sandbox(faults=["errorBefore:503"]) as sandbox, sandbox.client(max_attempts=1) as client:
        ...     client.build(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.ServerError: ...
    """

    kind = "server"


class UnexpectedResponseError(ApiError):
    """An answer that the API never gives: a redirect, another form, too long.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client(max_response_bytes=10) as client:
        ...     client.build(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.UnexpectedResponseError: ...
    """

    kind = "unexpectedResponse"


class RequestTimeoutError(CampaignsError, TimeoutError):
    """No connection, or no answer, within the time set for one attempt.

    Example:
        >>> with Sandbox(faults=["delay:1"]) as sandbox:
        ...     with sandbox.client(timeout=0.1, max_attempts=1) as client:
        ...         client.build(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.RequestTimeoutError: ...
    """

    kind = "timeout"


class ConnectionFailedError(CampaignsError, ConnectionError):
    """The connection could not be made, or broke.

    Example:
        >>> with Client(
        ...     base_url="http://127.0.0.1:1/v1", api_key="eght_x", tenant="acme01", max_attempts=1
        ... ) as client:
        ...     client.pause("123e4567-e89b-12d3-a456-426614174000")
        Traceback (most recent call last):
        campaigns8x8.ConnectionFailedError: ...
    """

    kind = "connection"


class TlsError(CampaignsError):
    """No trust between the two ends: certificate or protocol.

    Example:
        >>> with Sandbox() as sandbox:
        ...     url = sandbox.base_url.replace("http:", "https:")  # where nobody speaks TLS
        ...     sandbox.client(base_url=url).pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.TlsError: ...
    """

    kind = "tls"


class DeadlineError(CampaignsError, TimeoutError):
    """The deadline of the whole operation passed.

    Example:
        >>> with Sandbox(build_time=5) as sandbox, sandbox.client() as client:
        ...     client.launch(sandbox.campaign_id, strategy="build_then_start", deadline=0.1)
        Traceback (most recent call last):
        campaigns8x8.DeadlineError: ...
    """

    kind = "deadline"


class CancelledError(CampaignsError):
    """Cancelled by the caller.

    Example:
        >>> cancel = Cancel()
        >>> cancel.trigger()  # usually from another thread
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.with_cancel(cancel).pause(sandbox.campaign_id)
        Traceback (most recent call last):
        campaigns8x8.CancelledError: ...
    """

    kind = "cancelled"


class StorageError(CampaignsError, OSError):
    """A file of an upload cannot be read or written: its source or its ledger.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.upload_records(sandbox.campaign_id, "missing.csv")
        Traceback (most recent call last):
        campaigns8x8.StorageError: ...
    """

    kind = "storage"


class InternalError(CampaignsError):
    """A fault of this library.

    Example:
        >>> issubclass(InternalError, CampaignsError)
        True
    """

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


def _from_facts(
    facts: dict[str, Any], report: UploadReport | None = None
) -> CampaignsError:
    """The exception for an error object of the native module; the report is that of the upload which it stopped."""
    cls = _BY_KIND.get(facts["kind"], InternalError)
    error = cls(facts["message"], facts)
    error.report = report
    return error
