"""An encoder in the packages that people have: scikit-learn, LangChain and BERTopic themselves."""

import asyncio

import numpy as np
import pytest
from bertopic import BERTopic
from bertopic.vectorizers import ClassTfidfTransformer
from conftest import TINY
from langchain_core.vectorstores import InMemoryVectorStore
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import relata
from relata import integrations

ICE = [f"Ice sheets melt in year {year}." for year in range(12)]
PROTEINS = [f"Proteins fold by method {number}." for number in range(12)]
TEXTS = ICE + PROTEINS
LABELS = [0] * 12 + [1] * 12


def test_a_pipeline_of_scikit_learn() -> None:
    pipeline = make_pipeline(relata.Encoder(TINY), LogisticRegression())
    assert pipeline.fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1.0
    again = clone(pipeline)
    assert again.get_params()["encoder__model"] == TINY
    assert again.fit(TEXTS, LABELS).predict(["Ice sheets melt in year 99."]).tolist() == [0]
    names = relata.Encoder(TINY).get_feature_names_out()
    assert names[0] == "encoder0" and len(names) == relata.Encoder(TINY).dimension


def test_parameters_are_searched_and_columns_are_chosen() -> None:
    pipeline = make_pipeline(relata.Encoder(TINY), LogisticRegression())
    search = GridSearchCV(pipeline, {"encoder__as_query": [False, True], "encoder__long": ["truncate", "window"]}, cv=2)
    search.fit(TEXTS, LABELS)
    assert set(search.best_params_) == {"encoder__as_query", "encoder__long"}
    import pandas

    frame = pandas.DataFrame({"text": TEXTS, "year": range(24)})
    columns = ColumnTransformer([("text", relata.Encoder(TINY), "text")], remainder="passthrough")
    assert columns.fit_transform(frame).shape == (24, relata.Encoder(TINY).dimension + 1)
    assert columns.get_feature_names_out()[0] == "text__encoder0"
    with pytest.raises(relata.errors.RequestError, match="no_such"):
        relata.Encoder(TINY).set_params(no_such=1)


def test_a_store_of_langchain(tiny: relata.Encoder) -> None:
    store = InMemoryVectorStore(tiny)  # type: ignore[arg-type]
    store.add_texts(TEXTS)
    found = store.similarity_search("Proteins fold by method 3.", k=1)
    assert found[0].page_content == "Proteins fold by method 3."
    rows = asyncio.run(tiny.aembed_documents(TEXTS[:2]))
    assert np.array_equal(np.array(rows, dtype=np.float32), tiny.encode(TEXTS[:2]))
    assert asyncio.run(tiny.aembed_query("ice")) == tiny.embed_query("ice")


@pytest.mark.parametrize("wrapped", [integrations.bertopic, make_pipeline])
def test_topics_of_bertopic(tiny: relata.Encoder, wrapped: object) -> None:
    model = BERTopic(
        embedding_model=wrapped(tiny),  # type: ignore[operator]
        umap_model=PCA(n_components=2, random_state=0),
        hdbscan_model=KMeans(n_clusters=2, random_state=0, n_init=3),
        vectorizer_model=CountVectorizer(stop_words="english"),
        ctfidf_model=ClassTfidfTransformer(),
    )
    topics, _ = model.fit_transform(TEXTS)
    assert topics[:12] == [topics[0]] * 12 and topics[12:] == [topics[12]] * 12 and topics[0] != topics[12]
    assert model.find_topics("ice sheets", top_n=1)[0] == [topics[0]]
