"""Annotations, read from the source as types. Nothing is imported or evaluated for them.

    x: float                                          Array("float64", Shape(()), python=True)
    x: NDArray[np.float32]                            Array("float32", Star("x"))
    x: np.ndarray[tuple[int, int], np.dtype[np.float64]]
                                                      Array("float64", Shape(("?x.0", "?x.1")))
    x: Float[ndarray, "n m-1 3"]                      Array("float64", Shape(("n", "m-1", 3)))
    x: Float[ndarray, "*batch n"]                     Array("float64", Star("*batch n"))
    x: list[Layer]                                    ListOf(Struct("Layer", ...))
    x                                                 Array("unknown", Star("x"))
    x: whatever_else()                                Unknown("x")

A symbol of a jaxtyping annotation is one size in the whole function. The symbols of a field belong
to the object that holds it: `n` in a field of parameter `p` is `p.n`; where `p` is a list of such
objects, which may differ, it is the anonymous `?p[].n`.
"""

from __future__ import annotations

import re

import libcst as cst

from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
    SCALAR,
    AnyShape,
    Array,
    DictOf,
    Dim,
    Inert,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Type,
    Unknown,
)
from s2sad.errors import S2SADError
from s2sad.source.classes import ClassInfo
from s2sad.source.dims import parse_dims
from s2sad.source.module import SourceModule

_COMPLEX = Array("complex128", SCALAR, python=True)

_SIMPLE: dict[str, Type] = {
    "builtins.float": FLOAT,
    "builtins.int": INT,
    "builtins.bool": BOOL,
    "builtins.complex": _COMPLEX,
    "builtins.str": Inert("str"),
    "builtins.bytes": Inert("bytes"),
    "builtins.type": Inert("type"),
    "builtins.range": ListOf(INT),
    "typing.Type": Inert("type"),
    "typing.Text": Inert("str"),
    "typing.LiteralString": Inert("str"),
    "typing.Callable": Inert("Callable"),
    "typing.SupportsIndex": INT,
    "typing.SupportsFloat": FLOAT,
    "numbers.Integral": INT,
    "numpy.dtype": Inert("dtype"),
    "numpy.random.Generator": Inert("Generator"),
    "numpy.random.RandomState": Inert("RandomState"),
    "numpy.typing.DTypeLike": Inert("dtype"),
    "pathlib.Path": Inert("Path"),
    "logging.Logger": Inert("Logger"),
    "types.ModuleType": Inert("module"),
    "jaxtyping.Scalar": Array("unknown", SCALAR),
    "jaxtyping.ScalarLike": Array("unknown", SCALAR),
}

_LISTS = frozenset("list List Sequence MutableSequence deque Deque UserList".split())
_DICTS = frozenset("dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict".split())
_WRAPPERS = frozenset("Annotated ClassVar Final Required NotRequired ReadOnly InitVar".split())
_ARRAYS = ("numpy.ndarray", "numpy.typing.NDArray", "jaxtyping.Array", "jax.Array")
_GENERIC = ("typing", "typing_extensions", "builtins", "collections", "collections.abc")

# NumPy's scalar types whose name is not that of their dtype; what is not listed here is its own.
_DTYPES = {
    "double": "float64",
    "float_": "float64",
    "floating": "float64",
    "float": "float64",
    "single": "float32",
    "half": "float16",
    "int_": "int64",
    "intp": "int64",
    "int": "int64",
    "integer": "int64",
    "signedinteger": "int64",
    "bool_": "bool",
    "complex": "complex128",
    "complexfloating": "complex128",
    "cdouble": "complex128",
    "csingle": "complex64",
}
_KNOWN = frozenset(
    "float16 float32 float64 longdouble int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool"
    " complex64 complex128".split()
)
_JAXTYPING = {name.capitalize(): name for name in _KNOWN - {"longdouble"}}
_JAXTYPING |= {name.replace("Uint", "UInt"): dtype for name, dtype in _JAXTYPING.items()}
_JAXTYPING |= {"Float": "float64", "Int": "int64", "Integer": "int64", "UInt": "uint64"}
_JAXTYPING |= {"Complex": "complex128"}
_JAXTYPING |= dict.fromkeys(("Num", "Real", "Inexact", "Shaped", "BFloat16"), "unknown")


def read_annotation(
    node: cst.BaseExpression | None, module: SourceModule, name: str, scope: str = ""
) -> Type:
    """The type that an annotation gives to the parameter `name`.

    Args:
        node: the annotation; None stands for an unannotated parameter, which is real.
        module: where it stands.
        name: the parameter, after which unknown shapes are named.
        scope: put before every name (`scope.n`), where those of two functions would meet.

    Raises:
        S2SADError: S2S008, a jaxtyping shape that does not follow its grammar.
    """
    name = f"{scope}.{name}" if scope else name
    if node is None:
        return Array("unknown", Star(name))
    return _Reader(module, scope).read(node, name)


