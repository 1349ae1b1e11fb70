"""What is asked of GitHub about each repository: one file an endpoint or a family of them, found by being here."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from collector.endpoints.endpoint import Endpoint


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Every endpoint that a module of this folder lists as its `ENDPOINTS`, the perishable first."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    listed = [endpoint for module in modules for endpoint in getattr(module, "ENDPOINTS", ())]
    return tuple(sorted(listed, key=lambda endpoint: endpoint.phase))
