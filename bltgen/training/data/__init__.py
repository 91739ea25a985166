"""What the embedded model is trained on: documents drawn without end from seeds.

Three steps of a curriculum (copy, look up, extract) and plain texts beside them. Two runs with one
seed and the same versions of Faker and mimesis see the same documents.
"""

from bltgen.training.data.copying import copy_documents
from bltgen.training.data.document import PROSE, SYNTAX, VALUE, Document
from bltgen.training.data.extraction import extraction_documents
from bltgen.training.data.lookup import lookup_documents
from bltgen.training.data.plain import json_documents, prose_documents

__all__ = [
    "PROSE",
    "SYNTAX",
    "VALUE",
    "Document",
    "copy_documents",
    "extraction_documents",
    "json_documents",
    "lookup_documents",
    "prose_documents",
]
