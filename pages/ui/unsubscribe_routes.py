"""The address in a mail that ends it: with one click of a mail program (RFC 8058), or with the button of its page.

Who has the mail has the secret in it; nobody need sign in. Opened only, it changes nothing: programs look at links.
"""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from data.calendar import utc_now
from data.reports.subscriptions import end_channel
from data.store import StoreError
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.session_routes import unavailable
from pages.ui.store import the_store

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Unsubscribe · GitHub Traffic</title>
<style>
body {{ font: 1rem/1.5 sans-serif; color-scheme: light dark; margin: 15vh auto; width: 20rem }}
button {{ font: inherit; padding: .4em 1em }}
</style>
<h1>{title}</h1>
{text}
"""
ASK = '<p>Do you want to stop receiving these mails?</p><form method="post"><button>Unsubscribe</button></form>'


def routes() -> Sequence[BaseRoute]:
    path = f"{base_path()}/unsubscribe/{{secret}}"
    return [Route(path, ask, methods=["GET"]), Route(path, end, methods=["POST"])]


async def ask(request: Request) -> Response:
    return HTMLResponse(PAGE.format(title="Unsubscribe?", text=ASK), headers=NO_STORE)


async def end(request: Request) -> Response:
    """Unsubscribed, also where it was so before; a wrong secret is answered as such."""
    try:
        ended = await run_in_threadpool(end_channel, the_store(), request.path_params["secret"], utc_now())
    except StoreError as error:
        return unavailable(error)
    if ended is None:
        text = "<p>This subscription no longer exists.</p>"
        return HTMLResponse(PAGE.format(title="Not found", text=text), 404, headers=NO_STORE)
    text = "<p>You will no longer receive these mails.</p>"
    return HTMLResponse(PAGE.format(title="Unsubscribed", text=text), headers=NO_STORE)
