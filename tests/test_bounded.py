"""Hostile constraints of any kind end by their limits, again at once; who asks is charged, in any thread.

What is counted here is steps: no test is timed. `benchmarks/hostile.py` has many more, with seconds and MB.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import bltgen
from bltgen.automata import limits as module
from bltgen.automata.limits import Limits, use_limits
from bltgen.errors import EmptyLanguage, LimitExceeded

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["name", "tags"],
}
UPPER = [(c, c.upper()) for c in "abcdefghijkl"]

HOSTILE: dict[str, Callable[[], Any]] = {
    "a schema & a length": lambda: bltgen.json_schema(PERSON) & bltgen.regex("(?s).{90,120}"),
    "any JSON & letters": lambda: bltgen.json_value() & bltgen.regex("(?s)(?=.*q.*x)(?=.*z).{0,40}"),
    "a schema & a language & a language": lambda: (
        bltgen.json_schema(PERSON) & bltgen.regex("(?s).*w.*") & ~bltgen.regex("(?s).*w.{9}w.*")
    ),
    "a grammar & a length": lambda: (
        bltgen.grammar('start: "(" start ")" start | "a"') & bltgen.regex(".{61,75}")
    ),
    "lookaheads": lambda: bltgen.regex("".join(f"(?=.*{a}.*{b})" for a, b in UPPER) + ".{8,64}"),
    "lookaheads in a schema": lambda: bltgen.json_schema(
        {"type": "string", "pattern": "^" + "".join(f"(?=.*{a}.*{b})" for a, b in UPPER) + ".{8,64}$"}
    ),
    "boundaries": lambda: bltgen.regex(r"(?:\b\w*\B.?)*" * 80),
    "lookbehinds": lambda: bltgen.regex("(?:[ab](?<=a.{12})|[cd](?<!c.{11}))*"),
    "a long pattern": lambda: bltgen.regex(r"\p{L}" * 50_000, "ecma262"),
    "a long pattern of any case": lambda: bltgen.regex("[k-sß]" * 20_000, flags=2),
    "an empty intersection": lambda: (
        bltgen.regex("(.*a.{11}b.*)") & bltgen.regex("[ab]{1,30}(?<!a.{11}b)|b+a+")
    ),
    "a large multiple": lambda: bltgen.json_schema({"multipleOf": 10**50 + 151, "minimum": 1}),
    "many required members": lambda: bltgen.json_schema({"required": [f"m{i}" for i in range(3_000)]}),
    "unique items": lambda: bltgen.json_schema({"type": "array", "uniqueItems": True, "minItems": 500}),
    "long words": lambda: bltgen.choice(
        ["".join(random.Random(i).choices("ab", k=1 + i)) for i in range(1_000)]
    ),
    "a long text": lambda: bltgen.regex("(?:ab|cd){999999}"),
    "ambiguous rules": lambda: bltgen.grammar('start: start start start | start start | "a" |'),
    "2,000 rules": lambda: bltgen.grammar(
        "start: r0\n"
        + "\n".join(f'r{i}: "a" r{(i * 7 + 1) % 2000} r{(i * 3) % 2000} | "b"' for i in range(2000))
    ),
}
STEPS = 3_000
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "allowed": lambda state: state.allowed,
    "shortest": lambda state: state.shortest,
    "forced": lambda state: state.forced,
    "completion": lambda state: state.completion(),
    "allowed_within": lambda state: state.allowed_within(50),
    "advance": lambda state: [state.advance(byte) for byte in b'"a{[0('],
}


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The accounts that are opened."""
    opened: list[Any] = []
    original = module._Account.__init__

    def begin(self: Any) -> None:
        original(self)
        opened.append(self)

    monkeypatch.setattr(module._Account, "__init__", begin)
    monkeypatch.setattr(module, "_REFUSED", type(module._REFUSED)())
    return opened


