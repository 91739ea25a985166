"""The types that pydantic documents, each with JSON texts of the forms that it may have.

A form need not be valid: `python_types` asks pydantic. Odd ones are there on purpose.
"""

from __future__ import annotations

import collections
import datetime as dt
import fractions
import inspect
import ipaddress
import json
import os
import pathlib
import re
import typing
import uuid
import zoneinfo
from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

import pydantic
from annotated_types import Len, MultipleOf, Predicate
from pydantic import (
    AfterValidator,
    AllowInfNan,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    WrapValidator,
    networks,
)
from pydantic.types import OnErrorOmit
from pydantic_core import core_schema

from benchmarks import documented_forms as forms
from benchmarks import documented_models as models

__all__ = ["documented_types"]


def documented_types() -> list[tuple[str, Any, list[str]]]:
    """Name, type and forms of each."""
    found: list[tuple[str, Any, list[str]]] = []

    def add(forms: list[str], **types: Any) -> None:
        found.extend((name.replace("__", " "), annotation, forms) for name, annotation in types.items())

    add(forms.SCALARS, any=Any, object=object, JsonValue=pydantic.JsonValue, Hashable=Hashable, none=None)
    add(["true", "false", "1", '"true"'], bool=bool, StrictBool=pydantic.StrictBool)
    add(
        forms.INTEGERS,
        int=int,
        StrictInt=pydantic.StrictInt,
        PositiveInt=pydantic.PositiveInt,
        NegativeInt=pydantic.NegativeInt,
        NonNegativeInt=pydantic.NonNegativeInt,
        NonPositiveInt=pydantic.NonPositiveInt,
        conint=pydantic.conint(ge=3, lt=11),
        multiple=Annotated[int, MultipleOf(5)],
        optional=int | None,
        coerced=Annotated[int, Field(gt=-10, multiple_of=4)],
    )
    add(
        forms.NUMBERS,
        float=float,
        StrictFloat=pydantic.StrictFloat,
        FiniteFloat=pydantic.FiniteFloat,
        PositiveFloat=pydantic.PositiveFloat,
        NegativeFloat=pydantic.NegativeFloat,
        confloat=pydantic.confloat(ge=0, lt=1.5),
        open_float=Annotated[float, Field(gt=0.1)],
        multiple_float=Annotated[float, Field(multiple_of=0.5)],
        no_inf=Annotated[float, AllowInfNan(False)],
        number=int | float,
        ge_any=Annotated[Any, Field(ge=1)],
        ge_union=Annotated[int | float, Field(ge=1)],
    )
    add(
        forms.DECIMALS,
        Decimal=Decimal,
        condecimal=pydantic.condecimal(ge=0, max_digits=4, decimal_places=2),
        digits=Annotated[Decimal, Field(max_digits=3)],
        places=Annotated[Decimal, Field(decimal_places=2)],
        all_places=Annotated[Decimal, Field(max_digits=2, decimal_places=2)],
        step=Annotated[Decimal, Field(multiple_of=Decimal("0.01"))],
        positive=Annotated[Decimal, Field(gt=0)],
        between=Annotated[Decimal, Field(gt=Decimal("-2.5"), le=Decimal("99.99"))],
        with_nan=Annotated[Decimal, Field(allow_inf_nan=True)],
    )
    if hasattr(core_schema, "fraction_schema"):
        add([*forms.DECIMALS, '"1/3"', '"-1/3"', '"1/0"', '"2_0/3"'], Fraction=fractions.Fraction)
        add([*forms.DECIMALS, '"1/3"'], bounded__Fraction=Annotated[fractions.Fraction, Field(ge=0)])
    add(
        [*forms.NUMBERS, '"1+2j"', '"(1+2j)"', '"j"', '"1 + 2j"', '" 1j "', '"nan"', '"1e5-.5J"'],
        complex=complex,
    )
    _add_texts(add)
    _add_times(add)
    _add_network(add)
    _add_containers(add)
    _add_keys(add)
    _add_records(add)
    _add_validators(add)
    _add_limits(add)
    _add_patterns(add)
    return found


