"""A failure becomes the sentence that says what happened and what to do. Nobody is ever shown a stack trace."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from data.store import StoreBusy, StoreError

log = logging.getLogger(__name__)


@contextmanager
def shown() -> Iterator[None]:
    """Show what fails inside as a message; what nobody expected gets a number that is in the server's log too."""
    try:
        yield
    except (RerunException, StopException):
        raise
    except StoreBusy as error:
        st.warning(f"{error} Nothing was changed.")
    except StoreError as error:
        st.error(str(error))
    except Exception:
        number = secrets.token_hex(4)
        log.exception("page failure %s", number)
        st.error(
            f"Something went wrong here, and it is our fault. Nothing was changed. Please report it with the "
            f"number {number}: the server's log says more about it."
        )
