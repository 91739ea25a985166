"""What goes wrong with a corpus, in words for the person who asked for it."""

from __future__ import annotations

from bltgen.errors import BltgenError

__all__ = ["CorpusError"]


class CorpusError(BltgenError, RuntimeError):
    """A package, an archive or a folder of a corpus is missing, changed or unreadable; says what to do."""
