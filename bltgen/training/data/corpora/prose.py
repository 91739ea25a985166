"""Which paragraphs are prose, and of the language that their file says.

Documentation in another language is often translated in part, and much of any documentation is tables and
names: only sentences are kept, told by their letters, their end and the small words of the language.

>>> is_prose("The file is read before the server starts, and again where it has changed.", "en")
True
>>> is_prose("The file is read before the server starts, and again where it has changed.", "de")
False
>>> is_prose("파일을 열고 나서 저장 단추를 누르면 변경한 내용이 모두 기록됩니다.", "ko")
True
>>> is_prose("x86_64: 0x7f, 0x80; rax=1 rbx=2 rcx=3 rdx=4 rsi=5 rdi=6 r8=7 r9=8.", "en")
False
"""

from __future__ import annotations

import re
from hashlib import blake2b

__all__ = ["LANGUAGES", "is_prose", "key"]

_WORDS = {
    "en": "the of and to in is that for it with as be are this by from on or an not you can was if will",
    "de": "der die das und ist nicht sie ein eine den mit für auf werden wird zu im von dem sich auch als",
    "fr": "le la les des et est une un du dans pour que qui vous pas sur par au ce être avec il ou sont",
    "es": "el la los las y es una un en para que no por con se del puede si su al como lo más está esta",
    "it": "il la le gli e è una un di per che non con si del della nel sono può questo questa dei alla da",
    "pt": "o a os as e é uma um de para que não com se do da em são pode este esta dos ao como mais por",
    "nl": "de het een en is niet van voor dat met op te in zijn kan worden wordt die deze als of aan bij u",
}
_SMALL = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_SCRIPTS = {
    "ko": re.compile(r"[가-힣]"),
    "ja": re.compile(r"[ぁ-ゖァ-ヺ]"),
    "zh": re.compile(r"[一-鿿]"),
}
LANGUAGES = (*_SMALL, *_SCRIPTS)
"""ISO 639-1 codes of the languages that are told apart."""

_SHORTEST = {"ko": 20, "ja": 20, "zh": 15}
_LONGEST = 5_000
_END = re.compile(r"""[.!?:。！？：…]["'”’»)\]」』]*$""")
_CODE = re.compile(r"[{}<>=\\|^~@$_*#/]|\d{4,}")


def is_prose(line: str, language: str) -> bool:
    """Whether one line holds whole sentences of the language, not code, a table, a heading or a name."""
    shortest = _SHORTEST.get(language, 50)
    if not shortest <= len(line) <= _LONGEST or not _END.search(line):
        return False
    letters = sum(map(str.isalpha, line))
    if letters + line.count(" ") < 0.85 * len(line) or len(_CODE.findall(line)) > 0.03 * len(line):
        return False
    if language in _SCRIPTS:
        own = len(_SCRIPTS[language].findall(line))
        if language == "zh" and _SCRIPTS["ja"].search(line):
            return False
        return own >= {"ko": 0.5, "ja": 0.25, "zh": 0.5}[language] * letters
    words = line.lower().split()
    votes = {name: sum(word in small for word in words) for name, small in _SMALL.items()}
    return votes[language] >= max(1, len(words) // 12) and votes[language] == max(votes.values())


_LETTERS = re.compile(r"[\W\d_]+")


def key(line: str) -> bytes:
    """8 bytes that stand for a paragraph: two that differ in digits, case or marks alone have the same.

    >>> key("Port 1 is open.") == key("port 22 is open!"), key("Port 1 is open.") == key("It is open.")
    (True, False)
    """
    return blake2b(_LETTERS.sub("", line.lower()).encode(), digest_size=8).digest()