def _add_texts(add: Callable[..., None]) -> None:
    add(
        forms.STRINGS,
        str=str,
        StrictStr=pydantic.StrictStr,
        constr=pydantic.constr(min_length=1, max_length=2),
        stripped=Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)],
        stripped_pattern=Annotated[
            str, StringConstraints(strip_whitespace=True, max_length=3, pattern=r"^\w+$")
        ],
        lower=Annotated[str, StringConstraints(to_lower=True, min_length=3)],
        pattern=Annotated[str, Field(pattern=r"^a\D?$")],
        compiled=Annotated[str, Field(pattern=re.compile("ab", re.IGNORECASE))],
        words=Annotated[str, Field(pattern=r"^[\w.-]{2,}$")],
        Secret=pydantic.SecretStr,
        secret_length=Annotated[pydantic.SecretStr, Field(min_length=2, max_length=3)],
        Literal=Literal["a", "ab", 1, None, True],
        literal_enum=Literal[models.Level.LOW, "a"],
        enum=models.Colour,
        int_enum=models.Level,
        mixed=models.Mixed,
        str_enum=models.Word,
        flag=models.Rights,
        union=str | int,
    )
    add(
        ['"red"', '"blue"', '"yes"', "1", "10", "3", "0", "null", "0.5", '"two"', "true"],
        Colour=models.Colour,
        Level=models.Level,
        Mixed=models.Mixed,
        Word=models.Word,
        Rights=models.Rights,
    )
    add(
        [*forms.STRINGS, '"éé"'],
        bytes=bytes,
        StrictBytes=pydantic.StrictBytes,
        conbytes=pydantic.conbytes(min_length=1, max_length=2),
        SecretBytes=pydantic.SecretBytes,
        secret_bytes=Annotated[pydantic.SecretBytes, Field(max_length=2)],
    )
    add(
        forms.BASE64,
        Base64Bytes=pydantic.Base64Bytes,
        Base64Str=pydantic.Base64Str,
        Base64UrlBytes=pydantic.Base64UrlBytes,
        Base64UrlStr=pydantic.Base64UrlStr,
        short__base64=Annotated[pydantic.Base64Bytes, Field(max_length=2)],
        base64__text=Annotated[pydantic.Base64Str, Field(min_length=1, max_length=1)],
    )
    add(
        forms.PATHS,
        Path=pathlib.Path,
        PurePath=pathlib.PurePath,
        PosixPath=pathlib.PosixPath,
        PurePosixPath=pathlib.PurePosixPath,
        PathLike=os.PathLike,
        path_like__str=os.PathLike[str],
        FilePath=pydantic.FilePath,
        NewPath=pydantic.NewPath,
        DirectoryPath=pydantic.DirectoryPath,
    )
    add(
        ['"a"', '"a|b*"', '"("', '"[a-z]{2,3}?"', '"(?i)a"', '"\\\\d+"', '"x**"', "1"],
        Pattern=re.Pattern,
        pattern__str=re.Pattern[str],
        typing__Pattern=typing.Pattern,
    )
    versions = [f"UUID{number}" for number in range(1, 9)]
    add(
        forms.UUIDS,
        UUID=uuid.UUID,
        **{name: getattr(pydantic, name) for name in versions if hasattr(pydantic, name)},
    )
    add(
        forms.JSON,
        Json=pydantic.Json,
        json__int=pydantic.Json[int],
        json__list=pydantic.Json[list[int]],
        json__model=pydantic.Json[models.Box[int]],
        json__json=pydantic.Json[pydantic.Json[int]],
    )
    add(
        [
            "0",
            "1",
            "-1",
            "1.5",
            '"1"',
            '"1.5 KB"',
            '"2mib"',
            '" 3 kbit "',
            '"1 xb"',
            '".5k"',
            '"1"',
            '"10GB"',
        ],
        ByteSize=pydantic.ByteSize,
        big=Annotated[pydantic.ByteSize, Field(ge=1)],
    )
    add(['"Europe/Paris"', '"UTC"', '"europe/paris"', '"x"', "1"], ZoneInfo=zoneinfo.ZoneInfo)
    add(['"math.pi"', '"math"', '"os.path:join"', '"nothing.there"', "1"], ImportString=pydantic.ImportString)


