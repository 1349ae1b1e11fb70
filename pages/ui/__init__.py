"""What pages share: the session, cached readers, charts, filters, messages."""
