"""What takes longer than a request: followed by its id to its end."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, cast

from .errors import OperationFailed, StillRunning
from .shapes import Json, OperationState, Progress

if TYPE_CHECKING:
    from .client import Koppla

#: Seconds between two looks where the server does not say.
_PAUSE = 2.0


class Operation:
    """An operation. Its state is what the server said last: `wait` and `refresh` ask anew."""

    def __init__(self, koppla: Koppla, state: Any):
        self._koppla = koppla
        self.state = cast(OperationState, state)

    @property
    def id(self) -> str:
        return self.state["id"]

    @property
    def status(self) -> str:
        """`IN_PROGRESS`, `SUCCESS` or `ERROR`."""
        return self.state["status"]

    @property
    def message(self) -> str:
        return self.state["message"]

    @property
    def progress(self) -> Progress:
        return self.state["progress"]

    @property
    def result(self) -> Optional[Json]:
        """What came of it, in the words of its kind."""
        return self.state["result"]

    def refresh(self) -> OperationState:
        """Asks the server how it stands."""
        self._look()
        return self.state

    def wait(
        self,
        *,
        timeout: Optional[float] = None,
        progress: Optional[Callable[[OperationState], None]] = None,
    ) -> Operation:
        """Waits until it has ended.

        @param timeout  seconds; None: for as long as it takes
        @param progress  called with every new state, the last one too
        @return itself, for `result`
        @raise OperationFailed  it ended as ERROR
        @raise StillRunning  the time is over; it goes on
        """
        end = None if timeout is None else time.monotonic() + timeout
        if progress:
            progress(self.state)
        pause = 0.1
        while self.status == "IN_PROGRESS":
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise StillRunning(f"operation {self.id} is still in progress")
            # Much ends at once: the first looks come sooner than the server asks for.
            self._koppla._transport.sleep(pause if left is None else min(pause, left))
            asked = self._look()
            pause = min(pause * 2, asked)
            if progress:
                progress(self.state)
        if self.status == "ERROR":
            raise OperationFailed(self.state)
        return self

    def _look(self) -> float:
        """@return seconds after which it is worth looking again"""
        response = self._koppla.request("GET", f"/api/v1/operations/{self.id}")
        self.state = cast(OperationState, json.loads(response.body))
        return response.retry_after or _PAUSE

    def __repr__(self) -> str:
        return f"<Operation {self.state['kind']} {self.id} {self.status}>"
