"""Operators of C: arithmetic with C's conversions, pointers, tests, assignments."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from lmlint.witness.ctype import INT, LONG, MASK, ULONG, VOID, WORD, CType, common, pointer, promoted, wrapping
from lmlint.witness.machine import Discarded, NotListed
from lmlint.witness.scope import EXPRESSIONS, Ex, Run, constant, convert, fold, in_memory, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmlint.source import Node
    from lmlint.witness.scope import Frame, Scope


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise Discarded("it divides by zero")
    result = abs(left) // abs(right)
    return result if (left < 0) == (right < 0) else -result


def _remainder(left: int, right: int) -> int:
    return left - right * _quotient(left, right)


def _shift_left(left: int, right: int) -> int:
    if not 0 <= right < 8 * WORD:
        raise Discarded("it shifts by more bits than there are")
    return left << right


def _shift_right(left: int, right: int) -> int:
    if not 0 <= right < 8 * WORD:
        raise Discarded("it shifts by more bits than there are")
    return left >> right


_PLAIN: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _quotient, "%": _remainder, "<<": _shift_left,
    ">>": _shift_right, "&": operator.and_, "|": operator.or_, "^": operator.xor, "==": operator.eq,
    "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_TESTS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_STAYS = frozenset({"&", "|", "^", ">>", "%"})
"""What two numbers of one type give is of that type again."""

_FAST: dict[str, Callable[[Run, Run], Run]] = {
    "+": lambda a, b: lambda f: (a(f) + b(f)) & MASK,
    "-": lambda a, b: lambda f: (a(f) - b(f)) & MASK,
    "&": lambda a, b: lambda f: a(f) & b(f),
    "|": lambda a, b: lambda f: a(f) | b(f),
    "^": lambda a, b: lambda f: a(f) ^ b(f),
    "==": lambda a, b: lambda f: a(f) == b(f),
    "!=": lambda a, b: lambda f: a(f) != b(f),
    "<": lambda a, b: lambda f: a(f) < b(f),
}
_FAST_CONST: dict[str, Callable[[Run, int], Run]] = {
    "+": lambda a, k: lambda f: (a(f) + k) & MASK,
    "-": lambda a, k: lambda f: (a(f) - k) & MASK,
    "&": lambda a, k: lambda f: a(f) & k,
    "|": lambda a, k: lambda f: a(f) | k,
    "==": lambda a, k: lambda f: a(f) == k,
    "!=": lambda a, k: lambda f: a(f) != k,
    "<": lambda a, k: lambda f: a(f) < k,
    ">>": lambda a, k: lambda f: a(f) >> k,
    "<<": lambda a, k: lambda f: (a(f) << k) & MASK,
}
_ANY_TYPE = frozenset({"&", "|", "^", "==", "!=", "<"})


def binary(op: str, left: Ex, right: Ex) -> Ex:
    """Return two values joined by an operator; raises NotListed where C has no such operation."""
    if left.type.kind == "func" or right.type.kind == "func":
        left, right = convert(left, ULONG), convert(right, ULONG)
    if "ptr" in {left.type.kind, right.type.kind}:
        return _pointers(op, left, right)
    if left.type.kind != "int" or right.type.kind != "int" or op not in _PLAIN:
        raise NotListed(f"`{op}` between what are no numbers is not interpreted")
    kind = promoted(left.type) if op in {"<<", ">>"} else common(left.type, right.type)
    a = convert(left, kind)
    b = right if op in {"<<", ">>"} else convert(right, kind)
    return _joined(op, a, b, INT if op in _TESTS else kind, kind)


def _joined(op: str, a: Ex, b: Ex, result: CType, kind: CType) -> Ex:
    run, other = a.run, b.run
    wide = kind.kind != "int" or (kind.size == WORD and not kind.signed)
    made: Callable[[Frame], int]
    k = b.const
    if k is not None and op in {"<<", ">>"} and not 0 <= k < 8 * kind.size:
        k = None
    if (wide or op in _ANY_TYPE or op == ">>") and k is not None and op in _FAST_CONST:
        made = _FAST_CONST[op](run, k)
    elif (wide or op in _ANY_TYPE) and op in _FAST:
        made = _FAST[op](run, other)
    else:
        plain = _PLAIN[op]
        if op in _TESTS or op in _STAYS:
            made = lambda f: plain(run(f), other(f))  # noqa: E731
        else:
            wrap = wrapping(kind)
            made = lambda f: wrap(plain(run(f), other(f)))  # noqa: E731
    value = Ex(made, result)
    return fold(value) if a.const is not None and b.const is not None else value


def _pointers(op: str, left: Ex, right: Ex) -> Ex:
    if op in _TESTS:
        return _joined(op, convert(left, ULONG), convert(right, ULONG), INT, ULONG)
    if op == "-" and left.type.kind == right.type.kind == "ptr":
        a, b, step = left.run, right.run, left.type.step
        return Ex(lambda f: _quotient(a(f) - b(f), step), LONG)
    if op == "+" and right.type.kind == "ptr":
        left, right = right, left
    if op not in {"+", "-"} or right.type.kind != "int":
        raise NotListed(f"`{op}` with a pointer is not interpreted")
    a, b, step = left.run, right.run, left.type.step
    if right.const is not None:
        move = right.const * (step if op == "+" else -step)
        return Ex(lambda f: (a(f) + move) & MASK, left.type)
    if op == "-":
        step = -step
    return Ex(lambda f: (a(f) + b(f) * step) & MASK, left.type)


def assign(scope: Scope, target: Ex, value: Callable[[Frame], int]) -> Callable[[Frame], int]:
    """Return what stores a value of the target's type where the target stands."""
    if target.slot >= 0:
        slot = target.slot

        def keep(frame: Frame) -> int:
            frame[slot] = result = value(frame)
            return result

        return keep
    if target.addr is None or not target.type.scalar:
        raise NotListed("it assigns to what is no object")
    return store(scope, target.addr, value)


