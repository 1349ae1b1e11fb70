"""What can go wrong between us and GitHub, each with its outcome for the log and what it stops.

GitHubError
├── Transient             may be over in a moment: tried again with a growing pause, then left to the next run
│   ├── Unreachable       no connection, or it broke; HostDown when nothing listens there
│   ├── BadAnswer         cut short, too slow, not JSON, or not what was asked for
│   ├── ServerFailed      5xx
│   └── NotReady          202: GitHub is still computing
├── LimitReached          the budget of the token's owner is used up for longer than this run waits
├── RepositoryUnreadable     stops this repository, the others go on
│   ├── Missing           404: deleted, misspelt, or private and not for this token
│   ├── AccessRefused     403: the token may not read the traffic; says which permission is missing
│   └── Blocked           451, or 403 with a block: GitHub has closed it
├── TokenRefused          401: this token is of no use any more; its other repositories are left alone
├── RequestRefused        GitHub or we refuse this one call: a strange redirect, an answer too large, another 4xx
│   └── PagingLimited     422 on a deep page: what came before it is whole
└── RunStopped            nothing else would go better: the API version is gone, or TLS fails

AnswerRefused             an answer came, and is not what its endpoint should give: nothing of it is stored
NameRefused               what was typed is no repository's name, or no pattern; says why
SettingsRefused           a value of the environment cannot be used; says which, and what it may be
"""


class GitHubError(Exception):
    """A call to GitHub that brought nothing; the sentence is for people and holds no secret."""

    outcome = "failed"
    link: str | None = None  # where to mend it; valid for a short time, and for the token's tenant only

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Transient(GitHubError):
    """May be over in a moment."""


class Unreachable(Transient):
    """The connection could not be made, or broke."""

    outcome = "unreachable"


class HostDown(Unreachable):
    """Nothing answers at GitHub's address: its name is unknown, or the connection is refused."""


class BadAnswer(Transient):
    """The answer was cut short, too slow, or is not JSON."""

    outcome = "bad_answer"


class ServerFailed(Transient):
    """GitHub itself failed (5xx)."""

    outcome = "server_failed"


class NotReady(Transient):
    """GitHub is still computing the answer (202)."""

    outcome = "not_ready"


class LimitReached(GitHubError):
    """The budget is used up for longer than this run waits; `outcome` names the limit."""

    def __init__(self, message: str, outcome: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class RepositoryUnreadable(GitHubError):
    """This repository cannot be read; the others go on."""


class Missing(RepositoryUnreadable):
    """GitHub answers as if the repository did not exist (404)."""

    outcome = "missing"


class AccessRefused(RepositoryUnreadable):
    """The token may not read this; the sentence says what it lacks (403)."""

    outcome = "no_permission"


class Blocked(RepositoryUnreadable):
    """GitHub has blocked the repository (451, or 403 with a block)."""

    outcome = "blocked"


class TokenRefused(GitHubError):
    """GitHub does not accept the token (401)."""

    outcome = "token_refused"


class RequestRefused(GitHubError):
    """This one call cannot succeed as it is."""

    outcome = "refused"


class PagingLimited(RequestRefused):
    """GitHub gives no further pages of a list (422)."""


class RunStopped(GitHubError):
    """No call can succeed until something is mended; the sentence says what."""

    outcome = "stopped"


class AnswerRefused(Exception):
    """The answer as a whole is not what the endpoint should give; nothing of it is stored."""


class NameRefused(Exception):
    """What was typed cannot mean a repository; the sentence says why."""


class SettingsRefused(Exception):
    """The configuration cannot be used; the sentence says what to change."""
