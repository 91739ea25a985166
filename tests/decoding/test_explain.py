"""Explanations byte by byte against the search itself, and each way of showing one."""

from __future__ import annotations

import json
import math

import pytest

from bltgen.automata.language import literal, union
from bltgen.decoding import explain as explain_module
from bltgen.decoding.explain import ExplainedByte, Explanation, explain, write
from bltgen.decoding.sampling import SamplingParameters
from bltgen.errors import RejectedByte
from bltgen.testing.models import constant, table

AB = union(literal(b"a"), literal(b"b"))
MODEL = table(
    {b"": {b"a": 0.25, b"b": 0.25, b"c": 0.5}, b"a": {b"b": 0.75, 256: 0.25}, b"ab": {256: 1.0}}, patch=2
)


def byte(**changed) -> ExplainedByte:
    """An explained byte."""
    values = {
        "offset": 0,
        "byte": ord("a"),
        "allowed": 2,
        "may_end": False,
        "probability": 0.25,
        "masked": 0.5,
        "mass": 0.5,
        "wanted": ord("c"),
        "entropy": 1.0,
        "patch": 0,
        "forced": False,
    }
    return ExplainedByte(**(values | changed))


def test_each_byte_has_its_figures():
    """Before and after the mask, what could come, what was wanted, and the end."""
    one, two, end = explain(MODEL, b"", b"ab", AB + AB.optional(), ended=True).bytes
    assert (one.offset, one.byte, one.allowed, one.may_end, one.forced) == (0, ord("a"), 2, False, False)
    assert (one.wanted, one.patch) == (ord("c"), 0)
    assert (one.probability, one.masked, one.mass) == pytest.approx((0.25, 0.5, 0.5))
    assert one.entropy == pytest.approx(0.5 * math.log(4) + 0.5 * math.log(2))
    assert (two.offset, two.byte, two.allowed, two.may_end, two.forced) == (1, ord("b"), 2, True, False)
    assert (two.probability, two.masked, two.mass, two.wanted) == pytest.approx((0.75, 0.75, 1.0, ord("b")))
    assert (end.offset, end.byte, end.allowed, end.may_end, end.forced) == (2, 256, 0, True, True)
    assert end.patch == 0


def test_patches_are_numbered_from_the_first_byte_of_the_output():
    """Also where the prompt ends within a patch; the end belongs to the last."""
    found = explain(constant(patch=2), b"p", b"abcde").bytes
    assert [one.patch for one in found] == [0, 1, 1, 2, 2]
    found = explain(constant(patch=2), b"pq", b"abcd", ended=True).bytes
    assert [one.patch for one in found] == [0, 0, 1, 1, 1]
    (end,) = explain(constant(), b"pq", b"", ended=True).bytes
    assert (end.patch, end.offset) == (0, 0)


def test_the_budget_and_the_parameters_are_those_of_the_generation():
    """What no longer fits is not allowed; what truncation left out has no probability."""
    first = explain(MODEL, b"", b"a", AB.repeat(1, 3), max_bytes=1).bytes[0]
    assert (first.allowed, first.may_end) == (2, False)
    second = explain(MODEL, b"", b"ab", AB.repeat(2, 3), max_bytes=2, ended=True).bytes
    assert [one.forced for one in second] == [False, False, True]
    cut = explain(MODEL, b"", b"a", AB, parameters=SamplingParameters(top_k=1)).bytes[0]
    assert (cut.probability, cut.mass, cut.masked) == pytest.approx((0.0, 0.0, 0.5))


def test_a_byte_outside_the_language_is_refused_where_it_is():
    """With what was allowed; the end is not among these."""
    with pytest.raises(RejectedByte) as caught:
        explain(MODEL, b"", b"ax", AB + AB.optional())
    assert (caught.value.position, caught.value.allowed, caught.value.data) == (1, b"ab", b"ax")


def test_columns_are_shown_as_they_are_printed():
    """Printable ASCII as it is; the rest by name or in hexadecimal."""
    shown = explain_module._shown
    assert [shown(column) for column in (33, 126, 65)] == ["!", "~", "A"]
    assert [shown(column) for column in (10, 9, 32)] == ["\\n", "\\t", "' '"]
    assert [shown(column) for column in (0, 31, 127, 255)] == ["x00", "x1F", "x7F", "xFF"]
    assert shown(256) == "END"


