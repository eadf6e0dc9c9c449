//! Events that are types, on the wire.

mod support;

use serde::{Deserialize, Serialize};
use sockeye::{Args, Event, Namespace, Reply, Socket};
use support::{Client, Sockets, start};

#[derive(Event, Deserialize)]
#[event(reply = Accepted)]
struct Say {
    text: String,
}

#[derive(Serialize)]
struct Accepted {
    length: usize,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "chat message")]
struct ChatMessage(String);

#[derive(Event, Serialize, Deserialize)]
struct Move(i32, i32);

#[derive(Event, Serialize, Deserialize)]
#[event(reply = ())]
struct Refresh;

#[derive(Event, Serialize)]
struct Message<'a> {
    text: &'a str,
}

#[derive(Event, Serialize)]
#[event(reply = bool)]
enum Ask<'a> {
    Confirm(&'a str),
}

fn namespace() -> Namespace {
    Namespace::new()
        .event(async |socket: Socket, say: Say| {
            if say.text.is_empty() {
                return Err("nothing said");
            }
            socket.emit_event(Message { text: &say.text });
            Ok(Reply(Accepted {
                length: say.text.len(),
            }))
        })
        .event(async |socket: Socket, message: ChatMessage| socket.emit_event(&message))
        .event(async |socket: Socket, Args(Move(x, y)): Args<Move>| {
            socket.volatile().emit_event(Move(y, x));
        })
        .event(async |socket: Socket, _: Refresh| socket.server().emit_event(Refresh))
}

// parity: 6.1
#[tokio::test]
async fn each_form_of_event() {
    let (io, address) = start(namespace()).await;
    let (mut client, _) = Client::join(address).await;

    client.send(r#"27["say",{"text":"hi"}]"#).await;
    assert_eq!(client.next().await, r#"2["message",{"text":"hi"}]"#);
    assert_eq!(client.next().await, r#"37[{"length":2}]"#);
    let refused = client.ask(r#"28["say",{"text":""}]"#).await;
    assert_eq!(refused, r#"38[{"error":"nothing said"}]"#);
    let wrong = client.ask(r#"29["say",{}]"#).await;
    assert!(
        wrong.starts_with(r#"39[{"error":"invalid argument: missing field `text`"#),
        "{wrong}"
    );
    assert_eq!(io.stats().invalid_arguments, 1);

    let echoed = client.ask(r#"2["chat message","hello"]"#).await;
    assert_eq!(echoed, r#"2["chat message","hello"]"#);
    assert_eq!(client.ask(r#"2["move",1,2]"#).await, r#"2["move",2,1]"#);
    client.send(r#"21["refresh"]"#).await;
    assert_eq!(client.next().await, r#"2["refresh"]"#);
    assert_eq!(client.next().await, "31[]");
}

// parity: 6.1
#[tokio::test]
async fn a_question_has_the_type_of_its_answer() {
    let (namespace, mut sockets) = Sockets::of(namespace());
    let (io, address) = start(namespace).await;
    let (mut client, _) = Client::join(address).await;
    let socket = sockets.next().await;

    let answer = socket.ask(Ask::Confirm("Really?"));
    assert_eq!(client.next().await, r#"20["ask",{"Confirm":"Really?"}]"#);
    client.send("30[true]").await;
    assert!(answer.await.expect("an answer"));

    let answer = socket.ask(Refresh);
    assert_eq!(client.next().await, r#"21["refresh"]"#);
    client.send("31[]").await;
    answer.await.expect("an answer without a value");

    io.of("/").emit_event(Move(3, 4));
    assert_eq!(client.next().await, r#"2["move",3,4]"#);
}

#[test]
#[should_panic(expected = "the event `refresh` has two handlers")]
fn an_event_has_one_handler() {
    let twice = Namespace::new()
        .event(async |_: Refresh| ())
        .event(async |_: Refresh| ());
    let _ = sockeye::Server::builder().namespace("/", twice).build();
}
