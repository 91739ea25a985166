"""The public names: all there, cheap to import, documented."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import bltgen
from bltgen.constraints.json_schema.schema import SchemaOptions
from bltgen.decoding.task import BatchOptions, Options, Sampling


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


def test_what_type_checkers_see_of_options_is_what_functions_take():
    """The dictionaries of options for overloads, and the signatures."""
    taken = inspect.signature(bltgen.json_schema).parameters.keys() - {"schema", "kind"}
    assert taken == SchemaOptions.__annotations__.keys()
    for name, options in (("generate", Options), ("stream", Options), ("generate_many", BatchOptions)):
        parameters = inspect.signature(getattr(bltgen.Generator, name)).parameters
        taken = parameters.keys() - {"self", "prompt", "prompts", "constraint", "sampling"}
        assert taken | Sampling.__annotations__.keys() == options.__annotations__.keys()
    assert Sampling.__annotations__.keys() == inspect.signature(bltgen.SamplingParameters).parameters.keys()


def test_the_package_says_that_it_is_typed():
    """By the marker of PEP 561; `tests/typing` has what checkers find."""
    assert (Path(bltgen.__file__).parent / "py.typed").is_file()


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no_such_name"):
        bltgen.no_such_name  # noqa: B018
    with pytest.raises(AttributeError, match=r"'json_shema'; did you mean 'json_schema'\?"):
        bltgen.json_shema  # noqa: B018


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
