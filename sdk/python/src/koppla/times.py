"""Times on the wire: ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Union

Time = Union[str, datetime]


def write_time(value: Time) -> str:
    """A time for a request. @raise ValueError for a datetime that does not say in which zone it is"""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs its zone, such as datetime.now(timezone.utc)")
    return value.isoformat()


def parse_time(text: str) -> datetime:
    """A time of an answer, in UTC. (Before Python 3.11 `datetime.fromisoformat` does not know the `Z`.)"""
    return datetime.fromisoformat(re.sub(r"Z$", "+00:00", text))
