"""Access tokens: fetched with the account's secret, renewed before they end."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.parse
from typing import Any, Callable, Dict, Optional, Union

from .errors import LoginError, Unreachable
from .http import Request, Response, Transport
from .totp import STEP, code_at

#: A code that a person read, or what asks for one.
Code = Union[str, Callable[[], str]]


class ApiToken:
    """The account's token itself, for accounts without one-time codes."""

    def __init__(self, base_url: str, token: str):
        self._base_url = base_url
        self._token = token

    def base_url(self) -> str:
        return self._base_url

    def token(self) -> str:
        return self._token

    def renew(self, stale: str) -> bool:
        return False


class AccessTokens:
    """OAuth 2.0: client credentials, and the refresh token where there is one. Threads may share it."""

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        client_id: str,
        token: str,
        totp: Optional[Code] = None,
        totp_secret: Optional[str] = None,
        scope: Optional[str] = None,
        base_url: Optional[str] = None,
    ):
        self._transport = transport
        self._url = url
        self._fixed_base_url = base_url
        # RFC 6749, 2.3.1: encoded as in a form before they are joined.
        pair = ":".join(urllib.parse.quote_plus(part) for part in (client_id, token))
        self._basic = "Basic " + base64.b64encode(pair.encode()).decode()
        self._totp = totp
        self._totp_secret = totp_secret
        self._scope = scope
        self._lock = threading.Lock()
        self._access: Optional[str] = None
        self._refresh: Optional[str] = None
        self._base_url = base_url or url
        self._renew_at = 0.0
        self._last_step = -1

    def base_url(self) -> str:
        """Where the API is: as the answer to the login says."""
        self.token()
        return self._base_url

    def token(self) -> str:
        """One that is good for a while. @raise LoginError, Unreachable"""
        with self._lock:
            if self._access is None or time.monotonic() >= self._renew_at:
                self._fetch()
            assert self._access is not None
            return self._access

    def renew(self, stale: str) -> bool:
        """Fetches another in place of one that was refused. @return whether there is another now"""
        with self._lock:
            if self._access == stale:
                self._fetch()
            return self._access != stale

    def _fetch(self) -> None:
        refresh, self._refresh = self._refresh, None
        if refresh is not None:
            try:
                # Never twice: a refresh token that is used again counts as stolen, and ends all that came of it.
                form = {"grant_type": "refresh_token", "refresh_token": refresh}
                return self._take(self._ask(form, tries=1))
            except (LoginError, Unreachable):
                # It has ended, or nobody knows whether it was used: the secret is still good.
                pass
        self._take(self._log_in())

    def _log_in(self) -> Dict[str, Any]:
        form = {"grant_type": "client_credentials"}
        if self._scope is not None:
            form["scope"] = self._scope
        if self._totp_secret is None:
            if self._totp is not None:
                form["totp"] = self._totp if isinstance(self._totp, str) else self._totp()
            return self._ask(form)
        for again in (True, True, False):
            try:
                return self._ask({**form, "totp": self._next_code(self._totp_secret)})
            except LoginError as error:
                # Another program has used the code, or the server is busy: it says when another one makes sense.
                wait = error.retry_after
                if not again or wait is None or wait > self._transport.longest_wait:
                    raise
                self._transport.sleep(wait)
        raise AssertionError("not reached")

    def _next_code(self, secret: str) -> str:
        """A code is good once: where this step's has been used, the next one's is waited for."""
        if int(time.time()) // STEP <= self._last_step:
            self._transport.sleep((self._last_step + 1) * STEP - time.time())
        now = time.time()
        self._last_step = int(now) // STEP
        return code_at(secret, now)

    def _ask(self, form: Dict[str, str], tries: Optional[int] = None) -> Dict[str, Any]:
        response = self._transport.send(
            Request(
                "POST",
                self._url + "/oauth/token",
                {"Authorization": self._basic, "Content-Type": "application/x-www-form-urlencoded"},
                urllib.parse.urlencode(form).encode(),
                # A code is not sent again: it may have been used, and after a while it is none any more.
                tries=1 if "totp" in form else tries,
            )
        )
        answer = _object(response)
        if response.status != 200 or "access_token" not in answer:
            error = str(answer.get("error") or f"status {response.status}")
            description = str(answer.get("error_description") or "the server gave no token")
            raise LoginError(error, description, response.status, response.retry_after)
        return answer

    def _take(self, answer: Dict[str, Any]) -> None:
        base_url = self._fixed_base_url or str(answer.get("base_url") or self._url).rstrip("/")
        if self._url.startswith("https:") and not base_url.startswith("https:"):
            raise LoginError("insecure", "the server would have the token sent without TLS")
        life = float(answer.get("expires_in", 60))
        self._access = str(answer["access_token"])
        self._refresh = answer.get("refresh_token")
        self._base_url = base_url
        # Early enough that it does not end on its way.
        self._renew_at = time.monotonic() + life - min(30.0, life / 5)


def _object(response: Response) -> Dict[str, Any]:
    try:
        answer = json.loads(response.body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
