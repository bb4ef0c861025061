"""Transitions: who is told of what."""

from simulator.kernel import Kernel
from simulator.log import Kind
from simulator.state.transitions import Transitions


class Owner:
    pass


class Heir(Owner):
    pass


def test_who_follows_pods_of_one_kind_of_owner_hears_of_no_others() -> None:
    transitions, heard = Transitions(Kernel(0.0, 1.0), None), []
    transitions.listen(Kind.POD_READY, lambda pod, new, cause: heard.append(("all", pod)))
    transitions.listen(Kind.POD_READY, lambda pod, new, cause: heard.append(("owned", pod)), Owner)
    transitions.listen(Kind.POD_READY, lambda pod, new, cause: heard.append(("orphans", pod)), type(None))
    for name, owner in (("a", Owner()), ("b", Heir()), ("c", None), ("d", 7)):
        transitions.emit(Kind.POD_READY, name, 0, 0, 1, 0, type(owner))
    assert heard == [
        ("all", "a"),
        ("owned", "a"),
        ("all", "b"),
        ("owned", "b"),
        ("all", "c"),
        ("orphans", "c"),
        ("all", "d"),
    ]


def test_who_begins_to_listen_later_hears_after_the_others() -> None:
    transitions, heard = Transitions(Kernel(0.0, 1.0), None), []
    transitions.listen(Kind.POD_READY, lambda pod, new, cause: heard.append("first"), Owner)
    transitions.emit(Kind.POD_READY, "a", 0, 0, 1, 0, Owner)
    transitions.listen(Kind.POD_READY, lambda pod, new, cause: heard.append("second"))
    transitions.emit(Kind.POD_READY, "a", 0, 0, 1, 0, Owner)
    assert heard == ["first", "first", "second"]
