"""Rewrites of control flow that leave what is done as it is: branches turned round, loops in another form, jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.mutate.body import JUMPS, LOOPS, names, own, plain
from lmlint.mutate.edit import Edit, indent
from lmlint.pattern import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmlint.mutate.body import Body
    from lmlint.mutate.code import Code
    from lmlint.mutate.record import Records
    from lmlint.source import Node

Rewrites = "Iterator[tuple[str, list[Edit]]]"


def _ifs(code: Code, body: Body) -> Iterator[tuple[Node, str]]:
    """Yield every `if` of a function that can be rewritten, with the text of its condition."""
    for node in body.block.walk():
        if node.type == "if_statement" and plain(node) and code.text.startswith("if", node.start):
            yield node, code.slice(bare(node.field("condition")))


def _braced(code: Code, node: Node, at: Node) -> str:
    """Return a statement as a block, to stand in the place of another."""
    return code.slice(node) if node.type == "compound_statement" else code.block(at, [code.slice(node)])


def _otherwise(node: Node) -> Node | None:
    clause = node.fields.get("alternative")
    return None if clause is None or not clause.kids else clause.kids[0]


def inverted(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Turn the arms of an `if` round; without an `else`, the first one is empty."""
    for node, condition in _ifs(code, body):
        other = _otherwise(node)
        first = "{\n" + indent(code.text, node.start) + "}" if other is None else _braced(code, other, node)
        text = f"if (!({condition})) {first} else {_braced(code, node.field('consequence'), node)}"
        yield "inverted" if other is not None else "empty-arm", [Edit(node.start, node.end, text)]


