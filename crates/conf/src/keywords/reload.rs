//! Reloads: at a time, and how others see that one goes on.

use crate::keyword::{Block, Kind, Row, Takes, Words, optional, rows, takes};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

rows! {
    /// A file whose first line is the time of the next reload: `HH:MM:SS`, `YY-MM-DD HH:MM:SS` or `YYYY-MM-DD
    /// HH:MM:SS`, with a `Z` behind it for UTC. The reload removes the file.
    RELOAD_TIME_FILE: String = row("reload_time_file", takes::word("a path"))
        .differs("the folder of the file may come later; keepalived watches only one that is there when it reads its \
                  configuration")
        .like("reload_time_file /etc/keepalived/reload-at");
    /// `reload_time_file` stays: with a time and no date in it, there is a reload each day.
    RELOAD_REPEAT: () = row("reload_repeat", takes::FLAG).default("off");
    /// A file that is there, and empty, while the configuration is read; without a path `/run/keepalived.reload`.
    /// Whoever changes the configuration makes it, asks for a reload, and waits until it is gone.
    RELOAD_FILE: Words = row("reload_file", takes::arguments(&[optional("PATH", Kind::Word)])).default("none")
        .differs("keepalived 2.2.7 leaves the file there at a reload if no path is written")
        .like("reload_file /run/vrrp.reload");
}
