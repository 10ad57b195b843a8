"""Makes the tiny random-weight models of this folder; README.md says what they are for.

    python make.py        (versions: ../golden/requirements.txt)

All share one vocabulary, one tokenizer and one BERT with the same seeded weights, so that whatever differs between
their vectors comes from what follows the BERT. The spread of the weights (0.3), and biases and LayerNorm weights away
from 0 and 1, make every tensor that is used count in the output.
"""

import json
import math
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import tokenizers
import torch
import transformers
from safetensors import safe_open
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
            centre = 1.0 if name.endswith(("LayerNorm.weight", "layernorm.weight", "norm.weight")) else 0.0
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
    write_with_pieces(folder, transformers.BertModel(config), 2602, pieces, lowercase, "BertTokenizer")


def write_with_pieces(folder, model, seed, pieces, lowercase, tokenizer_class):
    """A model with seeded weights behind the tokenizer of word pieces."""
    seeded(model, seed)
    model.save_pretrained(folder)
    write_json(folder / "tokenizer.json", tokenizer_json(pieces, lowercase))
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": tokenizer_class, "do_lower_case": lowercase, "model_max_length": 64}
        | {f"{s[1:-1].lower()}_token": s for s in SPECIALS},
    )


def write_byte_level(folder, seed):
    """A RoBERTa with a byte-level BPE of its own, trained on the texts; its own truncation and padding must not be followed."""
    texts = [text if isinstance(text, str) else text[0] for text in TEXTS.values()]
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    bpe.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    write_roberta(folder, bpe, transformers.RobertaConfig, transformers.RobertaModel, "RobertaTokenizer", seed)


def write_unigram(folder, seed):
    """An XLM-RoBERTa with a unigram model of the texts' characters and frequent words. The trainer of tokenizers makes
    another one at each run; here a piece's score is minus a logarithm of its place, so that no two ways to cut a word tie."""
    texts = [text if isinstance(text, str) else text[0] for text in TEXTS.values()]
    characters = sorted({character for text in texts for character in text if not character.isspace()})
    words = Counter(match for text in texts for match in re.findall(r"[A-Za-z]{2,}", text))
    frequent = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))[:300]]
    ends = ["ing", "ed", "s", "tion", "er", "al", "ly", "ment", "ic", "00", "20", "02"]
    pieces = list(dict.fromkeys([f"▁{word}" for word in frequent] + ends + ["▁"] + characters))
    scored = [(piece, -math.log(place + 3)) for place, piece in enumerate(pieces)]
    specials = [(name, 0.0) for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]
    unigram = tokenizers.Tokenizer(tokenizers.models.Unigram(specials + scored, unk_id=3, byte_fallback=False))
    unigram.add_special_tokens([name for name, _ in specials])
    # As transformers builds it for this class, whatever tokenizer.json says.
    metaspace = tokenizers.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    unigram.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.WhitespaceSplit(), metaspace])
    unigram.decoder = tokenizers.decoders.Metaspace()
    unigram.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    write_roberta(folder, unigram, transformers.XLMRobertaConfig, transformers.XLMRobertaModel, "XLMRobertaTokenizer", seed)


def write_roberta(folder, tokenizer, config_class, model_class, tokenizer_class, seed):
    config = config_class(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=1,
        layer_norm_eps=1e-5,
    )
    model = model_class(config)
    seeded(model, seed)
    model.save_pretrained(folder)
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16, pad_id=1, pad_token="<pad>")
    write_json(folder / "tokenizer.json", json.loads(tokenizer.to_str()))
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": tokenizer_class, "model_max_length": 64} | {f"{key}_token": s for key, s in names.items()},
    )


def write_distil(folder, pieces, seed):
    """A DistilBERT behind the tokenizer of the others."""
    config = transformers.DistilBertConfig(
        vocab_size=len(pieces), dim=HIDDEN, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=64
    )
    write_with_pieces(folder, transformers.DistilBertModel(config), seed, pieces, True, "DistilBertTokenizer")


