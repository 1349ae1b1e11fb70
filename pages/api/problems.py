"""The answer to a program that is not served: JSON that says what is wrong and what to do (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from pages.ui.addresses import NO_STORE

MEDIA_TYPE = "application/problem+json"


@dataclass
class Problem(Exception):
    """Why a request is not served; `parameter` names the one that is wrong."""

    status: HTTPStatus
    detail: str
    parameter: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        body: dict[str, Any] = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value}
        body["detail"] = self.detail
        if self.parameter is not None:
            body["errors"] = [{"parameter": self.parameter, "detail": self.detail}]
        return JSONResponse(body, self.status.value, {**NO_STORE, **self.headers}, MEDIA_TYPE)


class Invalid(Problem):
    """A parameter is not as it must be."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter)


class NotFound(Problem):
    """There is none, or none that may be seen: both are answered alike."""

    def __init__(self, what: str, parameter: str | None = None) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, f"There is no such {what}.", parameter)


class TooMany(Problem):
    """Too much was asked in too short a time."""

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(retry_after_s)})
