"""`init`, `check`, `backup`, `restore`, `store copy`, `key rotate`: the installation as a whole."""

import os
from pathlib import Path

import click

from collector.commands.frame import Command, CommandGroup, CommandRefused, CommandResult, Session, pass_session
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import KEY_FILE, KEY_VARIABLE, open_cipher
from data.accounts.tokens import rotate_key
from data.calendar import utc_now
from data.store import Store, StoreMissing
from data.store.backup import backup as back_up
from data.store.backup import restore as bring_back
from data.store.lake import SETTING as LAKE_SETTING
from data.store.moving import copy_store
from data.text import counted

DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.command(cls=Command)
@pass_session
def init(session: Session) -> CommandResult:
    """Create the data directory with its two databases and the secret key.

    The first thing to do. Doing it again changes nothing but what a newer release adds.

    \b
    Example:
      python -m collector init
      python -m collector init --data /srv/traffic
    """
    created = create(session)
    if created:
        session.terminal.say(f"Created {session.store.place}.")
        session.terminal.say(keep_the_key(session))
        session.terminal.say("Next: python -m collector tenant add NAME")
    else:
        session.terminal.say(f"{session.store.place} is there already and up to date.")
    return CommandResult({"directory": str(session.directory), "created": created})


def keep_the_key(session: Session) -> str:
    """What whoever made a data directory must know of its key."""
    where = f"the environment ({KEY_VARIABLE})" if os.environ.get(KEY_VARIABLE) else f"{session.directory / KEY_FILE}"
    return f"The key that opens the stored tokens is in {where}: keep a copy of it elsewhere."


def create(session: Session) -> bool:
    """Make what is missing of the data directory; whether it was not there at all."""
    store = session.unprepared_store
    try:
        store.traffic.version(), store.control.version()
        created = False
    except StoreMissing:
        created = True
    store.prepare()
    open_cipher(session.directory)
    return created


@click.command(cls=Command)
@pass_session
def check(session: Session) -> CommandResult:
    """Read every version of both databases whole, and say which one is damaged.

    The exit code is 1 where one is. A damaged newest version is put aside by whoever comes across it, and the newest
    good one is used; where none is left, bring a backup back.

    \b
    Example:
      python -m collector check
    """
    store, say = session.unprepared_store, session.terminal.say
    result = [*store.traffic.check(), *store.control.check()]
    if not result:
        raise CommandRefused(f"There is no database in {store.place}. Run: python -m collector init")
    for each in result:
        size = "" if each.bytes is None else f"{each.bytes:,} bytes  "
        say(f"{each.name}  {size}{each.fault or 'good'}")
    for path in store.put_aside():
        say(f"{path.name}  put aside earlier into {path.parent}; nothing uses it, and it may be deleted")
    damaged = [{"file": each.name, "fault": each.fault} for each in result if each.fault]
    facts = {"files": len(result), "damaged": damaged, "put_aside": [path.name for path in store.put_aside()]}
    return CommandResult(facts, failed=bool(damaged))


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=DIRECTORY)
@pass_session
def backup(session: Session, directory: Path) -> CommandResult:
    """Copy both databases to DIR, under one UTC time stamp.

    Whatever is collecting or reading goes on meanwhile. The secret key is not part of the backup.

    \b
    Example:
      python -m collector backup /mnt/backup/traffic
    """
    if directory.resolve().is_relative_to(session.directory.resolve()):
        raise CommandRefused(f"{directory} is inside the data directory. Choose a place that outlives it.")
    report = back_up(session.store, directory)
    session.terminal.say(f"Backup {report.stamp} is in {directory}:")
    for file in (report.traffic, report.control):
        session.terminal.say(f"  {file.name}  {file.stat().st_size:,} bytes")
    if report.linked:
        session.terminal.say(
            "It shares its disk blocks with the data directory, because both are on the same disk. "
            "Against the loss of the disk, copy it to another one."
        )
    session.terminal.say(report.note)
    files = {"traffic": str(report.traffic), "control": str(report.control)}
    return CommandResult({"stamp": report.stamp, "linked": report.linked, **files})


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=DIRECTORY)
@click.option("--stamp", metavar="STAMP", help="Which backup, for instance 20261101T061500Z.  [default: the newest]")
@pass_session
def restore(session: Session, directory: Path, stamp: str | None) -> CommandResult:
    """Bring a backup in DIR back as the newest version of the data.

    Both files are checked before anything changes; while a collection is going on, nothing is restored. Works in an
    empty data directory too.

    \b
    Example:
      python -m collector restore /mnt/backup/traffic
      python -m collector restore /mnt/backup/traffic --stamp 20261101T061500Z
    """
    if not directory.is_dir():
        raise CommandRefused(f"There is no directory {directory}.")
    report = bring_back(session.unprepared_store, directory, stamp)
    session.terminal.say(f"Backup {report.stamp} is now the newest version of {session.unprepared_store.place}.")
    session.terminal.say(report.note)
    session.terminal.say("Sessions and one-time links of that time are void: everybody signs in again.")
    versions = {"traffic_version": report.traffic_version, "control_version": report.control_version}
    return CommandResult({"stamp": report.stamp, **versions})


