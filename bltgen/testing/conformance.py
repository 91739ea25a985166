"""Checks for a new engine, decoder, strategy, patcher or model: call them from your own test.

| check | of what |
|---|---|
| `check_automaton(constraint, reference)` | `allowed`, `forced`, `shortest`, `completion`, immutability |
| `check_decoder(generate, constraint)` | validity, budget, seeds, stream, batch, scores, distribution |
| `check_strategy(strategy)` | the same, for a strategy of bltgen over adversarial models |
| `check_patcher(starts)` | the definition, and that nothing depends on its right |
| `check_model(model)`, `check_session` | incremental = full, rollback, batch = alone |

Each raises a `Violation` (an AssertionError) that names the promise and shows a minimal example.
Nothing here needs Hypothesis or pytest.
"""

from bltgen.testing.automaton_checks import check_automaton
from bltgen.testing.decoder_checks import check_decoder, check_strategy, score_by_model
from bltgen.testing.session_checks import Operation, check_model, check_patcher, check_session
from bltgen.testing.violation import Violation

__all__ = [
    "Operation",
    "Violation",
    "check_automaton",
    "check_decoder",
    "check_model",
    "check_patcher",
    "check_session",
    "check_strategy",
    "score_by_model",
]
