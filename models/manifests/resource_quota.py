"""ResourceQuotas."""

from decimal import Decimal

from models.labels import Operator
from models.manifests.container import amount
from models.manifests.conversion import Admission, converts
from models.manifests.manifest import Field
from models.quota import OBJECTS, ResourceQuota, Scope, ScopeRequirement, is_of_pods
from models.units import parse_amount, parse_cpu, parse_quantity

_CPU = ("cpu", "requests.cpu", "limits.cpu")
_COUNTS = ("pods", OBJECTS)
_OPPOSITES = ((Scope.TERMINATING, Scope.NOT_TERMINATING), (Scope.BEST_EFFORT, Scope.NOT_BEST_EFFORT))
_OPERATORS = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)


@converts("ResourceQuota")
def resource_quota(field: Field, admission: Admission) -> ResourceQuota:
    """A ResourceQuota: pods beyond it are refused. What it says of objects that are no pods is not read."""
    spec = field["spec"]
    hard = {name: _hard(spec["hard"][name], name) for name, _ in spec["hard"].checked.entries() if is_of_pods(name)}
    _check_scopes(spec["scopes"])
    scopes = [ScopeRequirement(Scope(scope.choice(Scope.TERMINATING, Scope))) for scope in spec["scopes"]]
    scopes += [_requirement(item) for item in spec["scopeSelector"]["matchExpressions"]]
    return ResourceQuota(field.manifest.name, hard, field.manifest.namespace, tuple(scopes))


def _hard(field: Field, name: str) -> int:
    if name in _COUNTS and field.checked.parsed(parse_quantity, Decimal(0)) % 1:
        field.problem(f"must be an integer (got {field.value})")
    return amount(field, parse_cpu if name in _CPU else parse_amount)


def _check_scopes(scopes: Field) -> None:
    """No pod is of both (pkg/apis/core/validation, validateResourceQuotaScopes)."""
    written = scopes.checked.texts()
    for pair in _OPPOSITES:
        if all(scope in written for scope in pair):
            scopes.problem(f"conflicting scopes: {' and '.join(pair)}")


def _requirement(field: Field) -> ScopeRequirement:
    """Values are for priority classes only (pkg/apis/core/validation, validateScopedResourceSelectorRequirement)."""
    scope = Scope(field["scopeName"].required().choice(Scope.TERMINATING, Scope))
    operator = Operator(field["operator"].required().choice(Operator.EXISTS, _OPERATORS))
    values = field["values"].texts()
    if scope is not Scope.PRIORITY_CLASS and operator is not Operator.EXISTS:
        field["operator"].problem(f"must be 'Exists' for scope {scope} (got {operator})")
    if operator in (Operator.IN, Operator.NOT_IN) and not values:
        field["values"].problem("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
    return ScopeRequirement(scope, operator, values)
