"""How long the pages of this process took, for /metrics: counted, and nothing else about whoever opened them."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Histogram

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PAGE_TIMES = CollectorRegistry()
_seconds = Histogram(
    "github_traffic_page_seconds", "Time that a run of a page took.", ["page"], registry=PAGE_TIMES, buckets=BUCKETS
)


@contextmanager
def timed(page: str) -> Iterator[None]:
    began = perf_counter()
    try:
        yield
    finally:
        _seconds.labels(page or "start").observe(perf_counter() - began)
