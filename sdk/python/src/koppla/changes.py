"""The feed of changes, by polling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, List, Sequence

from .shapes import Change

if TYPE_CHECKING:
    from .client import Koppla


class Changes:
    """An iterator over changes, oldest first.

    `cursor` says where to go on: after each change, behind that change. Keep it together with what was done about it.
    """

    def __init__(
        self, koppla: Koppla, *, since: str, topics: Sequence[str], follow: bool, wait: int, page_size: int
    ):
        self._koppla = koppla
        self.cursor = since
        self._topics = ",".join(topics) or None
        self._follow = follow
        self._wait = wait
        self._page_size = page_size
        self._ready: List[Change] = []
        #: Where the page ends that is being given out.
        self._page_end = since

    def __iter__(self) -> Iterator[Change]:
        return self

    def __next__(self) -> Change:
        while not self._ready:
            if not self._fetch():
                raise StopIteration
        change = self._ready.pop(0)
        self.cursor = str(change["sequence"]) if self._ready else self._page_end
        return change

    def _fetch(self) -> bool:
        """@return False: the feed has ended, and nobody wants to wait"""
        since = self.cursor
        wait = self._wait if self._follow else None
        query = {"since": since, "topics": self._topics, "limit": self._page_size, "wait": wait}
        # The server answers after `wait` at the latest.
        timeout = self._koppla._transport.timeout + (wait or 0)
        page = self._koppla.json("GET", "/api/v1/changes", query=query, timeout=timeout)
        self._ready = page["items"]
        self._page_end = page["next_cursor"]
        if not self._ready:
            self.cursor = self._page_end
        # A page may be empty though more lies beyond: then its cursor is another.
        return bool(self._ready) or self._follow or self._page_end != since
