use firebreak_replay::localnet::{Localnet, Options};

#[test]
fn it_starts_and_stops() {
    let net = Localnet::start(Options { crowd: 6, ..Options::default() }).unwrap();
    println!("started in {:?}", net.started_in);
    println!("{}", serde_json::to_string_pretty(&net.manifest).unwrap());
    std::thread::sleep(std::time::Duration::from_secs(3));
    let began = std::time::Instant::now();
    net.stop().unwrap();
    println!("stopped in {:?}", began.elapsed());
}
