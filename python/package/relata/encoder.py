"""Texts to vectors: the engine of Relata, with the interfaces that other packages call.

`Encoder.encode` takes what callers of sentence-transformers pass. `fit` and `transform` are scikit-learn's, `embed_documents` and
`embed_query` LangChain's. What has no meaning here is refused, and not ignored.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from relata import _relata
from relata._arguments import flag, path, place_of_model, text, whole
from relata._arguments import texts as _texts
from relata._packages import package
from relata._progress import Progress
from relata.errors import Error, _refused

if TYPE_CHECKING:
    from typing_extensions import Self

Vectors = npt.NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True, eq=False, repr=False)
class Embeddings:
    """Vectors of some texts, with what became of the texts."""

    vectors: Vectors
    """Texts x dimension, rows of unit length."""
    tokens: npt.NDArray[np.uint32]
    """Tokens embedded of each text, special ones included."""
    cut: npt.NDArray[np.uint32]
    """Tokens of each text that were cut because the model takes no more."""

    def __repr__(self) -> str:
        rows, dimension = self.vectors.shape
        return f"Embeddings({rows} x {dimension}, {int(self.tokens.sum())} tokens, {int(self.cut.sum())} cut)"


class Encoder:
    """A sentence-transformer model, loaded (and fetched) when the first text comes.

    `model` is a known name or the path of a folder. `device` is "auto", "cpu", "cuda", "cuda:1" or "metal"; `precision` is "f32",
    "int8", "f16" or "bf16". `long` says what becomes of texts beyond the model's limit: "truncate" or "window". `batch_tokens` is the
    most tokens of a batch. `as_query` is what `transform` takes texts as. `unit_rows=False` leaves rows as the model's own modules
    make them. `offline` forbids every request to the network.

    >>> encoder = Encoder()
    >>> encoder.encode("Ice moves.").shape
    (384,)
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        device: str = "auto",
        precision: str = "f32",
        *,
        long: str = "truncate",
        batch_tokens: int | None = None,
        as_query: bool = False,
        unit_rows: bool = True,
        offline: bool = False,
    ) -> None:
        self.model = place_of_model(model)
        self.device = device
        self.precision = precision
        self.long = long
        self.batch_tokens = batch_tokens
        self.as_query = as_query
        self.unit_rows = unit_rows
        self.offline = offline
        self._made: tuple[dict[str, Any], _relata.Encoder] | None = None
        self._engine()

    def _engine(self) -> _relata.Encoder:
        """The engine of the parameters as they are now."""
        options = {
            "model": path("model", self.model),
            "device": text("device", self.device),
            "precision": text("precision", self.precision),
            "long": text("long", self.long),
            "token_budget": _budget(self.batch_tokens),
            "unit_rows": flag("unit_rows", self.unit_rows),
            "offline": flag("offline", self.offline),
        }
        flag("as_query", self.as_query)
        if self._made is None or self._made[0] != options:
            self._made = (options, _relata.Encoder(options))
        return self._made[1]

    # Vectors.

    def embed(
        self,
        texts: Iterable[str],
        *,
        batch_tokens: int | None = None,
        as_query: bool = False,
        progress: bool = False,
    ) -> Embeddings:
        """Embeds texts, and tells how many tokens each has and how many were cut.

        >>> embedded = Encoder().embed(["Ice moves.", "ice " * 300])
        >>> embedded.tokens.tolist(), embedded.cut.tolist()
        ([5, 256], [0, 46])
        """
        listed = _texts(texts)
        with Progress(progress, len(listed), "embedding") as bar:
            engine, budget = self._engine(), _budget(batch_tokens)
            return Embeddings(*engine.encode(listed, flag("as_query", as_query), budget, bar.callback))

    def encode(
        self,
        texts: str | Iterable[str],
        *,
        batch_tokens: int | None = None,
        as_query: bool | None = None,
        progress: bool | None = None,
        show_progress_bar: bool | None = None,
        batch_size: int | None = None,
        normalize_embeddings: bool | None = None,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        output_value: str | None = "sentence_embedding",
        precision: str = "float32",
        prompt_name: str | None = None,
        prompt: str | None = None,
        device: str | None = None,
        truncate_dim: int | None = None,
    ) -> Vectors:
        """Embeds texts: an array of `float32`, one row a text, or one row alone for a text alone; with `convert_to_tensor` a tensor.

        Further arguments are those that callers of `SentenceTransformer.encode` pass. `batch_size` is taken and has no effect: texts
        are batched by their tokens, and vectors do not depend on batches. What would give other numbers than were asked for raises
        `relata.errors.RequestError`.
        """
        _refuse(output_value not in (None, "sentence_embedding"), f"output_value={output_value!r}; there are vectors of whole texts only")
        _refuse(precision != "float32", f"precision={precision!r} of encode; vectors are float32. Encoder(precision=...) says what computes")
        _refuse(prompt is not None, "prompt; put it before your texts, or say as_query=True for the model's own")
        _refuse(truncate_dim is not None, "truncate_dim; vectors are whole")
        _refuse(device not in (None, self.device), f"device={device!r}; this encoder was made for {self.device!r}")
        _refuse(not convert_to_numpy and not convert_to_tensor, "convert_to_numpy=False; vectors are a NumPy array")
        _refuse(batch_size is not None and whole("batch_size", batch_size) < 1, f"batch_size={batch_size}")
        query = _role(prompt_name, self.as_query if as_query is None else as_query)
        if normalize_embeddings is False and self.unit_rows:
            _refuse(
                not self._engine().normalises,
                "normalize_embeddings=False with a model that does not normalise itself; Encoder(unit_rows=False) gives its own rows",
            )
        shown = bool(progress if progress is not None else show_progress_bar)
        alone = isinstance(texts, str)
        listed = [texts] if isinstance(texts, str) else texts
        vectors = self.embed(listed, batch_tokens=batch_tokens, as_query=query, progress=shown).vectors
        if normalize_embeddings and not self.unit_rows:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        answer: Vectors = vectors[0] if alone else vectors
        if convert_to_tensor:
            tensor: Any = package("torch", "convert_to_tensor").from_numpy(answer)
            return tensor  # type: ignore[no-any-return]
        return answer

    def encode_query(self, texts: str | Iterable[str], **arguments: Any) -> Vectors:
        """As `encode`, of what somebody looks for."""
        return self.encode(texts, **{**arguments, "as_query": True})

    def encode_document(self, texts: str | Iterable[str], **arguments: Any) -> Vectors:
        """As `encode`, of what is to be found."""
        return self.encode(texts, **{**arguments, "as_query": False})

    def count_tokens(self, texts: Iterable[str], *, as_query: bool = False) -> npt.NDArray[np.uint32]:
        """Tokens of each text that would be embedded, special ones included, without embedding it."""
        return self._engine().count_tokens(_texts(texts), flag("as_query", as_query))

    @property
    def name(self) -> str:
        """The model's name: that of its manifest, or of its folder."""
        return self._engine().name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._engine().dimension

    @property
    def max_seq_length(self) -> int:
        """Tokens of a text that the model sees, as sentence-transformers calls it."""
        return self._engine().token_limit

    @property
    def fingerprint(self) -> str:
        """The SHA-256 over all that decides a vector: vectors of one fingerprint can be compared."""
        return self._engine().fingerprint

    def get_sentence_embedding_dimension(self) -> int:
        """Length of a vector, as sentence-transformers calls it."""
        return self.dimension

    get_embedding_dimension = get_sentence_embedding_dimension

    # scikit-learn.

    def fit(self, X: Any, y: Any = None) -> Self:
        """Nothing is learned from texts."""
        return self

    def transform(self, X: Iterable[str]) -> Vectors:
        """The vectors of texts."""
        return self.embed(X, as_query=self.as_query).vectors

    def fit_transform(self, X: Iterable[str], y: Any = None) -> Vectors:
        """The vectors of texts."""
        return self.transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Names of the columns: encoder0, encoder1, ..."""
        return np.array([f"encoder{at}" for at in range(self.dimension)], dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters that this was made with."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters: all of them, or none where one cannot be."""
        for name in params:
            _refuse(name not in _PARAMETERS, f"the parameter {name}; there are {', '.join(_PARAMETERS)}")
        before = self.get_params()
        self.__dict__.update(params)
        try:
            self._engine()
        except Error:
            self.__dict__.update(before)
            raise
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
            requires_fit=False,
        )

    # LangChain.

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of what is to be found, as lists."""
        rows: list[list[float]] = self.embed(texts).vectors.tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The vector of what somebody looks for, as a list."""
        row: list[float] = self.embed([text], as_query=True).vectors[0].tolist()
        return row

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """As `embed_documents`, beside other tasks."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """As `embed_query`, beside other tasks."""
        return await asyncio.to_thread(self.embed_query, text)

    # Objects.

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": None}

    def __repr__(self) -> str:
        defaults = {name: parameter.default for name, parameter in inspect.signature(Encoder).parameters.items()}
        others = [f"{name}={value!r}" for name, value in self.get_params().items() if value != defaults[name]]
        return f"Encoder({', '.join(others)})"


_PARAMETERS = tuple(inspect.signature(Encoder).parameters)


def _budget(batch_tokens: int | None) -> int | None:
    if batch_tokens is None:
        return None
    budget = whole("batch_tokens", batch_tokens)
    _refuse(budget < 1, f"batch_tokens={batch_tokens}")
    return budget


def _role(prompt_name: str | None, as_query: bool) -> bool:
    if prompt_name is None:
        return as_query
    _refuse(prompt_name not in _QUERY_PROMPTS + _PASSAGE_PROMPTS, f"prompt_name={prompt_name!r}; known are query and document")
    return prompt_name in _QUERY_PROMPTS


def _refuse(refused: bool, what: str) -> None:
    if refused:
        raise _refused(f"Encoder cannot do {what}")
