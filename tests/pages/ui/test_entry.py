"""The entry: whoever starts the server sees what it has to say, and nothing besides."""

import socket
import subprocess
import sys
from asyncio import base_events
from pathlib import Path

import pytest


def test_the_entry_says_nothing_by_itself() -> None:
    """What runs before there is a page needs nothing of a page, which Streamlit would warn of, a line each."""
    command = [sys.executable, "-c", "import streamlit_app"]
    started = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    assert (started.stdout, started.stderr) == ("", "")


def test_an_answer_is_sent_at_once_on_sockets_as_streamlit_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the body waits, on a connection that is kept, until the headers were acknowledged: 40 ms."""
    import streamlit_app

    monkeypatch.setattr(base_events, "_set_nodelay", lambda connection: None)
    streamlit_app._send_at_once()
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            base_events._set_nodelay(connection)  # type: ignore[attr-defined]
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
