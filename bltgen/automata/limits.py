"""Bounds on what a hostile or unlucky constraint may cost: one account for one question.

A *question* is what a user asks: of a state `allowed`, `advance`, `shortest`, `forced`, `completion`,
`allowed_within`; of a constraint `accepts` and `sample`; and the making of one (a pattern, a grammar, a
schema, an operator). Its work is counted in *steps* and charged to the account of the question, whoever does
the work: `charge(steps)`. A step is about 10 microseconds of a server's core and less than 4 KB: a term or a
formula made, a state visited by a search, sixteen parts looked at. What is warm (a table look-up) costs none.

The account lives in the context of the caller (`contextvars`: of the thread or task), never in what threads
share. The outermost question opens it and closes it, questions within it are charged to the same one, and
outside of questions nothing is counted. It holds `Limits.steps`, by default so many that a question ends
within 2 seconds; `accepts` has `Limits.byte_steps` more for each byte of the text that it is given.

What runs out raises `LimitExceeded`, which names the field of `Limits`. A state remembers which question
failed, and under which limits: under the same or lower ones it fails again at once, and so does making a
constraint of the same source. A failure by the clock is never remembered: by default no clock is read, and
with `Limits.seconds` it is, every `CLOCK_STEPS` steps. So is the watch of a request (`bltgen.interruption`),
which may end a question too; what it raises is no LimitExceeded.

>>> with use_limits(Limits(steps=2)):  # doctest: +ELLIPSIS
...     bounded(lambda: [charge(1) for _ in range(3)])()
Traceback (most recent call last):
    ...
bltgen.errors.LimitExceeded: the steps to answer one question exceeds the limit of 2; what costs most ...
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import wraps
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from bltgen.errors import LimitExceeded
from bltgen.interruption import WATCH, Watch

__all__ = [
    "Limits",
    "Refusals",
    "bounded",
    "bounded_by",
    "charge",
    "current_limits",
    "grant",
    "question",
    "use_limits",
]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Limits:
    """Bounds, counted in things rather than seconds by default, so that they act alike on every machine.

    Of a question:
    - `steps`: of work behind one question; see this module. About 10 microseconds each.
    - `byte_steps`: added for each byte of a text that a question is given to read.
    - `seconds`: for one question, by the clock; None: no clock is read.
    - `completion_bytes`: of a shortest text that a grammar writes out: n rules can ask for 2**n.
    - `search_states`: states that one search for a shortest text may visit. Only intersections,
      complements and lookarounds need a search; about 20 to 50 microseconds a state.
    - `union_parts`: alternatives that one state may hold at once.
    - `part_ways`: ways to split a text into the parts of `bltgen.parts`.

    Of memory:
    - `cached_states`: states and derivatives kept in memory, by all languages together, before the
      caches are dropped and built anew as needed. Results are the same; about 1 KB a state.

    Of a regular expression:
    - `pattern_length`, `pattern_nesting`, `repeat_count`: of its text.
    - `lookaround_nesting`: of groups that hold assertions.
    - `atomic_nesting`, `atomic_rounds`: of groups within an atomic one, or around one that a conditional
      refers to; of a counted repeat that is written out there.
    - `conditional_groups`: to which conditionals refer; each doubles the pattern.

    Of a grammar:
    - `grammar_nodes`: nodes of a grammar's transition network, at about 1 KB each.
    - `grammar_items`: ways to read the text so far that one state of a grammar may hold at once; only
      ambiguous grammars need many. About 200 bytes and 1 to 2 microseconds a byte each.
    - `grammar_closures`: the sum of the sizes of all sets of states reachable without a byte, in one rule.
    - `template_instances`, `template_nesting`: uses of templates with different arguments; arguments within
      arguments.
    - `imported_grammars`: by one grammar, directly and through others.
    - `terminal_length`: of the pattern that a terminal and those it uses come to.
    - `lookaround_states`, `lookaround_classes`: of the automaton of a terminal that looks around, before it
      is minimised, and the classes of characters that it tells apart; `joined_states`: of several together.
    - `ignored_states`: of an ignored terminal's automaton, and of its walk beside another one.

    Of a JSON Schema:
    - `branch_ways`: combinations of branches beside an `unevaluated*` keyword.
    - `verdicts`: sets of values of one member that are told apart.
    - `demand_ways`: ways to meet what some member must satisfy.
    - `contains_ways`: combinations of `contains` that one item may satisfy or not.
    - `counted_names`: names that are found for an object that needs members by their number alone.
    - `distinct_items`: items that must differ and are planned for.
    - `item_alternatives`, `item_tries`: disjuncts of an array whose items must differ, and conjunctions
      tried to list them.
    - `multiples`: different `multipleOf` that meet in one place.

    What has no field is what a representation holds: 4,000 digits of a bound, 10**15 items or characters,
    exponents of `decimal`, ten terminals of a grammar that look around, and Python's own stack
    (`sys.setrecursionlimit`).
    """

    steps: int = 100_000
    byte_steps: int = 100
    seconds: float | None = None
    search_states: int = 20_000
    cached_states: int = 100_000
    union_parts: int = 50_000
    part_ways: int = 1_000
    completion_bytes: int = 1 << 26
    pattern_length: int = 1_000_000
    pattern_nesting: int = 20_000
    repeat_count: int = 1_000_000_000
    lookaround_nesting: int = 150
    atomic_nesting: int = 100
    atomic_rounds: int = 64
    conditional_groups: int = 6
    grammar_nodes: int = 200_000
    grammar_items: int = 50_000
    grammar_closures: int = 2_000_000
    template_instances: int = 10_000
    template_nesting: int = 50
    imported_grammars: int = 100
    terminal_length: int = 100_000
    lookaround_states: int = 3_000
    lookaround_classes: int = 200
    joined_states: int = 20_000
    ignored_states: int = 2_000
    branch_ways: int = 4_096
    verdicts: int = 512
    demand_ways: int = 20_000
    contains_ways: int = 4_096
    counted_names: int = 2_000
    distinct_items: int = 2_000
    item_alternatives: int = 2_000
    item_tries: int = 100_000
    multiples: int = 10

    def within(self, others: Limits) -> bool:
        """Whether no counted limit is higher than that of `others`."""
        return self is others or all(getattr(self, name) <= getattr(others, name) for name in _COUNTED)


_COUNTED = tuple(field.name for field in fields(Limits) if field.name != "seconds")

CLOCK_STEPS = 64
"""A clock is read when so many steps were charged."""

REMEMBERED = 32
"""So many sources are remembered of which no constraint could be made within limits."""

_DEFAULT = Limits()
_CURRENT: ContextVar[Limits] = ContextVar("bltgen_limits", default=_DEFAULT)
_ACCOUNT: ContextVar[_Account | None] = ContextVar("bltgen_account", default=None)


def current_limits() -> Limits:
    """The limits in force here."""
    return _CURRENT.get()


@contextmanager
def use_limits(limits: Limits) -> Iterator[Limits]:
    """Put `limits` in force for the block. A question that is under way keeps its account."""
    token = _CURRENT.set(limits)
    try:
        yield limits
    finally:
        _CURRENT.reset(token)


class _Account:
    """What the question under way may still spend. `alarm`: below so many steps left, `ring` is asked."""

    __slots__ = ("alarm", "left", "limits", "until", "watch")

    until: float | None
    watch: Watch | None

    def __init__(self) -> None:
        limits = self.limits = _CURRENT.get()
        self.left = limits.steps
        watch = WATCH.get()
        if limits.seconds is None and watch is None:
            self.alarm = 0  # it rings once, when nothing is left
        else:
            self.watch = watch
            self.until = None if limits.seconds is None else monotonic() + limits.seconds
            self.alarm = max(0, limits.steps - CLOCK_STEPS)

    def ring(self) -> None:
        """Raise LimitExceeded where steps or seconds ran out, or what the watch does; else set the alarm."""
        limits = self.limits
        if self.left < 0:
            raise LimitExceeded(
                "the steps to answer one question",
                limits.steps,
                "what costs most is branches that no member tells apart and many conditions on one text: "
                "simplify these, or raise Limits.steps",
            )
        if self.watch is not None:
            self.watch.check()
        if limits.seconds is not None and self.until is not None and monotonic() > self.until:
            raise LimitExceeded(
                "the time to answer one question",
                limits.seconds,
                "it is Limits.seconds; the same question may be answered another time",
                counted=False,
            )
        self.alarm = max(0, self.left - CLOCK_STEPS)


def charge(steps: int = 1) -> None:
    """Charge steps of work to the question under way, if there is one. Raises LimitExceeded beyond it."""
    account = _ACCOUNT.get()
    if account is not None:
        account.left = left = account.left - steps
        if left < account.alarm:
            account.ring()


def grant(read: int) -> None:
    """The question under way is given so many bytes to read: it may take steps more for each."""
    account = _ACCOUNT.get()
    if account is not None:
        account.left += read * account.limits.byte_steps


# -- what failed -----------------------------------------------------------------------------------------

Refusals: TypeAlias = "dict[Hashable, tuple[Limits, LimitExceeded]]"
"""By question: the limits under which it failed, and how."""


def _recall(refusals: Refusals, key: Hashable) -> None:
    """Raise what is known to fail under the limits in force."""
    found = refusals.get(key)
    if found is not None and _CURRENT.get().within(found[0]):
        raise found[1].again()


def _too_deep() -> LimitExceeded:
    # How deep is too deep hangs on the caller's stack too.
    return LimitExceeded("the nesting of what one question depends on", 1000, counted=False)


def _remember(state: Any, key: Hashable, error: LimitExceeded) -> None:
    if error.counted:
        if state.refusals is None:
            state.refusals = {}
        state.refusals[key] = (_CURRENT.get(), error.again())


def question(ask: F) -> F:
    """Make a method of a state a question to it. `self.refusals` is the state's memory: Refusals, or None.

    The method has at most one argument: states are asked so often that packing arguments would tell.
    """
    name = ask.__name__

    def asked(self: Any) -> Any:
        if self.refusals is not None:
            _recall(self.refusals, name)
        if _ACCOUNT.get() is not None:
            return ask(self)
        _ACCOUNT.set(_Account())
        try:
            return ask(self)
        except LimitExceeded as error:
            _remember(self, name, error)
            raise
        except RecursionError:
            raise _too_deep() from None
        finally:
            _ACCOUNT.set(None)

    def asked_about(self: Any, argument: Any) -> Any:
        if self.refusals is not None:
            _recall(self.refusals, (name, argument))
        if _ACCOUNT.get() is not None:
            return ask(self, argument)
        _ACCOUNT.set(_Account())
        try:
            return ask(self, argument)
        except LimitExceeded as error:
            _remember(self, (name, argument), error)
            raise
        except RecursionError:
            raise _too_deep() from None
        finally:
            _ACCOUNT.set(None)

    return wraps(ask)(asked if ask.__code__.co_argcount == 1 else asked_about)  # type: ignore[return-value]


_REFUSED: OrderedDict[Hashable, tuple[Limits, LimitExceeded]] = OrderedDict()


Key: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Hashable]


def bounded(function: F) -> F:
    """Make a call of a function one question."""
    return _asked(function, None)


def bounded_by(key: Key) -> Callable[[F], F]:
    """Make a call of a function one question; the last REMEMBERED that failed fail again at once.

    key: of positional and keyword arguments: calls with equal keys fail alike.
    """
    return lambda function: _asked(function, key)


def _asked(function: F, key: Key | None) -> F:
    @wraps(function)
    def asked(*arguments: Any, **keywords: Any) -> Any:
        if _ACCOUNT.get() is not None:
            return function(*arguments, **keywords)
        if key is not None and _REFUSED:
            _recall(_REFUSED, (function, key(arguments, keywords)))
        _ACCOUNT.set(_Account())
        try:
            return function(*arguments, **keywords)
        except LimitExceeded as error:
            if key is not None and error.counted:
                _REFUSED[function, key(arguments, keywords)] = (_CURRENT.get(), error.again())
                while len(_REFUSED) > REMEMBERED:
                    _REFUSED.popitem(last=False)
            raise
        except RecursionError:
            raise _too_deep() from None
        finally:
            _ACCOUNT.set(None)

    return asked  # type: ignore[return-value]
