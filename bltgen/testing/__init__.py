"""For your own tests: texts of a language, near misses, models without weights, conformance checks.

`README.md` beside this file is the tutorial. The parts:

- `strategies`, `schema_strategies`: Hypothesis strategies (with `walking`, `json_spelling`);
- `conformance`: checks of engines, decoders, strategies, patchers and models;
- `reference`, `naive_regular`, `exhaustive`: slow recognisers and every small language;
- `models`, `distributions`: models without weights, and what should be drawn from them;
- `adapters`, `compare`: the same questions to other engines;
- `pytest_plugin`: fixtures and readable failures.

Only `strategies` needs Hypothesis and only the plugin pytest.
"""
