"""The domains that texts are about, a theme a file."""

from bltgen.training.data.domains.commerce import COMMERCE
from bltgen.training.data.domains.people import PEOPLE
from bltgen.training.data.domains.planning import PLANNING
from bltgen.training.data.facts import Domain

__all__ = ["DOMAINS"]

DOMAINS: tuple[Domain, ...] = (*PEOPLE, *COMMERCE, *PLANNING)
