"""Text to constraints: regular expressions, grammars, JSON Schema. No torch.

In reading order: `texts` (literals and choices), `regex` (with `regex_parser`, `regex_classes`,
`regex_preference`, `regex_lowering`), `grammar`, `json_schema`.
"""
