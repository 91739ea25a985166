"""Languages of bytes and the automata that read them, built lazily. No I/O, no torch.

In reading order: `byteset` (sets of bytes), `contract` (what every engine promises), `limits`; then the
regular layer: `language` (terms) with `summaries` (what their form tells), `derivative` and `liveness`
(what a term can still become), `lazy_dfa` (its states), `utf8` (code points), `lookaround` (assertions
anywhere), `suffix_automaton` (the substrings of a text), `sampling`, `description`; then grammars:
`productions`, `regular_folding`, `transition_network`, `earley`, `grammar_product`, `context_free`; and
`product` and `algebra` (combinations of any constraints).
"""
