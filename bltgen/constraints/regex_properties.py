r"""The properties that ECMA-262 lets `\p{...}` name, exactly as it spells them.

Tables 69 to 71 of the standard (edition of 2025; section 22.2.2.9): binary properties, and values of
General_Category, Script and Script_Extensions. Names are compared letter by letter: `\p{lu}`, `\p{Script}`
and `\p{InGreek}` are none. What a property holds is read from the `regex` module, thus in the Unicode
version of the one that is installed: characters that newer or older versions assign differ from another
engine's. The script Katakana_Or_Hiragana, which holds no character, is no name, as in V8.

>>> query("Lu"), query("scx=Grek"), query("IDC")
('General_Category=Uppercase_Letter', 'Script_Extensions=Greek', 'ID_Continue=Yes')
>>> query("Script"), query("lu"), suggestion("lu")
(None, None, 'Lu')
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

__all__ = ["BINARY", "GENERAL_CATEGORY", "SCRIPT", "query", "suggestion"]


def _table(text: str) -> dict[str, str]:
    """From every spelling of a name to the name as Unicode writes it, which is each group's first."""
    groups = [group.split("=") for group in text.split()]
    return {spelling: group[0] for group in groups for spelling in group}


BINARY = _table("""
ASCII ASCII_Hex_Digit=AHex Alphabetic=Alpha Any Assigned Bidi_Control=Bidi_C Bidi_Mirrored=Bidi_M
Case_Ignorable=CI Cased Changes_When_Casefolded=CWCF Changes_When_Casemapped=CWCM Changes_When_Lowercased=CWL
Changes_When_NFKC_Casefolded=CWKCF Changes_When_Titlecased=CWT Changes_When_Uppercased=CWU Dash
Default_Ignorable_Code_Point=DI Deprecated=Dep Diacritic=Dia Emoji Emoji_Component=EComp Emoji_Modifier=EMod
Emoji_Modifier_Base=EBase Emoji_Presentation=EPres Extended_Pictographic=ExtPict Extender=Ext
Grapheme_Base=Gr_Base Grapheme_Extend=Gr_Ext Hex_Digit=Hex IDS_Binary_Operator=IDSB IDS_Trinary_Operator=IDST
ID_Continue=IDC ID_Start=IDS Ideographic=Ideo Join_Control=Join_C Logical_Order_Exception=LOE Lowercase=Lower
Math Noncharacter_Code_Point=NChar Pattern_Syntax=Pat_Syn Pattern_White_Space=Pat_WS Quotation_Mark=QMark
Radical Regional_Indicator=RI Sentence_Terminal=STerm Soft_Dotted=SD Terminal_Punctuation=Term
Unified_Ideograph=UIdeo Uppercase=Upper Variation_Selector=VS White_Space=space XID_Continue=XIDC
XID_Start=XIDS
""")

GENERAL_CATEGORY = _table("""
Cased_Letter=LC Close_Punctuation=Pe Connector_Punctuation=Pc Control=Cc=cntrl Currency_Symbol=Sc
Dash_Punctuation=Pd Decimal_Number=Nd=digit Enclosing_Mark=Me Final_Punctuation=Pf Format=Cf
Initial_Punctuation=Pi Letter=L Letter_Number=Nl Line_Separator=Zl Lowercase_Letter=Ll Mark=M=Combining_Mark
Math_Symbol=Sm Modifier_Letter=Lm Modifier_Symbol=Sk Nonspacing_Mark=Mn Number=N Open_Punctuation=Ps Other=C
Other_Letter=Lo Other_Number=No Other_Punctuation=Po Other_Symbol=So Paragraph_Separator=Zp Private_Use=Co
Punctuation=P=punct Separator=Z Space_Separator=Zs Spacing_Mark=Mc Surrogate=Cs Symbol=S Titlecase_Letter=Lt
Unassigned=Cn Uppercase_Letter=Lu
""")

