"""What the embedded model is trained on: documents drawn without end from seeds.

Steps of a curriculum (copy, look up, extract, read texts in many languages) and plain texts beside them.
Two runs with one seed and the same versions of Faker and mimesis see the same documents.
"""

from bltgen.training.data.authored import AuthoredTexts, authored_documents
from bltgen.training.data.copying import copy_documents
from bltgen.training.data.corpora import CorpusDocuments, corpus_documents
from bltgen.training.data.document import PROSE, SYNTAX, VALUE, Document
from bltgen.training.data.extraction import extraction_documents
from bltgen.training.data.lookup import lookup_documents
from bltgen.training.data.plain import json_documents, prose_documents

__all__ = [
    "PROSE",
    "SYNTAX",
    "VALUE",
    "AuthoredTexts",
    "CorpusDocuments",
    "Document",
    "authored_documents",
    "copy_documents",
    "corpus_documents",
    "extraction_documents",
    "json_documents",
    "lookup_documents",
    "prose_documents",
]
