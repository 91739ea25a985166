"""The domains that texts are about: fields in modules by theme, sentences in one text file a domain."""

from bltgen.training.data.domains.commerce import COMMERCE
from bltgen.training.data.domains.culture import CULTURE
from bltgen.training.data.domains.planning import PLANNING
from bltgen.training.data.domains.society import SOCIETY
from bltgen.training.data.domains.travel import TRAVEL
from bltgen.training.data.facts import Domain

__all__ = ["DOMAINS"]

DOMAINS: tuple[Domain, ...] = (*SOCIETY, *COMMERCE, *PLANNING, *TRAVEL, *CULTURE)