SCRIPT = _table("""
Adlam=Adlm Ahom Anatolian_Hieroglyphs=Hluw Arabic=Arab Armenian=Armn Avestan=Avst Balinese=Bali Bamum=Bamu
Bassa_Vah=Bass Batak=Batk Bengali=Beng Beria_Erfe=Berf Bhaiksuki=Bhks Bopomofo=Bopo Brahmi=Brah Braille=Brai
Buginese=Bugi Buhid=Buhd Canadian_Aboriginal=Cans Carian=Cari Caucasian_Albanian=Aghb Chakma=Cakm Cham
Cherokee=Cher Chorasmian=Chrs Common=Zyyy Coptic=Copt=Qaac Cuneiform=Xsux Cypriot=Cprt Cypro_Minoan=Cpmn
Cyrillic=Cyrl Deseret=Dsrt Devanagari=Deva Dives_Akuru=Diak Dogra=Dogr Duployan=Dupl Egyptian_Hieroglyphs=Egyp
Elbasan=Elba Elymaic=Elym Ethiopic=Ethi Garay=Gara Georgian=Geor Glagolitic=Glag Gothic=Goth Grantha=Gran
Greek=Grek Gujarati=Gujr Gunjala_Gondi=Gong Gurmukhi=Guru Gurung_Khema=Gukh Han=Hani Hangul=Hang
Hanifi_Rohingya=Rohg Hanunoo=Hano Hatran=Hatr Hebrew=Hebr Hiragana=Hira Imperial_Aramaic=Armi
Inherited=Zinh=Qaai Inscriptional_Pahlavi=Phli Inscriptional_Parthian=Prti Javanese=Java Kaithi=Kthi
Kannada=Knda Katakana=Kana Kawi Kayah_Li=Kali Kharoshthi=Khar Khitan_Small_Script=Kits Khmer=Khmr Khojki=Khoj
Khudawadi=Sind Kirat_Rai=Krai Lao=Laoo Latin=Latn Lepcha=Lepc Limbu=Limb Linear_A=Lina Linear_B=Linb Lisu
Lycian=Lyci Lydian=Lydi Mahajani=Mahj Makasar=Maka Malayalam=Mlym Mandaic=Mand Manichaean=Mani Marchen=Marc
Masaram_Gondi=Gonm Medefaidrin=Medf Meetei_Mayek=Mtei Mende_Kikakui=Mend Meroitic_Cursive=Merc
Meroitic_Hieroglyphs=Mero Miao=Plrd Modi Mongolian=Mong Mro=Mroo Multani=Mult Myanmar=Mymr Nabataean=Nbat
Nag_Mundari=Nagm Nandinagari=Nand New_Tai_Lue=Talu Newa Nko=Nkoo Nushu=Nshu Nyiakeng_Puachue_Hmong=Hmnp
Ogham=Ogam Ol_Chiki=Olck Ol_Onal=Onao Old_Hungarian=Hung Old_Italic=Ital Old_North_Arabian=Narb
Old_Permic=Perm Old_Persian=Xpeo Old_Sogdian=Sogo Old_South_Arabian=Sarb Old_Turkic=Orkh Old_Uyghur=Ougr
Oriya=Orya Osage=Osge Osmanya=Osma Pahawh_Hmong=Hmng Palmyrene=Palm Pau_Cin_Hau=Pauc Phags_Pa=Phag
Phoenician=Phnx Psalter_Pahlavi=Phlp Rejang=Rjng Runic=Runr Samaritan=Samr Saurashtra=Saur Sharada=Shrd
Shavian=Shaw Siddham=Sidd Sidetic=Sidt SignWriting=Sgnw Sinhala=Sinh Sogdian=Sogd Sora_Sompeng=Sora
Soyombo=Soyo Sundanese=Sund Sunuwar=Sunu Syloti_Nagri=Sylo Syriac=Syrc Tagalog=Tglg Tagbanwa=Tagb Tai_Le=Tale
Tai_Tham=Lana Tai_Viet=Tavt Tai_Yo=Tayo Takri=Takr Tamil=Taml Tangsa=Tnsa Tangut=Tang Telugu=Telu Thaana=Thaa
Thai Tibetan=Tibt Tifinagh=Tfng Tirhuta=Tirh Todhri=Todr Tolong_Siki=Tols Toto Tulu_Tigalari=Tutg
Ugaritic=Ugar Unknown=Zzzz Vai=Vaii Vithkuqi=Vith Wancho=Wcho Warang_Citi=Wara Yezidi=Yezi Yi=Yiii
Zanabazar_Square=Zanb
""")

_PREFIXES = {
    "General_Category": ("General_Category", GENERAL_CATEGORY),
    "gc": ("General_Category", GENERAL_CATEGORY),
    "Script": ("Script", SCRIPT),
    "sc": ("Script", SCRIPT),
    "Script_Extensions": ("Script_Extensions", SCRIPT),
    "scx": ("Script_Extensions", SCRIPT),
}


def query(name: str) -> str | None:
    r"""The property as the `regex` module is asked for it, or None where ECMA-262 knows no such name.

    Long names throughout: some short ones, `IDC` and `VS`, are blocks there.
    """
    prefix, equals, value = name.partition("=")
    if equals:
        known = _PREFIXES.get(prefix)
        return f"{known[0]}={known[1][value]}" if known and value in known[1] else None
    if name in GENERAL_CATEGORY:
        return f"General_Category={GENERAL_CATEGORY[name]}"
    return f"{BINARY[name]}=Yes" if name in BINARY else None


@cache
def _spellings() -> dict[str, str]:
    """All names, by their letters alone in lower case; a script also without `Script=`."""
    known = {_letters(script): f"Script={script}" for script in SCRIPT}
    for prefix, (_, values) in _PREFIXES.items():
        known.update({_letters(f"{prefix}={value}"): f"{prefix}={value}" for value in values})
    return {**known, **{_letters(name): name for name in (*BINARY, *GENERAL_CATEGORY)}}


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum() or c == "=")


def suggestion(name: str) -> str | None:
    """The name of a property that was probably meant."""
    wanted, spellings = _letters(name.removeprefix("Is")), _spellings()
    close = [wanted] if wanted in spellings else get_close_matches(wanted, spellings, 1, 0.75)
    return spellings[close[0]] if close else None
