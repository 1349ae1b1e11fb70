"""The command line, a module a group of commands: each asks the rooms and shows what came of it."""
