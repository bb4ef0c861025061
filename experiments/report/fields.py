"""What the manifests say that may matter and is not in the model, as a table."""

from experiments.findings.findings import Findings
from experiments.report.table import Column, Table

COLUMNS = (
    Column(
        "FIELD", "the field, the kind if nothing of it is read, or the object that is referred to and not there", "name"
    ),
    Column("TIMES", "how often it is written"),
    Column("FIRST AT", "where it is written first", "name"),
    Column("ANSWER", "what the availability is for want of it", "name"),
    Column("FOR WANT OF IT", "what Kubernetes does with it, and the model does not", "words"),
)


def table(findings: Findings) -> Table:
    """A row per field or object: by effect, the most frequent first."""
    rows = ((one.field, str(one.count), str(one.first), str(one.effect), one.sentence) for one in findings.named)
    return Table(COLUMNS, tuple(rows))
