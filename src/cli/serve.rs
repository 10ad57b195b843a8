//! `relata serve`: the library in a browser, for programs and for agents.

use super::args::ServeArgs;
use super::configure::Given;
use super::terminal::Page;
use super::{Context, Outcome};
use crate::error::Result;

/// Without the feature `serve` there is no server in the program.
#[cfg(not(feature = "serve"))]
pub(super) fn run(_: &Context, _: &ServeArgs, _: &Given, _: &mut Page) -> Result<Outcome> {
    Err(crate::error::Error::NotBuiltIn { what: "`relata serve`", feature: "serve" })
}

/// Serves until it is interrupted or terminated. The address goes to standard output, so that a
/// program that starts this one can read it.
#[cfg(feature = "serve")]
pub(super) fn run(context: &Context, asked: &ServeArgs, given: &Given, page: &mut Page) -> Result<Outcome> {
    use super::last::show;
    use super::terminal::say;
    use crate::serve::{ServeOptions, Server};

    log();
    let mut options = ServeOptions::new((asked.listen, asked.port).into())
        .hosts(&asked.hosts)
        .origins(&asked.origins)
        .read_only(asked.read_only)
        .allow_writes(asked.allow_writes)
        .metrics(asked.metrics)
        .settings(settings(context, given));
    options.token_file.clone_from(&asked.token_file);
    let server = Server::bind(context.relata.clone(), &options)?;
    let link = server.link();
    page.line(&link)?;
    page.flush()?;
    say(&format!("Relata answers at {}; Ctrl-C ends it.", server.address()));
    if asked.open {
        show(&link);
    }
    server.run(stopped())?;
    say("Stopped; all that was asked is answered.");
    Ok(Outcome::Done)
}

/// What is set and by what, as `relata config show --all` says it.
#[cfg(feature = "serve")]
fn settings(context: &Context, given: &Given) -> Vec<crate::serve::Setting> {
    let setting = |row: super::configure::Row| crate::serve::Setting {
        from: row.line.map(|line| format!("line {line} of the file")).or(row.from),
        key: row.key.to_owned(),
        value: row.value,
        about: row.about.to_owned(),
    };
    super::configure::rows(&context.config, given).into_iter().map(setting).collect()
}

/// Ends once somebody interrupts or terminates the program. Interrupts count from the call on,
/// since the server answers before it first waits for this.
#[cfg(feature = "serve")]
fn stopped() -> impl Future<Output = ()> {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::sync::Notify;

    let (stop, asked) = (Arc::new(Notify::new()), AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let first = Box::new(move || {
        told.notify_one();
        !asked.swap(true, Ordering::Relaxed)
    });
    let _ = super::STOP.set(first);
    async move {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminated) = signal(SignalKind::terminate()) {
                tokio::select! {
                    () = stop.notified() => {}
                    _ = terminated.recv() => {}
                }
                return;
            }
        }
        stop.notified().await;
    }
}

/// Has requests told on standard error where `RELATA_LOG` asks for it: `info` tells each by its
/// address' pattern, its status and its time, and never what was asked.
#[cfg(feature = "serve")]
fn log() {
    use tracing_subscriber::filter::LevelFilter;
    let level = match std::env::var("RELATA_LOG").as_deref() {
        Ok("debug") => LevelFilter::DEBUG,
        Ok("info") => LevelFilter::INFO,
        _ => LevelFilter::WARN,
    };
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_ansi(false).try_init();
}
