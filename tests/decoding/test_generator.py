"""The front door: what it takes, what it hands on, outcomes in order of their end, the bar, the summary."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bltgen.automata.language import literal, union
from bltgen.decoding import generator as generator_module
from bltgen.decoding.generator import Generator
from bltgen.decoding.prompts import as_prompt
from bltgen.errors import BudgetTooSmall, InvalidPrompt, ModelError
from bltgen.model.prompt_form import PromptForm
from bltgen.testing.models import FunctionModel, constant, scripted, tiny_blt, whimsical

AB = union(literal(b"a"), literal(b"b"))
SAID = Generator(scripted(b"Ada"))


class Picky:
    """Refuses prompts that begin with "!"."""

    def __init__(self):
        self.inner = scripted(b"Ada")

    def session(self, prompts):
        """Raises for them."""
        if any(prompt.startswith(b"!") for prompt in prompts):
            raise ModelError("refused")
        return self.inner.session(prompts)


def test_a_prompt_is_text_or_bytes():
    """Anything with bytes; a lone surrogate is named by its index."""
    assert as_prompt("é") == "é".encode()
    for given in (b"\xff", bytearray(b"\xff"), memoryview(b"\xff")):
        assert as_prompt(given) == b"\xff"
        assert type(as_prompt(given)) is bytes
    with pytest.raises(InvalidPrompt) as caught:
        as_prompt("ab\ud800")
    assert caught.value.position == 2
    for wrong in (5, None, ["a"]):
        with pytest.raises(TypeError, match=r"^prompt=.*: str or bytes is needed$"):
            as_prompt(wrong)


@pytest.mark.parametrize("wrong", [None, "model", FunctionModel, SimpleNamespace(session=5)])
def test_a_model_opens_sessions(wrong):
    """A class is no model."""
    with pytest.raises(TypeError, match=r"^model=.*: a ByteModel is needed"):
        Generator(wrong)


def test_every_door_has_the_same_defaults():
    """mask, no stop string, no budget, a seed drawn; sixteen at once without a bar."""
    for door in (
        Generator.generate,
        Generator.stream,
        Generator.stream_values,
        Generator.generate_many,
        Generator.outcomes,
    ):
        defaults = {name: one.default for name, one in inspect.signature(door).parameters.items()}
        assert (defaults["strategy"], defaults["stop"], defaults["max_bytes"], defaults["seed"]) == (
            "mask",
            (),
            None,
            None,
        )
        assert defaults["raw_prompt"] is False
        assert defaults.get("batch_size", 16) == 16
        assert defaults.get("progress", False) is False


OPTIONS = {"max_bytes": 5, "strategy": "redecode", "stop": ["b"], "seed": 4, "temperature": 2.0}


def test_all_doors_hand_on_what_they_are_told():
    """The same text by each, with its strategy, budget, stop strings, seed and parameters."""
    generator = Generator(whimsical(1, patch=2))
    language = union(literal(b"a"), literal(b"b"), literal(b"c")).repeat(2, 5)
    out = generator.generate("p", language, **OPTIONS)
    assert (out.max_bytes, out.strategy, out.seed, out.parameters.temperature) == (5, "redecode", 4, 2.0)
    stream = generator.stream("p", language, **OPTIONS)
    assert b"".join(patch.data for patch in stream) == out.data
    streamed = stream.generation
    assert (streamed.max_bytes, streamed.strategy, streamed.seed) == (5, "redecode", 4)
    assert streamed.parameters == out.parameters
    (many,) = generator.generate_many(["p"], language, **OPTIONS)
    assert (many.data, many.max_bytes, many.strategy, many.seed) == (out.data, 5, "redecode", 4)
    assert many.parameters == out.parameters
    ((index, one),) = generator.outcomes(["p"], language, **OPTIONS)
    assert (index, one.data, one.parameters) == (0, out.data, out.parameters)
    stopped = generator.generate_many(["p"] * 20, language, **OPTIONS)
    assert any(one.finish == "stop" for one in stopped)


def test_values_are_streamed_with_the_same_options():
    """Of a JSON text; a text that is none is refused."""
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}
    generator = Generator(whimsical(1))
    options = {"max_bytes": 30, "strategy": "best-of", "seed": 4, "temperature": 2.0}
    out = generator.generate("p", schema, **options)
    *_, (pointer, value) = generator.stream_values("p", schema, **options)
    assert (pointer, value) == ("", out.value)
    digits = Generator(scripted(b"12x"))
    assert list(digits.stream_values("", stop=["x"])) == [("", 12)]


def test_arguments_are_checked_at_the_call_of_a_stream():
    """Not at its first patch."""
    with pytest.raises(BudgetTooSmall):
        SAID.stream("", literal(b"abc"), max_bytes=2)
    with pytest.raises(TypeError, match=r"^prompt="):
        SAID.stream(5)


def test_a_form_for_prompts_is_used_unless_the_prompt_is_to_be_read_raw():
    """By every door; what it added is counted and explained."""
    model = scripted(b"{}")
    model.prompt_form = PromptForm()
    generator, schema = Generator(model), {"properties": {"a": {"type": "null"}}}
    formed = PromptForm().formed(b"p", schema)
    for raw, prompt in ((False, formed), (True, b"p")):
        out = generator.generate("p", schema, raw_prompt=raw)
        assert (out.prompt, out.statistics.form_bytes) == (prompt, len(prompt) - 1 if not raw else 0)
        stream = generator.stream("p", schema, raw_prompt=raw)
        next(stream)
        assert generator.explain(stream).prompt == prompt
        (many,) = generator.generate_many(["p"], schema, raw_prompt=raw)
        assert many.prompt == prompt
        ((_, one),) = generator.outcomes(["p"], schema, raw_prompt=raw)
        assert one.prompt == prompt
        explained = generator.explain(out)
        assert (explained.prompt, explained.form_bytes) == (prompt, out.statistics.form_bytes)
    seen = []
    model.session, session = lambda prompts: (seen.extend(prompts), session(prompts))[1], model.session
    for raw in (False, True):
        list(generator.stream_values("p", schema, raw_prompt=raw))
    assert seen == [formed, b"p"]
    for door in (generator.generate, generator.stream, lambda one, **more: generator.outcomes([one], **more)):
        with pytest.raises(TypeError, match="raw_prompt=1: a bool is needed"):
            door("p", raw_prompt=1)


def test_an_explanation_is_of_a_generation_or_a_stream():
    """Nothing else; the end is explained where it was chosen."""
    out = SAID.generate("p", AB.repeat(1, 3), max_bytes=2, temperature=0.5, seed=1)
    found = SAID.explain(out).bytes
    assert [one.byte for one in found] == [*out.data, 256]
    assert found[0].allowed == 2
    cut = SAID.generate("p", max_bytes=2)
    assert [one.byte for one in SAID.explain(cut).bytes] == list(b"Ad")
    stream = SAID.stream("p")
    next(stream)
    assert [one.byte for one in SAID.explain(stream).bytes] == list(stream.data)
    with pytest.raises(TypeError, match=r"^generation=.*: a Generation or a Stream is needed"):
        SAID.explain("text")


def test_many_outcomes_are_in_order_with_seeds_of_their_own():
    """Seed + i each; without one, one is drawn for all."""
    out = SAID.generate_many(["a", b"b", bytearray(b"c")], seed=7)
    assert [one.seed for one in out] == [7, 8, 9]
    assert [one.prompt for one in out] == [b"a", b"b", b"c"]
    drawn = SAID.generate_many(["a", "b"])
    assert drawn[1].seed == drawn[0].seed + 1
    assert SAID.generate_many([]) == []
    assert SAID.generate_many(["a"], seed=0)[0].seed == 0


def test_a_prompt_that_fails_has_its_error_in_its_place():
    """One without UTF-8, one that is an error, one that the model refuses; in batches of any size."""
    error = ModelError("given")
    prompts = ["a", "\ud800", error, "!b", "c"]
    for batch_size in (1, 2, 9):
        out = Generator(Picky()).generate_many(prompts, batch_size=batch_size, seed=1)
        assert [getattr(one, "data", None) for one in out] == [b"Ada", None, None, None, b"Ada"]
        assert isinstance(out[1], InvalidPrompt)
        assert out[2] is error
        assert isinstance(out[3], ModelError)


def test_outcomes_come_as_they_end_and_prompts_are_read_as_needed():
    """A short text before a long one; refused prompts with the next outcome."""
    read = []

    def prompts():
        for index in range(4):
            read.append(index)
            yield f"p{index}"

    model = FunctionModel(
        lambda prompt, output: scripted(b"x" * (20 if prompt == b"p0" else 1)).logits(b"", output), patch=1
    )
    outcomes = Generator(model).outcomes(prompts(), batch_size=2, seed=1)
    assert read == []
    order = [index for index, _ in outcomes]
    assert order[-1] == 0
    assert sorted(order) == [0, 1, 2, 3]
    only = list(SAID.outcomes(["\ud800", "\ud800"], batch_size=2))
    assert sorted(index for index, _ in only) == [0, 1]


def test_one_constraint_for_all_or_one_a_prompt():
    """A list must have as many; its members are named in errors."""
    one, two = literal(b"one"), literal(b"two")
    generator = Generator(constant())
    assert [out.data for out in generator.generate_many(["a", "b"], one)] == [b"one"] * 2
    assert [out.data for out in generator.generate_many(["a", "b"], [one, two])] == [b"one", b"two"]
    assert [out.data for out in generator.generate_many(iter(["a", "b"]), (one, two))] == [b"one", b"two"]
    with pytest.raises(ValueError, match="2 constraints for 1 prompts"):
        generator.generate_many(["a"], [one, two])
    with pytest.raises(TypeError, match=r"constraint\[1\]='\[a-z\]'"):
        generator.generate_many(["a", "b"], [one, "[a-z]"])
    with pytest.raises(TypeError, match="constraint='abc'"):
        generator.outcomes(["a"], "abc")


def test_prompts_are_a_list_of_texts():
    """A single text is none; a wrong member is named at the call where it can be."""
    for wrong in ("abc", b"abc", 5, None):
        with pytest.raises(TypeError, match=r"^prompts=.*: a list of texts is needed$"):
            SAID.outcomes(wrong)
    for listed in (["a", 5], ("a", 5)):
        with pytest.raises(TypeError, match=r"^prompts\[1\]=5: str or bytes is needed$"):
            SAID.outcomes(listed)
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match=r"^batch_size=.*: an integer >= 1 is needed$"):
            SAID.outcomes(["a"], batch_size=wrong)
    with pytest.raises(ValueError, match="temperature"):
        SAID.outcomes([], temperature=-1)
    with pytest.raises(ValueError, match="seed"):
        SAID.outcomes([], seed=-1)


class Bar:
    """What stands in for tqdm."""

    made: list[Bar] = []  # noqa: RUF012

    def __init__(self, **options):
        self.options, self.updates, self.closed = options, 0, False
        Bar.made.append(self)

    def update(self):
        """One prompt more."""
        self.updates += 1

    def close(self):
        """The bar is left."""
        self.closed = True


def test_a_bar_counts_every_outcome(monkeypatch):
    """Errors too; of a known number where the prompts are a list; none unless asked for."""
    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Bar))
    Bar.made.clear()
    SAID.generate_many(["a", "b"])
    assert Bar.made == []
    SAID.generate_many(["a", "\ud800", "b"], progress=True, batch_size=1)
    SAID.generate_many(iter(["\ud800"]), progress=True)
    list_bar, iterator_bar = Bar.made
    assert (list_bar.options["total"], list_bar.options["dynamic_ncols"], list_bar.updates) == (3, True, 3)
    assert (iterator_bar.options["total"], iterator_bar.updates, iterator_bar.closed) == (None, 1, True)
    assert list_bar.closed


def test_a_model_is_summed_up_in_a_line():
    """Its class, size, patches and device; without weights, as it is."""
    model = tiny_blt()
    count = sum(tensor.numel() for tensor in model.parameters())
    threshold = model.config.patcher.threshold
    assert repr(Generator(model)) == (
        f"<Generator ByteLatentTransformer: {count:,} parameters, "
        f"patches by entropy above {threshold:g}, on cpu>"
    )
    assert repr(Generator(tiny_blt(mode="static"))).endswith(" parameters, patches by static, on cpu>")
    assert "FunctionModel" in repr(SAID)
    linear = torch.nn.Linear(3, 2)
    assert generator_module._summary(linear) == "Linear: 8 parameters, on cpu"
    odd = torch.nn.Linear(1, 1)
    odd.config = SimpleNamespace(patcher=SimpleNamespace())
    assert generator_module._summary(odd) == "Linear: 2 parameters, on cpu"


def test_a_dtype_is_given_by_name_or_as_it_is():
    """None stays None; a near miss is suggested."""
    named = generator_module._dtype
    assert named("dtype", None) is None
    assert named("dtype", "bfloat16") is torch.bfloat16
    assert named("dtype", torch.float16) is torch.float16
    for wrong in ("nonesuch", 5, "nn"):
        with pytest.raises(ValueError, match=r"^dtype=.*: a torch type is needed"):
            named("dtype", wrong)
    with pytest.raises(ValueError, match=r"did you mean 'bfloat16'\?"):
        named("dtype", "bfloat6")


def test_a_checkpoint_is_loaded_with_what_was_asked_for(monkeypatch):
    """With no path the embedded one, on the CPU; paths become Paths, names types."""
    from bltgen.model import checkpoint

    calls = []

    def load_model(path, dtype, device, **more):
        calls.append((path, dtype, device, more))
        return scripted(b"x")

    monkeypatch.setattr(checkpoint, "load_model", load_model)
    Generator.load()
    embedded = Path(generator_module.__file__).parent.parent / "model" / "embedded"
    assert calls[0] == (
        embedded,
        None,
        "cpu",
        {"entropy_dtype": None, "latent_dtype": None, "entropy_path": None},
    )
    assert embedded.is_dir()
    Generator.load(
        "x", dtype="float16", entropy_dtype="float64", latent_dtype="int8", device="meta", entropy_path="e"
    )
    assert calls[1] == (
        Path("x"),
        torch.float16,
        "meta",
        {"entropy_dtype": torch.float64, "latent_dtype": torch.int8, "entropy_path": Path("e")},
    )
    for name in ("path", "entropy_path"):
        with pytest.raises(TypeError, match=rf"^{name}=5: the path of .* is needed$"):
            Generator.load(**{name: 5})
