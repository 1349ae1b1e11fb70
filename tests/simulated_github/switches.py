"""How the simulated GitHub behaves as a whole; each switch may be turned while it runs."""

from dataclasses import dataclass, field

from tests.simulated_github.windows import DENSE


@dataclass(slots=True)
class Switches:
    """`window_mode`: dense_until_yesterday or sparse_with_today; `cut_off_row` adds the latter's 15th row.

    `latency_s` is slept for each answer. `star_week_begins_s` moves the weeks of the star history off midnight UTC.
    """

    window_mode: str = DENSE
    cut_off_row: bool = False
    latency_s: float = 0.0
    gzip: bool = True
    chunked: bool = False
    answers_not_modified: bool = True
    etag_changes_each_time: bool = False
    limit_headers: bool = True
    enterprise_server: bool = False
    deepest_page: int | None = None
    star_week_begins_s: int = 0
    retired_versions: frozenset[str] = field(default_factory=frozenset)
