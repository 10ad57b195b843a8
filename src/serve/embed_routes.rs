//! Vectors of texts in the forms of OpenAI (`/v1/embeddings`) and of Hugging Face's
//! text-embeddings-inference (`/embed`), so that clients of those use Relata's engine.
//!
//! In: texts. Out: vectors of unit length, `f32`, those that the library's papers have. What the
//! model does not read of a text is cut, and `Relata-Truncated` says of which texts; whoever says
//! `truncate: false` is refused instead.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::problem::Problem;
use super::routes::{self, App, read};
use crate::embed::{Embeddings, Role};

/// The most texts of a request, as text-embeddings-inference takes them at most unless it is told
/// otherwise.
const MOST_TEXTS: usize = 32;
/// The most texts of a request in OpenAI's form.
const MOST_INPUTS: usize = 2048;
/// The largest body, in bytes.
const BODY: usize = 2 << 20;
/// Numbers of the texts, from 0, of which something was cut.
const TRUNCATED: HeaderName = HeaderName::from_static("relata-truncated");

type Answer = Result<Response, Problem>;

/// One text or several.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Texts {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
    /// Tokens, which mean nothing to another tokenizer.
    #[schemars(skip)]
    Other(IgnoredAny),
}

impl Texts {
    fn list(self, most: usize) -> Result<Vec<String>, Problem> {
        let texts = match self {
            Texts::One(text) => vec![text],
            Texts::Several(texts) => texts,
            Texts::Other(_) => {
                let detail = "texts are wanted; tokens of another tokenizer mean nothing to this model";
                return Err(Problem::malformed(detail));
            }
        };
        match texts.len() {
            0 => Err(Problem::malformed("there is no text")),
            given if given > most => {
                let detail = format!("there are {given} texts; at most {most} are taken at once");
                Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-texts", detail))
            }
            _ => Ok(texts),
        }
    }
}

/// A request in OpenAI's form.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "OpenAiEmbeddings")]
struct OpenAi {
    /// The texts.
    input: Texts,
    /// Taken from any client; the answer says which model it was.
    #[serde(default)]
    #[allow(dead_code, reason = "clients send it, and there is one model")]
    model: Option<String>,
    /// `float` or `base64` (little-endian `f32`).
    #[serde(default)]
    encoding_format: Option<String>,
    /// Only that of the model.
    #[serde(default)]
    dimensions: Option<usize>,
    /// Taken, and used for nothing.
    #[serde(default)]
    #[allow(dead_code, reason = "clients send it")]
    user: Option<String>,
}

/// A request in the form of text-embeddings-inference.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TeiEmbed")]
struct Tei {
    /// The texts.
    inputs: Texts,
    /// Vectors have unit length, whatever is asked.
    #[serde(default = "yes")]
    normalize: bool,
    /// Whether texts that are too long are cut; else they are refused.
    #[serde(default = "yes")]
    truncate: bool,
    /// Only `Right`.
    #[serde(default)]
    truncation_direction: Option<String>,
    /// `query` for texts that somebody looks for with.
    #[serde(default)]
    prompt_name: Option<String>,
    /// Only that of the model.
    #[serde(default)]
    dimensions: Option<usize>,
}

/// An answer in OpenAI's form.
#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Embedded>,
    model: String,
    usage: Usage,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

#[derive(Serialize)]
struct Embedded {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

/// A vector, in single precision either way.
#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Numbers(Vec<f32>),
    Packed(String),
}

fn yes() -> bool {
    true
}

/// The addresses.
pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/embeddings", post(open_ai))
        .route("/v1/models", get(models))
        .route("/embed", post(tei))
        .route("/info", get(info))
}

/// What OpenAPI says of them.
pub(super) fn described(lift: &mut dyn FnMut(Value, &str) -> Value) -> Vec<(&'static str, Value)> {
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let vector = json!({"type": "array", "items": {"type": "number"}});
    let answer = |schema: Value| json!({"200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}}, "default": problem});
    let body = |schema: Value, example: Value| json!({"required": true, "content": {"application/json": {"schema": schema, "example": example}}});
    let codes = [
        "malformed-request",
        "too-many-texts",
        "text-too-long",
        "model-unavailable",
        "body-too-long",
        "body-too-slow",
        "unsupported-media-type",
    ];
    let model_codes = ["model-unavailable"];
    let open_ai = json!({"post": {
        "operationId": "openAiEmbeddings", "tags": ["embeddings"], "summary": "Vectors of texts, in OpenAI's form.",
        "requestBody": body(lift(schemars::schema_for!(OpenAi).to_value(), "openAiEmbeddings"), json!({"input": ["a text", "another"], "model": "any"})),
        "x-problems": codes,
        "responses": answer(json!({"type": "object", "required": ["object", "data", "model", "usage"]})),
    }});
    let tei = json!({"post": {
        "operationId": "embed", "tags": ["embeddings"], "summary": "Vectors of texts, in the form of text-embeddings-inference.",
        "requestBody": body(lift(schemars::schema_for!(Tei).to_value(), "embed"), json!({"inputs": "a text"})),
        "x-problems": codes,
        "responses": answer(json!({"type": "array", "items": vector})),
    }});
    let models = json!({"get": {
        "operationId": "openAiModels", "tags": ["embeddings"], "summary": "The model, in OpenAI's form.", "x-problems": model_codes,
        "responses": answer(json!({"type": "object", "required": ["object", "data"]})),
    }});
    let info = json!({"get": {
        "operationId": "embeddingInfo", "tags": ["embeddings"], "summary": "The model and its limits, in the form of text-embeddings-inference.", "x-problems": model_codes,
        "responses": answer(json!({"type": "object", "required": ["model_id"]})),
    }});
    vec![("/v1/embeddings", open_ai), ("/embed", tei), ("/v1/models", models), ("/info", info)]
}

async fn body<T: serde::de::DeserializeOwned>(app: &App, request: Request) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    app.guard.sent(&head.method, &head.headers, false)?;
    let bytes = read(body, BODY).await?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::malformed(error.to_string()))
}

