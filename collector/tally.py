"""What a run has seen so far, counted visit by visit. Knows no store and no network."""

from dataclasses import dataclass, field

from collector.crew import Done
from collector.visits import GOOD
from data.collection.models import TrafficObservation
from data.traffic.models import Metric


@dataclass(slots=True)
class Tally:
    """What a run has seen so far."""

    visits: int = 0
    failures: int = 0
    good: int = 0
    rows_changed: int = 0
    repositories: set[int] = field(default_factory=set)
    views_windows: int = 0
    views_seen: int = 0
    notes: list[str] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def about_gone(self) -> list[str]:
        """What became of repositories that were deleted while the run asked about them: nobody's fault, but told."""
        if not self.gone:
            return []
        return [f"Deleted meanwhile: {len(self.gone):,} of the repositories. What was fetched of them is dropped."]

    def count(self, done: Done) -> None:
        """Add a visit."""
        self.visits += 1
        self.repositories.add(done.visit.collectable.repository.repository_id)
        for result in done.results:
            self.good += result.outcome in GOOD
            self.failures += result.outcome not in GOOD
            seen = result.observation
            if isinstance(seen, TrafficObservation) and seen.metric is Metric.VIEWS and seen.window:
                self.views_windows += 1
                self.views_seen += seen.window.total
