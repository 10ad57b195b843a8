"""The texts of the bench: which papers of a corpus are measured, which calibrate, and which are the reference.

A corpus is gzipped JSON lines with `id`, `title` and `abstract`. Papers on even lines (counted from zero) may be measured for speed;
papers on odd lines that are no reference papers may calibrate a quantiser. So no text is ever both, however many are asked for.
"""

import gzip
import json


def passage(paper):
    """What is embedded of a paper: title, newline, abstract, both stripped."""
    return paper["title"].strip() + "\n" + paper["abstract"].strip()


def read_corpus(path):
    """All papers of the corpus as (id, passage), in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [(paper["id"], passage(paper)) for paper in map(json.loads, lines)]


def evenly_spaced(total, count):
    """`count` distinct positions below `total` (all of them if there are fewer), the first and the last among them."""
    count = min(count, total)
    if count < 2:
        return list(range(count))
    return [place * (total - 1) // (count - 1) for place in range(count)]


def measured(corpus, count):
    """Passages to measure speed on: evenly spaced, then longest first, equal lengths in the order of the corpus."""
    even = [text for _, text in corpus[::2]]
    return sorted((even[place] for place in evenly_spaced(len(even), count)), key=len, reverse=True)


def calibration(corpus, reference_ids, count):
    """Passages for a quantiser to calibrate on, never among the measured ones nor the reference."""
    reference_ids = set(reference_ids)
    others = [text for id, text in corpus[1::2] if id not in reference_ids]
    return [others[place] for place in evenly_spaced(len(others), count)]


def reference(corpus, ids):
    """Passages of the reference papers, in the order of `ids`."""
    passages = dict(corpus)
    if missing := [id for id in ids if id not in passages]:
        raise SystemExit(f"{len(missing)} reference ids are not in the corpus, the first is {missing[0]}")
    return [passages[id] for id in ids]


def write_texts(path, texts):
    """One JSON string a line, as `side.py` and `benches/tools/throughput.rs` read them."""
    path.write_text("".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts), encoding="utf-8")


def read_texts(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
