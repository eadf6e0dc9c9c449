use std::fmt;

use crate::Arity;

/// How many arguments an event is. There are three forms, and no others.
pub trait Form: sealed::Sealed + fmt::Debug + Copy + 'static {
    /// How the value stands in a packet's list.
    const ARITY: Arity;
}

/// One argument: a struct with named fields, a newtype, an enum.
#[derive(Debug, Clone, Copy)]
pub enum Single {}

/// Several arguments: a tuple struct of two fields or more.
#[derive(Debug, Clone, Copy)]
pub enum Several {}

/// No argument: a struct without fields.
#[derive(Debug, Clone, Copy)]
pub enum Empty {}

impl Form for Single {
    const ARITY: Arity = Arity::One;
}

impl Form for Several {
    const ARITY: Arity = Arity::List;
}

impl Form for Empty {
    const ARITY: Arity = Arity::None;
}

/// The form of an event that a handler takes as it is; one of several arguments comes in `Args`.
#[diagnostic::on_unimplemented(
    message = "this event is several arguments, which a handler takes as `Args<Event>`",
    note = "write `Args(event): Args<…>` as the handler's last parameter, or give the struct named fields"
)]
pub trait Bare: Form {}

impl Bare for Single {}
impl Bare for Empty {}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else is to write a form")]
    pub trait Sealed {}

    impl Sealed for super::Single {}
    impl Sealed for super::Several {}
    impl Sealed for super::Empty {}
}
