//! `firebreak`: what people run.

fn main() -> std::process::ExitCode {
    firebreak_cli::main()
}
