"""The demo: a fake GitHub that replays recorded traffic, and the product over it, with data of its own."""
