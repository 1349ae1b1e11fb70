"""All routes for programs."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from pages.api import badges, v1


def routes() -> Sequence[BaseRoute]:
    return [*badges.routes(), *v1.routes()]
