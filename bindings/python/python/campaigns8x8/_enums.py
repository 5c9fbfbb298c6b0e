"""The vendor's enums. Members equal their strings; a value that is not among them stays a plain string."""

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
    """This upload put it on the campaign; the server said so."""
    ALREADY_PRESENT = "alreadyPresent"
    """It is on the campaign: put there before, by somebody else, or by an attempt whose answer was lost."""
    REJECTED = "rejected"
    """It breaks a rule, and is not on the campaign by this upload."""
    NOT_SENT = "notSent"
    """Not put on the campaign by this upload: never sent, or refused for a reason that is not the record's."""
    UNKNOWN = "unknown"
    """A request with it got no answer before the upload stopped."""
