//! The list of a day by mail: each recipient gets it once, whatever happens on the way.

use std::process::Stdio;
use std::time::Duration;

use mail_parser::{Message, MessageParser};
use serde_json::json;

use crate::smtp::{Mail, Mode, Server};
use crate::support::{Ended, Home, digest, invented};

const TODAY: [&str; 5] = ["today", "--at-least", "0", "--mail", "Ada@a.example"];
const AGAIN: [&str; 6] = ["today", "--at-least", "0", "--mail", "Ada@a.example", "--again"];

/// A home with a day's digest, a profile, and a mail server that it sends to.
fn home(mode: Mode) -> (Home, Server) {
    let home = Home::tiny();
    home.write("2026-01-05.md", digest(&(0..5).map(invented).collect::<Vec<_>>()));
    home.json(&["add", "--json", "2026-01-05.md"]);
    home.json(&["like", "2601.00001", "--json"]);
    let server = Server::start(mode);
    configure(&home, &server, "");
    (home, server)
}

fn configure(home: &Home, server: &Server, more: &str) {
    let security = if more.contains("security") { "" } else { "security = 'none'\n" };
    let text = format!(
        "[mail]\nserver = '127.0.0.1'\nport = {}\nfrom = 'Relata <relata@uni.example>'\n{security}{more}",
        server.port
    );
    home.write("config.toml", text);
}

/// How many papers some list has shown.
fn shown(home: &Home) -> i64 {
    let library = rusqlite::Connection::open(home.path("library.db")).expect("the library");
    library.query_row("SELECT count(*) FROM shown_papers", [], |row| row.get(0)).expect("a count")
}

fn parsed(mail: &Mail) -> Message<'_> {
    MessageParser::default().parse(&mail.data).expect("a mail")
}

