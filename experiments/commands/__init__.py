"""The commands, one file each; nothing heavy is imported before one of them runs."""

from experiments.commands.advise import advise
from experiments.commands.attack import attack
from experiments.commands.backtest import backtest
from experiments.commands.bench import bench
from experiments.commands.check import check
from experiments.commands.compare import compare
from experiments.commands.completion import completion
from experiments.commands.examples import examples
from experiments.commands.explain import explain
from experiments.commands.fit import fit
from experiments.commands.import_ import import_
from experiments.commands.init import init
from experiments.commands.lint import lint
from experiments.commands.plan import plan
from experiments.commands.plot import plot
from experiments.commands.replay import replay
from experiments.commands.report import report
from experiments.commands.run import run
from experiments.commands.schema import schema
from experiments.commands.search import search
from experiments.commands.sensitivity import sensitivity
from experiments.commands.show import show
from experiments.commands.timeline import timeline
from experiments.commands.validate import validate
from experiments.commands.verify import verify
from experiments.commands.version import version
from experiments.commands.why import why

COMMANDS = (
    init,
    examples,
    validate,
    lint,
    plan,
    run,
    check,
    search,
    sensitivity,
    show,
    compare,
    why,
    advise,
    timeline,
    attack,
    plot,
    report,
    fit,
    backtest,
    explain,
    schema,
    completion,
    version,
    import_,
    verify,
    replay,
    bench,
)
"""In the order of their use."""
