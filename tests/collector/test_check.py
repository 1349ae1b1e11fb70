"""What is said at once of a token, and of a repository with it (fault cases 29, 32, 37 and 43)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from collector.discovery import PATIENCE_S, check_repository, check_token, connect, respecting_pauses
from collector.discovery import client_of as whoever_asks
from collector.errors import AccessRefused, AnswerRefused, LimitReached, Missing, TokenRefused
from collector.rate_limit import RateLimiter, pace_file
from collector.settings import Settings
from data.accounts.authority import COMMAND_LINE
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import utc_now
from data.repositories.pauses import OwnerPause, save_pauses
from tests.collector.asking import REPO, SECRET, VIEWS, Asking, asking, hello
from tests.collector.conftest import CommandLine
from tests.fake_github import Fault, Lack, Token, World
from tests.fake_github import faults as cases

APP = "ghs_installationInstallation0123456789ab"
EXPIRES = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def token(there: Asking) -> Token:
    return there.server.world.tokens[SECRET]


def test_a_classic_token_tells_its_login_owner_scopes_and_expiry() -> None:
    with asking() as there:
        token(there).expires_at = EXPIRES
        facts = check_token(there.github)
        assert (facts.kind, facts.login, facts.owner_id) == ("classic", "maintainer", 1001)
        assert (facts.scopes, facts.expires_at) == ("repo", EXPIRES)
        assert there.server.requests.targets() == ["/user"]
        token(there).kind = "fine_grained"
        assert check_token(there.github).scopes is None


def test_a_token_of_an_installation_has_no_user_and_is_asked_for_its_repositories() -> None:
    world = World([hello()], [Token(APP, kind="app", login="app", owner_id=7)])
    with asking(world=world) as there:
        facts = check_token(there.client(APP))
        assert (facts.kind, facts.login, facts.owner_id, facts.scopes) == ("app installation", None, None, None)
        assert there.server.requests.targets() == ["/installation/repositories?per_page=1"]


@pytest.mark.parametrize("case", [cases.wrong_top_type, cases.error_object_with_200])
def test_a_user_that_is_none_leaves_login_and_owner_unknown(case: Callable[[], Fault]) -> None:
    with asking(case()) as there:
        facts = check_token(there.github)
        assert (facts.login, facts.owner_id) == (None, None)


@pytest.mark.parametrize("secret", ["hunter2hunter2hunter2", "github_pta_11AAA", "0123456789abcdef" * 3, ""])
def test_what_is_no_token_of_github_is_refused_and_sent_to_nobody(secret: str) -> None:
    with asking() as there, pytest.raises(TokenRefused, match="look like a GitHub token"):
        connect(there.settings, secret, there.clock)


def test_a_repository_is_told_by_its_id_after_its_traffic_was_read_once() -> None:
    with asking() as there:
        facts = check_repository(there.github, "OCTO/Hello")[0]
        assert (facts.github_id, facts.full_name, facts.visibility) == (1, "octo/hello", "public")
        assert there.server.requests.targets() == ["/repos/OCTO/Hello", VIEWS]


def test_a_repository_under_its_former_name_is_told_by_its_present_one() -> None:
    with asking() as there:
        there.server.world.rename(1, "octo/renamed")
        assert check_repository(there.github, "octo/hello")[0].full_name == "octo/renamed"
        assert there.server.requests.targets()[-1] == "/repos/octo/renamed/traffic/views"


def test_a_repository_whose_traffic_may_not_be_read_is_refused_with_the_permission() -> None:
    with asking() as there:
        token(there).kind, token(there).lack = "fine_grained", Lack.ADMINISTRATION
        with pytest.raises(AccessRefused, match="Administration: read"):
            check_repository(there.github, "octo/hello")[0]


def test_a_private_repository_of_others_is_answered_like_a_missing_one() -> None:
    with asking() as there:
        there.server.world.repositories[1].private = True
        token(there).repositories = frozenset()
        said = []
        for name in ("octo/hello", "octo/nothing"):
            with pytest.raises(Missing) as caught:
                check_repository(there.github, name)[0]
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_an_answer_without_the_repository_is_refused() -> None:
    with asking(cases.error_object_with_200().on(REPO)) as there, pytest.raises(AnswerRefused):
        check_repository(there.github, "octo/hello")[0]


def test_somebody_who_waits_for_an_answer_is_not_kept_for_an_hour() -> None:
    with asking() as there:
        there.server.budgets.use_up(1001)
        github = connect(there.settings, SECRET, there.clock)
        with pytest.raises(LimitReached, match="60 minutes"):
            check_repository(github, "octo/hello")[0]
        assert there.clock.waits(0.5) == []
        assert PATIENCE_S < 600


def test_a_command_beside_a_run_asks_with_half_of_the_calls_at_once_from_the_bucket_of_the_run(
    run: CommandLine,
) -> None:
    with asking() as there:
        settings = Settings(there.settings.api_url, 600, 4)
        of_a_run = RateLimiter(settings, there.clock, kept_in=pace_file(run.directory, "user 1001"))
        for _ in range(240):
            with of_a_run.acquire():
                pass
        with respecting_pauses(run.store, "user 1001", connect(settings, SECRET, there.clock)) as github:
            began = there.clock.monotonic()
            list(ThreadPoolExecutor(4).map(lambda _: github.fetch("/user"), range(30)))
            assert there.server.requests.greatest_concurrency <= 2
            assert there.clock.monotonic() - began >= (30 - 12) / 10


def test_a_wait_that_github_asked_for_is_kept_and_told_to_whoever_asks_next(run: CommandLine) -> None:
    with asking(Fault(429, {"message": "Slow down"}, {"retry-after": "7200"})) as there:
        with pytest.raises(LimitReached), respecting_pauses(run.store, "user 1001", there.github) as github:
            github.fetch("/user")
        with pytest.raises(LimitReached, match="asks to wait"), respecting_pauses(run.store, "user 1001", there.github):
            pass
        with respecting_pauses(run.store, "user 1002", there.github):
            assert there.asked == 1


def test_a_token_that_is_stored_is_known_by_its_owner(run: CommandLine) -> None:
    facts = TokenFacts("classic", "maintainer", 1001, "repo", None)
    save_token(run.store, COMMAND_LINE, 1, SECRET, facts, now=utc_now())
    save_pauses(run.store, [OwnerPause("user 1001", utc_now() + timedelta(hours=1), "Why.")], utc_now())
    with pytest.raises(LimitReached, match="GitHub asks to wait until"), whoever_asks(SECRET, run.store):
        pass
    with whoever_asks("ghp_anotherAnother0123456789abcdefghijkl", run.store) as github:
        assert github.kind == "classic"
