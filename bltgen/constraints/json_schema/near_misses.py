"""Keywords and formats of a schema that restrict nothing and were probably meant to.

By the specification an unknown keyword is an annotation, and so is an unknown format: a schema that has them
is a schema, and they are no errors. What is nearly a keyword is told by a `ConstraintWarning` when the schema
is compiled, and in its row of `report()`.

>>> import warnings
>>> from bltgen.constraints.json_schema import json_schema
>>> with warnings.catch_warnings(record=True) as caught:
...     warnings.simplefilter("always")
...     schema = json_schema({"properties": {"mail": {"type": "string", "fromat": "email"}}})
>>> print(caught[0].message)
what restricts nothing: #/properties/mail/fromat (did you mean 'format'?)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from bltgen.arguments import shown, warn
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.references import DRAFTS, Place
from bltgen.constraints.json_schema.vocabulary import ANNOTATIONS, CONSTRAINT_KEYWORD, KEYWORDS
from bltgen.errors import ConstraintWarning, did_you_mean

__all__ = ["check_draft", "slip", "tell"]

_ELSEWHERE = {
    "nullable": 'is OpenAPI 3.0\'s; JSON Schema has a list of types, such as ["string", "null"]',
    "divisibleBy": "is draft 3's; did you mean 'multipleOf'?",
    "disallow": "is draft 3's; did you mean 'not'?",
    "extends": "is draft 3's; did you mean 'allOf'?",
    "regex": "did you mean 'pattern'?",
    "optional": "did you mean 'required' of the object, without it?",
}
"""Keywords of other languages."""

_FORMATS = {"url": "uri", "guid": "uuid", "ip": "ipv4", "datetime": "date-time", "timestamp": "date-time"}
"""What formats are called elsewhere."""

_SHOWN = 3


def slip(place: Place, keyword: str, keywords: Keywords) -> str:
    """What was probably meant by a keyword that restricts nothing where it stands, or an empty text."""
    if keyword in ANNOTATIONS or ("$ref" in place.schema and place.dialect.number < 2019):
        return ""
    if keyword not in KEYWORDS:
        return _meant(keyword) if isinstance(keyword, str) else ""
    if keyword in place.dialect.ignored:
        return ""
    if not keywords.is_known(place, keyword):
        return f"no keyword of draft {place.dialect.draft}"
    if keyword == "format" and keywords.formats == "assert" and keywords.format(place) is None:
        return _format_meant(place.schema["format"], keywords.custom_formats or {})
    return ""


@lru_cache(maxsize=4096)
def _meant(keyword: str) -> str:
    if keyword.startswith(("x-", "_")) or len(keyword) > 100:
        return ""
    return _ELSEWHERE.get(keyword) or did_you_mean(keyword, KEYWORDS, 0.85).removeprefix("; ")


def _format_meant(name: Any, custom: Mapping[str, Any]) -> str:
    from bltgen.constraints.json_format import formats

    known = [*custom, *formats()]
    meant = _FORMATS.get(name) if isinstance(name, str) else None
    hint = f"; did you mean {meant!r}?" if meant else did_you_mean(name, known, 0.75)
    return f"there is no format {shown(name)}{hint}" if hint else ""


def tell(places: Iterable[Place], keywords: Keywords) -> None:
    """Warn of the slips in a schema, and of named constraints that it does not use."""
    found, used = [], set()
    for place in places:
        for keyword in place.schema:
            if keyword == CONSTRAINT_KEYWORD:
                used.add(place.schema[keyword])
            if keyword not in _SOUND and (hint := slip(place, keyword, keywords)):
                found.append(f"{shown(f'{place.pointer}/{keyword}')[1:-1]} ({hint})")
    unused = [name for name in keywords.constraints or () if name not in used]
    found += [f"constraints[{shown(name)}] (no {CONSTRAINT_KEYWORD} names it)" for name in unused]
    if found:
        more = f" and {len(found) - _SHOWN} more: see report()" if len(found) > _SHOWN else ""
        warn(f"what restricts nothing: {', '.join(found[:_SHOWN])}{more}", ConstraintWarning)


_SOUND = ANNOTATIONS | {"type", "properties", "items", "required", "enum"}
"""Keywords of every draft: looked at no further."""


def check_draft(draft: Any) -> None:
    """Raise ValueError, with the drafts and the near miss, where it is none."""
    if draft is None or (isinstance(draft, str) and draft in DRAFTS):
        return
    numbers = re.findall(r"\d+", str(draft)[:100])
    meant = [name for name in DRAFTS if numbers and name.split("-")[0] == numbers[0].lstrip("0")[:4]]
    hint = f"; did you mean {meant[0]!r}?" if meant else ""
    raise ValueError(f"draft={shown(draft)}: one of {', '.join(map(repr, DRAFTS))} is needed{hint}")
