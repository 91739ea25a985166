"""Does some test notice when the code is wrong? `python -m tests.mutation --help`."""
