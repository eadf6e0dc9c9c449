//! An adapter whose messages are bytes on a bus in memory.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sockeye::{
    AckCollector, Adapter, AdapterError, AdapterFuture, Encoded, JoinError, LocalRooms,
    NumberedEvent, Room, SocketDetails, SocketId, Target, parser::OwnedArguments,
};
use tokio::sync::{mpsc, oneshot};

type Sender = mpsc::UnboundedSender<Vec<u8>>;

/// Carries bytes to all servers but the one that speaks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bus(Arc<Mutex<Vec<Sender>>>, Arc<AtomicBool>);

impl Bus {
    pub(crate) fn mute(&self, mute: bool) {
        self.1.store(mute, Ordering::SeqCst);
    }

    fn others(&self) -> usize {
        self.0.lock().expect("no panic").len() - 1
    }

    fn send(&self, from: usize, message: &Message) {
        if self.1.load(Ordering::SeqCst) {
            return;
        }
        let bytes = serde_json::to_vec(message).expect("JSON");
        let all = self.0.lock().expect("no panic");
        for (n, server) in all.iter().enumerate() {
            if n != from {
                let _ = server.send(bytes.clone());
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct To {
    rooms: Vec<String>,
    except: Vec<String>,
    sender: Option<String>,
    volatile: bool,
}

impl To {
    fn of(target: &Target) -> Self {
        let names = |rooms: &[Room]| rooms.iter().map(ToString::to_string).collect();
        Self {
            rooms: names(&target.rooms),
            except: names(&target.except),
            sender: target.sender.map(|id| id.as_str().to_owned()),
            volatile: target.volatile,
        }
    }

    fn target(self) -> Target {
        let mut target = Target::default();
        target.rooms = self.rooms.into_iter().map(Into::into).collect();
        target.except = self.except.into_iter().map(Into::into).collect();
        target.sender = self.sender.as_deref().and_then(SocketId::parse);
        target.volatile = self.volatile;
        target
    }
}

#[derive(Serialize, Deserialize)]
enum Message {
    Broadcast(Vec<u8>, usize, To, Option<u64>),
    Asked(u64, usize),
    Answer(u64, Option<Vec<u8>>),
    Gone(u64, usize),
    NotAsked(u64, usize),
    Join(To, Vec<String>),
    Leave(To, Vec<String>),
    Disconnect(To, bool),
    Fetch(u64, To),
    Found(u64, Vec<SocketDetails>),
    Say(String, Vec<u8>, Option<u64>),
}

#[derive(Debug, Default)]
struct Requests {
    acks: HashMap<u64, AckCollector>,
    found: HashMap<u64, oneshot::Sender<Vec<SocketDetails>>>,
}

/// One server's adapter.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    bus: Bus,
    number: usize,
    rooms: Arc<LocalRooms>,
    requests: Arc<Mutex<Requests>>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn bytes_of(arguments: &OwnedArguments) -> Vec<u8> {
    serde_json::to_vec(&arguments.borrow()).expect("JSON")
}

fn arguments_of(bytes: &[u8]) -> OwnedArguments {
    let values: Vec<serde_json::Value> = serde_json::from_slice(bytes).expect("JSON");
    OwnedArguments::new(&sockeye::Args(values)).expect("a list")
}

impl Linked {
    pub(crate) fn new(bus: &Bus, rooms: Arc<LocalRooms>) -> Self {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let number = {
            let mut all = bus.0.lock().expect("no panic");
            all.push(sender);
            all.len() - 1
        };
        let linked = Self {
            bus: bus.clone(),
            number,
            rooms,
            requests: Arc::default(),
        };
        let hearing = linked.clone();
        tokio::spawn(async move {
            while let Some(bytes) = receiver.recv().await {
                hearing.hear(serde_json::from_slice(&bytes).expect("JSON"));
            }
        });
        linked
    }

    fn say(&self, message: Message) {
        self.bus.send(self.number, &message);
    }

    fn expect(&self, answers: &AckCollector) -> u64 {
        let request = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut requests = self.requests.lock().expect("no panic");
        requests.acks.retain(|_, answers| answers.is_wanted());
        requests.acks.insert(request, answers.clone());
        request
    }

    fn hear(&self, message: Message) {
        match message {
            Message::Broadcast(frames, packets, to, None) => {
                let packet = Encoded::new(frames, packets);
                self.rooms.broadcast(&packet, &to.target());
            }
            Message::Broadcast(frames, packets, to, Some(request)) => {
                let packet = Encoded::new(frames, packets);
                let event = self.rooms.number(&packet).expect("an event");
                self.ask(&event, &to.target(), request);
            }
            Message::Asked(request, count) => self.answered(request, |acks| acks.asked(count)),
            Message::Answer(request, answer) => self.answered(request, |acks| match answer {
                Some(answer) => {
                    acks.answer(arguments_of(&answer));
                }
                None => acks.gone(1),
            }),
            Message::NotAsked(request, count) => {
                self.answered(request, |acks| acks.not_asked(count));
            }
            Message::Gone(request, count) => self.answered(request, |acks| acks.gone(count)),
            Message::Join(to, rooms) => self.rooms.join_all(&to.target(), &names(rooms)),
            Message::Leave(to, rooms) => self.rooms.leave_all(&to.target(), &names(rooms)),
            Message::Disconnect(to, close) => self.rooms.disconnect_all(&to.target(), close),
            Message::Fetch(request, to) => {
                let sockets = self.rooms.sockets(&to.target());
                let found = sockets.iter().map(|socket| socket.details()).collect();
                self.say(Message::Found(request, found));
            }
            Message::Found(request, found) => {
                let sender = self
                    .requests
                    .lock()
                    .expect("no panic")
                    .found
                    .remove(&request);
                if let Some(sender) = sender {
                    let _ = sender.send(found);
                }
            }
            Message::Say(event, arguments, request) => {
                let answer = self.rooms.serve(&event, arguments_of(&arguments));
                let this = self.clone();
                tokio::spawn(async move {
                    let answer = answer.await.map(|answer| bytes_of(&answer));
                    if let Some(request) = request {
                        this.say(Message::Answer(request, answer));
                    }
                });
            }
        }
    }

    fn answered(&self, request: u64, tell: impl FnOnce(&AckCollector)) {
        let acks = self
            .requests
            .lock()
            .expect("no panic")
            .acks
            .get(&request)
            .cloned();
        if let Some(acks) = acks {
            tell(&acks);
        }
    }

    /// Asks this server's sockets for another, and passes on what they answer.
    fn ask(&self, event: &NumberedEvent, target: &Target, request: u64) {
        let acks = AckCollector::new();
        self.rooms.broadcast_with_ack(event, target, &acks);
        let asked = acks.asked_so_far();
        self.say(Message::Asked(request, asked));
        let this = self.clone();
        tokio::spawn(async move {
            let mut silent = asked;
            while let Some(answer) = acks.next().await {
                silent -= 1;
                this.say(Message::Answer(request, Some(bytes_of(&answer))));
            }
            let not_asked = acks.not_asked_so_far();
            this.say(Message::NotAsked(request, not_asked));
            this.say(Message::Gone(request, silent - not_asked));
        });
    }
}

fn names(rooms: Vec<String>) -> Vec<Room> {
    rooms.into_iter().map(Into::into).collect()
}

fn strings(rooms: &[Room]) -> Vec<String> {
    rooms.iter().map(ToString::to_string).collect()
}

impl Adapter for Linked {
    fn broadcast(&self, packet: &Encoded, target: &Target) {
        if !target.local {
            let frames = packet.frames().to_vec();
            let to = To::of(target);
            self.say(Message::Broadcast(frames, packet.packets(), to, None));
        }
        self.rooms.broadcast(packet, target);
    }

    fn broadcast_with_ack(&self, event: &NumberedEvent, target: &Target, answers: &AckCollector) {
        if !target.local {
            answers.expect_servers(self.bus.others());
            let request = Some(self.expect(answers));
            let packet = &event.packet;
            let frames = packet.frames().to_vec();
            let to = To::of(target);
            self.say(Message::Broadcast(frames, packet.packets(), to, request));
        }
        self.rooms.broadcast_with_ack(event, target, answers);
    }

    fn join(&self, socket: SocketId, rooms: &[Room]) -> Result<(), JoinError> {
        self.rooms.join(socket, rooms)
    }

    fn leave(&self, socket: SocketId, rooms: &[Room]) {
        self.rooms.leave(socket, rooms);
    }

    fn rooms_of(&self, socket: SocketId) -> Vec<Room> {
        self.rooms.rooms_of(socket)
    }

    fn join_all(&self, target: &Target, rooms: &[Room]) {
        if !target.local {
            self.say(Message::Join(To::of(target), strings(rooms)));
        }
        self.rooms.join_all(target, rooms);
    }

    fn leave_all(&self, target: &Target, rooms: &[Room]) {
        if !target.local {
            self.say(Message::Leave(To::of(target), strings(rooms)));
        }
        self.rooms.leave_all(target, rooms);
    }

    fn disconnect_all(&self, target: &Target, close: bool) {
        if !target.local {
            self.say(Message::Disconnect(To::of(target), close));
        }
        self.rooms.disconnect_all(target, close);
    }

    fn fetch_sockets(
        &self,
        target: &Target,
        timeout: Duration,
    ) -> AdapterFuture<Vec<SocketDetails>> {
        let servers = self.bus.others();
        assert_eq!(servers, 1, "this one knows one other server");
        let request = NEXT.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        let mut requests = self.requests.lock().expect("no panic");
        requests.found.insert(request, sender);
        drop(requests);
        self.say(Message::Fetch(request, To::of(target)));
        Box::pin(async move {
            match tokio::time::timeout(timeout, receiver).await {
                Ok(Ok(found)) => Ok(found),
                Ok(Err(_)) => Err(AdapterError::Unreachable("the bus has ended".to_owned())),
                Err(_) => Err(AdapterError::Timeout {
                    missing: 1,
                    servers,
                }),
            }
        })
    }

    fn server_side_emit(
        &self,
        event: &str,
        arguments: &OwnedArguments,
        answers: Option<&AckCollector>,
    ) {
        let request = answers.map(|answers| {
            answers.asked(self.bus.others());
            self.expect(answers)
        });
        self.say(Message::Say(event.to_owned(), bytes_of(arguments), request));
    }

    fn server_count(&self) -> AdapterFuture<usize> {
        let count = self.bus.others() + 1;
        Box::pin(async move { Ok(count) })
    }
}