def decided(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Put the condition of an `if` into a local variable first."""
    for node, condition in _ifs(code, body):
        name = code.free("decision")
        rest = code.text[node.field("condition").end : node.end]
        text = code.block(node, [f"bool {name} = {condition};", f"if ({name}){rest}"])
        yield "condition-local", [Edit(node.start, node.end, text)]


def loops(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Write a loop in another form, and its `continue` as a `goto`."""
    for loop in (node for node in body.block.walk() if node.type in LOOPS and plain(node)):
        inner, jumps = loop.field("body"), own(loop, "continue_statement")
        whole = Edit(loop.start, loop.end, "")
        if jumps and inner.type == "compound_statement":
            label = code.free("next")
            edits = [Edit(jump.start, jump.end, f"goto {label};") for jump in jumps]
            end = inner.end - 1
            yield "continue-goto", [*edits, Edit(end, end, f"{label}:\n{indent(code.text, loop.start)}\t;\n"
                                                           f"{indent(code.text, loop.start)}")]  # fmt: skip
        test = loop.fields.get("condition")
        condition = "true" if test is None else code.slice(bare(test))
        if loop.type == "for_statement" and code.text.startswith("for", loop.start) and not jumps:
            first, update = loop.fields.get("initializer"), loop.fields.get("update")
            start = "" if first is None else code.slice(first)
            head = [start if start.endswith(";") else f"{start};"] if start else []
            step = [] if update is None else [f"\t{code.slice(update)};"]
            text = code.block(loop, [*head, f"while ({condition}) {{", f"\t{code.slice(inner)}", *step, "}"])
            yield "for-while", [Edit(whole.start, whole.end, text)]
        if loop.type == "while_statement" and code.text.startswith("while", loop.start):
            text = f"for (; {condition}; )\n{indent(code.text, loop.start)}\t{code.slice(inner)}"
            yield "while-for", [Edit(whole.start, whole.end, text)]
        if loop.type == "do_statement" and not jumps:
            leave = [f"{code.slice(inner)}", f"if (!({condition}))", "\tbreak;"]
            yield "do-for", [Edit(whole.start, whole.end, f"for (;;) {code.block(loop, leave)}")]


def _rest(code: Code, block: Node, number: int) -> str:
    return code.text[block.kids[number].start : block.kids[-1].end]


def _leaves(arm: Node, jump: str) -> bool:
    """Whether an arm is a jump of this type without a value, and nothing else."""
    if arm.type == "compound_statement":
        return len(arm.kids) == 1 and _leaves(arm.kids[0], jump)
    return arm.type == jump and not arm.kids


def _last_jump(arm: Node) -> bool:
    if arm.type == "compound_statement":
        return bool(arm.kids) and _last_jump(arm.kids[-1])
    return arm.type in JUMPS


def early(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Write an early `continue` or `return` as a nested `if`, and the other way round; put an `else` after a jump."""
    blocks = [(node.field("body"), "continue") for node in body.block.walk() if node.type in LOOPS]
    if body.function.returns == "void":
        blocks.append((body.block, "return"))
    for block, word in blocks:
        if block.type == "compound_statement" and block.kids and plain(block):
            yield from _nested(code, block, word)
    for block in (node for node in body.block.walk() if node.type == "compound_statement"):
        parent = body.parent(block)
        if plain(block) and (parent is None or parent.type != "switch_statement"):
            yield from _after_jump(code, block)


def _nested(code: Code, block: Node, word: str) -> Iterator[tuple[str, list[Edit]]]:
    for number, kid in enumerate(block.kids):
        if kid.type != "if_statement" or "alternative" in kid.fields:
            continue
        condition, arm = code.slice(bare(kid.field("condition"))), kid.field("consequence")
        last = block.kids[-1]
        if _leaves(arm, f"{word}_statement") and kid is not last and not _labels(block.kids[number + 1 :]):
            text = f"if (!({condition})) {code.block(kid, [_rest(code, block, number + 1)])}"
            yield f"{word}-nested", [Edit(kid.start, last.end, text)]
        if kid is last and not _leaves(arm, f"{word}_statement"):
            margin = indent(code.text, kid.start)
            text = f"if (!({condition}))\n{margin}\t{word};\n{margin}{code.slice(arm)}"
            yield f"{word}-early", [Edit(kid.start, kid.end, text)]


def _after_jump(code: Code, block: Node) -> Iterator[tuple[str, list[Edit]]]:
    for number, kid in enumerate(block.kids[:-1]):
        if kid.type != "if_statement" or "alternative" in kid.fields or not _last_jump(kid.field("consequence")):
            continue
        if _labels(block.kids[number + 1 :]):
            continue  # jumps into a block are followed by neither judge
        rest = code.block(kid, [_rest(code, block, number + 1)])
        gap = " " if kid.field("consequence").type == "compound_statement" else f"\n{indent(code.text, kid.start)}"
        yield "else-after-jump", [Edit(kid.end, block.kids[-1].end, f"{gap}else {rest}")]


def _labels(statements: Iterable[Node]) -> bool:
    """Whether a label stands in one of some statements."""
    return any(node.type == "labeled_statement" for one in statements for node in one.walk())


def error_paths(code: Code, _records: Records, body: Body) -> Iterator[tuple[str, list[Edit]]]:
    """Leave a function through a label at its end, where it returns in the middle."""
    last = body.block.kids[-1] if body.block.kids else None
    while last is not None and last.type == "labeled_statement":
        last = last.kids[-1]
    if last is None or last.type != "return_statement" or not last.kids or not plain(body.block):
        return
    for node in body.block.walk():
        if node.type != "return_statement" or node is last or len(node.kids) != 1:
            continue
        parent = body.parent(node)
        local = [body.locals[n] for n in names(node) if n in body.locals]
        if parent is None or not all(v.parameter or body.parent(v.declaration) is body.block for v in local):
            continue
        label = code.free("fail")
        end = body.block.end - 1
        yield (
            "return-goto",
            [
                Edit(node.start, node.end, f"goto {label};"),
                Edit(end, end, f"{label}:\n\t{code.slice(node)}\n"),
            ],
        )
