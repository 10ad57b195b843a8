"""Makes the tiny random-weight models of this folder; README.md says what they are for.

    python make.py        (versions: ../golden/requirements.txt)

All share one vocabulary, one tokenizer and one BERT with the same seeded weights, so that whatever differs between
their vectors comes from what follows the BERT. The spread of the weights (0.3), and biases and LayerNorm weights away
from 0 and 1, make every tensor that is used count in the output.
"""

import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "golden"))
from texts import TEXTS  # noqa: E402

HIDDEN, VOCABULARY, LIMIT, SPREAD = 32, 384, 48, 0.3
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary():
    """384 word pieces: specials, ASCII, letters as continuations, Chinese and Japanese characters, word ends, words."""
    texts = [text if isinstance(text, str) else text[0] for text in TEXTS.values()]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = SPECIALS + [chr(c) for c in range(33, 127) if not chr(c).isupper()] + [f"##{c}" for c in letters]
    pieces += ["ing", "##ing", "##ed", "##s", "##tion", "##er", "##al", "##ly", "##ment", "##ic", "##ä", "##é", "é", "α"]

    def most_frequent(pattern, count):
        found = Counter(match for text in texts for match in re.findall(pattern, text.lower()))
        return [piece for piece, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:count]]

    pieces += most_frequent(r"[\u4e00-\u9fff]", 60)
    pieces += most_frequent(r"[\u3041-\u3096]", 20)
    pieces += ["paper", "query", "passage"]
    pieces += most_frequent(r"[a-z]{2,}", 400)
    return list(dict.fromkeys(pieces))[:VOCABULARY]


def tokenizer_json(pieces, lowercase):
    """A BERT tokenizer whose own truncation (16) and fixed padding (16) must not be followed."""
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    cls, sep = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    first = [cls, {"Sequence": {"id": "A", "type_id": 0}}, sep]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    used = {name: {"id": name, "ids": [pieces.index(name)], "tokens": [name]} for name in ("[CLS]", "[SEP]")}
    return {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 16, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": 16},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [{"id": i, "content": name} | special for i, name in enumerate(SPECIALS)],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": first,
            "pair": first + second,
            "special_tokens": used,
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: i for i, piece in enumerate(pieces)},
        },
    }


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def seeded(module, seed):
    """Every parameter normal with spread 0.3, around 1 for LayerNorm weights and around 0 otherwise."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(module.named_parameters()):
            centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            parameter.copy_(centre + SPREAD * torch.randn(parameter.shape, generator=generator))


def write_bert(folder, pieces, lowercase=True):
    """The BERT and its tokenizer as plain files."""
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    bert = transformers.BertModel(config)
    seeded(bert, 2602)
    bert.save_pretrained(folder)
    write_json(folder / "tokenizer.json", tokenizer_json(pieces, lowercase))
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "BertTokenizer", "do_lower_case": lowercase, "model_max_length": 64}
        | {f"{s[1:-1].lower()}_token": s for s in SPECIALS},
    )


def write(name, pieces, pooling, after=(), lowercase=True, legacy=False, **more):
    """One sentence-transformers folder, as version 6 saves it; with `legacy`, the files as versions before 5 wrote them."""
    folder, plain = HERE / name, HERE / f".{name}"
    for old in (folder, plain):
        shutil.rmtree(old, ignore_errors=True)
    plain.mkdir()
    write_bert(plain, pieces, lowercase)
    shape = json.loads((plain / "tokenizer.json").read_text(encoding="utf-8"))
    transformer = Transformer(str(plain), max_seq_length=LIMIT, do_lower_case=not lowercase)
    model = SentenceTransformer(modules=[transformer, Pooling(HIDDEN, pooling), *after], device="cpu", **more)
    model.save(str(folder), create_model_card=False)
    write_json(folder / "tokenizer.json", shape)
    shutil.rmtree(plain)
    if legacy:
        modes = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max", "mean_sqrt_len_tokens": None}
        write_json(
            folder / "1_Pooling" / "config.json",
            {"word_embedding_dimension": HIDDEN} | {f"pooling_mode_{k}": v == pooling for k, v in modes.items()},
        )
        write_json(folder / "sentence_bert_config.json", {"max_seq_length": LIMIT, "do_lower_case": not lowercase})
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        for module in modules:
            module["type"] = "sentence_transformers.models." + module["type"].rsplit(".", 1)[1]
        write_json(folder / "modules.json", modules)


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    words = vocabulary()
    assert len(words) == VOCABULARY and "paper" in words
    dense = Dense(HIDDEN, 16)
    seeded(dense, 2603)
    write("tiny-bert", words, "mean", [Normalize()])
    write("tiny-bert-cls", words, "cls", [Normalize()], legacy=True)
    write("tiny-bert-max", words, "max", [Normalize()], legacy=True)
    write("tiny-bert-lasttoken", words, "lasttoken", [Normalize()])
    write("tiny-bert-dense", words, "mean", [dense, Normalize()])
    write("tiny-bert-lower", words, "mean", [Normalize()], lowercase=False, legacy=True)
    prompts = {"query": "query: ", "passage": "passage: "}
    write("tiny-bert-prompts", words, "mean", prompts=prompts, default_prompt_name="passage")
