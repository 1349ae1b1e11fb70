"""The demo: a simulated GitHub that replays recorded traffic, and the product over it, with data of its own."""
