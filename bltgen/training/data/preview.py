"""Check a file of texts and print documents made from it.

    python -m bltgen.training.data.preview [LANGUAGE/SUBJECT ...] [--documents N]

Without a subject, all files are checked and counted.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import islice
from pathlib import Path

from bltgen.training.data.authored import authored_documents
from bltgen.training.data.collection import Collection, collections, read_collection

__all__ = ["main"]

FOLDER = Path(__file__).parent / "texts"


def show(collection: Collection, number: int, seed: int) -> None:
    """Print documents of one collection."""
    for document in islice(authored_documents(seed, of=(collection,), noise=0.0), number):
        print(document.prompt.decode() + "  " + document.answer.decode() + "\n")


def main(arguments: list[str] | None = None) -> None:
    """Check, count, print."""
    parser = argparse.ArgumentParser(prog="python -m bltgen.training.data.preview", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="LANGUAGE/SUBJECT")
    parser.add_argument("--documents", type=int, default=10, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    options = parser.parse_args(arguments)
    for subject in options.subjects:
        language, _, name = subject.removesuffix(".txt").partition("/")
        try:
            collection = read_collection(
                (FOLDER / language / f"{name}.txt").read_text("utf-8"), name, language
            )
        except (OSError, ValueError) as error:
            parser.error(str(error))
        show(collection, options.documents, options.seed)
        print(f"{subject}: {collection.templates} templates, {len(collection.questions)} fields")
    if not options.subjects:
        counted: Counter[str] = Counter()
        for collection in collections():
            counted[collection.language] += collection.templates
        for language, number in counted.items():
            print(f"{language}: {number} templates")


if __name__ == "__main__":
    main()
