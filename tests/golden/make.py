"""Makes the golden vectors: what sentence-transformers answers for the texts of texts.json.

    python make.py all-MiniLM-L6-v2=FOLDER      the real model, and texts.json
    python make.py                              the tiny models of ../models only

Each text is encoded alone (no padding, no neighbours) in float32 on one CPU thread, so the same versions on the same
kind of processor write the same bytes. A second computation (tokenizers, transformers' bare model, pooling written
out here) must agree. README.md says what the files hold.
"""

import contextlib
import hashlib
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer

from texts import TEXTS

HERE = Path(__file__).resolve().parent
DIGEST = HERE.parents[1] / "seeds" / "sample-digest-2026-02-14.md"
MODELS = HERE.parent / "models"
AGREE = 2e-6  # the largest difference allowed between the two computations, per element


def sample_passages():
    """The seven papers of the sample digest: arXiv id -> title, newline, abstract (each stripped)."""
    entry = re.compile(
        r"^### \[\d+\] \[(?P<title>[^\n]+)\]\(https://arxiv\.org/abs/(?P<id>[\d.]+)\)$.*?"
        r"^Abstract: (?P<abstract>.+?)^</details>$",
        re.MULTILINE | re.DOTALL,
    )
    found = entry.finditer(DIGEST.read_text(encoding="utf-8"))
    passages = {m["id"]: m["title"].strip() + "\n" + m["abstract"].strip() for m in found}
    assert len(passages) == 7, len(passages)
    return passages


def write_texts():
    """texts.json, with every character escaped that an editor could hide or reorder."""
    rows = []
    for name, text in (sample_passages() | TEXTS).items():
        if isinstance(text, str):
            rows.append({"name": name, "text": text})
        else:
            rows.append({"name": name, "repeat": {"unit": text[0], "times": text[1]}})
    lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
    hidden = re.compile(r"[^\x20-\x7e\n]")

    def escape(match):
        character = match[0]
        visible = character.isprintable() and not re.match(r"[\u0300-\u036f\u0590-\u06ff\u1100-\u11ff]", character)
        return character if visible else json.dumps(character)[1:-1]

    (HERE / "texts.json").write_text(f"[\n{hidden.sub(escape, lines)}\n]\n", encoding="utf-8", newline="\n")


def read_texts():
    """texts.json -> [(name, text)], repeats written out."""
    rows = json.loads((HERE / "texts.json").read_text(encoding="utf-8"))
    return [(r["name"], r["text"] if "text" in r else r["repeat"]["unit"] * r["repeat"]["times"]) for r in rows]


class ByHand:
    """The same vectors without sentence-transformers: its modules followed one by one from the files of the folder."""

    def __init__(self, folder, dtype=torch.float32):
        self.folder = folder
        settings = self.read("sentence_bert_config.json")
        # Version 6 saves the limit with the tokenizer only.
        self.limit = settings.get("max_seq_length") or self.read("tokenizer_config.json")["model_max_length"]
        self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        if settings.get("do_lower_case"):
            normalizers = tokenizers.normalizers
            self.tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), self.tokenizer.normalizer])
        without = self.read("config.json")["model_type"] in ("distilbert", "modernbert")
        pooler = {} if without else {"add_pooling_layer": False}
        self.bert = transformers.AutoModel.from_pretrained(
            folder, dtype=dtype, attn_implementation="eager", **pooler
        ).eval()
        self.dtype = dtype

    def read(self, path):
        return json.loads((self.folder / path).read_text(encoding="utf-8"))

    def total(self, text):
        """Tokens before truncation, [CLS] and [SEP] counted."""
        return len(self.tokenizer.encode(text).ids)

    def vector(self, text):
        ids = self.tokenizer.encode(text).ids
        if len(ids) > self.limit:
            ids = ids[: self.limit - 1] + ids[-1:]
        with torch.inference_mode():
            x = self.bert(input_ids=torch.tensor([ids])).last_hidden_state[0]
            for module in self.read("modules.json"):
                kind = module["type"].rsplit(".", 1)[1]
                if kind == "Pooling":
                    x = self.pool(x, self.read(f"{module['path']}/config.json"))
                elif kind == "Dense":
                    weights = load_file(self.folder / module["path"] / "model.safetensors")
                    weight, bias = (torch.from_numpy(weights[f"linear.{k}"]).to(self.dtype) for k in ("weight", "bias"))
                    x = torch.tanh(weight @ x + bias)
                elif kind == "Normalize":
                    x = x / x.norm()
                else:
                    assert kind == "Transformer", kind
        return x.numpy(), len(ids)

    @staticmethod
    def pool(x, config):
        legacy = {"pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean"}
        mode = config.get("pooling_mode") or next(m for key, m in legacy.items() if config.get(key))
        return {"mean": x.mean(0), "cls": x[0], "max": x.max(0).values, "lasttoken": x[-1]}[mode]


