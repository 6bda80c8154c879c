"""What can go wrong, as exceptions. All of them are `KopplaError`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Mapping, Optional

if TYPE_CHECKING:
    from .shapes import OperationState, Violation


class KopplaError(Exception):
    """Whatever this package raises of its own."""


class Unreachable(KopplaError):
    """The server could not be reached, or broke the connection off, at every try."""


class LoginError(KopplaError):
    """No access token was given. `error` is the code of RFC 6749, such as `invalid_client`."""

    def __init__(self, error: str, description: str, status: int = 0, retry_after: Optional[float] = None):
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.status = status
        #: Seconds after which another try makes sense.
        self.retry_after = retry_after


class InvalidWebhook(KopplaError):
    """A webhook that was not sent by the server, or not just now."""


class DryRunIgnored(KopplaError):
    """A request was to be rehearsed, and the server did not say that it was: it may have been carried out."""


class StillRunning(KopplaError):
    """An operation had not ended when the time to wait was over. It goes on."""


class OperationFailed(KopplaError):
    """An operation ended as ERROR. `operation` is its last state."""

    def __init__(self, operation: OperationState):
        super().__init__(operation["message"])
        self.operation = operation


class ApiError(KopplaError):
    """The server's answer is a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        *,
        title: str,
        detail: str,
        code: str,
        violations: list[Violation],
        request_id: Optional[str],
        retry_after: Optional[float],
    ):
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.title = title
        self.detail = detail
        #: The kind of problem, for programs, such as `not_found`; empty where something else than Koppla answered.
        self.code = code
        #: What of the input is wrong: `[{"field": ..., "message": ...}]`.
        self.violations = violations
        #: By which the server's log can be searched.
        self.request_id = request_id
        #: Seconds after which another try makes sense.
        self.retry_after = retry_after


class Unauthorized(ApiError):
    """401: the token is not (or no longer) good."""


class Forbidden(ApiError):
    """403: the account lacks a grant."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: what is stored stands against it."""


class PreconditionFailed(ApiError):
    """412: somebody else has changed it meanwhile."""


class Invalid(ApiError):
    """422: `violations` says what of the input is wrong."""


class TooManyRequests(ApiError):
    """429, at every try."""


class Unavailable(ApiError):
    """502, 503, 504: the server is away for the moment, at every try."""


_KINDS = {
    **{401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 412: PreconditionFailed, 422: Invalid},
    **{429: TooManyRequests, 502: Unavailable, 503: Unavailable, 504: Unavailable},
}


def api_error(status: int, headers: Mapping[str, str], body: bytes, retry_after: Optional[float]) -> ApiError:
    """The exception for an answer that is an error. @param headers  by lower-case name"""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    return _KINDS.get(status, ApiError)(
        status,
        title=str(problem.get("title") or "The server answered with an error"),
        detail=str(problem.get("detail") or ""),
        code=str(problem.get("code") or ""),
        violations=problem.get("violations") or [],
        request_id=headers.get("x-request-id"),
        retry_after=retry_after,
    )
