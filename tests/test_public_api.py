"""The public names: all there, cheap to import, documented."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import bltgen


@pytest.mark.parametrize("name", bltgen.__all__)
def test_every_public_name_is_there_and_documented(name):
    """Resolved lazily, with a docstring."""
    value = getattr(bltgen, name)
    assert inspect.getdoc(value)
    assert name in dir(bltgen)


def test_the_lazy_names_are_those_that_type_checkers_see():
    """The TYPE_CHECKING imports, the table of homes and __all__ agree."""
    source = inspect.getsource(bltgen)
    block = source[source.index("if TYPE_CHECKING:") : source.index("_HOMES = {")]
    imported = {
        (name.strip(), line.split()[1])
        for line in block.splitlines()
        if line.strip().startswith("from bltgen") and "errors" not in line
        for name in line.split(" import ")[1].split(",")
    }
    assert imported == set(bltgen._HOMES.items())
    assert set(bltgen.__all__) == {*bltgen._HOMES, "errors", "load"}


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no_such_name"):
        bltgen.no_such_name  # noqa: B018


@pytest.mark.parametrize(
    "code",
    [
        "import bltgen",
        "import bltgen; bltgen.regex('a').start()",
        "import bltgen; bltgen.json_schema(True).start()",
        "import bltgen; bltgen.Generator, bltgen.SMC, bltgen.errors",
        "import bltgen.cli",
    ],
)
def test_torch_is_imported_only_by_what_needs_a_model(code):
    """Constraints and the command line start without it."""
    check = f"{code}\nimport sys\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
