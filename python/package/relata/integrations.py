"""An encoder as packages want it that ask for a class of their own. Each function needs its package, and nothing else does.

scikit-learn and LangChain take an `Encoder` as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from relata._packages import package
from relata.encoder import Encoder


def bertopic(encoder: Encoder) -> Any:
    """For `BERTopic(embedding_model=...)`, which else takes its own default without a word."""
    base: Any = package("bertopic.backend", "relata.integrations.bertopic").BaseEmbedder

    class RelataEmbedder(base):  # type: ignore[misc]
        """Documents and words by one encoder."""

        def embed(self, documents: Sequence[str], verbose: bool = False) -> npt.NDArray[np.float32]:
            return encoder.embed(documents, progress=verbose).vectors

    return RelataEmbedder(embedding_model=encoder)


def llama_index(encoder: Encoder) -> Any:
    """For `Settings.embed_model = ...` of LlamaIndex."""
    base: Any = package("llama_index.core.base.embeddings.base", "relata.integrations.llama_index", "llama-index-core").BaseEmbedding

    class RelataEmbedding(base):  # type: ignore[misc]
        """Texts as passages and questions as queries, by one encoder."""

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return encoder.embed_documents(texts)

        def _get_query_embedding(self, query: str) -> list[float]:
            return encoder.embed_query(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return await encoder.aembed_query(query)

        async def _aget_text_embedding(self, text: str) -> list[float]:
            return (await encoder.aembed_documents([text]))[0]

    return RelataEmbedding(model_name=encoder.model, embed_batch_size=512)