def may_be_none(node: cst.BaseExpression | None, module: SourceModule) -> bool:
    """Whether an annotation names None beside other types: `X | None`, `Optional[X]`."""
    if node is None:
        return False
    return _Reader(module).allows_none(node)


class _Reader:
    """Reads the annotations of one module.

    `at` is where an error points: inside quotes, the quoted annotation. `inside` are the classes
    and aliases that are being read, so that one that contains itself ends.
    """

    def __init__(
        self,
        module: SourceModule,
        scope: str = "",
        at: cst.CSTNode | None = None,
        inside: tuple[object, ...] = (),
    ) -> None:
        self.module = module
        self.scope = scope
        self.at = at
        self.inside = inside

    def read(self, node: cst.BaseExpression, name: str) -> Type:
        """The type of a value that is called `name`."""
        match node:
            case cst.SimpleString() | cst.ConcatenatedString():
                return self.quoted(node, name)
            case cst.BinaryOperation(operator=cst.BitOr()):
                return self.union(node, name)
            case cst.Name(value="None"):
                return Inert("None")
            case cst.Subscript():
                return self.subscript(node, name)
            case cst.Name() | cst.Attribute():
                return self.path(node, name)
        return Unknown(name)

    def quoted(self, node: cst.SimpleString | cst.ConcatenatedString, name: str) -> Type:
        inner = _parsed(node)
        if inner is None:
            return Unknown(name)
        return _Reader(self.module, self.scope, self.at or node, self.inside).read(inner, name)

    def followed(self, module: SourceModule, key: object, scope: str | None = None) -> _Reader:
        """A reader for what another name stands for."""
        scope = self.scope if scope is None else scope
        at = self.at if module is self.module else None
        return _Reader(module, scope, at, (*self.inside, key))

    # ------------------------------------------------------------ names

    def dotted(self, node: cst.BaseExpression) -> str:
        """The dotted path of a type, `typing.List` for every place that it can come from."""
        path = self.module.qualified(node)
        if path is None:
            known = isinstance(node, cst.Name) and self._is_alias(node.value)
            return f".{node.value}" if known and isinstance(node, cst.Name) else ""
        home, _, name = path.rpartition(".")
        if home in _GENERIC and path not in _SIMPLE:
            return f"typing.{name}"
        return path

    def _is_alias(self, name: str) -> bool:
        bound = self.module.bound
        return name not in bound.rebound and (name in bound.constants or name in bound.aliases)

    def path(self, node: cst.BaseExpression, name: str) -> Type:
        """A type without parameters."""
        path = self.dotted(node)
        home, _, last = path.rpartition(".")
        if path in _SIMPLE:
            return _SIMPLE[path]
        if path in _ARRAYS:
            return Array("unknown", Star(name))
        if home == "numpy":
            dtype = self.dtype(node)
            number = dtype != "unknown" or last in ("number", "inexact", "generic")
            return Array(dtype, SCALAR) if number else Unknown(name)
        if home == "typing":
            if last in _LISTS:
                return ListOf(Unknown())
            if last in ("tuple", "Tuple"):
                return ListOf(Unknown(), "tuple")
            return DictOf((), Unknown()) if last in _DICTS else Unknown(name)
        cls = self.module.find_class(path) if path else None
        if cls is not None:
            return self.struct(cls[1], name)
        alias = self.alias(path)
        return Unknown(name) if alias is None else alias[0].read(alias[1], name)

    def alias(self, path: str) -> tuple[_Reader, cst.BaseExpression] | None:
        """What an alias stands for, with the reader for it: `Vec = NDArray[np.float64]`, `type
        Vec = ...`, `Metres = NewType("Metres", float)`."""
        found = self.module.find_alias(path) if path else None
        if found is None or found[1] in self.inside:
            return None
        module, value = found
        reader = self.followed(module, value)
        if isinstance(value, cst.Call):
            if module.qualified(value.func) != "typing.NewType" or len(value.args) != 2:
                return None
            value = value.args[1].value
        return reader, value

    def struct(self, cls: ClassInfo, name: str) -> Type:
        """A class of the user's: an object with fields, or one whose inside is not looked into."""
        if cls.kind == "plain":
            builtin = {"builtins.dict", "builtins.list", "builtins.tuple", "numpy.ndarray"}
            return Unknown(name) if builtin & set(cls.bases) else Inert(cls.name, changes=True)
        if cls in self.inside:
            return Unknown(name)
        fields: list[tuple[str, Type]] = []
        scope = f"?{name}" if "[]" in name else name
        for field in cls.fields:
            held = f"{name}.{field.name}"
            reader = self.followed(field.module, cls, scope=scope)
            noted = field.annotation
            fields.append((field.name, reader.read(noted, held) if noted else Unknown(held)))
        if cls.kind == "TypedDict":
            return DictOf(tuple(fields))
        return Struct(cls.name, tuple(fields), cls.kind)

    # ------------------------------------------------------------ types with parameters

    def subscript(self, node: cst.Subscript, name: str) -> Type:
        """A type with parameters: list[X], Float[ndarray, "n"], X[...]."""
        path = self.dotted(node.value)
        home, _, last = path.rpartition(".")
        items = _items(node)
        if home == "jaxtyping" and last in _JAXTYPING:
            return self.jaxtyping(_JAXTYPING[last], items, name)
        if path == "numpy.typing.NDArray":
            return Array(self.dtype(items[0]), Star(name))
        if path == "numpy.ndarray":
            dtype = self.dtype(items[1]) if len(items) == 2 else "unknown"
            return Array(dtype, self.tuple_shape(items[0], name))
        if last in _WRAPPERS and home in ("typing", "dataclasses"):
            return self.read(items[0], name)
        if home == "typing":
            return self.generic(last, node, items, name)
        return self.path(node.value, name)

    def generic(
        self, last: str, node: cst.Subscript, items: list[cst.BaseExpression], name: str
    ) -> Type:
        """The standard library's generic types."""
        if last in ("Optional", "Union"):
            return self.union(node, name)
        if last == "Literal":
            return _literal(items, name)
        if last in _LISTS:
            return ListOf(self.read(items[0], f"{name}[]"))
        if last in _DICTS and len(items) == 2:
            return DictOf((), self.read(items[1], f"{name}[]"))
        if last in ("tuple", "Tuple"):
            if len(items) == 2 and isinstance(items[1], cst.Ellipsis):
                return ListOf(self.read(items[0], f"{name}[]"), "tuple")
            if len(items) == 1 and isinstance(items[0], cst.Tuple):
                items = []
            kinds = [self.read(item, f"{name}[{i}]") for i, item in enumerate(items)]
            return TupleOf(tuple(kinds))
        return self.path(node.value, name)

    def members(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        """The alternatives of a union as it is written; one for anything else."""
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return [*self.members(node.left), *self.members(node.right)]
        if isinstance(node, cst.Subscript):
            path = self.dotted(node.value)
            if path in ("typing.Optional", "typing.Union"):
                found = [part for item in _items(node) for part in self.members(item)]
                return [*found, _NONE] if path == "typing.Optional" else found
        return [node]

    def allows_none(self, node: cst.BaseExpression) -> bool:
        """Whether None is one of the alternatives, also behind quotes, wrappers and aliases."""
        members = self.members(node)
        if len(members) > 1:
            return any(self.allows_none(member) for member in members)
        match members[0]:
            case cst.SimpleString() | cst.ConcatenatedString() as text:
                inner = _parsed(text)
                return inner is not None and self.allows_none(inner)
            case cst.Subscript() as wrapped:
                known = self.dotted(wrapped.value).rpartition(".")[2] in _WRAPPERS
                return known and self.allows_none(_items(wrapped)[0])
            case cst.Name() | cst.Attribute() as name:
                alias = self.alias(self.dotted(name))
                return _is_none(name) or (alias is not None and alias[0].allows_none(alias[1]))
        return False

    def union(self, node: cst.BaseExpression, name: str) -> Type:
        """One type for all alternatives but None."""
        members = [member for member in self.members(node) if not _is_none(member)]
        kinds = [self.read(member, name) for member in members]
        if not kinds:
            return Inert("None")
        if all(kind == kinds[0] for kind in kinds):
            return kinds[0]
        arrays = [kind for kind in kinds if isinstance(kind, Array)]
        if len(arrays) == len(kinds):
            return _joined(arrays, name)
        if all(isinstance(kind, Inert) for kind in kinds):
            return Inert(" | ".join(kind.what for kind in kinds if isinstance(kind, Inert)))
        return Unknown(name)

    def dtype(self, node: cst.BaseExpression) -> str:
        """The dtype that a type names: np.float64, np.dtype[np.float64], np.floating[Any]."""
        members = self.members(node)
        if len(members) > 1:
            dtypes = {self.dtype(member) for member in members}
            return dtypes.pop() if len(dtypes) == 1 else "unknown"
        node = members[0]
        if isinstance(node, cst.Subscript):
            dtype = self.dotted(node.value) == "numpy.dtype"
            return self.dtype(_items(node)[0] if dtype else node.value)
        path = self.dotted(node)
        home, _, last = path.rpartition(".")
        if home not in ("numpy", "builtins"):
            alias = self.alias(path)
            return "unknown" if alias is None else alias[0].dtype(alias[1])
        last = _DTYPES.get(last, last)
        return last if last in _KNOWN else "unknown"

    # ------------------------------------------------------------ shapes

    def tuple_shape(self, node: cst.BaseExpression, name: str) -> AnyShape:
        """The shape in `np.ndarray[tuple[int, int], ...]`."""
        if not isinstance(node, cst.Subscript):
            return Star(name)
        items = _items(node)
        if self.dotted(node.value) not in ("typing.tuple", "typing.Tuple") or any(
            isinstance(item, cst.Ellipsis | cst.StarredElement) for item in items
        ):
            return Star(name)
        if len(items) == 1 and isinstance(items[0], cst.Tuple):
            return SCALAR
        return Shape(tuple(self._size(item, f"?{name}.{i}") for i, item in enumerate(items)))

    def _size(self, item: cst.BaseExpression, anonymous: str) -> Dim:
        if isinstance(item, cst.Subscript) and self.dotted(item.value) == "typing.Literal":
            literal = _items(item)[0]
            if isinstance(literal, cst.Integer):
                return literal.evaluated_value
        return anonymous

    def jaxtyping(self, dtype: str, items: list[cst.BaseExpression], name: str) -> Type:
        """Float[ndarray, "n m"]."""
        text = self.string(items[1]) if len(items) == 2 else None
        inner = self.read(items[0], name)
        if text is None:
            return Array(dtype, Star(name))
        try:
            shape = parse_dims(text, name, self.renamed)
        except ValueError as fault:
            raise self.malformed(items[1], text, str(fault)) from None
        if isinstance(items[0], cst.Subscript) and isinstance(inner, Array):
            if not (isinstance(shape, Shape) and isinstance(inner.shape, Shape)):
                return Array(dtype, Star(name))
            shape = Shape((*shape.dims, *inner.shape.dims))
        python = isinstance(inner, Array) and inner.python and shape == SCALAR
        return Array(dtype, shape, python)

    def string(self, node: cst.BaseExpression) -> str | None:
        """The text of a string, or of a constant that is one."""
        if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
            value = node.evaluated_value
            return value if isinstance(value, str) else None
        alias = self.alias(self.dotted(node)) if isinstance(node, cst.Name) else None
        return None if alias is None else alias[0].string(alias[1])

    def renamed(self, text: str) -> str:
        """A symbol or an expression of symbols, in the scope."""
        if not self.scope:
            return text
        scoped = re.sub(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\()", rf"{self.scope}.\g<0>", text)
        return f"?{scoped}" if "?" in scoped[1:] else scoped

    def malformed(self, node: cst.CSTNode, text: str, fault: str) -> S2SADError:
        """The refusal of a shape that does not follow the grammar."""
        location = self.module.location(self.at or node)
        return S2SADError("S2S008", f'"{text}" is not a shape: {fault}', location, _DIMS_ADVICE)


_DIMS_ADVICE = 'Write the sizes with spaces between them, as jaxtyping does: "batch n-1 3".'


# ---------------------------------------------------------------- small readers


def _items(node: cst.Subscript) -> list[cst.BaseExpression]:
    """The expressions between the brackets."""
    found = [element.slice for element in node.slice]
    return [part.value for part in found if isinstance(part, cst.Index)] or [cst.Ellipsis()]


def _parsed(node: cst.SimpleString | cst.ConcatenatedString) -> cst.BaseExpression | None:
    """The annotation inside quotes; None when it is no expression."""
    value = node.evaluated_value
    if not isinstance(value, str):
        return None
    try:
        return cst.parse_expression(value.strip())
    except cst.ParserSyntaxError:
        return None


_NONE = cst.Name("None")


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _literal(items: list[cst.BaseExpression], name: str) -> Type:
    """Literal["a", "b"] is a string, Literal[1, 2] an int."""
    if all(isinstance(item, cst.Integer) for item in items):
        return INT
    if all(isinstance(item, cst.Name) and item.value in ("True", "False") for item in items):
        return BOOL
    if all(isinstance(item, cst.SimpleString) or _is_none(item) for item in items):
        return Inert("str")
    return Unknown(name)


def _joined(arrays: list[Array], name: str) -> Array:
    """What is known of a value that may be any of these."""
    dtypes = {array.dtype for array in arrays}
    python = all(array.python for array in arrays)
    shape = arrays[0].shape
    if any(array.shape != shape for array in arrays):
        shape = Star(name)
    if python:  # int | float is a float
        dtypes = {max(dtypes, key=["bool", "int64", "float64", "complex128"].index)}
    return Array(dtypes.pop() if len(dtypes) == 1 else "unknown", shape, python)
