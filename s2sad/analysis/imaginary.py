"""Whether a program has to do with complex numbers: they come from somewhere in it.

    1j    dtype=complex    np.fft.fft(x)    z: Complex[ndarray, "n"]    WAVE = 2j * np.pi

In such a program the values that s2sad knows nothing of (what an unknown function returns) may be
complex. In any other they are taken to be real, as unannotated parameters are.
"""

from __future__ import annotations

import ast
from typing import Any

from s2sad.analysis.types import NUMBER, SCALAR, Array, Star, Type, may_be_complex
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import Apply, Const, Define, Function, Invoke, Opaque, Ref, Verbatim, walk

_TYPES = ("complex", "complex64", "complex128", "cdouble", "csingle", "clongdouble")
_MAKERS = ("eig", "eigvals", "roots", "emath", "scimath", "hilbert", "freqz", "csd", "stft")
_REAL_FREQUENCIES = ("fftfreq", "rfftfreq")


def has_complex_numbers(
    function: Function, program: Any, seen: set[Function] | None = None
) -> bool:
    """Whether a function, or one that it calls, makes or takes complex numbers."""
    seen = set() if seen is None else seen
    if function in seen:
        return False
    seen.add(function)
    if any(may_be_complex(parameter.type) for parameter in function.params):
        return True
    for statement in statements(function.body):
        if isinstance(statement, Define | Verbatim) and _text_mentions(statement):
            return True
        for root in expressions(statement):
            for node in walk(root):
                if _is_source(node, function, program):
                    return True
                if isinstance(node, Invoke):
                    if has_complex_numbers(program.function(node.callee), program, seen):
                        return True
    return False


def _is_source(node: object, function: Function, program: Any) -> bool:
    match node:
        case Const(value):
            return isinstance(value, complex) or value in _TYPES
        case Ref(var) if function.globals.get(var.hint) is var:
            return constant_type(var.hint, function.module) is not None
        case Apply(op, ()) if node.form == "name":
            return op.rpartition(".")[2] in _TYPES or constant_type(op, function.module) is not None
        case Apply(op):
            if op.rpartition(".")[2] in _MAKERS:
                return True
            return any(rule.gives == "complex" for rule in program.rules.variants(op))
        case Opaque():
            return _text_mentions(node)
    return False


def _text_mentions(node: Any) -> bool:
    """Whether the source of what is carried through verbatim speaks of complex numbers."""
    if node.origin is None:
        return False
    text = node.origin.module.code(node.origin.node)
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return "complex" in text or "fft" in text
    return _mentions(tree)


def constant_type(path: str, module: Any, depth: int = 0) -> Type | None:
    """The type of a constant of the user's that may be complex; None for any other name."""
    local = path if "." in path else f".{path}"
    found = None if module is None else module.find_constant(local)
    if found is None and module is not None and path in module.bound.imports:
        found = module.find_constant(module.bound.imports[path])
    if found is None or found[1].value is None or depth > 20:
        return None
    home, assigned = found
    text = home.code(assigned.value).strip()
    try:
        tree = ast.parse(text, mode="eval")
        value = ast.literal_eval(text)
    except ValueError:
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        below = any(constant_type(name, home, depth + 1) is not None for name in names)
        return Array(NUMBER, Star(path)) if below or _mentions(tree) else None
    except SyntaxError:
        return None
    return Array("complex128", SCALAR, python=True) if isinstance(value, complex) else None


def _mentions(tree: ast.AST) -> bool:
    """Whether a text has an imaginary number, a complex type or a Fourier transform in it."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(complex()):
                return True
            case ast.Constant(str(name)) | ast.Name(name) if name in _TYPES:
                return True
            case ast.Attribute(_, name):
                transform = "fft" in name and name not in ("fft", *_REAL_FREQUENCIES)
                if name in _TYPES + _MAKERS or transform or _is_fft(node):
                    return True
    return False


def _is_fft(node: ast.Attribute) -> bool:
    """np.fft.fft, but not np.fft alone."""
    return node.attr == "fft" and isinstance(node.value, ast.Attribute) and node.value.attr == "fft"
