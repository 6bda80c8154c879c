"""What the server answers, as types. The tests hold them against the server's OpenAPI document."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, TypedDict, Union

#: A JSON object: a record, with its `id` and `_meta`.
Json = Dict[str, Any]
#: The id of a record.
Id = Union[int, str]


class Violation(TypedDict):
    field: str
    message: str


class Page(TypedDict):
    items: List[Json]
    next_cursor: Optional[str]


class _Pushed(TypedDict):
    id: Optional[Id]
    #: `created`, `updated`, `unchanged` or `rejected`.
    status: str


class PushResult(_Pushed, total=False):
    #: What is wrong, of one that was rejected.
    violations: List[Violation]


class Progress(TypedDict):
    done: int
    #: None while it is not known.
    total: Optional[int]


class OperationState(TypedDict):
    id: str
    kind: str
    #: `IN_PROGRESS`, `SUCCESS` or `ERROR`.
    status: str
    message: str
    progress: Progress
    resource_type: Optional[str]
    resource_name: Optional[str]
    submitted_at: str
    submitted_by: Optional[str]
    last_updated_at: str
    completed_at: Optional[str]
    result: Optional[Json]


class _Changed(TypedDict):
    sequence: int
    topic: str
    action: str
    object: str
    id: Id
    at: str


class Change(_Changed, total=False):
    #: Where to fetch it; what was removed has none.
    url: str
    #: Who acted in somebody's name.
    actor: str


class Me(TypedDict):
    organisation: Json
    subject: Json
    grants: List[Json]
