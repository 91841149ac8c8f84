"""From responses to metrics: reasoning text, verdicts, judges, statistics, reports."""