def _refused(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except LimitExceeded as error:
        return error.counted
    except EmptyLanguage:
        pass
    return False


@pytest.mark.parametrize("name", HOSTILE)
def test_each_question_ends_by_its_steps_and_is_refused_again_at_once(name: str, accounts: list[Any]) -> None:
    """Few steps beyond the limit are begun; a question that was refused opens no account the next time."""
    most = 7 * STEPS  # what a long text costs is charged before it is read
    with use_limits(Limits(steps=STEPS)):
        if _refused(HOSTILE[name]):
            assert max(STEPS - one.left for one in accounts) < most
            accounts.clear()
            assert _refused(HOSTILE[name])
            assert sum(STEPS - one.left for one in accounts) < STEPS // 4
            return
        try:
            state = HOSTILE[name]().start()
        except EmptyLanguage:
            return
        for ask in QUESTIONS.values():
            accounts.clear()
            if _refused(lambda: ask(state)):  # noqa: B023
                assert max([STEPS - one.left for one in accounts], default=0) < most
                accounts.clear()
                assert _refused(lambda: ask(state))  # noqa: B023
                assert sum(STEPS - one.left for one in accounts) < STEPS // 4
    assert module._ACCOUNT.get() is None


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:\b\w{1,30}\b\s?){5,50}",
        r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{8,64}",
        r"(?!.*\.\.)[\w.]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}",
        "|".join(f"word{i}" for i in range(3_000)),
        r"(?:[a-z]{1,20} ){1,200}[a-z]+",
    ],
    ids=["words", "password", "address", "list", "sentence"],
)
def test_what_is_ordinary_is_answered_by_default(pattern: str) -> None:
    state = bltgen.regex(pattern).start()
    assert state.allowed
    assert len(state.completion()) == state.shortest


def test_what_one_asks_is_not_charged_to_another(accounts: list[Any]) -> None:
    """A question to a schema, then one to a pattern, and to a schema within a grammar: an account each."""
    schema = bltgen.json_schema(PERSON)
    both = bltgen.grammar("start: x+", constraints={"x": schema})
    accounts.clear()
    for state in (schema.start(), bltgen.regex("ab|ac").start(), both.start()):
        state.allowed.mask()
        assert module._ACCOUNT.get() is None
    with use_limits(Limits(steps=40)):
        for _ in range(50):
            state = both.start()
            for byte in b'{"name":"':
                state = state.advance(byte)
                assert state is not None
                state.allowed.mask()


@pytest.mark.parametrize(
    "make",
    [
        lambda: bltgen.json_schema(PERSON, whitespace="compact"),
        lambda: bltgen.json_schema({**PERSON, "uniqueItems": True, "minProperties": 4}),
        lambda: bltgen.grammar('start: "(" start ")" | /[a-z]{1,5}/ | start start'),
        lambda: bltgen.regex("(?:(?=.*a)[a-d]|b(?!c)){2,20}"),
        lambda: (
            bltgen.json_schema({"type": "array", "items": {"type": "boolean"}}) & bltgen.regex("(?s).{5,25}")
        ),
    ],
    ids=["schema", "members", "grammar", "regex", "product"],
)
def test_threads_that_share_a_constraint_each_have_their_steps(
    make: Callable[[], Any], accounts: list[Any]
) -> None:
    """With little more than one text takes alone, four at once are drawn, and they are the same."""
    accounts.clear()
    alone = [make().sample(random.Random(seed), 60) for seed in range(4)]
    steps = max(one.limits.steps - one.left for one in accounts)
    shared = make()
    drawn: list[Any] = [None] * 4
    barrier = threading.Barrier(4)

    def draw(seed: int) -> None:
        barrier.wait()
        try:
            with use_limits(Limits(steps=2 * steps)):
                drawn[seed] = shared.sample(random.Random(seed), 60)
        except Exception as error:  # shown by the comparison
            drawn[seed] = error

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert drawn == alone
