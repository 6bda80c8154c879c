"""Records of a type: read, made, changed and removed."""

from __future__ import annotations

import itertools
import urllib.parse
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Mapping, Optional, Union

from .errors import NotFound
from .shapes import Id, Json, Page, PushResult
from .times import Time, write_time

if TYPE_CHECKING:
    from .client import Koppla

Filter = Mapping[str, Union[str, int, float, bool]]


class Records:
    def __init__(self, koppla: Koppla, type: str):
        self._koppla = koppla
        self._path = "/api/v1/" + urllib.parse.quote(type, safe="")

    def all(
        self,
        *,
        filter: Optional[Filter] = None,
        sort: Optional[str] = None,
        modified_since: Optional[Time] = None,
        page_size: int = 500,
    ) -> Iterator[Json]:
        """Every record, page by page: at most a page of them is held.

        @param filter  such as `{"city": "Umeå"}`, by fields that the type can be filtered by
        @param sort  a field; `-field` turns it round
        """
        return self._koppla.pages(self._path, _query(filter, sort, modified_since, page_size))

    def page(
        self,
        *,
        filter: Optional[Filter] = None,
        sort: Optional[str] = None,
        modified_since: Optional[Time] = None,
        limit: int = 50,
        cursor: Optional[str] = None,
    ) -> Page:
        """One page. @param cursor  the `next_cursor` of the one before"""
        query = {**_query(filter, sort, modified_since, limit), "cursor": cursor}
        page: Page = self._koppla.json("GET", self._path, query=query)
        return page

    def get(self, id: Id) -> Json:
        """@raise NotFound"""
        record: Json = self._koppla.json("GET", self._one(id))
        return record

    def create(self, data: Mapping[str, Any]) -> Json:
        """A new record. @raise Conflict where there is one with its id, Invalid"""
        record: Json = self._koppla.json("POST", self._path, json=dict(data))
        return record

    def put(self, id: Id, data: Mapping[str, Any], *, if_match: Optional[str] = None) -> Json:
        """Makes the record, or replaces it. @param if_match  an ETag; see `etag`"""
        record: Json = self._koppla.json("PUT", self._one(id), json=dict(data), headers=_if(if_match))
        return record

    def patch(self, id: Id, changes: Mapping[str, Any], *, if_match: Optional[str] = None) -> Json:
        """Changes the members that are given; None removes one (JSON merge patch)."""
        record: Json = self._koppla.json("PATCH", self._one(id), json=dict(changes), headers=_if(if_match))
        return record

    def remove(self, id: Id, *, if_match: Optional[str] = None) -> None:
        """@raise NotFound"""
        self._koppla.request("DELETE", self._one(id), headers=_if(if_match))

    def discard(self, id: Id) -> bool:
        """As `remove`. @return whether there was one"""
        try:
            self.remove(id)
        except NotFound:
            return False
        return True

    def etag(self, id: Id) -> str:
        """The version of a record, for `if_match`: nobody else's change is overwritten."""
        return self._koppla.request("HEAD", self._one(id)).headers["etag"]

    def push(self, records: Iterable[Mapping[str, Any]], *, on_error: Optional[str] = None) -> List[PushResult]:
        """Makes or replaces up to 10 000 records in one transaction.

        @param on_error  `stop` (where not given): all or none; `skip`: those that are wrong are left out
        @return what became of each, in their order
        @raise Invalid where one is wrong and `on_error` is not `skip`
        """
        query = {"on_error": on_error}
        answer = self._koppla.json("POST", self._path, query=query, json=[dict(one) for one in records])
        results: List[PushResult] = answer["results"]
        return results

    def push_all(
        self, records: Iterable[Mapping[str, Any]], *, size: int = 1000, on_error: Optional[str] = None
    ) -> Iterator[PushResult]:
        """As `push`, for any number: `size` of them in a transaction, sent as the results are read."""
        rest = iter(records)
        while True:
            chunk = list(itertools.islice(rest, size))
            if not chunk:
                return
            yield from self.push(chunk, on_error=on_error)

    def _one(self, id: Id) -> str:
        return f"{self._path}/{urllib.parse.quote(str(id), safe='')}"


def _if(etag: Optional[str]) -> Dict[str, str]:
    return {} if etag is None else {"If-Match": etag}


def _query(
    filter: Optional[Filter], sort: Optional[str], modified_since: Optional[Time], limit: int
) -> Dict[str, Union[str, int, None]]:
    fields = {f"filter[{name}]": _text(value) for name, value in (filter or {}).items()}
    since = None if modified_since is None else write_time(modified_since)
    return {**fields, "sort": sort, "modified_since": since, "limit": limit}


def _text(value: Union[str, int, float, bool]) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