def write_mpnet(folder, pieces, seed):
    """An MPNet behind the word pieces of the others, with the specials and the post-processor of all-mpnet-base-v2."""
    names = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    config = transformers.MPNetConfig(
        vocab_size=len(pieces),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=66,
        layer_norm_eps=1e-5,
    )
    model = transformers.MPNetModel(config)
    seeded(model, seed)
    model.save_pretrained(folder)
    shape = tokenizer_json(pieces, True)
    shape["padding"] |= {"pad_id": 1, "pad_token": "<pad>"}
    for token, name in zip(shape["added_tokens"], names, strict=True):
        token |= {"content": name, "lstrip": name == "<mask>"}
    ends = {"sep": ["</s>", 2], "cls": ["<s>", 0]}
    shape["post_processor"] = {"type": "RobertaProcessing"} | ends | {"trim_offsets": True, "add_prefix_space": False}
    shape["model"]["vocab"] = {piece: i for i, piece in enumerate(names + pieces[len(names) :])}
    write_json(folder / "tokenizer.json", shape)
    used = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "[UNK]", "pad": "<pad>", "mask": "<mask>"}
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "MPNetTokenizer", "do_lower_case": True, "model_max_length": 64}
        | {f"{key}_token": s for key, s in used.items()},
    )


def write_modern(folder, seed, **more):
    """A ModernBERT of four layers (global, local, local, global) with a byte-level BPE of its own, trained on the texts;
    its own truncation and padding must not be followed."""
    texts = [text if isinstance(text, str) else text[0] for text in TEXTS.values()]
    names = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
    bpe.normalizer = tokenizers.normalizers.NFC()
    bpe.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=names,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    bpe.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    bpe.enable_truncation(16)
    bpe.enable_padding(length=16, pad_id=3, pad_token="[PAD]")
    shape = {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "pad_token_id": 3,
        "bos_token_id": 1,
        "cls_token_id": 1,
        "eos_token_id": 2,
        "sep_token_id": 2,
    }
    model = transformers.ModernBertModel(transformers.ModernBertConfig(**shape | more))
    seeded(model, seed)
    model.save_pretrained(folder)
    write_json(folder / "tokenizer.json", json.loads(bpe.to_str()))
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_input_names": ["input_ids", "attention_mask"],
            "model_max_length": (shape | more)["max_position_embeddings"],
        }
        | {f"{s[1:-1].lower()}_token": s for s in names},
    )


def old_modern(folder):
    """config.json and the tokenizer's class as the hub's ModernBERTs have them (transformers 4), for the same vectors."""

    def answer():
        model = transformers.AutoModel.from_pretrained(folder).eval()
        with torch.inference_mode():
            return model(input_ids=torch.arange(5, LIMIT + 5)[None]).last_hidden_state

    new = answer()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["rope_parameters"]["full_attention"]["rope_theta"] == 160000.0
    assert config["rope_parameters"]["sliding_attention"]["rope_theta"] == 10000.0
    kept = {k: v for k, v in config.items() if k not in ("dtype", "layer_types", "rope_parameters", "transformers_version")}
    old = {
        "global_attn_every_n_layers": 3,
        "global_rope_theta": 160000.0,
        "layer_norm_eps": 1e-05,
        "local_rope_theta": 10000.0,
        "position_embedding_type": "absolute",
        "torch_dtype": "float32",
        "transformers_version": "4.47.0.dev0",
    }
    write_json(folder / "config.json", dict(sorted((kept | old).items())))
    assert torch.equal(new, answer())
    switches = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    write_json(folder / "tokenizer_config.json", switches | {"tokenizer_class": "PreTrainedTokenizerFast"})


