"""The flags that exits made, where statements set and test them."""

from __future__ import annotations

from s2sad.ir.nodes import Assign, Branch, Break, Const, Guard, Stmt, Var


def break_flag(branch: Branch) -> Var | None:
    """The flag that says that a branch left the loop, where its first part always does."""
    if branch.then and isinstance(branch.then[-1], Break):
        before = branch.then[-2] if len(branch.then) > 1 else None
        if before is not None and is_flag(before) and isinstance(before, Assign):
            flag = before.targets[0]
            return flag if isinstance(flag, Var) else None
    return None


def is_flag(statement: Stmt) -> bool:
    """Whether a statement sets one of the flags that exits made."""
    return (
        isinstance(statement, Assign)
        and isinstance(statement.value, Const)
        and statement.value.value is True
        and isinstance(statement.targets[0], Var)
        and not statement.targets[0].user
    )


def flags_of(statement: Stmt) -> set[Var]:
    """The flags that say whether what a guard holds, or what stands behind a `break`, was run."""
    if isinstance(statement, Guard):
        return set(statement.left)
    flag = break_flag(statement) if isinstance(statement, Branch) else None
    return set() if flag is None else {flag}
