//! The door for agents from outside: `relata mcp` as clients start it, and the service in a web
//! server.

mod answers;
mod hostile;
mod http;
mod long;
mod odd;
mod protocol;
mod schema;
mod support;
mod writes;
