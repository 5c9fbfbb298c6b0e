"""Client for the 8x8 Contact Center Campaigns API.

    from campaigns8x8 import Client, NewRecord

    with Client(customer_site="US1") as client:  # key and tenant from CAMPAIGNS8X8_… in the environment
        client.launch(campaign_id)
        client.add_records(campaign_id, [NewRecord("CRM-12345")])
        client.stop(campaign_id)

Every call blocks, releases the GIL, and can be ended with Ctrl-C. A client may be shared by threads and works in a forked
child. What goes wrong is a :class:`CampaignsError`; ``outcome_unknown`` tells whether the server may have done it all the
same, because the API has no way to look.
"""

from ._campaigns8x8 import (
    Campaign,
    Client,
    NewRecord,
    Record,
    RecordCount,
    Sandbox,
    __version__,
)
from ._enums import (
    CampaignAction,
    CampaignDisplayStatus,
    CampaignState,
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

__all__ = [
    "ApiError",
    "BadRequestError",
    "Campaign",
    "CampaignAction",
    "CampaignDisplayStatus",
    "CampaignState",
    "CampaignsError",
    "CancelledError",
    "Client",
    "ConfigError",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineError",
    "FieldError",
    "ForbiddenError",
    "InternalError",
    "InvalidArgumentError",
    "NewRecord",
    "NotFoundError",
    "Priority",
    "RateLimitedError",
    "Record",
    "RecordCount",
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
    "__version__",
]
