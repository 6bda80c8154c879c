"""Talk to a Koppla server with Python's standard library alone.

    from koppla import Koppla

    koppla = Koppla("https://koppla.example.org", token="koppla_...")
    for training in koppla.records("trainings").all():
        print(training["id"], training["name"])
"""

from .changes import Changes
from .client import Koppla
from .errors import (
    ApiError,
    Conflict,
    DryRunIgnored,
    Forbidden,
    Invalid,
    InvalidWebhook,
    KopplaError,
    LoginError,
    NotFound,
    OperationFailed,
    PreconditionFailed,
    StillRunning,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from .operations import Operation
from .records import Records
from .shapes import Change, Json, Me, OperationState, Page, Progress, PushResult, Violation
from .times import parse_time
from .webhooks import verify_webhook

__version__ = "0.1.0"

__all__ = [
    *("Koppla", "Records", "Changes", "Operation", "verify_webhook", "parse_time"),
    *("KopplaError", "ApiError", "Unauthorized", "Forbidden", "NotFound", "Conflict", "PreconditionFailed"),
    *("Invalid", "TooManyRequests", "Unavailable", "Unreachable", "LoginError", "OperationFailed"),
    *("StillRunning", "DryRunIgnored", "InvalidWebhook"),
    *("Change", "Json", "Me", "OperationState", "Page", "Progress", "PushResult", "Violation"),
]
