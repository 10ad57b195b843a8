"""The nearest rows of vectors, with scikit-learn's interface: exact, and in the same order on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata.errors import RequestError

if TYPE_CHECKING:
    from typing_extensions import Self

_PARAMETERS = ("n_neighbors", "metric")


class NearestNeighbors:
    """The rows that are nearest by cosine; equal ones stand in the order of their numbers.

    Distances are 1 less the cosine, as scikit-learn has them with `metric="cosine"`, which is the only metric here. Every row is
    compared, in `float32`; there is no index.

    >>> import numpy as np
    >>> rows = np.eye(3, dtype=np.float32)
    >>> NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(rows[1:2], return_distance=False).tolist()
    [[1]]
    """

    def __init__(self, n_neighbors: int = 5, *, metric: str = "cosine") -> None:
        self.n_neighbors = n_neighbors
        self.metric = metric

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Takes the rows that are looked through."""
        if self.metric != "cosine":
            raise RequestError(f"NearestNeighbors cannot do metric={self.metric!r}; there is cosine")
        rows = _unit_rows(X)
        self._own, self._rows = rows, _relata.Rows(rows)
        self.n_samples_fit_, self.n_features_in_ = rows.shape
        return self

    def kneighbors(self, X: npt.ArrayLike | None = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        """Distances and numbers of the nearest rows, the nearest first; without `X` those of every row, itself left out."""
        if not hasattr(self, "_rows"):
            raise RequestError("NearestNeighbors was not fitted")
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        most = self.n_samples_fit_ - (X is None)
        if not 1 <= k <= most:
            raise RequestError(f"n_neighbors is {k}; it can be from 1 to {most}")
        if X is None:
            found, scores = _without_self(*self._rows.nearest(self._own, k + 1))
        else:
            queries = _unit_rows(X)
            if queries.shape[1] != self.n_features_in_:
                raise RequestError(f"rows have {self.n_features_in_} elements, and these have {queries.shape[1]}")
            found, scores = self._rows.nearest(queries, k)
        return (np.maximum(1 - scores, 0), found) if return_distance else found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters that this was made with."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters."""
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise RequestError(f"NearestNeighbors has no parameter {name}; there are {', '.join(_PARAMETERS)}")
            setattr(self, name, value)
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_rows"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_own" in state:
            self._rows = _relata.Rows(self._own)

    def __repr__(self) -> str:
        return f"NearestNeighbors(n_neighbors={self.n_neighbors})"


def _unit_rows(X: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """A matrix of finite rows of unit length; rows that have it already are left as they are."""
    rows = np.ascontiguousarray(X, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise RequestError(f"a matrix of rows is needed, and this has the shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise RequestError("a row has an element that is no number")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if np.abs(lengths - 1).max(initial=0) < 1e-5:
        return rows
    lengths[lengths == 0] = 1
    scaled: npt.NDArray[np.float32] = np.divide(rows, lengths, dtype=np.float32)
    return scaled


def _without_self(
    found: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Takes each row out of its own nearest; where as many others are as near, the last one."""
    own = found == np.arange(len(found))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(found), found.shape[1] - 1)
    return found[~own].reshape(shape), scores[~own].reshape(shape)
