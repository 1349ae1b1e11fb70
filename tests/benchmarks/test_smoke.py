"""Every part of the benchmarks runs at a tiny size, so that none can rot. What it measures there says nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.measured import TINY, Measured, Scale


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("kept"))


@pytest.fixture(autouse=True)
def _days_are_kept_for_these_tests_only(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", kept)


def a_part_that_gives(*found: Measured) -> tuple[benchmarks.Part, int]:
    def part(scale: Scale, directory: Path) -> list[Measured]:
        return list(found)

    return part, 60


@pytest.mark.parametrize("name", benchmarks.PARTS)
def test_a_part_measures_what_it_is_about(name: str, tmp_path: Path) -> None:
    part, _ = benchmarks.PARTS[name]
    with ThreadPoolExecutor(1) as pool:  # of its own: the tests of the browser leave an event loop in the main one
        found = pool.submit(part, TINY, tmp_path).result()
    assert found
    assert all(each.what and each.note and any(letter.isdigit() for letter in each.value) for each in found)
    assert not [each.note for each in found if "failed" in each.note or "did not" in each.note]
    assert name != "again" or [each.value for each in found] == ["0 rows", "0 rows"]


@pytest.mark.parametrize(("reached", "code"), [(True, 0), (None, 0), (False, 1)])
def test_a_missed_target_is_the_exit_code(
    reached: bool | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(benchmarks.PARTS, "size", a_part_that_gives(Measured("bytes", "7.1", "≤ 8", reached, "so")))
    assert benchmarks.main(["--only", "size"]) == code
    assert "7.1" in capsys.readouterr().out


def test_a_part_that_takes_too_long_is_ended_and_counts_as_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def part(scale: Scale, directory: Path) -> list[Measured]:
        time.sleep(30)
        return []

    monkeypatch.setitem(benchmarks.PARTS, "rate", (part, 1))
    assert benchmarks.main(["--only", "rate"]) == 1