def _add_times(add: Callable[..., None]) -> None:
    day, moment = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 10, 0, 0, 250000)
    add(
        forms.DATES,
        date=dt.date,
        condate=pydantic.condate(ge=dt.date(2020, 1, 1), lt=day),
        after=Annotated[dt.date, Field(gt=day)],
        until=Annotated[dt.date, Field(le=day)],
        PastDate=pydantic.PastDate,
        FutureDate=pydantic.FutureDate,
    )
    add(
        forms.MOMENTS,
        datetime=dt.datetime,
        AwareDatetime=pydantic.AwareDatetime,
        NaiveDatetime=pydantic.NaiveDatetime,
        from_=Annotated[dt.datetime, Field(ge=moment)],
        before=Annotated[dt.datetime, Field(lt=moment.replace(tzinfo=dt.timezone.utc))],
        aware_from=Annotated[
            pydantic.AwareDatetime, Field(gt=moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5))))
        ],
        naive_until=Annotated[pydantic.NaiveDatetime, Field(le=moment)],
        PastDatetime=pydantic.PastDatetime,
        FutureDatetime=pydantic.FutureDatetime,
    )
    add(
        forms.CLOCKS,
        time=dt.time,
        noon=Annotated[dt.time, Field(ge=dt.time(10))],
        time_in_utc=Annotated[dt.time, Field(lt=dt.time(10, tzinfo=dt.timezone.utc))],
    )
    add(
        forms.DURATIONS,
        timedelta=dt.timedelta,
        at_most=Annotated[dt.timedelta, Field(le=dt.timedelta(hours=36))],
        more=Annotated[dt.timedelta, Field(gt=dt.timedelta(days=-2))],
    )


def _add_network(add: Callable[..., None]) -> None:
    add(
        forms.ADDRESSES,
        **{
            name: getattr(ipaddress, name)
            for name in (
                "IPv4Address",
                "IPv6Address",
                "IPv4Network",
                "IPv6Network",
                "IPv4Interface",
                "IPv6Interface",
            )
        },
        IPvAnyAddress=pydantic.IPvAnyAddress,
        IPvAnyNetwork=pydantic.IPvAnyNetwork,
        IPvAnyInterface=pydantic.IPvAnyInterface,
    )
    names = (
        "AnyUrl",
        "AnyHttpUrl",
        "HttpUrl",
        "AnyWebsocketUrl",
        "WebsocketUrl",
        "FileUrl",
        "FtpUrl",
        "PostgresDsn",
        "CockroachDsn",
        "AmqpDsn",
        "RedisDsn",
        "MongoDsn",
        "KafkaDsn",
        "NatsDsn",
        "MySQLDsn",
        "MariaDBDsn",
        "ClickHouseDsn",
        "SnowflakeDsn",
    )
    add(forms.URLS, **{name: getattr(networks, name) for name in names if hasattr(networks, name)})
    constraints = networks.UrlConstraints(max_length=14, allowed_schemes=["https"], host_required=True)
    add(
        forms.URLS,
        constrained__url=Annotated[pydantic.AnyUrl, constraints],
        long__url=Annotated[pydantic.HttpUrl, Field(max_length=12)],
        at__least=Annotated[pydantic.AnyUrl, Field(min_length=12)],
    )
    try:
        import email_validator  # noqa: F401
    except ImportError:
        return
    emails = [
        '"a@b.de"',
        '"A.b+c@x-y.example.org"',
        '"a@b"',
        '"a@localhost"',
        '"a..b@c.de"',
        '"Ada <a@b.de>"',
        '"ä@b.de"',
        "1",
    ]
    add(emails, EmailStr=pydantic.EmailStr, NameEmail=pydantic.NameEmail)


