"""What takes longer than a request: followed by its id to its end."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, cast

from .errors import OperationFailed, StillRunning
from .shapes import Json, OperationState, Progress

if TYPE_CHECKING:
    from .client import Koppla

#: Seconds that the server may hold a request for the end; less where somebody wants to hear of progress.
_HOLD = 30
_HOLD_FOR_PROGRESS = 2


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
        self._look(0)
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
        hold = _HOLD if progress is None else _HOLD_FOR_PROGRESS
        while self.status == "IN_PROGRESS":
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise StillRunning(f"operation {self.id} is still in progress")
            asked = time.monotonic()
            retry_after = self._look(hold if left is None else min(hold, math.ceil(left)))
            if progress:
                progress(self.state)
            # A server that is stopping does not wait.
            if self.status == "IN_PROGRESS" and time.monotonic() - asked < 0.5:
                self._koppla._transport.sleep(retry_after if left is None else max(0.0, min(retry_after, left)))
        if self.status == "ERROR":
            raise OperationFailed(self.state)
        return self

    def cancel(self) -> OperationState:
        """Has it ended: as ERROR, in a moment. @raise Conflict where it has ended already"""
        self.state = cast(OperationState, self._koppla.json("POST", f"/api/v1/operations/{self.id}/cancel"))
        return self.state

    def _look(self, wait: int) -> float:
        """@param wait  seconds that the server may hold the request @return seconds after which to look again"""
        response = self._koppla.request(
            "GET",
            f"/api/v1/operations/{self.id}",
            query={"wait": wait or None},
            timeout=self._koppla._transport.timeout + wait,
        )
        self.state = cast(OperationState, json.loads(response.body))
        return response.retry_after or 1.0

    def __repr__(self) -> str:
        return f"<Operation {self.state['kind']} {self.id} {self.status}>"
