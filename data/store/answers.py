"""Answers about one version of a database, kept in memory: a version never changes, so neither do they."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MOST = 256


class Answers:
    """The answers to the questions asked last, about one version at a time. May be used by many threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._version = 0
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, version: int, question: Hashable) -> Any:
        """The answer that was kept for this version. Raises: KeyError."""
        with self._guard:
            if version != self._version:
                raise KeyError(question)
            self._found.move_to_end(question)
            return self._found[question]

    def keep(self, version: int, question: Hashable, answer: Any) -> None:
        """Keep an answer; those about another version are forgotten."""
        with self._guard:
            if version != self._version:
                self._version = version
                self._found.clear()
            self._found[question] = answer
            if len(self._found) > self._most:
                self._found.popitem(last=False)

    def forget(self) -> None:
        """Keep nothing any more."""
        with self._guard:
            self._found.clear()
