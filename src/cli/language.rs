//! The reader's language: in which of a digest's languages its short texts are shown.
//!
//! In: `--language`, else what the environment says (`LC_ALL`, `LC_MESSAGES`, `LANG`). Out: a code
//! such as `en`, as the library has them.

const ENGLISH: &str = "en";

/// The reader's language; English where nothing tells.
pub(super) fn reader(asked: Option<&str>) -> String {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.into_iter().find(|value| !value.is_empty());
    asked.map(str::to_owned).or_else(|| code(&locale?)).unwrap_or_else(|| ENGLISH.to_owned())
}

/// The language of a locale or a tag: `zh` of `zh_CN.UTF-8` and of `zh-Hans`, none of `C`.
pub(super) fn code(locale: &str) -> Option<String> {
    let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
    let plausible = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    plausible.then(|| language.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_and_tags_tell_a_language() {
        let codes = ["zh_CN.UTF-8", "zh-Hans", "de", "en_GB", "FRA", "C", "C.UTF-8", "POSIX", "", "x1"].map(code);
        let codes: Vec<Option<&str>> = codes.iter().map(Option::as_deref).collect();
        let expected = [Some("zh"), Some("zh"), Some("de"), Some("en"), Some("fra"), None, None, None, None, None];
        assert_eq!(codes, expected);
    }
}