@contextlib.contextmanager
def readable(folder):
    """The folder, or a copy in which transformers can read config.json: its own NomicBERT follows the hub's names of the
    weights, but no key of the hub's config.json, and would take the sizes of nomic-embed-text-v1.5 whatever that says."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if "n_embd" not in config:
        yield folder
        return
    native = transformers.NomicBertConfig(
        architectures=["NomicBertModel"],
        vocab_size=config["vocab_size"],
        hidden_size=config["n_embd"],
        num_hidden_layers=config["n_layer"],
        num_attention_heads=config["n_head"],
        intermediate_size=config["n_inner"],
        max_position_embeddings=config["n_positions"],
        type_vocab_size=config["type_vocab_size"],
        layer_norm_eps=config["layer_norm_epsilon"],
        hidden_act={"swiglu": "silu"}[config["activation_function"]],
        rope_parameters={"rope_type": "default", "rope_theta": float(config["rotary_emb_base"])},
    )
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.name
        shutil.copytree(folder, copy)
        native.save_pretrained(copy)
        yield copy


def golden(name, folder):
    """Writes NAME.safetensors and prints how far the computations are apart."""
    with readable(folder) as copy:
        compare(name, copy)


def compare(name, folder):
    model = SentenceTransformer(str(folder), device="cpu")
    hand, exact = ByHand(folder), ByHand(folder, torch.float64)
    texts = read_texts()
    prompts = {key: text for key, text in (model.prompts or {}).items() if text}
    default = prompts.get(model.default_prompt_name, "")
    arrays = {"vectors": (None, default)} | {f"vectors_{key}": (key, text) for key, text in prompts.items()}

    out, apart, from_exact = {}, 0.0, 0.0
    for array, (prompt_name, prompt) in arrays.items():
        rows, tokens, cut = [], [], []
        for text_name, text in texts:
            vector = model.encode([text], batch_size=1, prompt_name=prompt_name, show_progress_bar=False)[0]
            twin, used = hand.vector(prompt + text)
            apart = max(apart, float(np.abs(vector - twin).max()))
            from_exact = max(from_exact, float(np.abs(vector - exact.vector(prompt + text)[0]).max()))
            seen = model.preprocess([prompt + text])["input_ids"].shape[1]
            assert seen == used, (text_name, seen, used)
            expected = re.match(r"tokens-(\d+)", text_name)
            if expected and not prompt and not re.search("roberta|modernbert", name) and (text.startswith("paper") or name == "all-MiniLM-L6-v2"):
                assert hand.total(text) == int(expected[1]), (text_name, hand.total(text))
            rows.append(vector)
            tokens.append(used)
            cut.append(hand.total(prompt + text) - used)
        suffix = array.removeprefix("vectors")
        out[array] = np.stack(rows).astype(np.float32)
        out["tokens" + suffix] = np.array(tokens, dtype=np.int32)
        out["cut" + suffix] = np.array(cut, dtype=np.int32)
    assert apart <= AGREE, apart
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    save_file(out, HERE / f"{name}.safetensors", metadata={"weights_sha256": weights})
    shape = "x".join(map(str, out["vectors"].shape))
    print(f"{name}: {shape}, {', '.join(sorted(out))}; by hand {apart:.1e}, float64 {from_exact:.1e} apart")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    write_texts()
    for argument in sys.argv[1:]:
        real_name, real_folder = argument.split("=", 1)
        golden(real_name, Path(real_folder))
    for tiny in sorted(MODELS.glob("tiny-*/")):
        golden(tiny.name, tiny)
