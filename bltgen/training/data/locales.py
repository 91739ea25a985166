"""How each language writes names, places, dates, times, numbers: values for texts in it.

`Locale.values` has samplers by the names that files of texts use. Names and places come from Faker's data
for the language, a quarter are invented from its syllables; each word is in one split alone, as in `pools`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.pools import invented_word, split_of
from bltgen.training.data.values import Draw, Sampler

__all__ = ["LANGUAGES", "Locale", "locale"]

_FAKER = {"de": "de_DE", "fr": "fr_FR", "es": "es_ES", "ko": "ko_KR", "ja": "ja_JP", "it": "it_IT"}
_FAKER |= {"pt": "pt_BR", "nl": "nl_NL", "pl": "pl_PL", "tr": "tr_TR", "sv": "sv_SE", "zh": "zh_CN"}
LANGUAGES = ("en", *_FAKER)

_MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada "
    "grudnia",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
_DAYS = {
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "pl": "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    "tr": "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
    "sv": "måndag tisdag onsdag torsdag fredag lördag söndag",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
    "ja": "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
    "zh": "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
}
_AND = {"en": " and ", "de": " und ", "fr": " et ", "es": " y ", "it": " e ", "pt": " e ", "nl": " en "}
_AND |= {"pl": " i ", "tr": " ve ", "sv": " och ", "ko": ", ", "ja": "、", "zh": "、"}
_PHONES = {
    "de": ("0### #######", "0###/######", "+49 ### #######", "01## ########"),
    "fr": ("0# ## ## ## ##", "+33 # ## ## ## ##", "0#.##.##.##.##"),
    "es": ("### ## ## ##", "+34 ### ### ###", "9## ### ###"),
    "ko": ("010-####-####", "02-####-####", "031-###-####", "070-####-####"),
    "ja": ("03-####-####", "090-####-####", "06-####-####"),
}
_FIRMS = {
    "de": ("{} GmbH", "{} AG", "{} & Söhne", "Autohaus {}", "{} Bau", "{} OHG", "Bäckerei {}", "{} KG"),
    "fr": ("{} SARL", "Maison {}", "{} et Fils", "{} SAS", "Établissements {}", "Atelier {}"),
    "es": ("{} S.L.", "Talleres {}", "{} Hermanos", "{} S.A.", "Grupo {}", "Bodegas {}"),
    "ko": ("{}전자", "{}물산", "주식회사 {}", "{}상사", "{}건설", "{}병원", "{}푸드", "(주){}"),
    "ja": ("{}株式会社", "株式会社{}", "{}商店", "{}工業", "{}書店"),
    "it": ("{} S.r.l.", "{} S.p.A.", "Fratelli {}", "Officina {}"),
    "pt": ("{} Ltda.", "Padaria {}", "{} S.A.", "Grupo {}"),
}
_HANGUL = (
    "가나다라마바사아자차카타파하고노도로모보소오조초기니디리미비시이지구누두루무부수우주강남담산선민진한현정영성윤은"
    "준찬철훈희경동명문백송연원인일임재종태"
)
_KANA = "アイウエオカキクケコサシスセソタチツテトナニネノハヒフホマミムメモヤユヨラリルレロン"
_KANJI = "山川田中村木林森石井原本松竹梅藤高橋小野大島西東北南青白黒金銀花月星光春夏秋冬海空水"


@dataclass(frozen=True)
class Locale:
    """The samplers of a language and how it enumerates and writes numbers."""

    language: str
    values: dict[str, Sampler]
    last_and: str
    spell: Callable[[Draw, str], str]
    """A decimal such as 1234.50 as a text writes it."""


def _digits(d: Draw, pattern: str) -> str:
    return "".join(d.digits(1) if c == "#" else c for c in pattern)


def _grouped(whole: str, mark: str) -> str:
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", lambda _: mark, whole)


def _spell(language: str) -> Callable[[Draw, str], str]:
    point = "." if language in ("en", "ko", "ja", "zh") else ","
    marks = {"fr": (" ", "\N{NO-BREAK SPACE}", ""), "pl": (" ", ""), "sv": (" ", "")}
    group = marks.get(language, (",", ",", "") if point == "." else (".", ".", ""))

    def spell(d: Draw, number: str) -> str:
        sign = "-" if number.startswith("-") else ""
        whole, _, fraction = number.removeprefix("-").partition(".")
        if len(whole) > 4 or (len(whole) == 4 and d.chance(0.6)):
            whole = _grouped(whole, d.pick(group))
        return sign + whole + (point + fraction if fraction else "")

    return spell


@cache
def _names(language: str, split: str) -> dict[str, list[str]]:
    """Faker's names of people and places in this language, those of the split."""
    from faker import Faker

    fake = Faker(_FAKER[language])
    fake.seed_instance(1)
    sources: dict[str, Callable[[], str]] = {
        "first": fake.first_name,
        "last": fake.last_name,
        "city": fake.city,
        "street": fake.street_name,
        "job": fake.job,
    }
    if language == "it":
        # Faker holds these in the order of a set, which is another in each process.
        (provider,) = (one for one in fake.factories[0].providers if hasattr(one, "cap_city_province"))
        cities = sorted(provider.cities)
        sources["city"] = lambda: fake.random.choice(cities)

    def usable(texts: Iterable[str]) -> list[str]:
        found = {text.strip() for text in texts}
        return sorted(text for text in found if 0 < len(text) <= 40 and split_of(text) == split)

    return {name: usable(source() for _ in range(2000)) for name, source in sources.items()}


