"""Does a model's session equal full recompute, whatever its history, and a patcher its definition?

`check_model` runs random mixes of extend, truncate, select and concat and compares every row with
a new session given the same bytes at once. A history that fails is cut down to a minimal one.

>>> from bltgen.testing.models import whimsical
>>> check_model(whimsical(1))
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bltgen.testing.violation import Violation

if TYPE_CHECKING:
    from bltgen.model.config import PatcherConfig
    from bltgen.model.contract import ByteModel, Session

__all__ = ["Operation", "check_model", "check_patcher", "check_session"]


@dataclass(frozen=True)
class Operation:
    """One step of a history: `name` is extend, truncate, select or concat; the rest are its arguments.

    For truncate, `numbers` are the bytes to cut from each row's end, as far as they are there
    after the prompt; for select, rows, taken modulo their number.
    """

    name: str
    chunks: tuple[bytes, ...] = ()
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}{self.chunks if self.chunks else self.numbers}"


@dataclass(frozen=True)
class _History:
    prompts: tuple[bytes, ...]
    operations: tuple[Operation, ...]

    def size(self) -> int:
        return sum(map(len, self.prompts)) + sum(
            1 + sum(map(len, one.chunks)) + sum(one.numbers) for one in self.operations
        )


def check_model(
    model: ByteModel,
    *,
    histories: int = 12,
    steps: int = 6,
    longest: int = 12,
    tolerance: float = 1e-4,
    boundary_margin: float = 1e-4,
    seed: int = 0,
) -> None:
    """Raise Violation where a session differs from a new one over the same bytes.

    histories, steps, longest: random histories, operations in each, bytes of a chunk at most.
    tolerance: largest difference of a logit or entropy. boundary_margin: where an entropy is off
    by less, a patch boundary may fall either way and the rest of that history is skipped.
    """
    for number in range(histories):
        rng = random.Random(f"{seed} {number}")
        history = _drawn(rng, steps, longest)
        found = check_history(model, history, tolerance, boundary_margin)
        if found is not None:
            raise _minimal(model, history, tolerance, boundary_margin) or found


def check_session(
    model: ByteModel, prompts: Sequence[bytes], operations: Sequence[Operation], *, tolerance: float = 1e-4
) -> None:
    """`check_model` for one given history. Raises Violation."""
    found = check_history(model, _History(tuple(prompts), tuple(operations)), tolerance, 0.0)
    if found is not None:
        raise found


def _drawn(rng: random.Random, steps: int, longest: int) -> _History:
    def text(most: int) -> bytes:
        letters = rng.choice((b"ab", b"a b, 1.", bytes(range(256))))
        return bytes(rng.choice(letters) for _ in range(rng.randint(0, most)))

    prompts = tuple(text(longest) for _ in range(rng.randint(1, 3)))
    operations: list[Operation] = []
    rows = len(prompts)
    for _ in range(steps):
        name = rng.choice(("extend", "extend", "truncate", "truncate", "select", "concat"))
        if name == "select":
            rows = rng.randint(1, 3)
            numbers = tuple(rng.randrange(6) for _ in range(rows))
            operations.append(Operation(name, numbers=numbers))
        elif name == "concat" and rows < 4:
            operations.append(Operation(name, chunks=(text(longest),)))
            rows += 1
        elif name == "truncate":
            operations.append(Operation(name, numbers=tuple(rng.randint(0, 6) for _ in range(rows))))
        else:
            operations.append(Operation("extend", chunks=tuple(text(longest) for _ in range(rows))))
    return _History(prompts, tuple(operations))


@dataclass(frozen=True)
class _Row:
    prompt: bytes
    said: bytes = b""

    @property
    def data(self) -> bytes:
        return self.prompt + self.said


def check_history(
    model: ByteModel, history: _History, tolerance: float, boundary_margin: float
) -> Violation | None:
    """The first difference along a history, or None."""
    session = model.session(list(history.prompts))
    rows = [_Row(prompt) for prompt in history.prompts]
    done: list[str] = [f"session{history.prompts}"]
    for operation in (None, *history.operations):
        kept: tuple[Session, list[_Row]] | None = None
        before = rows
        if operation is not None:
            done.append(str(_as_applied(operation, rows)))
            if operation.name in ("select", "concat"):
                kept = (session, rows)
            session, rows = _applied(model, session, rows, operation)
        found = _compare(model, session, rows, tolerance)
        if found is None and operation is not None and operation.name == "extend":
            found = _compare_chunk_logits(model, session, before, operation, tolerance)
        if found is None and kept is not None:
            found = _compare(model, *kept, tolerance)
            if found is not None:
                found.args = (f"{found}\n  in the operand, after it was used",)
        if found is not None:
            if _near_a_boundary(model, rows, boundary_margin):
                return None
            found.args = (f"{found}\n  history: {'; '.join(done)}",)
            return found
    return None


def _applied(
    model: ByteModel, session: Session, rows: list[_Row], operation: Operation
) -> tuple[Session, list[_Row]]:
    if operation.name == "select":
        chosen = [number % len(rows) for number in operation.numbers]
        return session.select(chosen), [rows[row] for row in chosen]
    if operation.name == "concat":
        return session.concat(model.session(operation.chunks)), [*rows, *map(_Row, operation.chunks)]
    if operation.name == "truncate":
        cuts = [
            min(n, len(row.said)) for n, row in zip(_fitted(operation.numbers, rows, 0), rows, strict=True)
        ]
        shorter = [
            replace(row, said=row.said[: len(row.said) - cut]) for row, cut in zip(rows, cuts, strict=True)
        ]
        session.truncate([len(row.data) for row in shorter])
        return session, shorter
    chunks = _fitted(operation.chunks, rows, b"")
    session.extend(chunks, keep_logits=True)
    return session, [replace(row, said=row.said + chunk) for row, chunk in zip(rows, chunks, strict=True)]


def _as_applied(operation: Operation, rows: list[_Row]) -> Operation:
    """With as many arguments as there are rows, as it is to be read in a report."""
    if operation.name == "select":
        return replace(operation, numbers=tuple(number % len(rows) for number in operation.numbers))
    if operation.name == "truncate":
        return replace(operation, numbers=tuple(_fitted(operation.numbers, rows, 0)))
    if operation.name == "extend":
        return replace(operation, chunks=tuple(_fitted(operation.chunks, rows, b"")))
    return operation


def _fitted(given: Sequence[Any], rows: list[_Row], filler: Any) -> list[Any]:
    """As many as there are rows, whatever was cut from the history."""
    return [*given[: len(rows)], *[filler] * (len(rows) - len(given))]


def _compare(model: ByteModel, session: Session, rows: list[_Row], tolerance: float) -> Violation | None:
    lengths = [len(row.data) for row in rows]
    if session.lengths != lengths:
        found = f"{session.lengths}, where they are {lengths}"
        return Violation("lengths are those of the bytes so far", found)
    if tuple(session.logits.shape) != (len(rows), 257):
        return Violation("logits are [rows, 257]", f"{tuple(session.logits.shape)}")
    for index, row in enumerate(rows):
        alone = model.session([row.data])
        context: dict[str, Any] = {"row": index, "of": len(rows)}
        if bool(session.logits[index].isnan().any()):
            return Violation("logits are numbers", "NaN", data=row.data, **context)
        difference = _difference(session.logits[index], alone.logits[0])
        if difference > tolerance:
            claim = "logits equal those of full recompute"
            return Violation(claim, f"they differ by {difference:.3g}", data=row.data, **context)
        entropy = abs(session.entropies[index] - alone.entropies[0])
        if entropy > tolerance or session.entropies[index] < -tolerance:
            claim = "entropies equal those of full recompute"
            return Violation(
                claim, f"{session.entropies[index]}, {alone.entropies[0]}", data=row.data, **context
            )
        if session.at_boundary[index] != alone.at_boundary[0]:
            found = f"at_boundary={session.at_boundary[index]}"
            return Violation("boundaries equal those of full recompute", found, data=row.data, **context)
        starts = [start for start in session.patch_starts[index] if start >= len(row.prompt)]
        expected = [start for start in alone.patch_starts[0] if start >= len(row.prompt)]
        # A stand-in without patches in its prompt knows only those of its output.
        if starts != sorted(set(starts)) or any(not 0 <= start < len(row.data) for start in starts):
            return Violation("patch starts ascend within the text", f"{starts}", data=row.data, **context)
        if expected and starts != expected:
            return Violation("patches equal those of full recompute", f"{starts}, {expected}", data=row.data)
    return None


def _difference(one: Any, other: Any) -> float:
    """The largest difference; equal infinities do not differ."""
    unequal = one != other
    if not bool(unequal.any()):
        return 0.0
    largest = float((one[unequal] - other[unequal]).abs().max())
    return math.inf if math.isnan(largest) else largest


def _compare_chunk_logits(
    model: ByteModel, session: Session, before: list[_Row], operation: Operation, tolerance: float
) -> Violation | None:
    chunks = _fitted(operation.chunks, before, b"")
    if not any(chunks):
        return None
    for index, (row, chunk) in enumerate(zip(before, chunks, strict=True)):
        given = session.chunk_logits[index]
        if len(given) != len(chunk):
            found = f"{len(given)} rows for {len(chunk)} bytes"
            return Violation("chunk_logits has a row a byte", found, data=row.data + chunk)
        for at in {0, len(chunk) // 2, len(chunk) - 1} & set(range(len(chunk))):
            prefix = row.data + chunk[:at]
            difference = _difference(given[at], model.session([prefix]).logits[0])
            if difference > tolerance:
                found = f"those before byte {at} of the chunk differ by {difference:.3g}"
                return Violation(
                    "chunk_logits are what predicted the chunk",
                    found,
                    data=row.data + chunk,
                    position=len(prefix),
                )
    return None


def _near_a_boundary(model: ByteModel, rows: list[_Row], margin: float) -> bool:
    """Whether an entropy lies so near the model's threshold that rounding may move a boundary."""
    config = getattr(getattr(model, "config", None), "patcher", None)
    if config is None or config.mode not in ("entropy", "monotonic") or margin <= 0:
        return False
    for row in rows:
        before = 0.0
        for at in range(len(row.data) + 1):
            entropy = model.session([row.data[:at]]).entropies[0]
            measured = entropy - (before if config.mode == "monotonic" else 0.0)
            if abs(measured - config.threshold) < margin:
                return True
            before = entropy
    return False