def store(scope: Scope, addr: Callable[[Frame], int], value: Callable[[Frame], int]) -> Callable[[Frame], int]:
    """Return what stores a value at an address."""
    machine, memory = scope.machine, scope.machine.memory

    def keep(frame: Frame) -> int:
        address = addr(frame)
        if address not in memory:
            raise Discarded("it writes to memory that is not there")
        memory[address] = result = value(frame)
        machine.version += 1
        return result

    return keep


def binary_node(scope: Scope, node: Node) -> Ex:
    """Compile two operands with an operator between them."""
    left, op = node.field("left"), node.op
    if op in {"&&", "||"}:
        return _logic(scope, op, left, node.field("right"))
    return binary(op, scope.expr(left), scope.expr(node.field("right")))


def _logic(scope: Scope, op: str, left: Node, right: Node) -> Ex:
    a = scope.expr(left)
    if a.const is not None:
        if bool(a.const) is (op == "||"):
            return constant(int(bool(a.const)))
        b = scope.expr(right)
        run = b.run
        return Ex(lambda f: 1 if run(f) else 0, INT, None if b.const is None else int(bool(b.const)))
    one, two = a.run, scope.careful(right).run
    if op == "&&":
        return Ex(lambda f: 1 if one(f) and two(f) else 0, INT)
    return Ex(lambda f: 1 if one(f) or two(f) else 0, INT)


def _unary(scope: Scope, node: Node) -> Ex:
    value, op = scope.expr(node.field("argument")), node.op
    run = value.run
    if op == "!":
        result = Ex(lambda f: 0 if run(f) else 1, INT)
        return result if value.const is None else fold(result)
    if value.type.kind != "int":
        raise NotListed(f"`{short(node)}` is not C that the witness interprets")
    value = convert(value, promoted(value.type))
    run, wrap = value.run, wrapping(value.type)
    made = {
        "-": Ex(lambda f: wrap(-run(f)), value.type),
        "~": Ex(lambda f: wrap(~run(f)), value.type),
        "+": Ex(run, value.type),
    }.get(op)
    if made is None:
        raise NotListed(f"`{short(node)}` is not C that the witness interprets")
    return made if value.const is None else fold(made)


def _pointer(scope: Scope, node: Node) -> Ex:
    inner = node.field("argument")
    value = scope.expr(inner)
    if node.op == "*":
        return dereferenced(scope, value)
    if value.type.kind == "func":
        return value
    if value.addr is None:
        raise NotListed(f"`{short(node)}` takes the address of what is no object")
    if value.type.kind == "ptr" and value.run is value.addr:  # an array, which stands for its first element
        return value
    return Ex(value.addr, pointer(value.type))


