"""A session on a Byte Latent Transformer: rows of bytes with caches at all four levels.

Order of a step over new bytes: entropy model, boundaries, local encoder, pool and latent
transformer where a patch closes, local decoder. The decoder at byte t sees the last patch that is
complete given the boundary at t + 1, so at a boundary it already sees the patch that ends in t.

Equal to full recompute (`ByteLatentTransformer.forward`) up to float rounding, for any mix of
chunks, rollbacks, forks and joins; cost per byte does not grow with the text past the windows, but
for attention over the latents. Rolling back by at most `rollback` bytes moves numbers; further
back than the caches hold, the row is computed anew from its bytes.

>>> from bltgen.model.blt import ByteLatentTransformer
>>> from bltgen.model.config import BLTConfig
>>> session = ByteLatentTransformer(BLTConfig.tiny(mode="static")).session([b"BLT reads bytes", b""])
>>> session.patch_starts, session.at_boundary
([[0, 4, 8, 12], []], [False, True])
>>> session.extend([b"", b"ab"])
>>> session.lengths, tuple(session.logits.shape)
([15, 2], (2, 257))
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bltgen.interruption import check
from bltgen.model.blas_threads import single_blas_thread
from bltgen.model.cache import RowCache, Span
from bltgen.model.config import BYTE_OFFSET, EOS_ID
from bltgen.model.contract import VOCABULARY as COLUMNS
from bltgen.model.contract import Draft, Mask, Session
from bltgen.model.levels import DECODED, LATENTS, Levels, Patch
from bltgen.model.patcher import PatchRule
from bltgen.model.runtime import Runtime

__all__ = ["ROLLBACK", "BLTSession"]

ROLLBACK = 256
"""Bytes that a row can be cut back by without recomputing, by default."""
PIECE = 512  # positions of a row per pass of a prefill: bounds the memory of its attention
_ANYTHING = bytes(np.packbits(np.ones(COLUMNS, bool)))
SHORT = 32  # rows with at most this many new bytes go through the model together, padded


class _Row:
    """One sequence. Positions count BOS as 0, so byte i stands at position i + 1."""

    __slots__ = ("data", "draft", "draft_entropies", "entropies", "masks", "positions", "starts")

    def __init__(self) -> None:
        self.data = bytearray()
        self.positions = 0  # computed so far, BOS included
        self.entropies = array("f")  # of the prediction made at each position
        self.starts = [0]  # positions where patches start, the next one included
        self.masks: dict[int, bytes] = {}  # by position, ascending: what may follow, as packed bits
        self.draft = bytearray()  # that the entropy model has read beyond the data
        self.draft_entropies = array("f")  # of the predictions made at its bytes

    def copy(self) -> _Row:
        row = _Row()
        row.data, row.positions = self.data[:], self.positions
        row.entropies, row.starts = self.entropies[:], self.starts[:]
        row.masks = self.masks.copy()
        row.draft, row.draft_entropies = self.draft[:], self.draft_entropies[:]
        return row

    @property
    def closed(self) -> int:
        """Patches that are complete: all but the last start's."""
        return len(self.starts) - 1


