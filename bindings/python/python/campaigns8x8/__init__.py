"""Client for the 8x8 Contact Center Campaigns API.

    from campaigns8x8 import Client, NewRecord

    with Client(customer_site="US1") as client:  # key and tenant from CAMPAIGNS8X8_… in the environment
        client.launch(campaign_id)
        client.add_records(campaign_id, [NewRecord("CRM-12345")])
        report = client.upload_records(campaign_id, "contacts.csv", progress=True)
        client.stop(campaign_id)

Every call blocks, releases the GIL, and can be ended with Ctrl-C. A client may be shared by threads and works in a forked
child. A call that fails raises a :class:`CampaignsError`; ``outcome_unknown`` tells whether the server may have done it all
the same, because the API has no way to look.
"""

from ._campaigns8x8 import (
    Campaign,
    Cancel,
    Client,
    NewRecord,
    Record,
    RecordCount,
    RecordOutcome,
    Sandbox,
    __version__,
)
from ._enums import (
    CampaignAction,
    CampaignDisplayStatus,
    CampaignState,
    Outcome,
    Priority,
    RecordResult,
    RecordState,
    RecordType,
)
from ._errors import (
    ApiError,
    BadRequestError,
    CampaignsError,
    CancelledError,
    ConfigError,
    ConflictError,
    ConnectionFailedError,
    DeadlineError,
    FieldError,
    ForbiddenError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    RateLimitedError,
    RecordValidationError,
    RequestTimeoutError,
    ServerError,
    StorageError,
    TlsError,
    UnauthorizedError,
    UnexpectedResponseError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._upload import Counts, DryRun, Progress, UploadReport

_UPLOADS = ("Counts", "DryRun", "Progress", "UploadReport")

__all__ = [
    "ApiError",
    "BadRequestError",
    "Campaign",
    "CampaignAction",
    "CampaignDisplayStatus",
    "CampaignState",
    "CampaignsError",
    "Cancel",
    "CancelledError",
    "Client",
    "ConfigError",
    "ConflictError",
    "ConnectionFailedError",
    "Counts",
    "DeadlineError",
    "DryRun",
    "FieldError",
    "ForbiddenError",
    "InternalError",
    "InvalidArgumentError",
    "NewRecord",
    "NotFoundError",
    "Outcome",
    "Priority",
    "Progress",
    "RateLimitedError",
    "Record",
    "RecordCount",
    "RecordOutcome",
    "RecordResult",
    "RecordState",
    "RecordType",
    "RecordValidationError",
    "RequestTimeoutError",
    "Sandbox",
    "ServerError",
    "StorageError",
    "TlsError",
    "UnauthorizedError",
    "UnexpectedResponseError",
    "UploadReport",
    "__version__",
]


def __getattr__(name: str) -> object:
    # Importing typing costs more than importing the rest of the package, and few programs name these.
    if name in _UPLOADS:
        from . import _upload

        return getattr(_upload, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_UPLOADS))
