"""What can go wrong between us and GitHub, each with its outcome for the log and what it stops.

GitHubError
├── Transient             may be over in a moment: tried again with a growing pause, then left to the next run
│   ├── Unreachable       no connection, or it broke; HostDown when nothing listens there
│   ├── BadAnswer         cut short, too slow, not JSON, or not what was asked for
│   ├── ServerFailed      5xx
│   └── NotReady          202: GitHub is still computing
├── LimitReached          the budget of the token's owner is used up for longer than this run waits
│   └── Overtaken         another machine collects for the token's owner now
├── RepositoryUnreadable     stops this repository, the others go on
│   ├── Missing           404: deleted, misspelt, or private and not for this token
│   ├── AccessRefused     403: the token may not read the traffic; says which permission is missing
│   └── Blocked           451, or 403 with a block: GitHub has closed it
├── TokenRefused          401: this token is of no use any more; its other repositories are left alone
├── NotGranted            the token may not read what only some choose to have read: unknown, and no failure
├── RequestRefused        GitHub or we refuse this one call: a strange redirect, an answer too large, another 4xx
│   └── PagingLimited     422 on a deep page: what came before it is whole
└── RunStopped            nothing else would go better: the API version is gone, or TLS fails

AnswerRefused             an answer came, and is not what its endpoint should give: nothing of it is stored
NameRefused               what was typed is no repository's name, or no pattern; says why
SettingsRefused           a value of the environment cannot be used; says which, and what it may be
"""

from data.collection.models import Outcome
from data.refusals import Refused


class GitHubError(Exception):
    """A call to GitHub that brought nothing; the sentence is for people and holds no secret."""

    outcome = Outcome.FAILED
    link: str | None = None  # where to fix it; valid for a short time, and for the token's tenant only

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Transient(GitHubError): ...


class Unreachable(Transient):
    outcome = Outcome.UNREACHABLE


class HostDown(Unreachable): ...


class BadAnswer(Transient):
    outcome = Outcome.BAD_ANSWER


class ServerFailed(Transient):
    outcome = Outcome.SERVER_FAILED


class NotReady(Transient):
    outcome = Outcome.NOT_READY


class LimitReached(GitHubError):
    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


class Overtaken(LimitReached): ...


class RepositoryUnreadable(GitHubError): ...


class Missing(RepositoryUnreadable):
    outcome = Outcome.MISSING


class AccessRefused(RepositoryUnreadable):
    outcome = Outcome.NO_PERMISSION


class Blocked(RepositoryUnreadable):
    outcome = Outcome.BLOCKED


class TokenRefused(GitHubError):
    outcome = Outcome.TOKEN_REFUSED


class NotGranted(GitHubError):
    outcome = Outcome.NOT_GRANTED


class RequestRefused(GitHubError):
    outcome = Outcome.REFUSED


class PagingLimited(RequestRefused): ...


class RunStopped(GitHubError):
    outcome = Outcome.STOPPED


class AnswerRefused(Exception): ...


class NameRefused(Refused): ...


class SettingsRefused(Refused): ...
