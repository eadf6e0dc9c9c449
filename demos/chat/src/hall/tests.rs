use super::*;

const ADA: &str = "a key of Ada's";
const BOB: &str = "a key of Bob's";

fn room(name: &str) -> RoomName {
    RoomName::parse(name).expect("a good name")
}

fn hall() -> Hall {
    let mut hall = Hall::default();
    hall.enter("ada", "Ada", ADA).expect("enters");
    hall.enter("bob", "Bob", BOB).expect("enters");
    hall
}

fn say(hall: &mut Hall, seat: &str, id: &str, now: u64) -> Result<Said, Refusal> {
    let id = MessageId::parse(id.to_owned())?;
    hall.say(seat, &RoomName::lobby(), id, Text::parse("hello")?, now)
}

#[test]
fn a_name_is_free_again_when_its_last_tab_closes() {
    let mut hall = hall();
    let name = |hall: &mut Hall, seat: &str, key: &str| {
        hall.enter(seat, "ada", key)
            .map(|entered| entered.name.to_string())
    };
    assert_eq!(
        name(&mut hall, "kim", "a key of Kim's").as_deref(),
        Ok("ada 2")
    );
    // the same key: the line came back before the old one was seen to break
    assert_eq!(name(&mut hall, "ada again", ADA).as_deref(), Ok("Ada"));
    hall.depart("ada");
    assert_eq!(
        name(&mut hall, "lea", "a key of Lea's").as_deref(),
        Ok("ada 3")
    );
    hall.depart("ada again");
    assert_eq!(
        name(&mut hall, "joe", "a key of Joe's").as_deref(),
        Ok("ada")
    );
}

#[test]
fn entering_twice_changes_nothing() {
    let mut hall = hall();
    let again = hall.enter("ada", "Someone else", BOB).expect("enters");
    assert_eq!(again.name.to_string(), "Ada");
    hall.depart("ada");
    assert_eq!(
        (hall.seats.len(), hall.people.len(), hall.names.len()),
        (1, 1, 1)
    );
}

#[test]
fn strangers_and_absent_people_are_told_so() {
    let mut hall = hall();
    assert_eq!(hall.enter("x", "X", "short").err(), Some(Refusal::Key));
    assert_eq!(
        hall.join("x", &RoomName::lobby()).err(),
        Some(Refusal::Stranger)
    );
    assert_eq!(
        say(&mut hall, "x", "message1", 1).err(),
        Some(Refusal::Stranger)
    );
    assert_eq!(
        say(&mut hall, "ada", "message1", 1).err(),
        Some(Refusal::NotInRoom)
    );
    assert_eq!(hall.received("ada", &RoomName::lobby(), &[]), []);
}

#[test]
fn a_second_tab_neither_comes_nor_goes() {
    let mut hall = hall();
    let lobby = RoomName::lobby();
    hall.enter("ada again", "Ada", ADA).expect("enters");
    let newcomer = |hall: &mut Hall, seat: &str| hall.join(seat, &lobby).expect("joins").1.newcomer;
    assert_eq!(
        newcomer(&mut hall, "ada")
            .map(|ada| ada.name.to_string())
            .as_deref(),
        Some("Ada")
    );
    assert_eq!(newcomer(&mut hall, "ada"), None);
    assert_eq!(newcomer(&mut hall, "ada again"), None);
    assert_eq!(hall.depart("ada"), []);
    let left = hall.depart("ada again");
    assert_eq!(
        left.iter().map(|left| &left.listed).collect::<Vec<_>>(),
        [&Listed {
            room: lobby,
            people: 0
        }]
    );
}

#[test]
fn what_is_sent_again_is_said_once() {
    let mut hall = hall();
    hall.join("ada", &RoomName::lobby()).expect("joins");
    let Ok(Said::New(first)) = say(&mut hall, "ada", "message1", 1_000) else {
        panic!("it is new")
    };
    let Ok(Said::Again(at)) = say(&mut hall, "ada", "message1", 2_000) else {
        panic!("it is not new")
    };
    assert_eq!((first.at, at), (1_000, 1_000));
    let (entrance, _) = hall.join("bob", &RoomName::lobby()).expect("joins");
    assert_eq!(entrance.messages, [first]);
}

#[test]
fn time_is_an_order_even_when_the_clock_stands() {
    let mut hall = hall();
    hall.join("ada", &RoomName::lobby()).expect("joins");
    for (id, now, expected) in [
        ("message1", 5, 5),
        ("message2", 5, 6),
        ("message3", 1, 7),
        ("message4", 9, 9),
    ] {
        let Ok(Said::New(message)) = say(&mut hall, "ada", id, now) else {
            panic!("it is new")
        };
        assert_eq!(message.at, expected);
    }
}

#[test]
fn delivered_goes_to_the_author_once() {
    let mut hall = hall();
    let lobby = RoomName::lobby();
    let ada = hall
        .join("ada", &lobby)
        .expect("joins")
        .1
        .newcomer
        .expect("is new")
        .by;
    hall.join("bob", &lobby).expect("joins");
    let Ok(Said::New(message)) = say(&mut hall, "ada", "message1", 1) else {
        panic!("it is new")
    };
    let ids = ["message1".to_owned()];
    assert_eq!(hall.received("ada", &lobby, &ids), []);
    assert_eq!(hall.received("bob", &lobby, &ids), [(ada, message.id)]);
    assert_eq!(hall.received("bob", &lobby, &ids), []);
}

#[test]
fn an_empty_room_makes_place_and_a_full_house_refuses() {
    let mut hall = hall();
    for number in 1..MOST_ROOMS {
        hall.join("ada", &room(&format!("r{number:02}")))
            .expect("joins");
    }
    assert_eq!(
        hall.join("bob", &room("one more")).err(),
        Some(Refusal::TooManyRooms)
    );
    hall.leave("ada", &room("r07"));
    let (_, joined) = hall.join("bob", &room("one more")).expect("joins");
    assert_eq!(joined.removed, Some(room("r07")));
    assert_eq!(hall.rooms.len(), MOST_ROOMS);
    assert!(
        hall.rooms.contains_key(&RoomName::lobby()),
        "the lobby stays, empty or not"
    );
}

#[test]
fn guests_are_heard_in_the_lobby() {
    let mut hall = hall();
    let guest = PersonName::parse("guest-a1b2").expect("a good name");
    let heard = hall.overhear(guest, Text::parse("hi").expect("a good text"), 1);
    let (entrance, _) = hall.join("ada", &RoomName::lobby()).expect("joins");
    assert_eq!(entrance.messages, [heard]);
}