def _add_containers(add: Callable[..., None]) -> None:
    add(
        forms.LISTS,
        list=list,
        list__int=list[int],
        Sequence=Sequence[int],
        Iterable=Iterable[int],
        deque=collections.deque[int],
        set=set[int],
        frozenset=frozenset[int],
        abstract__set=collections.abc.Set[int],
        set__any=set[Any],
        set__bool=set[int | bool],
        tuple=tuple,
        tuple__ints=tuple[int, ...],
        tuple__two=tuple[int, int],
        tuple__empty=tuple[()],
        conlist=pydantic.conlist(int, min_length=2, max_length=3),
        conset=pydantic.conset(int, min_length=2, max_length=3),
        confrozenset=pydantic.confrozenset(int, max_length=1),
        bounded__deque=Annotated[collections.deque[int], Len(1, 2)],
        nested=list[list[int]],
        fail_fast=Annotated[list[int], getattr(pydantic, "FailFast", Field)()],
        omitted=list[OnErrorOmit[int]],
        set__lists=set[tuple[int, ...]],
        maybe=list[int | None],
        mutable=collections.abc.MutableSequence[int],
        set__enum=set[models.Level],
        unions=list[int | str | None],
    )
    add(
        forms.DICTS,
        dict=dict,
        dict__str=dict[str, int],
        Mapping=Mapping[str, int],
        MutableMapping=MutableMapping[str, int],
        defaultdict=collections.defaultdict[str, int],
        OrderedDict=collections.OrderedDict[str, int],
        Counter=collections.Counter[str],
        condict=Annotated[dict[str, int], Field(min_length=1, max_length=1)],
        dict__any=dict[Any, Any],
    )


def _add_keys(add: Callable[..., None]) -> None:
    keys = {
        "int": int,
        "float": float,
        "bool": bool,
        "Decimal": Decimal,
        "bytes": bytes,
        "date": dt.date,
        "time": dt.time,
        "datetime": dt.datetime,
        "timedelta": dt.timedelta,
        "UUID": uuid.UUID,
        "IPv4Address": ipaddress.IPv4Address,
        "HttpUrl": pydantic.HttpUrl,
        "Path": pathlib.Path,
        "enum": models.Colour,
        "int enum": models.Level,
        "Literal": Literal["a", "ab"],
        "constr": pydantic.constr(pattern="^a"),
        "PositiveInt": pydantic.PositiveInt,
        "conint": pydantic.conint(ge=1, le=12),
        "confloat": pydantic.confloat(gt=0.5, lt=3),
        "complex": complex,
        "stripped": Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)],
        "int or bool": int | bool,
        "optional": int | None,
        "Json": pydantic.Json[int],
        "tuple": tuple[int, int],
        "ByteSize": pydantic.ByteSize,
    }
    add(forms.KEYED, **{f"keys {name}": dict[key, int] for name, key in keys.items()})  # type: ignore[valid-type]
    add(forms.KEYED, **{"two int keys": Annotated[dict[str, int], Field(min_length=2)]})


