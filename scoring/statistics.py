"""The statistics of scoring, in one place: what to import for what.

| for | use |
|---|---|
| a proportion of independent samples | `wilson`; `exact` where the level must never be missed |
| a mean of independent values | `mean_interval` |
| a proportion or mean of items with several samples | `cluster_bootstrap` |
| the same with few items or rare successes | `clustered_wilson` |
| a share of several seeds on the same problems, or a mean without bounds | `crossed_share`, `crossed_mean` |
| what a paper prints | `paper_figure`, `PAPER_ESTIMATORS` |
| two runs on the same items | `paired_difference` |
| its parts | `paired_bootstrap`, `newcombe_paired`, `swap_test` |
| several comparisons at once | `correct` |
| a cut in percent, such as DeceptionBench's | `mean_relative_cut` |
| a judge against people | `agreement`, `krippendorff_alpha` |
| a judge's score against labels | `threshold_sweep` |
| K samples of an item | `safe_at_1`, `cons_safe_at_k`, `safe_at_k`, `safe_at_1_bounds` |
| k of n samples | `pass_at_k`, `pass_all_k`, `best_of_n`, `majority`, `weighted_vote` |

Formulas, assumptions and sources are in `docs/statistics.md`.
"""

from __future__ import annotations

from .agreement import Agreement, agreement, krippendorff_alpha
from .bootstrap import cluster_bootstrap, paired_bootstrap
from .clusters import clustered_wilson
from .comparison import (
    Difference,
    RelativeCut,
    correct,
    mean_relative_cut,
    newcombe_paired,
    paired_difference,
)
from .crossed import crossed_mean, crossed_share
from .estimators import PAPER_ESTIMATORS, PaperFigure, paper_figure
from .intervals import Interval, exact, mean_interval, wilson
from .permutation import swap_test
from .repeats import (
    best_of_n,
    cons_safe_at_k,
    majority,
    pass_all_k,
    pass_at_k,
    safe_at_1,
    safe_at_1_bounds,
    safe_at_k,
    weighted_vote,
)
from .thresholds import Sweep, Threshold, threshold_sweep

__all__ = [
    "PAPER_ESTIMATORS",
    "Agreement",
    "Difference",
    "Interval",
    "PaperFigure",
    "RelativeCut",
    "Sweep",
    "Threshold",
    "agreement",
    "best_of_n",
    "cluster_bootstrap",
    "clustered_wilson",
    "cons_safe_at_k",
    "correct",
    "crossed_mean",
    "crossed_share",
    "exact",
    "krippendorff_alpha",
    "majority",
    "mean_interval",
    "mean_relative_cut",
    "newcombe_paired",
    "paired_bootstrap",
    "paired_difference",
    "paper_figure",
    "pass_all_k",
    "pass_at_k",
    "safe_at_1",
    "safe_at_1_bounds",
    "safe_at_k",
    "swap_test",
    "threshold_sweep",
    "weighted_vote",
    "wilson",
]