def _invent(language: str) -> Callable[[Draw, int], str]:
    """An invented word of so many syllables (0: any number) in the letters of the language."""

    def latin(d: Draw, syllables: int) -> str:
        return invented_word(d.rng, d.pools.split, syllables or None)

    def of(letters: str) -> Callable[[Draw, int], str]:
        def invent(d: Draw, syllables: int) -> str:
            while True:
                word = "".join(d.pick(letters) for _ in range(syllables or 2 + d.below(3)))
                if split_of(word) == d.pools.split:
                    return word

        return invent

    return {"ko": of(_HANGUL), "ja": of(_KANA), "zh": of(_KANJI)}.get(language, latin)


def _english() -> dict[str, Sampler]:
    found: dict[str, Sampler] = {
        "person": v.person,
        "first_name": v.first_name,
        "last_name": v.last_name,
        "city": v.city,
        "country": v.country,
        "street": v.street,
        "address": v.street_address,
        "job": v.job,
        "company": t.company,
        "date": v.date,
        "weekday": v.weekday,
        "month": v.month,
        "clock": v.clock,
        "phone": v.phone,
        "word": v.word,
        "title": t.title,
        "product": t.product,
        "topic": t.topic,
        "dish": t.dish,
        "invented": v.invented,
    }
    return found


def _foreign(language: str) -> dict[str, Sampler]:
    invent = _invent(language)
    joined = language in ("ko", "ja", "zh")

    def name(pool: str, share: float, syllables: int) -> Sampler:
        def draw(d: Draw) -> str:
            if d.chance(share):
                return invent(d, syllables)
            return d.pick(_names(language, d.pools.split)[pool])

        return draw

    first = name("first", 0.25, 2 if joined else 0)
    last = name("last", 0.15 if joined else 0.25, 1 if joined else 0)
    city, street_name, job = name("city", 0.2, 2), name("street", 0.15, 3), name("job", 0.05, 2)

    def person(d: Draw) -> str:
        if joined:
            return last(d) + first(d)
        if language == "es" and d.chance(0.5):
            return f"{first(d)} {last(d)} {last(d)}"
        return first(d) if d.chance(0.08) else f"{first(d)} {last(d)}"

    def address(d: Draw) -> str:
        number = str(1 + d.below(180))
        if joined:
            return f"{street_name(d)} {number}" + ("-" + str(1 + d.below(40)) if d.chance(0.3) else "")
        if language == "fr":
            return f"{number} {street_name(d)}"
        if language == "es":
            return f"{street_name(d)}, {number}"
        return f"{street_name(d)} {number}" + (d.pick("abc") if d.chance(0.1) else "")

    def company(d: Draw) -> str:
        base = invent(d, 2 if joined else 0) if d.chance(0.6) or joined else last(d)
        return d.pick(_FIRMS.get(language, ("{}", "{} Group"))).format(base)

    def month(d: Draw) -> str:
        months = _MONTHS.get(language)
        return d.pick(months.split()) if months else f"{1 + d.below(12)}{'월' if language == 'ko' else '月'}"

    def date(d: Draw) -> str:
        return _date(d, language)

    def clock(d: Draw) -> str:
        return _clock(d, language)

    def phone(d: Draw) -> str:
        return _digits(d, d.pick(_PHONES.get(language, ("+## ### ######", "0## ### ####"))))

    return {
        "person": person,
        "first_name": first,
        "last_name": last,
        "city": city,
        "street": street_name,
        "address": address,
        "job": job,
        "company": company,
        "date": date,
        "weekday": lambda d: d.pick(_DAYS[language].split()),
        "month": month,
        "clock": clock,
        "phone": phone,
        "word": lambda d: invent(d, 0),
        "invented": lambda d: invent(d, 0),
    }


