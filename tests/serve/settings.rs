//! Settings of the configuration file: the server's own, below options and above what is built in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use tempfile::TempDir;

use super::support::Server;

fn configured(text: &str, arguments: &[&str]) -> Server {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("config.toml"), text).expect("a file");
    Server::in_folder(folder, arguments)
}

#[test]
fn the_file_sets_what_the_options_do_and_options_go_before_it() {
    let text = "[serve]\nport = 1\nread_only = true\nmetrics = true\nhost = ['papers.example', 'other.example:80']\n\
                origin = 'https://a.example,https://b.example'\n";
    // A port that nobody but root may have: the option goes before it.
    let server = configured(text, &[]);
    assert_eq!(server.post("/api/v1/profiles/default/likes", &json!({"papers": ["2602.10611"]})).code(), "read-only");
    assert!(server.get("/metrics").body.contains("relata_requests_total"));
    for host in ["papers.example", "other.example:80"] {
        assert_eq!(server.send("GET", "/health", &[("Host", host)], "").status, 200, "{host}");
    }
    assert_eq!(server.send("GET", "/health", &[("Host", "third.example")], "").status, 421);
    let allowed = server.send("GET", "/health", &[("Origin", "https://b.example")], "");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://b.example"));
    // The page of the settings says what each is, and by what.
    let settings = server.get("/settings.json").json()["settings"].clone();
    let row = |key: &str| {
        let all = settings.as_array().expect("settings");
        let row = all.iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("{key}"));
        (row["value"].clone(), row["from"].clone())
    };
    assert_eq!(row("serve.port"), (json!("0"), json!("--port")));
    assert_eq!(row("serve.host"), (json!("papers.example,other.example:80"), json!("line 5 of the file")));
    assert_eq!(row("serve.token_file"), (json!(null), json!(null)));
    // Names of an option take the place of those of the file.
    let other = configured(text, &["--host", "third.example"]);
    assert_eq!(other.send("GET", "/health", &[("Host", "third.example")], "").status, 200);
    assert_eq!(other.send("GET", "/health", &[("Host", "papers.example")], "").status, 421);
}

#[test]
fn a_token_file_is_a_setting_and_its_token_is_shown_nowhere() {
    let folder = TempDir::new().expect("a folder");
    let token = "0123456789abcdef0123456789abcdef";
    fs::write(folder.path().join("token"), token).expect("a file");
    fs::set_permissions(folder.path().join("token"), fs::Permissions::from_mode(0o600)).expect("permissions");
    fs::write(folder.path().join("config.toml"), "serve.token_file = 'token'\nserve.allow_writes = true\n")
        .expect("a file");
    let server = Server::in_folder(folder, &[]);
    assert_eq!(server.get("/api/v1/library").code(), "token-needed");
    let bearer = format!("Bearer {token}");
    let shown = server.send("GET", "/settings", &[("Authorization", &bearer), ("Accept", "text/html")], "");
    assert!(shown.status == 200 && shown.body.contains("serve.token_file") && !shown.body.contains(token), "{shown:?}");
    let told = server.program(&["config", "show", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let keys: Vec<&str> =
        told["settings"].as_array().expect("settings").iter().filter_map(|row| row["key"].as_str()).collect();
    assert!(keys.contains(&"serve.token_file") && keys.contains(&"serve.allow_writes"), "{told}");
    assert!(!told.to_string().contains(token), "{told}");
}

#[test]
fn whoever_names_no_profile_means_the_one_of_the_settings() {
    let server = configured("profile = 'ice'\n", &[]);
    let digest = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/sample-digest-2026-02-14.md");
    assert_eq!(server.program(&["add", digest]).status.code(), Some(0));
    server.post("/api/v1/profiles/ice/likes", &json!({"papers": ["2602.10611"]}));
    let own = server.get("/api/v1/today?k=1").json();
    assert_eq!(own["query"]["profile"], "ice");
    assert_eq!(server.post("/api/v1/today/shown", &json!({"k": 1})).json()["query"]["profile"], "ice");
    let other = server.get("/api/v1/today?k=1&profile=default");
    assert_eq!((other.status, other.code()), (409, "nothing-liked".to_owned()));
    // A question that may leave profiles out does so.
    assert_eq!(server.get("/api/v1/recommend?like=2602.11097&k=1").json()["query"]["like"], json!(["2602.11097"]));
}
