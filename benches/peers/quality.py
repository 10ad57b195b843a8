"""What the vectors of a side are worth, against sentence-transformers in f32 on all reference papers.

Out: Markdown, and the figures in `quality.json`. Vectors are kept in the folder `vectors` under a key of all that made them, and
taken from there with `--reuse`.
"""

import hashlib
import json

import numpy as np

from report import progress, table
from sides import HERE, SIDES, Process

NEIGHBOURS = 10


def key(run, side, variant, texts):
    """Eight bytes of a hash over texts, model, and the program that makes the vectors."""
    maker = [run.relata] if side.relata else [HERE / "requirements.txt", HERE / "side.py", HERE / "prepare.py", run.calibration]
    digest = hashlib.sha256(f"{side.name} {variant} {run.threads}".encode())
    for path in [texts, run.model / "model.safetensors", *maker]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def vectors_of(run, side, choice, texts):
    """The vectors of a side at its chosen form, and its peak memory in MB while making them."""
    variant = choice.get("variant", side.variants[0])
    stem = run.work / "vectors" / f"{side.name}-{key(run, side, variant, texts)}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    path, peak = stem.with_suffix(".npy"), stem.with_suffix(".peak.json")
    if not (run.reuse and path.exists() and peak.exists()):
        with Process(side, variant, run, texts) as process:
            seconds = process.run(choice.get("batch", run.batches[-1]))
            process.save(path)
            peak.write_text(json.dumps(process.peak_memory()))
        progress(f"quality: {side.name} took {seconds:.0f} s")
    return np.load(path), json.loads(peak.read_text())


def nearest(vectors):
    """The ten nearest others of each row by cosine: rows x 10, sorted by number."""
    found = np.empty((len(vectors), NEIGHBOURS), dtype=np.int64)
    for start in range(0, len(vectors), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -np.inf
        found[start : start + 1024] = np.argpartition(-scores, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return np.sort(found, axis=1)


def kept(of_reference, of_side):
    """Share of the reference's nearest that are among the side's nearest."""
    same = (of_reference[:, :, None] == of_side[:, None, :]).any(axis=2)
    return float(same.mean())


def measure(run, sides, texts):
    """Embeds the reference papers on every side and gives the Markdown."""
    chosen = json.loads(run.trial_file.read_text()) if run.trial_file.exists() else {}
    reference_side = SIDES[0]
    reference, _ = vectors_of(run, reference_side, chosen.get(reference_side.name, {}), texts)
    of_reference = nearest(reference)
    rows = []
    # The reference itself has just been made; with `--reuse` on it is not made twice.
    for side in sides:
        again = run.reuse
        run.reuse = again or side is reference_side
        vectors, peak = vectors_of(run, side, chosen.get(side.name, {}), texts)
        run.reuse = again
        if vectors.shape != reference.shape or not np.isfinite(vectors).all():
            raise SystemExit(f"{side.name} gave {vectors.shape} with {np.isnan(vectors).sum()} that are no number")
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = np.sum(reference.astype(np.float64) * unit, axis=1)
        rows.append({
            "side": side.name, "variant": chosen.get(side.name, {}).get("variant", side.variants[0]),
            "largest_difference": float(np.abs(vectors - reference).max()), "mean_cosine": float(cosines.mean()),
            "least_cosine": float(cosines.min()), "top10_kept": kept(of_reference, nearest(unit)), "peak_mb": peak,
        })  # fmt: skip
        progress(f"quality: {rows[-1]}")
    stored = ""
    if run.reference:
        difference = np.abs(reference - np.load(run.reference).astype(np.float32)).max()
        stored = f"\nsentence-transformers against the stored reference vectors: {difference:.2e} at most.\n"
    (run.work / "quality.json").write_text(json.dumps(rows, indent=1) + "\n")
    lines = [
        [side.precision, side.title, row["variant"], f"{row['largest_difference']:.1e}", f"{row['mean_cosine']:.5f}",
         f"{row['least_cosine']:.4f}", f"{row['top10_kept'] * 100:.2f} %", f"{row['peak_mb']:.0f}"]
        for side, row in zip(sides, rows, strict=True)
    ]  # fmt: skip
    head = ["", "side", "form", "largest difference", "mean cosine", "least cosine", "top-10 kept", "peak MB"]
    return f"### Quality: {len(reference)} texts, against sentence-transformers\n\n" + table(head, lines, right=5) + stored
