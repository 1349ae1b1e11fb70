"""The simulation's own endpoint, for those that start it as a process: clock, faults, switches, what was seen.

GET  /_simulation/statistics | violations | requests | clock | switches | limits
PUT  /_simulation/clock      {"now": "2026-11-20T23:00:00Z"} | {"advance_s": 86400} | {"follow": true}
PUT  /_simulation/switches   {"latency_s": 0.05, ...}       PUT /_simulation/limits  {"requests_an_hour": 100, ...}
POST /_simulation/faults     {"case": "slow_drip", "arguments": {"interval_s": 0.1}, "path": "*/views", "times": 2}
                             or {"status": 500, "body": {...}, "headers": {...}}
POST /_simulation/actions    {"action": "rename", "repository": 1, "full_name": "a/b"} | delete | block | archive | ...
DELETE /_simulation/faults | violations | requests
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.simulated_github.answers import Answer, json_answer
from tests.simulated_github.budgets import Trigger
from tests.simulated_github.fault_cases import CASES
from tests.simulated_github.faults import Fault
from tests.simulated_github.wire import Request

if TYPE_CHECKING:
    from tests.simulated_github.server import SimulatedGitHub

PREFIX = "/_simulation/"
Told = dict[str, Any]


class Control:
    """Answers the requests of those who run the simulation; they are neither counted nor limited."""

    def __init__(self, github: "SimulatedGitHub") -> None:
        self._github = github
        self._acts: dict[tuple[str, str], Callable[[Told], object]] = {
            ("GET", "statistics"): lambda _: self._statistics(),
            ("GET", "violations"): lambda _: list(github.violations),
            ("GET", "requests"): lambda _: [asdict(seen) for seen in github.requests],
            ("GET", "clock"): lambda _: self._clock(),
            ("GET", "switches"): lambda _: self._switches(),
            ("GET", "limits"): lambda _: asdict(github.limits),
            ("PUT", "clock"): self._set_clock,
            ("PUT", "switches"): self._set_switches,
            ("PUT", "limits"): self._set_limits,
            ("POST", "faults"): self._add_fault,
            ("POST", "actions"): self._act,
            ("DELETE", "faults"): lambda _: github.faults.clear(),
            ("DELETE", "violations"): lambda _: github.violations.clear(),
            ("DELETE", "requests"): lambda _: github.requests.clear(),
        }

    def answer(self, request: Request) -> Answer:
        """Do what is asked; 400 says what was wrong with it."""
        act = self._acts.get((request.method, request.path.removeprefix(PREFIX)))
        if act is None:
            return json_answer({"message": "no such control"}, 404)
        try:
            return json_answer(act(json.loads(request.body or b"{}")))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return json_answer({"message": f"{type(error).__name__}: {error}"}, 400)

    def _statistics(self) -> Told:
        seen = self._github.requests
        owners = {
            str(owner): {"used": budget.used, "remaining": budget.remaining, "at_once": budget.greatest_in_flight}
            for owner, budget in self._github.budgets.known().items()
        }
        return {
            "requests": seen.total,
            "by_status": {str(status): count for status, count in seen.by_status.items()},
            "by_login": {str(login): count for login, count in seen.by_login.items()},
            "greatest_concurrency": seen.greatest_concurrency,
            "violations": len(self._github.violations),
            "faults_waiting": len(self._github.faults),
            "owners": owners,
        }

    def _clock(self) -> Told:
        return {"now": self._github.clock.now.isoformat()}

    def _set_clock(self, told: Told) -> Told:
        clock = self._github.clock
        if "now" in told:
            clock.now = datetime.fromisoformat(told["now"])
        if "advance_s" in told:
            clock.advance(timedelta(seconds=told["advance_s"]))
        if "follow" in told:
            (clock.follow if told["follow"] else clock.stand_still)()
        return self._clock()

    def _switches(self) -> Told:
        told = asdict(self._github.switches)
        return {**told, "retired_versions": sorted(told["retired_versions"])}

    def _set_switches(self, told: Told) -> Told:
        if "retired_versions" in told:
            told["retired_versions"] = frozenset(told["retired_versions"])
        for name, value in told.items():
            setattr(self._github.switches, name, value)
        return self._switches()

    def _set_limits(self, told: Told) -> Told:
        for name, value in told.items():
            setattr(self._github.limits, name, value)
        return asdict(self._github.limits)

    def _add_fault(self, told: Told) -> Told:
        path, times = told.pop("path", "*"), told.pop("times", None)
        case = told.pop("case", None)
        fault = CASES[case](**told.get("arguments", {})) if case else Fault(**told)
        fault.path = path
        if times is not None:
            fault.times = times
        self._github.faults.add(fault)
        return {"faults_waiting": len(self._github.faults)}

    def _act(self, told: Told) -> None:
        world, budgets = self._github.world, self._github.budgets
        match told["action"]:
            case "rename":
                world.rename(told["repository"], told["full_name"])
            case "delete":
                world.delete(told["repository"])
            case "block":
                world.block(told["repository"], told.get("reason", "dmca"))
            case "make_private":
                world.make_private(told["repository"])
            case "archive":
                world.archive(told["repository"])
            case "revoke":
                for token in world.tokens.values():
                    token.revoked = token.revoked or token.login == told["login"]
            case "use_up":
                budgets.use_up(told["owner_id"], timedelta(seconds=told.get("resets_in_s", 3600)))
            case "limit_after":
                budgets.limit_after(told["owner_id"], Trigger(told["requests"], told.get("retry_after_s", 60)))
            case other:
                raise ValueError(f"no such action: {other}")