def test_the_table_has_a_line_a_byte():
    """+end where it may end, = where nothing else could come."""
    found = Explanation(
        (byte(), byte(offset=1, may_end=True), byte(offset=2, allowed=1, forced=True, byte=256))
    )
    assert found.table().splitlines() == [
        "  at  byte  allowed   wanted  p before  p after  entropy  patch",
        "   0  a     2         c         0.2500   0.5000   1.0000      0",
        "   1  a     2+end     c         0.2500   0.5000   1.0000      0",
        "   2  END   1 =       c         0.2500   0.5000   1.0000      0",
    ]


def test_json_has_the_fields():
    """All of each byte."""
    assert json.loads(Explanation((byte(), byte(offset=1))).as_json()) == [vars(byte()), vars(byte(offset=1))]


def labels(data: bytes, *, ended: bool = False) -> list[str]:
    """What stands for each byte."""
    return explain_module._labels([byte(byte=one) for one in [*data, *([256] if ended else [])]])


def test_characters_stand_at_their_first_byte():
    """Dots at its others; what is not printable is a question mark, what is no UTF-8 in hexadecimal."""
    assert labels(b"ab") == ["a", "b"]
    assert labels("é!".encode(), ended=True) == ["é", "·", "!", "END"]
    assert labels("€é".encode()) == ["€", "·", "·", "é", "·"]
    assert labels(b"\xff" + "é".encode() + b"\xc3a") == ["xFF", "é", "·", "xC3", "a"]
    assert labels(b"\x80" + b"\xff") == ["x80", "xFF"]
    assert labels("\u200b".encode()) == ["?", "·", "·"]
    assert labels(b"a b\n") == ["a", "␣", "b", "\\n"]


def test_a_span_is_shaded_by_how_improbable_its_byte_was():
    """-log(p) / 5, at most 1; underlined by what the mask took."""
    one = explain_module._span(byte(masked=math.exp(-2.5), mass=math.exp(-1.0), may_end=True), "<")
    assert 'class="drawn"' in one
    assert "--s:0.50;--o:0.20" in one
    assert one.endswith(">&lt;</span>")
    assert "allowed 2 + end; p 0.2500 -&gt; 0.0821; wanted c; entropy 1.000" in one
    dark = explain_module._span(byte(masked=0.0, mass=0.0, forced=True), "a")
    assert 'class="forced"' in dark
    assert "--s:1.00;--o:1.00" in dark
    assert "allowed 2;" in dark
    assert "--s:0.00;--o:0.00" in explain_module._span(byte(masked=1.0, mass=1.0), "a")
    assert "--s:0.92" in explain_module._span(byte(masked=0.01), "a")


def test_a_row_says_what_was_overruled():
    """Its classes: forced, and other where another byte was wanted."""
    row = explain_module._row
    assert row(byte()).startswith(
        '<tr class="other"><td>0<td>a<td>2<td>c<td>0.2500<td>0.5000<td>0.5000<td>1.000<td>0'
    )
    assert row(byte(wanted=ord("a"), may_end=True)).startswith('<tr class=""><td>0<td>a<td>2 + end<td>a')
    assert row(byte(forced=True)).startswith('<tr class="forced other">')
    assert "<td>&lt;<td>" in row(byte(byte=ord("<")))


def test_a_page_has_a_box_a_patch():
    """And the table below."""
    found = Explanation((byte(), byte(offset=1), byte(offset=2, patch=1)))
    page = found.page()
    assert page.startswith("<!doctype html>")
    assert page.count('<span class="patch">') == 2
    first, second = page.split('<span class="patch">')[1:]
    assert (first.count('class="drawn"'), second.count('class="drawn"')) == (2, 1)
    assert page.count("<tr class=") == 3


def test_a_formed_prompt_is_shown():
    """As the model read it, before the table; a prompt without a form is not."""
    plain = Explanation((byte(),), b"p<\n")
    assert (plain.prompt, plain.form_bytes) == (b"p<\n", 0)
    assert "The prompt" not in plain.table() + plain.page()
    formed = Explanation((byte(),), b"p<\n\n", 3)
    shown = "The prompt as the model read it, 3 bytes of its form included:"
    assert formed.table() == f"{shown}\n\np<\n\n{plain.table()}"
    assert f"<pre>{shown}\n\np&lt;</pre>" in formed.page()
    found = explain(MODEL, b"q", b"a", form_bytes=1)
    assert (found.prompt, found.form_bytes) == (b"q", 1)
    assert explain(MODEL, b"q", b"a").form_bytes == 0


