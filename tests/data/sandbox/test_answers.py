"""An answer's rows as a frame: what is unknown stays so."""

import pyarrow as pa

from data.sandbox.sandbox import Answer


def test_a_frame_keeps_what_is_unknown() -> None:
    frame = Answer(pa.table({"n": pa.array([1, None, 3, -4], pa.int64())}), None, 0.1).to_frame()
    assert frame["n"].isna().tolist() == [False, True, False, False]
    assert str(frame["n"].dtype) == "int64[pyarrow]"
