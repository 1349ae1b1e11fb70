"""The address in a mail that ends it: with one click of a mail program (RFC 8058), or with the button of its page.

Who has the mail has the secret in it; nobody need sign in. Opened only, it changes nothing: programs look at links.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from data.calendar import utc_now
from data.reports.subscriptions import end_channel
from data.store import StoreError
from pages.ui.addresses import base_path
from pages.ui.document import plain_page
from pages.ui.session_routes import unavailable
from pages.ui.store import the_store

TITLE = "Unsubscribe"
ASK = '<p>Do you want to stop receiving these mails?</p><form method="post"><button>Unsubscribe</button></form>'


def routes() -> Sequence[BaseRoute]:
    path = f"{base_path()}/unsubscribe/{{secret}}"
    return [Route(path, ask, methods=["GET"]), Route(path, end, methods=["POST"])]


async def ask(request: Request) -> Response:
    return plain_page(TITLE, ASK, heading="Unsubscribe?")


def end(request: Request) -> Response:
    """Unsubscribed, also where it was so before; a wrong secret is answered as such."""
    try:
        ended = end_channel(the_store(), request.path_params["secret"], utc_now())
    except StoreError as error:
        return unavailable(error)
    if ended is None:
        return plain_page(TITLE, "<p>This subscription no longer exists.</p>", 404, heading="Not found")
    return plain_page(TITLE, "<p>You will no longer receive these mails.</p>", heading="Unsubscribed")