#[test]
fn a_list_is_mailed_once_and_can_be_read_as_text_and_as_html() {
    let (home, server) = home(Mode::Well);
    let two = home.run(&[&TODAY[..], &["--mail", "bob@b.example,ada@A.example"]].concat());
    let expected = "2026-01-05: 4 papers sent to ada@a.example\n2026-01-05: 4 papers sent to bob@b.example\n";
    assert_eq!((two.code, two.stdout.as_str()), (0, expected), "{}", two.stderr);
    let mails = server.mails();
    let envelopes: Vec<_> = mails.iter().map(|mail| (mail.from.as_str(), mail.to.join(" "))).collect();
    let from = "relata@uni.example";
    assert_eq!(envelopes, [(from, "ada@a.example".to_owned()), (from, "bob@b.example".to_owned())]);
    assert_eq!(server.commands().iter().filter(|line| line.starts_with("EHLO")).count(), 1, "one connection");

    let mail = parsed(&mails[0]);
    assert_eq!(mail.subject(), Some("2026-01-05: 4 new papers"));
    assert_eq!(mail.from().and_then(|from| from.first()).and_then(|from| from.name()), Some("Relata"));
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0));
    let (text, html) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("HTML"));
    for number in 1..5 {
        let paper = invented(number);
        let link = format!("https://arxiv.org/abs/{}", paper.id);
        assert!(text.contains(&link) && text.contains(&paper.title), "{text}");
        assert!(html.contains(&format!("href=\"{link}\"")) && html.contains(&paper.title), "{html}");
    }
    let liked = invented(0).title;
    assert!(
        text.replace("\r\n     ", " ").contains(&format!("near \u{201c}{liked}\u{201d}, which you like")),
        "{text}"
    );
    assert!(text.contains("-- \r\n") && text.contains("stops it") && html.contains("stops it"));
    for stops in ["systemctl --user disable --now relata-today.timer", "crontab -e", "launchctl bootout", ".github/"] {
        assert!(text.contains(stops) && html.contains(stops), "{stops}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
    assert_eq!(html.matches("href=").count(), html.matches("href=\"https://arxiv.org/abs/").count());
    for absent in ["<img", "<script", "<style", "url(", "src=", "@import"] {
        assert!(!html.contains(absent), "{absent}");
    }
    let id = |mail: &Mail| parsed(mail).message_id().map(str::to_owned).expect("an id");
    assert_ne!(id(&mails[0]), id(&mails[1]));

    // The list is out: those of other days leave its papers out.
    assert_eq!(shown(&home), 4);
    let second = home.run(&TODAY);
    let expected = "2026-01-05: already sent to ada@a.example; --again sends it once more\n";
    assert_eq!((second.code, second.stdout.as_str(), server.mails().len()), (0, expected, 2));
    let again = home.run(&AGAIN);
    assert_eq!((again.code, server.mails().len()), (0, 3), "{}", again.stderr);
    assert_eq!(id(&server.mails()[2]), id(&mails[0]));
    let told = home.json(&[&TODAY[..], &["--json"]].concat());
    assert_eq!(told["mails"], json!([{"recipient": "ada@a.example", "outcome": "sent-before"}]));
    assert_eq!(home.run(&["check"]).code, 0);
}

#[test]
fn what_a_server_refuses_is_said_and_sent_by_the_next_run() {
    let (home, server) = home(Mode::Well);
    let place = format!("127.0.0.1:{}", server.port);
    for (mode, cause) in [
        (Mode::Mute, "incomplete response"),
        (Mode::NoRecipient, "nobody of that name here"),
        (Mode::NoData, "try again later"),
        (Mode::NoContent, "not such a thing"),
        (Mode::DropAtData, "incomplete response"),
    ] {
        server.set(mode);
        let ended = home.run(&TODAY);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{mode:?}");
        let told = ended.stderr.contains(&place) && ended.stderr.contains(cause);
        assert!(told, "{mode:?}: {}", ended.stderr);
        assert_eq!((server.mails().len(), shown(&home)), (0, 0), "{mode:?}");
    }
    server.set(Mode::Well);
    let ended = home.run(&TODAY);
    assert_eq!((ended.code, server.mails().len(), shown(&home)), (0, 1, 4), "{}", ended.stderr);
}

#[test]
fn a_mail_that_may_have_been_taken_is_not_sent_twice() {
    for (mode, taken) in [(Mode::DropAfterMessage, 1), (Mode::DropAtMessage, 0)] {
        let (home, server) = home(mode);
        let ended = home.run(&TODAY);
        let unclear = "whether ada@a.example has got the mail of 2026-01-05 is not known";
        assert!(ended.code == 2 && ended.stderr.contains(unclear), "{}", ended.stderr);
        server.set(Mode::Well);
        let ended = home.run(&TODAY);
        assert!(
            ended.code == 2 && ended.stderr.contains(unclear) && ended.stderr.contains("--again"),
            "{}",
            ended.stderr
        );
        assert_eq!((server.mails().len(), shown(&home)), (taken, 0));
        let again = home.run(&AGAIN);
        assert_eq!((again.code, server.mails().len(), shown(&home)), (0, taken + 1, 4), "{}", again.stderr);
    }
}

#[test]
fn a_run_that_is_killed_while_it_sends_does_not_send_twice() {
    let (home, server) = home(Mode::Held);
    let mut child =
        home.command(&TODAY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    while server.mails().is_empty() {
        assert_eq!(child.try_wait().expect("a child"), None, "it ended before it had sent the mail");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    server.set(Mode::Well);
    let ended = home.run(&TODAY);
    assert!(ended.code == 2 && ended.stderr.contains("is not known"), "{}", ended.stderr);
    assert_eq!(server.mails().len(), 1);
    server.set(Mode::Slow);
    assert_eq!((home.run(&AGAIN).code, server.mails().len()), (0, 2));
}

#[cfg(unix)]
#[test]
fn a_password_comes_from_a_private_file_a_variable_or_a_credential_and_is_never_shown() {
    use std::os::unix::fs::PermissionsExt;
    let (home, server) = home(Mode::Login);
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = home.command(arguments);
        command.env_remove("CREDENTIALS_DIRECTORY").env_remove("RELATA_MAIL_PASSWORD");
        let ended = Ended::from(command.envs(variables.iter().copied()).output().expect("the program starts"));
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("sesame"), "{}", ended.stderr);
        ended
    };
    configure(&home, &server, "user = 'ada'\n");
    let ended = run(&TODAY, &[]);
    assert!(ended.code == 2 && ended.stderr.contains("the password of ada is not known"), "{}", ended.stderr);
    configure(&home, &server, "user = 'ada'\npassword_file = 'password'\n");
    let path = home.write("password", "open sesame\n");
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    mode(0o644);
    let ended = run(&TODAY, &[]);
    assert!(
        ended.code == 2 && ended.stderr.contains("password may be read by others (its mode is 0644)"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("chmod 600"), "{}", ended.stderr);
    assert_eq!(server.commands(), Vec::<String>::new(), "nothing is sent before");
    mode(0o600);
    assert_eq!(run(&TODAY, &[]).code, 0);
    let wrong = run(&AGAIN, &[("RELATA_MAIL_PASSWORD", "close sesame")]);
    assert!(wrong.code == 2 && wrong.stderr.contains("wrong user or password"), "{}", wrong.stderr);
    assert_eq!(server.mails().len(), 1);
    let credentials = home.path("credentials");
    home.write("credentials/relata-mail", "open sesame");
    configure(&home, &server, "user = 'ada'\n");
    assert_eq!(run(&AGAIN, &[("CREDENTIALS_DIRECTORY", &credentials.display().to_string())]).code, 0);
    assert_eq!(run(&AGAIN, &[("RELATA_MAIL_PASSWORD", "open sesame")]).code, 0);
    assert_eq!(server.mails().len(), 3);
    let shown = run(&["config", "show", "--all"], &[("RELATA_MAIL_PASSWORD", "open sesame")]);
    assert!(shown.stdout.contains("mail.password_file") && shown.code == 0, "{}", shown.stdout);
    assert!(shown.stdout.ends_with("is set by RELATA_MAIL_PASSWORD, and is not shown.\n"), "{}", shown.stdout);
    assert!(run(&["config", "show", "--all"], &[]).stdout.contains("\nThe password for mail is not set; "));
    assert!(!run(&["config", "show"], &[]).stdout.contains("password"));
    let source = |variables: &[(&str, &str)]| {
        let told: serde_json::Value =
            serde_json::from_str(&run(&["config", "show", "--json"], variables).stdout).expect("JSON");
        told["mail_password"].clone()
    };
    assert_eq!(source(&[("RELATA_MAIL_PASSWORD", "open sesame")]), json!("RELATA_MAIL_PASSWORD"));
    let credentials = credentials.display().to_string();
    assert_eq!(source(&[("CREDENTIALS_DIRECTORY", &credentials)]), json!("CREDENTIALS_DIRECTORY"));
    assert_eq!(source(&[]), json!(null));
}

#[test]
fn mail_is_encrypted_or_stays_on_this_machine() {
    let (home, server) = home(Mode::Well);
    // A server that offers no STARTTLS, one that offers it and does not speak it, and one that
    // speaks no TLS at all gets neither a password nor a mail.
    for (mode, security) in [(Mode::Well, "starttls"), (Mode::BrokenTls, "starttls"), (Mode::Mute, "tls")] {
        server.set(mode);
        configure(&home, &server, &format!("security = '{security}'\nuser = 'ada'\n"));
        let mut command = home.command(&TODAY);
        let ended =
            Ended::from(command.env("RELATA_MAIL_PASSWORD", "open sesame").output().expect("the program starts"));
        assert_eq!(ended.code, 2, "{mode:?}");
        assert!(ended.stderr.contains(&format!("the mail server 127.0.0.1:{}: ", server.port)), "{}", ended.stderr);
    }
    let commands = server.commands();
    assert!(!commands.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{commands:?}");
    home.write("config.toml", "[mail]\nserver = 'mail.example'\nfrom = 'a@b.example'\nsecurity = 'none'\n");
    let ended = home.run(&TODAY);
    assert!(ended.code == 2 && ended.stderr.contains("would not be encrypted"), "{}", ended.stderr);
    assert_eq!(shown(&home), 0);
}

#[test]
fn a_certificate_of_ones_own_is_trusted_where_it_is_named_and_nowhere_else() {
    for (mode, security) in [(Mode::Tls, "tls"), (Mode::StartTls, "starttls")] {
        let (home, server) = home(mode);
        let run = |arguments: &[&str], more: &str, variable: &str| {
            configure(&home, &server, &format!("security = '{security}'\nuser = 'ada'\n{more}"));
            let mut command = home.command(arguments);
            command.env("RELATA_MAIL_PASSWORD", "open sesame").env("RELATA_MAIL_CERTIFICATE", variable);
            Ended::from(command.output().expect("the program starts"))
        };
        // Neither a server that nobody vouches for nor one with another certificate gets a
        // password.
        home.write("other.pem", Server::start(mode).certificate());
        for more in ["", "certificate = 'other.pem'\n"] {
            let ended = run(&TODAY, more, "");
            let place = format!("the mail server 127.0.0.1:{} is not trusted: ", server.port);
            assert!(ended.code == 2 && ended.stderr.contains(&place), "{}", ended.stderr);
            assert!(ended.stderr.contains("config set mail.certificate"), "{}", ended.stderr);
        }
        home.write("none.pem", "no certificate");
        let ended = run(&TODAY, "certificate = 'none.pem'\n", "");
        assert!(ended.code == 2 && ended.stderr.contains("none.pem holds no certificate"), "{}", ended.stderr);
        let told = |word: &str| server.commands().iter().filter(|line| line.starts_with(word)).count();
        assert_eq!((told("AUTH"), told("MAIL"), server.mails().len()), (0, 0, 0), "{security}");

        home.write("own.pem", server.certificate());
        let ended = run(&TODAY, "certificate = 'own.pem'\n", "");
        assert_eq!((ended.code, server.mails().len(), shown(&home)), (0, 1, 4), "{}", ended.stderr);
        assert_eq!((told("AUTH"), told("MAIL")), (1, 1), "{security}");
        assert_eq!(parsed(&server.mails()[0]).subject(), Some("2026-01-05: 4 new papers"));
        // The variable goes before the file, and both may hold several certificates.
        let both = home.write("both.pem", format!("{}{}", Server::start(mode).certificate(), server.certificate()));
        let ended = run(&AGAIN, "certificate = 'other.pem'\n", &both.display().to_string());
        assert_eq!((ended.code, server.mails().len()), (0, 2), "{}", ended.stderr);
    }
}

#[test]
fn an_empty_day_sends_nothing_and_what_is_wrong_is_said_first() {
    let (home, server) = home(Mode::Well);
    let none = ["today", "--at-least", "100", "--mail", "ada@a.example"];
    let ended = home.run(&none);
    let expected = "2026-01-05: no new paper for the profile default; no mail is sent\n";
    assert_eq!((ended.code, ended.stdout.as_str(), server.mails().len()), (1, expected, 0));
    let ended = home.run(&[&none[..], &["--even-if-empty"]].concat());
    assert_eq!((ended.code, server.mails().len()), (0, 1), "what was asked for was sent: {}", ended.stderr);
    assert_eq!(parsed(&server.mails()[0]).subject(), Some("2026-01-05: no new papers"));

    let ended = home.run(&["today", "--mail", "nobody"]);
    assert!(ended.code == 2 && ended.stderr.contains("no mail address"), "{}", ended.stderr);
    let ended = home.run(&[&TODAY[..], &["--format", "html"]].concat());
    assert!(ended.code == 2 && ended.stderr.contains("cannot be used with"), "{}", ended.stderr);
    home.write("config.toml", "");
    let ended = home.run(&TODAY);
    let expected =
        "error: mail cannot be sent: mail.server is not set; set it with `relata config set mail.server VALUE`\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (2, expected));
}

#[test]
fn a_mail_is_written_without_sending_it() {
    let (home, server) = home(Mode::Well);
    let written = |form: &str| home.run(&["today", "--at-least", "0", "--format", form]);
    let first = written("eml");
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(written("eml").stdout, first.stdout, "the same list is the same mail");
    let mail = MessageParser::default().parse(first.stdout.as_bytes()).expect("a mail");
    assert_eq!(mail.subject(), Some("2026-01-05: 4 new papers"));
    assert_eq!(mail.from().and_then(|from| from.first()).and_then(|from| from.address()), Some("relata@uni.example"));
    assert!(mail.body_html(0).is_some_and(|html| html.contains(&invented(3).title)));
    let related = home.run(&["recommend", "2601.00001", "--format", "eml"]);
    let mail = MessageParser::default().parse(related.stdout.as_bytes()).expect("a mail");
    assert_eq!((related.code, mail.subject()), (0, Some("Papers related to 2601.00001")));
    assert_eq!(server.commands().len(), 0);
}

#[test]
fn what_is_followed_comes_first_with_its_reason() {
    let (home, server) = home(Mode::Well);
    let followed = invented(3);
    assert_eq!(home.run(&["follow", "--words", &followed.title]).code, 0);
    let ended = home.run(&TODAY);
    let expected = "2026-01-05: 4 papers sent to ada@a.example\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{}", ended.stderr);
    let mails = server.mails();
    let mail = parsed(&mails[0]);
    let text = mail.body_text(0).expect("text");
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is in {text}"));
    let order = [place("WHAT YOU FOLLOW"), place(&followed.title), place("WHAT MATCHES WHAT YOU LIKE"), place("  2. ")];
    assert!(order.is_sorted(), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("4 of them new to you, 1 that you follow, 3 more with a match"), "{text}");
    assert!(words.contains(&format!("Why: has the words \u{201c}{}\u{201d};", followed.title)), "{text}");
    assert_eq!(shown(&home), 4);
}