def _agreement(one: bytes | bytearray, other: bytes | bytearray) -> int:
    """How many bytes they begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


class BLTSession:
    """See the module; the contract is `bltgen.model.contract.Session`."""

    def __init__(
        self,
        runtime: Runtime,
        prompts: Sequence[bytes],
        rollback: int = ROLLBACK,
        masks: Sequence[Mask | None] | None = None,
    ) -> None:
        if rollback < 0:
            raise ValueError(f"rollback must not be negative, got {rollback}")
        with torch.inference_mode():
            count = len(prompts)
            self._begin(runtime, [_Row() for _ in prompts], rollback)
            self._bytes = RowCache(runtime.byte_planes, count, self._oldest_byte, runtime.device)
            self._patches = RowCache(runtime.patch_planes, count, self._oldest_patch, runtime.device)
            # What each cross-attention of the decoder reads of each row's latest closed patch.
            shape = (len(runtime.readers), count, runtime.k, 2 * runtime.config.local_dim)
            self._seen = torch.zeros(shape, dtype=runtime.local_dtype, device=runtime.device)
            self._scores = torch.zeros(
                count, runtime.config.vocabulary, dtype=runtime.local_dtype, device=runtime.device
            )
        if masks is not None:
            after = [None if mask is None else mask[None] for mask in masks]
            self._keep_masks(list(map(len, prompts)), [1] * count, after)
        self.extend(prompts)

    def _begin(self, runtime: Runtime, rows: list[_Row], rollback: int) -> None:
        config = runtime.config
        self._runtime = runtime
        self._rule = PatchRule(config.patcher)
        self._rows = rows
        self._rollback = rollback
        windows = (config.entropy.window, config.encoder.window, config.decoder.window)
        self._byte_window = None if None in windows else max(w for w in windows if w is not None)
        self._patch_window = config.latent.window
        self._logits: Tensor | None = None
        self._chunk_logits: list[Tensor] | None = None

    # What the next byte, or a rollback, may still read.

    def _oldest_byte(self, row: int) -> int:
        if self._byte_window is None:
            return 0
        state = self._rows[row]
        back = state.positions - self._rollback
        return max(0, min(back - self._byte_window, self._open_start(state, back)))

    def _oldest_patch(self, row: int) -> int:
        if self._patch_window is None:
            return 0
        # No patch is shorter than a byte: going back b bytes opens at most b patches again.
        return max(0, self._patches.length[row] - self._rollback - self._patch_window - 1)

    @staticmethod
    def _open_start(row: _Row, positions: int) -> int:
        """Start of the patch that is open, or about to start, after `positions` positions."""
        for start in reversed(row.starts):
            if start <= positions:
                return start
        return 0

    # The contract's properties.

    @property
    def lengths(self) -> list[int]:
        """Bytes so far, per row."""
        return [len(row.data) for row in self._rows]

    @property
    def logits(self) -> Tensor:
        """[rows, 257] scores of what follows the last byte of each row; 256 is the end of the text."""
        if self._logits is None:
            self._logits = self._contract_columns(self._scores)
        return self._logits

    @staticmethod
    def _contract_columns(scores: Tensor) -> Tensor:
        return torch.cat([scores[:, BYTE_OFFSET : BYTE_OFFSET + 256], scores[:, EOS_ID : EOS_ID + 1]], dim=1)

    @property
    def chunk_logits(self) -> list[Tensor]:
        """Per row [bytes, 257]: the logits that predicted each byte of the last chunk (`keep_logits`)."""
        if self._chunk_logits is None:
            raise ValueError("the last change of the session was not extend(..., keep_logits=True)")
        return self._chunk_logits

    @property
    def at_boundary(self) -> list[bool]:
        """Per row: the next byte starts a new patch."""
        return [row.starts[-1] == row.positions for row in self._rows]

    @property
    def entropies(self) -> list[float]:
        """Per row: entropy (nats) of the entropy model's prediction of the next byte."""
        return [row.entropies[-1] for row in self._rows]

    @property
    def patch_starts(self) -> list[list[int]]:
        """Per row: offsets in the row's bytes where patches start."""
        return [[s - 1 for s in row.starts[1:] if s < row.positions] for row in self._rows]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the caches hold, those of the latent transformer included."""
        return self._bytes.nbytes + self._patches.nbytes + self._seen.nbytes + self._scores.nbytes

    @property
    def latent_nbytes(self) -> int:
        """The part of `nbytes` that grows with the text where the latent transformer has no window."""
        return self._patches.nbytes

    # Changes.

    def extend(
        self,
        chunks: Sequence[bytes],
        *,
        keep_logits: bool = False,
        masks: Sequence[Mask | None] | None = None,
    ) -> None:
        """Append one chunk to each row, in parallel over its bytes; b"" leaves the row as it is.

        masks: per row bool [bytes, 257], what may follow each byte of its chunk (None: anything).
        """
        rows = self._rows
        if len(chunks) != len(rows):
            raise ValueError(f"{len(rows)} rows need {len(rows)} chunks, got {len(chunks)}")
        if masks is not None:
            self._keep_masks([len(row.data) + 1 for row in rows], list(map(len, chunks)), masks)
        with torch.inference_mode():
            kept: list[list[Tensor]] | None = None
            if keep_logits:
                kept = [
                    [self._scores[i : i + 1].clone()] if row.positions else [] for i, row in enumerate(rows)
                ]
            for row, chunk in zip(rows, chunks, strict=True):
                row.data += chunk
            self._compute(kept)
        self._logits = None
        self._chunk_logits = None
        if kept is not None:
            empty = self._scores[:0]
            self._chunk_logits = [
                self._contract_columns(torch.cat([empty, *scores])[: len(chunk)])
                for scores, chunk in zip(kept, chunks, strict=True)
            ]

    def draft(self, chunks: Sequence[bytes]) -> list[Draft | None]:
        """What the entropy model alone predicts after each row's bytes, what was drafted since, and a chunk.

        None where the chunk is b"". A draft is forgotten as soon as the row changes; where it is
        extended by the bytes that were drafted, the entropy model has read them already.
        """
        rows = self._rows
        if len(chunks) != len(rows):
            raise ValueError(f"{len(rows)} rows need {len(rows)} chunks, got {len(chunks)}")
        numbers = [number for number, chunk in enumerate(chunks) if chunk]
        drafts: list[Draft | None] = [None] * len(rows)
        if not numbers:
            return drafts
        counts = [len(chunks[number]) for number in numbers]
        ids = np.frombuffer(b"".join(chunks), dtype=np.uint8).astype(np.int64) + BYTE_OFFSET
        with torch.inference_mode(), single_blas_thread():
            span = self._bytes.reserve_ahead(numbers, counts)
            entropies, scores = self._runtime.for_positions(span.total).draft(ids, self._bytes, span)
            logits = self._contract_columns(scores)
        for place, number in enumerate(numbers):
            row = rows[number]
            row.draft += chunks[number]
            row.draft_entropies.extend(entropies[: counts[place]])
            del entropies[: counts[place]]
            drafts[number] = Draft(logits[place], self._starts_after_draft(row))
        return drafts

    def _starts_after_draft(self, row: _Row) -> bool:
        """Whether a patch would start after the row's draft."""
        length, positions, start = len(row.data), row.positions, row.starts[-1]
        end = positions + len(row.draft)
        row.data += row.draft
        row.entropies += row.draft_entropies
        for position in range(positions, end):
            if self._rule.starts_after(position, row.data, row.entropies, start):
                start = position + 1
        del row.data[length:], row.entropies[positions:]
        return start == end

    def _keep_masks(
        self, positions: Sequence[int], counts: Sequence[int], masks: Sequence[Mask | None]
    ) -> None:
        """Note what may follow from each row's position on; `_advance` reads it when it gets there."""
        if self._runtime.mask_embedding is None:
            raise ValueError("this model has no mask input (config: mask_conditioning)")
        if len(masks) != len(self._rows):
            raise ValueError(f"{len(self._rows)} rows need {len(self._rows)} masks, got {len(masks)}")
        for count, mask in zip(counts, masks, strict=True):
            if mask is not None and mask.shape != (count, COLUMNS):
                raise ValueError(f"a mask of shape {(count, COLUMNS)} is needed, got {mask.shape}")
        for row, position, mask in zip(self._rows, positions, masks, strict=True):
            if mask is not None:
                packed = np.packbits(mask, axis=1)
                row.masks.update(enumerate(map(bytes, packed), start=position))

    def _allowed(self, rows: Sequence[_Row], span: Span) -> Tensor | None:
        """Bool [total, 257] of the span's positions; None where no mask was given for any."""
        found = [
            row.masks.get(position)
            for row, begin, count in zip(rows, span.positions, span.counts, strict=True)
            for position in range(begin, begin + count)
        ]
        if not any(found):
            return None
        packed = np.frombuffer(b"".join(mask or _ANYTHING for mask in found), np.uint8)
        bits = np.unpackbits(packed.reshape(len(found), len(_ANYTHING)), axis=1, count=COLUMNS)
        return torch.from_numpy(bits.astype(bool))

    def _groups(self) -> Iterator[list[tuple[int, int]]]:
        """Passes over the positions to compute, as lists of (row, count): long rows alone, short together."""
        short = []
        for number, row in enumerate(self._rows):
            left = len(row.data) + 1 - row.positions
            if left > SHORT:
                while left:
                    count = min(left, PIECE)
                    yield [(number, count)]
                    left -= count
            elif left:
                short.append((number, left))
        if short:
            yield short

    def _compute(self, kept: list[list[Tensor]] | None) -> None:
        """Bring the caches up to the bytes."""
        with single_blas_thread():
            for group in self._groups():
                check()
                self._advance(group, kept)

    def _advance(self, group: list[tuple[int, int]], kept: list[list[Tensor]] | None) -> None:
        """Compute the next `count` positions of the given rows through all levels."""
        runtime, cache = self._runtime, self._bytes
        numbers = [number for number, _ in group]
        rows = [self._rows[number] for number in numbers]
        span = cache.reserve(numbers, [count for _, count in group])
        if span.steps:
            grams = runtime.ngrams.latest([row.data for row in rows], span.positions)
        else:
            windows = map(runtime.ngrams.windows, [row.data for row in rows], span.positions, span.counts)
            grams = np.concatenate(list(windows))
        ids = grams[:, -1].copy()
        levels = runtime.for_positions(span.total)
        if any(row.draft for row in rows):
            entropies = self._entropies_after_drafts(levels, numbers, span, ids)
        else:
            entropies = levels.entropies(ids, cache, span)
        closing = self._close_patches(numbers, span, entropies)
        states = levels.encode(ids, grams, cache, span)
        seen = self._look_up(levels, numbers, span, closing)
        decoded = levels.decode(states, self._allowed(rows, span), seen, cache, span)
        self._score(levels, numbers, span, decoded, kept)

    def _entropies_after_drafts(
        self, levels: Levels, numbers: list[int], span: Span, ids: npt.NDArray[np.int64]
    ) -> list[float]:
        """Entropies at the new positions; where bytes are as they were drafted, they are known."""
        known: list[list[float]] = []
        index: list[int] = []  # of the new positions that are left
        for number, position, count, end in zip(numbers, span.positions, span.counts, span.ends, strict=True):
            row = self._rows[number]
            coming = row.data[position - 1 : position - 1 + count]
            common = _agreement(row.draft, coming)
            known.append(row.draft_entropies[:common].tolist())
            index += range(int(end) + 1 - count + common, int(end) + 1)
            row.draft, row.draft_entropies = bytearray(), array("f")
        left = [i for i, count in enumerate(span.counts) if len(known[i]) < count]
        if left:
            counts = [span.counts[i] - len(known[i]) for i in left]
            positions = [span.positions[i] + len(known[i]) for i in left]
            part = self._bytes.span([numbers[i] for i in left], counts, positions)
            computed = iter(levels.entropies(ids[index], self._bytes, part))
            for i, count in zip(left, counts, strict=True):
                known[i] += itertools.islice(computed, count)
        return [entropy for of_row in known for entropy in of_row]

    def _close_patches(self, numbers: list[int], span: Span, entropies: list[float]) -> list[list[Patch]]:
        """Record entropies and starts; per row the patches (row, start, length) that now close."""
        closing = []
        at = 0
        for number, count in zip(numbers, span.counts, strict=True):
            row = self._rows[number]
            row.entropies.extend(entropies[at : at + count])
            at += count
            closed = []
            for _ in range(count):
                position = row.positions
                row.positions = position + 1
                if self._rule.starts_after(position, row.data, row.entropies, row.starts[-1]):
                    closed.append((number, row.starts[-1], position + 1 - row.starts[-1]))
                    row.starts.append(position + 1)
            closing.append(closed)
        return closing

    def _look_up(self, levels: Levels, numbers: list[int], span: Span, closing: list[list[Patch]]) -> Tensor:
        """Run the latent transformer on closed patches; what each new position sees of latents.

        [readers, total, k, 2 * dim], as `Levels.decode` takes it.
        """
        patches = [patch for row_patches in closing for patch in row_patches]
        if not patches:
            return self._seen_by(numbers, span)
        active = [i for i, row_patches in enumerate(closing) if row_patches]
        counts = [len(closing[i]) for i in active]
        patch_span = self._patches.reserve([numbers[i] for i in active], counts)
        new = levels.sources(levels.latents(levels.pool(self._bytes, patches), self._patches, patch_span))
        seen = None
        if not span.steps:
            choice = torch.tensor(self._latest_closed(numbers, span, closing), device=new.device)
            seen = torch.cat([self._seen, new], dim=1).index_select(1, choice)
        if len(self._rows) == 1:
            self._seen = new[:, -1:]
        else:
            index = torch.tensor(patch_span.rows, device=new.device)
            latest = torch.from_numpy(patch_span.ends).to(new.device)
            self._seen.index_copy_(1, index, new.index_select(1, latest))
        return self._seen_by(numbers, span) if seen is None else seen

    def _seen_by(self, numbers: list[int], span: Span) -> Tensor:
        """What new positions see that all see their row's latest closed patch."""
        if span.steps and len(numbers) == len(self._rows):
            return self._seen
        seers = [number for number, count in zip(numbers, span.counts, strict=True) for _ in range(count)]
        return self._seen.index_select(1, torch.tensor(seers, device=self._seen.device))

    def _latest_closed(self, numbers: list[int], span: Span, closing: list[list[Patch]]) -> list[int]:
        """Per new position, the latest patch closed up to it: its row's number, or rows + one of the new."""
        choice = []
        passed = len(self._rows)
        for number, count, first, row_patches in zip(
            numbers, span.counts, span.positions, closing, strict=True
        ):
            current, done = number, 0
            for position in range(first, first + count):
                if done < len(row_patches) and position + 1 == row_patches[done][1] + row_patches[done][2]:
                    current = passed + done
                    done += 1
                choice.append(current)
            passed += len(row_patches)
        return choice

    def _score(
        self, levels: Levels, numbers: list[int], span: Span, decoded: Any, kept: list[list[Tensor]] | None
    ) -> None:
        """Logits after the last new position of each row, and after every one where they are kept."""
        if kept is not None:
            scores = levels.logits(decoded)
            for number, part in zip(numbers, torch.split(scores, list(span.counts)), strict=True):
                kept[number].append(part)
        if not span.steps:
            decoded = decoded[span.ends]
        scores = levels.logits(decoded)
        if len(numbers) == len(self._rows):
            self._scores = scores
        else:
            self._scores.index_copy_(0, torch.tensor(numbers, device=scores.device), scores)

    def truncate(self, lengths: Sequence[int]) -> None:
        """Cut each row back to this many bytes."""
        rows = self._rows
        if len(lengths) != len(rows):
            raise ValueError(f"{len(rows)} rows need {len(rows)} lengths, got {len(lengths)}")
        for number, (row, length) in enumerate(zip(rows, lengths, strict=True)):
            if not 0 <= length <= len(row.data):
                raise ValueError(f"row {number} has {len(row.data)} bytes: cannot cut it to {length}")
        cut = [number for number, row in enumerate(rows) if lengths[number] < len(row.data)]
        self._logits = None
        self._chunk_logits = None
        with torch.inference_mode():
            for number in cut:
                self._rows[number].draft, self._rows[number].draft_entropies = bytearray(), array("f")
                self._cut(number, lengths[number])
            held = [number for number in cut if self._rows[number].positions]
            if held:
                self._reread(held)
            self._compute(None)

    def _cut(self, number: int, length: int) -> None:
        """Cut one row; where the caches no longer hold enough, it has no positions, to be computed anew."""
        row, positions = self._rows[number], length + 1
        del row.data[length:]
        while row.starts[-1] > positions:
            row.starts.pop()
        while row.masks and next(reversed(row.masks)) >= positions:
            row.masks.popitem()
        first, first_patch = self._bytes.first[number], self._patches.first[number]
        window, patch_window = self._byte_window, self._patch_window
        enough = first == 0 or (
            window is not None
            and first <= positions - window + 1
            and first <= row.starts[-1]
            and first < positions
        )
        enough = enough and (
            first_patch == 0 or (patch_window is not None and first_patch <= row.closed - patch_window)
        )
        if enough:
            del row.entropies[positions:]
            row.positions = positions
            self._bytes.truncate(number, positions)
            self._patches.truncate(number, row.closed)
            return
        data = row.data
        fresh = self._rows[number] = _Row()
        fresh.data, fresh.masks = data, row.masks
        for cache in (self._bytes, self._patches):
            cache.truncate(number, 0)

    def _reread(self, numbers: list[int]) -> None:
        """Logits and visible latent of rows that were cut, from what the caches hold."""
        runtime = self._runtime
        rows = [self._rows[number] for number in numbers]
        decoded = [
            self._bytes.read(DECODED, 0, number, row.positions - 1, row.positions)
            for number, row in zip(numbers, rows, strict=True)
        ]
        latents = [
            self._patches.read(LATENTS, 0, number, row.closed - 1, row.closed)
            for number, row in zip(numbers, rows, strict=True)
        ]
        index = torch.tensor(numbers, device=runtime.device)
        self._scores.index_copy_(0, index, runtime.logits(torch.cat(decoded)))
        self._seen.index_copy_(1, index, runtime.sources(torch.cat(latents)))

    def select(self, rows: Sequence[int]) -> BLTSession:
        """A session whose rows are copies of these rows: to fork, reorder or drop."""
        chosen = [range(len(self._rows))[row] for row in rows]
        return self._join([(self, chosen)])

    def concat(self, other: Session) -> BLTSession:
        """A session with the rows of both, which must be sessions of one model."""
        if not isinstance(other, BLTSession) or other._runtime is not self._runtime:
            raise ValueError("only sessions of one model, with the same weights, can be joined")
        return self._join([(self, range(len(self._rows))), (other, range(len(other._rows)))])

    def replace(self, row: int, other: Session, other_row: int) -> None:
        """This row becomes a copy of a row of another session of the same model; the others stay in place."""
        if not isinstance(other, BLTSession) or other._runtime is not self._runtime:
            raise ValueError("only sessions of one model, with the same weights, can be joined")
        row, other_row = range(len(self._rows))[row], range(len(other._rows))[other_row]
        with torch.inference_mode():
            self._rows[row] = other._rows[other_row].copy()
            self._bytes.replace(row, other._bytes, other_row)
            self._patches.replace(row, other._patches, other_row)
            self._seen[:, row] = other._seen[:, other_row]
            self._scores[row] = other._scores[other_row]
        self._rollback = max(self._rollback, other._rollback)
        self._logits = None
        self._chunk_logits = None

    @classmethod
    def _join(cls, parts: Sequence[tuple[BLTSession, Sequence[int]]]) -> BLTSession:
        first = parts[0][0]
        joined = cls.__new__(cls)
        joined._begin(
            first._runtime,
            [part._rows[row].copy() for part, chosen in parts for row in chosen],
            max(part._rollback for part, _ in parts),
        )
        with torch.inference_mode():
            byte_parts = [(part._bytes, chosen) for part, chosen in parts]
            patch_parts = [(part._patches, chosen) for part, chosen in parts]
            joined._bytes = first._bytes.join(byte_parts, joined._oldest_byte)
            joined._patches = first._patches.join(patch_parts, joined._oldest_patch)
            indices = [
                torch.tensor(list(chosen), dtype=torch.long, device=first._runtime.device)
                for _, chosen in parts
            ]
            joined._seen = torch.cat(
                [part._seen.index_select(1, index) for (part, _), index in zip(parts, indices, strict=True)],
                dim=1,
            )
            joined._scores = torch.cat(
                [part._scores.index_select(0, index) for (part, _), index in zip(parts, indices, strict=True)]
            )
        return joined
