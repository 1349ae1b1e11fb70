"""Charts, one file a subject: shapes and rows in, Altair charts out. Pure, and the only home of Altair."""
