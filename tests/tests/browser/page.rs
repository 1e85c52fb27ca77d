//! The TypeScript client and the WebAssembly, in a process of Node.js that answers questions.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a web page would know.
pub struct Page {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Page {
    /// Panics where Node.js or the built client is missing.
    pub fn open() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let client = here.join("../clients/ts").canonicalize().expect("clients/ts is there");
        for built in ["dist/valuation/index.js", "wasm/firebreak_risk_wasm_bg.wasm"] {
            assert!(client.join(built).exists(), "clients/ts/{built} is not built: run `cargo xtask clients` first");
        }
        let mut process = Command::new("node")
            .arg(here.join("tests/browser/answer.mjs"))
            .arg(&client)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js 20 or newer is needed in PATH");
        let questions = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, questions, answers }
    }

    /// Panics with the page's own message where it fails.
    pub fn ask(&mut self, ask: &str, mut input: Value) -> Value {
        input["ask"] = ask.into();
        writeln!(self.questions, "{input}").expect("the page listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the page answers");
        let mut answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(answer.get("failed").is_none(), "{ask} {input}: {}", answer["failed"].as_str().unwrap_or_default());
        answer["ok"].take()
    }

    /// A method of the valuation.
    pub fn value(&mut self, method: &str, input: Value) -> Value {
        self.ask("valuation", json!({ "method": method, "input": input }))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Its questions end with this process; waiting for it would need them closed first.
        let _killed = self.process.kill();
        let _status = self.process.wait();
    }
}

/// An integer that the page reads as a BigInt.
pub fn big(number: impl std::fmt::Display) -> Value {
    Value::String(format!("{number}n"))
}

/// An integer as the page answers it.
pub fn figure(number: impl std::fmt::Display) -> Value {
    Value::String(number.to_string())
}

pub fn bytes(data: &[u8]) -> Value {
    json!({ "hex": hex(data) })
}

pub fn hex(data: &[u8]) -> String {
    data.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// A value that the page reads from how Rust prints it.
pub fn printed(value: &impl std::fmt::Debug) -> Value {
    json!({ "debug": format!("{value:?}") })
}