def _date(d: Draw, language: str) -> str:
    day, month, year = 1 + d.below(28), 1 + d.below(12), 1995 + d.below(45)
    r = d.rng.random()
    if r < 0.12:
        return f"{year}-{month:02}-{day:02}"
    if language == "ko":
        if r < 0.5:
            return f"{year}년 {month}월 {day}일"
        return (
            f"{month}월 {day}일"
            if r < 0.75
            else f"{year}.{month:02}.{day:02}"
            if r < 0.9
            else f"{month}/{day}"
        )
    if language in ("ja", "zh"):
        if r < 0.6:
            return f"{year}年{month}月{day}日"
        return f"{month}月{day}日" if r < 0.85 else f"{year}/{month:02}/{day:02}"
    named = _MONTHS[language].split()[month - 1]
    if r < 0.35:
        mark = "/" if language in ("fr", "es", "it", "pt") else "." if language in ("de", "pl", "tr") else "-"
        return f"{day:02}{mark}{month:02}{mark}{year}"
    if language in ("es", "pt"):
        return f"{day} de {named}" + (f" de {year}" if r < 0.75 else "")
    dot = ". " if language == "de" else " "
    return f"{day}{dot}{named}" + (f" {year}" if r < 0.75 else "")


def _clock(d: Draw, language: str) -> str:
    hour, minute = d.below(24), d.pick(("00", "15", "30", "45", "10", "20", "40", "50"))
    r = d.rng.random()
    if language == "ko" and r < 0.6:
        half = "오전" if hour < 12 else "오후"
        return f"{half} {1 + (hour - 1) % 12}시" + (f" {minute}분" if minute != "00" else "")
    if language in ("ja", "zh") and r < 0.6:
        return f"{hour}{'時' if language == 'ja' else '点'}" + (f"{minute}分" if minute != "00" else "")
    if language == "fr" and r < 0.7:
        return f"{hour}h{minute}" if minute != "00" or d.chance(0.4) else f"{hour}h"
    if language == "de" and r < 0.2:
        return f"{hour}.{minute}"
    return f"{hour:02}:{minute}"


def _postcode(language: str) -> Sampler:
    patterns = {"ko": "#####", "ja": "###-####", "pl": "##-###", "pt": "#####-###", "zh": "######"}

    def draw(d: Draw) -> str:
        return v.postcode(d) if language == "en" else _digits(d, patterns.get(language, "#####"))

    return draw


def _url(d: Draw) -> str:
    host = f"{d.word().lower()}.{d.one('endings')}"
    r = d.rng.random()
    path = "" if r < 0.5 else f"/{d.word().lower()}" if r < 0.8 else f"/{d.word().lower()}/{d.digits(3)}"
    return f"{d.pick(('https://', 'https://www.', 'www.', ''))}{host}{path}"


def _iban(d: Draw) -> str:
    country = d.pick(("DE", "FR", "ES", "NL", "AT", "IT", "GB"))
    return f"{country}{d.digits(2)} " + " ".join(d.digits(4) for _ in range(4))


def _version(d: Draw) -> str:
    return ".".join(str(d.below(20)) for _ in range(2 + d.below(2)))


@cache
def locale(language: str) -> Locale:
    """What texts in this language say. Raises ValueError for a language that is not in `LANGUAGES`."""
    if language not in LANGUAGES:
        raise ValueError(f"no values for the language {language!r}; there are {', '.join(LANGUAGES)}")
    shared: dict[str, Sampler] = {
        "email": v.email,
        "code": v.code,
        "url": _url,
        "iban": _iban,
        "flight": v.flight,
        "postcode": _postcode(language),
        "duration": v.duration,
        "version": _version,
        "handle": lambda d: d.word().lower() + (d.digits(2) if d.chance(0.4) else ""),
        "plate": lambda d: f"{d.pick('ABCDEFGHKLMNPRSTUVWXYZ')}{d.pick('ABCDEFGHKLMN')}-{d.digits(4)}",
    }
    own = _english() if language == "en" else _foreign(language)
    return Locale(language, {**shared, **own}, _AND[language], _spell(language))
