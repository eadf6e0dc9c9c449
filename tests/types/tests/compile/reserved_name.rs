use sockeye::Event;

#[derive(Event)]
#[event(name = "disconnect")]
struct Leave;

#[derive(Event)]
struct Connect {
    token: String,
}

fn main() {}