@click.group(cls=CommandGroup)
def store() -> None:
    """Where the data is kept: files in the data directory, or a lake on PostgreSQL.

    \b
    Example:
      python -m collector store copy data/db "ducklake:postgres:host=db.example.org dbname=traffic"
    """


@store.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@pass_session
def copy(session: Session, source: str, target: str) -> CommandResult:
    """Copy a whole installation FROM one place TO another, and compare every table.

    A place is a data directory, or a lake as TRAFFIC_STORE names it; what a new lake needs (TRAFFIC_LAKE_DATA and the
    keys of a bucket) is in the environment. A copy that was cut short is done over. An installation that holds
    something else is never overwritten. The secret key is not copied.

    \b
    Example:
      python -m collector store copy data/db "ducklake:postgres:host=db.example.org dbname=traffic"
      python -m collector store copy "ducklake:postgres:host=db.example.org dbname=traffic" /srv/traffic
    """
    say, places = session.terminal.say, (_store_at(session, source), _store_at(session, target))
    try:
        report = copy_store(*places, say)
    finally:
        for each in places:
            each.close()
    if report.was_there:
        say(f"{places[1].place} holds the same already. Nothing was copied.")
    rows = sum(each.rows for each in report.tables.values())
    say(f"{counted(len(report.tables), 'table')} with {counted(rows, 'row')} are the same in both places.")
    say("The secret key is not copied: the tokens open only with the one that they were encrypted with.")
    tables = {name: each.rows for name, each in report.tables.items()}
    return CommandResult({"copied": not report.was_there, "tables": tables})


@store.command()
@pass_session
def tidy(session: Session) -> CommandResult:
    """Bring a lake in order: rows into files, small files into large ones, and what nobody reads any more deleted.

    The timer does it once a day. Files in a data directory need none of it.

    \b
    Example:
      python -m collector store tidy
    """
    done = session.store.traffic.tidy()
    session.terminal.say(done or "Nothing to do: files are brought in order by each commit.")
    return CommandResult({"tidied": done is not None})


def _store_at(session: Session, place: str) -> Store:
    if place.startswith(LAKE_SETTING):
        return Store(session.directory, setting=place)
    return Store(Path(place), setting="")


@click.group(cls=CommandGroup)
def key() -> None:
    """The key that encrypts the stored tokens.

    \b
    Example:
      python -m collector key rotate
    """


@key.command()
@pass_session
def rotate(session: Session) -> CommandResult:
    """Encrypt every stored token with a new key. The app and the timer go on meanwhile.

    Backups made before open with the former key only: keep it with them, or make a new backup.

    \b
    Example:
      python -m collector key rotate
    """
    tokens, is_dropped = rotate_key(session.store, COMMAND_LINE, utc_now())
    session.terminal.say(f"The key is a new one now; {counted(tokens, 'token')} encrypted again.")
    if not is_dropped:
        session.terminal.say(f"Take the former key out of {KEY_VARIABLE} now, and restart the app and the timer.")
    return CommandResult({"tokens": tokens, "former_key_dropped": is_dropped})
