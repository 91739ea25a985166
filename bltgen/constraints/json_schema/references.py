"""Places in schema documents, and where their references lead.

A `Place` is one subschema where it stands: its contents, the dialect that reads it, the base URI against
which its references are resolved, and the dynamic scope (the schema resources entered on the way, for
`$dynamicRef` and `$recursiveRef`). Equal places are one object, so that whatever is compiled for one is
compiled once; a recursive schema is a finite graph of places.

Documents other than the schema itself come from a `referencing.Registry`; nothing is ever fetched unless
that registry fetches. The meta-schemas of all drafts are known.

Sources: JSON Schema Core 2020-12, sections 8.2 and 9; 2019-09, section 8.2.4.2; the drafts 4 to 7.

>>> documents = Documents({"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a"})
>>> documents.root.follow("$ref").pointer
'#/$defs/a'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias
from urllib.parse import unquote, urldefrag, urljoin

import jsonschema_specifications
import referencing
import referencing.exceptions
import referencing.jsonschema
from referencing.jsonschema import DynamicAnchor

from bltgen.errors import ConstraintSyntaxError, did_you_mean

__all__ = ["DRAFTS", "Dialect", "Documents", "Place", "Resources"]

DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema",
    "6": "http://json-schema.org/draft-06/schema",
    "7": "http://json-schema.org/draft-07/schema",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}
_NUMBERS = {"4": 4, "6": 6, "7": 7, "2019-09": 2019, "2020-12": 2020}

_VOCABULARIES = {
    "applicator": (
        "prefixItems items contains additionalProperties properties patternProperties dependentSchemas "
        "propertyNames if then else allOf anyOf oneOf not additionalItems dependencies"
    ),
    "unevaluated": "unevaluatedItems unevaluatedProperties",
    "validation": (
        "type const enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength "
        "pattern maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required "
        "dependentRequired"
    ),
}
"""The keywords of each vocabulary that a dialect may leave out; 2019-09 has `unevaluated*` as applicators."""


@dataclass(frozen=True)
class Dialect:
    """How the keywords of a schema are read. `number`: 4, 6, 7, 2019 or 2020."""

    uri: str
    draft: str
    number: int
    ignored: frozenset[str] = frozenset()
    asserts_format: bool = False

    @cached_property
    def specification(self) -> referencing.Specification[Any]:
        return _specification(self.draft)


Where: TypeAlias = "str | tuple[Place, tuple[str | int, ...]]"
"""A pointer, or the place above and the path from it."""


class Place:
    """A subschema where it stands. Made by `Documents` alone; compared by identity.

    `schema`: a mapping or a bool.
    """

    __slots__ = ("_where", "base", "dialect", "documents", "id", "schema", "scope")

    def __init__(
        self,
        documents: Documents,
        schema: Any,
        dialect: Dialect,
        base: str,
        scope: tuple[str, ...],
        where: Where,
    ) -> None:
        self.documents = documents
        self.schema = schema
        self.dialect = dialect
        self.base = base
        self.scope = scope
        self.id = len(documents.places)
        self._where = where

    @property
    def pointer(self) -> str:
        """Where it is, for people: URI, "#", JSON pointer."""
        return _pointer(self._where)

    def child(self, *path: str | int) -> Place:
        """The subschema at `path` below this one."""
        contents = self.schema
        try:
            for step in path:
                contents = contents[step]
        except (LookupError, TypeError):
            raise ConstraintSyntaxError(f"{self.pointer}: no schema stands at {path!r}") from None
        return self.documents.place(contents, self.dialect, self.base, self.scope, (self, path))

    def follow(self, keyword: str) -> Place:
        """Where `$ref`, `$dynamicRef` or `$recursiveRef` leads."""
        reference = self.schema[keyword]
        if not isinstance(reference, str):
            raise ConstraintSyntaxError(
                f"{self.pointer}/{_escape(keyword)}: a reference is a string, not {reference!r}"
            )
        return self.documents.resolve(self, reference, keyword)

    def __repr__(self) -> str:
        return f"<Place {self.pointer}>"


class Resources(tuple[tuple[str, str, Any], ...]):
    """Of a registry what a schema needs: URI, draft ("": none that is known) and contents of each document.

    In place of a registry it is equal by content, and pickles.
    """

    __slots__ = ()

    @staticmethod
    def of(used: Mapping[str, referencing.Resource[Any]]) -> Resources:
        """Those of the documents, in the order of their URIs."""
        return Resources((uri, _draft_of(used[uri]), used[uri].contents) for uri in sorted(used))

    def registry(self) -> referencing.Registry[Any]:
        """A registry of these alone."""
        pairs = []
        for uri, draft, contents in self:
            specification = _specification(draft) if draft else referencing.Specification.OPAQUE
            pairs.append((uri, specification.create_resource(contents)))
        return referencing.Registry[Any]().with_resources(pairs)


def _specification(draft: str) -> referencing.Specification[Any]:
    return referencing.jsonschema.specification_with(DRAFTS[draft])


def _draft_of(resource: referencing.Resource[Any]) -> str:
    own = resource._specification  # it has no public name
    return next((draft for draft in DRAFTS if _specification(draft) == own), "")


class Documents:
    """A schema with all documents that it may refer to.

    Raises ConstraintSyntaxError where `$schema` names no known dialect or a reference leads nowhere.
    """

    def __init__(
        self,
        schema: Any,
        *,
        draft: str = "2020-12",
        registry: referencing.Registry[Any] | Resources | None = None,
    ) -> None:
        self.places: dict[tuple[Any, ...], Place] = {}
        known: referencing.Registry[Any] = jsonschema_specifications.REGISTRY
        self._registry = known
        if registry is not None:
            given = registry.registry() if isinstance(registry, Resources) else registry
            self._registry = known.combine(given)
        self._used: dict[str, referencing.Resource[Any]] = {}
        self._unregistered: tuple[str, referencing.Resource[Any]] | None = None
        self._dialects: dict[str, Dialect] = {}
        self._default = self._builtin(draft)
        dialect = self._of_root = self.dialect_of(schema, self._default, "#")
        resource = dialect.specification.create_resource(schema)
        base = ""
        if isinstance(schema, Mapping) and ("$id" in schema or "id" in schema):
            try:
                base = resource.id() or ""
            except (AttributeError, TypeError) as error:  # `referencing` takes types for granted
                raise ConstraintSyntaxError(f"#: an identifier is no string: {error}") from error
        self._unregistered = (base, resource)
        self._resolved: dict[tuple[Place, str, str], Place] = {}
        self.root = self.place(schema, dialect, base, (base,), "#")

    def place(self, schema: Any, dialect: Dialect, base: str, scope: tuple[str, ...], where: Where) -> Place:
        """The place of `schema`, entered from a place with this base and scope."""
        if isinstance(schema, Mapping):
            identifier = self._identifier(schema, dialect)
            if identifier is not None:
                dialect = self.dialect_of(schema, dialect, _pointer(where))
                base = urljoin(base, identifier)
                if base not in scope:
                    scope = (*scope, base)
        return self._entered(schema, dialect, base, scope, where)

    def _entered(
        self, schema: Any, dialect: Dialect, base: str, scope: tuple[str, ...], where: Where
    ) -> Place:
        """As `place`, where `base` takes the identifier of `schema` into account already."""
        key = (id(schema), base, dialect.uri, scope)
        found = self.places.get(key)
        if found is None:
            if not isinstance(schema, (Mapping, bool)):
                raise ConstraintSyntaxError(
                    f"{_pointer(where)}: a schema is an object or a boolean, not {schema!r}"
                )
            found = self.places[key] = Place(self, schema, dialect, base, scope, where)
        return found

    @staticmethod
    def _identifier(schema: Mapping[str, Any], dialect: Dialect) -> str | None:
        """The `$id` that gives the schema a base URI of its own, without fragment."""
        identifier = schema.get("$id" if dialect.number > 4 else "id")
        if not isinstance(identifier, str) or (dialect.number < 2019 and "$ref" in schema):
            return None
        identifier = urldefrag(identifier).url
        return identifier or None

    # -- dialects ------------------------------------------------------------------------------------

    @staticmethod
    @cache
    def _builtin(draft: str) -> Dialect:
        if draft not in DRAFTS:
            raise ValueError(f"draft is one of {', '.join(DRAFTS)}, not {draft!r}")
        return Dialect(DRAFTS[draft], draft, _NUMBERS[draft])

    def dialect_of(self, schema: Any, default: Dialect, pointer: str) -> Dialect:
        """The dialect that a schema resource names by `$schema`, or `default`."""
        uri = schema.get("$schema") if isinstance(schema, Mapping) else None
        if not isinstance(uri, str):
            return default
        uri = uri.rstrip("#")
        found = self._dialects.get(uri)
        if found is None:
            found = self._dialects[uri] = self._read_dialect(uri, f"{pointer}/$schema")
        return found

    def _read_dialect(self, uri: str, where: str) -> Dialect:
        for draft, known in DRAFTS.items():
            if uri == known or uri.replace("https://", "http://") == known.replace("https://", "http://"):
                return self._builtin(draft)
        try:
            retrieved = self._registered().get_or_retrieve(uri)
        except (referencing.exceptions.Unresolvable, referencing.exceptions.NoSuchResource) as error:
            raise ConstraintSyntaxError(
                f"{where}: unknown dialect {uri!r}; known are {', '.join(DRAFTS.values())} and what the "
                f"registry holds{did_you_mean(uri, DRAFTS.values())}"
            ) from error
        self._registry = retrieved.registry
        self._used[uri] = retrieved.value
        meta = retrieved.value.contents
        base = self.dialect_of(meta, self._default, where) if meta.get("$schema") != uri else self._default
        vocabulary = meta.get("$vocabulary")
        if base.number < 2019 or not isinstance(vocabulary, Mapping):
            return Dialect(uri, base.draft, base.number)
        names = {name.rsplit("/", 1)[-1] for name in vocabulary}
        ignored: set[str] = set()
        for name, keywords in _VOCABULARIES.items():
            listed = "applicator" if name == "unevaluated" and base.number == 2019 else name
            if listed not in names:
                ignored.update(keywords.split())
        asserts = "format-assertion" in names or (base.number == 2019 and self._format_2019(vocabulary))
        return Dialect(uri, base.draft, base.number, frozenset(ignored), asserts)

    @staticmethod
    def _format_2019(vocabulary: Mapping[str, Any]) -> bool:
        return bool(vocabulary.get("https://json-schema.org/draft/2019-09/vocab/format"))

    # -- references ----------------------------------------------------------------------------------

    def resolve(self, place: Place, reference: str, keyword: str) -> Place:
        """The place to which `reference`, standing in `place`, leads."""
        key = (place, keyword, reference)
        found = self._resolved.get(key)
        if found is None:
            try:
                found = self._resolve(place, reference, keyword)
            except (
                referencing.exceptions.Unresolvable,
                LookupError,
                ValueError,
                TypeError,
                AttributeError,  # of `referencing`, which takes the types of keywords for granted
            ) as error:
                if isinstance(error, ConstraintSyntaxError):
                    raise
                raise ConstraintSyntaxError(
                    f"{place.pointer}/{_escape(keyword)}: the reference {reference!r} leads nowhere; "
                    "documents are never fetched: pass a referencing.Registry that holds them"
                ) from error
            self._resolved[key] = found
        return found

    def _resolve(self, place: Place, reference: str, keyword: str) -> Place:
        if keyword == "$recursiveRef":
            target = self._enter(place, place.base, "")
            return self._outermost_recursive(target) or target
        uri, fragment = (
            urldefrag(urljoin(place.base, reference))
            if reference[:1] != "#"
            else (
                place.base,
                reference[1:],
            )
        )
        named = fragment and not fragment.startswith("/")
        if keyword == "$dynamicRef" and named and isinstance(self._anchor(uri, fragment), DynamicAnchor):
            for entered in place.scope:
                if isinstance(self._anchor(entered, fragment, missing_ok=True), DynamicAnchor):
                    return self._enter(place, entered, fragment)
        return self._enter(place, uri, fragment)

    def _inherited(self, resource: referencing.Resource[Any]) -> Dialect:
        """How a resource without `$schema` is read: like the document that it is embedded in, if any."""
        specification = resource._specification  # it has no public name; what is embedded inherits it
        inherits = specification == self._of_root.specification
        return self._of_root if inherits else self._default

    def _outermost_recursive(self, target: Place) -> Place | None:
        if not (isinstance(target.schema, Mapping) and target.schema.get("$recursiveAnchor") is True):
            return None
        for entered in target.scope:
            contents = self._resource(entered).contents
            if isinstance(contents, Mapping) and contents.get("$recursiveAnchor") is True:
                return self._enter(target, entered, "")
        return None

    def _registered(self) -> referencing.Registry[Any]:
        """All documents, the schema itself among them; it joins them when first one is asked for."""
        if self._unregistered is not None:
            base, resource = self._unregistered
            self._registry = self._registry.with_resource(base, resource)
            self._unregistered = None
        return self._registry

    def _resource(self, uri: str) -> referencing.Resource[Any]:
        if self._unregistered is not None and uri == self._unregistered[0]:
            return self._unregistered[1]
        retrieved = self._registered().get_or_retrieve(uri)
        self._registry = retrieved.registry
        self._used[uri] = retrieved.value
        return retrieved.value

    def used(self) -> Resources | None:
        """The documents of a registry that were referred to; None: there are none."""
        known = jsonschema_specifications.REGISTRY
        used = {
            uri: resource
            for uri, resource in self._used.items()
            if uri != self.root_base and known.get(uri) is not resource
        }
        return Resources.of(used) if used else None

    def _anchor(self, uri: str, name: str, *, missing_ok: bool = False) -> Any:
        self._resource(uri)
        try:
            retrieved = self._registered().anchor(uri, name)
        except (referencing.exceptions.NoSuchAnchor, referencing.exceptions.InvalidAnchor):
            if missing_ok:
                return None
            raise
        self._registry = retrieved.registry
        return retrieved.value

    def _enter(self, place: Place, uri: str, fragment: str) -> Place:
        resource = self._resource(uri)
        same = uri == place.base
        dialect = (
            place.dialect if same else self.dialect_of(resource.contents, self._inherited(resource), uri)
        )
        scope = place.scope if same or uri in place.scope else (*place.scope, uri)
        pointer = f"{'' if uri == self.root_base else uri}#{fragment}"
        if not fragment:
            return self._entered(resource.contents, dialect, uri, scope, pointer)
        if not fragment.startswith("/"):
            anchored = self._anchor(uri, fragment).resource
            return self._entered(anchored.contents, dialect, uri, scope, pointer)
        contents: Any = resource.contents
        for step in _pointer_steps(fragment):
            contents = contents[int(step)] if isinstance(contents, list) else contents[step]
            if isinstance(contents, Mapping) and ("$id" in contents or "id" in contents):
                return self._enter_through_resources(resource, uri, fragment, dialect, scope, pointer)
        return self._entered(contents, dialect, uri, scope, pointer)

    @property
    def root_base(self) -> str:
        return self.root.base

    def _enter_through_resources(
        self,
        resource: referencing.Resource[Any],
        uri: str,
        fragment: str,
        dialect: Dialect,
        scope: tuple[str, ...],
        pointer: str,
    ) -> Place:
        """A pointer that passes schemas with an `$id`, which change the base URI on the way."""
        resolved = resource.pointer(fragment, self._registered().resolver(uri))
        base: str = resolved.resolver._base_uri  # the resolver has no public name for it
        if base != uri:
            dialect = self.dialect_of(self._resource(base).contents, dialect, pointer)
            if base not in scope:
                scope = (*scope, base)
        return self._entered(resolved.contents, dialect, base, scope, pointer)


def _pointer(where: Where) -> str:
    steps: list[str] = []
    while not isinstance(where, str):
        above, path = where
        steps += [_escape(step) for step in reversed(path)]
        where = above._where
    return "/".join([where, *reversed(steps)])


def _escape(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _pointer_steps(fragment: str) -> Iterator[str]:
    for step in unquote(fragment[1:]).split("/"):
        yield step.replace("~1", "/").replace("~0", "~")