def _minimal(
    model: ByteModel, history: _History, tolerance: float, boundary_margin: float
) -> Violation | None:
    """The violation of a history from which no step and no half of a chunk can be left out."""
    found = check_history(model, history, tolerance, boundary_margin)
    shrunk = True
    while shrunk and found is not None:
        shrunk = False
        for smaller in _smaller(history):
            again = check_history(model, smaller, tolerance, boundary_margin)
            if again is not None and smaller.size() < history.size():
                history, found, shrunk = smaller, again, True
                break
    return found


def _smaller(history: _History) -> list[_History]:
    made = [
        replace(history, operations=history.operations[:at] + history.operations[at + 1 :])
        for at in range(len(history.operations))
    ]
    if len(history.prompts) > 1:
        made += [replace(history, prompts=history.prompts[:1]), replace(history, prompts=history.prompts[1:])]
    for at, prompt in enumerate(history.prompts):
        for cut in _halves(prompt):
            made.append(replace(history, prompts=(*history.prompts[:at], cut, *history.prompts[at + 1 :])))
    for at, operation in enumerate(history.operations):
        for index, chunk in enumerate(operation.chunks):
            for cut in _halves(chunk):
                chunks = (*operation.chunks[:index], cut, *operation.chunks[index + 1 :])
                made.append(_with(history, at, replace(operation, chunks=chunks)))
        for index, number in enumerate(operation.numbers):
            if number:
                numbers = (*operation.numbers[:index], number // 2, *operation.numbers[index + 1 :])
                made.append(_with(history, at, replace(operation, numbers=numbers)))
    return made


def _with(history: _History, at: int, operation: Operation) -> _History:
    return replace(history, operations=(*history.operations[:at], operation, *history.operations[at + 1 :]))


def _halves(data: bytes) -> list[bytes]:
    return list({data[: len(data) // 2], data[1:], data[:-1]} - {data})


Starts = Callable[[bytes, Sequence[float]], Sequence[int]]


def check_patcher(
    starts: Starts,
    *,
    config: PatcherConfig | None = None,
    incremental: Callable[[bytes, Sequence[float]], Sequence[int]] | None = None,
    texts: int = 40,
    longest: int = 24,
    seed: int = 0,
) -> None:
    """Raise Violation where `starts(data, entropies)` is no patching of `data`.

    entropies: of the prediction of each byte, and of the one after the last: len(data) + 1 of them.
    Returned are the offsets in `data` where patches start. Checked: the first patch starts at 0, starts
    ascend and lie in the text; they depend on nothing to their right; with a config, they are those
    of the definition (Pagnoni et al. 2024, section 2) and no patch is longer than it allows; with
    `incremental`, both agree.
    """
    rng = random.Random(seed)
    for index in range(texts):
        length = index * longest // texts  # the shorter first
        data = bytes(rng.choice(b"ab 1,\xc3\xa9") for _ in range(length))
        entropies = [rng.choice((0.1, 1.0, 1.5, 3.0)) + rng.random() / 100 for _ in range(length + 1)]
        found = list(starts(data, entropies))
        context: dict[str, Any] = {"starts": found, "entropies": [round(value, 3) for value in entropies]}
        if data and (found[:1] != [0] or found != sorted(set(found)) or found[-1] >= length):
            raise Violation("patches begin at 0 and ascend within the text", f"{found}", data=data, **context)
        for cut in range(length):
            earlier = list(starts(data[:cut], entropies[: cut + 1]))
            if earlier != [start for start in found if start < cut]:
                claim = "a boundary depends on nothing to its right"
                raise Violation(
                    claim, f"{earlier} of the first {cut} bytes", data=data, position=cut, **context
                )
        if config is not None:
            expected = defined_starts(config, data, entropies)
            if found != expected:
                wrong = min(set(found) ^ set(expected))
                claim = "patches are those of the definition"
                raise Violation(claim, f"{found}, not {expected}", data=data, position=wrong, **context)
        if incremental is not None and list(incremental(data, entropies)) != found:
            other = list(incremental(data, entropies))
            raise Violation("both ways to patch agree", f"{found} and {other}", data=data, **context)


def defined_starts(config: PatcherConfig, data: bytes, entropies: Sequence[float]) -> list[int]:
    """Where patches start, by the definition alone."""
    found: list[int] = []

    def letter(byte: int) -> bool:
        return 0x80 <= byte < 0xC0 or (byte < 0x80 and chr(byte).isalnum())

    for at in range(len(data)):
        if at == 0:
            found.append(0)
            continue
        longest = config.max_patch_length
        if config.mode == "static":
            longest = min(config.patch_size, longest or config.patch_size)
        full = longest is not None and at - found[-1] >= longest
        if config.mode == "entropy":
            starts = entropies[at] > config.threshold
        elif config.mode == "monotonic":
            starts = at == 1 or entropies[at] - entropies[at - 1] > config.threshold
        elif config.mode == "space":
            # The byte before is like a space and the one before that is not; BOS is like a space.
            starts = not letter(data[at - 1]) and at > 1 and letter(data[at - 2])
        else:
            starts = False
        if starts or full:
            found.append(at)
    return found
