//! Who is told what happens.

use super::Text;
use crate::model::notify::{Lifecycle, Pipe, Pipes, Removal};
use crate::model::{Notify, Switch};
use crate::quote::{self, quoted, script};

impl Text {
    pub(super) fn notify(&mut self, notify: &Notify) {
        let Notify { master, backup, fault, stop, any, lower_priority, removal } = notify;
        for (keyword, command) in [
            ("notify_master", master),
            ("notify_backup", backup),
            ("notify_fault", fault),
            ("notify_stop", stop),
            ("notify", any),
            ("notify_master_rx_lower_pri", lower_priority),
        ] {
            if let Some(command) = command {
                self.setting(keyword, script(command));
            }
        }
        match removal {
            Removal::Stop => {}
            Removal::Deleted(None) => self.line("notify_deleted"),
            Removal::Deleted(Some(command)) => self.setting("notify_deleted", script(command)),
        }
    }

    pub(super) fn lifecycle(&mut self, lifecycle: &Lifecycle) {
        let Lifecycle { startup, shutdown } = lifecycle;
        for (keyword, limit, timed) in [
            ("startup_script", "startup_script_timeout", startup),
            ("shutdown_script", "shutdown_script_timeout", shutdown),
        ] {
            if let Some(timed) = timed {
                self.setting(keyword, script(&timed.script));
                self.seconds(limit, timed.time_limit);
            }
        }
    }

    pub(super) fn pipes(&mut self, pipes: &Pipes) {
        let Pipes { all, vrrp, states_on_reload } = pipes;
        for (keyword, reader, pipe) in
            [("notify_fifo", "notify_fifo_script", all), ("vrrp_notify_fifo", "vrrp_notify_fifo_script", vrrp)]
        {
            if let Some(pipe) = pipe {
                self.pipe(keyword, reader, pipe);
            }
        }
        self.flag("fifo_write_vrrp_states_on_reload", *states_on_reload == Switch::On);
    }

    fn pipe(&mut self, keyword: &str, reader_keyword: &str, pipe: &Pipe) {
        let Pipe { path, user, reader } = pipe;
        let owner = user.as_ref().map_or_else(String::new, |user| format!(" {}", quote::user(user)));
        self.setting(keyword, format_args!("{}{owner}", quoted(path)));
        if let Some(reader) = reader {
            self.setting(reader_keyword, script(reader));
        }
    }
}
