"""All routes for programs."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from pages.api import agents, badges, metrics, shares, v1


def routes() -> Sequence[BaseRoute]:
    return [*badges.routes(), *metrics.routes(), *agents.routes(), *shares.routes(), *v1.routes()]