def test_a_picture_has_the_figures(tmp_path, monkeypatch):
    """Bars before and after the mask, the entropies, the counts, every other patch shaded."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    closed, close, used = [], pyplot.close, []
    monkeypatch.setattr("matplotlib.use", used.append)
    monkeypatch.setattr(pyplot, "close", closed.append)
    found = (
        byte(),
        byte(offset=1, byte=ord("c"), patch=1, allowed=0, entropy=2.0, probability=0.5, masked=0.75),
        byte(offset=2, patch=2),
    )
    Explanation(found).draw(str(tmp_path / "x.png"))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    (figure,) = closed
    assert used == ["Agg"]  # no window is opened
    upper, lower, allowed = figure.axes
    bars = list(upper.containers)
    assert [[bar.get_height() for bar in one] for one in bars] == [[0.25, 0.5, 0.25], [0.5, 0.75, 0.5]]
    centres = [[bar.get_x() + bar.get_width() / 2 for bar in one] for one in bars]
    assert centres[0] == pytest.approx([-0.2, 0.8, 1.8])
    assert centres[1] == pytest.approx([0.2, 1.2, 2.2])
    assert [text.get_text() for text in upper.texts] == ["c", "c"]
    assert [text.xy for text in upper.texts] == [(0, 1.02), (2, 1.02)]
    assert upper.get_ylim() == (0, 1.1)
    (entropy,) = lower.lines
    assert (list(entropy.get_xdata()), list(entropy.get_ydata())) == ([0, 1, 2], [1.0, 2.0, 1.0])
    (counts,) = allowed.lines
    assert list(counts.get_ydata()) == [2, 1, 2]
    assert allowed.get_yscale() == "log"
    assert [label.get_text() for label in allowed.get_yticklabels()] == [
        "1",
        "2",
        "5",
        "10",
        "20",
        "50",
        "100",
        "256",
    ]
    assert list(allowed.get_yticks()) == [1, 2, 5, 10, 20, 50, 100, 256]
    assert list(allowed.yaxis.get_minorticklocs()) == []
    assert allowed.get_ylim() == (0.8, 300)
    shaded = [patch for patch in lower.patches if patch.get_width() == 1]
    assert [patch.get_x() for patch in shaded] == [0.5]
    assert [label.get_text() for label in lower.get_xticklabels()] == ["a", "c", "a"]
    assert lower.get_xlim() == pytest.approx((-0.6, 2.6))
    assert list(figure.get_size_inches()) == [7.0, 5.5]
    assert upper.get_title(loc="left").startswith("Shaded: every other patch")
    assert [text.get_text() for text in figure.legends[0].texts] == ["before the mask", "after it"]
    assert (figure.legends[0]._ncols, figure.legends[0].get_frame_on()) == (2, False)
    close(figure)


def test_a_picture_is_as_wide_as_its_text_within_bounds(tmp_path, monkeypatch):
    """A fifth of an inch a byte, from 7 to 60."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    close, widths = pyplot.close, []
    monkeypatch.setattr(
        pyplot, "close", lambda figure: (widths.append(figure.get_size_inches()[0]), close(figure))
    )
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *args, **more: None)
    monkeypatch.setattr("matplotlib.axes.Axes.annotate", lambda *args, **more: None)
    for count in (1, 50):
        Explanation((byte(),) * count).draw("x.png")
    assert widths == [7.0, 10.0]
    assert pyplot.get_fignums() == []


def test_files_are_written_by_their_ending(tmp_path):
    """In any case of letters; each ends in a line feed."""
    found = Explanation((byte(),))
    assert write(found, "x.txt") == found.table().encode() + b"\n"
    assert write(found, "a.b/x.JSON") == found.as_json().encode() + b"\n"
    assert write(found, "x.html") == found.page().encode() + b"\n"
    for wrong in ("x.doc", "html", "x.html.gz"):
        if wrong != "html":
            with pytest.raises(ValueError, match=r"an explanation is .html, .json, .txt or .png"):
                write(found, wrong)
