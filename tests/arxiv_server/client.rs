//! A client of HTTP/1.1 that hides nothing: one connection, which stays open, and what came in.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in small letters, and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body has as many bytes as it was said to have.
    pub(crate) whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    /// Connects to the server of an address.
    pub(crate) fn new(address: &str) -> Client {
        let host = address.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream: BufReader::new(stream), host }
    }

    /// Asks for an address of the server with further headers, each with its line end.
    pub(crate) fn get_with(&mut self, address: &str, headers: &str) -> Answer {
        let path = address.split_once(&self.host).map_or(address, |(_, path)| path);
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: test/1\r\n{headers}\r\n", self.host))
    }

    pub(crate) fn get(&mut self, address: &str) -> Answer {
        self.get_with(address, "")
    }

    pub(crate) fn post(&mut self, address: &str, form: &str) -> Answer {
        let path = address.split_once(&self.host).map_or(address, |(_, path)| path);
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let length = form.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{form}",
            self.host
        ))
    }

    fn send(&mut self, request: &str) -> Answer {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &String| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers: Vec<(String, String)> = head[1..].iter().map(header).collect();
        let length = headers.iter().find(|header| header.0 == "content-length").map_or(0, |it| it.1.parse().unwrap());
        let (body, whole) = self.body(length);
        Answer { status, headers, body, whole }
    }

    /// Reads a body of some length, or as much as comes.
    fn body(&mut self, length: usize) -> (Vec<u8>, bool) {
        let mut body = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.stream.read(&mut body[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        body.truncate(filled);
        (body, filled == length)
    }
}
