//! A library in a temporary folder, and two ways to ask it by MCP: a process at its standard input
//! and output, and a service in a web server on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use relata::mcp::{McpOptions, http_service};
use relata::model::Settings;
use relata::service::{Options, Relata};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The version of the protocol without sessions.
pub(crate) const STATELESS: &str = "2026-07-28";

/// A folder with a library, perhaps, and the tiny model.
pub(crate) struct Home(pub(crate) TempDir);

impl Home {
    pub(crate) fn new() -> Home {
        Home(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The library as a program of one's own has it.
    pub(crate) fn relata(&self) -> Relata {
        relata(self.0.path())
    }

    /// `relata mcp` with these options, not yet spoken to.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relata"));
        command.arg("mcp").args(options).current_dir(self.0.path());
        command.env("RELATA_CONFIG", self.path("config.toml")).env("RELATA_LIBRARY", self.path("library.db"));
        command.env("RELATA_MODEL", tiny()).env("RELATA_CACHE", self.path("cache")).env("RELATA_OFFLINE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The library in a folder as a program of one's own has it.
pub(crate) fn relata(folder: &Path) -> Relata {
    let cache = folder.join("cache").into_os_string();
    let variable = |name: &str| (name == "RELATA_CACHE").then(|| cache.clone());
    let settings = Settings::from_vars(variable, None, Some(folder.join("home"))).expect("settings");
    let options = Options::new(folder.join("library.db"), Settings { offline: true, ..settings });
    Relata::new(options.model(tiny().display().to_string()))
}

/// The model with random weights.
pub(crate) fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert")
}

/// A client of `relata mcp`.
pub(crate) struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    next: u64,
}

impl Client {
    /// Starts the server without a word.
    pub(crate) fn start(home: &Home, options: &[&str]) -> Client {
        Client::of(&mut home.command(options))
    }

    /// Starts a server by a command.
    pub(crate) fn of(command: &mut Command) -> Client {
        let mut child = command.spawn().expect("relata mcp");
        let (to, from) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("output")));
        Client { child, to, from, next: 1 }
    }

    /// Starts the server, and shakes hands as clients of the era with sessions do.
    pub(crate) fn initialized(home: &Home, options: &[&str]) -> Client {
        let mut client = Client::start(home, options);
        client.initialize("2025-11-25");
        client
    }

    /// The handshake; gives the result.
    pub(crate) fn initialize(&mut self, version: &str) -> Value {
        let client = json!({ "name": "test", "version": "1" });
        let parameters = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let result = self.result("initialize", parameters);
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        result
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let to = self.to.as_mut().expect("input");
        writeln!(to, "{message}").and_then(|()| to.flush()).expect("a line is taken");
    }

    /// Passes over lines until one of them.
    pub(crate) fn pass_over(&mut self, last: &str) {
        let mut line = String::new();
        while line.trim_end() != last {
            line.clear();
            assert_ne!(self.from.read_line(&mut line).expect("a line"), 0, "{last:?} does not come");
        }
    }

    /// The next line, which must be a message.
    pub(crate) fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.from.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Sends a request; gives its number.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        id
    }

    /// The response to a request; messages before it are passed over.
    pub(crate) fn response(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.ask(method, parameters);
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    pub(crate) fn result(&mut self, method: &str, parameters: Value) -> Value {
        let response = self.response(method, parameters);
        assert!(response.get("error").is_none(), "{response}");
        response["result"].clone()
    }

    /// What a tool answers.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.result("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(result["isError"], json!(false), "{result}");
        let text = result["content"][0]["text"].as_str().expect("a text");
        let copy: Value = serde_json::from_str(text).expect("the text is the same data");
        assert_eq!(copy, result["structuredContent"]);
        copy
    }

    /// How a tool fails.
    pub(crate) fn failure(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.result("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(result["isError"], json!(true), "{result}");
        assert!(result.get("structuredContent").is_none(), "{result}");
        serde_json::from_str(result["content"][0]["text"].as_str().expect("a text")).expect("data")
    }

    /// Leaves, and gives the exit code, what else stood on standard output, and standard error.
    pub(crate) fn leave(mut self) -> (Option<i32>, String, String) {
        drop(self.to.take());
        let (mut rest, mut errors) = (String::new(), String::new());
        self.from.read_to_string(&mut rest).expect("the rest");
        self.child.stderr.take().expect("errors").read_to_string(&mut errors).expect("errors");
        (self.child.wait().expect("an end").code(), rest, errors)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The service at `/mcp` of a web server.
pub(crate) struct Web {
    address: SocketAddr,
    _runtime: Runtime,
}

/// What a web server answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Web {
    pub(crate) fn start(relata: Relata, options: McpOptions) -> Web {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let _entered = runtime.enter();
        let router = axum::Router::<()>::new().route_service("/mcp", http_service(relata, options));
        runtime.spawn(async move { axum::serve(listener, router).await });
        drop(_entered);
        Web { address, _runtime: runtime }
    }

    /// Sends bytes as they are; gives the connection.
    pub(crate) fn raw(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request is taken");
        stream
    }

    /// Asks with headers of one's own, `Host` among them.
    pub(crate) fn ask(&self, method: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = format!("{method} /mcp HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut answer = String::new();
        self.raw(&format!("{request}\r\n{body}")).read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Asks as a client of the era without sessions does.
    pub(crate) fn post(&self, method: &str, name: Option<&str>, parameters: &Value) -> Reply {
        self.post_from(&[], method, name, parameters)
    }

    /// The same with more headers.
    pub(crate) fn post_from(
        &self,
        more: &[(&str, &str)],
        method: &str,
        name: Option<&str>,
        parameters: &Value,
    ) -> Reply {
        let mut parameters = parameters.clone();
        parameters["_meta"] = meta();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters }).to_string();
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", STATELESS),
            ("Mcp-Method", method),
        ];
        headers.extend(name.map(|name| ("Mcp-Name", name)));
        if !more.iter().any(|(name, _)| *name == "Host") {
            headers.push(("Host", "127.0.0.1"));
        }
        headers.extend(more);
        self.ask("POST", &headers, &body)
    }

    /// What a tool answers.
    pub(crate) fn call(&self, tool: &str, arguments: Value) -> Value {
        let reply = self.post("tools/call", Some(tool), &json!({ "name": tool, "arguments": arguments }));
        assert_eq!(reply.status, 200, "{}", reply.body);
        let message: Value = serde_json::from_str(&reply.body).expect("a message");
        assert_eq!(message["result"]["isError"], json!(false), "{message}");
        message["result"]["structuredContent"].clone()
    }
}

/// What every request of the era without sessions carries.
pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}
