"""Queries: questions with one typed answer that change nothing."""

from typing import Generic, TypeVar

import msgspec

from codey_tui.protocol.actions import AuditRow, Rule
from codey_tui.protocol.models import ModelsHere, Route, SessionInfo, Status

T = TypeVar("T")


class QueryBase(msgspec.Struct, Generic[T], frozen=True, kw_only=True, tag=True):
    """Base of every Query; the type parameter is the answer's type."""


class GetStatus(QueryBase[Status], frozen=True):
    """The engine as it is now."""


class ListSessions(QueryBase[list[SessionInfo]], frozen=True):
    """Stored sessions of the workspace, the latest first."""

    limit: int = 50


class GetAudit(QueryBase[list[AuditRow]], frozen=True):
    """Audit rows, the latest last; of one session, or of all with an empty `session`."""

    session: str = ""
    limit: int = 200


class GetRoute(QueryBase[Route], frozen=True):
    """How the router would decide a request; nothing is run."""

    text: str


class GetChunkText(QueryBase[str], frozen=True):
    """The whole generated text of a chunk, by its id."""

    chunk_id: str


class ListRules(QueryBase[list[Rule]], frozen=True):
    """Every rule that is in force, in the order shipped, user's, workspace's, remembered."""


class ListModels(QueryBase[ModelsHere], frozen=True):
    """The models of this machine and of the catalogue, those that fit first."""


Query = GetStatus | ListSessions | GetAudit | GetRoute | GetChunkText | ListRules | ListModels
Answer = Status | list[SessionInfo] | list[AuditRow] | Route | str | list[Rule] | ModelsHere

ANSWERS: dict[type, object] = {
    GetStatus: Status,
    ListSessions: list[SessionInfo],
    GetAudit: list[AuditRow],
    GetRoute: Route,
    GetChunkText: str,
    ListRules: list[Rule],
    ListModels: ModelsHere,
}
