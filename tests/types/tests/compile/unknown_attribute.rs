use sockeye::Event;

#[derive(Event)]
#[event(replies = u64)]
struct Count;

#[derive(Event)]
#[event(name = "one", name = "two")]
struct Twice;

#[derive(Event)]
#[event(name = number)]
struct Number(u64);

fn main() {}