async fn open_ai(State(app): State<Arc<App>>, request: Request) -> Answer {
    let asked: OpenAi = body(&app, request).await?;
    let base64 = match asked.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            return Err(Problem::malformed(format!("encoding_format {other:?}: float and base64 are known")));
        }
    };
    let made = app.batcher.embed(asked.input.list(MOST_INPUTS)?, Role::Passage).await?;
    dimension(asked.dimensions, &made)?;
    let rows = made.vectors.rows().into_iter().enumerate();
    let data: Vec<Embedded> = rows
        .map(|(index, row)| {
            let numbers = row.to_vec();
            let embedding = match base64 {
                true => {
                    Vector::Packed(STANDARD.encode(numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()))
                }
                false => Vector::Numbers(numbers),
            };
            Embedded { object: "embedding", index, embedding }
        })
        .collect();
    let tokens = made.tokens.iter().copied().map(u64::from).sum();
    let usage = Usage { prompt_tokens: tokens, total_tokens: tokens };
    let list = List { object: "list", data, model: name(&app).await?, usage };
    Ok(marked(&made, routes::json(serde_json::to_vec(&list).unwrap_or_default().into())))
}

async fn tei(State(app): State<Arc<App>>, request: Request) -> Answer {
    let asked: Tei = body(&app, request).await?;
    if !asked.normalize {
        return Err(Problem::malformed("normalize: false cannot be asked for; this engine gives unit vectors"));
    }
    if let Some(other) = asked.truncation_direction.as_deref().filter(|own| !own.eq_ignore_ascii_case("right")) {
        return Err(Problem::malformed(format!("truncation_direction {other:?}: texts are cut on the right")));
    }
    let role = match asked.prompt_name.as_deref() {
        None | Some("passage" | "document") => Role::Passage,
        Some("query") => Role::Query,
        Some(other) => {
            return Err(Problem::malformed(format!("prompt_name {other:?}: query, passage and document are known")));
        }
    };
    let made = app.batcher.embed(asked.inputs.list(MOST_TEXTS)?, role).await?;
    dimension(asked.dimensions, &made)?;
    if let Some(at) = made.cut.iter().position(|cut| *cut > 0).filter(|_| !asked.truncate) {
        let detail = format!("inputs[{at}] has {} tokens more than the model reads", made.cut[at]);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "text-too-long", detail));
    }
    let rows: Vec<Vec<f32>> = made.vectors.rows().into_iter().map(|row| row.to_vec()).collect();
    let written = serde_json::to_vec(&rows).unwrap_or_default();
    Ok(marked(&made, routes::json(written.into())))
}

fn dimension(asked: Option<usize>, made: &Embeddings) -> Result<(), Problem> {
    match asked {
        Some(asked) if asked != made.vectors.ncols() => {
            let detail = format!("dimensions {asked}: this model has {}", made.vectors.ncols());
            Err(Problem::malformed(detail))
        }
        _ => Ok(()),
    }
}

/// Says of which texts something was cut.
fn marked(made: &Embeddings, mut response: Response) -> Response {
    let cut: Vec<String> =
        made.cut.iter().enumerate().filter(|(_, cut)| **cut > 0).map(|(at, _)| at.to_string()).collect();
    if let Some(cut) = HeaderValue::from_str(&cut.join(",")).ok().filter(|_| !cut.is_empty()) {
        response.headers_mut().insert(TRUNCATED, cut);
    }
    response
}

/// The name of the model that embeds.
async fn name(app: &App) -> Result<String, Problem> {
    app.desk.ask(&app.relata, |relata| Ok(relata.embedding_model()?.name)).await
}

async fn models(State(app): State<Arc<App>>) -> Answer {
    let model = json!({"id": name(&app).await?, "object": "model", "owned_by": "relata"});
    Ok(routes::json(json!({"object": "list", "data": [model]}).to_string().into()))
}

async fn info(State(app): State<Arc<App>>) -> Answer {
    let identity = app.desk.ask(&app.relata, |relata| Ok(relata.embedding_model()?)).await?;
    let answer = json!({
        "model_id": identity.name,
        "max_input_length": identity.token_limit,
        "max_client_batch_size": MOST_TEXTS,
        "auto_truncate": true,
        "version": env!("CARGO_PKG_VERSION"),
    });
    Ok(routes::json(answer.to_string().into()))
}
