"""Requests that are sent again where that is safe, by `urllib`."""

from __future__ import annotations

import email.utils
import http.client
import random
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Optional

from .errors import Unreachable

#: The server, or a proxy before it, is busy or away: it has not begun with the request.
_COME_BACK = frozenset({408, 429, 502, 503, 504})


@dataclass
class Request:
    method: str
    url: str
    headers: Dict[str, str] = field(default_factory=dict)
    body: Optional[bytes] = None
    #: Sending it twice does no more than sending it once.
    repeatable: bool = True
    #: How often it is sent at most; None: as often as any other.
    tries: Optional[int] = None


@dataclass
class Response:
    status: int
    #: By lower-case name.
    headers: Dict[str, str]
    body: bytes
    #: How often it was asked for.
    tries: int = 1

    @property
    def retry_after(self) -> Optional[float]:
        """Seconds that the server asks to wait."""
        return seconds_of(self.headers.get("retry-after"))


def seconds_of(text: Optional[str], now: Callable[[], float] = time.time) -> Optional[float]:
    """`Retry-After`: seconds, or a date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now())
    except (TypeError, ValueError):
        return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the token elsewhere, and makes a GET of a POST."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


class Transport:
    """@param timeout  seconds of silence
    @param tries  how often a request is sent at most
    @param longest_wait  seconds; who asks to wait longer than that is not waited for
    """

    def __init__(
        self,
        *,
        timeout: float = 30.0,
        tries: int = 4,
        longest_wait: float = 60.0,
        ca_file: Optional[str] = None,
        user_agent: str = "koppla-python",
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.timeout = timeout
        self.sleep = sleep
        self._tries = tries
        self.longest_wait = longest_wait
        self._user_agent = user_agent
        context = ssl.create_default_context(cafile=ca_file)
        self._opener = urllib.request.build_opener(
            _NoRedirects(), urllib.request.HTTPSHandler(context=context)
        )

    def send(self, request: Request, *, timeout: Optional[float] = None) -> Response:
        """The answer, whatever its status. @raise Unreachable where there was none"""
        most = self._tries if request.tries is None else request.tries
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._once(request, self.timeout if timeout is None else timeout)
            except (OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", error)
                if attempt >= most or not request.repeatable or isinstance(reason, ssl.SSLError):
                    # The URL may be told: no secret stands in it.
                    raise Unreachable(f"{request.method} {request.url}: {reason}") from error
                self.sleep(self._pause(attempt))
                continue
            response.tries = attempt
            wait = self._wait_before_again(request, response, attempt)
            if attempt >= most or wait is None:
                return response
            self.sleep(wait)

    def _wait_before_again(self, request: Request, response: Response, attempt: int) -> Optional[float]:
        """Seconds; None: the answer stands."""
        asked = response.retry_after
        # With an Idempotency-Key: the first request is still under way.
        under_way = response.status == 409 and asked is not None and "Idempotency-Key" in request.headers
        if response.status not in _COME_BACK and not under_way:
            return None
        if response.status in (502, 504) and not request.repeatable:
            return None
        if asked is not None and asked > self.longest_wait:
            return None
        return self._pause(attempt) if asked is None else asked

    @staticmethod
    def _pause(attempt: int) -> float:
        """Longer each time, and not for all clients the same."""
        return min(10.0, 0.25 * 2.0**attempt) * random.uniform(0.5, 1.0)

    def _once(self, request: Request, timeout: float) -> Response:
        headers = {"User-Agent": self._user_agent, "Accept": "application/json", **request.headers}
        sent = urllib.request.Request(request.url, request.body, headers, method=request.method)
        try:
            with self._opener.open(sent, timeout=timeout) as answer:
                return Response(answer.status, _lower(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, _lower(error.headers), error.read())


def _lower(headers: Any) -> Dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
