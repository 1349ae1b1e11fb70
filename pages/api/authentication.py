"""Who asks: the token of a request, in whichever way programs can send one, and how often it may be used."""

import base64
from collections.abc import Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from data.accounts.api_tokens import ApiAccess, InvalidToken, access_of_token, is_well_formed, note_use
from data.calendar import utc_now
from data.store import StoreError
from pages.api.limits import OF_A_TOKEN, OF_FAILURES
from pages.api.problems import Problem, TooMany
from pages.ui.addresses import base_path, link_target
from pages.ui.session_routes import NO_DATA, log
from pages.ui.store import the_store

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="GitHub Traffic", Basic realm="GitHub Traffic", charset="UTF-8"'}
LINKS = {"link", "token"}  # the parameters that may hold the secret of a data link

Answer = Callable[[Request, ApiAccess], Response]


def authenticated(answer: Answer) -> Callable[[Request], Response]:
    """A route that is served to whoever has a token; what it raises is answered as JSON. Runs in a thread."""

    def route(request: Request) -> Response:
        return answer_or_problem(lambda: answer(request, access_of_request(request)))

    return route


def answer_or_problem(answer: Callable[[], Response]) -> Response:
    """The answer, or why there is none."""
    try:
        return answer()
    except Problem as refusal:
        return refusal.response()
    except StoreError as error:
        log.error("a program got no data: %s", error)
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, NO_DATA, headers={"Retry-After": "60"}).response()


def access_of_request(request: Request) -> ApiAccess:
    """Raises: Problem (401, 429), StoreError."""
    secret, now = secret_of(request), utc_now()
    if secret is None:
        sentence = "Send a token: in the header Authorization as Bearer, or as the password of Basic."
        raise Problem(HTTPStatus.UNAUTHORIZED, sentence, headers=CHALLENGE)
    try:
        access = access_of_token(the_store(), secret, now)
    except InvalidToken as refusal:
        wait_s = OF_FAILURES.take(the_store(), address_of(request))  # whoever has a good one is served all the same
        if wait_s is not None:
            raise TooMany(
                "Too many wrong tokens from this address. Wait, then send the right one.", wait_s
            ) from refusal
        raise Problem(HTTPStatus.UNAUTHORIZED, str(refusal), headers=CHALLENGE) from refusal
    if access.token.target is None and _of_header(request) is None:
        sentence = (
            "A token is never sent in an address, which logs and histories keep. Send it in the header, or make a link."
        )
        raise Problem(HTTPStatus.UNAUTHORIZED, sentence, headers=CHALLENGE)
    if access.token.target is not None and access.token.target != target_of(request):
        raise Problem(HTTPStatus.FORBIDDEN, "This link is for another address. Its filters cannot be changed.")
    wait_s = OF_A_TOKEN.take(the_store(), str(access.token.token_id))
    if wait_s is not None:
        raise TooMany("This token is used too often. Wait, or ask for larger pages.", wait_s)
    note_use(the_store(), access.token, now)
    return access


def secret_of(request: Request) -> str | None:
    """The token that was sent, good or bad; None where none was."""
    sent = _of_header(request)
    if sent is not None:
        return sent
    return next((request.query_params[name] for name in sorted(LINKS) if name in request.query_params), None)


def target_of(request: Request) -> str:
    """What a request asks for, without the secret of a data link: the path below the app's and the other parameters."""
    parameters = [each for each in request.query_params.multi_items() if each[0] not in LINKS]
    return link_target(request.url.path.removeprefix(base_path()), parameters)


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _of_header(request: Request) -> str | None:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return rest.strip()
    return _of_basic(rest.strip()) if scheme.casefold() == "basic" else None


def _of_basic(encoded: str) -> str:
    """The name or the password, whichever is a token: programs can mostly send one of them only."""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:  # no base64, or not of text
        return ""
    return name if is_well_formed(name) else password
