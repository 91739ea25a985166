"""Why a text came out as it did: for each byte what the constraint allowed and what the model wanted.

The text is read again by the model, byte by byte, so that the generation of any strategy can be
explained, also one under way (its bytes so far). Cost: one model step a byte.

>>> from bltgen.automata.language import literal, union
>>> from bltgen.testing.models import table
>>> model = table({b"": {b"a": 0.25, b"b": 0.25, b"c": 0.5}})
>>> print(explain(model, b"", b"a", union(literal(b"a"), literal(b"b"))).table())
  at  byte  allowed   wanted  p before  p after  entropy  patch
   0  a     2         c         0.2500   0.5000   1.0397      0
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from bltgen.decoding.conditioning import open_session
from bltgen.decoding.sampling import END, SamplingParameters, masked
from bltgen.decoding.search import Search
from bltgen.errors import RejectedByte

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint
    from bltgen.model.contract import ByteModel

_Bytes = bytes  # within `Explanation` the name is that of a field

__all__ = ["ExplainedByte", "Explanation", "explain"]


@dataclass(frozen=True)
class ExplainedByte:
    """One byte of the text, or its end (byte 256).

    allowed: how many bytes could come within the budget, the end not counted. may_end: the text
    could end here. probability: of this byte in the base distribution, before the mask; masked:
    after it. mass: what the mask left of the base distribution. wanted: the most probable byte
    before the mask. entropy: nats, of the entropy model's prediction of this byte. patch: number of
    the patch in the output. forced: nothing else could come.
    """

    offset: int
    byte: int
    allowed: int
    may_end: bool
    probability: float
    masked: float
    mass: float
    wanted: int
    entropy: float
    patch: int
    forced: bool


def _shown(column: int) -> str:
    if column == END:
        return "END"
    character = chr(column)
    return character if 33 <= column < 127 else {10: "\\n", 9: "\\t", 32: "' '"}.get(column, f"x{column:02X}")


@dataclass(frozen=True)
class Explanation:
    """What `explain` found, as data (`bytes`), a table, JSON, a page or a picture.

    prompt: as the model read it; table and page show it where it has `form_bytes` that its checkpoint's form
    for prompts added to the text.
    """

    bytes: tuple[ExplainedByte, ...]
    prompt: _Bytes = b""
    form_bytes: int = 0

    def __repr__(self) -> str:
        return f"<Explanation of {len(self.bytes)} bytes; print(explanation.table()) shows it>"

    def table(self) -> str:
        """Text, a line a byte; "=" behind the count of allowed bytes where nothing else could come."""
        lines = [self._formed_prompt(), ""] if self.form_bytes else []
        lines += ["  at  byte  allowed   wanted  p before  p after  entropy  patch"]
        for one in self.bytes:
            allowed = f"{one.allowed}{'+end' if one.may_end else ''}{' =' if one.forced else ''}"
            lines.append(
                f"{one.offset:>4}  {_shown(one.byte):<4}  {allowed:<8}  {_shown(one.wanted):<6}"
                f"  {one.probability:>8.4f}  {one.masked:>7.4f}  {one.entropy:>7.4f}  {one.patch:>5}"
            )
        return "\n".join(lines)

    def _formed_prompt(self) -> str:
        """The prompt, with what its form added."""
        text = self.prompt.decode("utf-8", "replace").rstrip("\n")
        return f"The prompt as the model read it, {self.form_bytes} bytes of its form included:\n\n{text}"

    def as_json(self) -> str:
        """An array of objects with the fields of `ExplainedByte`."""
        return json.dumps([asdict(one) for one in self.bytes])

    def page(self) -> str:
        """A page of HTML that stands alone: the text in its patches, shaded by probability, and the table."""
        labelled = zip(self.bytes, _labels(self.bytes), strict=True)
        patches = [
            f'<span class="patch">{"".join(_span(one, label) for one, label in patch)}</span>'
            for _, patch in groupby(labelled, key=lambda pair: pair[0].patch)
        ]
        rows = "".join(_row(one) for one in self.bytes)
        prompt = f"<pre>{html.escape(self._formed_prompt())}</pre>" if self.form_bytes else ""
        return _PAGE.format(patches="".join(patches), rows=rows, prompt=prompt)

    def draw(self, path: str) -> None:
        """A picture: probability before and after the mask, entropy, how many bytes were allowed.

        Raises ImportError without matplotlib (the extra `plot`).
        """
        try:
            import matplotlib
        except ImportError:
            raise ImportError("a picture needs matplotlib: pip install 'bltgen[plot]'") from None
        matplotlib.use("Agg")
        from matplotlib import pyplot

        labels = _labels(self.bytes)
        places = range(len(labels))
        figure, (upper, lower) = pyplot.subplots(
            2, 1, figsize=(max(7.0, min(60.0, 0.2 * len(labels))), 5.5), sharex=True, layout="constrained"
        )
        for axes in (upper, lower):
            for at, one in enumerate(self.bytes):
                if one.patch % 2:
                    axes.axvspan(at - 0.5, at + 0.5, color="#e8edf3", lw=0.0)
        before = [one.probability for one in self.bytes]
        after = [one.masked for one in self.bytes]
        upper.bar([at - 0.2 for at in places], before, 0.4, color="#b5402a", label="before the mask")
        upper.bar([at + 0.2 for at in places], after, 0.4, color="#7d95b5", label="after it")
        for at, one in enumerate(self.bytes):
            if one.wanted != one.byte:
                upper.annotate(
                    _shown(one.wanted),
                    (at, 1.02),
                    ha="center",
                    fontsize=6.0,
                    color="#b5402a",
                    family="monospace",
                )
        upper.set_ylim(0, 1.1)
        upper.set_ylabel("probability of the byte")
        upper.set_title(
            "Shaded: every other patch. Red letters: what the model would rather have said.",
            fontsize=8.0,
            loc="left",
        )
        lower.plot(places, [one.entropy for one in self.bytes], color="#1f3b63", marker="o", ms=3.0, lw=1.0)
        lower.set_ylabel("entropy (nats)")
        allowed = lower.twinx()
        allowed.plot(
            places, [max(1, one.allowed) for one in self.bytes], color="#2a8a5b", lw=0.0, marker="_", mew=2.0
        )
        allowed.set_yscale("log")
        allowed.set_ylim(0.8, 300)
        allowed.set_yticks([1, 2, 5, 10, 20, 50, 100, 256], ["1", "2", "5", "10", "20", "50", "100", "256"])
        allowed.minorticks_off()
        allowed.set_ylabel("allowed bytes", color="#2a8a5b")
        lower.set_xticks(list(places), labels, fontsize=7.0, family="monospace")
        lower.set_xlim(-0.6, len(labels) - 0.4)
        figure.legend(loc="outside upper right", fontsize=7.0, ncols=2, frameon=False)
        figure.savefig(path, dpi=150.0)
        pyplot.close(figure)


def _labels(explained: Sequence[ExplainedByte]) -> list[str]:
    """What stands for each byte where a text is shown: a character at its first byte, "·" at its others."""
    data = bytes(one.byte for one in explained if one.byte != END)
    labels = [_shown(one.byte) for one in explained]
    at = 0
    for character in data.decode("utf-8", "surrogateescape"):
        if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
            at += 1
            continue
        size = len(character.encode())
        if size > 1:
            labels[at : at + size] = [character if character.isprintable() else "?", *["·"] * (size - 1)]
        at += size
    return ["␣" if label == "' '" else label for label in labels]


def _span(one: ExplainedByte, label: str) -> str:
    surprise = min(1.0, abs(math.log(max(one.masked, 1e-6))) / 5)
    overruled = min(1.0, abs(math.log(max(one.mass, 1e-6))) / 5)
    title = (
        f"byte {one.offset}: {_shown(one.byte)}; allowed {one.allowed}{' + end' if one.may_end else ''}; "
        f"p {one.probability:.4f} -> {one.masked:.4f}; wanted {_shown(one.wanted)}; entropy {one.entropy:.3f}"
    )
    return (
        f'<span class="{"forced" if one.forced else "drawn"}" style="--s:{surprise:.2f};--o:{overruled:.2f}" '
        f'title="{html.escape(title)}">{html.escape(label)}</span>'
    )


def _row(one: ExplainedByte) -> str:
    kind = ("forced " if one.forced else "") + ("other" if one.wanted != one.byte else "")
    return (
        f'<tr class="{kind}"><td>{one.offset}<td>{html.escape(_shown(one.byte))}'
        f"<td>{one.allowed}{' + end' if one.may_end else ''}<td>{html.escape(_shown(one.wanted))}"
        f"<td>{one.probability:.4f}<td>{one.mass:.4f}<td>{one.masked:.4f}<td>{one.entropy:.3f}<td>{one.patch}"
    )


_PAGE = """<!doctype html><meta charset="utf-8"><title>bltgen: explanation</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em }}
.text {{ font: 16px/2.4 ui-monospace, monospace; overflow-wrap: anywhere }}
.patch {{ border: 1px solid #9aa5b1; border-radius: 4px; margin-right: 3px; padding: 4px 0 }}
.text span span {{ display: inline-block; line-height: 1.3; padding: 2px 1px;
  background: rgba(125, 149, 181, calc(var(--s) * .8));
  border-bottom: 3px solid rgba(181, 64, 42, var(--o)) }}
.text .forced {{ color: #6b7785 }}
table {{ border-collapse: collapse; font: 12px ui-monospace, monospace }}
td, th {{ padding: 1px 10px; text-align: right; border-bottom: 1px solid #e3e7ec }}
tr.forced {{ color: #6b7785 }}
tr.other td:nth-child(4) {{ color: #b5402a; font-weight: bold }}
</style>
<h1>Why each byte</h1>
<p>Boxes are patches. Underlined in red: the constraint ruled out what the model wanted, the redder the
more of it. Shaded: improbable among what was allowed. Grey: nothing else could come. Point at a byte for
its figures.</p>
{prompt}<p class="text">{patches}</p>
<table><tr><th>at<th>byte<th>allowed<th>wanted<th>p before<th>mass allowed<th>p after<th>entropy<th>patch</tr>
{rows}</table>
"""


def explain(
    model: ByteModel,
    prompt: bytes,
    data: bytes,
    constraint: Constraint | None = None,
    *,
    max_bytes: int | None = None,
    parameters: SamplingParameters | None = None,
    ended: bool = False,
    form_bytes: int = 0,
) -> Explanation:
    """Each byte of `data` after `prompt`, which is as the model read it; ended: and the end.

    max_bytes: the budget it was generated with (default: as `generate`). form_bytes: those of the prompt that
    are not of the text. Raises RejectedByte where
    the text leaves the language.
    """
    search = Search(constraint, max_bytes, parameters or SamplingParameters())
    hypothesis = search.start
    session = open_session(model, [prompt], [search])
    found: list[ExplainedByte] = []
    patch = -1
    for offset, byte in enumerate([*data, *([END] if ended else [])]):
        allowed = search.choices(hypothesis)
        if not allowed[byte]:
            raise RejectedByte(data, offset, bytes(np.flatnonzero(allowed[:END]).tolist()))
        logits = session.logits.detach().cpu().double().numpy()
        base = search.base(logits, [hypothesis.data])
        kept, mass = masked(base, allowed[None])
        if byte != END and (session.at_boundary[0] or patch < 0):
            patch += 1
        found.append(
            ExplainedByte(
                offset=offset,
                byte=byte,
                allowed=int(allowed[:END].sum()),
                may_end=bool(allowed[END]),
                probability=float(np.exp(base.truncated[0, byte])),
                masked=float(np.exp(kept[0, byte])),
                mass=float(np.exp(mass[0])),
                wanted=int(base.truncated[0].argmax()),
                entropy=float(session.entropies[0]),
                patch=max(patch, 0),
                forced=int(allowed.sum()) == 1,
            )
        )
        if byte != END:
            hypothesis = search.append(hypothesis, bytes((byte,)), (), 0.0, 0.0)
            session.extend([bytes((byte,))])
    return Explanation(tuple(found), prompt, form_bytes)


def write(explanation: Explanation, path: str) -> bytes | None:
    """The explanation as the file name asks for (.html, .json, .txt); None where a .png was drawn.

    Raises ValueError for another ending.
    """
    kind = path.rpartition(".")[2].lower()
    texts: dict[str, Any] = {"html": explanation.page, "json": explanation.as_json, "txt": explanation.table}
    if kind == "png":
        explanation.draw(path)
        return None
    if kind not in texts:
        raise ValueError(f"{path}: an explanation is .html, .json, .txt or .png")
    return str(texts[kind]()).encode() + b"\n"