def _add_records(add: Callable[..., None]) -> None:
    add(
        forms.PEOPLE,
        model=models.Person,
        optional__model=models.Person | None,
        models=list[models.Person],
        dict__models=dict[str, models.Person],
    )
    add(
        ['{"value":1}', '{"value":1,"children":[{"value":2,"children":[]}]}', '{"value":"1"}', "{}"],
        recursive=models.Node,
    )
    pets = [
        '{"kind":"cat","lives":9}',
        '{"kind":"lion","lives":1}',
        '{"kind":"dog","good":true}',
        '{"kind":1,"called":"x"}',
        '{"kind":"cat","good":true}',
        '{"lives":9}',
        '{"kind":"1","called":"x"}',
    ]
    add(
        pets,
        discriminated=Annotated[models.Cat | models.Dog | models.Fox, Field(discriminator="kind")],
        models__union=models.Cat | models.Dog | models.Fox,
        callable__discriminator=Annotated[
            Annotated[models.Cat, Tag("cat")] | Annotated[models.Dog, Tag("dog")], Discriminator(models._kind)
        ],
    )
    add(
        [
            '{"one":1}',
            '{"many":[1]}',
            '{"other":1}',
            '{"many":[],"other":1}',
            '{"one":1,"other":"x"}',
            '{"first":1}',
            "{}",
            '{"one":1,"deep":{"inner":["a","b"]}}',
            '{"one":1,"deep":{"inner":["a"]}}',
            '{"one":1,"deep":5,"3rd":true}',
            '{"one":1,"3rd":2}',
        ],
        aliases=models.Aliases,
    )
    add(
        [
            '{"fullName":"x"}',
            '{"full_name":"x"}',
            '{"fullName":"x","full_name":"y"}',
            '{"fullName":"x","years":3}',
            '{"fullName":"x","age":3}',
            '{"fullName":"x","age":3,"years":4}',
            '{"fullName":"x","z":1}',
        ],
        by__name=models.ByName,
    )
    add(
        ['{"names":["a","b"]}', '{"names":["a","b","c"]}', '{"names":["a"]}', '{"names":["a","b"],"x":1}'],
        paths=models.Paths,
    )
    add(['{"a":1}', '{"a":1,"b":2}', '{"a":1,"b":"x"}', "{}"], extra__values=models.Extra)
    add(
        [
            '{"number":1,"ratio":1,"when":"2024-02-29"}',
            '{"number":1.0,"ratio":1,"when":"2024-02-29"}',
            '{"number":1,"ratio":0.5,"when":0}',
        ],
        strict=models.Strict,
    )
    add(
        [
            '{"word":" ab "}',
            '{"word":"a"}',
            '{"word":"abcde"}',
            '{"word":"AB","number":1e400}',
            '{"word":"ABCD","number":1}',
        ],
        cleaned=models.Cleaned,
    )
    add(
        [f'{{"data":{text}}}' for text in (*forms.BASE64, '"0a"', '"0A0b"', '"0"')],
        base64__model=models.Encoded,
        hex__model=models.InHex,
    )
    add(['{"width":1,"height":2.5}', '{"width":1,"height":2,"area":2}'], computed=models.Area)
    add(
        ["{}", '{"number":4}', '{"number":1}'],
        valid__default=models.Checked,
        unchecked__default=models.Unchecked,
    )
    add(forms.LISTS, root=models.Numbers)
    add(
        ['{"content":1}', '{"content":"x"}', '{"content":[1]}'],
        generic=models.Box[int],
        generic__any=models.Box,
        generic__list=models.Box[list[int]],
    )
    add(
        ['{"x":1}', '{"x":1,"y":2.5}', '{"x":1,"norm":3}', '{"y":1}', "[1]"],
        dataclass=models.Point,
        frozen=models.Frozen,
        set__frozen=set[models.Frozen],
    )
    add(
        ['[{"x":1}]', "[]", '[{"x":1},{"x":2}]'],
        frozen__set=frozenset[models.Frozen],
        points=set[models.Point],
    )
    add(
        ['{"title":"x","year":1}', '{"title":"x"}', "{}", '{"title":"x","year":1,"z":2}'],
        TypedDict=models.Movie,
        partial=models.Partial,
    )
    add(["[1]", '[1,"a"]', '{"left":1}', '{"left":1,"right":"a"}', "[]", '[1,"a",2]'], NamedTuple=models.Pair)
    add(["null", "1"], optional__callable=Callable[[], int] | None)
    add(["1"], Callable=Callable, type=type, subclass=type[int], pattern__bytes=re.Pattern[bytes])


