//! A mail server on loopback that keeps what it takes: real TCP and SMTP (RFC 5321), with the
//! faults that real ones show, on request.
//!
//! In: a [`Mode`]. Out: the mails that it has taken, each with its envelope, and the commands that
//! it was given. It shares no code with `src/`, so that a test compares two works.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It takes mail from everybody.
    Well,
    /// It takes mail from `ada` with the password `open sesame`.
    Login,
    /// It offers STARTTLS and then speaks no TLS.
    BrokenTls,
    /// It speaks TLS from the start, and takes mail as [`Mode::Login`] does.
    Tls,
    /// It speaks TLS after STARTTLS, and takes mail as [`Mode::Login`] does.
    StartTls,
    /// It hangs up instead of a greeting.
    Mute,
    /// It knows no recipient.
    NoRecipient,
    /// It refuses the command DATA.
    NoData,
    /// It refuses what it was sent.
    NoContent,
    /// It hangs up at DATA.
    DropAtData,
    /// It hangs up after it has allowed a message, before that has come.
    DropAtMessage,
    /// It takes a message and hangs up before it says so.
    DropAfterMessage,
    /// It takes a message and waits a while before it says so.
    Slow,
    /// It takes a message and never says so, until the client is gone.
    Held,
}

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub data: Vec<u8>,
}

#[derive(Default)]
struct State {
    mode: Option<Mode>,
    mails: Vec<Mail>,
    commands: Vec<String>,
}

/// A server; its threads end with the process.
pub(crate) struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
    identity: Arc<Identity>,
}

/// What a server shows of itself over TLS: a certificate for `localhost` and `127.0.0.1` that it
/// has signed itself.
struct Identity {
    pem: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    fn new() -> Identity {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let CertifiedKey { cert, key_pair } = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::try_from(key_pair.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        let encoded = BASE64_STANDARD.encode(cert.der());
        let lines: String = encoded.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n");
        Identity { pem, config: Arc::new(config) }
    }

    /// Begins TLS on a connection.
    fn greet(&self, stream: TcpStream) -> std::io::Result<Box<dyn Wire>> {
        let connection = ServerConnection::new(Arc::clone(&self.config)).map_err(std::io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }
}

/// A connection, be it encrypted or not.
trait Wire: Read + Write {}

impl<T: Read + Write> Wire for T {}

impl Server {
    pub(crate) fn start(mode: Mode) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { mode: Some(mode), ..State::default() }));
        let identity = Arc::new(Identity::new());
        let (shared, own) = (Arc::clone(&state), Arc::clone(&identity));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, own) = (Arc::clone(&shared), Arc::clone(&own));
                thread::spawn(move || drop(serve(&stream, &shared, &own)));
            }
        });
        Server { port, state, identity }
    }

    /// The certificate that it shows over TLS, in PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.identity.pem
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.locked().mode = Some(mode);
    }

    /// What it has taken so far.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.locked().mails.clone()
    }

    /// What it was told so far, without messages.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.locked().commands.clone()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread has died")
    }
}

/// One connection, until somebody hangs up.
fn serve(stream: &TcpStream, state: &Mutex<State>, identity: &Identity) -> std::io::Result<()> {
    let locked = || state.lock().expect("no thread has died");
    let mode = locked().mode.expect("a mode");
    if mode == Mode::Mute {
        return Ok(());
    }
    let mut encrypted = mode == Mode::Tls;
    let wire = if encrypted { identity.greet(stream.try_clone()?)? } else { Box::new(stream.try_clone()?) };
    let mut reader = BufReader::new(wire);
    let say = |reader: &mut BufReader<Box<dyn Wire>>, text: &str| {
        reader.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        reader.get_mut().flush()
    };
    say(&mut reader, "220 mail.test ESMTP")?;
    let login = [Mode::Login, Mode::Tls, Mode::StartTls].contains(&mode);
    let (mut from, mut to, mut known) = (String::new(), Vec::new(), !login);
    loop {
        let Some(line) = command(&mut reader)? else { return Ok(()) };
        locked().commands.push(line.clone());
        let upper = line.to_ascii_uppercase();
        match upper.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => {
                say(&mut reader, "250-mail.test")?;
                if mode == Mode::BrokenTls || mode == Mode::StartTls && !encrypted {
                    say(&mut reader, "250-STARTTLS")?;
                }
                if login && (encrypted || mode == Mode::Login) {
                    say(&mut reader, "250-AUTH PLAIN LOGIN")?;
                }
                say(&mut reader, "250 8BITMIME")?;
            }
            "STARTTLS" if mode == Mode::StartTls => {
                say(&mut reader, "220 go on")?;
                reader = BufReader::new(identity.greet(stream.try_clone()?)?);
                encrypted = true;
            }
            "STARTTLS" => {
                say(&mut reader, "220 go on")?;
                say(&mut reader, "this is no TLS")?;
                return Ok(());
            }
            "AUTH" => {
                let given = line.rsplit(' ').next().unwrap_or_default();
                known = BASE64_STANDARD.decode(given).is_ok_and(|given| given == b"\0ada\0open sesame");
                say(&mut reader, if known { "235 welcome" } else { "535 5.7.8 wrong user or password" })?;
            }
            "MAIL" if !known => say(&mut reader, "530 5.7.0 log in first")?,
            "MAIL" => {
                (from, to) = (address(&line), Vec::new());
                say(&mut reader, "250 fine")?;
            }
            "RCPT" if mode == Mode::NoRecipient => say(&mut reader, "550 5.1.1 nobody of that name here")?,
            "RCPT" => {
                to.push(address(&line));
                say(&mut reader, "250 fine")?;
            }
            "DATA" if mode == Mode::DropAtData => return Ok(()),
            "DATA" if mode == Mode::NoData => say(&mut reader, "451 4.3.0 try again later")?,
            "DATA" => {
                say(&mut reader, "354 go on")?;
                if mode == Mode::DropAtMessage {
                    return Ok(());
                }
                let Some(data) = message(&mut reader)? else { return Ok(()) };
                if mode == Mode::NoContent {
                    say(&mut reader, "554 5.6.0 not such a thing")?;
                    continue;
                }
                let mail = Mail { from: from.clone(), to: std::mem::take(&mut to), data };
                locked().mails.push(mail);
                match mode {
                    Mode::DropAfterMessage => return Ok(()),
                    Mode::Held => return std::io::copy(&mut reader, &mut std::io::sink()).map(drop),
                    Mode::Slow => thread::sleep(Duration::from_millis(700)),
                    _ => {}
                }
                say(&mut reader, "250 2.0.0 taken")?;
            }
            "QUIT" => return say(&mut reader, "221 bye"),
            _ => say(&mut reader, "250 fine")?,
        }
    }
}

/// A line without its end; `None` once the client has hung up.
fn command(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let read = reader.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

/// A message without the dots that stand for dots; `None` where it is cut.
fn message(reader: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(data));
        }
        let stuffed = line.starts_with(b".");
        data.extend_from_slice(&line[usize::from(stuffed)..]);
    }
}

fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
