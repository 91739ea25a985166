"""Foreign checkpoint layouts: for each, its config and names in bltgen's terms, nothing else.

- `reference`: layouts A (`params.json`, `consolidated.pth`) and B (safetensors, `config.json` with
  "args") of the released code;
- `huggingface`: layout C, `BltForCausalLM` of transformers.
"""
