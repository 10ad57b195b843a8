"""The nearest rows of vectors, with scikit-learn's interface, and in the same order on every machine."""

from __future__ import annotations

import inspect
import json
import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._arguments import number, whole
from relata._packages import package
from relata._written import written
from relata.errors import ArgumentError, FileError, RequestError

if TYPE_CHECKING:
    from typing_extensions import Self

_WORTH_AN_INDEX = 20_000
_UNLESS_KEPT = ("_rows", "_index")


class NearestNeighbors:
    """The rows that are nearest by cosine; equal ones stand in the order of their numbers.

    Distances are 1 less the cosine, as scikit-learn has them with `metric="cosine"`, which is the only metric here. `algorithm="brute"` compares
    every row, in `float32`. `algorithm="index"` makes an index when it is fitted, the same that a library has: it names the likely rows, and these
    are compared as all are without it, so distances are exact and at least 99.5 % of the ten nearest are found. `algorithm="auto"`, the default,
    makes one for 20,000 rows or more.

    In a pipeline it gives a sparse graph of distances (`transform`), which estimators take with `metric="precomputed"`.

    >>> import numpy as np
    >>> rows = np.eye(3, dtype=np.float32)
    >>> NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(rows[1:2], return_distance=False).tolist()
    [[1]]
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        radius: float = 1.0,
        metric: str = "cosine",
        algorithm: Literal["auto", "brute", "index"] = "auto",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.radius = radius
        self.metric = metric
        self.algorithm = algorithm

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Takes the rows that are looked through: rows x elements, of any length but 0. Raises `RequestError` for what is no such matrix."""
        self._check_parameters()
        rows = own_copy(_unit_rows(X), X)
        self._own, self._rows = rows, _relata.Rows(rows)
        self.n_samples_fit_, self.n_features_in_ = rows.shape
        indexed = self.algorithm == "index" or (self.algorithm == "auto" and len(rows) >= _WORTH_AN_INDEX)
        self._index = self._rows.index() if indexed and len(rows) else None
        return self

    def kneighbors(self, X: npt.ArrayLike | None = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        """Distances and numbers of the nearest rows, the nearest first; without `X` those of every row, itself left out.

        Both have the shape queries x `n_neighbors`, `float32` and `int64`.
        """
        k = whole("n_neighbors", self.n_neighbors if n_neighbors is None else n_neighbors)
        self._check_fitted()
        most = self.n_samples_fit_ - (X is None)
        if not 1 <= k <= most:
            raise RequestError(f"n_neighbors is {k}; it can be from 1 to {most}")
        looked = self._index or self._rows
        if X is None:
            found, scores = _without_self(*looked.nearest(self._own, k + 1))
        else:
            found, scores = looked.nearest(self._queries(X), k)
        return (np.maximum(1 - scores, 0), found) if return_distance else found

    def radius_neighbors(
        self, X: npt.ArrayLike | None = None, radius: float | None = None, return_distance: bool = True, sort_results: bool = True
    ) -> Any:
        """Distances and numbers of the rows within a distance, for each query an array of its own, the nearest first.

        Every row is compared, whatever `algorithm` says: how many rows are so near is nothing that an index could promise. Answers are always
        sorted, so `sort_results` changes nothing.
        """
        distances, found = self._within(X, radius)
        each = _ragged(found)
        return (_ragged(distances), each) if return_distance else each

    def kneighbors_graph(self, X: npt.ArrayLike | None = None, n_neighbors: int | None = None, mode: str = "connectivity") -> Any:
        """The nearest rows as a sparse matrix (scipy's CSR), queries x rows: 1 (`mode="connectivity"`) or the distance (`mode="distance"`)."""
        distances, found = self.kneighbors(X, n_neighbors)
        ends = np.arange(1, len(found) + 1) * found.shape[1]
        return self._graph(ends, found.ravel(), distances.ravel(), mode)

    def radius_neighbors_graph(
        self, X: npt.ArrayLike | None = None, radius: float | None = None, mode: str = "connectivity", sort_results: bool = True
    ) -> Any:
        """The rows within a distance as a sparse matrix, as `kneighbors_graph`."""
        distances, found = self._within(X, radius)
        ends = np.cumsum([len(rows) for rows in found], dtype=np.int64)
        return self._graph(ends, _joined(found, np.int64), _joined(distances, np.float32), mode)

    def transform(self, X: npt.ArrayLike) -> Any:
        """The distances to the `n_neighbors + 1` nearest rows as a sparse matrix, as scikit-learn's `KNeighborsTransformer` gives them.

        One more, since a row that was fitted is among its own nearest.
        """
        self._check_fitted()
        return self.kneighbors_graph(X, min(self.n_neighbors + 1, self.n_samples_fit_), mode="distance")

    def fit_transform(self, X: npt.ArrayLike, y: Any = None) -> Any:
        """`fit`, then `transform` of the same rows."""
        return self.fit(X).transform(X)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters that this was made with."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters. Another `algorithm` holds from the next `fit` on."""
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise RequestError(f"NearestNeighbors has no parameter {name}; there are {', '.join(_PARAMETERS)}")
            setattr(self, name, value)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes rows, index and parameters to a file of NumPy's form `.npz`, in which nothing is executed when it is read: whole or not at all.

        Raises `relata.errors.FileError` where it cannot be written.
        """
        self._check_fitted()
        index = b"" if self._index is None else self._index.to_bytes()
        own = self.get_params() | {"n_neighbors": whole("n_neighbors", self.n_neighbors), "radius": number("radius", self.radius)}
        parameters = np.frombuffer(json.dumps(own).encode(), np.uint8)
        with written(path) as file:
            np.savez(file, rows=self._own, index=np.frombuffer(index, np.uint8), parameters=parameters)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote. An index of another version of Relata is made anew.

        Raises `relata.errors.FileError` for a file that is not there, is none of these, or is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                rows, index, parameters = (file[name] for name in ("rows", "index", "parameters"))
                loaded = cls(**json.loads(parameters.tobytes()))
        except OSError as error:
            raise FileError(f"{os.fspath(path)} cannot be read: {error.strerror or error}") from error
        except _NO_NEIGHBOURS as error:
            raise FileError(f"{os.fspath(path)} holds no neighbours, or is damaged: only what NearestNeighbors.save wrote can be read") from error
        loaded._restore(_unit_rows(rows), index.tobytes())
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in _UNLESS_KEPT}
        if hasattr(self, "_rows"):
            state["_kept"] = b"" if self._index is None else self._index.to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = state.pop("_kept", None)
        self.__dict__.update(state)
        if kept is not None:
            self._restore(self._own, kept)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_rows")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(),
        )

    def __repr__(self) -> str:
        defaults = {name: parameter.default for name, parameter in inspect.signature(NearestNeighbors).parameters.items()}
        others = [f"{name}={value!r}" for name, value in self.get_params().items() if value != defaults[name] and name != "n_neighbors"]
        return f"NearestNeighbors({', '.join([f'n_neighbors={self.n_neighbors}', *others])})"

    def _restore(self, rows: npt.NDArray[np.float32], index: bytes) -> None:
        self._own, self._rows = rows, _relata.Rows(rows)
        self.n_samples_fit_, self.n_features_in_ = rows.shape
        self._index = (self._rows.index_of(index) or self._rows.index()) if index else None

    def _check_fitted(self) -> None:
        self._check_parameters()
        if not hasattr(self, "_rows"):
            raise RequestError("NearestNeighbors was not fitted")

    def _check_parameters(self) -> None:
        if self.metric != "cosine":
            raise RequestError(f"NearestNeighbors cannot do metric={self.metric!r}; there is cosine")
        if self.algorithm not in ("auto", "brute", "index"):
            raise RequestError(f"NearestNeighbors has no algorithm={self.algorithm!r}; there are auto, brute and index")

    def _queries(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        queries = _unit_rows(X)
        if queries.shape[1] != self.n_features_in_:
            raise RequestError(f"rows have {self.n_features_in_} elements, and these have {queries.shape[1]}")
        return queries

    def _within(self, X: npt.ArrayLike | None, radius: float | None) -> tuple[list[Any], list[Any]]:
        """Distances and rows within a radius, a pair of arrays for each query; without `X`, without the row itself."""
        self._check_fitted()
        most = number("radius", self.radius if radius is None else radius)
        if not most >= 0:
            raise RequestError(f"radius is {most}; it is 0 or more")
        ends, rows, scores = self._rows.within(self._own if X is None else self._queries(X), most)
        found, cosines = np.split(rows, ends)[:-1], np.split(scores, ends)[:-1]
        if X is None:
            others = [rows != own for own, rows in enumerate(found)]
            found = [rows[other] for rows, other in zip(found, others, strict=True)]
            cosines = [scores[other] for scores, other in zip(cosines, others, strict=True)]
        return [np.maximum(1 - scores, 0) for scores in cosines], found

    def _graph(self, ends: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], distances: npt.NDArray[np.float32], mode: str) -> Any:
        if mode not in ("connectivity", "distance"):
            raise RequestError(f"a graph has no mode={mode!r}; there are connectivity and distance")
        csr_matrix = package("scipy.sparse", "a graph", "scipy").csr_matrix
        weights = np.ones(len(rows), np.float32) if mode == "connectivity" else distances
        return csr_matrix((weights, rows.astype(np.int64), np.concatenate([[0], ends])), shape=(len(ends), self.n_samples_fit_))


_PARAMETERS = tuple(inspect.signature(NearestNeighbors).parameters)

# What NumPy, its form of files, JSON and a constructor raise of a file that `save` has not written.
_NO_NEIGHBOURS = (ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error, struct.error)


def _ragged(arrays: list[Any]) -> npt.NDArray[np.object_]:
    """An array of arrays, as scikit-learn gives those of many lengths."""
    ragged = np.empty(len(arrays), object)
    for at, array in enumerate(arrays):
        ragged[at] = array
    return ragged


def _joined(arrays: list[Any], dtype: Any) -> Any:
    return np.concatenate([np.empty(0, dtype), *arrays])


def _unit_rows(X: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """A matrix of finite rows of unit length; rows that have it already are left as they are."""
    if hasattr(X, "toarray"):
        raise ArgumentError("a dense matrix is needed, and this is a sparse one: pass its toarray()")
    try:
        # An element beyond the range becomes infinite, which is told below.
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(X, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"a matrix of numbers is needed: {error}") from None
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise RequestError(f"a matrix of rows is needed, and this has the shape {rows.shape}")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise RequestError(f"row {int(finite.argmin())} has an element that is no number, or none that float32 can hold")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if np.abs(lengths - 1).max(initial=0) < 1e-5:
        return rows
    # Squares of such elements are beyond the range of float32.
    beyond = np.flatnonzero(~((lengths > 1e-15) & (lengths < 1e15)))
    if len(beyond):
        most = np.abs(rows[beyond]).max(axis=1, keepdims=True)
        most[most == 0] = 1
        rows = rows.copy()
        rows[beyond] /= most
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    scaled: npt.NDArray[np.float32] = np.divide(rows, lengths, dtype=np.float32)
    return scaled


def own_copy(rows: npt.NDArray[np.float32], given: Any) -> npt.NDArray[np.float32]:
    """Rows that nobody else changes: a copy, where they are what was given, or a view of it, and can be written to. An array to which nobody may write
    is taken at its word."""
    own = rows is not given and rows.flags.owndata
    return rows if own or not rows.flags.writeable else rows.copy()


def _without_self(
    found: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Takes each row out of its own nearest; where as many others are as near, the last one."""
    own = found == np.arange(len(found))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(found), found.shape[1] - 1)
    return found[~own].reshape(shape), scores[~own].reshape(shape)
