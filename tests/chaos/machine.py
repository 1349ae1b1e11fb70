"""The command line on a machine whose clock is ahead, and on which leases and pauses are short.

Run as: python -m tests.chaos.machine WORD...
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data import calendar

CLOCK = "CHAOS_CLOCK"  # names the file with the seconds that all clocks are ahead
LEASE, UNSURE = timedelta(seconds=40), timedelta(seconds=5)


def ahead_of_real() -> timedelta:
    return timedelta(seconds=float(Path(os.environ[CLOCK]).read_text(encoding="ascii")))


def main() -> None:
    calendar.utc_now = lambda: datetime.now(UTC) + ahead_of_real()
    # Only now what reads the clock by that name.
    from collector import __main__ as command_line
    from collector import own_leases, run
    from collector.commands import schedule
    from collector.delivery import sender
    from data.store import lake, leases

    leases.LASTS, own_leases.UNSURE_BEFORE = LEASE, UNSURE
    lake.BEAT_S, lake.LOOK_AT_HOLDER_EVERY_S, lake.SILENT_S = 0.5, 0.5, 10.0
    lake.ASK_AGAIN_S = own_leases.TRY_AGAIN_S = run.LOOK_FOR_LEASES_S = run.WRITE_AGAIN_S = 1.0
    schedule.LOOK_EVERY_S, sender.LOOK_EVERY_S = 0.5, 1.0
    schedule.AFTER_FAILURE = schedule.AFTER_SILENCE = timedelta(seconds=3)
    command_line.main()


if __name__ == "__main__":
    main()