def _add_limits(add: Callable[..., None]) -> None:
    """Limits that pydantic checks by functions around a type, and what it cannot apply."""
    first, last, any_zone = (ipaddress.ip_address(text) for text in ("10.0.0.0", "fe80::5", "fe80::1%a"))
    network = ipaddress.IPv4Network("10.0.0.0/8")
    add(
        [
            *forms.ADDRESSES,
            '"10.0.0.0"',
            '"9.255.255.255"',
            '"FE80:0::0005"',
            '"fe80::5%eth0"',
            '"fe80::1%a"',
        ],
        IPv4__ge=Annotated[ipaddress.IPv4Address, Field(ge=first)],
        IPv4__lt=Annotated[ipaddress.IPv4Address, Field(lt=first)],
        IPv6__gt=Annotated[ipaddress.IPv6Address, Field(gt=last)],
        IPv6__le=Annotated[ipaddress.IPv6Address, Field(le=any_zone)],
        IPvAny__ge=Annotated[pydantic.IPvAnyAddress, Field(ge=first)],
        network__ge=Annotated[ipaddress.IPv4Network, Field(ge=network)],
    )
    add(
        forms.UUIDS,
        UUID__gt=Annotated[uuid.UUID, Field(gt=uuid.UUID("123e4567-e89b-42d3-a456-426614174000"))],
        UUID4__le=Annotated[pydantic.UUID4, Field(le=uuid.UUID("8" * 32))],
    )
    add(
        [*forms.DECIMALS, '"0.15"', '"+00.050"', '"3."', '"-.25"', '"12.5"', '"1e2"', "0.15", "12"],
        five__cents=Annotated[Decimal, Field(multiple_of=Decimal("0.05"))],
        threes=Annotated[Decimal, MultipleOf(3)],
        tens=Annotated[Decimal, Field(multiple_of=10, ge=-50)],
        quarters=Annotated[Decimal, Field(multiple_of=Decimal("0.25"), max_digits=4)],
        prices=Annotated[Decimal, Field(multiple_of=Decimal("0.05"), ge=0, lt=10, decimal_places=2)],
    )
    if hasattr(core_schema, "fraction_schema"):
        add(
            [*forms.DECIMALS, '"0.5"', '"1.0"', "1", "0.5", "0.25", '"12"'],
            half__Fraction=Annotated[fractions.Fraction, Field(multiple_of=Decimal("0.5"))],
            third__Fraction=Annotated[fractions.Fraction, Field(multiple_of=fractions.Fraction(1, 3))],
            from__third__Fraction=Annotated[fractions.Fraction, Field(gt=fractions.Fraction(1, 3), le=2)],
        )
    add(
        forms.KEYED,
        keys__multiple=dict[Annotated[int, Field(multiple_of=7)], int],
        keys__quarter=dict[Annotated[float, Field(multiple_of=0.25)], int],
        keys__half=dict[Annotated[Decimal, Field(multiple_of=Decimal("2.5"))], int],
        keys__IPv4__ge=dict[Annotated[ipaddress.IPv4Address, Field(ge=first)], int],
    )
    add(
        ["1", '"1"', '"a"', '"abc"', "[1,2]", "true"],
        complex__finite=Annotated[complex, Field(allow_inf_nan=False)],
        complex__ge=Annotated[complex, Field(ge=1)],
        path__length=Annotated[pathlib.Path, Field(max_length=5)],
        path__ge=Annotated[pathlib.Path, Field(ge=pathlib.Path("b"))],
        finite__or__text=Annotated[complex, Field(allow_inf_nan=False)] | str,
        text__gt=Annotated[str, Field(gt="a")],
        text__le=Annotated[str, Field(le="b", min_length=1)],
        bytes__ge=Annotated[bytes, Field(ge=b"ab")],
        bool__ge=Annotated[bool, Field(ge=1)],
        tuple__ge=Annotated[tuple[int, int], Field(ge=(1, 2))],
        named__length=Annotated[models.Pair, Field(min_length=1)],
        default__length=Annotated[collections.defaultdict[str, int], Field(min_length=1)],
        json__ge=Annotated[pydantic.Json[int], Field(ge=1)],
        json__length=Annotated[pydantic.Json[list[int]], Field(min_length=1)],
    )
    add(
        ["1", "2", "3", '"red"', '"blue"', '"yes"', "10"],
        enum__ge=Annotated[models.Level, Field(ge=2)],
        word__gt=Annotated[models.Word, Field(gt="a")],
        Literal__ge=Annotated[Literal[1, 2, 3], Field(ge=2)],
    )
    add(
        [*forms.URLS, '"redis://a:1/2"', '"redis://localhost:6379/0"'],
        redis__length=Annotated[pydantic.RedisDsn, Field(max_length=30)],
    )
    add(
        [*forms.DURATIONS, '"PT300S"', '"-PT600.0S"', '"PT301S"'],
        minutes=Annotated[dt.timedelta, Field(multiple_of=dt.timedelta(minutes=5), le=dt.timedelta(hours=2))],
    )
    add(forms.MOMENTS, from__date=Annotated[dt.datetime, Field(ge=dt.date(2024, 2, 29))])
    for offset, name in ((3600, "an hour"), (0, "UTC"), (-5400, "west")):
        zoned = [
            f'"2024-02-29T10:00{end}"' for end in ("Z", "+00:00", "-00:00", "+01:00", "+0100", "-01:30", "")
        ]
        add(
            zoned,
            **{
                f"datetime {name}": Annotated[
                    dt.datetime, models.Core(core_schema.datetime_schema(tz_constraint=offset))
                ]
            },
        )
        times = [text.replace("2024-02-29T", "") for text in zoned]
        add(
            times,
            **{
                f"time {name}": Annotated[dt.time, models.Core(core_schema.time_schema(tz_constraint=offset))]
            },
        )
    within = json.dumps({"texts": json.dumps([{"texts": json.dumps([{}])}])})
    add(
        ["{}", '{"texts":null}', '{"texts":"[]"}', '{"texts":"[{}]"}', '{"texts":[]}', within],
        Texts=models.Texts,
    )
    add(
        ['{"rows":[1]}', '{"rows":[1,"x"]}', '{"rows":[]}', '{"rows":[2,3]}', "{}", '{"x":3}'],
        last=models.Last,
    )


