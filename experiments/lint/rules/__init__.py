"""The rules, those about one thing in a file; `experiments.lint.rule` finds them."""
