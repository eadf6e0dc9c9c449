//! The namespaces of a server: those that it was built with, and those that clients ask for.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use sockeye_protocol::Codec;

use super::Engine;
use crate::{
    LocalRooms, NamespaceMatch,
    namespace::{Child, Live, MakeAdapter, Table},
    recovery::Sequencer,
};

/// What becomes of the namespaces that come into being when a client asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamespaceEvent<'a> {
    /// It is there now; its first client is about to be let in.
    Created(&'a str),
    /// Its last client has left, and it is gone.
    Removed(&'a str),
}

/// Who is told of namespaces that come and go.
pub(crate) type NamespaceHook = Box<dyn Fn(NamespaceEvent<'_>) + Send + Sync>;

pub(crate) struct Namespaces {
    fixed: HashMap<Box<str>, Arc<Live>>,
    dynamic: Vec<(NamespaceMatch, Arc<Table>)>,
    children: Mutex<HashMap<Box<str>, Arc<Live>>>,
    make: Make,
    keep_empty: bool,
    hook: Option<NamespaceHook>,
}

/// Makes the log of one namespace, if clients may come back.
pub(crate) type MakeSequencer = Option<Box<dyn Fn() -> Sequencer + Send + Sync>>;

/// What it takes to make a namespace.
struct Make {
    shards: usize,
    codec: Codec,
    adapter: MakeAdapter,
    max_rooms: usize,
    sequencer: MakeSequencer,
    /// Set once the server is built.
    engine: OnceLock<Weak<Engine>>,
}

impl Make {
    fn live(&self, name: &str, table: Arc<Table>, child: Option<Child>) -> Arc<Live> {
        let sequencer = self.sequencer.as_ref().map(|make| make());
        let codec = self.codec.clone();
        let rooms = LocalRooms::new(
            self.shards,
            name,
            codec,
            Arc::clone(&table),
            self.max_rooms,
            sequencer,
        );
        let rooms = Arc::new(rooms);
        if let Some(engine) = self.engine.get().and_then(Weak::upgrade) {
            rooms.belongs_to(&engine);
        }
        let adapter = (self.adapter)(Arc::clone(&rooms));
        Arc::new(Live::new(name.into(), table, rooms, adapter, child))
    }
}

/// What the builder gives.
pub(crate) struct Registered {
    pub(crate) fixed: HashMap<Box<str>, Table>,
    pub(crate) dynamic: Vec<(NamespaceMatch, Table)>,
    pub(crate) keep_empty: bool,
    pub(crate) max_rooms: usize,
    pub(crate) hook: Option<NamespaceHook>,
}

impl Namespaces {
    pub(crate) fn new(
        registered: Registered,
        shards: usize,
        codec: Codec,
        adapter: MakeAdapter,
        sequencer: MakeSequencer,
    ) -> Self {
        let make = Make {
            shards,
            codec,
            adapter,
            max_rooms: registered.max_rooms,
            sequencer,
            engine: OnceLock::new(),
        };
        let live = |(name, table): (Box<str>, Table)| {
            let live = make.live(&name, Arc::new(table), None);
            (name, live)
        };
        Self {
            fixed: registered.fixed.into_iter().map(live).collect(),
            dynamic: registered
                .dynamic
                .into_iter()
                .map(|(matches, table)| (matches, Arc::new(table)))
                .collect(),
            children: Mutex::default(),
            make,
            keep_empty: registered.keep_empty,
            hook: registered.hook,
        }
    }

    /// Tells what server it belongs to.
    pub(crate) fn belong_to(&self, engine: &Arc<Engine>) {
        for live in self.fixed.values() {
            live.rooms().belongs_to(engine);
        }
        // Set once: a server is built once.
        let _ = self.make.engine.set(Arc::downgrade(engine));
    }

    fn children(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Live>>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Live>> {
        if let Some(live) = self.fixed.get(name) {
            return Some(Arc::clone(live));
        }
        let child = self.children().get(name).cloned();
        child.filter(|live| live.is_confirmed())
    }

    /// All that are there now, in no order.
    pub(crate) fn all(&self) -> Vec<Arc<Live>> {
        let mut all: Vec<_> = self.fixed.values().cloned().collect();
        if !self.dynamic.is_empty() {
            let children = self.children();
            all.extend(
                children
                    .values()
                    .filter(|live| live.is_confirmed())
                    .cloned(),
            );
        }
        all
    }

    /// A client asks for a namespace. Whoever gets one that is not fixed has to [`release`](Self::release)
    /// it when its socket ends.
    pub(super) fn enter(&self, name: &str) -> Option<Arc<Live>> {
        if let Some(live) = self.fixed.get(name) {
            return Some(Arc::clone(live));
        }
        if let Some(live) = use_child(&self.children(), name) {
            return Some(live);
        }
        // The closures are the user's: no lock is held while they run.
        let (matches, table) = self
            .dynamic
            .iter()
            .find(|(matches, _)| matches.matches(name))?;
        let check = matches.checked();
        let confirmed = check.is_none();
        // Making an adapter may run the user's code too; whoever is second drops theirs.
        let child = Child {
            check,
            confirmed: AtomicBool::new(confirmed),
            users: AtomicUsize::new(1),
        };
        let made = self.make.live(name, Arc::clone(table), Some(child));
        let live = {
            let mut children = self.children();
            use_child(&children, name).unwrap_or_else(|| {
                children.insert(name.into(), Arc::clone(&made));
                Arc::clone(&made)
            })
        };
        if !Arc::ptr_eq(&live, &made) {
            made.adapter().close();
        } else if confirmed {
            self.tell(NamespaceEvent::Created(name));
        }
        Some(live)
    }

    /// A client was let in by the check: the namespace is there.
    pub(super) fn confirm(&self, live: &Live) {
        if let Some(child) = live.child()
            && !child.confirmed.swap(true, Ordering::AcqRel)
        {
            self.tell(NamespaceEvent::Created(live.name()));
        }
    }

    /// A socket has ended. The last one takes a namespace along that is not fixed.
    pub(crate) fn release(&self, live: &Live) {
        let Some(child) = live.child() else {
            return;
        };
        let mut children = self.children();
        if child.users.fetch_sub(1, Ordering::Relaxed) > 1 {
            return;
        }
        let confirmed = live.is_confirmed();
        if confirmed && (self.keep_empty || live.rooms().is_awaiting()) {
            return;
        }
        let removed = children.remove(live.name());
        drop(children);
        if let Some(removed) = removed {
            self.end(&removed, confirmed);
        }
    }

    fn end(&self, removed: &Live, confirmed: bool) {
        removed.adapter().close();
        if confirmed {
            self.tell(NamespaceEvent::Removed(removed.name()));
        }
    }

    /// Forgets clients that were cut off too long ago, and what they were sent; and namespaces that were
    /// there for their sake alone. `false` if nothing is left that can age.
    pub(crate) fn expire(&self, now: Instant) -> bool {
        let mut left = false;
        for live in self.all() {
            left |= live.rooms().expire(now);
        }
        if self.keep_empty {
            return left;
        }
        let mut ended = Vec::new();
        self.children().retain(|_, live| {
            let users = live
                .child()
                .map(|child| child.users.load(Ordering::Relaxed));
            let keep = users != Some(0) || live.rooms().is_awaiting();
            if !keep {
                ended.push(Arc::clone(live));
            }
            keep
        });
        for live in ended {
            self.end(&live, live.is_confirmed());
        }
        left
    }

    fn tell(&self, event: NamespaceEvent<'_>) {
        tracing::debug!(?event, "namespace");
        if let Some(hook) = &self.hook {
            hook(event);
        }
    }
}

/// One that is there already gets one more user.
fn use_child(children: &HashMap<Box<str>, Arc<Live>>, name: &str) -> Option<Arc<Live>> {
    let live = children.get(name)?;
    if let Some(child) = live.child() {
        child.users.fetch_add(1, Ordering::Relaxed);
    }
    Some(Arc::clone(live))
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespaces")
            .field("fixed", &self.fixed.keys())
            .field("children", &self.children().len())
            .finish_non_exhaustive()
    }
}
