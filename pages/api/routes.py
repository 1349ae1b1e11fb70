"""All routes for programs."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from pages.api import agents, monitoring, sharing, v1


def routes() -> Sequence[BaseRoute]:
    return [*sharing.routes(), *monitoring.routes(), *agents.routes(), *v1.routes()]
