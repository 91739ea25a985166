"""At equal FLOPs, which reads text best: bytes, subwords, or patches, and how long should patches be?

Every model is built of the package's own blocks, learns the same documents in the same order until the same
number of FLOPs is spent, and is judged by bits per byte of the same held-out documents. In reading order:

- `settings`: budgets, sizes, models; the real study and a toy one;
- `corpus`: documents, their splits, and the pieces that models read;
- `subwords`, `patches`, `views`: a piece as ids: bytes, tokens, or bytes cut into patches;
- `flops`, `shapes`: what a model costs on a piece, and the shape that costs a wished amount;
- `contenders`: the models by name; `training`, `evaluation`: one run; `checkpoints`: where it stands;
- `grid`: which runs, smallest first; `state`: what is done and how long the rest takes;
- `results`, `plots`: tables and pictures.
"""
