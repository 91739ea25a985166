"""Languages of bytes and the automata that read them, built lazily. No I/O, no torch.

In reading order: `byteset` (sets of bytes), `contract` (what every engine promises), `language` (regular
terms), `derivative` and `liveness` (what a term can still become), `lazy_dfa` (its states), `utf8` (code
points), `suffix_automaton` (the substrings of a text), `algebra` (combinations of any constraints).
"""
