"""Tables as Arrow has them: ready to be sent to a browser, and unchangeable, so that many may share one."""

import pyarrow as pa
from pandas import DataFrame


def arrow_table(rows: DataFrame) -> pa.Table:
    """The rows as an Arrow table of the same columns. Numbered rows stay numbered, without a column for it.

    Made once and kept, it spares every later showing the way from pandas to Arrow, which takes longer than all else.
    """
    return pa.Table.from_pandas(rows)
