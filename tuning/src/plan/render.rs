//! The plan as a person and as a program reads it.

use serde_json::json;

use super::{Change, Lowering, Plan};

impl Plan<'_> {
    /// The changes, who makes them, and the memory.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        section(&mut text, "apply changes", &lines(&self.changes));
        section(
            &mut text,
            "held back (--allow-lower lowers them)",
            &lines(&self.held_back),
        );
        let service = self.for_service.iter();
        let service: Vec<String> = service
            .map(|(knob, after)| format!("{} -> {after}", knob.key))
            .collect();
        section(
            &mut text,
            "persist writes for the service, then restart it",
            &service,
        );
        let hand = self.by_hand.iter();
        let hand: Vec<String> = hand
            .map(|(knob, after, how)| format!("{} -> {after}: {how}", knob.key))
            .collect();
        section(&mut text, "by hand", &hand);
        if self.is_empty() {
            text.push_str("nothing to change\n\n");
        }
        text.push_str(&self.memory_text());
        text
    }

    /// The same as JSON.
    pub fn to_json(&self) -> String {
        let change = |change: &Change<'_>| {
            json!({
                "name": change.name, "path": change.path, "before": change.before.to_string(),
                "after": change.after.to_string(), "why": change.why,
            })
        };
        let memory = &self.memory;
        let document = json!({
            "version": 1,
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
            "held_back": self.held_back.iter().map(change).collect::<Vec<_>>(),
            "for_service": self.for_service.iter().map(|(knob, after)| {
                json!({ "key": knob.key, "after": after.to_string() })
            }).collect::<Vec<_>>(),
            "by_hand": self.by_hand.iter().map(|(knob, after, how)| {
                json!({ "key": knob.key, "after": after.to_string(), "how": how })
            }).collect::<Vec<_>>(),
            "memory": {
                "connections": memory.connections,
                "sockets_per_connection": memory.sockets_per_connection,
                "bytes_per_socket_epoll": memory.cost.epoll,
                "bytes_per_socket_ring": memory.cost.ring,
                "bytes_min": memory.bytes_min(),
                "bytes_max": memory.bytes_max(),
                "ram_bytes": memory.ram_bytes,
                "available_bytes": memory.available_bytes,
                "fits": memory.fits(),
                "source": memory.source,
            },
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    fn memory_text(&self) -> String {
        let memory = &self.memory;
        let gib = |bytes: f64| format!("{:.2} GiB", bytes / 1_073_741_824.0);
        let sockets = match memory.sockets_per_connection {
            1 => "a socket each".to_owned(),
            many => format!("{many} sockets each"),
        };
        let fits = if memory.fits() {
            "it fits".to_owned()
        } else {
            format!(
                "over 60 % of the memory: this host has room for {} connections",
                memory.connections_max()
            )
        };
        format!(
            "memory: {} idle connections, {sockets}, cost {} with epoll ({:.0} bytes a socket) to \
             {} with io_uring ({:.0} bytes) in the kernel; the host has {}, {} of it available: \
             {fits} ({})\n",
            memory.connections,
            gib(memory.bytes_min()),
            memory.cost.epoll,
            gib(memory.bytes_max()),
            memory.cost.ring,
            gib(memory.ram_bytes as f64),
            gib(memory.available_bytes as f64),
            memory.source,
        )
    }
}

impl Lowering {
    /// What a flag says.
    pub fn from_flag(allowed: bool) -> Self {
        if allowed {
            Self::Allowed
        } else {
            Self::HeldBack
        }
    }
}

fn lines(changes: &[Change<'_>]) -> Vec<String> {
    let line = |change: &Change<'_>| {
        let before = change.before.to_string();
        let before = if before.is_empty() {
            "none".into()
        } else {
            before
        };
        format!(
            "{} {before} -> {}\n      {}",
            change.name, change.after, change.why
        )
    };
    changes.iter().map(line).collect()
}

fn section(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("{heading}:\n"));
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text.push('\n');
}
