"""`collect`: one collection now."""

import click

from collector.commands.collecting import collect_and_tell, stopping_on_signals
from collector.commands.frame import Command, Failed, Outcome, Refused, Session, pass_session
from collector.commands.repo import chosen_tenants, named, what_to_follow
from collector.run import RunInProgress, RunRequest
from data.collection.ledger import Scope
from data.repositories.models import Repository, RepositoryState
from data.repositories.repositories import repositories

RESTING = {RepositoryState.PAUSED, RepositoryState.REMOVED}


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@pass_session
def collect(session: Session, tenant: str | None, names: tuple[str, ...]) -> Outcome:
    """Collect now what is due, and say what came of it.

    Ctrl-C ends it early; what is committed stays, and the next run goes on from there.

    \b
    Example:
      python -m collector collect
      python -m collector collect --tenant acme --repo octo/hello
    """
    owners = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    found = [r for r in repositories(session.viewer, session.store) if r.tenant_id in owners]
    chosen = _collected(session, found, names) if names else found
    if not any(each.state not in RESTING for each in chosen):
        session.terminal.say(what_to_follow(owners) if not found else "All of it is paused or removed: nothing to do.")
        return Outcome({"run_id": None, "repositories": 0})
    scope = Scope(
        None if tenant is None else tuple(owners), tuple(each.repository_id for each in chosen) if names else None
    )
    with stopping_on_signals() as clock:
        try:
            return collect_and_tell(session, RunRequest(scope, "command"), clock)
        except RunInProgress as running:
            raise Failed(str(running)) from running


def _collected(session: Session, found: list[Repository], names: tuple[str, ...]) -> list[Repository]:
    """Those of the names, all of which are collected. Raises: Refused."""
    chosen = named(session, found, names)
    resting = [each.full_name for each in chosen if each.state in RESTING]
    if resting:
        raise Refused(f"{', '.join(resting)}: paused or removed. First: python -m collector repo resume TENANT NAME")
    return chosen