def _add_patterns(add: Callable[..., None]) -> None:
    """Patterns of Rust's crate."""
    given = [
        "a",
        "b",
        "c",
        "ab",
        "x",
        "a b",
        "A",
        "5",
        "a\nb",
        "a\r\n",
        "é",
        "é5",
        "-",
        "]",
        "",
        "xab",
        "ab x",
    ]
    texts = [json.dumps(text) for text in given]
    patterns = {
        "intersection": r"^[a-z&&[^b]]+$",
        "difference": r"[\w--\d]",
        "either": r"^[a-f--[bd]~~c-z]$",
        "nested": r"^[a-c[xé]]$",
        "not nested": r"^[^a-c&&b-d]$",
        "named": "[[:alpha:]&&[^c]]",
        "word begins": r"\b{start}a",
        "word ends": r"a\b{end}",
        "lines": "(?mR)^a$",
        "blanks": "(?x) ^ a  b? # why\n [ a b ]? $",
    }
    add(texts, **{f"pattern {name}": Annotated[str, Field(pattern=text)] for name, text in patterns.items()})


def _add_validators(add: Callable[..., None]) -> None:
    if "json_schema_input_type" in inspect.signature(PlainValidator).parameters:
        typed = PlainValidator(models._positive, json_schema_input_type=int)
        add(forms.INTEGERS, plain__typed=Annotated[int, typed])
    add(
        forms.INTEGERS,
        after=Annotated[int, AfterValidator(models._positive)],
        before=Annotated[int, BeforeValidator(models._positive)],
        plain=Annotated[int, PlainValidator(models._positive)],
        wrap=Annotated[int, WrapValidator(lambda v, h: models._positive(h(v)))],
        predicate=Annotated[int, Predicate(bool)],
    )
    add(
        ['{"number":2}', '{"number":1}', '{"low":1,"high":2}', '{"low":2,"high":1}'],
        field__validator=models.Even,
        model__validator=models.Ordered,
    )
    add(forms.STRINGS, own__schema=models.Upper)
