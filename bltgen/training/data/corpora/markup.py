"""Paragraphs of markup: HTML and its kin by the standard library's parser, reStructuredText by its layout.

Code, tables of contents, navigation and forms are left out with all they hold; a word of code within a
sentence stays, as the sentence needs it.

>>> list(html_paragraphs("<h1>Title</h1><p>Call <code>f</code> first.<pre>f()</pre><p>Then\\n  go."))
['Title', 'Call f first.', 'Then go.']
>>> list(rst_paragraphs("Title\\n=====\\n\\nCall :func:`f`::\\n\\n    f()\\n\\n.. note:: Not *now*.\\n"))
['Call f:', 'Not now.']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

__all__ = ["html_paragraphs", "rst_paragraphs", "text_paragraphs"]

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "desc", "details"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("html", "item", "li", "main", "ol", "p", "page", "para", "section", "simpara", "steps", "summary"),
        *("table", "tbody", "td", "th", "thead", "title", "tr", "ul"),
    )
)
_HIDDEN = frozenset(
    (
        *("button", "canvas", "footer", "form", "head", "iframe", "info", "math", "nav", "object", "pre"),
        *("script", "screen", "select", "style", "svg", "template", "textarea"),
    )
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr")
)
_HIDDEN_TEXT = re.compile(r"<(pre|script|style|svg)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
"""What cannot lie within itself is cut out beforehand: quicker where much of a page is coloured code."""
_HIDDEN_CLASSES = re.compile(
    r"(?:^|[ _-])(?:headerlink|highlight|toc|navheader|navfooter|navigation|sphinxsidebar|related|screen"
    r"|programlisting|synopsis|breadcrumbs?|indextable|genindextable|menu|langs|qview|apache|example)"
    r"(?:$|[ _-])"
)


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.done: list[str] = []
        self.parts: list[str] = []
        self.hidden = ""
        self.depth = 0

    def end_paragraph(self) -> None:
        line = " ".join("".join(self.parts).split())
        self.parts.clear()
        if line:
            self.done.append(line)

    def updatepos(self, i: int, j: int) -> int:
        """Lines are not counted: nobody asks where a tag stood."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.hidden == "head" and tag == "body":
            self.hidden = ""  # the end of a head may be left out
        if self.hidden:
            self.depth += tag == self.hidden
            return
        if tag in _BLOCKS or tag in _HIDDEN:
            self.end_paragraph()
        if tag in _VOID:
            self.parts.append(" ")
            return
        if tag not in _HIDDEN:
            names = next((value for name, value in attrs if name == "class"), None)
            if tag == "body" or not names or not _HIDDEN_CLASSES.search(names):
                return
        self.hidden, self.depth = tag, 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.hidden and tag in _BLOCKS:
            self.end_paragraph()

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag == self.hidden:
                self.depth -= 1
                self.hidden = self.hidden if self.depth else ""
        elif tag in _BLOCKS:
            self.end_paragraph()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def html_paragraphs(text: str) -> list[str]:
    """The text of each block of HTML (or of XML with like names, such as Mallard), its white space single."""
    parser = _Paragraphs()
    parser.feed(_HIDDEN_TEXT.sub("<hr>", text))
    parser.close()
    parser.end_paragraph()
    return parser.done


_ROLE = re.compile(r":[A-Za-z][\w:+.-]*:`~?!?([^`<]*?)(?:\s*<[^`>]*>)?`")
_LINK = re.compile(r"`([^`<]*?)\s*<[^`>]*>`_{1,2}|`([^`]*)`_{1,2}")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}(?![\w*])")
_DIRECTIVE = re.compile(r"\.\. (?:note|warning|tip|caution|important|attention|hint|seealso)::[ \t]*")
_BULLET = re.compile(r"(?:[-*+•]|\(?(?:\d{1,3}|[a-z#])[.)])[ \t]+")


def rst_paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of reStructuredText: no titles, tables, directives other than notes, nor literal blocks."""
    literal: int | None = None
    for block in re.split(r"\n[ \t]*\n", text.expandtabs(8).replace("\r\n", "\n")):
        lines = block.strip("\n").split("\n")
        indent = len(lines[0]) - len(lines[0].lstrip())
        if literal is not None and (indent > literal or not block.strip()):
            continue
        literal = indent if lines[-1].rstrip().endswith("::") else None
        body = [line.strip() for line in lines]
        head = _DIRECTIVE.match(body[0])
        if head:
            body[0] = body[0][head.end() :]
        elif body[0].startswith(".."):
            literal = indent
            continue
        if any(re.fullmatch(r"([=\-~^\"'#*+.`_:])\1{2,}", line) or re.match(r"[|+=]", line) for line in body):
            continue
        items = [body[0]]
        for line in body[1:]:  # the items of a list are paragraphs of their own
            if _BULLET.match(line):
                items.append(line)
            else:
                items[-1] += " " + line
        for item in items:
            line = _BULLET.sub("", item, count=1) if _BULLET.match(item) else item
            line = _ROLE.sub(r"\1", line)
            line = _LINK.sub(lambda match: match[1] or match[2], line)
            line = _EMPHASIS.sub(r"\1", line.replace("``", ""))
            line = " ".join(line.replace("::", ":").split())
            if line:
                yield line


def text_paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of plain text, each in one line; without those that are indented as code is."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        if block.strip() and not re.match(r"\n*(?: {4}|\t)", block):
            yield " ".join(block.split())
