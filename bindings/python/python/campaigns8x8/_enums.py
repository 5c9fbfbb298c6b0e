"""The vendor's enums, and the outcomes of an upload. Members equal their strings; an unknown value stays a plain string."""

from __future__ import annotations

from enum import Enum


class _WireEnum(str, Enum):
    """An enum whose members are, and print as, what stands on the wire."""

    __str__ = str.__str__


class CampaignState(_WireEnum):
    """Where a campaign stands. Automation branches on this, never on the display status.

    Example:
        >>> with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        ...     state = client.pause(sandbox.campaign_id).state
        >>> state is CampaignState.PAUSED, state == "PAUSED", f"{state}"
        (True, True, 'PAUSED')
    """

    CREATED = "CREATED"
    BUILDING = "BUILDING"
    READY = "READY"
    PENDING = "PENDING"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    BUILD_ERROR = "BUILD_ERROR"
    RUN_ERROR = "RUN_ERROR"
    DELETED = "DELETED"


class CampaignDisplayStatus(_WireEnum):
    """What the vendor's console shows; derived from the state, for people to read.

    Example:
        >>> CampaignDisplayStatus("READY_TO_RUN") == "READY_TO_RUN"
        True
    """

    NEW = "NEW"
    BUILDING = "BUILDING"
    BUILD_FAILED = "BUILD_FAILED"
    READY_TO_RUN = "READY_TO_RUN"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    PURGED = "PURGED"
    ERROR = "ERROR"
    ERROR_PURGED = "ERROR_PURGED"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    DISABLED = "DISABLED"


class CampaignAction(_WireEnum):
    """What can be asked of a campaign.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     client.modify_campaign(sandbox.campaign_id, CampaignAction.BUILD).state == "BUILDING"
        True
    """

    BUILD = "BUILD"
    RESET = "RESET"
    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    RETRY = "RETRY"
    CANCEL = "CANCEL"
    PURGE = "PURGE"


class Priority(_WireEnum):
    """The group in which a record is dialed: all HIGH ones first, then MEDIUM, then LOW.

    Example:
        >>> NewRecord("CRM-1", priority=Priority.LOW).to_dict()
        {'crmRecordId': 'CRM-1', 'priority': 'LOW'}
    """

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class RecordType(_WireEnum):
    """Where a record comes from.

    Example:
        >>> RecordType.DYNAMIC == "DYNAMIC"
        True
    """

    CRM_QUERY = "CRM_QUERY"
    DYNAMIC = "DYNAMIC"


class RecordState(_WireEnum):
    """Where a record stands.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     (added,) = client.add_records(sandbox.campaign_id, [NewRecord("CRM-1")])
        >>> added.state is RecordState.PENDING
        True
    """

    PENDING = "PENDING"
    REQUESTED = "REQUESTED"
    QUEUED = "QUEUED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    AGENT_ACCEPTED = "AGENT_ACCEPTED"
    COMPLETE = "COMPLETE"
    REJECTED = "REJECTED"
    DELETED = "DELETED"
    ERROR = "ERROR"


class RecordResult(_WireEnum):
    """How a record ended.

    Example:
        >>> RecordResult("SUCCESS") is RecordResult.SUCCESS
        True
    """

    SUCCESS = "SUCCESS"
    NO_VALID_NUMBER = "NO_VALID_NUMBER"
    SCHEDULE_COMPLETE = "SCHEDULE_COMPLETE"
    INTERACTION_FAILED = "INTERACTION_FAILED"
    MAX_ATTEMPTS_REACHED = "MAX_ATTEMPTS_REACHED"
    INTERACTION_SKIPPED = "INTERACTION_SKIPPED"
    CALLBACK_SCHEDULED = "CALLBACK_SCHEDULED"


class Outcome(_WireEnum):
    """What became of a record of an upload.

    Example:
        >>> with Sandbox() as sandbox, sandbox.client() as client:
        ...     report = client.upload_records(sandbox.campaign_id, [{"crmRecordId": " "}])
        >>> report.records[0].outcome is Outcome.REJECTED
        True
    """

    ADDED = "added"
    """The server said so, by this upload."""
    ALREADY_PRESENT = "alreadyPresent"
    """The server said that it is on the campaign."""
    REJECTED = "rejected"
    """It breaks a rule, told before sending or by the server. This upload did not put it on the campaign."""
    REFUSED = "refused"
    """The server refused it, sent alone, at two times or more, in words that do not say why. This upload did not put it on the
    campaign; the record's error has the server's words."""
    NOT_SENT = "notSent"
    """Never sent, or each time refused, and the upload ended before more was learned. This upload did not put it on the
    campaign."""
    UNKNOWN = "unknown"
    """A request with it got no answer; nobody knows whether it is on the campaign."""
