//! Texts of many clients, embedded together.
//!
//! In: texts of one request. Out: their vectors. While one batch is embedded the next gathers, up
//! to a budget of bytes; so one client waits for nobody, and 32 clients with a text each make
//! batches as a file would. Vectors do not depend on what they are embedded with.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::problem::Problem;
use crate::embed::{Embedder, Embeddings, Role};
use crate::error::Result;
use crate::service::Relata;

/// Bytes of texts that are embedded together: about 16,000 tokens of English.
const BUDGET: usize = 64 << 10;
/// Bytes of texts that wait.
const WAITING: usize = 16 << 20;

struct Asked {
    texts: Vec<String>,
    role: Role,
    answer: oneshot::Sender<Result<Embeddings>>,
}

#[derive(Default)]
struct Queue {
    asked: VecDeque<Asked>,
    bytes: usize,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    come: Condvar,
}

/// The queue of texts, and the thread that embeds them.
pub(super) struct Batcher {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Batcher {
    /// A batcher that embeds by the model of a handle, which it loads when first asked.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn new(relata: Relata) -> std::io::Result<Batcher> {
        let shared = Arc::new(Shared { queue: Mutex::default(), come: Condvar::new() });
        let own = Arc::clone(&shared);
        let worker = std::thread::Builder::new().name("embedding".to_owned()).spawn(move || {
            while let Some(batch) = own.next() {
                match relata.embedder() {
                    Ok(embedder) => embed(&embedder, batch),
                    Err(error) => refuse(batch, &relata, error),
                }
            }
        })?;
        Ok(Batcher { shared, worker: Mutex::new(Some(worker)) })
    }

    /// The vectors of texts.
    ///
    /// # Errors
    /// A problem where too many wait; what the model reports.
    pub(super) async fn embed(&self, texts: Vec<String>, role: Role) -> std::result::Result<Embeddings, Problem> {
        let (answer, hear) = oneshot::channel();
        {
            let mut queue = self.shared.queue();
            if queue.bytes > WAITING || queue.closed {
                return Err(Problem::busy());
            }
            queue.bytes += bytes(&texts);
            queue.asked.push_back(Asked { texts, role, answer });
            self.shared.come.notify_one();
        }
        hear.await.map_err(|_| Problem::busy())?.map_err(Problem::from)
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.come.notify_one();
        if let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = worker.join();
        }
    }
}

fn bytes(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for texts; `None` once the server stops. Those of clients that are gone are left out.
    fn next(&self) -> Option<Vec<Asked>> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            let (mut batch, mut taken) = (Vec::<Asked>::new(), 0);
            while let Some(next) = queue.asked.front() {
                let size = bytes(&next.texts);
                if !batch.is_empty() && (taken + size > BUDGET || batch[0].role != next.role) {
                    break;
                }
                let Some(next) = queue.asked.pop_front() else { break };
                queue.bytes -= size;
                if !next.answer.is_closed() {
                    taken += size;
                    batch.push(next);
                }
            }
            if !batch.is_empty() {
                return Some(batch);
            }
            queue = self.come.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn embed(embedder: &Embedder, batch: Vec<Asked>) {
    let role = batch[0].role;
    let texts: Vec<&String> = batch.iter().flat_map(|asked| &asked.texts).collect();
    match embedder.embed(&texts, role) {
        Ok(all) => {
            let mut first = 0;
            for asked in batch {
                let rows = first..first + asked.texts.len();
                first = rows.end;
                let vectors = all.vectors.slice(ndarray::s![rows.clone(), ..]).to_owned();
                let (tokens, cut) = (all.tokens[rows.clone()].to_vec(), all.cut[rows].to_vec());
                let _ = asked.answer.send(Ok(Embeddings { vectors, tokens, cut }));
            }
        }
        // A text that the tokenizer cannot take is its client's affair alone.
        Err(_) => {
            for asked in batch {
                let _ = asked.answer.send(embedder.embed(&asked.texts, role));
            }
        }
    }
}

/// Tells all of a batch that there is no model. An error cannot be cloned, so each asks for its
/// own.
fn refuse(batch: Vec<Asked>, relata: &Relata, first: crate::Error) {
    let mut first = Some(first);
    for asked in batch {
        let error = first.take().map_or_else(|| relata.embedder().map(drop), Err);
        let _ = asked.answer.send(error.and(Err(crate::Error::Cancelled)));
    }
}
