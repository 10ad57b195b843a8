//! Model folders that are cut, crafted or beyond what is followed: each ends in an error that says
//! why.

#[path = "common/golden.rs"]
#[allow(dead_code)]
mod golden;

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use relata::embed::{DeviceChoice, Embedder, EmbedderOptions, Recipe, Role};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of a tiny model that a test may spoil.
struct Model(TempDir);

impl Model {
    fn new(name: &str) -> Model {
        let folder = tempfile::tempdir().unwrap();
        copy(&golden::tiny_model(name), folder.path());
        Model(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Changes keys of a JSON file; a null takes the key out.
    fn set(self, file: &str, changes: Value) -> Model {
        let mut json: Value = serde_json::from_slice(&fs::read(self.path(file)).unwrap()).unwrap();
        for (key, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(json.as_object_mut().unwrap().remove(key)),
                value => json[key] = value.clone(),
            }
        }
        self.write(file, json.to_string().as_bytes())
    }

    fn write(self, file: &str, bytes: &[u8]) -> Model {
        fs::write(self.path(file), bytes).unwrap();
        self
    }

    fn remove(self, file: &str) -> Model {
        fs::remove_file(self.path(file)).unwrap();
        self
    }

    /// Changes the header of the weights; the data stays.
    fn header(self, change: impl FnOnce(&mut Value)) -> Model {
        let bytes = fs::read(self.path("model.safetensors")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        change(&mut header);
        let header = header.to_string();
        let new = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat();
        self.write("model.safetensors", &new)
    }

    fn load(&self) -> relata::Result<Embedder> {
        let options = EmbedderOptions { device: DeviceChoice::Cpu, ..EmbedderOptions::default() };
        Embedder::load(self.0.path(), &options)
    }

    /// What loading says, with the folder's place left out.
    fn error(self) -> String {
        let error = self.load().err().expect("the folder is refused");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn tiny() -> Model {
    Model::new("tiny-bert")
}

#[test]
fn missing_files_are_named() {
    assert_snapshot!(tiny().remove("config.json").error(), @"config.json: is missing; the model needs it");
    assert_snapshot!(tiny().remove("tokenizer.json").error(), @"tokenizer.json: is missing; Relata reads fast tokenizers only");
    assert_snapshot!(tiny().remove("model.safetensors").error(), @"model.safetensors: is missing; the weights stand there in a sentence-transformers folder");
    assert_snapshot!(tiny().remove("1_Pooling/config.json").error(), @"1_Pooling/config.json: is missing; the model needs it");
    assert_snapshot!(Model::new("tiny-bert-dense").remove("2_Dense/model.safetensors").error(), @"2_Dense/model.safetensors: is missing; the weights stand there in a sentence-transformers folder");
    let nowhere = Recipe::read(Path::new("no/such/folder")).unwrap_err();
    assert_snapshot!(nowhere, @"no/such/folder/config.json: is missing; the model needs it");
}

#[test]
fn pickled_and_split_weights_are_never_opened() {
    let pickled = tiny().remove("model.safetensors").write("pytorch_model.bin", b"cos\nsystem\n(S'true'\ntR.");
    assert_snapshot!(pickled.error(), @"pytorch_model.bin: pickled weights, which could run any code when opened, can't be followed; Relata follows model.safetensors");
    let split = tiny().remove("model.safetensors").write("model.safetensors.index.json", b"{}");
    assert_snapshot!(split.error(), @"model.safetensors.index.json: weights in several files can't be followed; Relata follows one model.safetensors");
}

#[test]
fn what_is_not_followed_is_refused_by_name() {
    let config = |changes| tiny().set("config.json", changes).error();
    assert_snapshot!(config(json!({"model_type": "deberta"})), @r#"config.json: the architecture "deberta" can't be followed; Relata follows model_type bert, roberta, xlm-roberta, camembert, distilbert, mpnet, modernbert and nomic_bert"#);
    assert_snapshot!(config(json!({"model_type": null, "architectures": ["T5EncoderModel"]})), @r#"config.json: the architecture "T5EncoderModel" can't be followed; Relata follows model_type bert, roberta, xlm-roberta, camembert, distilbert, mpnet, modernbert and nomic_bert"#);
    assert_snapshot!(config(json!({"model_type": null, "architectures": null})), @"config.json: names no architecture (model_type)");
    assert_snapshot!(config(json!({"hidden_act": "mish"})), @r#"config.json: hidden_act "mish" can't be followed; Relata follows gelu, gelu_new, gelu_pytorch_tanh, relu and silu"#);
    assert_snapshot!(config(json!({"position_embedding_type": "relative_key"})), @r#"config.json: position_embedding_type "relative_key" can't be followed; Relata follows absolute positions"#);
    assert_snapshot!(config(json!({"is_decoder": true})), @"config.json: a decoder (is_decoder) can't be followed; Relata follows encoders");

    let modern = |changes| Model::new("tiny-modernbert").set("config.json", changes).error();
    assert_snapshot!(modern(json!({"layer_types": ["full_attention"]})), @"config.json: layer_types without a known kind of layer 1 can't be followed; Relata follows sliding_attention and full_attention");
    assert_snapshot!(modern(json!({"rope_scaling": {"factor": 2.0}})), @r#"config.json: rope_scaling {"factor":2.0} can't be followed; Relata follows plain rotary angles"#);
    assert_snapshot!(modern(json!({"global_rope_theta": -1.0})), @"config.json: global_rope_theta is -1e0; 1 to 1e12 is possible");
    let nomic = |changes| Model::new("tiny-nomic-bert").set("config.json", changes).error();
    assert_snapshot!(nomic(json!({"prenorm": true})), @"config.json: prenorm true can't be followed; Relata follows prenorm false");
    assert_snapshot!(nomic(json!({"rotary_emb_fraction": 0.5})), @"config.json: rotary_emb_fraction 0.5 can't be followed; Relata follows 1");
    assert_snapshot!(nomic(json!({"activation_function": "gelu"})), @r#"config.json: activation_function "gelu" can't be followed; Relata follows swiglu and geglu"#);
    let mpnet = |changes| Model::new("tiny-mpnet").set("config.json", changes).error();
    assert_snapshot!(mpnet(json!({"relative_attention_num_buckets": 16})), @"config.json: relative_attention_num_buckets 16 can't be followed; Relata follows 32");

    let pooling = |changes| tiny().set("1_Pooling/config.json", changes).error();
    assert_snapshot!(pooling(json!({"pooling_mode": "weightedmean"})), @r#"1_Pooling/config.json: the pooling "weightedmean" can't be followed; Relata follows cls, max, mean and lasttoken"#);
    assert_snapshot!(pooling(json!({"pooling_mode": ["cls", "mean_sqrt_len_tokens"]})), @r#"1_Pooling/config.json: the pooling "mean_sqrt_len_tokens" can't be followed; Relata follows cls, max, mean and lasttoken"#);
    assert_snapshot!(pooling(json!({"pooling_mode": null, "pooling_mode_weightedmean_tokens": true})), @r#"1_Pooling/config.json: the pooling "weightedmean" can't be followed; Relata follows cls, max, mean and lasttoken"#);
    assert_snapshot!(pooling(json!({"pooling_mode": ["cls", "cls", "cls", "cls", "cls"]})), @"1_Pooling/config.json: names more than four poolings");
    let prompts = Model::new("tiny-bert-prompts").set("1_Pooling/config.json", json!({"include_prompt": false}));
    assert_snapshot!(prompts.error(), @"modules.json: pooling without the prompt's tokens (include_prompt: false) can't be followed; Relata follows pooling over all tokens");

    let dense = |changes| Model::new("tiny-bert-dense").set("2_Dense/config.json", changes).error();
    assert_snapshot!(dense(json!({"activation_function": "torch.nn.modules.activation.Mish"})), @r#"2_Dense/config.json: the activation "torch.nn.modules.activation.Mish" can't be followed; Relata follows Identity, Tanh, ReLU, GELU and Sigmoid of torch.nn"#);
    assert_snapshot!(dense(json!({"activation_function": "os.system"})), @r#"2_Dense/config.json: the activation "os.system" can't be followed; Relata follows Identity, Tanh, ReLU, GELU and Sigmoid of torch.nn"#);
    assert_snapshot!(dense(json!({"use_residual": true})), @"2_Dense/config.json: a dense module with a residual (use_residual) can't be followed; Relata follows plain ones");
    assert_snapshot!(dense(json!({"module_input_name": "token_embeddings"})), @r#"2_Dense/config.json: module_input_name "token_embeddings" can't be followed; Relata follows sentence_embedding"#);

    let sentence = |changes| tiny().set("sentence_bert_config.json", changes).error();
    assert_snapshot!(sentence(json!({"query_length": 32})), @"sentence_bert_config.json: query_length 32 can't be followed; Relata follows the tokenizer's own settings");
    assert_snapshot!(sentence(json!({"transformer_task": "fill-mask"})), @r#"sentence_bert_config.json: transformer_task "fill-mask" can't be followed; Relata follows feature-extraction"#);
    let side = tiny().set("tokenizer_config.json", json!({"padding_side": "left"}));
    assert_snapshot!(side.error(), @r#"tokenizer_config.json: padding_side "left" can't be followed; Relata follows padding on the right"#);
    let short = tiny().set("config_sentence_transformers.json", json!({"truncate_dim": 8}));
    assert_snapshot!(short.error(), @"config_sentence_transformers.json: truncate_dim 8 can't be followed; Relata follows whole vectors");
    let default = tiny().set("config_sentence_transformers.json", json!({"default_prompt_name": "s2p"}));
    assert_snapshot!(default.error(), @r#"config_sentence_transformers.json: has the default prompt "s2p", which is not among its prompts"#);
}

#[test]
fn unknown_modules_and_paths_that_lead_out_are_refused() {
    let module = |path: &str, kind: &str| json!({"path": path, "type": kind});
    let transformer = module("", "sentence_transformers.models.Transformer");
    let pooling = module("1_Pooling", "sentence_transformers.models.Pooling");
    let modules = |list: &[&Value]| tiny().write("modules.json", json!(list).to_string().as_bytes()).error();
    let lstm = module("2_LSTM", "sentence_transformers.models.LSTM");
    assert_snapshot!(modules(&[&transformer, &pooling, &lstm]), @r#"modules.json: the module "sentence_transformers.models.LSTM" as number 3 can't be followed; Relata follows Transformer, Pooling, then Dense and Normalize, of sentence_transformers"#);
    let own = module("2_Own", "custom_code.Normalize");
    assert_snapshot!(modules(&[&transformer, &pooling, &own]), @r#"modules.json: the module "custom_code.Normalize" as number 3 can't be followed; Relata follows Transformer, Pooling, then Dense and Normalize, of sentence_transformers"#);
    assert_snapshot!(modules(&[&pooling, &transformer]), @r#"modules.json: the module "sentence_transformers.models.Pooling" as number 1 can't be followed; Relata follows Transformer, Pooling, then Dense and Normalize, of sentence_transformers"#);
    assert_snapshot!(modules(&[&transformer]), @"modules.json: a model without pooling can't be followed; Relata follows Transformer, then Pooling");
    assert_snapshot!(modules(&[&transformer, &module("../1_Pooling", "sentence_transformers.models.Pooling")]), @r#"modules.json: names the path "../1_Pooling", which leads out of the folder"#);
    assert_snapshot!(modules(&[&transformer, &module("/etc", "sentence_transformers.models.Pooling")]), @r#"modules.json: names the path "/etc", which leads out of the folder"#);
    assert_snapshot!(modules(&[]), @"modules.json: a model without pooling can't be followed; Relata follows Transformer, then Pooling");
}

#[test]
fn absurd_and_broken_settings_are_named() {
    let config = |changes| tiny().set("config.json", changes).error();
    assert_snapshot!(config(json!({"hidden_size": 1_000_000_000_000_000_000u64})), @"config.json: hidden_size is 1000000000000000000; 1 to 16384 is possible");
    assert_snapshot!(config(json!({"num_hidden_layers": 0})), @"config.json: num_hidden_layers is 0; 1 to 256 is possible");
    assert_snapshot!(config(json!({"vocab_size": -1})), @"config.json: vocab_size is -1; 1 to 4000000 is possible");
    assert_snapshot!(config(json!({"intermediate_size": null})), @"config.json: lacks intermediate_size");
    assert_snapshot!(config(json!({"num_attention_heads": 5})), @"config.json: hidden_size 32 is not divisible by num_attention_heads 5");
    assert_snapshot!(config(json!({"layer_norm_eps": 1e300})), @"config.json: layer_norm_eps is 1e300; 0 to 1 is possible");
    assert_snapshot!(tiny().write("config.json", b"[1, 2").error(), @"config.json: is not valid JSON: EOF while parsing a list at line 1 column 5");
    assert_snapshot!(tiny().write("config.json", "[".repeat(200_000).as_bytes()).error(), @"config.json: is not valid JSON: recursion limit exceeded at line 1 column 128");
    assert_snapshot!(tiny().write("config.json", &vec![b' '; 2 << 20]).error(), @"config.json: has more than 1048576 bytes, which no such file needs");
    let limit = |value: Value| tiny().set("sentence_bert_config.json", json!({"max_seq_length": value})).error();
    assert_snapshot!(limit(json!(2)), @"sentence_bert_config.json: max_seq_length is 2; a whole number from 3 on is possible");
    assert_snapshot!(limit(json!("many")), @r#"sentence_bert_config.json: max_seq_length is "many"; a whole number from 3 on is possible"#);
    let dense = |changes| Model::new("tiny-bert-dense").set("2_Dense/config.json", changes).error();
    assert_snapshot!(dense(json!({"in_features": 31})), @"2_Dense/config.json: takes 31 values, the module before it gives 32");
    assert_snapshot!(dense(json!({"out_features": 1_000_000_000_000u64})), @"2_Dense/config.json: has no out_features from 1 to 65536");
    assert_snapshot!(dense(json!({"out_features": 17})), @"2_Dense/model.safetensors: tensor linear.weight has the shape [16, 32], the configuration asks for [17, 32]");
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let config = |changes| tiny().set("config.json", changes).error();
    assert_snapshot!(config(json!({"num_hidden_layers": 3})), @"model.safetensors: lacks the tensor encoder.layer.2.attention.self.query.weight or bert.encoder.layer.2.attention.self.query.weight of shape [32, 32]");
    assert_snapshot!(config(json!({"vocab_size": 385})), @"model.safetensors: tensor embeddings.word_embeddings.weight has the shape [384, 32], the configuration asks for [385, 32]");
    assert_snapshot!(config(json!({"hidden_size": 16_384, "intermediate_size": 131_072})), @"model.safetensors: tensor embeddings.word_embeddings.weight has the shape [384, 32], the configuration asks for [384, 16384]");

    let name = "encoder.layer.1.output.dense.weight";
    let lost = tiny().header(|header| {
        let tensor = header.as_object_mut().unwrap().remove(name).unwrap();
        header["another"] = tensor;
    });
    assert_snapshot!(lost.error(), @"model.safetensors: lacks the tensor encoder.layer.1.output.dense.weight or bert.encoder.layer.1.output.dense.weight of shape [32, 64]");
    assert_snapshot!(tiny().header(|header| header[name]["shape"] = json!([64, 32])).error(), @"model.safetensors: tensor encoder.layer.1.output.dense.weight has the shape [64, 32], the configuration asks for [32, 64]");
    assert_snapshot!(tiny().header(|header| header[name]["dtype"] = json!("I32")).error(), @"model.safetensors: tensor encoder.layer.1.output.dense.weight has the dtype I32; Relata reads F32, F16 and BF16");
    assert_snapshot!(tiny().header(|header| header[name]["dtype"] = json!("F64")).error(), @"model.safetensors: has a header that is not valid safetensors: invalid shape, data type, or offset for tensor");
    assert_snapshot!(tiny().header(|header| header[name]["shape"] = json!([u64::MAX, 2])).error(), @"model.safetensors: has a header that is not valid safetensors: overflow computing buffer size from shape and/or element type");
    assert_snapshot!(tiny().header(|header| header[name]["data_offsets"] = json!([0, 8192])).error(), @"model.safetensors: has a header that is not valid safetensors: invalid offset for tensor `encoder.layer.1.output.dense.weight`");
    assert_snapshot!(tiny().header(|header| *header = json!({})).error(), @"model.safetensors: is cut or damaged: its header speaks of 10 bytes, the file has 130442");
}

#[test]
fn cut_and_damaged_weights_are_named() {
    let whole = fs::read(tiny().path("model.safetensors")).unwrap();
    let weights = |bytes: &[u8]| tiny().write("model.safetensors", bytes).error();
    assert_snapshot!(weights(&whole[..whole.len() - 1]), @"model.safetensors: is cut or damaged: its header speaks of 134424 bytes, the file has 134423");
    assert_snapshot!(weights(&whole[..100]), @"model.safetensors: is no safetensors file or is cut: a header of 3984 bytes, 100 in all");
    assert_snapshot!(weights(&whole[..5]), @"model.safetensors: is cut: 5 bytes are too few for a safetensors header");
    assert_snapshot!(weights(b""), @"model.safetensors: is cut: 0 bytes are too few for a safetensors header");
    assert_snapshot!(weights(&[&u64::MAX.to_le_bytes(), &whole[8..]].concat()), @"model.safetensors: is no safetensors file or is cut: a header of 18446744073709551615 bytes, 134424 in all");
    assert_snapshot!(weights(b"\x08\0\0\0\0\0\0\0{garbage"), @"model.safetensors: has a header that is not valid safetensors: key must be a string at line 1 column 2");
    assert_snapshot!(weights(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 134424\n"), @"model.safetensors: is no safetensors file or is cut: a header of 2336927755350992246 bytes, 68 in all");
    let mut spoiled = whole.clone();
    let data = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    spoiled[data..data + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_snapshot!(weights(&spoiled), @"model.safetensors: tensor embeddings.LayerNorm.bias holds values that are not finite");
}

#[test]
fn a_crafted_tokenizer_ends_in_an_error() {
    let tokenizer = |json: Value| tiny().write("tokenizer.json", json.to_string().as_bytes()).error();
    assert_snapshot!(tiny().write("tokenizer.json", b"\xff\xfe garbage").error(), @"tokenizer.json: is not understood: expected value at line 1 column 1");
    assert_snapshot!(tokenizer(json!({"version": "1.0"})), @"tokenizer.json: is not understood: Model missing. at line 1 column 17");
    assert_snapshot!(tiny().write("tokenizer.json", "[".repeat(200_000).as_bytes()).error(), @"tokenizer.json: is not understood: invalid type: sequence, expected struct Tokenizer at line 1 column 1");
    // The prefix of continued words is longer than a merge: the loader computes a negative length.
    let long_prefix = json!({
        "type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]],
        "continuing_subword_prefix": "a long prefix",
    });
    let crash = tiny().set("tokenizer.json", json!({"model": long_prefix})).error();
    assert!(crash.starts_with("tokenizer.json: crashes the tokenizer: "), "{crash}");
    // A template for one text that speaks of a second.
    let second = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
    });
    assert_snapshot!(tiny().set("tokenizer.json", json!({"post_processor": second})).error(), @"tokenizer.json: crashes the tokenizer: index out of bounds: the len is 1 but the index is 1");
    assert_snapshot!(tiny().set("tokenizer.json", json!({"post_processor": null})).error(), @"tokenizer.json: adds no special tokens such as [CLS]; every BERT has them");
    let template = |ids: Value, kind: u32| {
        json!({
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": kind}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": ids, "tokens": vec!["[CLS]"; ids.as_array().unwrap().len()]}},
        })
    };
    let processor = |ids, kind| tiny().set("tokenizer.json", json!({"post_processor": template(ids, kind)})).error();
    assert_snapshot!(processor(json!([384]), 0), @"tokenizer.json: fails on an empty text: the tokenizer gives the id 384, but the model knows 384");
    assert_snapshot!(processor(json!([2]), 2), @"tokenizer.json: fails on an empty text: the tokenizer gives the token type 2, but the model knows 2");
    assert_snapshot!(processor(json!(vec![2; 48]), 0), @"tokenizer.json: adds 48 tokens to each text, but 48 is the limit");
}

/// The vocabulary lacks the token for what is unknown, which shows only on a text that needs it.
#[test]
fn a_text_that_the_tokenizer_cannot_take_leaves_the_embedder_usable() {
    let model = tiny();
    let mut json: Value = serde_json::from_slice(&fs::read(model.path("tokenizer.json")).unwrap()).unwrap();
    json["model"]["unk_token"] = json!("[NONE]");
    let model = model.write("tokenizer.json", json.to_string().as_bytes());
    let embedder = model.load().unwrap();
    let good = embedder.embed(&["paper"], Role::Passage).unwrap();
    let error = embedder.embed(&["paper", "\u{1f98b}"], Role::Passage).unwrap_err();
    assert_snapshot!(error, @"text 1 could not be tokenised: WordPiece error: Missing [UNK] token from the vocabulary");
    assert_eq!(embedder.embed(&["paper"], Role::Passage).unwrap(), good);
}

/// Words of a folder reach the terminal, so they are escaped and cut.
#[test]
fn errors_are_fit_for_a_terminal() {
    let shouting = tiny().set("sentence_bert_config.json", json!({"query_length": "\u{1b}[2J\u{9b}2J".repeat(1000)}));
    let error = shouting.error();
    assert!(!error.contains(|c: char| c.is_control()), "{error:?}");
    assert!(error.len() < 600, "{error}");
}

/// Checkpoints differ in a prefix, and old ones call a layer norm's weight and bias gamma and beta.
#[test]
fn other_names_of_tensors_are_known() {
    let texts = ["paper", "query of a paper"];
    let vectors = |model: Model| model.load().unwrap().embed(&texts, Role::Passage).unwrap();
    let renamed = |rename: &dyn Fn(&str) -> String| {
        tiny().header(|header| {
            let tensors = header.as_object().unwrap().iter();
            *header = tensors.map(|(name, tensor)| (rename(name), tensor.clone())).collect();
        })
    };
    let prefixed = renamed(&|name| if name == "__metadata__" { name.into() } else { format!("bert.{name}") });
    assert_eq!(vectors(prefixed), vectors(tiny()));
    let old = renamed(&|name| name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("Norm.bias", "Norm.beta"));
    assert_eq!(vectors(old), vectors(tiny()));
}

/// What a folder may leave out, sentence-transformers fills in, and so do we.
#[test]
fn a_plain_transformer_is_pooled_by_its_mean() {
    let model = tiny().set("sentence_bert_config.json", json!({"max_seq_length": 20, "do_lower_case": true}));
    let model = model.set("config_sentence_transformers.json", json!({"prompts": {"query": "query: "}}));
    let model = model.remove("modules.json");
    fs::remove_dir_all(model.path("1_Pooling")).unwrap();
    let recipe = Recipe::read(model.0.path()).unwrap();
    assert_eq!((recipe.dimension(), recipe.pooling_name().as_str()), (32, "mean"));
    assert!(!recipe.normalises());
    // As there, the settings of a list that is not there are not looked at.
    assert_eq!((recipe.token_limit(), recipe.prompt(Role::Query)), (48, ""));
    let ours = model.load().unwrap().embed(&golden::texts(), Role::Passage).unwrap();
    let theirs = golden::golden("tiny-bert", "");
    assert_eq!((&ours.tokens, &ours.cut), (&theirs.tokens, &theirs.cut));
    assert!(ours.vectors.iter().zip(&theirs.vectors).all(|(a, b)| (a - b).abs() <= 1e-5));
}

#[test]
fn the_token_limit_comes_from_where_sentence_transformers_takes_it() {
    let limit = |model: &Model| Recipe::read(model.0.path()).unwrap().token_limit();
    assert_eq!(limit(&tiny()), 48);
    assert_eq!(limit(&tiny().set("sentence_bert_config.json", json!({"max_seq_length": 20}))), 20);
    assert_eq!(limit(&tiny().set("tokenizer_config.json", json!({"model_max_length": 30}))), 30);
    assert_eq!(limit(&tiny().set("tokenizer_config.json", json!({"model_max_length": 1e30}))), 64);
    assert_eq!(limit(&tiny().set("tokenizer_config.json", json!({"model_max_length": 512}))), 64);
    assert_eq!(limit(&tiny().remove("tokenizer_config.json")), 64);
}
