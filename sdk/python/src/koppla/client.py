"""The client: one account of one server."""

from __future__ import annotations

import json as _json
import os
import urllib.parse
import uuid
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Union

from .changes import Changes
from .errors import DryRunIgnored, api_error
from .http import Request, Response, Transport
from .login import AccessTokens, ApiToken, Code
from .operations import Operation
from .records import Records
from .shapes import Json, Me, Page
from .times import Time, write_time

#: What stands in a query; None is left out.
Query = Mapping[str, Union[str, int, bool, None]]


class Koppla:
    """Talks to a server in the name of an account.

    With `client_id` it logs in by OAuth 2.0 and renews its access token by itself; without, `token` is sent as it is
    (for accounts without one-time codes).

    @param url  the server's address
    @param token  the account's API token, `koppla_...`
    @param totp  a one-time code, or a function that asks for one
    @param totp_secret  the secret of the codes, from which they are made
    @param scope  less than the account may, such as `trainings:read`
    @param dry_run  nothing is stored, sent or started; see `dry`
    @param base_url  where the API is, in place of what the answer to the login says
    @param timeout  seconds of silence after which a request has failed
    @param tries  how often a request is sent at most, where that is safe
    @param ca_file  certificates (PEM) to trust, beside a public authority's
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        client_id: Optional[str] = None,
        totp: Optional[Code] = None,
        totp_secret: Optional[str] = None,
        scope: Optional[str] = None,
        dry_run: bool = False,
        dry_run_header: str = "Dry-Run",
        base_url: Optional[str] = None,
        timeout: float = 30.0,
        tries: int = 4,
        ca_file: Optional[str] = None,
    ):
        url = url.rstrip("/")
        base_url = base_url.rstrip("/") if base_url else None
        self._transport = Transport(timeout=timeout, tries=tries, ca_file=ca_file)
        self._login: Union[ApiToken, AccessTokens]
        if client_id is None:
            self._login = ApiToken(base_url or url, token)
        else:
            self._login = AccessTokens(
                self._transport,
                url,
                client_id=client_id,
                token=token,
                totp=totp,
                totp_secret=totp_secret,
                scope=scope,
                base_url=base_url,
            )
        self._dry_run = dry_run
        self._dry_run_header = dry_run_header

    @classmethod
    def from_environment(cls, **more: Any) -> Koppla:
        """From KOPPLA_URL, KOPPLA_TOKEN and, where they are set, KOPPLA_CLIENT_ID and KOPPLA_TOTP_SECRET."""
        given = {
            "client_id": os.environ.get("KOPPLA_CLIENT_ID") or None,
            "totp_secret": os.environ.get("KOPPLA_TOTP_SECRET") or None,
        }
        return cls(os.environ["KOPPLA_URL"], os.environ["KOPPLA_TOKEN"], **{**given, **more})

    def dry(self) -> Koppla:
        """The same account; whatever it changes is checked and answered as if it were done, and is not done.

        @raise DryRunIgnored  (by its methods) where the server does not say that it was only rehearsed
        """
        twin = object.__new__(Koppla)
        twin.__dict__.update(self.__dict__)
        twin._dry_run = True
        return twin

    def me(self) -> Me:
        """Who this is: organisation, account, grants."""
        me: Me = self.json("GET", "/api/v1/me")
        return me

    def records(self, type: str) -> Records:
        """The records of a type, such as `trainings`."""
        return Records(self, type)

    def changes(
        self,
        *,
        since: Union[str, int] = "beginning",
        topics: Sequence[str] = (),
        follow: bool = True,
        wait: int = 30,
        page_size: int = 500,
    ) -> Changes:
        """What has changed, oldest first: an iterator, whose `cursor` is what to go on with the next time.

        @param since  a cursor, or the `sequence` of the last change that was dealt with; `beginning`; `now`
        @param topics  those only, such as `Trainings.*`
        @param follow  waits for news at the end of the feed, for ever; else it ends there
        @param wait  seconds (60 at most) that the server holds a request for which there is no news
        """
        return Changes(self, since=str(since), topics=topics, follow=follow, wait=wait, page_size=page_size)

    def operation(self, id: str) -> Operation:
        """An operation, as it stands now."""
        return Operation(self, self.json("GET", f"/api/v1/operations/{quote(id)}"))

    def operations(self, **filters: Union[str, int, None]) -> Iterator[Operation]:
        """Operations, newest first."""
        for state in self.pages("/api/v1/operations", filters):
            yield Operation(self, state)

    def start(self, method: str, path: str, json: Any = None) -> Operation:
        """Begins what takes longer than a request: any route that answers 202 with an operation."""
        return Operation(self, self.json(method, path, json=json))

    def run(self, action: str, input: Any = None) -> Operation:
        """Runs an action that the server offers. @param input  as its schema says; none: an empty object"""
        body = {} if input is None else input
        return self.start("POST", f"/api/v1/actions/{quote(action)}", body)

    def recover(
        self, receiver_id: str, *, since: Time, until: Optional[Time] = None, status: Optional[str] = None
    ) -> Operation:
        """Sends a receiver again what failed in a time."""
        body = {"since": write_time(since)}
        if until is not None:
            body["until"] = write_time(until)
        if status is not None:
            body["status"] = status
        return self.start("POST", f"/api/v1/receivers/{quote(receiver_id)}/recover", body)

    def pages(self, path: str, query: Optional[Query] = None) -> Iterator[Json]:
        """The items of any list, page by page."""
        parameters = dict(query or {})
        while True:
            page: Page = self.json("GET", path, query=parameters)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            parameters["cursor"] = page["next_cursor"]

    def json(self, method: str, path: str, *, query: Optional[Query] = None, json: Any = None, **more: Any) -> Any:
        """As `request`: what the answer holds; None where it is empty."""
        response = self.request(method, path, query=query, json=json, **more)
        return _json.loads(response.body) if response.body else None

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Query] = None,
        json: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        timeout: Optional[float] = None,
    ) -> Response:
        """Any request of the API; `path` is below the base URL. @raise ApiError, Unreachable, LoginError"""
        given = {name: str(value) for name, value in (query or {}).items() if value is not None}
        sent: Dict[str, str] = dict(headers or {})
        body = None
        if json is not None:
            body = _json.dumps(json, ensure_ascii=False, allow_nan=False).encode()
            sent["Content-Type"] = "application/json"
        if method == "POST":
            # So that it may be sent again when nobody knows whether it arrived.
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        rehearsed = self._dry_run and method not in ("GET", "HEAD", "OPTIONS")
        if rehearsed:
            sent[self._dry_run_header] = "true"
        for again in (True, False):
            token = self._login.token()
            url = self._login.base_url() + path + ("?" + urllib.parse.urlencode(given) if given else "")
            sent["Authorization"] = f"Bearer {token}"
            response = self._transport.send(Request(method, url, sent, body), timeout=timeout)
            # It may have been revoked, or the server's clock be another: one more login, not two.
            if response.status != 401 or not again or not self._login.renew(token):
                break
        # The first try removed it, and its answer was lost.
        is_gone = method == "DELETE" and response.status == 404 and response.tries > 1
        if not 200 <= response.status < 300 and not is_gone:
            raise api_error(response.status, response.headers, response.body, response.retry_after)
        if rehearsed and response.headers.get(self._dry_run_header.lower(), "").lower() != "true":
            raise DryRunIgnored(f"{method} {path}: the answer lacks the header {self._dry_run_header}")
        return response


def quote(part: str) -> str:
    """A part of a path."""
    return urllib.parse.quote(part, safe="")