def write_nomic(folder, pieces, seed):
    """A NomicBERT behind the tokenizer of the others."""
    config = transformers.NomicBertConfig(
        vocab_size=len(pieces),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    write_with_pieces(folder, transformers.NomicBertModel(config), seed, pieces, True, "BertTokenizer")


def old_nomic(folder):
    """config.json as the hub's nomic-embed-text-v1.5 has it, of the time when its code lay beside it; transformers' own class
    takes its sizes from other keys, so ../golden/make.py translates them back. It saves the weights under the hub's names."""
    with safe_open(folder / "model.safetensors", "pt") as weights:
        names = set(weights.keys())
    layer = ["attn.Wqkv", "attn.out_proj", "mlp.fc11", "mlp.fc12", "mlp.fc2", "norm1", "norm2"]
    expected = {f"encoder.layers.{i}.{part}.weight" for i in range(2) for part in layer}
    expected |= {f"encoder.layers.{i}.norm{n}.bias" for i in range(2) for n in (1, 2)}
    expected |= {"embeddings.word_embeddings.weight", "embeddings.token_type_embeddings.weight"}
    assert names == expected | {"emb_ln.weight", "emb_ln.bias"}, names
    write_json(
        folder / "config.json",
        {
            "activation_function": "swiglu",
            "architectures": ["NomicBertModel"],
            "attn_pdrop": 0.0,
            "causal": False,
            "embd_pdrop": 0.0,
            "layer_norm_epsilon": 1e-12,
            "max_trained_positions": 64,
            "mlp_fc1_bias": False,
            "mlp_fc2_bias": False,
            "model_type": "nomic_bert",
            "n_embd": HIDDEN,
            "n_head": 4,
            "n_inner": 64,
            "n_layer": 2,
            "n_positions": 64,
            "parallel_block": False,
            "prenorm": False,
            "qkv_proj_bias": False,
            "resid_pdrop": 0.0,
            "rotary_emb_base": 1000,
            "rotary_emb_fraction": 1.0,
            "rotary_emb_interleaved": False,
            "rotary_emb_scale_base": None,
            "rotary_scaling_factor": None,
            "torch_dtype": "float32",
            "type_vocab_size": 2,
            "use_rms_norm": False,
            "vocab_size": VOCABULARY,
        },
    )


def write(
    name, pieces, pooling, after=(), lowercase=True, legacy=False, bare=write_bert, limit=LIMIT, finish=None, **more
):
    """One sentence-transformers folder, as version 6 saves it; with `legacy`, the files as versions before 5 wrote them.
    What `finish` does comes last."""
    folder, plain = HERE / name, HERE / f".{name}"
    for old in (folder, plain):
        shutil.rmtree(old, ignore_errors=True)
    plain.mkdir()
    bare(plain, pieces, lowercase)
    shape = json.loads((plain / "tokenizer.json").read_text(encoding="utf-8"))
    transformer = Transformer(str(plain), max_seq_length=limit, do_lower_case=not lowercase)
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
        write_json(folder / "sentence_bert_config.json", {"max_seq_length": limit, "do_lower_case": not lowercase})
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        for module in modules:
            module["type"] = "sentence_transformers.models." + module["type"].rsplit(".", 1)[1]
        write_json(folder / "modules.json", modules)
    if finish:
        finish(folder)


if __name__ == "__main__":
    torch.set_num_threads(1)
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
    write("tiny-roberta", words, "mean", [Normalize()], bare=lambda folder, *_: write_byte_level(folder, 2604))
    write("tiny-xlm-roberta", words, "mean", [Normalize()], bare=lambda folder, *_: write_unigram(folder, 2605))
    write("tiny-distilbert", words, "cls", [Normalize()], bare=lambda folder, *_: write_distil(folder, words, 2606))
    write("tiny-mpnet", words, "mean", [Normalize()], bare=lambda folder, *_: write_mpnet(folder, words, 2607))
    write(
        "tiny-modernbert",
        words,
        "cls",
        [Normalize()],
        bare=lambda folder, *_: write_modern(folder, 2608, local_attention=8),
        finish=old_modern,
    )
    thetas = {"full_attention": 80000.0, "sliding_attention": 10000.0}
    long = {
        "max_position_embeddings": 384,
        "local_attention": 128,
        "norm_bias": True,
        "attention_bias": True,
        "mlp_bias": True,
        "rope_parameters": {kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in thetas.items()},
    }
    write(
        "tiny-modernbert-long",
        words,
        "mean",
        [Normalize()],
        bare=lambda folder, *_: write_modern(folder, 2609, **long),
        limit=320,
    )
    write(
        "tiny-nomic-bert",
        words,
        "mean",
        [Normalize()],
        bare=lambda folder, *_: write_nomic(folder, words, 2610),
        finish=old_nomic,
    )