def dereferenced(scope: Scope, value: Ex) -> Ex:
    """Return what a pointer points to; raises NotListed where it is none."""
    if value.type.kind == "func" or value.type.target.kind == "func":
        return value
    if value.type.kind != "ptr" or value.type.target == VOID:
        raise NotListed("it follows what is no pointer")
    return in_memory(scope.machine, value.run, value.type.target)


def _subscript(scope: Scope, node: Node) -> Ex:
    where = binary("+", scope.expr(node.field("argument")), scope.expr(node.field("index")))
    return dereferenced(scope, where)


def _assignment(scope: Scope, node: Node) -> Ex:
    target, value = scope.expr(node.field("left")), scope.expr(node.field("right"))
    op = node.op[:-1] if node.op != "=" else ""
    if target.type.kind == "struct" and not op:
        return _copied(scope, target, value)
    kind = target.type
    if not op:
        return Ex(assign(scope, target, convert(value, kind).run), kind)
    return _changed(scope, target, op, value, old=False)


def _copied(scope: Scope, target: Ex, value: Ex) -> Ex:
    if target.addr is None or value.addr is None or value.type != target.type:
        raise NotListed("structures are assigned only as objects of one type")
    memory, to, source, size = scope.machine.memory, target.addr, value.addr, target.type.size

    def copy(frame: Frame) -> int:
        here, there = to(frame), source(frame)
        for offset in range(size):
            if there + offset in memory:
                memory[here + offset] = memory[there + offset]
        return here

    return Ex(copy, target.type, None, -1, copy)


def _changed(scope: Scope, target: Ex, op: str, value: Ex, *, old: bool) -> Ex:
    """Return an object changed by an operator, as its old or its new value; its place is worked out once."""
    kind = target.type
    if target.slot >= 0:
        slot, made = target.slot, convert(binary(op, target, value), kind).run

        def local(frame: Frame) -> int:
            before = frame[slot]
            frame[slot] = result = made(frame)
            return before if old else result

        return Ex(local, kind)
    if target.addr is None:
        raise NotListed("it changes what is no object")
    addr, keeper = target.addr, scope.slots
    scope.slots += 1
    once = in_memory(scope.machine, lambda frame: frame[keeper], kind)
    change = store(scope, lambda frame: frame[keeper], convert(binary(op, once, value), kind).run)
    read = once.run

    def far(frame: Frame) -> int:
        frame[keeper] = addr(frame)
        before = read(frame)
        result = change(frame)
        return before if old else result

    return Ex(far, kind)


def _update(scope: Scope, node: Node) -> Ex:
    target, op = scope.expr(node.field("argument")), node.op
    prefix = node.text.lstrip("( \t\n").startswith(op) and not node.text.rstrip().endswith(op)
    return _changed(scope, target, op[0], constant(1), old=not prefix)


def _choice(scope: Scope, node: Node) -> Ex:
    test = scope.expr(node.field("condition"))
    middle = node.fields.get("consequence")
    if test.const is not None:
        chosen = test if middle is None and test.const else node.field("alternative")
        if isinstance(chosen, Ex):
            return chosen
        return scope.expr(middle if middle is not None and test.const else chosen)
    one = test if middle is None else scope.careful(middle)
    two = scope.careful(node.field("alternative"))
    if one.type.kind == two.type.kind == "int":
        kind = common(one.type, two.type)
    else:
        kind = one.type if one.type.kind == "ptr" and one.const != 0 else two.type
    run, a, b = test.run, convert(one, kind).run, convert(two, kind).run
    return Ex(lambda f: a(f) if run(f) else b(f), kind)


def _comma(scope: Scope, node: Node) -> Ex:
    first, last = scope.expr(node.field("left")), scope.expr(node.field("right"))
    one, two = first.run, last.run

    def run(frame: Frame) -> int:
        one(frame)
        return two(frame)

    return Ex(run, last.type)


EXPRESSIONS.update({
    "unary_expression": _unary, "pointer_expression": _pointer,
    "subscript_expression": _subscript, "assignment_expression": _assignment, "update_expression": _update,
    "conditional_expression": _choice, "comma_expression": _comma,
})  # fmt: skip
